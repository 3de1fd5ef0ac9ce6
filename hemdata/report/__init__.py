"""report: one static page from the results of a study, and the answer in a sentence."""
