"""The wheel, installed alone, finds its cards from any folder and needs no torch."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from own_files import molecules, written

from hemdata.units import HARTREE_EV

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = "torch lightning schnetpack torch_geometric torchmdnet nequip allegro sklearn numba bokeh dask_jobqueue"


def uv() -> str | None:
    private = ROOT / ".uv" / "bin" / "uv"
    return shutil.which("uv") or (str(private) if private.is_file() else None)


pytestmark = pytest.mark.skipif(uv() is None, reason="uv, which `make env` brings, is not here")


def run(folder: Path, *words: str, **environment: str) -> str:
    """What a command prints, in a folder that has nothing to do with the checkout."""
    ended = subprocess.run(
        words, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=400
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = ["build", "--wheel", "-q", "--python", sys.executable, "--out-dir", str(folder), str(ROOT)]
    run(folder, str(uv()), *words)
    return next(folder.glob("hemdata-*.whl"))


def works(folder: Path, python: str, **environment: str) -> None:
    """Cards, a build, a verification and the promised names, all from the installed package."""
    hemdata = (python, "-m", "hemdata.cli")
    told = json.loads(run(folder, *hemdata, "list", "--json", **environment))
    assert {"qm9", "pc9", "test-groups"} <= {entry["name"] for entry in told["dataset"]}
    run(folder, *hemdata, "build", "azoxy", "--out", "azoxy", **environment)
    run(folder, *hemdata, "verify", "azoxy", **environment)
    door = "import hemdata as hd; print(len(hd.Set.open('azoxy', '.')), hd.Set.open('test-groups@pc9', '.').level)"
    assert run(folder, python, "-c", door, **environment).split() == ["45", "pc9"]
    assert str(folder) in run(folder, python, "-c", "import hemdata; print(hemdata.__file__)", **environment)


def test_what_the_wheel_holds_works_from_any_folder_and_without_the_extras(wheel: Path, tmp_path: Path) -> None:
    """Unpacked before this environment's packages, of which those of the extras refuse to be imported."""
    assert "hemdata/py.typed" in zipfile.ZipFile(wheel).namelist()
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    for name in EXTRAS.split():
        (tmp_path / "refused" / name).mkdir(parents=True)
        (tmp_path / "refused" / name / "__init__.py").write_text(f"raise ImportError('{name} is an extra')\n")
    works(tmp_path, sys.executable, PYTHONPATH=f"{tmp_path / 'refused'}{os.pathsep}{tmp_path / 'installed'}")


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment that holds the wheel and what it brings, in the locked versions."""
    folder = tmp_path_factory.mktemp("clean") / "environment"
    run(folder.parent, str(uv()), "venv", "-q", "--python", sys.executable, str(folder))
    # What the lock holds for the networks alone is not asked for.
    locked = ["--constraint", str(ROOT / "requirements.lock")]
    words = ["pip", "install", "-q", "--python", str(folder / "bin" / "python"), *locked, str(wheel)]
    run(folder.parent, str(uv()), *words)
    return folder


@pytest.mark.slow
def test_the_wheel_brings_all_that_it_needs_into_a_clean_environment(clean: Path) -> None:
    python, folder = str(clean / "bin" / "python"), clean.parent
    works(folder, python, PYTHONPATH="")
    assert (clean / "bin" / "hemdata").is_file()
    found = run(folder, python, "-c", "import importlib.util as u; print(u.find_spec('torch'))", PYTHONPATH="")
    assert found.strip() == "None"


@pytest.mark.slow
def test_files_of_ones_own_become_a_study_and_its_report_from_a_clean_folder(clean: Path, tmp_path: Path) -> None:
    """Training set and test group are both imported; the wheel's core is enough."""
    rows = molecules("test-groups@gfn2-xtb")
    written(rows[:110], tmp_path / "train.extxyz", energy="E", unit=HARTREE_EV)
    written(rows[110:], tmp_path / "test.extxyz", energy="E", unit=HARTREE_EV)

    def hemdata(*words: str) -> str:
        return run(tmp_path, str(clean / "bin" / "hemdata"), *words, PYTHONPATH="", HEMDATA_CARDS="")

    for name, accepted in (("train", 110), ("test", len(rows) - 110)):
        told = hemdata("import", f"{name}.extxyz", "--name", name, "--energy", "E", "--level", "gfn2-xtb", "--yes")
        assert f"{accepted} accepted, 0 rejected" in told
    hemdata(
        "study", "new", "own", "--molecules", "test", "--set", "train=60", "--network", "dressed-atoms", "--seeds", "1"
    )
    assert "1 cells done" in hemdata("train-eval", "own.yaml")
    hemdata("report", "runs/own")
    page = (tmp_path / "runs" / "own" / "report.html").read_text(encoding="utf-8")
    assert "train" in page
    assert "kcal/mol" in page
