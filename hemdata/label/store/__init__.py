"""store: finished calculations on disk, content-addressed; counted, and merged with another machine's."""
