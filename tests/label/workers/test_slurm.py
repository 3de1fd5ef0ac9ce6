"""Labels in jobs of a real SLURM (`.ci/make-slurm` starts one): cancelled, killed, resumed, complete."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hemdata.shards import read, verify

SMILES = [f"{'C' * n}{end}" for n in (7, 8, 9) for end in ("O", "F")]
CARD = """
name: {name}
title: One node
about: The SLURM of the tests.
partition: {partition}
processes: 1
memory: 1 GB
walltime: "00:05:00"
maximum_jobs: 1
interface: lo
setup: [{setup}]
directives: ["--job-name={jobs}"]
"""
JOBS = f"hemdata-{os.getpid()}"


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """Environment of a SLURM that answers and has nothing to do."""
    own = Path(f"/tmp/hemdata-slurm-{os.getuid()}/slurm.conf")  # where .ci/make-slurm puts it
    found = {"SLURM_CONF": str(own)} if own.is_file() and "SLURM_CONF" not in os.environ else {}
    environment = os.environ | found | {"OMP_NUM_THREADS": "1"}
    try:
        asked = subprocess.run(
            ["sinfo", "-h", "-p", "cpu", "-o", "%t"], env=environment, capture_output=True, text=True, timeout=30
        )
    except FileNotFoundError:
        pytest.skip("no SLURM here: sinfo is not installed (.ci/make-slurm starts one)")
    except subprocess.TimeoutExpired:
        pytest.skip("no SLURM answers within 30 s")
    if asked.returncode or not asked.stdout.strip():
        pytest.skip(f"no SLURM answers: {asked.stderr.strip() or 'it has no partition cpu'}")
    yield environment
    for job in jobs(environment):
        subprocess.run(["scancel", job], env=environment, check=False)


def jobs(environment: dict[str, str]) -> list[str]:
    words = ["squeue", "-h", "-o", "%i", f"--user={os.getuid()}", f"--name={JOBS}"]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout.split()


def card(folder: Path, name: str, partition: str = "cpu", setup: str = "") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(CARD.format(name=name, partition=partition, setup=setup, jobs=JOBS))
    return path


def words(folder: Path, its_card: Path) -> list[str]:
    """The command, with a Python in a folder whose name has a space."""
    (folder / "some.smi").write_text("".join(f"{smiles}\n" for smiles in SMILES))
    (folder / "a b").symlink_to(sys.prefix)
    return [
        str(folder / "a b" / "bin" / "python"),
        "-m",
        "hemdata.cli",
        "label",
        str(folder / "some.smi"),
        "--cluster",
        str(its_card),
        "--data",
        str(folder),
        "--json",
    ]


def finished(folder: Path) -> dict[str, str]:
    """Key and provenance of what the store holds now."""
    store = folder / "labels.sqlite"
    if not store.is_file():
        return {}
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as db:
        try:
            return dict(db.execute("SELECT key, provenance FROM results"))
        except sqlite3.OperationalError:
            return {}


def until(reached: Callable[[], bool], run: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 180
    while not reached():
        assert run.poll() is None, f"the run ended too early: {run.communicate()}"
        assert time.monotonic() < deadline, "nothing came of it in three minutes"
        time.sleep(0.05)


def test_a_cancelled_job_and_a_killed_driver_lose_nothing_and_nothing_is_computed_twice(
    environment: dict[str, str], tmp_path: Path
) -> None:
    command = words(tmp_path, card(tmp_path, "one"))
    options = {"env": environment, "cwd": tmp_path, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    first = subprocess.Popen(command, **options)
    until(lambda: len(finished(tmp_path)) >= 1, first)
    cancelled = jobs(environment)
    assert len(cancelled) == 1
    subprocess.run(["scancel", *cancelled], env=environment, check=True)
    until(lambda: not set(jobs(environment)) & set(cancelled), first)  # until it is gone it may finish one more
    after_cancel = len(finished(tmp_path))
    assert after_cancel < len(SMILES)
    until(lambda: len(finished(tmp_path)) > after_cancel, first)  # another job has taken over
    first.send_signal(signal.SIGKILL)
    first.communicate()
    before = finished(tmp_path)
    assert after_cancel < len(before) < len(SMILES)
    ended = subprocess.run(command, check=True, **options)
    told = json.loads(ended.stdout)
    assert told["stored"] == len(before)
    assert told["computed"] == len(SMILES) - len(before)
    after = finished(tmp_path)
    assert all(after[key] == provenance for key, provenance in before.items())
    folder = tmp_path / "some@gfn2-xtb"
    verify(folder)
    assert read(folder)["smiles"].to_pylist() == SMILES
    assert (tmp_path / "slurm-logs").is_dir()


def test_a_partition_that_is_not_there_is_told_in_slurms_words(environment: dict[str, str], tmp_path: Path) -> None:
    command = words(tmp_path, card(tmp_path, "wrong", partition="moon"))
    got = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert got.returncode == 2
    assert "Error: SLURM does not take the jobs of this card." in got.stderr
    assert "invalid partition specified: moon" in got.stderr
    assert "Traceback" not in got.stderr


def test_jobs_that_end_before_a_worker_comes_end_the_run_with_their_last_words(
    environment: dict[str, str], tmp_path: Path
) -> None:
    broken = card(tmp_path, "broken", setup='"echo no such module >&2", "exit 1"')
    got = subprocess.run(words(tmp_path, broken), env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert got.returncode == 1
    assert "The cluster's jobs end before a worker has come." in got.stderr
    assert "no such module" in got.stderr
    assert "Traceback" not in got.stderr
    assert jobs(environment) == []
