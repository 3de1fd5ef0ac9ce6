"""Fits a bridge between two levels from molecules that are labelled at both on the same geometries."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.assess.gap import gap, sets_at
from hemdata.bridges.bridge import Bridge, terms
from hemdata.bridges.linear import Floats, LeftOut, Linear, fit
from hemdata.errors import DataError
from hemdata.identity import flat_graph
from hemdata.identity.bond_types import Kind, kind_of
from hemdata.levels import SYMBOLS, level
from hemdata.shards import SetName, read
from hemdata.shards.sets import geometries_of

FURTHER: tuple[Kind, ...] = ("geometry", "ring", "environment")
"""Kinds of terms that are tried beside bond types, in this order."""
START = {"bond": 2.0, "geometry": 0.3, "ring": 0.5, "environment": 0.2}
NOISE = 0.3
PAYS = 0.97
"""A stage is kept where the error on molecules left out falls below this share of the error before."""
COVERED = 0.95
FEWEST = 3
"""Molecules that must show a bond type before others of that type are converted."""
CURVE_DRAWS = 10


@dataclass(frozen=True)
class Dual:
    """A molecule labelled at both levels on one geometry; `difference` is b less a, kcal/mol."""

    id: str
    group: str
    smiles: str
    graph: str
    n_heavy: int
    symbols: Counter[str]
    counted: Counter[str]
    difference: float


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


def duals(a: str, b: str, names: Sequence[str], data: Path) -> tuple[list[Dual], Counter[str]]:
    """The molecules that stand at both levels, each on every geometry on which it does; and why others are left out.

    Args:
        names: labelled sets; all that are there where empty.

    Raises:
        DataError: if there is none, or a molecule's two labels stand on two geometries.
    """
    found: list[Dual] = []
    without: Counter[str] = Counter()
    for name in names or sets_at(data, a):
        at_a, at_b = geometries_of(data, name, a), geometries_of(data, name, b)
        if names and not at_a.keys() & at_b.keys():
            raise DataError(
                f"'{name}' is not labelled at both levels on the same geometries.",
                expected=f"{SetName(name, a)} and {SetName(name, b)}",
                got=", ".join(sorted(folder.name for folder in [*at_a.values(), *at_b.values()])) or "neither",
                fix=f"`hemdata label {name} --level {a}` and the same with {b}.",
            )
        for geometry in sorted(at_a.keys() & at_b.keys()):
            found += _of(at_a[geometry], at_b[geometry], without)
    if not found:
        raise DataError(
            "No molecule is labelled at both levels.",
            where=data,
            expected=f"a set at {a} and at {b}",
            fix=f"`hemdata label SET --level {a}` and `hemdata label SET --level {b}`.",
        )
    return found, without


def _of(folder_a: Path, folder_b: Path, without: Counter[str]) -> list[Dual]:
    columns = ["id", "canonical_smiles", "inchikey", "atomic_numbers", "geometry_level"]
    rows = {row["id"]: row for row in read(folder_a, columns).to_pylist()}
    found = []
    for one in gap(folder_a, folder_b).rows:
        row = rows[one.id]
        counted = terms(row["canonical_smiles"], row["geometry_level"]) if row["canonical_smiles"] else None
        if counted is None:
            without["no SMILES that reads"] += 1
            continue
        graph = flat_graph(row["inchikey"] or row["canonical_smiles"])
        symbols = Counter(SYMBOLS[z] for z in row["atomic_numbers"])
        found.append(
            Dual(one.id, one.group, row["canonical_smiles"], graph, one.n_heavy, symbols, counted, -one.difference)
        )
    return found


def bridge(a: str, b: str, found: Sequence[Dual], left_out: Counter[str] | None = None) -> Judged:
    """Fit the difference of two levels: bonds first, each further stage only where it lessens the error.

    Raises:
        DataError: if there are fewer molecules than bond types, or the two levels are one.
    """
    if level(a).hash == level(b).hash:
        raise DataError("The two levels are one.", got=f"{a} and {b}", fix="Name two levels.")
    graphs = [dual.graph for dual in found]
    bonds = sorted({term for dual in found for term in dual.counted if kind_of(term) == "bond"})
    if len(set(graphs)) <= len(bonds):
        raise DataError(
            "There are fewer molecules than bond types.",
            expected=f"more than {len(bonds)} molecules",
            got=f"{len(set(graphs))}",
            fix="Label more molecules at both levels (`hemdata levels bridge --choose`).",
        )
    values = np.array([dual.difference for dual in found])
    counted = [dual.counted for dual in found]
    there = {kind_of(term) for each in counted for term in each}
    kinds, linear, left = _stage(counted, values, ("bond",), graphs)
    stages = [Stage(kinds, left.error, True)]
    for kind in FURTHER:
        if kind in there:
            more, wider, its = _stage(counted, values, (*kinds, kind), graphs)
            pays = its.error < PAYS * left.error
            stages.append(Stage(more, its.error, pays))
            if pays:
                kinds, linear, left = more, wider, its
    scores = np.abs(left.residual) / left.deviation
    made = Bridge(
        a, b, level(a).hash, level(b).hash, linear,
        {term: number for term, number in sorted(shown(found).items()) if number >= FEWEST},
        factor(scores), digest(found), len(found),
    )  # fmt: skip
    others = np.array([factor(scores[[g != graph for g in graphs]]) for graph in graphs])
    return Judged(
        made, list(found), left.residual, others * left.deviation, stages,
        _by_composition(found, values, graphs), _curve(found, linear, graphs), left_out or Counter(),
    )  # fmt: skip


def _stage(
    counted: Sequence[Counter[str]], values: Floats, kinds: tuple[Kind, ...], graphs: Sequence[str]
) -> tuple[tuple[Kind, ...], Linear, LeftOut]:
    scales, noise = tuned(counted, values, kinds)
    linear, left, _ = fit(counted, values, scales, noise, graphs)
    return kinds, linear, left


def shown(found: Sequence[Dual]) -> Counter[str]:
    """How many molecules show each bond type."""
    once = {dual.graph: dual.counted for dual in found}
    return Counter(term for counted in once.values() for term in counted if kind_of(term) == "bond")


def tuned(counted: Sequence[Counter[str]], values: Floats, kinds: Sequence[Kind]) -> tuple[dict[Kind, float], float]:
    """Scales of some kinds of terms, and the noise, that make the values most likely (type II maximum likelihood)."""
    from scipy.optimize import minimize

    def unlikely(logarithms: Floats) -> float:
        scales = dict(zip(kinds, np.exp(logarithms[1:]), strict=True))
        return -fit(counted, values, scales, float(np.exp(logarithms[0])))[2]

    start = np.log([NOISE, *(START[kind] for kind in kinds)])
    bounds = [(np.log(0.02), np.log(5.0)), *([(np.log(1e-3), np.log(20.0))] * len(kinds))]
    found = np.exp(minimize(unlikely, start, method="L-BFGS-B", bounds=bounds).x)
    return {kind: float(scale) for kind, scale in zip(kinds, found[1:], strict=True)}, float(found[0])


def factor(scores: Floats) -> float:
    """What 95 % of new scores stay below, by the rank that n others leave (split-conformal quantile)."""
    rank = int(np.ceil(COVERED * (len(scores) + 1)))
    return float(np.sort(scores)[min(rank, len(scores)) - 1])


def digest(found: Sequence[Dual]) -> str:
    """A hash of the molecules and their differences, to a millionth of a kcal/mol."""
    rows = sorted((dual.id, dual.smiles, round(dual.difference, 6)) for dual in found)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _by_composition(found: Sequence[Dual], values: Floats, graphs: Sequence[str]) -> Floats:
    """Residuals of a fit linear in the element counts, each molecule left out in turn."""
    names = sorted({symbol for dual in found for symbol in dual.symbols})
    counts = np.array([[dual.symbols[name] for name in names] for dual in found], dtype=np.float64)
    residual = np.empty(len(values))
    for graph in set(graphs):
        held = np.array([g == graph for g in graphs])
        residual[held] = values[held] - counts[held] @ np.linalg.lstsq(counts[~held], values[~held], rcond=None)[0]
    return residual


def _curve(found: Sequence[Dual], linear: Linear, graphs: Sequence[str]) -> list[tuple[int, float]]:
    """The error on molecules left out, of fits on fewer of them, mean over draws; a molecule's terms must be shown."""
    random = np.random.default_rng(0)
    unique = sorted(set(graphs))
    sizes = [n for n in (20, 40, 60, 80, 120, 160, 240, 320) if n < len(unique)]
    told = []
    for size in sizes:
        errors: list[float] = []
        for _ in range(CURVE_DRAWS):
            chosen = set(random.permutation(unique)[:size])
            inside = [dual for dual in found if dual.graph in chosen]
            some, _, _ = fit(
                [dual.counted for dual in inside], np.array([d.difference for d in inside]), linear.scales, linear.noise
            )
            known = set(some.terms)
            outside = [
                dual for dual in found
                if dual.graph not in chosen and all(t in known for t in dual.counted if kind_of(t) == "bond")
            ]  # fmt: skip
            if outside:
                mean, _ = some.predict([dual.counted for dual in outside])
                errors += np.abs(mean - [dual.difference for dual in outside]).tolist()
        if errors:
            told.append((size, float(np.mean(errors))))
    return told


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
