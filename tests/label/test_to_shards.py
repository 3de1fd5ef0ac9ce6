"""What the store holds comes out as shards; a label that the schema refuses is a rejected row and loses no other."""

from pathlib import Path

import pytest

from hemdata.label.calculation import Result
from hemdata.label.store.database import LabelStore
from hemdata.label.to_shards import Target, export
from hemdata.levels import level
from hemdata.molecules import from_smiles
from hemdata.shards import read, rejected, verify


def test_an_energy_above_the_atoms_and_an_ion_below_them(tmp_path: Path) -> None:
    """NO+ is bound against N and O+, not against two neutral atoms; F2 of Hartree and Fock is not bound at all."""
    its = level("gfn2-xtb")
    told = {"versions": {"tblite": "0.4"}}
    asked = [from_smiles(smiles, f"mine:{name}") for smiles, name in (("N#[O+]", "no"), ("FF", "f2"), ("[H][H]", "h2"))]
    atoms = {"no": (7, 8), "f2": (9, 9), "h2": (1, 1)}
    above = {"no": 0.1, "f2": 0.05, "h2": -0.17}  # hartree against the neutral atoms
    with LabelStore(tmp_path / "labels.sqlite") as store:
        for one in asked:
            name = one.id.split(":")[1]
            energy = sum(its.atoms[z] for z in atoms[name]) + above[name]
            store.put(Result(name, None, list(atoms[name]), [0.0, 0.0, 0.0, 0.0, 0.0, 1.1], energy, told))
        keys = [one.id.split(":")[1] for one in asked]
        manifest = export(asked, keys, its, "gfn2-xtb", store, Target(tmp_path / "out", "mine@gfn2-xtb", [], {}))
    verify(tmp_path / "out")
    assert manifest.counts.rejected == {"schema: bound": 1}
    assert rejected(tmp_path / "out")["where"].to_pylist() == ["mine:f2"]
    found = {row["id"]: row["atomization_energy_kcal_mol"] for row in read(tmp_path / "out").to_pylist()}
    assert found == pytest.approx({"mine:no": -62.75, "mine:h2": 106.68}, abs=0.01)
