"""Where labels are computed, in one word: `4`, `tcp://10.0.0.1:8786` or `slurm.yaml`."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hemdata.errors import CallError
from hemdata.label.workers.isolated import Limits
from hemdata.processes import cores

ADDRESS = re.compile(r"\w+://.+|[\w.-]+:\d+")


@dataclass(frozen=True)
class Where:
    """Processes of this machine, a running Dask cluster, or jobs of a SLURM cluster: one of the three.

    Attributes:
        workers: processes here; None is one a core, 0 this process itself, without Dask.
        scheduler: address of a running Dask cluster.
        cluster: name or path of a cluster's card.
        limits: of time and memory for each calculation.
        memory_gb: for all processes here together; None is most of the machine's.

    Raises:
        CallError: if two are given, or for a name that is no cluster's.
        DataError: for a card that does not read.
    """

    workers: int | None = None
    scheduler: str | None = None
    cluster: str | Path | None = None
    limits: Limits | None = None
    memory_gb: float | None = None

    def __post_init__(self) -> None:
        asked = {"--workers": self.workers, "--scheduler": self.scheduler, "--cluster": self.cluster}
        given = [name for name, value in asked.items() if value is not None]
        if len(given) > 1:
            raise CallError(
                f"{' and '.join(given)} do not go together.",
                fix="Give one: processes here, a running cluster's address, or a cluster's card (--on takes any).",
            )
        if self.cluster is not None:
            from hemdata.catalog import cluster_card

            cluster_card(self.cluster)  # before anything is done, not when its first job is asked for, if one is

    @property
    def elsewhere(self) -> bool:
        """Whether it is no process of this machine's own."""
        return self.scheduler is not None or self.cluster is not None

    @property
    def at_once(self) -> int | None:
        """Processes that work at a time: here, or in all jobs of a cluster; None of a running one, which may change."""
        if self.scheduler is not None:
            return None
        if self.cluster is not None:
            from hemdata.catalog import cluster_card

            card = cluster_card(self.cluster)
            return card.maximum_jobs * card.processes
        return cores() if self.workers is None else max(1, self.workers)

    @classmethod
    def read(cls, on: str | int | Path | None) -> Self:
        """What a word means: a number of processes, the address of a scheduler, or the card of a cluster.

        Raises:
            CallError: for a negative number, or a name that is no cluster's.
            DataError: for a card that does not read.
        """
        word = "" if on is None else str(on)
        if not word:
            return cls()
        if re.fullmatch(r"-?\d+", word):
            if int(word) < 0:
                raise CallError("There are no fewer processes than none.", expected="0 or more", got=word)
            return cls(workers=int(word))
        if ADDRESS.fullmatch(word):
            return cls(scheduler=word)
        return cls(cluster=word)


EVERY_CORE, HERE = Where(), Where(workers=0)
