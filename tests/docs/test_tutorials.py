"""The tutorials run as they stand: every command and every line of Python of a page, in order, in one empty folder."""

import doctest
import re
import shlex
from itertools import zip_longest
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hemdata.cli import commands

PAGES = sorted((Path(__file__).parents[2] / "docs" / "tutorials").glob("*.md"))
BLOCK = re.compile(r'^```(console|pycon|text title="(?P<file>[^"]+)")\n(?P<body>.*?)^```', re.M | re.S)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
NUMBER = re.compile(r"\d+\.\d+")
STORED = re.compile(r"\(\d+ computed, \d+ from the store\)")  # the tests' store has the labels that ship


@pytest.fixture
def folder(labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty but for a store of labels, so that the test groups are not relaxed again."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "labels.sqlite").write_bytes((labelled / "labels.sqlite").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def same(want: str, got: str, tolerance: float = 0.05) -> bool:
    """Word for word; numbers with a point to some per cent, since another processor rounds otherwise."""
    want, got = (STORED.sub("(stored)", text.replace("\u202f", "")) for text in (want, got))
    if not doctest.OutputChecker().check_output(NUMBER.sub("#", want), NUMBER.sub("#", got), OPTIONS):
        return False
    pairs = [] if "..." in want else zip_longest(NUMBER.findall(want), NUMBER.findall(got))
    return all(float(a) == pytest.approx(float(b), rel=tolerance, abs=0.02) for a, b in pairs)


def run(body: str) -> None:
    """The commands of a block, each followed by what it prints."""
    for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
        line, _, want = part.partition("\n")
        words = shlex.split(line)
        assert words[0] == "hemdata", line
        ended = CliRunner().invoke(commands(), words[1:], env={"COLUMNS": "110", "TERM": "dumb"})
        assert ended.exit_code == 0, f"$ {line}\n{ended.output}"
        assert same(want, ended.stdout), f"$ {line}\nexpected:\n{want}\ngot:\n{ended.stdout}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_runs_as_it_stands(page: Path, folder: Path) -> None:
    names: dict[str, object] = {}
    runner, told = doctest.DocTestRunner(optionflags=OPTIONS), list[str]()
    blocks = list(BLOCK.finditer(page.read_text(encoding="utf-8")))
    assert blocks
    for block in blocks:
        if block["file"]:
            (folder / block["file"]).write_text(block["body"], encoding="utf-8")
        elif block[1] == "console":
            run(block["body"])
        else:
            example = doctest.DocTestParser().get_doctest(block["body"], names, page.stem, str(page), None)
            runner.run(example, out=told.append, clear_globs=False)
            names = example.globs
            assert not runner.failures, "".join(told)


def test_a_page_that_says_another_thing_is_noticed() -> None:
    assert same("3 molecules, mean 13.45", "3 molecules,  mean 13.46\n")
    assert not same("3 molecules, mean 13.45", "4 molecules, mean 13.45")
    assert not same("3 molecules, mean 13.45", "3 molecules, mean 15.45")
