"""What `hemdata export` writes, `hemdata import` makes the set of again."""

from pathlib import Path

import numpy as np
import pytest

from hemdata.catalog import label_places
from hemdata.errors import CallError
from hemdata.forms.export import export
from hemdata.forms.reading import form_of
from hemdata.intake.asked import Asked
from hemdata.intake.decide import decide
from hemdata.intake.importing import import_set, settled
from hemdata.shards import read

FORMS = ("ase-db", "croissant", "csv", "extxyz", "hdf5", "huggingface", "pyg", "schnetpack-db", "xyz")
GRAPHLESS = ("schnetpack-db", "xyz")  # these hold no SMILES
COLUMNS = (
    "atomic_numbers", "positions", "n_atoms", "n_heavy", "charge", "multiplicity", "energy_hartree", "level",
    "atomization_energy_kcal_mol", "geometry_level", "flags", "smiles", "canonical_smiles", "inchikey",
)  # fmt: skip


@pytest.fixture(scope="module")
def published() -> Path:
    return label_places()[-1] / "duals-qm9@qm9@given"


@pytest.mark.parametrize("form", FORMS)
def test_an_export_comes_back_as_the_same_set(
    form: str, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    out = {"huggingface": "set", "pyg": "set", "csv": "set.csv", "hdf5": "set.h5", "croissant": "set.json"}
    name = out.get(form, "set.db" if form.endswith("db") else f"set.{form}")
    path = export(published, form, tmp_path / "out" / name)
    if form == "croissant":
        (tmp_path / "out" / "set").symlink_to(published)
    asked = Asked((path,), "mine", level="qm9", geometry_level="qm9" if form in GRAPHLESS else None)
    found = decide(asked)
    assert not found.inferred
    done = import_set(*settled(asked, found), tmp_path / "data", workers=1)
    assert done.built.manifest.counts.rejected == {}
    before, after = read(published).to_pylist(), read(tmp_path / "data" / "mine").to_pylist()
    assert len(before) == len(after)
    for row, again in zip(before, after, strict=True):
        assert again["id"] == f"mine:{row['id']}"
        compared = set(COLUMNS)
        if form in GRAPHLESS:
            compared -= {"smiles", "canonical_smiles", "flags"}  # a graph found from the geometry may be another
            compared -= {"inchikey"} | (
                {"energy_hartree", "atomization_energy_kcal_mol", "level"} if form == "xyz" else set()
            )
        for column in compared:
            assert again[column] == row[column] or np.allclose(again[column], row[column], rtol=1e-15), column


def test_a_data_card_is_a_text_without_rows_and_says_so(published: Path, tmp_path: Path) -> None:
    with pytest.raises(CallError, match="without rows"):
        form_of(export(published, "card", tmp_path / "set.md"))
