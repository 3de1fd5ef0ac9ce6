"""The wheel, installed alone in a clean environment, finds its cards from any folder and needs no torch."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def uv() -> str | None:
    private = ROOT / ".uv" / "bin" / "uv"
    return shutil.which("uv") or (str(private) if private.is_file() else None)


@pytest.mark.skipif(uv() is None, reason="uv, which `make env` brings, is not here")
def test_an_installed_hemdata_works_from_any_folder_without_torch(tmp_path: Path) -> None:
    tool = str(uv())

    def run(*words: str) -> str:
        ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=400)
        assert ended.returncode == 0, ended.stderr[-2000:]
        return ended.stdout

    run(tool, "build", "--wheel", "-q", "--python", sys.executable, "--out-dir", str(tmp_path), str(ROOT))
    wheel = next(tmp_path.glob("hemdata-*.whl"))
    assert "hemdata/py.typed" in zipfile.ZipFile(wheel).namelist()
    run(tool, "venv", "-q", "--python", sys.executable, "clean")
    python = tmp_path / "clean" / "bin" / "python"
    # Versions as locked; what the lock holds for the networks alone is not asked for.
    locked = ["--constraint", str(ROOT / "requirements.lock")]
    run(tool, "pip", "install", "-q", "--python", str(python), *locked, str(wheel))
    told = json.loads(run(str(python.parent / "hemdata"), "list", "--json"))
    assert {"qm9", "pc9", "test-groups"} <= {entry["name"] for entry in told["dataset"]}
    run(str(python.parent / "hemdata"), "build", "azoxy", "--out", "azoxy")
    run(str(python.parent / "hemdata"), "verify", "azoxy")
    door = "import hemdata as hd; print(len(hd.Set.open('azoxy', '.')), hd.Set.open('test-groups@pc9', '.').level)"
    assert run(str(python), "-c", door).split() == ["45", "pc9"]
    found = run(str(python), "-c", "import importlib.util as u; print(u.find_spec('torch'))")
    assert found.strip() == "None"
