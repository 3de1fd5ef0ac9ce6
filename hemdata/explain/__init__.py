"""explain: which training molecules a prediction rests on, and what each atom of a molecule adds to it."""
