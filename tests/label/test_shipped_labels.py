"""The labels that travel with the package: whole, at today's levels, of the groups' members, and what they say."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hemdata.assess.gap import gap, pair
from hemdata.catalog import label_places, roots
from hemdata.chemistry.engines.pyscf import single_point as by_pyscf
from hemdata.chemistry.engines.tblite import single_point as by_tblite
from hemdata.curate.build import build
from hemdata.identity import disagreements, identify
from hemdata.levels import level
from hemdata.shards import read, read_manifest, verify

FOLDERS = sorted(path for place in label_places() for path in place.iterdir())
SMALLEST = 10  # heavy atoms: all members up to this size stand at both density functionals
RELAXED = 10  # heavy atoms: these also on geometries that are minima of PC9's level


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    return read(build("test-groups", out=tmp_path_factory.mktemp("built") / "test-groups").folder)


def test_there_are_labels_to_look_at() -> None:
    assert {"test-groups@gfn2-xtb", "test-groups@pc9", "test-groups@qm9"} <= {folder.name for folder in FOLDERS}
    assert all(folder.parent.parent.parent == roots()[-1] for folder in FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_they_verify_and_stand_at_the_level_as_it_is_defined_today(folder: Path, members: pa.Table) -> None:
    verify(folder)
    manifest, rows = read_manifest(folder), read(folder).to_pylist()
    name, at = folder.name.split("@")[:2]
    assert manifest.dataset == folder.name
    assert manifest.made_from["dataset"] == name
    assert [(each.name, each.hash) for each in manifest.levels] == [(at, level(at).hash)]
    if name == "test-groups":
        smiles = dict(zip(members["id"].to_pylist(), members["smiles"].to_pylist(), strict=True))
        assert all(smiles[row["id"]] == row["smiles"] for row in rows)
    assert {row["level"] for row in rows} == {at}
    others = disagreements(read(folder), [identify(row["canonical_smiles"]) for row in rows])
    assert not any(bad.any() for bad in others.values())


def test_every_member_has_a_gfn2_label_and_every_smaller_one_both_density_functionals(members: pa.Table) -> None:
    sizes = dict(zip(members["id"].to_pylist(), members["n_heavy"].to_pylist(), strict=True))
    at = {folder.name: set(read(folder, ["id"])["id"].to_pylist()) for folder in FOLDERS}
    assert at["test-groups@gfn2-xtb"] == set(sizes)
    smaller = {id for id, size in sizes.items() if size <= SMALLEST}
    assert at["test-groups@pc9"] >= smaller
    assert at["test-groups@qm9"] >= smaller
    for name in ("test-groups@pc9@pc9", "test-groups@qm9@pc9"):
        assert at[name] >= {id for id, size in sizes.items() if size <= RELAXED}


def test_minima_of_pc9s_level_bind_more_there_than_gfn2_geometries_do() -> None:
    """By 0.2 to 8 kcal/mol: the other geometry lies up the same well."""
    place = next(folder.parent for folder in FOLDERS if folder.name == "test-groups@pc9@pc9")
    columns = ["id", "atomization_energy_kcal_mol", "geometry_level"]
    relaxed, cheap = (
        read(place / f"test-groups@pc9{end}", columns).to_pandas().set_index("id") for end in ("@pc9", "")
    )
    assert set(relaxed["geometry_level"]) == {"pc9"}
    deeper = (relaxed["atomization_energy_kcal_mol"] - cheap["atomization_energy_kcal_mol"]).dropna()
    assert len(deeper) == len(relaxed)
    assert deeper.between(0.2, 8).all()


def test_energies_are_those_of_the_engines_at_the_geometries_that_stand_there() -> None:
    """Five of the tight-binding ones, and the smallest of each density functional plainly converged."""
    for folder in FOLDERS:
        its = level(folder.name.split("@")[1])
        rows = sorted(read(folder).to_pylist(), key=lambda row: (row["n_atoms"], row["id"]))
        for row in rows[:5] if its.card.engine == "tblite" else rows[:1]:
            z, x = np.array(row["atomic_numbers"]), np.array(row["positions"]).reshape(-1, 3)
            engine = by_tblite if its.card.engine == "tblite" else by_pyscf
            energy = engine(z, x, 0, 1, its, "reference").energy_hartree
            assert row["energy_hartree"] == pytest.approx(energy, abs=2e-6)


def test_the_gap_of_qm9_and_pc9_is_there_without_computing_anything(tmp_path: Path) -> None:
    """Measured before by other scripts: nitromethane 8.39, azoxymethane 10.37, glycine 13.92, glyceraldehyde 15.02."""
    found = {row.id: row for row in gap(*pair(tmp_path, "test-groups", "qm9", "pc9")).rows}
    for id, expected in {
        "explosives:nitromethane": 8.39,
        "azoxy:azoxymethane": 10.37,
        "neuro:glycine": 13.92,
        "saccharides:d-glyceraldehyde": 15.02,
    }.items():
        assert found[id].difference == pytest.approx(expected, abs=0.25)  # conformers are not the same
