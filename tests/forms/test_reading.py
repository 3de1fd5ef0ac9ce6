"""Every form is read back from the library that wrote it, and every value compared; a broken record is named."""

import bz2
import gzip
import json
import lzma
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from own_files import Row, atoms_of, molecules

from hemdata.errors import CallError, DataError
from hemdata.forms.reading import form_of, frames_of
from hemdata.forms.shared.frames import Frames, Wanted


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return molecules("duals-qm9@qm9@given", 20)


def read_back(path: Path, said: dict[str, str] | None = None) -> list[Frames]:
    return list(frames_of(path, form_of(path), Wanted(said or {})))


def geometries(batches: list[Frames]) -> list[tuple[list[int], np.ndarray]]:
    return [
        (batch.atomic_numbers[batch.geometry(row)].tolist(), batch.positions[batch.geometry(row)])
        for batch in batches
        for row in range(batch.n)
    ]


def values(batches: list[Frames], key: str) -> list[Any]:
    return [value for batch in batches for value in batch.values.get(key, [None] * batch.n)]


def same_geometries(batches: list[Frames], rows: list[Row], digits: float = 0.0) -> None:
    found = geometries(batches)
    assert len(found) == len(rows)
    for (z, xyz), row in zip(found, rows, strict=True):
        assert z == row["atomic_numbers"]
        assert np.abs(xyz.ravel() - row["positions"]).max() <= digits


def test_extended_xyz_of_ase(rows: list[Row], tmp_path: Path) -> None:
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.io import write

    frames = []
    for row in rows:
        atoms = atoms_of(row)
        forces = np.arange(3.0 * len(atoms)).reshape(-1, 3) / 7
        atoms.calc = SinglePointCalculator(atoms, energy=row["energy_hartree"] * 27.2, forces=forces)
        atoms.info = {"name": "a b", "n": 3, "flag": True, "vector": np.array([1.5, 2.0]), "smiles": row["smiles"]}
        frames.append(atoms)
    write(tmp_path / "a.extxyz", frames, format="extxyz")
    batches = read_back(tmp_path / "a.extxyz")
    same_geometries(batches, rows, 1e-8)  # ASE writes eight digits
    assert np.allclose(values(batches, "energy"), [row["energy_hartree"] * 27.2 for row in rows], rtol=1e-15)
    assert values(batches, "smiles") == [row["smiles"] for row in rows]
    assert values(batches, "name") == ["a b"] * 20
    assert all(np.array_equal(vector, [1.5, 2.0]) for vector in values(batches, "vector"))
    for atoms, forces in zip(frames, values(batches, "forces"), strict=True):
        assert np.allclose(forces, atoms.get_forces(), atol=1e-8)


def test_a_broken_frame_is_named_and_the_next_one_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("1\n-0.5\nH 0 0 0\n3\nwater\nO 0 0 0\nH 0 0 1\n1\n\nHe 0 0 0\n2\ncut\nH 0 0 0\n")
    (batch,) = read_back(tmp_path / "a.xyz")
    assert batch.n == 4
    assert batch.values["comment"][0] == -0.5
    assert batch.faults[1][0] == "not in XYZ form"
    assert "3 atoms announced" in str(batch.faults[1][1])
    assert "the file ends within the frame" in str(batch.faults[3][1])
    assert batch.atomic_numbers.tolist() == [1, 2]


def test_sdf_of_rdkit(rows: list[Row], tmp_path: Path) -> None:
    from rdkit import Chem
    from rdkit.Chem import AllChem

    molecules = []
    with Chem.SDWriter(str(tmp_path / "a.sdf")) as file:
        for smiles in ("CCO", "[O-][N+](=O)c1ccccc1", "C[NH3+]"):
            molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
            AllChem.EmbedMolecule(molecule, randomSeed=7)
            molecule.SetProp("_Name", smiles)
            molecule.SetProp("energy", "-1.5")
            molecules.append(molecule)
            file.write(molecule)
    (batch,) = read_back(tmp_path / "a.sdf")
    for row, molecule in enumerate(molecules):
        at = batch.geometry(row)
        assert batch.atomic_numbers[at].tolist() == [atom.GetAtomicNum() for atom in molecule.GetAtoms()]
        assert np.abs(batch.positions[at] - molecule.GetConformer().GetPositions()).max() < 1e-4
    assert batch.values["formal_charge"].tolist() == [0, 0, 1]
    assert batch.values["graph_smiles"] == [Chem.CanonSmiles(s) for s in ("CCO", "[O-][N+](=O)c1ccccc1", "C[NH3+]")]
    assert batch.values["energy"] == ["-1.5"] * 3


