"""models: the commands that ask, judge, explain and improve fitted models."""
