"""intake: a user's own labelled files looked at, proven and declared, so that they are a set like any other."""
