"""Files as people have them: names like numbers, atoms that are none, other encodings, folders, archives."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command_line import hemdata
from own_files import molecules, written

from hemdata.errors import CallError, DataError
from hemdata.forms.reading import form_of
from hemdata.intake.asked import Asked
from hemdata.intake.decide import decide
from hemdata.intake.look import Looked, look
from hemdata.shards import read
from hemdata.sources.imported import files_in

WATER = "3\n{}\nO 0 0 0.119\nH 0 0.763 -0.477\nH 0 -0.763 -0.477\n"
Z, XYZ = [8, 1, 1], [[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]]


def looked(text: str | bytes, path: Path) -> Looked:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return look([path])


@pytest.mark.parametrize("name", ["007", "1e5", "T", "nan", "12345678901234567891", "-3"])
@pytest.mark.parametrize("further", ["", " tags=[1,2]", ' note={"a": 1}'])
def test_a_name_that_looks_like_a_number_stays_a_name(name: str, further: str, tmp_path: Path) -> None:
    """ASE reads what the simple words of a comment are not enough for."""
    found = looked(WATER.format(f"name={name} energy=-5.07{further}"), tmp_path / "a.extxyz")
    assert list(found.values("name")) == [name]
    assert list(found.values("energy")) == [-5.07]


def test_the_smiles_of_hydrogen_fluoride_is_no_falsehood(tmp_path: Path) -> None:
    found = looked("2\nsmiles=F E=-100.4\nF 0 0 0\nH 0 0 0.92\n", tmp_path / "a.extxyz")
    assert list(found.values("smiles")) == ["F"]


def test_whole_numbers_beyond_those_of_floats_are_told_apart_as_ids(tmp_path: Path) -> None:
    numbers = [2**60 + 1, 2**60 + 2]
    (tmp_path / "a.jsonl").write_text(
        "".join(json.dumps({"id": n, "smiles": "O", "energy": -5.0}) + "\n" for n in numbers)
    )
    np.savez(tmp_path / "a.npz", id=np.array(numbers), Z=[Z, Z], R=[XYZ, XYZ], E=[-5.0, -5.1])
    pq.write_table(pa.table({"id": numbers, "smiles": ["O", "O"], "energy": [-5.0, -5.0]}), tmp_path / "a.parquet")
    for name in ("a.jsonl", "a.npz", "a.parquet"):
        assert list(look([tmp_path / name]).values("id")) == numbers


@pytest.mark.parametrize("kind", ["U2", "S2"])
def test_a_word_that_is_no_element_is_no_padding(kind: str, tmp_path: Path) -> None:
    """Deuterium's atom was left out in silence."""
    symbols = np.array([["O", "H", "H", ""], ["O", "D", "H", ""], ["N", "H", "H", "H"]], dtype=kind)
    np.savez(tmp_path / "a.npz", Z=symbols, R=np.random.default_rng(0).normal(size=(3, 4, 3)), E=[-5.0, -5.0, -4.0])
    found = look([tmp_path / "a.npz"])
    assert found.first_faults() == ["a.npz, molecule 2: no element ('D' is none)"]
    assert [len(z) for z, _ in found.geometries()][::2] == [3, 4]


@pytest.mark.parametrize("none", [0, -1])
def test_an_atom_without_an_element_among_others_is_named(none: int, tmp_path: Path) -> None:
    xyz = np.random.default_rng(0).normal(size=(2, 4, 3))
    np.savez(tmp_path / "padded.npz", Z=[[8, 1, 1, none], [8, none, 1, 1]], R=xyz, E=[-5.0, -5.0])
    np.savez(tmp_path / "listed.npz", Z=[8, 1, 1, 8, none, 1], R=xyz.reshape(8, 3)[:6], N=[3, 3], E=[-5.0, -5.0])
    for name in ("padded.npz", "listed.npz"):
        (fault,) = look([tmp_path / name]).first_faults()
        assert fault.startswith(f"{name}, molecule 2: no element")


