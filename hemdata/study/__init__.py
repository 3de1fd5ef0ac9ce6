"""study: its card, its cells, their rows; planned, run here or as jobs."""
