"""The second line of an XYZ frame: what it says of charge, multiplicity, units, a periodic cell and the columns."""

import contextlib
import json
import re
from typing import NamedTuple

from hemdata.errors import DataError
from hemdata.forms.shared.frames import ROLES
from hemdata.molecules.energies import energy_key
from hemdata.molecules.molecule import NOTHING, Said
from hemdata.molecules.state import CHARGE, MULTIPLICITY, stated
from hemdata.molecules.xyz_atoms import PLAIN, Columns

_TOKEN = re.compile(
    r"""(?P<key>[A-Za-z_][\w-]*)\s*[=:]\s*(?P<value>"(?:\\.|[^"\\])*"|'[^']*'|\{[^}]*\}|\[[^\]]*\]|[^\s,;]+)"""
    rf"""|\b(?P<word>{"|".join([*CHARGE[:3], *MULTIPLICITY[:2]])})\s+(?P<number>[+-]?\d+[+-]?)(?![\w.])"""
    r"""|"(?:\\.|[^"\\])*\"""",
    re.IGNORECASE,
)
_TWO = re.compile(r"\s*([+-]?\d{1,2})\s+(\d{1,2})(?=\s|$)(.*)")
_NO, _YES = {"f", "false", "0"}, {"t", "true", "1"}
_BOHR = re.compile(r"\b(bohr|atomic units|a\.u\.)", re.IGNORECASE)


class Comment(NamedTuple):
    """What a comment says.

    Attributes:
        text: the whole of it.
        values: by name, in small letters.
        name: of the molecule, where it is told by one of the names that `hemdata import` knows (`id=`, `name=` ...).
        columns: what stands where in an atom's line.
        angstrom: whether it says that lengths are in angstrom.
    """

    text: str
    values: dict[str, str]
    name: str | None
    columns: Columns
    angstrom: bool

    @classmethod
    def of(cls, text: str) -> "Comment":
        """A comment read.

        Raises:
            DataError: if it tells of a periodic cell or of lengths in bohr.
        """
        values: dict[str, str] = {}
        for token in _TOKEN.finditer(text):
            name = (token["key"] or token["word"] or "").lower()
            if name:
                value = _plain(token["value"] or token["number"])
                if values.setdefault(name, value) != value and name in (*CHARGE, *MULTIPLICITY):
                    raise DataError(f"The {name} is said twice.", got=text, fix="Say it once.")
        _refuse_cell(values)
        unit = next((values[name].lower() for name in ("units", "unit", "length_unit") if name in values), "")
        angstrom = unit.startswith(("ang", "å"))
        if unit.startswith(("bohr", "au", "a.u.", "atomic")) or (_BOHR.search(_TOKEN.sub(" ", text)) and not angstrom):
            raise DataError(
                "The coordinates are in bohr.", got=text, fix="Write them in angstrom (times 0.529177210903)."
            )
        columns = Columns.of(values["properties"]) if "properties" in values else PLAIN
        called = next((values[key] for key in ROLES["id"] if values.get(key, "").strip()), None)
        return cls(text, values, called, columns, angstrom)

    @property
    def energy_key(self) -> str | None:
        """The name, as it stands there, that gives a number for an energy."""
        key = energy_key(self.values)
        return key and next(token["key"] for token in _TOKEN.finditer(self.text) if (token["key"] or "").lower() == key)

    def said_of(self, protons: int) -> Said:
        """Charge and multiplicity, by name or as the two whole numbers that are the whole comment.

        Raises:
            DataError: if they do not read, or may be meant by two numbers that stand before other words.
        """
        said = stated(self.values)
        two = _TWO.match(self.text)
        if two is None or said != NOTHING:
            return said
        charge, multiplicity = int(two[1]), int(two[2])
        fits = multiplicity >= 1 and (protons - charge - multiplicity) % 2 and multiplicity <= protons - charge + 1
        default = charge == 0 and multiplicity == 1 + protons % 2
        if not two[3].strip() and fits:
            return Said(charge, multiplicity)
        if not default and (fits or not two[3].strip()):
            raise DataError(
                "The comment may say a charge and a multiplicity, or something else.",
                got=self.text.strip(),
                fix=f"Write charge={charge} multiplicity={multiplicity} if that is meant, else begin it with a word.",
            )
        return NOTHING


def _plain(value: str) -> str:
    """A value without its quotes; `_JSON` is the escape of extended XYZ for texts that look like numbers."""
    if value[0] == '"':
        try:
            value = json.loads(value)
        except ValueError:
            value = value[1:-1]
    elif value[0] == "'":
        value = value[1:-1]
    if value.startswith("_JSON "):
        with contextlib.suppress(ValueError):
            value = str(json.loads(value[6:]))
    return value


def _refuse_cell(values: dict[str, str]) -> None:
    axes = re.findall(r"\w+", values.get("pbc", "").lower())
    cell = next((values[name] for name in ("lattice", "cell", "unit_cell") if name in values), None)
    if any(axis not in _NO for axis in axes) or (cell is not None and not axes):
        raise DataError(
            "The frame has a periodic cell, and molecules alone are known here.",
            got=f"Lattice={cell}" if cell else f"pbc={values['pbc']}",
            fix='Cut the molecule out of its cell, and leave Lattice out or write pbc="F F F".',
        )
