"""loop: the one trainer of all networks, on Lightning."""
