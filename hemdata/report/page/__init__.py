"""page: the report and a set's own page as single HTML files."""
