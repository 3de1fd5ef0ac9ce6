"""ci: findings as the files that continuous integration reads."""
