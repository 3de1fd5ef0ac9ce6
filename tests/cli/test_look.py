"""Looking at data from the command line: what is told, what is written, which calls are refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_commands import hemdata

from hemdata.curate.build import build


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("look")
    build("azoxy", out=folder / "azoxy")
    return folder


def test_info_tells_what_a_built_set_holds_in_a_narrow_terminal(data: Path) -> None:
    held = json.loads(hemdata("info", "azoxy", "--data", str(data), "--json").stdout)["holds"]
    words = [
        sys.executable,
        "-m",
        "hemdata.cli",
        "info",
        "azoxy",
        "--data",
        str(data),
    ]  # the width is read once a process
    narrow = os.environ | {"COLUMNS": "40", "TERM": "dumb"}
    told = subprocess.run(words, env=narrow, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    bars = told[told.index("elements (molecules)") :].splitlines()
    assert all(len(line) <= 40 for line in bars)
    assert held["sampled"] == held["molecules"] == 45
    assert held["functional_groups"]["azoxy"] == 42  # in BTDO, FTDO and TTTO it is part of an aromatic ring: an N-oxide
    assert json.loads(hemdata("info", "od9-1", "--json").stdout)["kind"] == "set"


def test_show_prints_writes_and_refuses(data: Path, tmp_path: Path) -> None:
    from hemdata.shards import read

    id = read(data / "azoxy", ["id"])["id"][0].as_py()
    told = hemdata("show", id, "--data", str(data), "--svg", str(tmp_path / "a.svg"))
    assert told.returncode == 0
    assert "inchikey" in told.stdout
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<svg xmlns=")
    no_geometry = hemdata("show", id, "--data", str(data), "--xyz", str(tmp_path / "a.xyz"))
    assert no_geometry.returncode == 2
    assert "no geometry" in no_geometry.stderr
    assert not (tmp_path / "a.xyz").exists()
    unknown = hemdata("show", f"{id}x", "--data", str(data))
    assert unknown.returncode == 2
    assert id in unknown.stderr


def test_browse_writes_one_page(data: Path, tmp_path: Path) -> None:
    page = tmp_path / "azoxy.html"
    assert hemdata("browse", "azoxy", "--data", str(data), "--out", str(page)).returncode == 0
    assert "<h1>azoxy</h1>" in page.read_text(encoding="utf-8")
    assert hemdata("browse", "nowhere", "--data", str(data)).returncode == 2
