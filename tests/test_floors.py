"""The order of the floors: a module imports only from floors below its own, and torch stays in train."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import hemdata

FLOORS = "errors catalog schema levels identity shards export sources curate label train study report cli".split()
NETWORK_LIBRARIES = {
    "torch", "lightning", "torch_geometric", "torchmetrics", "schnetpack", "torchmdnet", "nequip", "allegro",
    "safetensors",
}  # fmt: skip
PACKAGE = Path(hemdata.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE)


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(path: Path) -> str:
    return module_name(path).split(".")[1]


def imported(nodes, module: str, package: bool) -> set[str]:
    """Full names that import statements among some nodes ask for."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".") if package else module.split(".")[:-1]
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return names


def everywhere(tree: ast.Module):
    return ast.walk(tree)


def at_import_time(tree: ast.AST):
    """All nodes but those inside functions, which run when called."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from at_import_time(node)


def imports_of(path: Path, nodes=everywhere) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return imported(nodes(tree), module_name(path), path.name == "__init__.py")


def test_every_folder_and_module_of_the_package_stands_on_a_floor():
    assert {floor_of(path) for path in MODULES} <= set(FLOORS)


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_imports_only_from_its_own_floor_and_those_below(path):
    height = FLOORS.index(floor_of(path))
    own = {name.split(".")[1] for name in imports_of(path) if name.startswith("hemdata.")}
    floors = own - {"__version__"}
    assert floors <= set(FLOORS[: height + 1]), f"{module_name(path)} reaches up to {sorted(floors)}"


@pytest.mark.parametrize("path", [p for p in MODULES if floor_of(p) != "train"], ids=module_name)
def test_no_network_library_is_imported_outside_train(path):
    names = {name.split(".")[0] for name in imports_of(path, at_import_time)}
    assert not names & NETWORK_LIBRARIES


def test_the_order_is_read_from_every_form_of_import():
    """The judge itself: each form of import is seen, in functions too, and the sort by import time is right."""
    tree = ast.parse(
        "import hemdata.cli\nfrom hemdata import study\nfrom hemdata.report import page\nfrom . import a\n"
        "from ..label import store\nclass A:\n    import torch.nn\ndef f():\n    import lightning\n"
        "if True:\n    from schnetpack import model\n"
    )
    found = imported(everywhere(tree), "hemdata.curate.merge", package=False)
    assert found == {
        "hemdata.cli", "hemdata.study", "hemdata.report.page", "hemdata.curate.a", "hemdata.label.store",
        "torch.nn", "lightning", "schnetpack.model",
    }  # fmt: skip
    assert imported(everywhere(tree), "hemdata.curate", package=True) == found
    assert found - imported(at_import_time(tree), "hemdata.curate", package=True) == {"lightning"}


def test_importing_all_but_train_brings_no_torch():
    """The core install has none, and nobody should wait for it to read a help page."""
    names = ["hemdata", *(module_name(path) for path in MODULES if floor_of(path) != "train")]
    program = f"""
import importlib, sys
for name in {names!r}:
    importlib.import_module(name)
    found = {NETWORK_LIBRARIES!r} & sys.modules.keys()
    assert not found, name + " imports " + ", ".join(sorted(found))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
