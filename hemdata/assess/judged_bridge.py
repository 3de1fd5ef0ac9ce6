"""A fitted bridge and its errors on molecules that the fit has not seen, by group and by size."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hemdata.assess.duals import Dual, shown
from hemdata.bridges.bridge import Bridge
from hemdata.bridges.linear import Floats
from hemdata.identity.bond_types import Kind


@dataclass(frozen=True)
class Stage:
    """Kinds of terms that were tried, the mean absolute error on molecules left out (kcal/mol), and whether it paid."""

    kinds: tuple[Kind, ...]
    error: float
    kept: bool


@dataclass(frozen=True)
class Errors:
    """What a bridge says of molecules that its fit has not seen, against their labels; all kcal/mol.

    Attributes:
        residual, half_width: (n,) of each dual label.
        composition: (n,) residuals of a fit linear in the elements.
    """

    duals: list[Dual]
    residual: Floats
    half_width: Floats
    composition: Floats

    @property
    def error(self) -> float:
        """Mean absolute error."""
        return float(np.abs(self.residual).mean())

    @property
    def composition_error(self) -> float:
        """Mean absolute error of the fit linear in the elements."""
        return float(np.abs(self.composition).mean())

    @property
    def coverage(self) -> float:
        """The share of labels that lie within their interval."""
        return float((np.abs(self.residual) <= self.half_width).mean())


@dataclass(frozen=True)
class Judged(Errors):
    """A fitted bridge and its errors on each molecule that it was fitted on and would convert, when that is left out.

    Attributes:
        half_width: (n,); the interval's factor is of the other molecules.
        fitted: all that take part in the fit; those with a scarce bond type are not judged, as no other such molecule
            is converted.
        stages: each that was tried.
        curve: molecules, mean absolute error on those left out.
        left_out: labels that could not be used, by reason.
        larger: errors on labels of molecules that are larger than those that it was allowed to be fitted on.
    """

    fitted: list[Dual]
    bridge: Bridge
    stages: list[Stage]
    curve: list[tuple[int, float]]
    left_out: Counter[str] = field(default_factory=Counter)
    larger: Errors | None = None

    @property
    def graphs(self) -> int:
        """Different molecules; one may stand on several geometries."""
        return len({dual.graph for dual in self.fitted})

    @property
    def sets(self) -> list[str]:
        """Where the labels are from, by the first part of their ids."""
        return sorted({dual.group for dual in self.fitted})

    @property
    def counts(self) -> dict[str, int]:
        """Bond types, and how many molecules show each."""
        return dict(sorted(shown(self.fitted).items()))


HELD = 0.9
"""Of 95 % intervals; where fewer hold, they are not to be trusted."""


def not_held(larger: Errors) -> list[str]:
    """Groups of larger molecules whose intervals hold too few of them, with their numbers: `saccharides 19 of 24`."""
    rows = [row for row in by_group(larger) if row["coverage"] < HELD]
    return [f"{row['group']} {round(row['coverage'] * row['labels'])} of {row['labels']}" for row in rows]


def by_group(judged: Errors) -> list[dict[str, Any]]:
    """Error by group, then of all."""
    names = [dual.group for dual in judged.duals]
    return [_row(judged, "group", name, [each == name for each in names]) for name in sorted(set(names))] + [
        _row(judged, "group", "all", [True] * len(names))
    ]


def by_size(judged: Errors) -> list[dict[str, Any]]:
    """Error by heavy atoms."""
    sizes = [dual.n_heavy for dual in judged.duals]
    return [_row(judged, "heavy_atoms", size, [each == size for each in sizes]) for size in sorted(set(sizes))]


def _row(judged: Errors, key: str, name: str | int, at: Sequence[bool]) -> dict[str, Any]:
    """Of some labels: raw difference, error by composition alone and of the bridge, share within the interval."""
    chosen = np.array(at)
    raw = np.abs([dual.difference for dual in judged.duals])
    return {
        key: name,
        "labels": int(chosen.sum()),
        "raw_kcal_mol": float(raw[chosen].mean()),
        "composition_kcal_mol": float(np.abs(judged.composition[chosen]).mean()),
        "error_kcal_mol": float(np.abs(judged.residual[chosen]).mean()),
        "coverage": float((np.abs(judged.residual) <= judged.half_width)[chosen].mean()),
    }
