"""Extended XYZ: ASE, OVITO, nequip, MACE; every column stands in the comment under its own name."""

import json
import math
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.archives.text import as_text, not_utf8, odd_byte
from hemdata.forms.shared.built import BuiltSet
from hemdata.forms.shared.frames import ROLES, Frames, Gathered, Wanted, first_unknown, is_number, numbers_of
from hemdata.forms.xyz import write_frames
from hemdata.levels import ATOMIC_NUMBERS

ABOUT = "extended XYZ with every column in the comment: ASE, OVITO, nequip, MACE"
SUFFIX = ".extxyz"
READS = "extended XYZ, and plain XYZ frame after frame: keys of the comment line, columns an atom"
SUFFIXES = (".extxyz", ".xyz", ".exyz")

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
    return "\n" in text or text.startswith("_JSON ") or all(word in _TRUTH or is_number(word) for word in words)


_PLAIN = "species:S:1:pos:R:3"
_WORD = re.compile(r'([^\s="\']+)(?:=(?:"([^"\\]*)"|([^\s"\'{}\[\]]+)))?(?:\s+|$)')
_NAMES = frozenset(ROLES["id"] + ROLES["smiles"])
_EXPONENT = re.compile(r"[dDqQ]|\*\^")
_COUNT = re.compile(r"\s*\d+\s*$")
_PAIR = re.compile(r"\b([A-Za-z_]\w*):\s+([^\s,;]+)")
_TWO = re.compile(r"([+-]?\d{1,2})\s+(\d{1,2})")


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """Every frame; the comment of plain XYZ is the key `comment`.

    After a frame that does not read the next line that holds nothing but a count begins the next one.
    """
    found = Gathered(path.name, "frame")
    with path.open("rb") as binary, as_text(path, binary) as file:
        back: list[str] = []  # lines of a broken frame that are looked at again

        def lines() -> Iterator[str]:
            while True:
                if back:
                    yield back.pop(0)
                elif line := file.readline():
                    yield line
                else:
                    return

        rest = lines()
        for line in rest:
            if not line.strip():
                continue
            reason = None
            if not _COUNT.match(line):
                reason = f"expected a number of atoms, got {line.strip()[:60]!r}"
                body: list[str] = []
            else:
                n = int(line)
                body = list(islice(rest, n + 1))
                reason = _added(found, n, body, wanted)
            if reason is not None:
                found.fault("not in XYZ form", reason)
                again = body[1:]
                while again or (line := next(rest, "")):
                    line = again.pop(0) if again else line
                    if _COUNT.match(line):
                        back[:0] = [line, *again]
                        break
            if found.full:
                yield found.taken()
    if found.n:
        yield found.taken()


def _added(found: Gathered, n: int, body: list[str], wanted: Wanted) -> str | None:
    """One frame added, or what is wrong with it."""
    if len(body) < n + 1:
        return f"the file ends within the frame: {n} atoms announced, {max(len(body) - 1, 0)} lines left"
    if not body[0].isascii() and (byte := odd_byte(body[0])) is not None:
        raise not_utf8(f"{found.where}, frame {found.first + found.n}", byte)
    values = told(body[0], _texts(wanted))
    form = values.pop("Properties", _PLAIN)
    if not isinstance(form, str):
        return f"Properties: {form!r}"
    words = "".join(body[1:]).split()
    if form == _PLAIN and len(words) != 4 * n and words:  # plain XYZ may have further columns without a name
        width, left = divmod(len(words), n)
        if left or width < 4:
            return _uneven(body[1:], n)
        symbols, texts = words[::width], [words[i::width] for i in (1, 2, 3)]
        xyz_words = [word for triple in zip(*texts, strict=True) for word in triple]
    elif form == _PLAIN:
        symbols = words[::4]
        del words[::4]
        xyz_words = words
    else:
        names, width = _columns(form)
        if len(words) != width * n or "pos" not in names:
            return _uneven(body[1:], n, width)
        columns = {name: [words[at + k :: width] for k in range(wide)] for name, (at, wide) in names.items()}
        symbols = columns.pop("species" if "species" in columns else "Z", [[]])[0]
        xyz_words = [word for triple in zip(*columns.pop("pos"), strict=True) for word in triple]
        for name, its in columns.items():
            if wanted.asks(name):
                try:
                    values[name] = np.array(its, dtype=np.float64).T  # (n, wide)
                except ValueError:
                    values[name] = its
    try:
        xyz = _numbers(xyz_words)
    except ValueError as error:
        if _COUNT.match(body[-1]) or any(_COUNT.match(line) for line in body[1:]):
            return _uneven(body[1:], n)
        return str(error)
    z = [ATOMIC_NUMBERS.get(symbol, 0) for symbol in symbols]
    if 0 in z:
        z = numbers_of(symbols)
        if unknown := first_unknown(symbols, z):
            return f"{unknown} is no element"
    if not math.isfinite(sum(xyz)):
        return "a coordinate is not finite"
    periodic = values.pop("pbc", None)
    if np.any(np.asarray(periodic) == True) or (periodic is None and "Lattice" in values):  # noqa: E712
        return "the frame is periodic; a record is a molecule"
    found.add(z, xyz, values if wanted.keep is None else {k: v for k, v in values.items() if k in wanted.keep})
    return None


