"""The handbook is true: its commands parse, its Python runs, its links and column tables are what the code says."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from hemdata import cli

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PYTHON = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S))
]


def shown() -> list[str]:
    found = []
    for page in PAGES:
        for line in page.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"^(?:    |\$ )(hemdata .*)$", line):
                found.append(match[1].split("    #")[0].strip())
    return found


@pytest.mark.parametrize("line", shown())
def test_every_command_shown_is_one_that_parses(line: str) -> None:
    known: Any = typer.main.get_command(cli.commands())
    name, found, words = known.resolve_command(known.context_class(known), shlex.split(line)[1:])
    if hasattr(found, "resolve_command"):  # a group, as `levels`
        name, found, words = found.resolve_command(found.context_class(found), words)
    found.make_context(name, words)  # raises for an unknown option or a missing argument


def test_the_command_lines_page_names_every_command_and_no_option_that_is_not_there() -> None:
    known: Any = typer.main.get_command(cli.commands())
    commands = {name: one for name, one in known.commands.items() if not hasattr(one, "commands")}
    for group, one in known.commands.items():
        commands |= {f"{group} {name}": each for name, each in getattr(one, "commands", {}).items()}
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    told = set()
    for line in re.findall(r"^\| `hemdata (.*?)` \|", page, re.M):
        words = line.split()
        name = " ".join(words[:2]) if " ".join(words[:2]) in commands else words[0]
        assert name in commands, line
        told.add(name)
        options = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", line)) <= options, line
    assert told == set(commands)


@pytest.mark.parametrize("block", PYTHON)
def test_every_python_block_runs(block: str, labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for folder in labelled.iterdir():
        (tmp_path / "data" / folder.name).symlink_to(folder)
    if not (tmp_path / "data" / "azoxy").exists():
        from hemdata.curate.build import build

        build("azoxy", out=tmp_path / "data" / "azoxy")
    exec(compile(block, "docs", "exec"), {"__name__": "docs"})


def test_every_file_the_readme_names_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target


def test_nothing_in_the_project_names_a_registry_host_or_a_path_of_a_machine() -> None:
    for path in [*PAGES, ROOT / "requirements.lock", ROOT / "pyproject.toml", ROOT / "Makefile"]:
        text = path.read_text(encoding="utf-8")
        assert "pypi.org" not in text
        assert "/root/" not in text


def test_a_newcomer_finds_the_words_that_newcomers_look_for() -> None:
    """How to install, tutorials, one's own data, the API, on the first page; and every page stands in the menu."""
    first = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for word in ("Install", "tutorial", "API", "own data", "For whom"):
        assert word in first, word
    assert "](assets/" in first, "a picture"
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:")[1]
    for page in (ROOT / "docs").rglob("*.md"):
        assert str(page.relative_to(ROOT / "docs")) in menu, page
