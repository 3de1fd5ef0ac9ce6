"""Labels molecules here or on Dask workers: each finished result is stored at once, a stopped run goes on."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from hemdata.chemistry.engines import engine
from hemdata.label.calculation import Calculation, Result, Stage, calculate
from hemdata.label.chain import published, task_of
from hemdata.label.how import Missing
from hemdata.label.progress import Pace
from hemdata.label.store.database import LabelStore
from hemdata.label.store.same_geometry import SameGeometry
from hemdata.label.workers.cluster import Cluster, opened
from hemdata.label.workers.cost import cost, memory_gb
from hemdata.label.workers.flow import Flow
from hemdata.label.workers.here import here
from hemdata.label.workers.isolated import Limits
from hemdata.label.workers.where import EVERY_CORE, Where
from hemdata.molecules import Molecule


@dataclass
class Outcome:
    """What a run did.

    Attributes:
        keys: the calculation's key for each asked molecule, in their order.
        computed: calculations done in this run; `stored` were finished before.
        failed: of the molecules asked for, with the number of each reason in `reasons`.
        missing: molecules that have neither, where nothing, or only what had failed, was to be computed.
    """

    keys: list[str]
    computed: int = 0
    stored: int = 0
    failed: int = 0
    missing: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def repeated(self) -> int:
        """Molecules asked for that are the same as another of them, whose calculation counts once."""
        return len(self.keys) - self.computed - self.stored - self.missing


def label(
    molecules: Sequence[Molecule],
    chain: Sequence[Stage],
    store: LabelStore,
    where: Where = EVERY_CORE,
    *,
    accuracy: str = "label",
    missing: Missing = "compute",
    calculation: Callable[[Calculation], Result] = calculate,
    progress: Callable[[Pace], None] | None = None,
) -> Outcome:
    """Compute what the store does not hold yet for these molecules, stage by stage, the costliest first.

    A single point that the store holds at the geometry of another machine, the same within 1e-6 angstrom, is taken with
    that geometry.

    Args:
        molecules: what is asked; the same molecule asked twice is computed once.
        chain: the stages of a label (`stages`); each starts from the geometries of the one before.
        where: what computes, and how long and in how much memory each molecule may take.
        accuracy: of the single points: `label` or `reference`.
        missing: `compute failed` computes just what failed again, and what follows from it; after `compute` it keeps
            its reason; any other looks only which results are there.
        calculation: what computes one, importable by its name.
        progress: called about once a second while there is something to compute, and with each new result.

    Raises:
        CallError: if the cluster cannot be had, or has other versions than this process.
        DataError: for a level whose functional or method its engine does not have; if the cluster dies or the disk is
            full; what was finished is kept.
    """
    compute = missing.startswith("compute")
    for stage in chain if compute else ():
        engine(stage.level).refuse_unknown(stage.level.card)
    outcome = Outcome([""] * len(molecules))
    going: dict[int, Result | None] = dict.fromkeys(range(len(molecules)))
    with ExitStack() as stack:
        opened_before: list[Cluster | None] = []

        def place(tasks: int) -> Cluster | None:
            if not opened_before:
                opened_before.append(None if where.workers == 0 else stack.enter_context(opened(tasks, where)))
            return opened_before[0]

        limits, again = where.limits or Limits(), missing == "compute failed"
        run = _Run(molecules, store, outcome, place, limits, again, compute, calculation, progress)
        for count, stage in enumerate(chain, 1):
            pace = Pace(f"{stage.level.name} {stage.job.results}", count, len(chain), total=0)
            tasks = {number: task_of(molecules[number], stage, before, accuracy) for number, before in going.items()}
            further = {n for n, task in tasks.items() if task.positions is None and molecules[n].positions}
            held = None if stage.job.relaxes else SameGeometry(store, chain, count - 1)
            found = run.results(tasks, pace, further, held)
            outcome.missing += len(tasks) - len(found)
            unmade = (n for n in further if n in found and found[n].reason is not None)
            due = {n: published(molecules[n], stage, accuracy) for n in sorted(unmade)}
            others = run.results(due, Pace(pace.what, count, len(chain), total=0))
            found |= {number: result for number, result in others.items() if result.reason is None}
            for number, task in tasks.items():
                outcome.keys[number] = found[number].key if number in found else task.key
            going = {number: result for number, result in found.items() if result.reason is None}
            failed = [result.reason for result in found.values() if result.reason is not None]
            outcome.failed += len(failed)
            for reason in failed:
                first = reason.splitlines()[0]
                outcome.reasons[first] = outcome.reasons.get(first, 0) + 1
    return outcome


@dataclass
class _Run:
    """What all stages of a run share: where it computes, and what it may."""

    molecules: Sequence[Molecule]
    store: LabelStore
    outcome: Outcome
    place: Callable[[int], Cluster | None]
    limits: Limits
    retry_failed: bool
    compute: bool
    calculation: Callable[[Calculation], Result]
    progress: Callable[[Pace], None] | None
    retried: set[int] = field(default_factory=set)

    def results(
        self,
        tasks: Mapping[int, Calculation],
        pace: Pace,
        further: Collection[int] = (),
        held: SameGeometry | None = None,
    ) -> dict[int, Result]:
        """The results of calculations by their molecules' numbers, computed where they may be; some may be missing.

        Args:
            further: molecules for which there is another calculation if this fails; then that one counts.
            held: finds what was finished at the same geometry elsewhere, where nothing is by the key.
        """
        tasks = self._as_held(tasks, held) if held is not None else tasks
        by_key = {task.key: task for task in tasks.values()}
        numbers: dict[str, list[int]] = {key: [] for key in by_key}
        for number, task in tasks.items():
            numbers[task.key].append(number)
        known = self.store.known(by_key)
        if self.compute:
            self.store.describe({key: task.described for key, task in by_key.items() if key in known})
        finished = {key for key, good in known.items() if good or not self.retry_failed}

        def counts(key: str, good: bool) -> bool:
            return pace.stage == pace.stages if good else not set(numbers[key]) <= set(further)

        self.outcome.stored += sum(counts(key, known[key]) for key in finished)
        size = {key: self.molecules[its[0]].n_heavy for key, its in numbers.items()}
        costs = {key: cost(task, size[key]) for key, task in by_key.items() if key not in finished}
        if self.retry_failed:
            self.retried |= {number for key in costs if key in known for number in numbers[key]}
        may = (key for key in costs if not self.retry_failed or not self.retried.isdisjoint(numbers[key]))
        due = {key: costs[key] for key in may if self.compute}
        pace.total, pace.done = len(finished) + len(due), len(finished)
        pace.failed = sum(not known[key] for key in finished)
        for results in self._computed([by_key[key] for key in due], due, pace):
            self.store.put(*results)
            self.outcome.computed += sum(counts(result.key, result.reason is None) for result in results)
        return {number: result for result in self.store.get(by_key) for number in numbers[result.key]}

    def _as_held(self, tasks: Mapping[int, Calculation], held: SameGeometry) -> dict[int, Calculation]:
        """The calculations, each at the geometry at which it is finished where it is at one that is the same."""
        known = self.store.known({task.key for task in tasks.values()})
        return {number: task if known.get(task.key) else held.at(task) or task for number, task in tasks.items()}

    def _computed(self, tasks: list[Calculation], costs: dict[str, float], pace: Pace) -> Iterator[list[Result]]:
        """Results as they come, the costliest calculation first; each is counted once it has been taken."""
        if not tasks:
            return
        tell = _teller(pace, self.progress)
        tell(0)
        waiting = sorted(tasks, key=lambda task: (-costs[task.key], task.key))
        cluster = self.place(len(waiting))
        if cluster is None:
            arriving = here(waiting, self.calculation, self.limits, tell)
        else:
            pace.dashboard = cluster.dashboard
            allowed = replace(self.limits, engine_gb=cluster.engine_gb)
            arriving = Flow(cluster, self.calculation, allowed, memory_gb, tell).results(waiting)
        pace.begin(costs)
        for results in arriving:
            yield results
            for result in results:
                pace.computed(result.key, result.reason)
            tell()


def _teller(pace: Pace, progress: Callable[[Pace], None] | None) -> Callable[..., None]:
    def tell(workers: int | None = None) -> None:
        pace.workers = pace.workers if workers is None else workers
        if progress:
            progress(pace)

    return tell