def _numbers(words: list[str]) -> list[float]:
    """Coordinates, in Fortran's notation (1.0D-05) and Mathematica's (1.0*^-5) too."""
    try:
        return list(map(float, words))
    except ValueError:
        return [float(_EXPONENT.sub("e", word)) for word in words]


def _texts(wanted: Wanted) -> frozenset[str]:
    """The keys whose words are names or SMILES: `007` is no seven there, and `F` no falsehood."""
    return _NAMES | {wanted.keys[role] for role in ("id", "smiles") if role in wanted.keys}


def told(comment: str, texts: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The keys of a comment line, as ASE reads them; a line without any is the key `comment`.

    The words of the keys `texts` stay words.

    Of such a line, pairs with a colon are keys too, as xtb writes `energy: -5.07`, and two whole numbers alone are the
    charge and the multiplicity.
    """
    comment = comment.strip()
    if "=" not in comment:
        if two := _TWO.fullmatch(comment):
            return {"charge": int(two[1]), "multiplicity": int(two[2])}
        pairs = {key: _value(value) for key, value in _PAIR.findall(comment)}
        return {"comment": _value(comment), **pairs} if comment else {}
    at, values = 0, dict[str, Any]()
    while at < len(comment):
        match = _WORD.match(comment, at)
        if match is None or (match[2] or "").startswith("_JSON"):
            from ase.io.extxyz import key_val_str_to_dict

            return _worded(comment, dict(key_val_str_to_dict(comment)), texts)
        key, quoted, bare = match.groups()
        word = bare if quoted is None else quoted
        values[key] = True if word is None else word if key in texts or key.lower() in texts else _value(word)
        at = match.end()
    return values


def _worded(comment: str, values: dict[str, Any], texts: frozenset[str]) -> dict[str, Any]:
    """The words themselves of keys of which ASE made numbers or truth values."""
    for key, value in values.items():
        if isinstance(value, str) or not (key in texts or key.lower() in texts):
            continue
        if found := re.search(rf"""(?:^|\s){re.escape(key)}=(?:"([^"]*)"|'([^']*)'|(\S+))""", comment):
            values[key] = next(filter(None, found.groups()), "")
    return values


def _value(word: str) -> Any:
    try:
        return int(word) if word.lstrip("+-").isdigit() else float(word)
    except ValueError:
        pass
    if word in _TRUTH:
        return word[0] in "Tt"
    parts = word.split()
    if len(parts) > 1:
        if all(part in _TRUTH for part in parts):
            return np.array([part[0] in "Tt" for part in parts])
        try:
            return np.array([float(part) for part in parts])
        except ValueError:
            pass
    return word


def _columns(form: str) -> tuple[dict[str, tuple[int, int]], int]:
    """Name: first column and how many, of a `Properties`; and how many there are in all."""
    parts, at = form.split(":"), 0
    names = {}
    for name, _, wide in zip(parts[::3], parts[1::3], parts[2::3], strict=False):
        names[name] = (at, int(wide) if wide.isdigit() else 1)
        at += names[name][1]
    return names, at


def _uneven(lines: list[str], n: int, width: int = 4) -> str:
    """Which line of a frame is none of an atom."""
    for number, line in enumerate(lines, start=3):
        if len(line.split()) < width:
            return f"{n} atoms announced, but line {number} of the frame is {line.strip()[:60]!r}"
    return f"{n} atoms announced, whose lines have not the same columns"
