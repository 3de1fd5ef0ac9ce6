"""GDB-17: one SMILES a line, read at any size."""

import ast
import gzip
import lzma
import subprocess
import sys
from pathlib import Path

import pytest
from published_forms import GDB_LINES, gdb_lines, real

from hemdata.catalog import cards, dataset
from hemdata.curate.build import build
from hemdata.errors import DataError
from hemdata.shards import read, rejected, verify
from hemdata.sources import open_source


def test_lines_become_rows_without_geometry_and_a_triple_bond_is_no_comment(tmp_path: Path) -> None:
    built = build("gdb17", gdb_lines(tmp_path), tmp_path / "out")
    assert built.manifest.counts.accepted == len(GDB_LINES)
    table = read(tmp_path / "out")
    assert table["smiles"].to_pylist() == GDB_LINES
    assert table["id"].to_pylist() == [f"gdb17:{n}" for n in range(1, len(GDB_LINES) + 1)]
    assert table["canonical_smiles"].to_pylist()[1] == "CC#N"
    assert table["n_heavy"].to_pylist()[1] == 3
    for column in ("positions", "energy_hartree", "atomization_energy_kcal_mol", "level", "geometry_level"):
        assert table[column].null_count == len(GDB_LINES), column
    verify(tmp_path / "out")


def test_what_is_no_line_of_gdb_is_kept_apart_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "mine.smi"
    path.write_bytes(b"CC\n\nC1CC\nCC name\nC\xff\nC[CH2]\nCCC")
    counts = build("gdb17", path, tmp_path / "out").manifest.counts
    assert (counts.read, counts.accepted) == (7, 2)
    assert counts.rejected == {
        "empty line": 1,
        "the SMILES does not parse": 1,
        "more than one column": 1,
        "not UTF-8 text": 1,
        "schema: parity": 1,
    }
    assert rejected(tmp_path / "out")["where"].to_pylist()[0] == "mine.smi, line 2"


def test_a_byte_order_mark_is_no_atom_and_an_ion_keeps_its_charge(tmp_path: Path) -> None:
    path = tmp_path / "mine.smi"
    path.write_text("\ufeffCCO\n[NH3+]CC[NH3+]\n", encoding="utf-8")
    build("gdb17", path, tmp_path / "out")
    table = read(tmp_path / "out")
    assert table["smiles"].to_pylist() == ["CCO", "[NH3+]CC[NH3+]"]
    assert table["charge"].to_pylist() == [0, 2]


def test_a_truncated_file_a_folder_and_an_endless_line_are_sentences(tmp_path: Path) -> None:
    whole = gdb_lines(tmp_path / "a", GDB_LINES * 1000).read_bytes()
    cut = tmp_path / "cut.smi.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="truncated"):
        build("gdb17", cut, tmp_path / "out")
    with pytest.raises(DataError, match="no form of GDB-17"):
        open_source(dataset("gdb17"), tmp_path)
    (tmp_path / "GDB17.zip").write_bytes(b"PK\x03\x04" + bytes(60))
    with pytest.raises(DataError, match=r"no form of GDB-17[\s\S]*a ZIP"):
        open_source(dataset("gdb17"), tmp_path / "GDB17.zip")
    with lzma.open(tmp_path / "cut.smi.xz", "wb") as file:
        file.write(b"CC\n" * 1000)
    spoiled = bytearray((tmp_path / "cut.smi.xz").read_bytes())
    spoiled[40] ^= 0x55
    (tmp_path / "cut.smi.xz").write_bytes(spoiled)
    with pytest.raises(DataError, match="truncated or damaged"):
        list(open_source(dataset("gdb17"), tmp_path / "cut.smi.xz").raws())
    bomb = tmp_path / "bomb.smi.gz"
    bomb.write_bytes(gzip.compress(b"C" * 50_000_000))
    with pytest.raises(DataError, match="far too long"):
        build("gdb17", bomb, tmp_path / "out")
    assert not (tmp_path / "out").exists()


LINES = """
import resource, sys
from pathlib import Path
from hemdata.catalog import dataset
from hemdata.sources import open_source

def read(path):
    source = open_source(dataset("gdb17"), Path(path))
    return sum(1 for raw in source.raws()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

print([read(path) for path in sys.argv[1:]])
"""


def test_a_file_of_any_length_takes_the_same_memory(tmp_path: Path) -> None:
    """The peaks of one process that reads twelve lines and then half a million, as 15 MB of text."""
    few = gdb_lines(tmp_path / "few", GDB_LINES * 2)
    many = gdb_lines(tmp_path / "many", GDB_LINES * 100_000)
    ended = subprocess.run([sys.executable, "-c", LINES, few, many], capture_output=True, text=True, check=True)
    (twelve, base), (crowd, peak) = ast.literal_eval(ended.stdout)
    assert (twelve, crowd) == (12, 600_000)
    assert peak - base < 8, "MB"


def test_three_files_of_the_record_are_three_datasets() -> None:
    names = {dataset(name).files[0].name for name in cards("dataset") if name.startswith("gdb17")}
    assert names == {"GDB17.50000000.smi.gz", "GDB17.50000000LL.smi.gz", "GDB17.50000000LLnoSR.smi.gz"}


def test_published_lines_all_read(tmp_path: Path) -> None:
    path = real("gdb17") / "GDB17_sample.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    counts = build("gdb17", path, tmp_path / "out").manifest.counts
    assert counts.accepted == counts.read == len(lines)
