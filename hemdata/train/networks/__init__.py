"""networks: one module a network, which builds it from its own library's parts."""
