"""levels: levels of theory, their atoms, and atomization energies."""

from hemdata.levels.level import (
    ATOMIC_NUMBERS,
    START_LEVEL,
    SYMBOLS,
    Level,
    atomization_energies,
    level,
    level_hash,
    level_of,
    one_level,
    readable_levels,
)
from hemdata.levels.rows import with_atomization

__all__ = [
    "ATOMIC_NUMBERS",
    "START_LEVEL",
    "SYMBOLS",
    "Level",
    "atomization_energies",
    "level",
    "level_hash",
    "level_of",
    "one_level",
    "readable_levels",
    "with_atomization",
]