@pytest.mark.parametrize("layout", ["padded", "listed", "one composition"])
def test_npz_of_numpy(rows: list[Row], tmp_path: Path, layout: str) -> None:
    chosen = rows if layout != "one composition" else [rows[0]] * 3
    z = [np.array(row["atomic_numbers"], dtype=np.int32) for row in chosen]
    xyz = [np.reshape(row["positions"], (-1, 3)) for row in chosen]
    energy = np.array([row["energy_hartree"] for row in chosen])
    if layout == "listed":
        counts = [len(each) for each in z]
        np.savez(tmp_path / "a.npz", Z=np.concatenate(z), R=np.concatenate(xyz), N=counts, E=energy[:, None])
    elif layout == "padded":
        most = max(len(each) for each in z)
        pad = [np.pad(each, (0, most - len(each))) for each in z]
        space = [np.pad(each, ((0, most - len(each)), (0, 0))) for each in xyz]
        np.savez_compressed(tmp_path / "a.npz", Z=np.array(pad), R=np.array(space), E=energy)
    else:
        np.savez(tmp_path / "a.npz", nuclear_charges=z[0], coords=np.array(xyz), energies=energy)
    batches = read_back(tmp_path / "a.npz")
    same_geometries(batches, chosen)
    assert values(batches, "energies" if layout == "one composition" else "E") == energy.tolist()


def test_a_pickle_in_an_npz_is_refused_and_its_code_never_runs(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return Path.write_text, (tmp_path / "ran", "")

    np.savez(tmp_path / "a.npz", Z=np.array([Bomb()], dtype=object), R=np.zeros((1, 1, 3)))
    with pytest.raises(DataError, match="a pickle can run code"):
        read_back(tmp_path / "a.npz")
    assert not (tmp_path / "ran").exists()
    with pytest.raises(CallError, match=r"this form is not read|not read"):
        form_of(tmp_path / "a.pkl")


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "parquet"])
def test_tables_of_pandas_and_of_spreadsheets(rows: list[Row], tmp_path: Path, form: str) -> None:
    import pandas as pd

    frame = pd.DataFrame(rows)[["id", "smiles", "atomic_numbers", "positions", "energy_hartree"]]
    path = tmp_path / f"a.{form}"
    if form == "parquet":
        frame.to_parquet(path)
    elif form == "jsonl":
        frame.to_json(path, orient="records", lines=True, double_precision=15)
    else:
        frame.to_csv(path, sep="\t" if form == "tsv" else ",", index=False)
    batches = read_back(path)
    same_geometries(batches, rows, 1e-13 if form == "jsonl" else 0.0)
    assert values(batches, "smiles") == [row["smiles"] for row in rows]
    assert np.allclose(np.array(values(batches, "energy_hartree"), float), frame["energy_hartree"], rtol=1e-14)


def test_a_table_with_a_mark_semicolons_decimal_commas_and_remarks(tmp_path: Path) -> None:
    text = "\ufeff# my molecules\nname;smiles;energy\n# the first two\na;C;-40,5\nb;CC;-79,75\nc;CCC\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    first, odd = read_back(tmp_path / "a.csv")
    assert first.values == {"name": ["a", "b"], "smiles": ["C", "CC"], "energy": ["-40.5", "-79.75"]}
    assert odd.faults[0][0] == "a row of another length"
    assert "line 6: expected 3 cells, got 2" in str(odd.faults[0][1])


@pytest.mark.parametrize("packed", [".gz", ".bz2", ".xz", ".zip"])
def test_compressed_files_are_read_as_they_are(tmp_path: Path, packed: str) -> None:
    text = b"1\nenergy=-0.5\nH 0 0 0\n"
    path = tmp_path / f"a.xyz{packed}"
    if packed == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inside/a.xyz", text)
    else:
        path.write_bytes({".gz": gzip, ".bz2": bz2, ".xz": lzma}[packed].compress(text))
    if packed == ".zip":
        path = path.rename(tmp_path / "a.xyz.zip")
    (batch,) = read_back(path)
    assert batch.atomic_numbers.tolist() == [1]
    assert batch.values["energy"].tolist() == [-0.5]


def test_a_json_line_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"smiles": "C"}) + "\n{broken\n[1]\n")
    (batch,) = read_back(tmp_path / "a.jsonl")
    assert set(batch.faults) == {1, 2}
    assert batch.place(1) == "a.jsonl, line 2"


