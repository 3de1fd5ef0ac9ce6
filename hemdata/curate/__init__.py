"""curate: builds datasets from their sources, and says which molecules they share."""

from hemdata.curate.build import Built, build
from hemdata.curate.compose import compose
from hemdata.curate.overlap import Shared, overlap
from hemdata.curate.workers import THREADS, chunked, cores, interrupts_held, one_thread, ordered_map

__all__ = [
    "THREADS",
    "Built",
    "Shared",
    "build",
    "chunked",
    "compose",
    "cores",
    "interrupts_held",
    "one_thread",
    "ordered_map",
    "overlap",
]
