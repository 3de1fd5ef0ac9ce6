"""Twenty ways in which a user's file is wrong; each is named, with its row where it is one row's, and what to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from own_files import Row, molecules, written

from hemdata.errors import HemdataError
from hemdata.intake.asked import Asked
from hemdata.intake.decide import decide
from hemdata.intake.importing import Imported, import_set, preview, settled
from hemdata.levels import level
from hemdata.shards import read, rejected
from hemdata.units import BOHR_ANGSTROM, HARTREE_EV, HARTREE_KCAL_MOL

KJ_MOL = HARTREE_KCAL_MOL * 4.184
ZERO_POINT = {1: 7.2, 6: 3.2, 7: 3.2, 8: 2.6, 9: 2.1}  # kcal/mol an atom, as QM9's molecules have it to 1.1 in all


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Row]:
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    return molecules("duals-qm9@qm9@given", 60)


def imported(path: Path, tmp_path: Path, **said: Any) -> Imported:
    asked = Asked((path,), "mine", **{"unit": "hartree", "kind": "total", "level": "qm9"} | said)
    return import_set(*settled(asked, decide(asked)), tmp_path / "data", workers=1)


def refusal(path: Path, tmp_path: Path, **said: Any) -> str:
    with pytest.raises(HemdataError) as refused:
        imported(path, tmp_path, **said)
    assert refused.value.fix
    assert not (tmp_path / "data").exists()
    assert not list(tmp_path.glob("datasets/*"))
    return str(refused.value)


def with_energy(rows: list[Row], energy: Callable[[Row], float]) -> list[Row]:
    return [{**row, "energy_hartree": energy(row)} for row in rows]


def atoms(row: Row, name: str) -> float:
    return sum(level(name).atoms[z] for z in row["atomic_numbers"])


ENERGIES: dict[str, tuple[Callable[[Row], float], dict[str, Any], str]] = {
    "a wrong unit": (lambda r: r["energy_hartree"] * HARTREE_EV, {}, "the unit is eV, not hartree"),
    "a wrong sign": (lambda r: -r["energy_hartree"], {}, "the sign of total energies is turned"),
    "the sign of atomization energies": (
        lambda r: -r["atomization_energy_kcal_mol"],
        {"unit": "kcal/mol", "kind": "atomization"},
        "the sign is turned",
    ),
    "zero-point energy in": (
        lambda r: r["energy_hartree"] + sum(ZERO_POINT[z] for z in r["atomic_numbers"]) / HARTREE_KCAL_MOL,
        {},
        "zero-point energy is in them",
    ),
    "another level's atoms": (
        lambda r: (atoms(r, "alchemy") - r["energy_hartree"]) * HARTREE_KCAL_MOL,
        {"unit": "kcal/mol", "kind": "atomization"},
        "taken with the atoms of the level alchemy",
    ),
    "atoms taken off already": (
        lambda r: r["energy_hartree"] - atoms(r, "qm9"), {}, "the atoms are taken off already"
    ),
    "kJ for kcal": (
        lambda r: r["atomization_energy_kcal_mol"] * 4.184,
        {"unit": "kcal/mol", "kind": "atomization"},
        "the unit is kJ/mol, not kcal/mol",
    ),
    "values per atom": (lambda r: r["energy_hartree"] / r["n_atoms"], {}, "these are values per atom"),
    "another level": (
        lambda r: r["energy_hartree"] + atoms(r, "alchemy") - atoms(r, "qm9"), {}, "the level is alchemy, not qm9"
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", ENERGIES)
def test_energies_that_are_not_what_was_said(fault: str, rows: list[Row], tmp_path: Path) -> None:
    energy, said, words = ENERGIES[fault]
    written(with_energy(rows, energy), tmp_path / "a.extxyz", energy="energy", unit=1.0)
    assert words in refusal(tmp_path / "a.extxyz", tmp_path, **said)


def test_a_wrong_unit_of_too_few_molecules_to_prove_it(rows: list[Row], tmp_path: Path) -> None:
    """The advice was to write the unit into a copy of a card that was not written."""
    written(rows[:5], tmp_path / "a.extxyz", energy="energy", unit=KJ_MOL)
    with pytest.raises(HemdataError) as refused:
        imported(tmp_path / "a.extxyz", tmp_path, unit="kcal/mol")
    told = str(refused.value)
    assert "would be right in kJ/mol, not in kcal/mol" in told
    assert "Import them with --unit kJ/mol." in told
    assert "copy of the card" not in told
    assert not list(tmp_path.glob("data/*"))
    assert len(read(imported(tmp_path / "a.extxyz", tmp_path, unit="kJ/mol").built.folder)) == 5


@pytest.mark.parametrize("said", [{}, {"kind": None}, {"unit": None, "kind": None}])
@pytest.mark.parametrize("engine", ["data", "pyscf"])
def test_a_level_without_the_atom_of_an_element(
    said: dict[str, None], engine: str, rows: list[Row], tmp_path: Path
) -> None:
    """It said: `inf kcal/mol an atom off ... what fits: the level is gfn1-xtb`."""
    card = level("qm9").card.model_dump(mode="json", exclude_none=True) | {"name": "bare"}
    if engine == "data":
        card = {key: card[key] for key in ("name", "title", "about", "atoms_source", "atoms_hartree")}
        card |= {"engine": "data", "method": "other/x"}
    card["atoms_hartree"] = {s: e for s, e in card["atoms_hartree"].items() if s != "F"}
    (tmp_path / "pipelines/levels").mkdir(parents=True)
    (tmp_path / "pipelines/levels/bare.yaml").write_text(yaml.safe_dump(card))
    assert any(9 in row["atomic_numbers"] for row in rows)
    written(rows, tmp_path / "a.extxyz", energy="energy", unit=1.0)
    told = refusal(tmp_path / "a.extxyz", tmp_path, level="bare", **said)
    assert "The level 'bare' has no energy for an atom of F." in told
    assert "a.extxyz, as " in told
    assert ("`hemdata levels atoms bare`" in told) == (engine == "pyscf")


def test_bohr_for_angstrom(rows: list[Row], tmp_path: Path) -> None:
    in_bohr = [{**row, "positions": (np.array(row["positions"]) / BOHR_ANGSTROM).tolist()} for row in rows]
    written(in_bohr, tmp_path / "a.extxyz", energy="energy", unit=1.0)
    assert "as it is in bohr" in refusal(tmp_path / "a.extxyz", tmp_path, length="angstrom")
    asked = Asked((tmp_path / "a.extxyz",), "mine", unit="hartree", kind="total", level="qm9")
    assert "the coordinates are in bohr" in decide(asked).inferred[0]


def test_energies_shuffled_against_the_geometries(rows: list[Row], tmp_path: Path) -> None:
    order = np.random.default_rng(3).permutation(len(rows))
    shuffled = [{**row, "energy_hartree": rows[i]["energy_hartree"]} for row, i in zip(rows, order, strict=True)]
    written(shuffled, tmp_path / "a.extxyz", energy="energy", unit=1.0)
    assert "no correlation" in refusal(tmp_path / "a.extxyz", tmp_path)


def arrays(rows: list[Row]) -> dict[str, Any]:
    most = max(row["n_atoms"] for row in rows)
    return {
        "z": np.array([np.pad(row["atomic_numbers"], (0, most - row["n_atoms"])) for row in rows]),
        "r": np.array([np.pad(np.reshape(row["positions"], (-1, 3)), ((0, most - len(row["atomic_numbers"])), (0, 0)))
                       for row in rows]),
        "e": np.array([row["energy_hartree"] for row in rows]),
    }  # fmt: skip


def test_a_column_of_another_length(rows: list[Row], tmp_path: Path) -> None:
    told = arrays(rows)
    np.savez(tmp_path / "a.npz", **told | {"e": told["e"][:-1]})
    said = refusal(tmp_path / "a.npz", tmp_path, keys={"energy": "e"})
    assert "60 values of e" in said
    assert "got: 59" in said


def test_nan_and_an_energy_of_zero(rows: list[Row], tmp_path: Path) -> None:
    told = arrays(rows)
    told["e"][[3, 7]] = np.nan, 0.0
    np.savez(tmp_path / "a.npz", **told)
    done = imported(tmp_path / "a.npz", tmp_path)
    assert done.built.manifest.counts.rejected == {"an energy of 0": 1, "the energy is no finite number": 1}
    assert "molecule 4" in done.first["the energy is no finite number"]
    assert "molecule 8" in done.first["an energy of 0"]
    assert "--missing 0" in done.first["an energy of 0"]


def test_a_charge_that_does_not_fit(rows: list[Row], tmp_path: Path) -> None:
    lines = ["id,smiles,charge,multiplicity", "a,C,0,1", "b,C[NH3+],0,1", "c,CC,0,2", "d,CCC,half,1"]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    done = imported(tmp_path / "a.csv", tmp_path, unit=None, kind=None, level=None)
    refused = {row["where"]: (row["reason"], row["detail"]) for row in rejected(done.built.folder).to_pylist()}
    assert refused["a.csv, row 2"] == ("the charge is not that of the SMILES", "expected 1, got 0")
    assert refused["a.csv, row 3"][0] == "schema: parity"
    assert refused["a.csv, row 4"] == ("the charge is no whole number", "got 'half'")


def test_two_levels_in_one_file(rows: list[Row], tmp_path: Path) -> None:
    other = with_energy(rows[:20], lambda r: r["energy_hartree"] + atoms(r, "alchemy") - atoms(r, "qm9"))
    written([*other, *rows[20:]], tmp_path / "a.extxyz", energy="energy", unit=1.0)
    said = refusal(tmp_path / "a.extxyz", tmp_path)
    assert "Two kinds of energies stand in one file" in said
    assert "at the level alchemy" in said
    assert "frame 1" in said
    lines = [
        "smiles,energy,level",
        *(f"{r['smiles']},{r['energy_hartree']},{'qm9' if i else 'pc9'}" for i, r in enumerate(rows)),
    ]
    (tmp_path / "b.csv").write_text("\n".join(lines))
    assert "pc9, qm9" in refusal(tmp_path / "b.csv", tmp_path, level=None)


def test_duplicate_ids(rows: list[Row], tmp_path: Path) -> None:
    written([*rows, rows[5]], tmp_path / "a.extxyz", energy="energy", unit=1.0)
    done = imported(tmp_path / "a.extxyz", tmp_path)
    assert done.first == {"schema: id": f"a.extxyz, frame 61: id: the value stands twice (got mine:{rows[5]['id']})"}


def test_a_truncated_file(rows: list[Row], tmp_path: Path) -> None:
    written(rows, tmp_path / "a.extxyz", energy="energy", unit=1.0)
    text = (tmp_path / "a.extxyz").read_text()
    (tmp_path / "a.extxyz").write_text(text[: int(len(text) * 0.995)])
    done = imported(tmp_path / "a.extxyz", tmp_path)
    assert done.built.manifest.counts.accepted == 59
    assert "frame 60: the file ends within the frame" in done.first["not in XYZ form"]
    np.savez(tmp_path / "b.npz", **arrays(rows))
    (tmp_path / "b.npz").write_bytes((tmp_path / "b.npz").read_bytes()[:-2000])
    with pytest.raises(HemdataError, match="truncated or damaged"):
        decide(Asked((tmp_path / "b.npz",), "other"))


def test_a_frame_with_a_wrong_count(rows: list[Row], tmp_path: Path) -> None:
    written(rows, tmp_path / "a.extxyz", energy="energy", unit=1.0)
    lines = (tmp_path / "a.extxyz").read_text().splitlines()
    assert lines[0] == str(rows[0]["n_atoms"])
    lines[0] = str(rows[0]["n_atoms"] + 1)
    (tmp_path / "a.extxyz").write_text("\n".join(lines) + "\n")
    done = imported(tmp_path / "a.extxyz", tmp_path)
    assert done.built.manifest.counts.rejected == {"not in XYZ form": 1}
    assert "frame 1" in done.first["not in XYZ form"]
    assert done.built.manifest.counts.accepted == 59


def test_a_pickle_with_code_in_it(rows: list[Row], tmp_path: Path) -> None:
    import torch

    class Bomb:
        def __reduce__(self) -> Any:
            return Path.write_text, (tmp_path / "ran", "")

    np.savez(tmp_path / "a.npz", z=np.array([Bomb()], dtype=object), r=np.zeros((1, 1, 3)))
    torch.save((Bomb(), {}), tmp_path / "a.pt")
    assert "a pickle can run code" in refusal(tmp_path / "a.npz", tmp_path)
    assert "without code" in refusal(tmp_path / "a.pt", tmp_path)
    assert not (tmp_path / "ran").exists()


def test_a_key_that_is_there_in_some_rows_only(rows: list[Row], tmp_path: Path) -> None:
    written(rows, tmp_path / "a.extxyz", energy="energy", unit=1.0)
    lines = (tmp_path / "a.extxyz").read_text().splitlines()
    lines[1] = " ".join(word for word in lines[1].split() if not word.startswith("energy="))
    (tmp_path / "a.extxyz").write_text("\n".join(lines) + "\n")
    assert any(
        "energy" in line and "(in 59 records only)" in line for line in preview([tmp_path / "a.extxyz"], None, {}).lines
    )
    done = imported(tmp_path / "a.extxyz", tmp_path)
    assert done.built.manifest.counts.accepted == 60
    assert f"1 row has no energy: mine:{rows[0]['id']}" in done.checks


def test_a_smiles_that_is_another_molecule_than_the_geometry(rows: list[Row], tmp_path: Path) -> None:
    formulas = [sorted(row["atomic_numbers"]) for row in rows]
    one, two = next((i, j) for i in range(60) for j in range(i) if formulas[i] == formulas[j]
                    and rows[i]["inchikey"][:14] != rows[j]["inchikey"][:14])  # fmt: skip
    rows[one] = {**rows[one], "smiles": rows[two]["smiles"]}
    written(rows, tmp_path / "a.extxyz", energy="energy", unit=1.0)
    done = imported(tmp_path / "a.extxyz", tmp_path)
    told = next(line for line in done.checks if "another molecule than the SMILES" in line)
    assert f"mine:{rows[one]['id']}" in told


def test_a_table_as_a_german_spreadsheet_writes_it(rows: list[Row], tmp_path: Path) -> None:
    lines = ["\ufeff# exported yesterday", "name;smiles;energy"]
    lines += [f"{i};{row['smiles']};{str(row['energy_hartree']).replace('.', ',')}" for i, row in enumerate(rows)]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    done = imported(tmp_path / "a.csv", tmp_path)
    assert done.built.manifest.counts.rejected == {}
    assert read(done.built.folder)["energy_hartree"].to_pylist() == [row["energy_hartree"] for row in rows]
