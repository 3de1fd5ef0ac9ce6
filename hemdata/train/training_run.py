"""How one fit is to run: its folder and its seed, where it computes, and who sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hemdata.errors import CallError

DEVICES = ("auto", "cpu", "cuda")
Progress = Callable[[int, int], object]
"""Called after every epoch with the epochs done and the epochs in all."""


def refuse_unknown_device(device: str) -> None:
    """CallError for a word that is no device; whether it is there is known where networks compute."""
    if device not in DEVICES:
        fix = f"Take one of these; a GPU is {DEVICES[-1]}."
        raise CallError("There is no such device.", expected=", ".join(DEVICES), got=device, fix=fix)


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

    Raises:
        CallError: for a word that is no device.
    """

    folder: str | Path
    seed: int
    device: str = "auto"
    resume: bool = True
    progress: Progress | None = None
    tell: Callable[[str], object] | None = None
    threads: int = 1

    def __post_init__(self) -> None:
        refuse_unknown_device(self.device)  # of a baseline too, which computes on none
