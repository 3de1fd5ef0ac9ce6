"""What the command line prints is what was given: brackets are no markup, and no character ends in a traceback."""

import ast
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from hemdata import console

PACKAGE = Path(console.__file__).parent
TREES = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
SMILES_LIKE = st.text(alphabet="CNO[]()=+-/\\@Hnc1:bold#red", min_size=1, max_size=30)


def called(tree: ast.AST, name: str) -> list[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if getattr(call.func, "id", getattr(call.func, "attr", None)) == name]


@given(SMILES_LIKE)
def test_a_table_a_line_a_note_and_an_error_show_the_text_they_are_given(text: str) -> None:
    table = Table("molecule", "energy", title=text, box=None)
    table.add_column(text, justify="right")
    table.add_row(text, "1.00", text)
    shown, told = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", shown)
        patch.setattr(sys, "stderr", told)
        console.print_table(table)
        console.out.print(text)
        console.note(text)
        console.error(text)
    assert shown.getvalue().count(text) >= 5  # title, head, two cells, line
    assert told.getvalue().splitlines() == [f"Note: {text}", f"Error: {text}"]


def test_a_row_is_one_line_in_a_pipe_however_long_its_names_are(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("molecule", box=None)
    table.add_row("C" * 5000)
    console.print_table(table)
    assert "C" * 5000 in capsys.readouterr().out.splitlines()[1]


def test_no_table_of_a_narrow_terminal_leaves_out_a_part_of_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    table = Table("molecule", box=None, padding=0)
    table.add_row("C1" * 40)
    monkeypatch.setattr(console, "out", type(console.out)(file=shown, force_terminal=True, width=20, markup=False))
    console.print_table(table)
    assert "C1" * 40 in shown.getvalue().replace("\n", "").replace(" ", "")


def test_consoles_are_made_in_one_place_and_nothing_reads_markup() -> None:
    """Another console, a column of a progress bar, or `rich.print` would read a name's brackets as markup."""
    for path, tree in TREES.items():
        if path.name != "console.py":
            assert not called(tree, "Console"), path
        for call in called(tree, "TextColumn"):
            words = {word.arg: word.value for word in call.keywords}
            assert isinstance(words["markup"], ast.Constant), path
            assert words["markup"].value is False, path
        assert not called(tree, "from_markup"), path
        imported = {
            f"{node.module}.{name.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for name in node.names
        }
        assert not {"rich.print", "rich.markup.escape", "rich.markup.render"} & imported, path


def test_no_line_that_is_printed_has_markup_which_would_show() -> None:
    for path, tree in TREES.items():
        for name in ("print", "note", "error", "add_row", "add_column", "Table"):
            for call in called(tree, name):
                text = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant)]
                assert not any("[/" in each or "[bold" in each for each in text if isinstance(each, str)), path


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_a_terminals_encoding_lacks_is_written_out(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    console.print_any_text()
    text = "α ± \udcff"  # the last is a byte of a file's name that is no UTF-8
    console.out.print(text)
    print(text)
    sys.stdout.flush()
    assert written.getvalue() == 2 * (text.encode(encoding, "backslashreplace") + b"\n")


def test_the_command_line_prints_on_an_ascii_terminal(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "hemdata.cli", "verify", "α-β [bold]"],
        env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "[bold]" in ended.stderr
    assert "Traceback" not in ended.stderr
