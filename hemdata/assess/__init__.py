"""assess: a level of theory held against published rows, another level, or the experiment."""
