"""The floors of the house: import-linter holds their order (pyproject.toml), torch stays in train."""

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
MOST_FILES = 18  # of one room: more is a heap
MOST_COMMANDS = 21  # a command is a file of its own, found by its name


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


def test_no_room_is_a_heap() -> None:
    rooms = {path for path in PACKAGE.rglob("*") if path.is_dir() and path.name not in ("__pycache__", "_declared")}
    heaps = {
        str(room): n
        for room in rooms
        if (n := len(list(room.glob("*.py")))) > (MOST_COMMANDS if room.name == "cli" else MOST_FILES)
    }
    assert not heaps


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
