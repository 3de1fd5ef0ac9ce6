"""Plain XYZ, molecule after molecule: any molecule viewer, Open Babel, ASE."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hemdata.forms.shared.built import BuiltSet
from hemdata.identity.ground_state import known_multiplicity
from hemdata.levels import SYMBOLS

ABOUT = "plain XYZ, molecule after molecule, the comment its id and state: viewers, Open Babel, ASE"
SUFFIX = ".xyz"

KEYS = frozenset(
    "charge total_charge net_charge molecular_charge chrg qtot q formal_charge multiplicity mult spin_multiplicity "
    "spinmult unpaired unpaired_electrons n_unpaired nunpaired uhf spin total_spin units unit length_unit pbc lattice "
    "cell unit_cell "
    "properties id".split()
)
"""What a comment says by name; a set of such a name would be taken for one."""
_PLAIN = re.compile(r"[a-z0-9@._-]+:[\w.()+@\[\]#/\\-]+")


def write(built: BuiltSet, path: Path) -> None:
    """Write every molecule; numbers in the shortest text that gives the same float64 again."""
    write_frames(built, path, comment_of)


def write_frames(built: BuiltSet, path: Path, comment: Callable[[dict[str, Any]], str]) -> None:
    """Write every molecule as a frame, its second line by `comment`."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in built.molecules():
            file.write(frame_of(row["atomic_numbers"].tolist(), row["positions"].tolist(), comment(row)))


def comment_of(row: dict[str, Any]) -> str:
    """A molecule's id, and charge and multiplicity where it is not the neutral singlet that nothing said means."""
    unsaid = (row["charge"], row["multiplicity"]) == (0, known_multiplicity(list(row["atomic_numbers"])) or 1)
    state = "" if unsaid and row["multiplicity"] == 1 else " charge={charge} multiplicity={multiplicity}"
    id = str(row["id"])
    if not _PLAIN.fullmatch(id) or id.partition(":")[0] in KEYS:
        id = f"id={json.dumps(id, ensure_ascii=False)}"
    return id + state.format(**row)


def frame_of(atomic_numbers: Sequence[int], positions: Sequence[Sequence[float]], comment: str) -> str:
    """A frame: positions (N, 3) in angstrom."""
    lines = [str(len(atomic_numbers)), comment]
    for z, (x, y, w) in zip(atomic_numbers, positions, strict=True):
        lines.append(f"{SYMBOLS[z]} {x!r} {y!r} {w!r}")
    return "\n".join(lines) + "\n"
