"""The floors of the house: import-linter holds their order (pyproject.toml), torch stays in train."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import hemdata

NETWORK_LIBRARIES = {
    "torch", "lightning", "torch_geometric", "torchmetrics", "schnetpack", "torchmdnet", "nequip", "allegro",
    "safetensors",
}  # fmt: skip
PACKAGE = Path(hemdata.__file__).parent
ROOT = PACKAGE.parent
MOST_FILES = 15  # of one room, beside what says what it is: more is a heap
MOST_PARAMETERS = 8  # of one function: what travels together is one value


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    words = [sys.executable, "-c", program, "--no-cache"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.mark.skipif(not (ROOT / "pyproject.toml").is_file(), reason="not a checkout: no contracts here")
def test_every_import_goes_down_and_none_in_a_circle() -> None:
    done = linted(ROOT)
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_room_is_a_heap_and_each_says_what_it_holds() -> None:
    """import-linter, too, sees only the folders that have an `__init__`."""
    places = [path for top in (PACKAGE, Path(__file__).parent) for path in (top, *top.rglob("*")) if path.is_dir()]
    rooms = [room for room in places if not {"__pycache__", "_declared"} & set(room.parts)]
    files = {str(room): sum(path.is_file() and path.stem != "__init__" for path in room.iterdir()) for room in rooms}
    assert len(files) > 80
    assert not {room: number for room, number in files.items() if number > MOST_FILES}
    code = [room for room in rooms if room.is_relative_to(PACKAGE) and list(room.glob("*.py"))]
    assert not [str(room) for room in code if not (room / "__init__.py").is_file()]


def test_no_function_has_more_parameters_than_one_keeps_in_mind() -> None:
    """But for commands, in which each is an option."""
    counted = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                its, command = node.args, any("command(" in ast.unparse(each) for each in node.decorator_list)
                given = [*its.posonlyargs, *its.args, *its.kwonlyargs, *filter(None, (its.vararg, its.kwarg))]
                number = sum(each.arg not in ("self", "cls") for each in given)
                counted[f"{module_name(path)}.{node.name}, line {node.lineno}"] = 0 if command else number
    assert len(counted) > 1000
    assert not {name: number for name, number in counted.items() if number > MOST_PARAMETERS}


def test_importing_all_but_train_brings_no_torch() -> None:
    """The core install has none, and nobody should wait for it to read a help page."""
    modules = sorted(path for path in PACKAGE.rglob("*.py") if path.parts[len(PACKAGE.parts)] != "train")
    names = [module_name(path) for path in modules]
    program = f"""
import importlib, sys
for name in {names!r}:
    importlib.import_module(name)
    found = {NETWORK_LIBRARIES!r} & sys.modules.keys()
    assert not found, name + " imports " + ", ".join(sorted(found))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
