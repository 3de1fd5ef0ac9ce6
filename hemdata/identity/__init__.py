"""identity: which molecule a SMILES is, and which atom environments it shows."""

from hemdata.identity.environments import atom_environments, environments_of, share_unseen
from hemdata.identity.molecule import FLAT_GRAPH_LETTERS, Identity, flat_graph, identify

__all__ = [
    "FLAT_GRAPH_LETTERS",
    "Identity",
    "atom_environments",
    "environments_of",
    "flat_graph",
    "identify",
    "share_unseen",
]
