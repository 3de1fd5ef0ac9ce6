"""data: molecules as networks take them: decoded from shards, split, in batches with their neighbours."""
