"""fetching: published files into one cache, resumed, with size and hash checked."""
