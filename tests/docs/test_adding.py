"""docs/adding.md does what it says: a dataset, a level, an engine, a network and a form are each one new file."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from shown_pages import BLOCK, run_page

PAGE = Path(__file__).parents[2] / "docs" / "adding.md"
ROOMS = ("sources", "chemistry.engines", "train.networks", "forms")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder laid out as the repository, whose cards and modules hemdata finds beside its own."""
    for room in ROOMS:
        package = import_module(f"hemdata.{room}")
        here = tmp_path / "hemdata" / room.replace(".", "/")
        here.mkdir(parents=True)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(here)])
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def test_the_files_of_the_page_are_written_and_its_commands_run(repository: Path) -> None:
    run_page(PAGE, repository)


def test_each_kind_is_one_module() -> None:
    files = [block["file"] for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")) if block["file"]]
    modules = [file for file in files if file.endswith(".py")]
    assert [Path(file).parent.name for file in modules] == ["sources", "engines", "networks", "forms"]
