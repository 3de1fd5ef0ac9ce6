"""XYZ members in the form that QM9 and PC9 share: count, header, atoms with charges, numbers, SMILES, InChI.

5
header
C<tab>x<tab>y<tab>z<tab>charge       (as many lines as the count says)
numbers (QM9: frequencies; PC9: heavy atoms and zeros)
SMILES<tab>SMILES
InChI[<tab>InChI]
"""

import math
from dataclasses import dataclass

from hemdata.levels import ATOMIC_NUMBERS
from hemdata.sources.source import Rejected

LINES_BESIDE_ATOMS = 5
MOST_ATOMS = 1000


@dataclass(frozen=True, slots=True)
class XYZ:
    """What a member says.

    Attributes:
        header: the words of the second line.
        atomic_numbers: (N,).
        positions: (3N,) angstrom.
        charges: (N,) the atoms' partial charges, e.
        numbers: those of the line after the atoms.
        smiles, inchi: the words of the last two lines.
    """

    header: list[str]
    atomic_numbers: list[int]
    positions: list[float]
    charges: list[float]
    numbers: list[float]
    smiles: list[str]
    inchi: list[str]


def text_of(data: bytes) -> str:
    """The text of a member; bytes that are not UTF-8 become U+FFFD, and `parse_xyz` refuses those."""
    return data.decode("utf-8", errors="replace")


def parse_xyz(text: str) -> XYZ:
    """A member parsed; `-8.48*^-6` (Mathematica's way of writing powers of ten) is a number.

    Raises:
        Rejected: if it is empty, not UTF-8 or not in this form, if the atoms are not as many as it says, if an
            element is unknown (or heavier than krypton), or if a number is not finite.
    """
    lines = text.replace("*^", "e").rstrip().split("\n")
    try:
        n = int(lines[0])
        if len(lines) != n + LINES_BESIDE_ATOMS or not 0 < n <= MOST_ATOMS:
            raise ValueError
        words = "\t".join(lines[2 : n + 2]).split("\t")
        whole = len(words) == 5 * n
        atomic_numbers = [ATOMIC_NUMBERS[symbol] for symbol in words[0::5]]
        del words[0::5]
        positions = list(map(float, words))
        charges = positions[3::4]
        del positions[3::4]
        numbers = list(map(float, lines[n + 2].split()))
        header, smiles, inchi = lines[1].split(), lines[n + 3].split(), lines[n + 4].split()
        finite = math.isfinite(sum(positions) + sum(charges) + sum(numbers))
        if not finite or not whole or not inchi or "\ufffd" in text:
            raise ValueError
        if not all(word.startswith("InChI=1") for word in inchi):
            raise ValueError
    except (KeyError, ValueError):
        raise _reason(text, lines) from None
    return XYZ(header, atomic_numbers, positions, charges, numbers, smiles, inchi)


def floats(words: list[str], what: str) -> list[float]:
    """Finite numbers of words.

    Raises:
        Rejected: if one is none, or not finite.
    """
    try:
        numbers = list(map(float, words))
    except ValueError as error:
        raise Rejected("not a number", f"{what}: {error}") from None
    if not math.isfinite(sum(numbers)):
        raise Rejected("not a finite number", f"{what}: {' '.join(words)}")
    return numbers


def _reason(text: str, lines: list[str]) -> Rejected:
    """Why a member is not in the form, found line by line."""
    if not text.strip():
        return Rejected("empty file")
    if "\ufffd" in text:
        return Rejected("not UTF-8 text")
    if not lines[0].strip().isdigit():
        return Rejected("not in XYZ form", f"line 1: expected the number of atoms, got {lines[0][:60]!r}")
    n = int(lines[0])
    atoms = 0
    for line in lines[2:]:
        words = line.split()
        if len(words) != 5 or not words[0].isalpha():
            break
        atoms += 1
    if atoms != n:
        return Rejected("wrong atom count", f"expected {n} atom lines (line 1), got {atoms}")
    for number, line in enumerate(lines[2 : n + 2], start=3):
        symbol, *words = line.split()
        if symbol not in ATOMIC_NUMBERS:
            return Rejected("unknown element", f"line {number}: {symbol!r}")
        try:
            floats(words, f"line {number}")
        except Rejected as refusal:
            return refusal
    if len(lines) != n + LINES_BESIDE_ATOMS:
        got = f"got {len(lines)} lines"
        return Rejected("not in XYZ form", f"expected {n + LINES_BESIDE_ATOMS} lines for {n} atoms, {got}")
    if not all(word.startswith("InChI=1") for word in lines[-1].split()):
        return Rejected("not in XYZ form", f"last line: expected an InChI, got {lines[-1][:60]!r}")
    try:
        floats(lines[n + 2].split(), f"line {n + 3}")
    except Rejected as refusal:
        return refusal
    return Rejected("not in XYZ form", "atom lines: expected five words, separated by tabs")
