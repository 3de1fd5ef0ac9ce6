"""Jobs of a SLURM cluster that hold Dask workers: asked for, looked after, and asked for again when one has ended."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hemdata.catalog import ClusterCard
from hemdata.errors import CallError, DataError

LOOK_SECONDS = 1.0
WAITING_SECONDS = 60.0
"""At most, between two questions to SLURM about jobs that have no workers yet: they may queue for days."""
ENDS_ALLOWED = 2
"""Jobs in a row that end before a worker of theirs has come."""
LOG_LINES = 5


def interface_there(card: ClusterCard) -> None:
    """Look whether this machine has the card's network interface.

    Raises:
        CallError: if not.
    """
    there = sorted(name for _, name in socket.if_nameindex())
    if card.interface is not None and card.interface not in there:
        raise CallError(
            "This machine has no such network interface.",
            where=f"cluster '{card.name}', interface",
            expected=f"one of {', '.join(there)}",
            got=card.interface,
            fix="Give the one on which the nodes reach this machine (`ip -brief address`).",
        )


def tried(script: str, card: ClusterCard) -> None:
    """Ask SLURM whether it would take a job.

    Raises:
        CallError: if it would not, or there is no SLURM here.
    """
    if shutil.which("sbatch") is None:
        raise CallError(
            "There is no SLURM here.",
            where="sbatch",
            expected="SLURM's commands on PATH",
            fix="Run this on the cluster's login node, or leave --on out.",
        )
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        said = subprocess.run(["sbatch", "--test-only", file.name], capture_output=True, text=True, check=False)
    if said.returncode:
        raise CallError(
            "SLURM does not take the jobs of this card.",
            where=f"cluster '{card.name}'",
            got="; ".join(line.removeprefix("sbatch: error: ").strip() for line in said.stderr.strip().splitlines()),
            fix="Correct the card: `sinfo -s` lists partitions and their limits, "
            "`sacctmgr show associations user=$USER` accounts.",
        )


class Jobs:
    """The jobs of one cluster, looked at every few seconds.

    Dask asks for as many workers as there is work for, but takes a job that has ended for one that is still to come.
    Here SLURM is asked, and what it does not know any more is forgotten, so that Dask asks for another.

    Args:
        cluster: dask-jobqueue's.
        logs: folder of the jobs' output.
    """

    def __init__(self, cluster: Any, logs: str) -> None:
        self._cluster, self._logs = cluster, logs
        self._joined: set[str] = set()
        self._asked, self._wait = 0.0, LOOK_SECONDS
        self._ended_at_once: list[str] = []

    @contextmanager
    def looked_after(self) -> Iterator[None]:
        """Look after them while the block runs."""
        looking = asyncio.run_coroutine_threadsafe(self._look_for_ever(), self._cluster.loop.asyncio_loop)
        try:
            yield
        finally:
            looking.cancel()

    def trouble(self) -> DataError | None:
        """Why it makes no sense to go on, if so: one job after another ends before a worker has come."""
        if len(self._ended_at_once) <= ENDS_ALLOWED:
            return None
        return DataError(
            "The cluster's jobs end before a worker has come.",
            where=f"jobs {', '.join(self._ended_at_once)}",
            expected=f"Dask workers that reach the scheduler at {self._cluster.scheduler_address}",
            got=self._last_words() or f"nothing in {self._logs}",
            fix="Look into the log. A node needs this Python (`python:`, `setup:`), and a network on which it reaches "
            "this machine (`interface:`). What was finished is kept.",
        )

    async def _look_for_ever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._look()

    async def _look(self) -> None:
        """Everything here runs in the cluster's own event loop, between two of its steps."""
        jobs = self._cluster.workers
        here = {name for name in jobs if self._has_workers(name)}
        lost = self._joined & jobs.keys() - here
        if here - self._joined:
            self._ended_at_once.clear()
        self._joined |= here
        now = asyncio.get_running_loop().time()
        if jobs.keys() == here or (not lost and now - self._asked < self._wait):
            return
        known = await _known_to_slurm()
        self._asked, self._wait = now, min(2 * self._wait, WAITING_SECONDS)
        if known is not None:
            for name in jobs.keys() - here:
                if jobs[name].job_id not in known:
                    self._forget(name, jobs[name])
                    self._wait = LOOK_SECONDS

    def _has_workers(self, name: str) -> bool:
        """A job's only worker has its name; several have it with a number behind."""
        names = [str(worker.name) for worker in self._cluster.scheduler.workers.values()]
        return any(its == name or its.startswith(f"{name}-") for its in names)

    def _forget(self, name: str, job: Any) -> None:
        del self._cluster.workers[name]
        self._cluster.worker_spec.pop(name, None)
        if name in self._joined:
            self._joined.remove(name)
        else:
            self._ended_at_once.append(str(job.job_id or "refused"))

    def _last_words(self) -> str:
        number = self._ended_at_once[-1]
        logs = sorted(Path(self._logs).glob(f"*-{number}.err"))
        lines = [line for log in logs for line in log.read_text(errors="replace").splitlines() if line.strip()]
        return "\n    ".join(["", *lines[-LOG_LINES:]]) if lines else ""


async def _known_to_slurm() -> set[str] | None:
    """The numbers of this user's jobs that wait, run or end just now; None where SLURM does not answer."""
    words = ("--noheader", "--format=%i", f"--user={os.getuid()}")
    asked = await asyncio.create_subprocess_exec(
        "squeue", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    told, _ = await asked.communicate()
    return None if asked.returncode else set(told.decode().split())
