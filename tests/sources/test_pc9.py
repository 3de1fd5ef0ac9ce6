"""PC9: its members, its list of radicals and triplets, its ZIP."""

import gzip
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from published_forms import PC9_MEMBERS, pc9_zip, real

from hemdata.catalog import dataset
from hemdata.curate.build import build
from hemdata.errors import DataError
from hemdata.levels import SYMBOLS, atomization_energies, level
from hemdata.shards import read
from hemdata.shield.load_pyscf import load_pyscf
from hemdata.sources import Raw, Record, Rejected, Source, open_source
from hemdata.sources.pc9 import LIST, open_shells

CARD = dataset("pc9")
FORMALDEHYDE = (PC9_MEMBERS / "000000712.xyz").read_text()
METHYL = (PC9_MEMBERS / "003034819.xyz").read_text()


@pytest.fixture(scope="module")
def made() -> Source:
    """The project's own members in PC9's form."""
    return open_source(CARD, PC9_MEMBERS)


@pytest.fixture
def members(tmp_path: Path) -> Path:
    """A folder of one's own with the members and the list."""
    return Path(shutil.copytree(PC9_MEMBERS, tmp_path / "XYZ"))


def by_cid(source: Source) -> dict[int, Record]:
    return {int(m.source_id): m for m in map(source.parse, source.raws())}


def refusal(source: Source, text: str, where: str = "000000712.xyz") -> Rejected:
    with pytest.raises(Rejected) as caught:
        source.parse(Raw(where, text))
    return caught.value


def test_the_published_members_at_hand_all_read(tmp_path: Path) -> None:
    folder = tmp_path / "XYZ"
    folder.mkdir()
    for member in sorted(real("pc9").glob("*.xyz")):
        shutil.copy(member, folder)
    (folder / LIST).write_text("")  # none of the twenty is an open shell
    found = by_cid(open_source(CARD, folder))
    assert len(found) == 20
    for cid, molecule in found.items():
        lines = (folder / f"{cid:09d}.xyz").read_text().split("\n")
        assert molecule.energy_hartree == float(lines[1].split()[12])
        assert molecule.atomic_numbers is not None
        symbols = [line.split()[0] for line in lines[2 : 2 + int(lines[0])]]
        assert [SYMBOLS[z] for z in molecule.atomic_numbers] == symbols
        assert molecule.properties["gap_hartree"] == pytest.approx(
            molecule.properties["lumo_hartree"] - molecule.properties["homo_hartree"], abs=2e-4
        )
        assert (molecule.multiplicity, molecule.flags) == (1, [])
    assert found[4].energy_hartree == -249.6945983259
    assert found[118].energy_hartree == -287.7959163998


def test_the_member_at_hand_is_the_published_one_by_its_hash() -> None:
    member = real("pc9") / "000000004.xyz"
    assert hashlib.sha256(member.read_bytes()).hexdigest().startswith("e10ccc043a2cadc0")


def test_own_members_read_with_the_spin_of_the_list(made: Source) -> None:
    found = by_cid(made)
    assert sorted(found) == [712, 887, 6342, 6375, 11638, 123164, 3034819]
    spins = {cid: (molecule.multiplicity, molecule.flags) for cid, molecule in found.items()}
    assert spins.pop(3034819) == (2, ["radical"])
    assert spins.pop(123164) == (3, ["triplet"])
    assert set(map(str, spins.values())) == {"(1, [])"}
    assert found[6342].smiles == "CC#N"


def test_own_members_are_at_pc9s_level(made: Source) -> None:
    """The level's definition computes the fixtures' energies again (PySCF, methyl radical and formaldehyde)."""
    load_pyscf()
    from pyscf import dft, gto, lib

    lib.num_threads(1)
    for cid in (712, 3034819):
        molecule = by_cid(made)[cid]
        assert molecule.positions is not None
        assert molecule.atomic_numbers is not None
        places = np.reshape(molecule.positions, (-1, 3)).tolist()
        atoms = [(SYMBOLS[z], place) for z, place in zip(molecule.atomic_numbers, places, strict=True)]
        spin = molecule.multiplicity - 1
        mole = gto.M(atom=atoms, basis="6-31g*", cart=True, spin=spin, verbose=0)
        energy = (dft.UKS if spin else dft.RKS)(mole, xc="b3lyp").run().e_tot
        assert molecule.energy_hartree == pytest.approx(energy, abs=2e-5)


