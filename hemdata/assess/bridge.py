"""Fits a bridge between two levels from molecules that are labelled at both on the same geometries."""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from hemdata.assess.duals import Dual, of_bonds, shown, up_to
from hemdata.assess.judged_bridge import Errors, Judged, Stage
from hemdata.bridges.bridge import Bridge
from hemdata.bridges.labels import digest
from hemdata.bridges.linear import Floats, LeftOut, Linear, Terms, fit, kernels, likelihood
from hemdata.errors import DataError
from hemdata.identity.bond_types import Kind, kind_of
from hemdata.levels import level
from hemdata.processes import one_thread

FURTHER: tuple[Kind, ...] = ("distance", "environment", "ring", "element")
"""Kinds of terms that are tried beside bond types, in this order."""
START = {"bond": 2.0, "distance": 1.0, "ring": 0.5, "environment": 0.2, "element": 2.0}
NOISE = 0.3
PAYS = 0.97
"""A stage is kept where the error on molecules left out falls below this share of the error before."""
COVERED = 0.95
FEWEST = 3
"""Molecules that must show a bond type before others of that type are converted."""
FEWEST_JUDGED = 19
"""Different molecules that must be judged: with fewer, no rank among them stands for 95 %."""
MORE_LABELS = "Label more molecules at both levels; `hemdata select SET --for SET --by bonds` chooses them."
CURVE_DRAWS = 10
Bools = npt.NDArray[np.bool_]


def bridge(
    a: str, b: str, found: Sequence[Dual], left_out: Counter[str] | None = None, max_heavy: int | None = None
) -> Judged:
    """Fit the difference of two levels: bonds first, each further kind of term only where it lessens the error.

    Args:
        max_heavy: fit to molecules of so many heavy atoms at most, and judge the fit on the larger ones as well.

    Raises:
        DataError: if there are fewer molecules than bond types, too few for a 95 % interval, or the two levels are one.
    """
    if level(a).hash == level(b).hash:
        raise DataError("The two levels are one.", got=f"{a} and {b}", fix="Name two levels.")
    left_out = Counter() if left_out is None else left_out
    found, beyond = up_to(found, max_heavy)
    _refuse_too_few(found)
    with one_thread():
        return _judged(a, b, found, beyond, left_out)


def _refuse_too_few(found: Sequence[Dual]) -> None:
    bonds = {term for dual in found for term in dual.counted if kind_of(term) == "bond"}
    graphs = {dual.graph for dual in found}
    if len(graphs) <= len(bonds):
        raise DataError(
            "There are no more molecules than bond types.",
            expected=f"more than {len(bonds)} molecules",
            got=f"{len(graphs)}",
            fix=f"{MORE_LABELS} Or allow larger ones (--max-heavy).",
        )


def _judged(a: str, b: str, found: list[Dual], beyond: Sequence[Dual], left_out: Counter[str]) -> Judged:
    graphs = [dual.graph for dual in found]
    values = np.array([dual.difference for dual in found])
    counted = [dual.counted for dual in found]
    there = {kind_of(term) for each in counted for term in each}
    known = {term: number for term, number in sorted(shown(found).items()) if number >= FEWEST}
    at = _convertible(found, known, left_out)
    kinds, linear, left = _stage(counted, values, ("bond",), graphs)
    stages = [Stage(kinds, left.error(at), True)]
    for kind in FURTHER:
        if kind in there:
            more, wider, its = _stage(counted, values, (*kinds, kind), graphs)
            pays = its.error(at) < PAYS * left.error(at)
            stages.append(Stage(more, its.error(at), pays))
            if pays:
                kinds, linear, left = more, wider, its
    scores = (np.abs(left.residual) / left.deviation)[at]
    made = Bridge(
        a, b, level(a).hash, level(b).hash, linear, known, factor(scores), digest(found), len(found),
        max(dual.n_heavy for dual in found),
    )  # fmt: skip
    judged = [dual for dual, judge in zip(found, at, strict=True) if judge]
    others = np.array([factor(scores[[other.graph != dual.graph for other in judged]]) for dual in judged])
    return Judged(
        judged, left.residual[at], others * left.deviation[at], _by_composition(found, values, graphs)[at],
        found, made, stages, _curve(found, linear, graphs), left_out, _on_larger(made, found, beyond, left_out),
    )  # fmt: skip


