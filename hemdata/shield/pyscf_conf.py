"""What PySCF reads in the place of a user's own configuration: nothing."""
