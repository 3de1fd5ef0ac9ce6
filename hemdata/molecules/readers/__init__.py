"""readers: one module a form of file, with SUFFIXES and `read(path, said)`, which yields molecules and what is none."""
