"""Plain XYZ, molecule after molecule: any molecule viewer, Open Babel, ASE."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hemdata.forms.built import BuiltSet
from hemdata.levels import SYMBOLS

ABOUT = "plain XYZ, molecule after molecule, the comment its id: viewers, Open Babel, ASE"
SUFFIX = ".xyz"


def write(built: BuiltSet, path: Path) -> None:
    """Write every molecule; numbers in the shortest text that gives the same float64 again."""
    write_frames(built, path, lambda row: row["id"])


def write_frames(built: BuiltSet, path: Path, comment: Callable[[dict[str, Any]], str]) -> None:
    """Write every molecule as a frame, its second line by `comment`."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in built.molecules():
            lines = [str(row["n_atoms"]), comment(row)]
            for z, (x, y, w) in zip(row["atomic_numbers"].tolist(), row["positions"].tolist(), strict=True):
                lines.append(f"{SYMBOLS[z]} {x!r} {y!r} {w!r}")
            file.write("\n".join(lines) + "\n")
