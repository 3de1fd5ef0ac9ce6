"""sets: the commands that make, take in, look at, check and hand on sets of molecules."""
