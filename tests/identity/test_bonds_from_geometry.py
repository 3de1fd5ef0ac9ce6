"""The SMILES that RDKit finds in a geometry is the one that QM9 publishes for it, cages among them."""

import numpy as np
from own_files import molecules

from hemdata.identity import identify
from hemdata.identity.from_geometry import smiles_of


def test_qm9s_geometries_show_their_published_graphs() -> None:
    other = []
    rows = molecules("duals-qm9@qm9@given")
    for row in rows:
        shown = smiles_of(np.array(row["atomic_numbers"]), np.reshape(row["positions"], (-1, 3)))
        found = identify(shown) if shown else None
        if found is None or found.inchikey[:14] != row["inchikey"][:14]:
            other.append((row["smiles"], shown))
    assert [published for published, _ in other] == ["O=C1C=C[NH+]2CC[C-]12"]  # found in another resonance form


def test_a_charge_that_the_bonds_cannot_have_is_no_molecule() -> None:
    (row,) = [row for row in molecules("duals-qm9@qm9@given") if row["smiles"] == "CCO"]
    z, xyz = np.array(row["atomic_numbers"]), np.reshape(row["positions"], (-1, 3))
    assert smiles_of(z, xyz, 0) == "CCO"
    assert smiles_of(z, xyz, 1) is None
