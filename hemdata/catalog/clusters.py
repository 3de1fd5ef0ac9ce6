"""The card of a cluster: how jobs are asked of SLURM, what a worker gets, how many there may be."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from hemdata.catalog.dataset_cards import Name
from hemdata.catalog.reading import Card, read_card

Memory = Annotated[str, Field(pattern=r"^\d+(\.\d+)? ?(MB|GB|MiB|GiB)$")]
Walltime = Annotated[str, Field(pattern=r"^(\d+-)?\d{1,2}:\d{2}:\d{2}$")]


class ClusterCard(Card):
    """A partition of a SLURM cluster for labelling. One job holds `processes` workers of one thread each."""

    name: Name
    title: str
    about: str
    partition: str | None = Field(None, description="`sinfo` lists them; the cluster's default where not given")
    account: str | None = None
    processes: int = Field(1, ge=1, description="workers in a job, one core each")
    memory: Memory = Field(description="of a job, all its workers together")
    walltime: Walltime = Field(description="of a job; what it had not finished is done by the next")
    minimum_jobs: int = Field(0, ge=0)
    maximum_jobs: int = Field(ge=1, description="jobs come and go with the work between these two")
    interface: str | None = Field(None, description="network interface that the nodes reach each other by, as ib0")
    setup: list[str] = Field([], description="shell lines before a worker starts, as `module load ...`")
    directives: list[str] = Field([], description="further #SBATCH lines, as `--constraint=cpu`")
    python: str | None = Field(None, description="Python on the nodes with hemdata installed; this one's by default")
    logs: str = Field("slurm-logs", description="folder of the jobs' output")

    @model_validator(mode="after")
    def _counts_fit(self) -> "ClusterCard":
        if self.minimum_jobs > self.maximum_jobs:
            raise ValueError("minimum_jobs: more than maximum_jobs")
        return self

    @property
    def walltime_seconds(self) -> int:
        """The walltime in seconds."""
        days, _, clock = self.walltime.rpartition("-")
        hours, minutes, seconds = map(int, clock.split(":"))
        return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds


def cluster_card(name: str | Path) -> ClusterCard:
    """The card of a cluster, by name or path."""
    return read_card(ClusterCard, "cluster", name)
