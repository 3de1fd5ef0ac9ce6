"""Ctrl-C: a sentence, exit code 130, nothing half-written, nothing finished lost."""

import json
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
        # A shell starts its background jobs, this test run perhaps among them, with SIGINT ignored; that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 900  # two processes that import torch on a busy machine
    while not ready():
        assert run.poll() is None, run.stderr.read() if run.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)
    _, told = run.communicate(timeout=900)
    return run.returncode, told


def test_a_build_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "qm9"
    code, told = interrupted(lambda: any(tmp_path.iterdir()), "build", "qm9", "--out", str(out))
    assert code == 130
    assert "run the same command again" in told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_a_labelling_that_is_stopped_keeps_what_was_finished(tmp_path: Path) -> None:
    (tmp_path / "mine.smi").write_text("".join(f"{'C' * n}{end}\n" for n in range(1, 21) for end in "OF"))
    store = tmp_path / "labels.sqlite"

    def begun() -> bool:
        wal = store.with_name(store.name + "-wal")
        return wal.is_file() and wal.stat().st_size > 30_000

    code, told = interrupted(begun, "label", str(tmp_path / "mine.smi"), "--data", str(tmp_path), "--workers", "1")
    assert code == 130
    assert "What was finished is kept" in told
    assert not (tmp_path / "mine@gfn2-xtb").exists()
    from hemdata.label.store.database import LabelStore

    with LabelStore(store) as kept:
        assert 0 < len(kept) < 40


def test_a_training_that_is_stopped_ends_at_once_and_keeps_its_checkpoint(labelled: Path, tmp_path: Path) -> None:
    card = {
        "name": "long",
        "title": "Long",
        "question": "How long?",
        "level": "gfn2-xtb",
        "sets": {"neuro": {"dataset": "neuro", "molecules": 30}},
        "groups": ["explosives"],
        "networks": [{"network": "painn", "epochs": 100_000}],
        "seeds": [0, 1],
    }
    (tmp_path / "long.yaml").write_text(json.dumps(card))
    words = ["train-eval", str(tmp_path / "long.yaml"), "--data", str(labelled), "--out", str(tmp_path / "run")]
    words += ["--workers", "1"]

    def under_way() -> bool:
        return any(tmp_path.rglob("last.ckpt"))

    code, told = interrupted(under_way, *words)
    assert code == 130
    assert "Traceback" not in told
    (checkpoint,) = tmp_path.rglob("last.ckpt")
    assert not list(tmp_path.rglob("cell.parquet"))
    assert len(list((tmp_path / "run" / "cells").iterdir())) == 1, "the next cell was begun"
    # Killed with no chance to end them, the driver leaves no worker training on behind its back.
    driver = subprocess.Popen([sys.executable, "-m", "hemdata.cli", *words], stderr=subprocess.DEVNULL)

    def epochs_written_since(seconds: float) -> bool:
        before = checkpoint.stat().st_mtime_ns
        time.sleep(seconds)
        return checkpoint.stat().st_mtime_ns != before

    while not epochs_written_since(0.2):
        assert driver.poll() is None
    driver.kill()
    driver.wait()
    time.sleep(0.5)
    assert not epochs_written_since(1.5)
