"""Labels molecules on Dask workers: each finished result is stored at once, a stopped run goes on where it was."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from hemdata.curate import THREADS, cores, interrupts_held
from hemdata.label.asked import Asked
from hemdata.label.calculation import Calculation, Result, calculate, calculation_for
from hemdata.label.store import LabelStore
from hemdata.levels import Level

TASKS_A_WORKER = 8
WORKER_DEATHS_ALLOWED = 1


@dataclass
class Outcome:
    """What a run did.

    Attributes:
        keys: the calculation's key for each asked molecule, in their order.
        computed: calculations done in this run; `failed` of all asked; `stored` were finished before.
    """

    keys: list[str]
    computed: int = 0
    stored: int = 0
    failed: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


def label(
    molecules: Sequence[Asked],
    its_level: Level,
    store: LabelStore,
    *,
    workers: int | None = None,
    retry_failed: bool = False,
    progress: Callable[[Result | None, int], None] | None = None,
) -> Outcome:
    """Compute what the store does not hold yet for these molecules at one level.

    Args:
        molecules: what is asked; the same molecule asked twice is computed once.
        workers: worker processes of one thread each; by default one a core.
        retry_failed: compute failed molecules again; else they keep their reason.
        progress: called with each new result, or with None and the number found in the store.
    """
    calculations = [_task(molecule, its_level) for molecule in molecules]
    keys = [task.key for task in calculations]
    tasks = dict(zip(keys, calculations, strict=True))
    outcome = Outcome(keys)
    known = store.known(tasks)
    finished = {key for key, good in known.items() if good or not retry_failed}
    outcome.stored = len(finished)
    if progress and finished:
        progress(None, len(finished))
    size = {key: m.n_heavy for key, m in zip(keys, molecules, strict=True)}
    waiting = sorted((t for k, t in tasks.items() if k not in finished), key=lambda t: (-size[t.key], t.key))
    if waiting:
        with _cluster(min(workers or cores(), len(waiting))) as client:
            for result in _results(client, waiting):
                store.put(result)
                outcome.computed += 1
                if progress:
                    progress(result, 1)
    for result in store.get(tasks):
        if result.reason is not None:
            outcome.failed += 1
            first = result.reason.splitlines()[0]
            outcome.reasons[first] = outcome.reasons.get(first, 0) + 1
    return outcome


def _task(molecule: Asked, its_level: Level) -> Calculation:
    return calculation_for(
        its_level,
        molecule.canonical_smiles,
        molecule.charge,
        molecule.multiplicity,
        molecule.atomic_numbers,
        molecule.positions,
    )


@contextmanager
def _cluster(workers: int) -> Iterator[Any]:
    """A local Dask cluster: processes of one thread; a molecule that kills its worker twice is given up."""
    import dask
    from distributed import Client, LocalCluster

    settings = {
        "distributed.scheduler.allowed-failures": WORKER_DEATHS_ALLOWED,
        "distributed.nanny.pre-spawn-environ": dict.fromkeys(THREADS, "1"),
    }
    with dask.config.set(settings):
        with interrupts_held():
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
        with cluster, Client(cluster) as client:
            yield client


def _results(client: Any, tasks: Sequence[Calculation]) -> Iterator[Result]:
    """Results as they finish; only a few tasks a worker are with the scheduler at any time."""
    from distributed import as_completed

    waiting = iter(tasks)
    workers = len(client.scheduler_info(n_workers=-1)["workers"])
    started = list(islice(waiting, TASKS_A_WORKER * max(workers, 1)))
    futures = as_completed([_submitted(client, task) for task in started], raise_errors=False)
    for future in futures:
        if future.status == "finished":
            yield future.result()
        else:
            yield Result(future.key, _death(future))
        future.release()
        task = next(waiting, None)
        if task is not None:
            futures.add(_submitted(client, task))


def _submitted(client: Any, task: Calculation) -> Any:
    return client.submit(calculate, task, key=task.key)


def _death(future: Any) -> str:
    error = future.exception()
    if type(error).__name__ == "KilledWorker":
        return "It killed its worker process twice (memory or a crash of the engine)."
    return f"The calculation stopped with {type(error).__name__}: {error}"
