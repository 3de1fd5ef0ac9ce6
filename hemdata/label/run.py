"""Labels molecules here or on Dask workers: each finished result is stored at once, a stopped run goes on."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from hemdata.label.calculation import Calculation, Result, Stage, calculate, calculation_for
from hemdata.label.progress import Pace
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.cluster import Cluster, in_this_process, opened
from hemdata.label.workers.cost import cost, memory_gb
from hemdata.label.workers.flow import Flow
from hemdata.label.workers.here import here
from hemdata.label.workers.isolated import Limits
from hemdata.molecules import Molecule


@dataclass
class Outcome:
    """What a run did.

    Attributes:
        keys: the calculation's key for each asked molecule, in their order.
        computed: calculations done in this run; `failed` of all asked; `stored` were finished before; `missing` were
            neither, where nothing, or only what had failed, was to be computed.
    """

    keys: list[str]
    computed: int = 0
    stored: int = 0
    failed: int = 0
    missing: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


def label(
    molecules: Sequence[Molecule],
    chain: Sequence[Stage],
    store: LabelStore,
    *,
    accuracy: str = "label",
    workers: int | None = None,
    scheduler: str | None = None,
    cluster: str | Path | None = None,
    limits: Limits | None = None,
    retry_failed: bool = False,
    compute: bool = True,
    calculation: Callable[[Calculation], Result] = calculate,
    progress: Callable[[Pace], None] | None = None,
) -> Outcome:
    """Compute what the store does not hold yet for these molecules, stage by stage, the costliest first.

    Args:
        molecules: what is asked; the same molecule asked twice is computed once.
        chain: the stages of a label (`stages`); each starts from the geometries of the one before.
        accuracy: of the single points: `label` or `reference`.
        workers: worker processes of one thread each; by default one a core. 0 computes in this process, without Dask.
        scheduler: address of a running Dask cluster, instead.
        cluster: card of a SLURM cluster, instead.
        limits: of time and memory for each molecule.
        retry_failed: compute only what failed again, and what follows from it; else what failed keeps its reason.
        compute: False looks only which results are there.
        calculation: what computes one, importable by its name.
        progress: called about once a second while there is something to compute, and with each new result.

    Raises:
        CallError: if the cluster cannot be had, or has other versions than this process.
        DataError: if the cluster dies or the disk is full; what was finished is kept.
    """
    outcome = Outcome([""] * len(molecules))
    retried: set[int] = set()
    going: list[tuple[int, Result | None]] = [(number, None) for number in range(len(molecules))]
    with ExitStack() as stack:
        place: Cluster | None = None
        for count, stage in enumerate(chain, 1):
            last = count == len(chain)
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
            outcome.stored += sum(last or not known[key] for key in finished)
            size = {key: molecules[its[0]].n_heavy for key, its in numbers.items()}
            costs = {key: cost(task, size[key]) for key, task in tasks.items() if key not in finished}
            if retry_failed:
                retried |= {number for key in costs if key in known for number in numbers[key]}
            due = [key for key in costs if compute and (not retry_failed or not retried.isdisjoint(numbers[key]))]
            outcome.missing += sum(len(numbers[key]) for key in costs.keys() - set(due))
            waiting = sorted((tasks[key] for key in due), key=lambda task: (-costs[task.key], task.key))
            if waiting:
                pace = Pace(_named(stage), count, len(chain), total=len(finished) + len(due), done=len(finished))
                pace.failed = sum(not known[key] for key in finished)
                tell = _teller(pace, progress)
                tell(0)
                if in_this_process(workers, scheduler, cluster):
                    arriving = here(waiting, calculation, limits or Limits(), tell)
                else:
                    place = place or stack.enter_context(opened(len(waiting), workers, scheduler, cluster))
                    pace.dashboard = place.dashboard
                    allowed = replace(limits or Limits(), engine_gb=place.engine_gb)
                    arriving = Flow(place, calculation, allowed, memory_gb, tell).results(waiting)
                pace.begin({key: costs[key] for key in due})
                for results in arriving:
                    store.put(*results)
                    outcome.computed += sum(last or result.reason is not None for result in results)
                    for result in results:
                        pace.computed(result.key, result.reason)
                    tell()
            going = []
            for result in store.get(tasks):
                if result.reason is None:
                    going += [(number, result) for number in numbers[result.key]]
                else:
                    outcome.failed += 1
                    first = result.reason.splitlines()[0]
                    outcome.reasons[first] = outcome.reasons.get(first, 0) + 1
    return outcome


def _named(stage: Stage) -> str:
    what = "frequencies" if stage.vibrate else "geometries" if stage.relax else "energies"
    what = "wave functions" if stage.stability else what
    return f"{stage.level.name} {what}"


def _teller(pace: Pace, progress: Callable[[Pace], None] | None) -> Callable[..., None]:
    def tell(workers: int | None = None) -> None:
        pace.workers = pace.workers if workers is None else workers
        if progress:
            progress(pace)

    return tell


def _task(molecule: Molecule, stage: Stage, before: Result | None, accuracy: str) -> Calculation:
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
