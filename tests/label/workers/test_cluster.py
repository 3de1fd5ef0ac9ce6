"""Labels on workers that are joined by address: killed, resumed, complete; and limits of time that end a molecule."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import hemdata

from hemdata.shards import read

SMILES = ["C", "CC", "CO", "CN", "C=O", "C#N", "CCO", "CF", "O", "N", "NN", "OO", "CC=O", "CC#N", "COC", "C=C"]
HEMDATA = [sys.executable, "-c", "from hemdata.cli import main; main()"]
ONE_THREAD = os.environ | {"OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler and two workers of one thread as processes of their own; yields address and workers."""
    folder = tmp_path_factory.mktemp("dask")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    dask = [sys.executable, "-m", "dask"]
    port = address.rsplit(":", 1)[1]
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": ONE_THREAD}
    started = [subprocess.Popen([*dask, "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"], **quiet)]
    worker = [*dask, "worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    started += [subprocess.Popen(worker, **quiet) for _ in range(2)]
    yield address, started[1:]
    for process in started:
        process.kill()
        process.wait()


def label(folder: Path, *words: str) -> list[str]:
    (folder / "some.smi").write_text("".join(f"{smiles}\n" for smiles in SMILES))
    return [*HEMDATA, "label", str(folder / "some.smi"), "--data", str(folder / "data"), *words]


def test_a_run_over_joined_workers_survives_the_death_of_a_worker_and_of_the_driver(
    scheduler: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    address, workers = scheduler
    driver = subprocess.Popen(
        label(tmp_path, "--scheduler", address), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ONE_THREAD
    )
    store = tmp_path / "data" / "labels.sqlite"
    until = time.monotonic() + 900
    while not (store.with_name("labels.sqlite-wal").is_file() and _finished(store)) and time.monotonic() < until:
        time.sleep(0.05)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    before = _finished(store)
    assert before > 0
    again = subprocess.Popen(
        label(tmp_path, "--scheduler", address, "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ONE_THREAD,
    )
    workers[0].kill()
    told, _ = again.communicate(timeout=900)
    told = json.loads(told)
    assert again.returncode == 0
    assert told["accepted"] == len(SMILES)
    assert told["stored"] >= before, "what was finished is not computed again"
    assert told["stored"] + told["computed"] == len(SMILES)
    assert read(tmp_path / "data" / "some@gfn2-xtb").num_rows == len(SMILES)


def test_no_scheduler_at_the_address_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "some.smi").write_text("C\n")
    got = hemdata("label", tmp_path / "some.smi", "--data", tmp_path / "data", "--scheduler", "nonsense")
    assert got.returncode == 2
    assert got.stderr.startswith("Error: ")
    assert "Traceback" not in got.stderr


def test_a_molecule_beyond_its_time_fails_with_the_reason_and_is_tried_again_when_asked(tmp_path: Path) -> None:
    (tmp_path / "long.smi").write_text("CCCCCCCCCCC\nC\n")
    words = ["label", tmp_path / "long.smi", "--data", tmp_path / "data", "--json"]
    short = json.loads(hemdata(*words, "--workers", "1", "--time-limit", "20ms").stdout)
    assert short["accepted"] < 2
    assert any("second" in reason or "time" in reason.lower() for reason in short["rejected"])
    kept = json.loads(hemdata(*words, "--on", "0").stdout)
    assert kept["accepted"] == short["accepted"], "a failed molecule is computed again only when asked"
    again = json.loads(hemdata(*words, "--on", "0", "--retry", "failed").stdout)
    assert again["accepted"] == 2


def _finished(store: Path) -> int:
    import sqlite3

    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as db:
        try:
            return int(db.execute("SELECT count(*) FROM results").fetchone()[0])
        except sqlite3.OperationalError:
            return 0
