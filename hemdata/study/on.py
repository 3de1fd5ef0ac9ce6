"""Where the work of a study is done."""

from dataclasses import dataclass

from hemdata.label.workers.where import EVERY_CORE, Where
from hemdata.processes import cores
from hemdata.train.training_run import refuse_unknown_device


@dataclass(frozen=True)
class On:
    """Where the work is done.

    Attributes:
        where: processes here, a Dask cluster or jobs of SLURM, for labels and trainings. Sets are always built here.
        device: of the networks: auto, cpu or cuda.

    Raises:
        CallError: for a word that is no device.
    """

    where: Where = EVERY_CORE
    device: str = "auto"

    def __post_init__(self) -> None:
        refuse_unknown_device(self.device)

    @property
    def here(self) -> int:
        """Processes of this machine."""
        return cores() if self.where.workers is None else max(1, self.where.workers)


THIS_MACHINE = On()
