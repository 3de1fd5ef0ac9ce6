"""lint: contradictions inside a built set, found without any quantum chemistry."""
