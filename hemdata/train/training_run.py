"""How one fit is to run: its folder and its seed, where it computes, and who sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Progress = Callable[[int, int], object]
"""Called after every epoch with the epochs done and the epochs in all."""


@dataclass(frozen=True)
class TrainingRun:
    """One fit of a network or a baseline, as it is to run.

    Attributes:
        folder: of this fit alone; a network that was killed goes on there, a finished one is loaded from there.
        seed: of the weights and of the order of molecules; a baseline does not depend on it.
        device: auto, cpu or cuda.
        resume: False begins anew and overwrites.
        progress: called after every epoch.
        tell: called with a sentence about what the trainer had to change, such as a batch cut into parts where the
            memory does not hold it.
        threads: of torch.
    """

    folder: str | Path
    seed: int
    device: str = "auto"
    resume: bool = True
    progress: Progress | None = None
    tell: Callable[[str], object] | None = None
    threads: int = 1
