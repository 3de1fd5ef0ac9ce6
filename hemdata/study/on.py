"""Where the work of a study is done."""

from dataclasses import dataclass

from hemdata.label.workers.where import EVERY_CORE, Where
from hemdata.processes import cores


@dataclass(frozen=True)
class On:
    """Where the work is done.

    Attributes:
        where: processes here, a Dask cluster or jobs of SLURM, for labels and trainings. Sets are always built here.
        device: of the networks: auto, cpu or cuda.
    """

    where: Where = EVERY_CORE
    device: str = "auto"

    @property
    def here(self) -> int:
        """Processes of this machine."""
        return cores() if self.where.workers is None else max(1, self.where.workers)


THIS_MACHINE = On()
