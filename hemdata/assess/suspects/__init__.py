"""suspects: which labels of a set are likely wrong, by what a cheap level at the same geometries leaves unexplained."""
