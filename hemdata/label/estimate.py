"""What a labelling run will cost before it is begun: hours of one core and memory, from timings of the label store."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from hemdata.chemistry.engines import engine as engine_of
from hemdata.identity import identify
from hemdata.label.calculation import Calculation, Stage, Start, calculation_for
from hemdata.label.due import Due, due
from hemdata.label.jobs import job_of
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.cost import cost, memory_gb
from hemdata.molecules import Molecule

LEAST_TIMINGS = 8
"""Finished calculations of a kind from which its own rate is fitted; else the kind's rate of the table is taken."""
DRAWS = 1_000
SPREAD = 0.25
"""Standard deviation of the logarithm of one calculation's time beside its size, where none was seen."""
MACHINES_APART = 2.0
"""Two machines of these years, or an idle and a busy one, may differ so much; the interval of a rate of the table."""
SECONDS_A_UNIT = {"pyscf relaxed": 3e-5, "pyscf": 2.9e-6, "tblite relaxed": 1.5e-4, "tblite": 1e-5, "xtb": 1e-5}
"""Seconds of one core for a unit of relative cost (`cost`), by engine: measured on labels that ship."""


_Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rate:
    """How the time of a calculation follows from its relative cost: log t = a + p log(cost), and what is not known.

    Some calculations take many times what others of their size do. So the mean is that of the times seen about the line
    (Duan 1983, 10.1080/01621459.1983.10478017), and an interval is drawn from them again and again.

    Attributes:
        a, p: fitted, or of the table.
        costs, seconds_seen: of the finished calculations that it is fitted on; none for the table's.
    """

    a: float
    p: float
    costs: _Array = field(default_factory=lambda: np.empty(0))
    seconds_seen: _Array = field(default_factory=lambda: np.empty(0))

    @classmethod
    def fitted(cls, costs: _Array, seconds: _Array) -> "Rate":
        """Least squares of log t; the exponent is 1 where the costs do not tell sizes apart."""
        return cls(*_line(np.log(costs), np.log(seconds)), costs, seconds)

    @classmethod
    def of_table(cls, kind: str) -> "Rate":
        """The rate of an engine as it was on another machine, with an interval as wide as machines are apart."""
        return cls(float(np.log(SECONDS_A_UNIT[kind])), 1.0)

    @property
    def timings(self) -> int:
        """How many finished calculations it is fitted on; 0 for the table's."""
        return len(self.costs)

    def seconds(self, costs: _Array) -> _Array:
        """The expected time of each calculation."""
        left = np.log(self.seconds_seen) - self.a - self.p * np.log(self.costs)
        about = float(np.exp(left).mean()) if len(left) else float(np.exp(SPREAD**2 / 2))
        return np.exp(self.a + self.p * np.log(costs)) * about

    def draws(self, costs: _Array, random: np.random.Generator) -> _Array:
        """(DRAWS,) totals that these calculations may take, by what is not known of the rate and of each of them."""
        asked, totals = np.log(costs), np.empty(DRAWS)
        x, y = np.log(self.costs), np.log(self.seconds_seen)
        for number in range(DRAWS):
            if self.timings:
                again = random.integers(0, self.timings, self.timings)
                a, p = _line(x[again], y[again])
                beside = random.choice((y - a - p * x)[again], len(asked))
            else:
                a, p = self.a + random.normal(0.0, np.log(MACHINES_APART) / 2), self.p
                beside = random.normal(0.0, SPREAD, len(asked))
            totals[number] = np.exp(a + p * asked + beside).sum()
        return totals


def _line(x: _Array, y: _Array) -> tuple[float, float]:
    """a and p of y = a + p x, least squares."""
    if np.ptp(x) < 1.0:
        return float(np.mean(y - x)), 1.0
    left, above = x - x.mean(), y - y.mean()
    p = float(left @ above / (left @ left))
    return float(y.mean() - p * x.mean()), p


@dataclass(frozen=True)
class StageEstimate:
    """One stage of a run: how many molecules, how many of them are finished, and what the rest costs.

    Attributes:
        what: level and kind of the stage.
        asked: molecules that come to it: those that failed before do not; `finished` of them have a result.
        elsewhere: of those finished, that count only if relaxations still to be made end where another machine's did.
        seconds: of one core, expected; `low` and `high` enclose 95 %.
        longest: of the calculation that takes the longest.
        memory_gb: of that which needs the most.
        timings: finished calculations that the rate rests on; 0 where it is of another machine.
    """

    what: str
    asked: int
    finished: int
    seconds: float = 0.0
    low: float = 0.0
    high: float = 0.0
    longest: float = 0.0
    memory_gb: float = 0.0
    timings: int = 0
    elsewhere: int = 0


