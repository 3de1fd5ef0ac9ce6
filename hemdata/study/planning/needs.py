"""What the steps of a study need of a machine: rows to read, memory."""

from hemdata.catalog import cards, composition, dataset
from hemdata.chemistry.engines import engine
from hemdata.levels import level
from hemdata.study.planning.steps import Step

MEMORY_SHARE = 0.8
"""Of a machine's memory, for a study's work."""
TRAINING_GB = 1.5
"""A process that trains a cell."""
PROCESS_GB = {"build": 0.8, "screen": 1.5, "train": TRAINING_GB, "report": 0.8}
"""A process of a step of each kind."""
LABEL_GB, DENSITY_FUNCTIONAL_GB = 0.4, 2.5
"""A process that labels by tight binding; one that does by a density functional, of a molecule of some 15 heavy atoms.
What larger ones need is known from each, and they wait for each other where it is much."""
UNKNOWN_ROWS = 10_000


def memory_gb(step: Step, workers: int) -> float:
    """Memory of a step with so many processes, in GB."""
    if step.kind != "label":
        return PROCESS_GB[step.kind] * (workers if step.kind in ("build", "train") else 1)
    return workers * (LABEL_GB if engine(level(step.its_level)).TAKES_SECONDS else DENSITY_FUNCTIONAL_GB)


def beside_labels_gb(workers: int) -> float:
    """Memory of what may be done beside labels: a build and a training."""
    return workers * (PROCESS_GB["build"] + PROCESS_GB["train"])


def rows_of(name: str, taken: int = UNKNOWN_ROWS) -> int:
    """How many rows a dataset has, as far as that is known before it is built; of a composition, the sample it draws.

    Args:
        taken: of a composition that draws none, how many it takes.
    """
    if name in cards("set"):
        return min([step.sample for step in composition(name).steps if step.sample], default=taken)
    return (dataset(name).accepted if name in cards("dataset") else None) or UNKNOWN_ROWS
