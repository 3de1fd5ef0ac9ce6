"""What a label store holds: by level, how many finished, what failed and why, the time it took, and where."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hemdata.label.jobs import job_of
from hemdata.label.store.database import LabelStore

UNKNOWN = "not noted"


@dataclass
class Held:
    """Results of one level and kind.

    Attributes:
        level, level_hash: as their provenance has it; `not noted` for results of earlier hemdatas.
        kind, title: of the job (`hemdata.label.jobs`): `relaxed`, `points`, `vibrations`, `stability`; and in words.
        failed: number by reason, its first sentence.
        seconds: of all calculations together; `hosts`: results by machine; `rungs`: finished, by rung climbed.
    """

    level: str
    level_hash: str
    kind: str
    title: str
    finished: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    hosts: Counter[str] = field(default_factory=Counter)
    rungs: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)

    def add(self, reason: str | None, told: dict[str, Any]) -> None:
        """Count one more, by its reason and provenance."""
        if reason is None:
            self.finished += 1
            self.rungs.update(told.get("rungs", []))
        else:
            self.failed[reason.splitlines()[0]] += 1
        self.seconds += told.get("seconds", 0.0)
        self.hosts[str(told.get("host", UNKNOWN))] += 1
        self.versions.update(f"{name} {version}" for name, version in told.get("versions", {}).items())

    def as_dict(self) -> dict[str, Any]:
        """The counts as JSON has them."""
        return {**vars(self), "failed": dict(self.failed.most_common())}


def status(store: LabelStore) -> list[Held]:
    """What the store holds, the most frequent level first."""
    found: dict[tuple[str, str, str], Held] = {}
    for reason, told in store.provenances():
        job = job_of(told)
        kind, title = (job.kind, job.title) if job else (UNKNOWN, "kind not noted")
        place = (told.get("level", UNKNOWN), told.get("level_hash", UNKNOWN), kind)
        found.setdefault(place, Held(*place, title)).add(reason, told)
    return sorted(found.values(), key=lambda held: (-held.finished - held.failed.total(), held.level, held.kind))