def test_an_atomic_number_that_no_byte_holds_is_refused_wherever_it_comes_in(tmp_path: Path) -> None:
    """257 would be stored as hydrogen."""
    np.savez(tmp_path / "a.npz", Z=[[8, 257, 1], Z], R=[XYZ, XYZ], E=[-5.0, -5.07])
    said = ("--unit", "hartree", "--kind", "total", "--level", "gfn2-xtb", "--workers", 1)
    ended = hemdata("import", "a.npz", "--name", "mine", *said, cwd=tmp_path, HEMDATA_CARDS="")
    assert "1 accepted, 1 rejected" in ended.stdout
    assert "atomic number 257" in ended.stdout
    assert read(tmp_path / "data/mine")["atomic_numbers"].to_pylist() == [Z]


@pytest.mark.parametrize("key", ["E", "forces", "charge"])
def test_an_array_of_another_length_is_not_left_out_in_silence(key: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{"Z": [Z] * 3, "R": [XYZ] * 3, key: [-5.0, -5.0]})
    with pytest.raises(DataError, match=f"3 values of {key}"):
        look([tmp_path / "a.npz"])


def test_a_cell_without_pbc_is_periodic_as_ase_has_it(tmp_path: Path) -> None:
    cell = 'Lattice="10 0 0 0 10 0 0 0 10" energy=-5.07'
    assert "periodic" in looked(WATER.format(cell), tmp_path / "a.extxyz").first_faults()[0]
    assert not looked(WATER.format(f'{cell} pbc="F F F"'), tmp_path / "a.extxyz").unread


@pytest.mark.parametrize("coordinate", ["7.63D-01", "0.763d0", "7.63*^-1", "7.63E-01"])
def test_coordinates_in_other_programs_notations_are_read(coordinate: str, tmp_path: Path) -> None:
    text = WATER.format("energy=-5.07").replace("0.763 ", f"{coordinate} ", 1)
    assert next(looked(text, tmp_path / "a.xyz").geometries())[1][1, 1] == pytest.approx(0.763)


@pytest.mark.parametrize(("encoding", "told"), [("latin1", "latin1"), ("utf-16", "utf-16")])
@pytest.mark.parametrize("name", ["a.extxyz", "a.csv", "a.mol2"])
def test_another_encoding_is_named_with_the_way_out(name: str, encoding: str, told: str, tmp_path: Path) -> None:
    text = {
        "a.extxyz": WATER.format("name=é energy=-5.07"),
        "a.csv": "smiles,é\nO,-5.07\n",
        "a.mol2": "@<TRIPOS>MOLECULE\né\n 1 0 0 0 0\nSMALL\n",
    }[name]
    with pytest.raises(DataError, match=r"not UTF-8 text(.|\n)*iconv -f " + told):
        looked(text.encode(encoding), tmp_path / name)


def test_a_header_with_the_delimiter_in_quotes_is_read(tmp_path: Path) -> None:
    found = looked('"smiles","energy, total; (hartree)"\n"O","-5.07"\n', tmp_path / "a.csv")
    assert list(found.values("energy, total; (hartree)")) == ["-5.07"]


@pytest.mark.parametrize("word", ["-38,392.298", "five"])
def test_energies_that_are_no_numbers_are_named_as_such(word: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f'smiles,energy\nO,"{word}"\nC,"{word}"\n')
    with pytest.raises(DataError, match=r"no numbers(.|\n)*row 1"):
        decide(Asked((tmp_path / "a.csv",), "mine"))


