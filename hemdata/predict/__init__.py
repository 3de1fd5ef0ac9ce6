"""predict: fitted models asked about a user's own molecules."""
