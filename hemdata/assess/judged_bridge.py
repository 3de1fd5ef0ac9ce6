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
class Judged:
    """A fitted bridge and what is known of its errors; all kcal/mol, of molecules that the fit has not seen.

    Attributes:
        residual, half_width: (n,) of each dual label; the interval's factor is of the other molecules.
        stages: each that was tried.
        composition: (n,) residuals of a fit linear in the elements.
        curve: molecules, mean absolute error on those left out.
        left_out: molecules that could not be used, by reason.
    """

    bridge: Bridge
    duals: list[Dual]
    residual: Floats
    half_width: Floats
    stages: list[Stage]
    composition: Floats
    curve: list[tuple[int, float]]
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def error(self) -> float:
        """Mean absolute error."""
        return float(np.abs(self.residual).mean())

    @property
    def graphs(self) -> int:
        """Different molecules; one may stand on several geometries."""
        return len({dual.graph for dual in self.duals})

    @property
    def sets(self) -> list[str]:
        """Where the labels are from, by the first part of their ids."""
        return sorted({dual.group for dual in self.duals})

    @property
    def counts(self) -> dict[str, int]:
        """Bond types, and how many molecules show each."""
        return dict(sorted(shown(self.duals).items()))

    @property
    def coverage(self) -> float:
        """The share of molecules that lie within the interval that a fit without them gives."""
        return float((np.abs(self.residual) <= self.half_width).mean())


def by_group(judged: Judged) -> list[dict[str, Any]]:
    """Error by group, then of all."""
    names = [dual.group for dual in judged.duals]
    return [_row(judged, "group", name, [each == name for each in names]) for name in sorted(set(names))] + [
        _row(judged, "group", "all", [True] * len(names))
    ]


def by_size(judged: Judged) -> list[dict[str, Any]]:
    """Error by heavy atoms."""
    sizes = [dual.n_heavy for dual in judged.duals]
    return [_row(judged, "heavy_atoms", size, [each == size for each in sizes]) for size in sorted(set(sizes))]


def _row(judged: Judged, key: str, name: str | int, at: Sequence[bool]) -> dict[str, Any]:
    """Of some molecules: raw difference, error by composition alone and of the bridge, share within the interval."""
    chosen = np.array(at)
    raw = np.abs([dual.difference for dual in judged.duals])
    return {
        key: name,
        "molecules": int(chosen.sum()),
        "raw_kcal_mol": float(raw[chosen].mean()),
        "composition_kcal_mol": float(np.abs(judged.composition[chosen]).mean()),
        "error_kcal_mol": float(np.abs(judged.residual[chosen]).mean()),
        "coverage": float((np.abs(judged.residual) <= judged.half_width)[chosen].mean()),
    }
