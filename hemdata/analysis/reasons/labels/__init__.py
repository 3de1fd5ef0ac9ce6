"""labels: reasons that lie in the energies a model was trained on: level, atoms, geometry, bridge."""
