"""Runs a page of the handbook: its files are written, its commands and its Python run, what they print is compared."""

import doctest
import re
import shlex
from itertools import zip_longest
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hemdata.cli import commands

BLOCK = re.compile(r'^```(?P<kind>console|pycon|\w+ title="(?P<file>[^"]+)")\n(?P<body>.*?)^```', re.M | re.S)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
TERMINAL = {"COLUMNS": "110", "TERM": "dumb"}
NUMBER = re.compile(r"\d+\.\d+")
STORED = re.compile(r"\(\d+ computed, \d+ from the store\)")  # the tests' store has the labels that ship


def run_page(page: Path, folder: Path) -> None:
    """Every block of a page in order; files are written below `folder`, which is the current one."""
    names: dict[str, object] = {}
    runner, told = doctest.DocTestRunner(optionflags=OPTIONS), list[str]()
    blocks = list(BLOCK.finditer(page.read_text(encoding="utf-8")))
    assert blocks, page
    for block in blocks:
        if block["file"]:
            path = folder / block["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["body"], encoding="utf-8")
        elif block["kind"] == "console":
            run(block["body"])
        else:
            example = doctest.DocTestParser().get_doctest(block["body"], names, page.stem, str(page), None)
            runner.run(example, out=told.append, clear_globs=False)
            names = example.globs
            assert not runner.failures, "".join(told)


def run(body: str) -> None:
    """The commands of a block, each followed by what it prints."""
    for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
        line, _, want = part.partition("\n")
        words = shlex.split(line)
        assert words[0] == "hemdata", line
        ended = CliRunner().invoke(commands(), words[1:], env=TERMINAL, catch_exceptions=False)
        assert ended.exit_code == 0, f"$ {line}\n{ended.output}"
        assert same(want, ended.stdout), f"$ {line}\nexpected:\n{want}\ngot:\n{ended.stdout}"


def same(want: str, got: str, tolerance: float = 0.05) -> bool:
    """Word for word; numbers with a point to some per cent, since another processor rounds otherwise."""
    want, got = (STORED.sub("(stored)", text.replace("\u202f", "")) for text in (want, got))
    if not doctest.OutputChecker().check_output(NUMBER.sub("#", want), NUMBER.sub("#", got), OPTIONS):
        return False
    pairs = [] if "..." in want else zip_longest(NUMBER.findall(want), NUMBER.findall(got))
    return all(float(a) == pytest.approx(float(b), rel=tolerance, abs=0.02) for a, b in pairs)
