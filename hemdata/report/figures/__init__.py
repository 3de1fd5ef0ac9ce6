"""figures: what is drawn; nothing is computed here but where ink goes."""
