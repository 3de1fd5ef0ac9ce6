"""label: reference geometries and energies of many molecules, in a store that forgets nothing finished."""
