"""Files of SMILES: one reader, whatever the names, headers, marks and encodings; what does not read is named."""

import bz2
import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hemdata.choose.pool import chunks, place
from hemdata.choose.targets import targets, write_smiles
from hemdata.errors import CallError, DataError
from hemdata.molecules import Molecule, Said, Unread, dataset_name, entries, read_molecules
from hemdata.predict.asked import wanted


def read(tmp_path: Path, text: str | bytes, name: str = "mine.smi") -> list[tuple[str, str, int, int]]:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return [(m.id.partition(":")[2], m.canonical_smiles or "", m.charge, m.multiplicity) for m in read_molecules(path)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CCO ethyl alcohol\nCCOC ethyl methyl ether\n", [("ethyl_alcohol", "CCO"), ("ethyl_methyl_ether", "CCOC")]),
        ("SMILES\tID\nCCO\tm1\nCC#N\tm2\n", [("m1", "CCO"), ("m2", "CC#N")]),
        ("ID SMILES\nm1 CCO\n", [("m1", "CCO")]),
        ("name\tcanonical_smiles\tmw\nethyl alcohol\tCCO\t46.07\n", [("ethyl_alcohol", "CCO")]),
        ("smiles name\nCCO ethyl alcohol\n", [("ethyl_alcohol", "CCO")]),
        ("smiles\nCCO\n", [("2", "CCO")]),
        ("CCO\tethyl alcohol\t46.07\n", [("ethyl_alcohol", "CCO")]),
        ('"CCO" "ethyl alcohol"\n', [("ethyl_alcohol", "CCO")]),
        ("\ufeffCCO ethanol\n", [("ethanol", "CCO")]),
        ("\ufeffsmiles id\r\nCCO ethanol\r\n\r\nCC\r\n", [("ethanol", "CCO"), ("4", "CC")]),
        ("C[C@H](O)F |r| lactic\nC[C@H](O)C#N |&1:1| nitrile x\n", [("lactic", "C[C@H](O)F"),
                                                                   ("nitrile_x", "C[C@H](O)C#N")]),
        ("# made by hand\nC#N hydrogen-cyanide # in the gas\n", [("hydrogen-cyanide_#_in_the_gas", "C#N")]),
        ("  CCO   padded  \n\n\nCC\n", [("padded", "CCO"), ("4", "CC")]),
        ("CCO caf\u00e9 \u03b1-form\nCC\n", [("caf\u00e9_\u03b1-form", "CCO"), ("2", "CC")]),
        ("CCO", [("1", "CCO")]),
        ("# a list\nname\tsmiles\nx\tCCO\n\tCC\n", [("x", "CCO"), ("4", "CC")]),
        ("CCO smiles\nCC structure\n", [("smiles", "CCO"), ("structure", "CC")]),
    ],
)  # fmt: skip
def test_names_headers_quotes_marks_and_extensions(tmp_path: Path, text: str, expected: list[tuple[str, str]]) -> None:
    assert [row[:2] for row in read(tmp_path, text)] == expected
    path = tmp_path / "mine.smi"
    assert [target.id for target in targets([path])] == [f"mine:{name}" for name, _ in expected]
    pool = [(each.id, each.smiles) for chunk in chunks(place(path, tmp_path)) for each in chunk]
    assert [id for id, _ in pool] == [f"mine:{name}" for name, _ in expected]
    assert [one.id for one in wanted(str(path))] == [f"mine:{name}" for name, _ in expected]


def test_charge_and_multiplicity_come_from_the_smiles_a_column_or_the_call(tmp_path: Path) -> None:
    assert read(tmp_path, "[NH4+]\n[CH3]\n[CH2]\n") == [("1", "[NH4+]", 1, 1), ("2", "[CH3]", 0, 2),
                                                      ("3", "[CH2]", 0, 3)]  # fmt: skip
    table = "smiles\tname\tcharge\tmultiplicity\nO=O\to2\t0\t3\n[NH4+]\tammonium\t1\t\nO=O\tunsaid\t\t\n"
    assert [row[2:] for row in read(tmp_path, table)] == [(0, 3), (1, 1), (0, 3)]
    assert [row[2:] for row in read(tmp_path, "smiles uhf\nO=O 2\n")] == [(0, 3)]
    path = tmp_path / "mine.smi"
    path.write_text("O=O\n")
    assert read_molecules(path, Said(multiplicity=3))[0].multiplicity == 3
    for said, reason in ((Said(charge=1), "another charge"), (Said(multiplicity=2), "do not go together")):
        with pytest.raises(DataError, match=reason):
            read_molecules(path, said)
    path.write_text("smiles charge\n[NH4+] 0\nO x\n[OH-] -1\n")
    assert [getattr(each, "reason", None) for each in entries(path)] == [
        "The SMILES has another charge.", "The charge is no whole number.", None,
    ]  # fmt: skip


