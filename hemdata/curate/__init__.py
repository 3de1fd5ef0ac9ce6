"""curate: builds datasets from their sources, and says which molecules they share."""

from hemdata.curate.build import Built, build
from hemdata.curate.workers import THREADS, chunked, cores, interrupts_held, one_thread, ordered_map

__all__ = [
    "THREADS",
    "Built",
    "build",
    "chunked",
    "cores",
    "interrupts_held",
    "one_thread",
    "ordered_map",
]
