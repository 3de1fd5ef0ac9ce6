"""Labels molecules on Dask workers: each finished result is stored at once, a stopped run goes on where it was."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from hemdata.curate import THREADS, cores, interrupts_held
from hemdata.label.asked import Asked
from hemdata.label.calculation import Calculation, Result, Stage, calculate, calculation_for
from hemdata.label.store import LabelStore

TASKS_A_WORKER = 8
WORKER_DEATHS_ALLOWED = 1


@dataclass
class Outcome:
    """What a run did.

    Attributes:
        keys: the calculation's key for each asked molecule, in their order.
        computed: calculations done in this run; `failed` of all asked; `stored` were finished before; `missing` were
            neither, where nothing was to be computed.
    """

    keys: list[str]
    computed: int = 0
    stored: int = 0
    failed: int = 0
    missing: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


def label(
    molecules: Sequence[Asked],
    chain: Sequence[Stage],
    store: LabelStore,
    *,
    accuracy: str = "label",
    workers: int | None = None,
    retry_failed: bool = False,
    compute: bool = True,
    progress: Callable[[Result | None, int], None] | None = None,
) -> Outcome:
    """Compute what the store does not hold yet for these molecules, stage by stage.

    Args:
        molecules: what is asked; the same molecule asked twice is computed once.
        chain: the stages of a label (`stages`); each starts from the geometries of the one before.
        accuracy: of the single points: `label` or `reference`.
        workers: worker processes of one thread each; by default one a core.
        retry_failed: compute failed molecules again; else they keep their reason.
        compute: False looks only which results are there.
        progress: called with each new result, or with None, and the number of molecules that are finished with it.
    """
    outcome = Outcome([""] * len(molecules))
    going: list[tuple[int, Result | None]] = [(number, None) for number in range(len(molecules))]
    with ExitStack() as stack:
        client: Any = None
        for place, stage in enumerate(chain):
            last = place == len(chain) - 1
            tasks: dict[str, Calculation] = {}
            numbers: dict[str, list[int]] = {}
            for number, before in going:
                task = _task(molecules[number], stage, before, accuracy)
                tasks[task.key] = task
                numbers.setdefault(task.key, []).append(number)
                outcome.keys[number] = task.key
            known = store.known(tasks)
            if compute:
                store.describe({key: task.described for key, task in tasks.items() if key in known})
            finished = {key for key, good in known.items() if good or not retry_failed}
            ended = [key for key in finished if last or not known[key]]
            outcome.stored += len(ended)
            if progress and ended:
                progress(None, len(ended))
            size = {key: molecules[its[0]].n_heavy for key, its in numbers.items()}
            waiting = sorted((t for k, t in tasks.items() if k not in finished), key=lambda t: (-size[t.key], t.key))
            if not compute:
                outcome.missing += sum(len(numbers[task.key]) for task in waiting)
            elif waiting:
                client = client or stack.enter_context(_cluster(min(workers or cores(), len(waiting))))
                for result in _results(client, waiting):
                    store.put(result)
                    ends = last or result.reason is not None
                    outcome.computed += ends
                    if progress:
                        progress(result, int(ends))
            going = []
            for result in store.get(tasks):
                if result.reason is None:
                    going += [(number, result) for number in numbers[result.key]]
                else:
                    outcome.failed += 1
                    first = result.reason.splitlines()[0]
                    outcome.reasons[first] = outcome.reasons.get(first, 0) + 1
    return outcome


def _task(molecule: Asked, stage: Stage, before: Result | None, accuracy: str) -> Calculation:
    """The calculation of a stage: from the geometry of the stage before; in the first, from the SMILES where the
    geometry is relaxed and there is one, else from the given geometry."""
    made = before is None and stage.relax and molecule.canonical_smiles is not None
    z, x = (before.atomic_numbers, before.positions) if before else (molecule.atomic_numbers, molecule.positions)
    origin = f"calculation {before.key}" if before else molecule.geometry_level or "given"
    return calculation_for(
        stage,
        molecule.canonical_smiles,
        molecule.charge,
        molecule.multiplicity,
        None if made else z,
        None if made else x,
        accuracy,
        origin,
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
