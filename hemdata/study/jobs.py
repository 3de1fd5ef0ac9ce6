"""A study's cells as jobs of a SLURM cluster: one array of jobs, one cell a job."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hemdata.catalog import ClusterCard
from hemdata.errors import CallError
from hemdata.files import write_whole
from hemdata.processes import THREADS

SCRIPT = "jobs.sbatch"
_BYTES = {"MB": 10**6, "GB": 10**9, "MiB": 2**20, "GiB": 2**30}


def job_script(
    card: ClusterCard, cells: Sequence[str], *, study: str, study_name: str, data: Path, out: Path, device: str = "auto"
) -> str:
    """The script that sbatch takes: an array of as many jobs as cells, `maximum_jobs` of them at a time.

    A job is given what one worker of the card has: a core, and its share of the memory. It stops in order before its
    walltime is over; the same call submits what is left.

    Args:
        card: of the cluster.
        cells: names of cells.
        study: the study's card, by path or name.
        study_name: in the jobs' names.
        data, out: folders, which the nodes see under the same paths.
    """
    margin = min(300, card.walltime_seconds // 10)
    size = float(card.memory.rstrip("MGiB ")) * _BYTES[card.memory.lstrip("0123456789. ")] / card.processes
    asked = {
        "job-name": f"hemdata-{study_name}",
        "array": f"0-{len(cells) - 1}%{card.maximum_jobs}",
        "partition": card.partition,
        "account": card.account,
        "ntasks": 1,
        "cpus-per-task": 1,
        "mem": f"{-(-size // 2**20):.0f}M",
        "time": card.walltime,
        "output": f"{Path(card.logs).resolve()}/%x-%A_%a.out",
    }
    command = [
        card.python or sys.executable, "-m", "hemdata.cli", "train-eval", study, "--data", str(data.resolve()),
        "--out", str(out.resolve()), "--device", device, "--workers", "1",
        "--max-time", f"{card.walltime_seconds - margin}s", "--cells",
    ]  # fmt: skip
    lines = [
        "#!/bin/bash",
        *(f"#SBATCH --{key}={value}" for key, value in asked.items() if value is not None),
        *(f"#SBATCH {line}" for line in card.directives),
        *(f"export {name}=1" for name in THREADS),
        *card.setup,
        f"cells=({' '.join(shlex.quote(name) for name in cells)})",
        f'exec {shlex.join(command)} "${{cells[$SLURM_ARRAY_TASK_ID]}}"',
    ]
    return "\n".join(lines) + "\n"


def submit(script: str, card: ClusterCard, out: Path) -> str:
    """Hand a script to SLURM and return the job's number; the script stays in the study's folder.

    Raises:
        CallError: if there is no SLURM here, or it does not take the job.
    """
    if shutil.which("sbatch") is None:
        raise CallError(
            "There is no SLURM here.",
            where="sbatch",
            expected="SLURM's commands on PATH",
            fix="Run this on the cluster's login node, or leave --submit out.",
        )
    Path(card.logs).mkdir(parents=True, exist_ok=True)  # SLURM drops the output of a job whose folder is not there
    path = out / SCRIPT
    write_whole(path, script)
    said = subprocess.run(["sbatch", "--parsable", str(path)], capture_output=True, text=True, check=False)
    if said.returncode:
        raise CallError(
            "SLURM does not take the jobs of this card.",
            where=f"cluster '{card.name}', {path}",
            got="; ".join(line.removeprefix("sbatch: error: ").strip() for line in said.stderr.strip().splitlines()),
            fix="Correct the card: `sinfo -s` lists partitions and their limits.",
        )
    return said.stdout.strip().partition(";")[0]