def test_own_members_are_bound_as_molecules_are(made: Source) -> None:
    """Atomization energies near experiment (ATcT, De within some 10 kcal/mol of B3LYP/6-31G*)."""
    found = by_cid(made)
    near = {712: 373.0, 887: 512.0, 123164: 190.0, 3034819: 307.0}  # kcal/mol
    for cid, expected in near.items():
        molecule = found[cid]
        z = np.array(molecule.atomic_numbers)
        (energy,) = atomization_energies([molecule.energy_hartree], z, np.array([0, len(z)]), level("pc9"))  # type: ignore[list-item]
        assert energy == pytest.approx(expected, abs=10.0), cid


def test_zip_folder_and_member_agree(tmp_path: Path, made: Source) -> None:
    zipped = by_cid(open_source(CARD, pc9_zip(tmp_path)))
    assert list(zipped) == sorted(zipped), "a ZIP's members come by name, whatever its order"
    assert zipped == by_cid(made)
    single = by_cid(open_source(CARD, PC9_MEMBERS / "003034819.xyz"))
    assert single == {3034819: zipped[3034819]}


def test_model_xyz_is_no_molecule(tmp_path: Path) -> None:
    names = [raw.where for raw in open_source(CARD, pc9_zip(tmp_path)).raws()]
    assert len(names) == 7
    assert not [name for name in names if "MODEL" in name]


def test_the_unpacked_archive_reads_from_any_of_its_folders(tmp_path: Path, made: Source) -> None:
    (tmp_path / "PC9_data").mkdir()
    folder = Path(shutil.copytree(PC9_MEMBERS, tmp_path / "PC9_data" / "XYZ"))
    shutil.move(folder / LIST, folder.parent / LIST)
    assert by_cid(open_source(CARD, folder)) == by_cid(made)
    assert by_cid(open_source(CARD, folder.parent)) == by_cid(made)
    assert [file.name for file in open_source(CARD, folder).files] == ["XYZ/", LIST]


def test_without_the_list_nothing_is_guessed(members: Path) -> None:
    (members / LIST).unlink()
    with pytest.raises(DataError, match=r"list of radicals and triplets is missing[\s\S]*16526123"):
        open_source(CARD, members)


def test_an_unlisted_radical_stays_a_singlet_for_the_parity_rule_to_refuse(members: Path) -> None:
    (members / LIST).write_text("")
    molecule = by_cid(open_source(CARD, members))[3034819]
    assert molecule.multiplicity == 1
    assert molecule.atomic_numbers is not None
    assert sum(molecule.atomic_numbers) % 2 == 1


@pytest.mark.parametrize(
    ("smiles", "flags"),
    [("C[N]([O])[O]", []), ("CN(=O)=O=O", ["smiles_unparsed"])],  # lost bond orders; no SMILES at all
)
def test_the_published_smiles_makes_no_radical(members: Path, tmp_path: Path, smiles: str, flags: list[str]) -> None:
    """10,856 of PC9's SMILES parse with radical electrons and 1,149 not at all; most are closed-shell molecules."""
    nitromethane = members / "000006375.xyz"
    text = nitromethane.read_text()
    assert text.count("C[N+](=O)[O-]") == 2
    nitromethane.write_text(text.replace("C[N+](=O)[O-]", smiles))
    built = build("pc9", members, tmp_path / "out")
    assert built.manifest.counts.rejected == {}
    row = next(row for row in read(tmp_path / "out").to_pylist() if row["id"] == "pc9:6375")
    assert (row["smiles"], row["multiplicity"], row["flags"]) == (smiles, 1, flags)
    assert (row["canonical_smiles"] is None) == bool(flags)


def test_the_line_after_the_atoms_is_no_list_of_frequencies(members: Path) -> None:
    """Its first number counts heavy atoms, zeros follow: no vibration may come of it, in the energy or beside it."""
    text = FORMALDEHYDE.splitlines()
    assert text[6].split()[0] == "2.0"
    molecule = by_cid(open_source(CARD, members))[712]
    assert molecule.energy_hartree == float(text[1].split()[12])
    assert not [name for name in molecule.properties if "freq" in name or "zpve" in name]


def test_published_smiles_with_lost_bond_orders_are_as_many_as_the_card_says() -> None:
    """Every tenth line of the published SMILES: an eighth parse with radical electrons, a seventieth not at all."""
    from rdkit import Chem, rdBase

    with gzip.open(real("pc9") / "smiles_PC92.txt.gz", "rt", encoding="utf-8") as file:
        lines = [line.split()[0] for line in file if line.strip()][::10]
    with rdBase.BlockLogs():
        parsed = [Chem.MolFromSmiles(line) for line in lines]
    radical = sum(any(a.GetNumRadicalElectrons() for a in m.GetAtoms()) for m in parsed if m is not None)
    assert radical * 10 == pytest.approx(10_856, rel=0.05)
    assert parsed.count(None) * 10 == pytest.approx(1_149, rel=0.2)


