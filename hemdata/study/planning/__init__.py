"""planning: what a study has still to do, what that needs of a machine, and what it will cost."""
