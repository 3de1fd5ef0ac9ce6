"""Where a labelling run computes: this machine's cores, a running Dask cluster, or jobs of a SLURM cluster."""

import logging
import platform
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from hemdata.catalog import ClusterCard, cluster_card
from hemdata.errors import CallError, DataError
from hemdata.label.workers.slurm import Jobs, interface_there, tried
from hemdata.label.workers.where import EVERY_CORE, Where
from hemdata.processes import THREADS, cores, interrupts_held, script_run_once

CONNECT_SECONDS = 10.0
WITHOUT_WORKERS_SECONDS = 60.0
MEMORY_SHARE = 0.8
"""Of this machine's memory, for calculations."""
LOST_WORKERS_ALLOWED = 3
"""Workers end for reasons of their own (walltime, preemption); a molecule's own crash does not end its worker."""

SELDOM = {
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "1s",
}
"""What Dask's processes look at beside their work; at its defaults, many times a second, a tenth of two cores."""


@dataclass
class Cluster:
    """A Dask cluster that is ready.

    Attributes:
        client: Dask's.
        address: of the scheduler.
        memory_gb: for all calculations together, where they share one machine that is this one.
        engine_gb: what one calculation may plan with.
        most_workers: that there may be, where more may come.
        patience: seconds without any worker after which it is given up; None where jobs may queue for long.
        trouble: the error that there is no sense in going on with it, if there is one.
    """

    client: Any
    address: str
    memory_gb: float | None = None
    engine_gb: float | None = None
    most_workers: int = 0
    patience: float | None = WITHOUT_WORKERS_SECONDS
    trouble: Callable[[], DataError | None] = lambda: None

    @property
    def dashboard(self) -> str | None:
        """The address of Dask's page, where bokeh is there to draw it."""
        return str(self.client.dashboard_link) if find_spec("bokeh") else None

    @property
    def workers(self) -> int:
        """Threads that compute now.

        Raises:
            DataError: if the scheduler is gone, or its jobs come to nothing.
        """
        if trouble := self.trouble():
            raise trouble
        if self.client.status != "running":
            raise self.gone()
        try:
            info = self.client.scheduler_info(n_workers=-1)
        except (OSError, TypeError, AttributeError):  # Dask's client once its connection has ended
            raise self.gone() from None
        return sum(its["nthreads"] for its in info["workers"].values())

    def gone(self) -> DataError:
        """The error of a scheduler that does not answer any more."""
        return DataError(
            "The Dask cluster is gone.",
            where=self.address,
            got="its scheduler does not answer any more",
            fix="Start it again and run the same command: what was finished is kept, and the run goes on from there.",
        )

    def deserted(self, seconds: float) -> DataError:
        """The error of a scheduler that has had no workers for some time."""
        return DataError(
            "The Dask cluster has no workers.",
            where=self.address,
            got=f"none for {seconds:.0f} s",
            fix=f"Start some (dask worker {self.address} --nthreads 1) and run the same command: what was finished is "
            "kept.",
        )


def opened(tasks: int, where: Where = EVERY_CORE) -> AbstractContextManager[Cluster]:
    """A cluster for a number of tasks: of processes here, behind a scheduler's address, or a card's jobs.

    Raises:
        CallError: if the scheduler does not answer.
    """
    if where.scheduler is not None:
        return _joined(where.scheduler)
    if where.cluster is not None:
        return _jobs(cluster_card(where.cluster))
    return _local(min(where.workers or cores(), tasks), where.memory_gb)


def versions() -> dict[str, str]:
    """What must be the same in driver and workers."""
    names = ("hemdata", "distributed", "rdkit", "tblite", "pyscf")
    return {"Python": ".".join(map(str, sys.version_info[:2]))} | {name: version(name) for name in names}


@contextmanager
def _local(workers: int, memory_gb: float | None) -> Iterator[Cluster]:
    import dask
    from distributed import Client, LocalCluster, Nanny
    from distributed.system import MEMORY_LIMIT

    class WithoutPage(Nanny):  # type: ignore[misc]
        """Workers' own pages, by bokeh, would double the time that they take to start."""

        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named | {"dashboard": False})

    settings = _settings() | {"distributed.nanny.pre-spawn-environ": dict.fromkeys(THREADS, "1")}
    with dask.config.set(_defaults()), dask.config.set(settings), script_run_once():
        with interrupts_held():
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                worker_class=WithoutPage,
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
        with cluster, Client(cluster) as client:
            memory = MEMORY_LIMIT / 1e9 * MEMORY_SHARE if memory_gb is None else memory_gb
            yield Cluster(client, cluster.scheduler_address, memory, memory, workers)


