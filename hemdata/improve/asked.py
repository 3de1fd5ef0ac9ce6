"""What is asked of an improvement: the group, the base, the budget, and how rounds are chosen and judged."""

import re
from dataclasses import asdict, dataclass
from typing import Any

from hemdata.catalog import BASELINES, StudyNetwork, network, refuse_unknown_network
from hemdata.errors import CallError, did_you_mean
from hemdata.levels import START_LEVEL, level

WAYS = ("coverage", "amons", "uncertainty")
BASE = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*)(=(?P<number>\d+))?")
LEAST_BASE = 20
MODELS_FOR_A_SPREAD = 2


@dataclass(frozen=True)
class Asked:
    """What is asked.

    Attributes:
        group: a test group, `test-groups` for all of them, or a file of SMILES.
        base: a labelled set to begin with: `qm9=600`, or `qm9` for all that is labelled of it.
        budget: molecules that may be labelled.
        by: coverage (of a pool), amons (of the group), uncertainty (of the models), or best: a trial of those decides.
        pool: set or file of SMILES to choose from; the control's too. Without one, amons are chosen.
        level_name: of theory, of everything.
        rounds: at most; the labels bought double from one to the next.
        target: kcal/mol; done when the interval of the error lies below it.
        control: also as many molecules at random, from the pool, or more of the base's set.
        max_heavy: heavy atoms of the largest molecule that is chosen.
        network: as `painn:small`, or a baseline; `epochs` instead of its card's.
        seeds: models a round.
        validation: share of each group that is held back: nothing is chosen for it, and by it each round is judged.
        seed: of the validation part and of random choices.

    Raises:
        CallError: for a value that cannot be.
    """

    group: str
    base: str
    budget: int
    by: str = "amons"
    pool: str | None = None
    level_name: str = START_LEVEL
    rounds: int = 4
    target: float | None = None
    control: bool = False
    max_heavy: int = 12
    network: str = "painn:small"
    epochs: int | None = None
    seeds: int = 3
    validation: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("budget", 1), ("rounds", 1), ("seeds", 1), ("max_heavy", 1)):
            if getattr(self, name) < least:
                raise CallError(f"The {name.replace('_', '-')} is too small.", expected=f"at least {least}",
                                got=getattr(self, name))  # fmt: skip
        if self.by not in (*WAYS, "best"):
            raise CallError("There is no such way of choosing.", expected=f"{', '.join(WAYS)} or best", got=self.by,
                            fix=f"{did_you_mean(self.by, (*WAYS, 'best'))}Take one of these.")  # fmt: skip
        if self.by == "coverage" and self.pool is None:
            raise CallError("Coverage chooses from a pool, and none is given.",
                            fix="Give --pool, such as pubchem9, or choose --by amons.")  # fmt: skip
        if not 0 < self.validation < 1:
            raise CallError("The validation part is a share of the group.", expected="between 0 and 1",
                            got=self.validation)  # fmt: skip
        if self.target is not None and self.target <= 0:
            raise CallError("The target is an error.", expected="more than 0 kcal/mol", got=self.target)
        if self.by in ("uncertainty", "best") and self.seeds < MODELS_FOR_A_SPREAD:
            raise CallError("Uncertainty is the spread of models.", expected="2 seeds at least", got=self.seeds)
        if (said := BASE.fullmatch(self.base)) is None or (said["number"] and int(said["number"]) < LEAST_BASE):
            raise CallError("The base does not read.", expected=f"NAME or NAME=MOLECULES, {LEAST_BASE} at least",
                            got=self.base, fix="Give a labelled set, as qm9=600.")  # fmt: skip
        level(self.level_name)
        self._check_network()

    @property
    def base_name(self) -> str:
        """The base's dataset."""
        return self.base.partition("=")[0]

    @property
    def base_number(self) -> int | None:
        """How many molecules of it; None for all that are labelled."""
        number = self.base.partition("=")[2]
        return int(number) if number else None

    @property
    def study_network(self) -> StudyNetwork:
        """The network as a study's card has it."""
        name, _, configuration = self.network.partition(":")
        return StudyNetwork(
            network=name, configuration=configuration or None, epochs=None if name in BASELINES else self.epochs
        )

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways of choosing that are to be used or tried."""
        if self.by != "best":
            return (self.by,)
        return tuple(way for way in WAYS if way != "coverage" or self.pool is not None)

    def settings(self) -> dict[str, Any]:
        """As the run's folder keeps them; rounds of other settings would not be comparable."""
        return {name: value for name, value in asdict(self).items() if name != "target"}

    def _check_network(self) -> None:
        name, _, configuration = self.network.partition(":")
        refuse_unknown_network(name)
        if configuration and (name in BASELINES or configuration not in network(name).configurations):
            there = "none" if name in BASELINES else ", ".join(network(name).configurations)
            raise CallError(f"'{name}' has no such configuration.", expected=there, got=configuration)


def totals(budget: int, rounds: int) -> list[int]:
    """Molecules bought after each round: each twice as many as before, the last the budget.

    Fewer rounds where the budget has no such parts: 3 in 4 rounds are 1, 2, 3.
    """
    wanted = {max(1, round(budget / 2 ** (rounds - 1 - k))) for k in range(rounds)}
    return sorted(wanted | {budget})