def test_ase_database_of_ase_with_its_calculators_energies_and_forces(rows: list[Row], tmp_path: Path) -> None:
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.db import connect

    with connect(tmp_path / "a.db") as database:
        for row in rows:
            atoms = atoms_of(row)
            forces = np.arange(3.0 * len(atoms)).reshape(-1, 3)
            atoms.calc = SinglePointCalculator(atoms, energy=row["energy_hartree"], forces=forces)
            database.write(atoms, key_value_pairs={"tag": row["smiles"]}, data={"dipole": [1.0, 2.0, 3.0]})
    batches = read_back(tmp_path / "a.db")
    same_geometries(batches, rows)
    assert values(batches, "energy") == [row["energy_hartree"] for row in rows]
    assert values(batches, "tag") == [row["smiles"] for row in rows]
    assert batches[0].units["energy"] == "eV"
    assert batches[0].units["forces"] == "eV/angstrom"
    assert np.array_equal(values(batches, "forces")[3].ravel(), np.arange(3.0 * rows[3]["n_atoms"]))
    assert values(batches, "dipole")[0] == [1.0, 2.0, 3.0]


def test_label_store_of_hemdata(tmp_path: Path) -> None:
    from hemdata.label.calculation import Result
    from hemdata.label.store.database import LabelStore

    with LabelStore(tmp_path / "a.sqlite") as store:
        store.put(
            Result("a" * 64, None, [8, 1, 1], [0.0] * 9, -76.25, {"level": "qm9", "smiles": "O"}),
            Result("b" * 64, "it did not converge", provenance={}),
        )
    (batch,) = read_back(tmp_path / "a.sqlite")
    assert batch.n == 1
    assert batch.atomic_numbers.tolist() == [8, 1, 1]
    assert batch.values["energy"].tolist() == [-76.25]
    assert batch.values["level"] == ["qm9"]