@contextmanager
def _joined(address: str) -> Iterator[Cluster]:
    from distributed import Client
    from distributed.comm.addressing import parse_host_port

    try:
        host, port = parse_host_port(address.removeprefix("tcp://"), 8786)
        socket.create_connection((host, port), CONNECT_SECONDS).close()  # a Client that finds nobody dies noisily
        with _quiet():
            client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise CallError(
            "No Dask scheduler answers.",
            where=address,
            expected="the address that `dask scheduler` prints, such as tcp://10.0.0.1:8786",
            got=str(error) or type(error).__name__,
            fix="Start the scheduler, correct the address, or compute here (--on 4).",
        ) from None
    with _quiet(), client:
        found = client.run(versions, on_error="return")
        for worker, theirs in sorted(found.items()):
            if theirs != versions():
                raise _other_versions(worker, theirs)
        found = client.scheduler_info(n_workers=-1)["workers"].values()
        shares = [its["memory_limit"] / its["nthreads"] for its in found if its["memory_limit"]]
        yield Cluster(client, address, engine_gb=min(shares) / 1e9 * MEMORY_SHARE if shares else None)


def _other_versions(worker: str, theirs: Any) -> CallError:
    ours = versions()
    if isinstance(theirs, dict):
        apart = [name for name in ours if theirs.get(name) != ours[name]]
        got = ", ".join(f"{name} {theirs.get(name, 'not installed')}" for name in apart)
        expected = ", ".join(f"{name} {ours[name]}" for name in apart)
    else:
        got, expected = f"{type(theirs).__name__}: {theirs}", f"hemdata {ours['hemdata']}, installed"
    return CallError(
        "A worker of the cluster has other versions than this run.",
        where=f"{worker}, beside {platform.node()}",
        expected=expected,
        got=got,
        fix="Install the same versions there, and start its workers again.",
    )


def slurm_cluster() -> Any:
    """dask-jobqueue's class, with Ctrl-C left as it is: its import would take it, and fails in any but the main thread.

    So whoever opens clusters in other threads calls this first.
    """
    before = signal.getsignal(signal.SIGINT)
    from dask_jobqueue.slurm import SLURMCluster

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, before)
    return SLURMCluster


@contextmanager
def _jobs(card: ClusterCard) -> Iterator[Cluster]:
    import dask
    from distributed import Client

    interface_there(card)
    # A job's workers retire before it ends, each at its own time; what they have not finished others do.
    margin = min(300, card.walltime_seconds // 10)
    lifetime = ["--lifetime", f"{card.walltime_seconds - margin}s", "--lifetime-stagger", f"{margin // 2}s"]
    seldom = {f"DASK_{key.replace('.', '__').replace('-', '_').upper()}": value for key, value in SELDOM.items()}
    environment: dict[str, object] = dict.fromkeys(THREADS, 1) | seldom
    with dask.config.set(_settings() | {"distributed.scheduler.unknown-task-duration": "60s"}):
        with interrupts_held():
            cluster: Any = slurm_cluster()(
                job_name="hemdata",
                queue=card.partition,
                account=card.account,
                cores=card.processes,
                processes=card.processes,
                memory=card.memory,
                walltime=card.walltime,
                interface=card.interface,
                job_script_prologue=[f"export {name}={value}" for name, value in environment.items()] + card.setup,
                job_extra_directives=card.directives,
                worker_extra_args=["--no-dashboard", *lifetime],
                python=card.python or shlex.quote(sys.executable),
                log_directory=card.logs,
                scheduler_options={"dashboard_address": ":0"},
                silence_logs=logging.CRITICAL,
            )
        with cluster, Client(cluster) as client, _quiet():
            tried(cluster.job_script(), card)
            jobs = Jobs(cluster, card.logs)
            with jobs.looked_after():
                cluster.adapt(
                    minimum_jobs=card.minimum_jobs,
                    maximum_jobs=card.maximum_jobs,
                    target_duration="100ms",
                    interval="1s",
                    wait_count=30,
                )
                engine = dask.utils.parse_bytes(card.memory) / card.processes / 1e9 * MEMORY_SHARE
                most = card.maximum_jobs * card.processes
                yield Cluster(client, cluster.scheduler_address, None, engine, most, None, jobs.trouble)


def _defaults() -> dict[str, Any]:
    """Dask's own defaults in place of a user's settings, which are for clusters; the place of scratch files stays."""
    import dask

    scratch = "temporary-directory"
    return {**dask.config.merge(*dask.config.defaults), scratch: dask.config.get(scratch, None)}


def _settings() -> dict[str, Any]:
    return SELDOM | {"distributed.scheduler.allowed-failures": LOST_WORKERS_ALLOWED}


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask's own log lines about a lost connection, said in a sentence elsewhere."""
    log = logging.getLogger("distributed")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
