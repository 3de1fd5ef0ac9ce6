"""A user's own labelled files become a set, by one command, to the byte; nothing about their energies is guessed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from own_files import molecules, written
from typer.testing import CliRunner

from hemdata.cli import commands
from hemdata.shards import read, verify
from hemdata.units import HARTREE_EV


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEMDATA_CARDS", raising=False)
    return tmp_path


def hemdata(*words: object) -> Any:
    return CliRunner().invoke(commands(), [str(word) for word in words])


def test_one_command_makes_a_set_and_build_repeats_it_to_the_byte(here: Path) -> None:
    rows = molecules("duals-qm9@qm9@given")
    written(rows, here / "mols.extxyz", energy="E_total", unit=HARTREE_EV)
    done = hemdata(
        "import", "mols.extxyz", "--name", "mine", "--energy", "E_total", "--unit", "eV", "--kind", "total",
        "--level", "qm9", "--workers", 1,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    table = read(here / "data/mine").to_pylist()
    assert len(table) == len(rows)
    for found, row in zip(table, rows, strict=True):
        assert found["id"] == f"mine:{row['id']}"
        assert found["atomic_numbers"] == row["atomic_numbers"]
        assert np.abs(np.subtract(found["positions"], row["positions"])).max() < 1e-8  # ASE writes eight digits
        assert found["inchikey"] == row["inchikey"]
        assert found["energy_hartree"] == pytest.approx(row["energy_hartree"], abs=1e-9)
        assert found["level"] == "qm9"
    verify(here / "data/mine")
    before = {path.name: path.read_bytes() for path in (here / "data/mine").iterdir()}
    assert hemdata("build", "mine", "--force", "--workers", 1).exit_code == 0
    assert {path.name: path.read_bytes() for path in (here / "data/mine").iterdir()} == before


def test_what_was_not_said_is_told_with_its_evidence_and_used_only_with_yes(here: Path) -> None:
    written(molecules("duals-qm9@qm9@given"), here / "mols.extxyz", energy="energy", unit=HARTREE_EV)
    told = hemdata("import", "mols.extxyz", "--name", "mine", "--dry-run", "--level", "qm9")
    assert told.exit_code == 0, told.output
    assert "total energies in eV at the level qm9" in told.stdout
    assert "per atom C: -1029.8" in told.stdout
    assert "--unit eV --kind total" in told.stdout
    assert not (here / "data").exists()
    assert not (here / "cards").exists()
    refused = hemdata("import", "mols.extxyz", "--name", "mine", "--level", "qm9")
    assert refused.exit_code == 2
    assert not (here / "cards").exists()
    assert hemdata("import", "mols.extxyz", "--name", "mine", "--level", "qm9", "--yes").exit_code == 0


def test_a_dry_run_that_cannot_settle_the_level_tells_all_and_asks_at_its_end(here: Path) -> None:
    rows = molecules("duals-qm9@qm9@given", 40)
    written(rows[:15], here / "total.extxyz", energy="energy", unit=HARTREE_EV)  # too few for the level
    bound = [{**row, "energy_hartree": row["atomization_energy_kcal_mol"]} for row in rows]
    written(bound, here / "bound.extxyz", energy="energy", unit=1.0)
    written(rows[:5], here / "few.extxyz", energy="energy", unit=1.0)
    for name, words in {"total": "qm9", "bound": "At which level", "few": "--unit, --kind and --level"}.items():
        told = hemdata("import", f"{name}.extxyz", "--name", "mine", "--dry-run")
        assert told.exit_code == 0, told.output
        lines = told.stdout.strip().splitlines()
        assert lines[0].startswith(f"{name}.extxyz: extxyz, ")
        assert any(line.startswith("  coordinates in angstrom") for line in lines)
        assert lines[-1].endswith("?")
        assert words in lines[-1]
        data = json.loads(hemdata("import", f"{name}.extxyz", "--name", "mine", "--dry-run", "--json").stdout)
        assert data["question"] == lines[-1]
        assert data["form"] == "extxyz"
        assert hemdata("import", f"{name}.extxyz", "--name", "mine").exit_code == 2
    assert hemdata("import", "total.extxyz", "--name", "mine", "--dry-run", "--unit", "parsec").exit_code == 2
    assert not (here / "data").exists()


def test_an_unknown_level_stands_apart_with_atoms_estimated_from_the_energies(here: Path) -> None:
    rows = molecules("duals-qm9@qm9@given")
    written(rows, here / "mols.extxyz", energy="energy", unit=1.0)
    done = hemdata("import", "mols.extxyz", "--name", "mine", "--level", "unknown:gaussian", "--yes")
    assert done.exit_code == 0, done.output
    table = read(here / "data/mine")
    assert set(table["level"].to_pylist()) == {"unknown-gaussian"}
    kcal = table["atomization_energy_kcal_mol"].to_numpy()
    known = np.array([row["atomization_energy_kcal_mol"] for row in rows])
    assert np.abs(kcal - known).mean() < 20  # of 1,500: an estimate
    refused = hemdata("label", "mine", "--level", "unknown-gaussian")
    assert refused.exit_code == 2
    assert "can only be imported" in refused.output


def test_energies_under_a_key_that_nobody_names_are_not_left_out_in_silence(here: Path) -> None:
    written(molecules("duals-qm9@qm9@given", 20), here / "a.extxyz", energy="wonder", unit=1.0)
    refused = hemdata("import", "a.extxyz", "--name", "mine", "--level", "qm9")
    assert refused.exit_code == 2
    assert "keys with numbers: wonder" in refused.output
    told = hemdata("import", "a.extxyz", "--name", "mine", "--dry-run")
    assert "if one of wonder holds them: --energy KEY" in told.stdout


def test_energies_charges_and_multiplicities_of_plain_comments_are_keys(here: Path) -> None:
    """xtb writes `energy: -5.07 gnorm: ...`; many programs write charge and multiplicity as two numbers."""
    from hemdata.forms.reading import form_of, frames_of
    from hemdata.forms.shared.frames import Wanted

    water = "O 0 0 0.12\nH 0 0.76 -0.47\nH 0 -0.76 -0.47\n"
    comments = [" energy: -5.070544374390 gnorm: 0.000148 xtb: 6.5.1 (unknown)", "1 2", "water, relaxed"]
    (here / "a.xyz").write_text("".join(f"3\n{comment}\n{water}" for comment in comments))
    (batch,) = frames_of(here / "a.xyz", form_of(here / "a.xyz"), Wanted())
    assert batch.values["energy"][0] == -5.07054437439
    assert [batch.values[key][1] for key in ("charge", "multiplicity")] == [1, 2]
    assert batch.values["comment"][2] == "water, relaxed"
    table = {"--unit": "hartree", "--kind": "total", "--level": "gfn2-xtb"}
    words = [word for pair in table.items() for word in pair]
    assert hemdata("import", "a.xyz", "--name", "mine", *words, "--workers", 1).exit_code == 0
    assert [row["charge"] for row in read(here / "data/mine").to_pylist()] == [0, 1, 0]


SPINS = [("multiplicity", 3), ("spin", 3), ("spin", 2), ("uhf", 2), ("n_unpaired", 2)]
FORMALDEHYDE = {"atomic_numbers": [6, 8, 1, 1], "positions": [0, 0, 0, 0, 0, 1.2, 0, 0.94, -0.54, 0, -0.94, -0.54]}


@pytest.mark.parametrize(("key", "value"), SPINS)
def test_spin_is_a_multiplicity_or_a_number_of_unpaired_electrons(key: str, value: int, here: Path) -> None:
    """A triplet of sixteen electrons: which of the two a `spin` is their number tells. So does `label` read it."""
    from hemdata.molecules import read_molecules

    (here / "a.jsonl").write_text(json.dumps({"name": "a", **FORMALDEHYDE, key: value}) + "\n")
    assert [molecule.multiplicity for molecule in read_molecules(here / "a.jsonl")] == [3]
    assert hemdata("import", "a.jsonl", "--name", "mine", "--workers", 1).exit_code == 0
    assert read(here / "data/mine")["multiplicity"].to_pylist() == [3]


def test_two_molecules_in_one_geometry_are_told_after_the_import(here: Path) -> None:
    """As `hemdata label` tells it: a complex is taken as one molecule, and an energy of reaction would be another."""
    rows = molecules("duals-qm9@qm9@given", 30)
    for place, row in enumerate(rows[:2]):  # a hydrogen molecule, far away
        row["energy_hartree"] -= 1.17
        row["atomic_numbers"] = [*row["atomic_numbers"], 1, 1]
        row["positions"] = [*row["positions"], 20.0 + place, 0.0, 0.0, 20.75 + place, 0.0, 0.0]
    written(rows, here / "mols.extxyz", energy="energy", unit=HARTREE_EV, smiles=False)
    done = hemdata("import", "mols.extxyz", "--name", "mine", "--energy", "energy", "--unit", "eV", "--kind", "total",
                   "--level", "qm9", "--workers", 1)  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "2 rows hold several molecules in one geometry, which are taken as one: mine:" in done.output