def test_hdf5_with_a_group_a_molecule_as_spice_has_it(rows: list[Row], tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        for number, row in enumerate(rows[:5]):
            group = file.create_group(f"mol {number}")
            xyz = np.reshape(row["positions"], (-1, 3))
            group["smiles"] = [row["smiles"]]
            group["atomic_numbers"] = row["atomic_numbers"]
            group.create_dataset("conformations", data=np.array([xyz, xyz + 1])).attrs["units"] = "bohr"
            group.create_dataset("dft_total_energy", data=[row["energy_hartree"], -1.0]).attrs["units"] = "hartree"
            group["dft_total_gradient"] = np.array([xyz, -xyz])
    batches = read_back(tmp_path / "a.hdf5")
    same_geometries(batches, [row for row in rows[:5] for _ in range(2)], 1.000001)
    assert values(batches, "dft_total_energy") == [e for row in rows[:5] for e in (row["energy_hartree"], -1.0)]
    assert values(batches, "smiles") == [row["smiles"] for row in rows[:5] for _ in range(2)]
    assert np.array_equal(values(batches, "dft_total_gradient")[2].ravel(), rows[1]["positions"])
    assert batches[0].units["conformations"] == "bohr"


def test_hdf5_with_a_group_a_formula_as_ani_1x_has_it(rows: list[Row], tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "a.h5", "w") as file:
        for number, row in enumerate(rows[:4]):
            group = file.create_group(f"formula {number}")
            group["atomic_numbers"] = row["atomic_numbers"]
            group["coordinates"] = np.reshape([row["positions"]] * 3, (3, -1, 3))
            group["wb97x_dz.energy"] = [row["energy_hartree"], np.nan, 2.0]
    batches = read_back(tmp_path / "a.h5")
    same_geometries(batches, [row for row in rows[:4] for _ in range(3)])
    energies = values(batches, "wb97x_dz.energy")
    assert energies[::3] == [row["energy_hartree"] for row in rows[:4]]
    assert np.isnan(energies[1])


def test_hdf5_with_whole_padded_arrays(rows: list[Row], tmp_path: Path) -> None:
    import h5py

    most = max(row["n_atoms"] for row in rows)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["species"] = [np.pad(row["atomic_numbers"], (0, most - row["n_atoms"])) for row in rows]
        file["coordinates"] = [
            np.pad(np.reshape(row["positions"], (-1, 3)), ((0, most - row["n_atoms"]), (0, 0))) for row in rows
        ]
        file["energies"] = [row["energy_hartree"] for row in rows]
        file["smiles"] = [row["smiles"] for row in rows]
    batches = read_back(tmp_path / "a.h5")
    same_geometries(batches, rows)
    assert values(batches, "energies") == [row["energy_hartree"] for row in rows]
    assert values(batches, "smiles") == [row["smiles"] for row in rows]


def test_qcschema_of_qcelemental(rows: list[Row], tmp_path: Path) -> None:
    from qcelemental.models import AtomicResult

    from hemdata.levels import SYMBOLS
    from hemdata.units import BOHR_ANGSTROM

    results = []
    for row in rows[:3]:
        xyz = np.array(row["positions"]) / BOHR_ANGSTROM
        told = {
            "molecule": {"symbols": [SYMBOLS[z] for z in row["atomic_numbers"]], "geometry": xyz},
            "driver": "gradient", "model": {"method": "b3lyp", "basis": "sto-3g"}, "success": True,
            "return_result": (xyz / 7).tolist(), "properties": {"return_energy": row["energy_hartree"]},
            "provenance": {"creator": "test"},
        }  # fmt: skip
        results.append(json.loads(AtomicResult(**told).json()))
    results.append({"driver": "energy", "success": False, "error": {"error_message": "no convergence"}})
    (tmp_path / "a.json").write_text(json.dumps(results))
    (batch,) = read_back(tmp_path / "a.json")
    assert batch.faults[3][1] == "ValueError: the calculation failed: {'error_message': 'no convergence'}"
    assert batch.units["positions"] == "bohr"
    for number, row in enumerate(rows[:3]):
        at = batch.geometry(number)
        assert batch.atomic_numbers[at].tolist() == row["atomic_numbers"]
        assert np.abs(batch.positions[at].ravel() * BOHR_ANGSTROM - row["positions"]).max() < 1e-7
    assert list(batch.values["energy"][:3]) == [row["energy_hartree"] for row in rows[:3]]
    assert batch.values["method"][:3] == ["b3lyp"] * 3


def test_mol2_with_its_bonds(tmp_path: Path) -> None:
    """Methanol as Tripos' description of the form lays it out."""
    atoms = [("C1", -0.37, 0.0, 0.0, "C.3"), ("O1", 0.95, 0.4, 0.0, "O.3"), ("H1", -0.5, -0.6, 0.9, "H"),
             ("H2", -0.5, -0.6, -0.9, "H"), ("H3", -1.0, 0.89, 0.0, "H"), ("H4", 1.5, -0.4, 0.0, "H")]  # fmt: skip
    lines = ["@<TRIPOS>MOLECULE", "methanol", "6 5 0 0 0", "SMALL", "NO_CHARGES", "", "@<TRIPOS>ATOM"]
    lines += [f"{i} {name} {x} {y} {z} {kind}" for i, (name, x, y, z, kind) in enumerate(atoms, 1)]
    lines += [
        "@<TRIPOS>BOND",
        *(f"{i} {a} {b} 1" for i, (a, b) in enumerate([(1, 2), (1, 3), (1, 4), (1, 5), (2, 6)], 1)),
    ]
    (tmp_path / "a.mol2").write_text("\n".join([*lines, *lines]) + "\n")
    (batch,) = read_back(tmp_path / "a.mol2")
    assert batch.n == 2
    assert batch.atomic_numbers.tolist() == [6, 8, 1, 1, 1, 1] * 2
    assert batch.positions[1].tolist() == [0.95, 0.4, 0.0]
    assert batch.values["graph_smiles"] == ["CO", "CO"]
    assert batch.values["title"] == ["methanol"] * 2


def test_an_output_that_cclib_cannot_read_is_a_fault_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("Entering Gaussian System\n cut off here")
    (batch,) = read_back(tmp_path / "a.log")
    assert batch.faults[0][0] == "the output cannot be read"


def test_what_cclib_reads_of_an_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """cclib's own data as its parsers fill it: energies in its eV (version 1), gradients in hartree/bohr."""
    import cclib.io
    from cclib.parser.data import ccData
    from cclib.parser.utils import convertor

    electronvolts = convertor(1.0, "hartree", "eV")
    water = {
        "atomnos": np.array([8, 1, 1]), "atomcoords": [np.zeros((3, 3)), np.arange(9.0).reshape(3, 3)], "charge": 0,
        "mult": 1, "scfenergies": np.array([-75.0, -76.0]) * electronvolts, "natom": 3,
        "mpenergies": np.array([[-76.2 * electronvolts]]), "grads": np.ones((2, 3, 3)),
        "metadata": {"success": True, "package": "ORCA", "methods": ["MP2"], "basis_set": "def2-SVP"},
    }  # fmt: skip
    monkeypatch.setattr(cclib.io, "ccread", lambda *_, **__: ccData(water))
    (tmp_path / "water.out").write_text("an output")
    (batch,) = read_back(tmp_path / "water.out")
    assert not batch.faults
    assert batch.positions.tolist() == np.arange(9.0).reshape(3, 3).tolist()
    assert batch.values["energy"][0] == pytest.approx(-76.2, abs=1e-12)
    assert batch.values["scf_energy"][0] == pytest.approx(-76.0, abs=1e-12)
    assert (batch.values["package"], batch.values["method"], batch.values["id"]) == (["ORCA"], ["MP2"], ["water"])
    assert (batch.units["energy"], batch.units["gradient"]) == ("hartree", "hartree/bohr")
    assert batch.values["gradient"][0].tolist() == np.ones((3, 3)).tolist()