def test_a_list_against_the_electrons_is_refused(members: Path) -> None:
    (members / LIST).write_text("712 radical\n3034819 triplet\n")
    source = open_source(CARD, members)
    assert refusal(source, FORMALDEHYDE).reason == "list and electrons disagree"
    assert refusal(source, METHYL, "003034819.xyz").reason == "list and electrons disagree"


@pytest.mark.parametrize(
    "text",
    [
        "000003034819.xyz\n123164\n",
        "003034819.xyz\r\n000123164.xyz\r\n",
        "PubChemQS 3034819\nPubChemQS 123164\n",
        "3034819, 123164",
        "XYZ/003034819.xyz\nPC9_data/XYZ/000123164.xyz",
    ],
)
def test_the_list_without_words(text: str) -> None:
    text = text.replace("000003034819", "003034819")
    assert open_shells(text, "list") == {3034819: None, 123164: None}


@pytest.mark.parametrize(
    "text",
    [
        "3034819 radical\n123164 triplet\n",
        "003034819.xyz\tRadical\n000123164.xyz\tTriplet\n\n",
        "radical: 3034819\ntriplet: 123164\n",
        "List of radicals and triplets\nRadicals:\n3034819\n\nTriplets:\n123164\n",
    ],
)
def test_the_list_with_words(text: str) -> None:
    assert open_shells(text, "list") == {3034819: "radical", 123164: "triplet"}


@pytest.mark.parametrize(
    "text", ["3034819 singlet", "methyl", "3034819 radical triplet", "3.5", "-4", "<html>", "1234567890", "C[CH2]"]
)
def test_a_list_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"not understood[\s\S]*line 2"):
        open_shells(f"123164\n{text}\n", "list")


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("4\n", "5\n", "wrong atom count"),
        ("4\n", "3\n", "wrong atom count"),
        ("PubChemQS", "PubChem", "not a PC9 member"),
        ("PubChemQS 712\t", "PubChemQS 713\t", "not the id of its file"),
        ("PubChemQS 712\t", "PubChemQS x\t", "not a PC9 member"),
        ("\t-114.5004726298", "\tnan", "not a finite number"),
        ("\t-114.5004726298", "\t", "not a PC9 member"),
        ("\t-114.5004726298", "\t-114.5OO", "not a number"),
        ("\n2.0\t", "\n3.0\t", "wrong heavy atom count"),
        ("\n2.0\t0.0", "\n2.0\t999.9", "wrong heavy atom count"),
        ("\nO\t", "\nXe\t", "unknown element"),
        ("\nH\t", "\nD\t", "unknown element"),
        ("\t 0.080460", "\tinf", "not a finite number"),
        ("\t 0.080460", "", "wrong atom count"),
        ("C=O\tC=O", "C=O", "not a PC9 member"),
        ("InChI=1S/CH2O/c1-2/h1H2", "C=O", "not in XYZ form"),
        ("InChI=1S/CH2O/c1-2/h1H2\n", "", "not in XYZ form"),
        ("C=O\tC=O", "C=\ufffd\tC=O", "not UTF-8 text"),
    ],
)
def test_a_spoiled_member_is_refused_for_its_reason(made: Source, before: str, after: str, reason: str) -> None:
    assert before in FORMALDEHYDE
    assert refusal(made, FORMALDEHYDE.replace(before, after, 1)).reason == reason


def test_every_cut_of_a_member_is_refused(made: Source) -> None:
    for end in range(FORMALDEHYDE.index("InChI=1")):
        refusal(made, FORMALDEHYDE[:end])


def test_a_truncated_zip_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = pc9_zip(tmp_path)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError, match=r"truncated or damaged[\s\S]*PC9_data\.zip"):
        open_source(CARD, path)


def test_a_flipped_byte_in_the_zip_is_found(tmp_path: Path) -> None:
    path = pc9_zip(tmp_path)
    data = bytearray(path.read_bytes())
    data[data.index(b"000000712.xyz") + 200] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(DataError, match="truncated or damaged"):
        list(open_source(CARD, path).raws())


def test_a_qm9_member_is_no_pc9_member(made: Source) -> None:
    text = FORMALDEHYDE.replace("PubChemQS 712", "gdb 712")
    assert refusal(made, text).reason == "not a PC9 member"


def test_it_is_fetched_where_nothing_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Source) -> None:
    asked = []

    def fetched(remote: object) -> Path:
        asked.append(remote)
        return pc9_zip(tmp_path)

    monkeypatch.setattr("hemdata.sources.pc9.fetch", fetched)
    assert by_cid(open_source(CARD)) == by_cid(made)
    assert asked == [CARD.files[0]]
    assert json.loads(CARD.model_dump_json())["files"][0]["hash"] is None
