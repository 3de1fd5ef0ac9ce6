"""bridges: what one level of theory is from another, as a fitted sum over bonds, with its interval."""
