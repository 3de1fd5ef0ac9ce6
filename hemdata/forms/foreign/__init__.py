"""foreign: forms that are read and never written; a new one is one module here."""