@dataclass(frozen=True)
class Estimate:
    """What a run will cost.

    Attributes:
        by_heavy: molecules by heavy atoms.
        stages: in their order.
        low, high: seconds of one core that enclose the total in 95 of 100 cases.
    """

    by_heavy: dict[int, int]
    stages: list[StageEstimate]
    low: float = 0.0
    high: float = 0.0

    @property
    def seconds(self) -> float:
        """Of one core, expected."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def memory_gb(self) -> float:
        """Of the calculation that needs the most."""
        return max((stage.memory_gb for stage in self.stages), default=0.0)

    def wall(self, workers: int) -> float:
        """Seconds until the end with so many workers: stages follow one another, the costliest calculation first."""
        return sum(max(stage.seconds / workers, stage.longest) for stage in self.stages)


@dataclass
class _Timings:
    costs: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def estimate(
    molecules: Sequence[Molecule], chain: Sequence[Stage], store: LabelStore | None, accuracy: str = "label"
) -> Estimate:
    """What is still to be computed of these molecules, and its cost.

    The rate of each stage is fitted on the store's own timings of that level and kind, where there are eight; else it
    is that of a table.

    Args:
        molecules: what is asked.
        chain: the stages of a label.
        store: what is finished already, and how long it took; None for no store yet.
        accuracy: as `label`.
    """
    seen = _timings(store, chain) if store else {}
    random = np.random.default_rng(0)
    draws = np.zeros(DRAWS)
    found = []
    for its in due(molecules, chain, store, accuracy):
        costs: list[tuple[Calculation, float]] = []
        for task, number in its.calculations:
            molecule = molecules[number]
            sized = task if task.atomic_numbers else replace(task, atomic_numbers=tuple(_atomic_numbers(molecule)))
            costs.append((sized, cost(sized, molecule.n_heavy)))
        found.append(_stage(its, costs, seen, random, draws))
    by_heavy: dict[int, int] = {}
    for molecule in sorted(molecules, key=lambda its: its.n_heavy):
        by_heavy[molecule.n_heavy] = by_heavy.get(molecule.n_heavy, 0) + 1
    low, high = np.percentile(draws, [2.5, 97.5])
    return Estimate(by_heavy, found, float(low), float(high))


def _stage(
    its: Due,
    costly: list[tuple[Calculation, float]],
    seen: dict[tuple[str, str], _Timings],
    random: np.random.Generator,
    draws: npt.NDArray[np.float64],
) -> StageEstimate:
    stage, asked, finished = its.stage, its.asked, its.finished
    what = f"{stage.level.name} {stage.job.results}"
    if not costly:
        return StageEstimate(what, asked, finished, elsewhere=its.elsewhere)
    costs = np.array([each for _, each in costly])
    rate = _rate(stage, seen.get((stage.level.hash, stage.job.kind)))
    own = rate.draws(costs, random)
    draws += own
    low, high = np.percentile(own, [2.5, 97.5])
    each = rate.seconds(costs)
    memory = max(memory_gb(task) for task, _ in costly)
    return StageEstimate(
        what, asked, finished, float(each.sum()), float(low), float(high), float(each.max()), memory, rate.timings,
        its.elsewhere,
    )  # fmt: skip


def _rate(stage: Stage, timings: _Timings | None) -> Rate:
    if timings is not None and len(timings.costs) >= LEAST_TIMINGS:
        return Rate.fitted(np.array(timings.costs), np.array(timings.seconds))
    name = stage.level.card.engine
    engine = name if name in SECONDS_A_UNIT else "tblite" if engine_of(stage.level).TAKES_SECONDS else "pyscf"
    kind = f"{engine} {stage.job.kind}"
    return Rate.of_table(kind if kind in SECONDS_A_UNIT else engine)


def _timings(store: LabelStore, chain: Sequence[Stage]) -> dict[tuple[str, str], _Timings]:
    """Relative costs and seconds of the store's finished calculations of these levels and kinds."""
    stages = {(stage.level.hash, stage.job.kind): stage for stage in chain}
    found: dict[tuple[str, str], _Timings] = {}
    for result in store:
        job = job_of(result.provenance)
        if job is None or result.reason is not None:
            continue
        kind = (str(result.provenance.get("level_hash")), job.kind)
        stage = stages.get(kind)
        seconds = result.provenance.get("seconds")
        if stage is None or not seconds:
            continue
        task = calculation_for(stage, None, 0, 1, Start(result.atomic_numbers, result.positions))
        timings = found.setdefault(kind, _Timings())
        timings.costs.append(cost(task, 0))
        timings.seconds.append(seconds)
    return found


def _atomic_numbers(molecule: Molecule) -> list[int]:
    if molecule.atomic_numbers:
        return molecule.atomic_numbers
    identity = identify(molecule.canonical_smiles, bonds=False) if molecule.canonical_smiles else None
    return list(identity.atomic_numbers) if identity else [6] * molecule.n_heavy + [1] * molecule.n_heavy
