"""Extended XYZ: ASE, OVITO, nequip, MACE; every column stands in the comment under its own name."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.forms.built import BuiltSet
from hemdata.forms.xyz import write_frames

ABOUT = "extended XYZ with every column in the comment: ASE, OVITO, nequip, MACE"
SUFFIX = ".extxyz"

_GEOMETRY = {"atomic_numbers", "positions", "n_atoms"}
_TRUTH = {"T", "F", "true", "false", "True", "False", "TRUE", "FALSE"}


def write(built: BuiltSet, path: Path) -> None:
    """Write every molecule; a column without a value is left out of the comment.

    The names hold the units (`energy_hartree`). No plain `energy` is written: ASE would take it for electronvolts.
    """
    write_frames(built, path, _comment)


def _comment(row: dict[str, Any]) -> str:
    told = ["Properties=species:S:1:pos:R:3"]
    told += [f"{name}={_text(value)}" for name, value in row.items() if name not in _GEOMETRY and value is not None]
    return " ".join([*told, 'pbc="F F F"'])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, np.ndarray):
        if not len(value):
            return '"_JSON []"'  # ASE takes an empty pair of quotes for the beginning of the next word
        return json.dumps(" ".join(repr(number) for number in value.tolist()))
    if isinstance(value, str) and not _taken_for_another(value):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps("_JSON " + json.dumps(value, ensure_ascii=False), ensure_ascii=False)  # ASE's own escape


def _taken_for_another(text: str) -> bool:
    """Whether a reader would take a string for numbers or truth values, as the SMILES of hydrogen fluoride, F."""
    words = re.findall(r"[^\s,]+", text)
    return "\n" in text or text.startswith("_JSON ") or all(word in _TRUTH or _is_number(word) for word in words)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
