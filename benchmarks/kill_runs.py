"""Kills `hemdata run STUDY` with SIGKILL at random moments, runs it to its end, and holds it against a run left alone.

Every file of both is compared byte by byte: built and labelled sets, rows of cells, results, report. Left out is what
tells of the run and not of the study: VOLATILE names it.

Usage: python benchmarks/kill_runs.py [STUDY] [KILLS] [--seed S] [--against FOLDER] [--folder FOLDER] [--json]
    STUDY: a study's card, by name or path (default demo); KILLS: how often (default 10)
    --against: a folder in which `hemdata run STUDY` ended undisturbed; by default that is done first
"""

import argparse
import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from fnmatch import fnmatch
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hemdata.analysis.results import Results
from hemdata.report.page.page import write_report

VOLATILE = {
    "labels.sqlite*": "when and how long each calculation ran, and SQLite's pages; the labels are compared as shards",
    "model": "checkpoints and logs of training, with times; what the models predict is compared",
    "results.json": "hashes of what the results were computed from, times among it; the results are compared",
    "report.html": "says how long the trainings took; it is drawn again without, and compared",
    "lock": "of a process that trained a cell",
    ".*": "locks and what a killed process had begun to write",
    "log.txt": "what the runs said",
}
"""Names of files and folders that are not compared, and why. Of tables the column `seconds` is left out too."""


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__.partition("Usage: ")[2])
    parser.add_argument("study", nargs="?", default="demo")
    parser.add_argument("kills", type=int, nargs="?", default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--on", default=None)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--seconds", type=float, help="of a run left alone, where --against is given")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp())
    words = [str(Path(given.study).resolve()) if Path(given.study).is_file() else given.study]
    words += ["--on", given.on] if given.on else []
    try:
        account = kills(words, given.kills, given.seed, folder, given.against, given.seconds)
    finally:
        if given.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    if given.json:
        print(json.dumps(account))
    else:
        print(
            f"{account['killed']} of {given.kills} runs killed at work, after {account['lives']} s\n"
            f"{account['files']} files compared with those of a run left alone: {len(account['differ'])} differ"
        )
        for name in account["differ"]:
            print(f"  {name}")
    return int(bool(account["differ"]) or not account["ended_well"])


def kills(words: list[str], number: int, seed: int, folder: Path, whole: Path | None, seconds: float | None) -> dict:
    """The account of so many kills and of a last run that is left alone; the same call goes on where it was stopped."""
    draw, past = random.Random(seed), folder / "lives.json"
    if whole is None:
        whole, began = folder / "whole", time.monotonic()
        ended = start(words, whole).wait()
        seconds = time.monotonic() - began
        if ended:
            raise SystemExit(f"The run that was left alone ended with exit code {ended}.")
    assert seconds is not None, "--against wants --seconds"
    lives: list[list[float]] = json.loads(past.read_text()) if past.is_file() else []
    for count in range(number):
        life = draw.uniform(0.0, 2 * seconds / (number + 1))
        if count < len(lives):
            continue
        run, killed = start(words, folder / "killed"), False
        try:
            run.wait(life)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
            killed = run.wait() == -signal.SIGKILL
        lives.append([round(life, 1), killed])
        past.write_text(json.dumps(lives))
    ended = start(words, folder / "killed").wait()
    ours, theirs = contents(folder / "killed"), contents(whole)
    differ = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    account = {"killed": sum(bool(killed) for _, killed in lives), "lives": [life for life, _ in lives]}
    return account | {"ended_well": ended == 0, "files": len(theirs), "differ": differ}


def start(words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """`hemdata run` in a folder of its own, with the words told to nobody but its log."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log.txt").open("ab") as log:
        command = [sys.executable, "-m", "hemdata.cli", "run", *words]
        run = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=os.environ | {"OMP_NUM_THREADS": "1"})
    signal.signal(signal.SIGTERM, lambda *_: (run.kill(), sys.exit(143)))
    return run


def contents(folder: Path) -> dict[str, str]:
    """A hash of every file of a run that is to be the same, and of its page without times, by name."""
    found = files(folder)
    for run in (folder / "runs").iterdir():
        drawn = page(run, folder / "data")
        found[f"{run.name}/report.html, drawn without times"] = hashlib.sha256(drawn).hexdigest()[:16]
    return found


def files(folder: Path) -> dict[str, str]:
    """A hash of every file of a run that is to be the same, by its name in the run's folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not any(fnmatch(part, each) for part in path.parts for each in VOLATILE):
            found[name] = hashlib.sha256(timeless(path)).hexdigest()[:16]
    return found


def timeless(path: Path) -> bytes:
    """A file's bytes, but for the column that tells how long a training took."""
    if path.suffix != ".parquet" or "seconds" not in pq.read_schema(path).names:
        return path.read_bytes()
    told = io.BytesIO()
    pq.write_table(without_times(path), told)
    return told.getvalue()


def without_times(path: Path) -> pa.Table:
    table = pq.read_table(path)
    at = table.schema.get_field_index("seconds")
    return table.set_column(at, table.schema.field(at), pa.array([0.0] * table.num_rows))


def page(run: Path, data: Path) -> bytes:
    """The report of a run drawn anew from its rows, with all training times nought."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / run.name
        shutil.copytree(run, copy, ignore=shutil.ignore_patterns("model", "results", "report.html"))
        for path in copy.rglob("cell.parquet"):
            pq.write_table(without_times(path), path)
        write_report(Results.of(copy, data=data), copy / "report.html")
        return (copy / "report.html").read_bytes()


if __name__ == "__main__":
    sys.exit(main())
