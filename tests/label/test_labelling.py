"""A whole labelling run: every molecule asked for is labelled or counted, a killed run goes on where it was."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import hemdata

from hemdata.errors import DataError
from hemdata.label.dataset import label_dataset
from hemdata.label.workers import flow
from hemdata.shards import read, rejected, verify

# More molecules than the scheduler holds at once, one asked twice, one that cannot be embedded as asked.
SMILES = [f"{'C' * n}{end}" for n in range(1, 9) for end in ("O", "N", "F", "C#N", "C=O")]


def smiles_file(folder: Path, lines: list[str]) -> Path:
    path = folder / "mine.smi"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_every_molecule_is_labelled_or_counted_and_a_second_run_computes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "TASKS_A_WORKER", 8)
    path = smiles_file(tmp_path, [*SMILES, "OC", "C.C"])
    first = label_dataset(path, data=tmp_path, workers=2)
    assert first.outcome.computed == len(SMILES) + 1  # CO and OC are one molecule, computed once
    assert first.manifest.counts.accepted == len(SMILES) + 1
    assert first.manifest.counts.rejected == {"The SMILES has more than one fragment.": 1}
    verify(first.folder)
    table = read(first.folder)
    energies = dict(zip(table["smiles"].to_pylist(), table["energy_hartree"].to_pylist(), strict=True))
    assert energies["CO"] == energies["OC"]
    assert set(table["level"].to_pylist()) == {"gfn2-xtb"}
    assert rejected(first.folder)["where"].to_pylist() == [f"mine:{len(SMILES) + 2}"]
    manifest = (first.folder / "manifest.json").read_bytes()
    again = label_dataset(path, data=tmp_path, workers=2)
    assert again.outcome.computed == 0
    assert (again.folder / "manifest.json").read_bytes() == manifest


def test_what_is_told_of_equal_molecules_adds_up(tmp_path: Path) -> None:
    """Two equal SMILES are computed once, and each fails where the other does."""
    path = smiles_file(tmp_path, ["CO a", "OC b", "CO c", "O water", "[NH3+]CC(=O)[O-] d", "[NH3+]CC(=O)[O-] e"])
    for computed, stored in ((3, 0), (0, 3)):
        done = hemdata("label", path, "--data", tmp_path, "--on", "0")
        assert f"4 molecules labelled at gfn2-xtb ({computed} computed, {stored} from the store" in done.stdout
        assert "3 the same as another), 2 failed." in done.stdout
    (tmp_path / "mine.smi").write_text("CO a\nO water\n")
    done = hemdata("label", path, "--data", tmp_path, "--on", "0", "--force")
    assert "2 molecules labelled at gfn2-xtb (0 computed, 2 from the store), 0 failed." in done.stdout
    told = json.loads(hemdata("label", path, "--data", tmp_path, "--on", "0", "--json").stdout)
    assert (told["accepted"], told["computed"], told["stored"], told["repeated"]) == (2, 0, 2, 0)


def test_an_export_of_what_there_is_is_refused_where_there_is_nothing(tmp_path: Path) -> None:
    label_dataset(smiles_file(tmp_path, ["O", "C"]), data=tmp_path, workers=0)
    some = smiles_file(tmp_path, ["O", "C", "CC"])
    assert label_dataset(some, data=tmp_path, out=tmp_path / "some", missing="reject").manifest.counts.accepted == 2
    for other in ({"level_name": "gfn1-xtb"}, {"geometry": "gfn1-xtb"}):
        with pytest.raises(DataError, match="nothing to export") as refused:
            label_dataset(some, data=tmp_path, out=tmp_path / "none", missing="reject", **other)
        assert "3 of 3 missing" in str(refused.value)
    assert not (tmp_path / "none").exists()


def test_a_run_killed_with_sigkill_keeps_what_was_finished_and_ends_complete(tmp_path: Path) -> None:
    path = smiles_file(tmp_path, SMILES)
    command = [sys.executable, "-m", "hemdata.cli", "label", str(path), "--data", str(tmp_path), "--workers", "1"]
    run = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    store = tmp_path / "labels.sqlite"

    def finished() -> dict[str, str]:
        if not store.is_file():
            return {}
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'results'").fetchone():
                return {}
            return dict(db.execute("SELECT key, provenance FROM results"))

    deadline = time.monotonic() + 900
    while len(finished()) < 5:
        assert run.poll() is None, "the run ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    before = finished()
    assert 5 <= len(before) < len(SMILES)
    assert not (tmp_path / "mine@gfn2-xtb").exists()
    done = label_dataset(path, data=tmp_path, workers=0)
    assert done.outcome.stored == len(before)
    assert done.outcome.computed == len(SMILES) - len(before)
    after = finished()
    assert all(after[key] == provenance for key, provenance in before.items())  # nothing was computed twice
    verify(done.folder)
