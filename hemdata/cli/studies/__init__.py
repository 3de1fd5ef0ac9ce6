"""studies: the commands that declare, run and tell of a study."""