def _convertible(found: Sequence[Dual], known: Collection[str], left_out: Counter[str]) -> Bools:
    """Which molecules a bridge of these bond types converts, and so is judged on; the others are counted."""
    at = np.array([of_bonds(dual, known) for dual in found])
    if not at.any():
        raise DataError(
            "No molecule has bond types alone that enough molecules show.",
            expected=f"{FEWEST} molecules of each bond type",
            fix=MORE_LABELS,
        )
    judged = {dual.graph for dual, judge in zip(found, at, strict=True) if judge}
    if len(judged) < FEWEST_JUDGED:
        raise DataError(
            "Too few molecules to tell how wide a 95 % interval is.",
            expected=f"at least {FEWEST_JUDGED} different molecules with bond types that {FEWEST} or more of them show",
            got=f"{len(judged)}",
            fix=MORE_LABELS,
        )
    if scarce := int((~at).sum()):
        left_out[f"with a bond type that fewer than {FEWEST} molecules show (fitted, but not judged)"] += scarce
    return at


def _on_larger(made: Bridge, found: Sequence[Dual], beyond: Sequence[Dual], left_out: Counter[str]) -> Errors | None:
    """Errors on molecules beyond the fit; those whose bond types it does not know are counted in `left_out`."""
    known = [dual for dual in beyond if of_bonds(dual, made.shown)]
    if unknown := len(beyond) - len(known):
        left_out["larger, with a bond type outside the bridge"] += unknown
    if not known:
        return None
    values = np.array([dual.difference for dual in known])
    mean, deviation = made.linear.predict([dual.counted for dual in known])
    counts, counts_known = (_element_counts(each, found) for each in (found, known))
    composition = np.linalg.lstsq(counts, np.array([dual.difference for dual in found]), rcond=None)[0]
    return Errors(known, values - mean, made.factor * deviation, values - counts_known @ composition)


def _stage(
    counted: Sequence[Terms], values: Floats, kinds: tuple[Kind, ...], graphs: Sequence[str]
) -> tuple[tuple[Kind, ...], Linear, LeftOut]:
    scales, noise = tuned(counted, values, kinds)
    linear, left = fit(counted, values, scales, noise, graphs)
    return kinds, linear, left


def tuned(counted: Sequence[Terms], values: Floats, kinds: Sequence[Kind]) -> tuple[dict[Kind, float], float]:
    """Scales of some kinds of terms, and the noise, that make the values most likely (type II maximum likelihood)."""
    from scipy.optimize import minimize

    alike = kernels(counted, kinds)

    def unlikely(logarithms: Floats) -> tuple[float, Floats]:
        scales = dict(zip(kinds, np.exp(logarithms[1:]), strict=True))
        told, slopes = likelihood(alike, values, scales, float(np.exp(logarithms[0])))
        return -told, -slopes

    start = np.log([NOISE, *(START[kind] for kind in kinds)])
    bounds = [(np.log(0.02), np.log(5.0)), *([(np.log(1e-3), np.log(20.0))] * len(kinds))]
    to_the_end = {"ftol": 1e-14, "gtol": 1e-7}  # else where it stops hangs on the last bit of a sum
    found = np.exp(minimize(unlikely, start, jac=True, method="L-BFGS-B", bounds=bounds, options=to_the_end).x)
    return {kind: float(scale) for kind, scale in zip(kinds, found[1:], strict=True)}, float(found[0])


def factor(scores: Floats) -> float:
    """What 95 % of new scores stay below, by the rank that n others leave (split-conformal quantile)."""
    rank = int(np.ceil(COVERED * (len(scores) + 1)))
    return float(np.sort(scores)[min(rank, len(scores)) - 1])


def _by_composition(found: Sequence[Dual], values: Floats, graphs: Sequence[str]) -> Floats:
    """Residuals of a fit linear in the element counts, each molecule left out in turn."""
    counts = _element_counts(found, found)
    residual = np.empty(len(values))
    for graph in set(graphs):
        held = np.array([g == graph for g in graphs])
        residual[held] = values[held] - counts[held] @ np.linalg.lstsq(counts[~held], values[~held], rcond=None)[0]
    return residual


def _element_counts(of: Sequence[Dual], found: Sequence[Dual]) -> Floats:
    """(molecules, elements) atoms of each element that a fit's molecules have."""
    names = sorted({symbol for dual in found for symbol in dual.symbols})
    return np.array([[dual.symbols[name] for name in names] for dual in of], dtype=np.float64)


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
            some, _ = fit(
                [dual.counted for dual in inside], np.array([d.difference for d in inside]), linear.scales, linear.noise
            )
            known = set(some.terms)
            outside = [dual for dual in found if dual.graph not in chosen and of_bonds(dual, known)]
            if outside:
                mean, _ = some.predict([dual.counted for dual in outside])
                errors += np.abs(mean - [dual.difference for dual in outside]).tolist()
        if errors:
            told.append((size, float(np.mean(errors))))
    return told
