"""molecules: a molecule on its way, and the one reader of a user's files; a new form is one module in `readers`."""

from hemdata.molecules.built import from_shards
from hemdata.molecules.identify_geometry import identified
from hemdata.molecules.molecule import (
    NOT_DRAWN,
    NOT_GROUND,
    NOTHING,
    Molecule,
    Said,
    Unread,
    from_smiles,
    held_against_ground_state,
)
from hemdata.molecules.names import dataset_name, suffix
from hemdata.molecules.read import (
    entries,
    is_file_of_molecules,
    listed,
    only_molecules,
    read_molecules,
    remarks,
    set_named,
    suffixes,
    unreadable,
)
from hemdata.molecules.sample import drawn, sample

__all__ = [
    "NOTHING",
    "NOT_DRAWN",
    "NOT_GROUND",
    "Molecule",
    "Said",
    "Unread",
    "dataset_name",
    "drawn",
    "entries",
    "from_shards",
    "from_smiles",
    "held_against_ground_state",
    "identified",
    "is_file_of_molecules",
    "listed",
    "only_molecules",
    "read_molecules",
    "remarks",
    "sample",
    "set_named",
    "suffix",
    "suffixes",
    "unreadable",
]
