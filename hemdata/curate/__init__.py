"""curate: builds datasets from their sources, and says what they hold and which molecules they share."""
