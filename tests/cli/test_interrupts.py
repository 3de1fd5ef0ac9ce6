"""Ctrl-C: a sentence, exit code 130, nothing half-written, nothing finished lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path


def interrupted(ready: Callable[[], bool], *words: str) -> tuple[int, str]:
    """Run hemdata in a process group of its own, send the group SIGINT as a terminal does once `ready`."""
    run = subprocess.Popen(
        [sys.executable, "-m", "hemdata.cli", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 90
    while not ready():
        assert run.poll() is None, run.stderr.read() if run.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)
    _, told = run.communicate(timeout=60)
    return run.returncode, told


def test_a_build_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "qm9"
    code, told = interrupted(lambda: any(tmp_path.iterdir()), "build", "qm9", "--out", str(out))
    assert code == 130
    assert "run the same command again" in told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_a_labelling_that_is_stopped_keeps_what_was_finished(tmp_path: Path) -> None:
    (tmp_path / "mine.smi").write_text("".join(f"{'C' * n}O\n" for n in range(1, 40)))
    store = tmp_path / "labels.sqlite"

    def begun() -> bool:
        wal = store.with_name(store.name + "-wal")
        return wal.is_file() and wal.stat().st_size > 30_000

    code, told = interrupted(begun, "label", str(tmp_path / "mine.smi"), "--data", str(tmp_path), "--workers", "1")
    assert code == 130
    assert "What was finished is kept" in told
    assert not (tmp_path / "mine@gfn2-xtb").exists()
    from hemdata.label import LabelStore

    with LabelStore(store) as kept:
        assert 0 < len(kept) < 39
