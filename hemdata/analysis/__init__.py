"""analysis: what the rows of a study say, with intervals and reasons."""
