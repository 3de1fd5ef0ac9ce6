"""The Active Thermochemical Tables, ATcT 1.112: experimental enthalpies of formation of gases.

The table travels in the distribution chemicals (`Reactions/ATcT 1.112 (g).tsv`); a molecule's SMILES is found by its
CAS number. ATcT: Ruscic and others, J. Phys. Chem. A 2004, 108, 9979; version 1.112 of 2013.
"""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from hemdata.identity import identify
from hemdata.levels import SYMBOLS
from hemdata.units import JOULE_KCAL

TABLE = "Reactions/ATcT 1.112 (g).tsv"
ELEMENTS = ("H", "C", "N", "O", "F")
TRIPLETS = {"7782-44-7"}  # O2: its SMILES shows no unpaired electron


@dataclass(frozen=True)
class Known:
    """A molecule of the table; enthalpies of formation of the gas and their 95 % uncertainty, kcal/mol."""

    cas: str
    name: str
    smiles: str
    atomic_numbers: tuple[int, ...]
    multiplicity: int
    at_0_kcal_mol: float
    at_298_kcal_mol: float
    uncertainty_kcal_mol: float

    @property
    def d0_kcal_mol(self) -> float:
        """Atomization energy at 0 K."""
        return sum(atom_enthalpies(0)[SYMBOLS[z]] for z in self.atomic_numbers) - self.at_0_kcal_mol

    @property
    def canonical_smiles(self) -> str:
        """As RDKit writes it."""
        identity = identify(self.smiles)
        assert identity is not None  # it was read before
        return identity.canonical_smiles

    @property
    def n_heavy(self) -> int:
        """Atoms that are not hydrogen."""
        return sum(z != 1 for z in self.atomic_numbers)


@cache
def _table() -> list[dict[str, str]]:
    from importlib.resources import files

    with (files("chemicals") / TABLE).open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@cache
def atom_enthalpies(kelvin: int) -> dict[str, float]:
    """Experimental enthalpies of formation of the atoms H C N O F at 0 or 298 K, kcal/mol."""
    column = {0: "Hfg_0K", 298: "Hfg"}[kelvin]
    found = {row["Formula"]: float(row[column]) * JOULE_KCAL for row in _table()}
    return {symbol: found[f"{symbol} (g)"] for symbol in ELEMENTS}


@cache
def known_molecules() -> tuple[list[Known], dict[str, str]]:
    """The neutral molecules of H C N O F in the table, by size then name; and why others are left out, by name.

    A SMILES found by CAS number is taken only where it has the table's formula (that of a radical is often its
    parent's) and no unpaired electron; O2 is the one open shell.
    """
    from chemicals import search_chemical

    found: list[Known] = []
    left_out: dict[str, str] = {}
    for row in _table():
        formula = row["Formula"].removesuffix(" (g)")
        counts = _counts(formula)
        if counts is None or not set(counts) <= set(ELEMENTS) or sum(counts.values()) < 2:
            continue
        name = row["Chemical"]
        try:
            smiles = search_chemical(row["CAS"]).smiles
        except ValueError:
            left_out[name] = "no structure of this CAS number"
            continue
        identity = identify(smiles)
        if identity is None or Counter(SYMBOLS[z] for z in identity.atomic_numbers) != counts:
            left_out[name] = "the structure of this CAS number has another formula"
            continue
        if identity.radical_electrons or identity.fragments > 1:
            left_out[name] = "an open shell, or not one molecule"
            continue
        at_0, at_298, uncertainty = (float(row[c]) * JOULE_KCAL for c in ("Hfg_0K", "Hfg", "uncertainty"))
        multiplicity = 3 if row["CAS"] in TRIPLETS else 1
        z = tuple(identity.atomic_numbers)
        found.append(Known(row["CAS"], name, smiles, z, multiplicity, at_0, at_298, uncertainty))
    drawn = Counter(known.canonical_smiles for known in found)
    for known in list(found):  # fulminic acid, HCNO, and isofulminic acid, HONC, are given one structure
        if drawn[known.canonical_smiles] > 1:
            found.remove(known)
            left_out[known.name] = "another molecule of the table has the same structure"
    found.sort(key=lambda known: (known.n_heavy, len(known.atomic_numbers), known.name))
    return found, left_out


def _counts(formula: str) -> Counter[str] | None:
    """The atoms of a condensed formula such as (CH3)2CHCH2C(CH3)3; None for an ion or what is no plain formula."""
    if "[" in formula or "+" in formula or formula.endswith("-"):
        return None
    stack: list[Counter[str]] = [Counter()]
    for opening, closing, element, number in re.findall(r"(\()|(\))(?=\d*)|([A-Z][a-z]?)(?=\d*)|(\d+)", formula):
        if opening:
            stack.append(Counter())
        elif closing:
            last = stack.pop()
            stack[-1].update(last)
            latest = last
        elif element:
            latest = Counter({element: 1})
            stack[-1].update(latest)
        else:
            for symbol, count in latest.items():
                stack[-1][symbol] += count * (int(number) - 1)
    return stack[0] if len(stack) == 1 and re.fullmatch(r"[A-Za-z0-9()]+", formula) else None
