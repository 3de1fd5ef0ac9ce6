"""Parts of a library without the rest: the network's own modules, unchanged, in a fraction of the time."""

import subprocess
import sys
from pathlib import Path

import pytest

from hemdata.train.parts import parts_of

ENERGY = """
import sys, torch
{first}
from hemdata import catalog
from hemdata.train.data.batches import GraphBatch
from hemdata.train.networks.painn import build
torch.manual_seed(0)
network = build(catalog.network("painn").configurations["small"].model_dump())
z, pos = torch.tensor([8, 1, 1]), torch.tensor([[0, 0, 0.1], [0, 0.8, -0.5], [0, -0.8, -0.5]])
edges = torch.tensor([[0, 0, 1, 1, 2, 2], [1, 2, 0, 2, 0, 1]])
print(network(GraphBatch(z, pos, torch.zeros(3, dtype=torch.int64), edges, 1)).item().hex())
print(*sorted({{"pytorch_lightning", "lightning", "sympy"}} & set(sys.modules)))
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "heavy_library"
    (folder / "nn").mkdir(parents=True)
    (folder / "__init__.py").write_text("whole = True\n")
    (folder / "nn" / "__init__.py").write_text("raise RuntimeError('the whole room')\n")
    (folder / "nn" / "layers.py").write_text("import heavy_library.nn as nn\n__all__ = ['layer']\nlayer = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    return "heavy_library"


def test_a_part_is_imported_without_its_library_which_can_be_imported_later(library: str) -> None:
    with parts_of(library, {"nn": ["layers"]}):
        from heavy_library.nn import layer  # type: ignore[import-not-found]
    assert layer == 1
    assert not [name for name in sys.modules if name.startswith(library)]
    import heavy_library  # type: ignore[import-not-found]

    assert heavy_library.whole
    with parts_of(library, {"nn": ["layers"]}):  # where the whole is there, it is taken
        assert sys.modules[library] is heavy_library


def test_a_library_that_is_not_installed_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match="not_a_library"), parts_of("not_a_library", {}):
        pass


@pytest.mark.slow
def test_painn_of_parts_is_painn_of_the_whole_library_to_the_bit_and_loads_no_trainer() -> None:
    light, whole = (
        subprocess.run([sys.executable, "-c", ENERGY.format(first=first)], capture_output=True, text=True, check=True)
        .stdout.splitlines()
        for first in ("", "import schnetpack")
    )  # fmt: skip
    assert light[0] == whole[0]
    assert light[1] == ""
    assert "pytorch_lightning" in whole[1]
