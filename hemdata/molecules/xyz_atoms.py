"""The atoms of an XYZ frame: elements by symbol, number or numbered label, and coordinates in any usual notation."""

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hemdata.errors import DataError
from hemdata.levels import ATOMIC_NUMBERS, SYMBOLS

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:(?:[eEdDqQ]|\*\^)([+-]?\d+))?")  # 1e-5, Fortran, Mathematica
_LABEL = re.compile(r"([A-Za-z]{1,2})\d+")
_GHOSTS = ("x", "xx", "bq", "gh", "ghost", "du", "q", "lp", "tv", "vec")
_BY_SYMBOL = {symbol.lower(): z for symbol, z in ATOMIC_NUMBERS.items() if z > 0}


class Columns(NamedTuple):
    """What stands where in an atom's line; `width` words in all, where that is known."""

    element: int = 0
    x: int = 1
    width: int | None = None

    @classmethod
    def of(cls, properties: str) -> "Columns":
        """The columns of `Properties=species:S:1:pos:R:3`, as extended XYZ has it.

        Raises:
            DataError: if there is no element or no position among them.
        """
        words = properties.split(":")
        try:
            starts, width = dict[str, int](), 0
            for name, _, number in zip(words[::3], words[1::3], words[2::3], strict=True):
                starts[name.lower()] = width
                width += int(number)
            element = next(starts[name] for name in ("species", "z", "numbers", "element") if name in starts)
            return cls(element, starts["pos" if "pos" in starts else "positions"], width)
        except (KeyError, StopIteration, ValueError):
            raise DataError(
                "The Properties of the frame do not read.",
                got=properties,
                expected="species:S:1:pos:R:3, further columns behind",
                fix="Correct them.",
            ) from None


PLAIN = Columns()


def atoms_of(rows: Sequence[str], columns: Columns = PLAIN, first: int = 1) -> tuple[list[int], list[float]]:
    """Atomic numbers (N,) and positions (3N,) of a frame's lines.

    Args:
        rows: the lines.
        columns: what stands where in them.
        first: number of the first line, for errors: their `where` is the number of the line.

    Raises:
        DataError: for an element or a coordinate that does not read, a ghost atom, an isotope.
    """
    words = [row.split() for row in rows]
    if columns is PLAIN:
        _refuse_numbered(words, first)
    z, x = [], []
    for line, row in enumerate(words, first):
        if len(row) < columns.x + 3 or (columns.width is not None and len(row) != columns.width):
            expected = f"{columns.width} words" if columns.width else "an element and three numbers"
            raise DataError(
                "The line is no atom.", where=line, expected=expected, got=" ".join(row), fix="Correct the line."
            )
        z.append(_element(row[columns.element], line))
        x += list(_numbers(row[columns.x : columns.x + 3], line))
    return z, x


def _element(word: str, line: int) -> int:
    label = _LABEL.fullmatch(word)
    symbol = (label[1] if label else word).lower()
    if word.isdecimal() and 0 < int(word) < len(SYMBOLS):
        return int(word)
    if symbol in _BY_SYMBOL:
        return _BY_SYMBOL[symbol]
    if symbol in ("d", "t"):
        raise DataError(
            "Isotopes of hydrogen are not told apart in XYZ files.",
            where=line,
            expected="H; electronic energies are the same, enthalpies would be protium's",
            got=word,
            fix="Write H.",
        )
    ghost = symbol.rstrip("0123456789") in _GHOSTS or word.startswith(("@", "-")) or word == "0"
    raise DataError(
        "This is a ghost or dummy atom." if ghost or "bq" in symbol or "gh(" in symbol else "There is no such element.",
        where=line,
        expected=f"a symbol or atomic number, H to {SYMBOLS[-1]}",
        got=word,
        fix="Leave it out, and count the atoms anew." if ghost else "Correct it.",
    )


def _numbers(words: Sequence[str], line: int) -> Iterator[float]:
    for word in words:
        read = _NUMBER.fullmatch(word)
        number = float(f"{read[1]}e{read[2] or 0}") if read else math.nan
        if not math.isfinite(number):
            raise DataError(
                "A coordinate is no finite number.", where=line, expected="angstrom", got=word, fix="Correct it."
            )
        yield number


def _refuse_numbered(words: Sequence[Sequence[str]], first: int) -> None:
    """Refuse lines that begin with their own number: `1 8 0.0 0.0 0.1` would be hydrogen at x = 8."""
    counted = len(words) > 1 and all(row[0] == str(number) for number, row in enumerate(words, 1))
    if counted and all(len(row) > 4 and (row[1].isdecimal() or row[1].isalpha()) for row in words):
        raise DataError(
            "The lines begin with the atoms' numbers in their order.",
            where=first,
            expected="an element and three numbers",
            got=" ".join(words[0]),
            fix="Leave the first column out.",
        )