def test_all_that_does_not_read_is_named_at_once_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "bad.smi"
    path.write_text("CCO a\nC1CC b\nCCC c\nCC(C d\nCCC |^1:1| radical\nCCO,ethanol\n")
    found = list(entries(path))
    assert [isinstance(each, Molecule) for each in found] == [True, False, True, False, False, False]
    with pytest.raises(DataError, match="4 entries do not read") as refused:
        read_molecules(path)
    for words in ("line 2): C1CC", "line 4): CC(C", "line 5)", "line 6): CCO,ethanol"):
        assert words in str(refused.value)
    with pytest.raises(DataError, match="4 entries"):
        targets([path])
    path.write_text("smiles name mw\nCCO ethyl alcohol 46\n")
    (unread,) = entries(path)
    assert isinstance(unread, Unread)
    assert unread.reason == "The line has 4 columns, the first line 3."


def test_names_that_stand_twice_are_refused_with_their_lines(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="bear one name") as refused:
        read(tmp_path, "CCO same name\nCC\nCCC same_name\n")
    assert "same_name: line 1, line 3" in str(refused.value)
    with pytest.raises(DataError, match="bear one name"):
        read(tmp_path, "CCO 2\nCC\n")  # a line without a name is called by its number


def test_what_is_no_utf8_text_is_a_sentence_with_its_line(tmp_path: Path) -> None:
    for data, words in (
        ("CCO caf\u00e9\n".encode("latin1"), "the byte 0xe9"),
        (b"CC a\nCCO \xff\n", "line 2"),
        ("CCO m1\n".encode("utf-16"), "UTF-16"),
        ("CCO m1\n".encode("utf-16-le"), "zero bytes"),
        ("CCO m1\n".encode("utf-32"), "UTF-32"),
    ):
        with pytest.raises(DataError, match="not UTF-8") as refused:
            read(tmp_path, data)
        assert words in str(refused.value)
        *_, unread = wanted(str(tmp_path / "mine.smi"))
        assert isinstance(unread, Unread)
        assert "not UTF-8" in unread.reason
        for reader in (lambda path: targets([path]), lambda path: list(chunks(path))):
            with pytest.raises(DataError, match="not UTF-8"):
                reader(tmp_path / "mine.smi")


def test_compressed_files_and_capital_endings_are_read(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbfCCO ethyl alcohol\n"
    for name, data in (("A.SMI", text), ("a.smi.gz", gzip.compress(text)), ("a.Smi.BZ2", bz2.compress(text))):
        assert read(tmp_path, data, name) == [("ethyl_alcohol", "CCO", 0, 1)]
        assert dataset_name(tmp_path / name) == "a"
        assert place(tmp_path / name, tmp_path) == tmp_path / name
    with pytest.raises(DataError, match="does not read"):
        read(tmp_path, gzip.compress(text * 100)[:-20], "cut.smi.gz")


def test_other_kinds_and_missing_files_are_wrong_calls(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_text("x")
    with pytest.raises(CallError, match="kind of file") as refused:
        read_molecules(tmp_path / "a.pdf")
    assert ".smi" in str(refused.value)
    with pytest.raises(CallError, match="no such file"):
        read_molecules(tmp_path / "none.smi")
    with pytest.raises(CallError, match="A pool is"):
        place(tmp_path / "a.csv", tmp_path)


def test_stems_that_differ_in_their_letters_give_names_that_differ() -> None:
    names = {stem: dataset_name(Path(f"x/{stem}.smi")) for stem in ("α", "β", "Ünser Satz (1)", "Жук", "中", "文", "ß")}
    assert names["α"] == "alpha"
    assert names["Ünser Satz (1)"] == "unser-satz-1"
    assert len(set(names.values())) == len(names)
    with pytest.raises(CallError, match="name"):
        dataset_name(Path("!!!.smi"))


def test_two_groups_of_one_name_are_not_thrown_together(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.smi").write_text("CCO x\n" if folder == "a" else "CCC x\n")
    with pytest.raises(CallError, match="called 'mine'"):
        targets([tmp_path / "a/mine.smi", tmp_path / "b/mine.smi"])
    (tmp_path / "neuro.smi").write_text("CCO x\n")
    with pytest.raises(CallError, match="called 'neuro'"):
        targets(["neuro", tmp_path / "neuro.smi"])


SMILES = (
    "CCO",
    "[NH4+]",
    "[OH-]",
    "[CH3]",
    "C[N+](=O)[O-]",
    "C#N",
    "[Na+].[Cl-]",
    "C/C=C\\C",
    "[13CH4]",
    "[NH3+]CC[NH3+]",
)
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=12).filter(
    lambda name: name.split() and not name.strip().startswith(("|", '"', "'"))
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(SMILES), NAMES),
        min_size=1,
        max_size=5,
        unique_by=lambda row: "_".join(row[1].split()),
    )
)
def test_what_is_written_is_read_again_whatever_the_names(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    path = tmp_path / "written.smi"
    path.unlink(missing_ok=True)
    write_smiles(path, rows)
    read = read_molecules(path)
    assert [m.smiles for m in read] == [smiles for smiles, _ in rows]
    assert [m.id for m in read] == [f"written:{'_'.join(name.split())}" for _, name in rows]
