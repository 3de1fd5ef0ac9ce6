"""The promised names: light to import, each with a docstring whose example runs, each on the API page."""

import doctest
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import hemdata as hd

ROOT = Path(hd.__file__).parents[1]
NAMES = [name for name in hd.__all__ if name != "__version__"]
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def verbs() -> list[str]:
    """Every promised name, and the methods of those that are classes."""
    found = []
    for name in NAMES:
        value = getattr(hd, name)
        found.append(name)
        if inspect.isclass(value) and not issubclass(value, Exception):
            own = [kind for kind in value.__mro__ if kind.__module__.startswith("hemdata.")]  # what it inherits, too
            methods = dict.fromkeys(each for kind in own for each in vars(kind) if not each.startswith("_"))
            found += [f"{name}.{each}" for each in methods if inspect.isroutine(getattr(value, each))]
    return found


def value_of(name: str) -> Any:
    value: Any = hd
    for part in name.split("."):
        value = getattr(value, part)
    return value


def test_importing_costs_little_and_brings_nothing_heavy() -> None:
    program = "import sys, time; a = time.process_time(); import hemdata; print(time.process_time() - a, *sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    seconds, *names = ran.stdout.split()
    own = {name for name in names if name.startswith("hemdata")}
    assert own == {"hemdata"}
    heavy = {"numpy", "pandas", "pyarrow", "rdkit", "pydantic", "torch", "ase", "dask", "rich"}
    assert not heavy & set(names)
    assert float(seconds) < 0.1, "of CPU: a clock would be wrong on a busy machine"


def test_what_tab_shows_is_what_is_promised() -> None:
    assert dir(hd) == sorted(hd.__all__)
    assert len(hd.__all__) <= 30
    for name in hd.__all__:
        assert getattr(hd, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Sett'"):
        hd.Sett  # noqa: B018


@pytest.mark.parametrize("name", NAMES)
def test_its_examples_run_as_they_stand(name: str, workplace: Path, cells_here: None) -> None:
    """Of a class its own first, then those of its methods, which go on in the same folder."""
    before = ["Results"] if name == "Study" and not Path("tiny.yaml").exists() else []  # whose study it goes on with
    for each in [*before, *(one for one in verbs() if one.partition(".")[0] == name)]:
        doc = inspect.getdoc(value_of(each))
        assert doc, f"{each} has no docstring"
        example = doctest.DocTestParser().get_doctest(doc, {"hd": hd, "Path": Path}, each, None, None)
        assert example.examples, f"{each} has no example"
        told: list[str] = []
        failed = doctest.DocTestRunner(optionflags=OPTIONS).run(example, out=told.append).failed
        assert not failed, "".join(told)


@pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="not a checkout: no docs here")
def test_each_stands_on_the_api_page() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for name in NAMES:
        assert f"::: hemdata.{name}" in page, name


@pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="not a checkout: no docs here")
def test_what_a_class_inherits_stands_on_the_api_page() -> None:
    """Without the option below its name, the page shows the methods of the class's own file alone."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    inherit = {name.partition(".")[0] for name in verbs() if "." in name and _is_inherited(name)}
    assert "Set" in inherit
    for name in inherit:
        assert f"::: hemdata.{name}\n    options:\n      inherited_members: true\n" in page, name


def _is_inherited(name: str) -> bool:
    promised, _, method = name.partition(".")
    return method not in vars(value_of(promised))


def test_types_travel_with_the_package() -> None:
    assert (Path(hd.__file__).parent / "py.typed").is_file()


def test_every_name_is_known_to_a_type_checker() -> None:
    """What stands below TYPE_CHECKING, by which editors and mypy know the names, is what is promised."""
    import ast

    tree = ast.parse(Path(hd.__file__).read_text(encoding="utf-8"))
    told = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert set(NAMES) <= told
    assert not isinstance(hd.Set, ModuleType)
