"""chemistry: what one molecule is at one level of theory; no Dask, no store, no files."""
