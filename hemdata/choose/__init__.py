"""choose: which molecules to label next."""
