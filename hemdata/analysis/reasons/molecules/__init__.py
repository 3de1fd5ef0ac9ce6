"""molecules: reasons that lie in the molecules: their composition, chemistry and size, and those trained on."""
