"""identity: which molecule a SMILES is, and which atom environments it shows."""

from hemdata.identity.bonds import disagreements, moved_bonds, same_graph
from hemdata.identity.environments import atom_environments, environments_at, environments_of, share_unseen
from hemdata.identity.geometry import Geometry, Relation, Superposition, relation, superposed
from hemdata.identity.isotopes import isotopes_at, isotopologue
from hemdata.identity.molecule import FLAT_GRAPH_LETTERS, Identity, flat_graph, identify
from hemdata.identity.scaffold import scaffold

__all__ = [
    "FLAT_GRAPH_LETTERS",
    "Geometry",
    "Identity",
    "Relation",
    "Superposition",
    "atom_environments",
    "disagreements",
    "environments_at",
    "environments_of",
    "flat_graph",
    "identify",
    "isotopes_at",
    "isotopologue",
    "moved_bonds",
    "relation",
    "same_graph",
    "scaffold",
    "share_unseen",
    "superposed",
]
