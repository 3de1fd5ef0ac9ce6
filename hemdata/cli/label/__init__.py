"""`hemdata label` and its store: labels computed, counted, written as shards, merged from another machine's."""