def test_an_array_of_energies_is_not_its_first_one(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", Z=[Z] * 3, R=[XYZ] * 3, E=[[-5.0, -4.9]] * 3)
    with pytest.raises(DataError, match="2 values"):
        decide(Asked((tmp_path / "a.npz",), "mine"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of files with others beside them, and a folder that is linked."""
    (tmp_path / "my runs" / "inner").mkdir(parents=True)
    rows: list[dict[str, Any]] = molecules("test-groups@gfn2-xtb", 4)
    for number, row in enumerate(rows):
        place = tmp_path / "my runs" / ("inner" if number % 2 else "")
        written([row], place / f"{number}.extxyz", energy="energy", unit=1.0)
    (tmp_path / "my runs" / "notes.txt").write_text("of mine\n")
    return tmp_path / "my runs"


def test_files_of_a_folder_that_are_left_out_are_counted_and_named(folder: Path) -> None:
    ended = hemdata("import", folder, "--dry-run", "--level", "unknown:a", "--unit", "hartree", "--kind", "total")
    assert "4 records" in ended.stdout
    assert "1 file of another form left out: notes.txt" in ended.stdout


def test_linked_folders_are_followed_but_not_in_circles(folder: Path) -> None:
    (folder.parent / "linked").symlink_to(folder)
    (folder.parent / "all").mkdir()
    (folder.parent / "all" / "first").symlink_to(folder)
    (folder / "inner" / "back").symlink_to(folder.parent / "all")
    for place in (folder.parent / "linked", folder.parent / "all"):
        assert sorted(file.name for file in files_in(place)) == [*(f"{n}.extxyz" for n in range(4)), "notes.txt"]


def test_a_zip_of_a_folder_is_read_by_what_is_in_it(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in sorted(folder.rglob("*.extxyz")):
            archive.write(path, path.relative_to(folder))
    assert look([tmp_path / "all.zip"]).records == 4
    with zipfile.ZipFile(tmp_path / "all.zip", "a") as archive:
        archive.write(folder / "notes.txt", "notes.txt")
    with pytest.raises(CallError, match=r"several kinds(.|\n)*\.extxyz, \.txt"):
        form_of(tmp_path / "all.zip")


def test_a_set_without_any_energy_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("smiles\nO\nC\n")
    ended = hemdata("import", "a.csv", "--name", "mine", "--workers", 1, cwd=tmp_path, HEMDATA_CARDS="")
    assert ended.returncode == 0, ended.stderr
    assert "no row has an energy" in ended.stderr


def test_a_number_is_an_id_with_all_its_digits_wherever_it_comes_in(tmp_path: Path) -> None:
    """1234567 and 1234568 were both 1.23457e+06."""
    from hemdata.molecules import read_molecules

    lines = [json.dumps({"id": number, "smiles": "O"}) for number in (1234567, 1234568)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    pq.write_table(pa.table({"id": [1234567, 1234568], "smiles": ["O", "O"]}), tmp_path / "a.parquet")
    for name in ("a.jsonl", "a.parquet"):
        assert [one.id for one in read_molecules(tmp_path / name)] == ["a:1234567", "a:1234568"]


def test_a_group_without_molecules_is_no_fault_of_the_pool(tmp_path: Path) -> None:
    (tmp_path / "none.smi").write_text("smiles name\n")
    ended = hemdata("amons", tmp_path / "none.smi", "--max-heavy", 3)
    assert ended.returncode == 1
    assert "The file holds no molecule." in ended.stderr


def test_two_molecules_in_one_geometry_are_told(tmp_path: Path) -> None:
    from hemdata.molecules import read_molecules

    second = "".join(f"{line} {float(z) + 500}\n" for line, z in (row.rsplit(" ", 1) for row in WATER.splitlines()[2:]))
    (tmp_path / "a.xyz").write_text(WATER.format("far").replace("3\n", "6\n", 1) + second + WATER.format("alone"))
    assert ["several" in str(one.doubt) for one in read_molecules(tmp_path / "a.xyz")] == [True, False]


def test_every_molecule_whose_elements_a_level_lacks_is_named_by_symbol(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("CI first\nCCO second\n[Na]Cl third\n")
    ended = hemdata("label", "a.smi", "--on", 0, cwd=tmp_path)
    assert ended.returncode == 1
    assert "an atom of I, Na" in ended.stderr
    assert "first (CI), a:third ([Na]Cl)" in ended.stderr
