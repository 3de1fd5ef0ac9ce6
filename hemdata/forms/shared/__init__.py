"""shared: what several forms share: a built set as they see it, and molecules as a file has them."""
