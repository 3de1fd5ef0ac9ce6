"""What one types first: help, version, names mistyped, completion; and that none of it waits for heavy libraries."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hemdata.cli import commands

HEAVY = {"numpy", "pandas", "pandera", "pyarrow", "rdkit", "torch", "distributed", "pyscf", "ase", "matplotlib"}


@pytest.mark.parametrize(
    ("words", "also"),
    [(["--help"], set()), (["--version"], set()), (["list"], {"pydantic"}), (["info", "qm9"], set())],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_help_version_list_and_info_import_nothing_heavy(words: list[str], also: set[str]) -> None:
    """The bound is 0.3 s of CPU; a clock would be wrong on a busy machine, what is imported is not."""
    program = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('\\n', *sorted(sys.modules), file=sys.stderr))\n"
        f"sys.argv = {['hemdata', *words]!r}\n"
        "from hemdata.cli import main\n"
        "main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(ended.stderr.splitlines()[-1].split())
    assert "typer" in loaded
    assert not loaded & (HEAVY | also)


def told(*words: str) -> str:
    ended = CliRunner().invoke(commands(), list(words))
    return ended.output + str(ended.exception or "")


def test_version_and_the_three_ways_to_help() -> None:
    from hemdata import __version__

    assert told("--version") == f"hemdata {__version__}\n"
    assert told("help") == told("-h") == told("--help")
    of_gap = told("levels", "gap", "--help")
    assert "hemdata levels gap qm9 pc9" in of_gap
    assert told("levels", "gap", "-h") == of_gap
    assert told("help", "levels", "gap").split() == of_gap.replace("Usage: root", "Usage: hemdata").split()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["bild", "qm9"], "'build'"),
        (["levels", "shwo", "qm9"], "'show'"),
        (["label", "azoxy", "--levle", "pc9"], "--level"),
        (["build", "qn9"], "'qm9'"),
        (["build", "QM9"], "'qm9'"),
        (["label", "pubchem"], "'pubchem9'"),
        (["levels", "show", "gfn3-xtb"], "'gfn2-xtb'"),
        (["info", "paiNN"], "'painn'"),
        (["train-eval", "dmeo"], "'demo'"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_a_mistyped_name_is_answered_by_the_one_meant(
    words: list[str], meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(commands(), words)
    assert ended.exit_code == 2
    assert meant in ended.output.split("expected")[0] + ended.output.partition("what to do")[2]


def test_no_name_is_offered_for_one_like_none() -> None:
    assert "Did you mean" not in told("build", "zzzzzz")


def test_the_shell_completes_commands_and_names_of_cards() -> None:
    def completed(line: str) -> str:
        asked = {"_HEMDATA_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
        program = "import sys; sys.argv = ['hemdata']; from hemdata.cli import main; main()"
        ended = subprocess.run(
            [sys.executable, "-c", program], env=os.environ | asked, capture_output=True, text=True, check=False
        )
        return ended.stdout

    assert "train-eval" in completed("hemdata tr").split()
    assert completed("hemdata levels show gfn").split() == ["gfn1-xtb", "gfn2-xtb"]


def test_a_broken_card_of_ones_own_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "broken.yaml").write_text("name: [\n")
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    titles = {each["name"]: each["title"] for each in json.loads(told("list", "--json"))["dataset"]}
    assert titles["broken"].startswith("broken: The card is not valid YAML.")
    assert titles["qm9"].startswith("QM9")


def test_info_tells_of_a_built_set_that_has_no_card(tmp_path: Path) -> None:
    from hemdata.curate.build import build

    build("azoxy", out=tmp_path / "mine")
    assert json.loads(told("info", "mine", "--data", str(tmp_path), "--json"))["built"]["accepted"] == 45


def test_info_says_of_no_own_card_that_its_level_was_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only of one that says so; a card that ships may be silent, its audit stands in the handbook."""
    (tmp_path / "datasets").mkdir()
    words = "title: Mine\nabout: Mine.\nreader: od9\nlicence: none\ncite: []\nlevel: pc9\n"
    for name, more in (("silent", ""), ("said", "audited: true\n"), ("not-yet", "audited: false\n")):
        (tmp_path / "datasets" / f"{name}.yaml").write_text(f"name: {name}\n{words}{more}")
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    names = ("silent", "said", "not-yet", "qm9", "azoxy")  # the last has no energies
    audited = {name: json.loads(told("info", name, "--json"))["audited"] for name in names}
    assert audited == {"silent": None, "said": True, "not-yet": False, "qm9": True, "azoxy": None}
