"""Analysis of variance: how much of the models' error the training set decides, how much the network, group and seed.

The response is the logarithm of a model's MAE on a group; factors are training set, network, training size (where the
models fill a cross of several) and group, and seeds are the repeats. On the logarithm a set that halves every error has
no interaction with the rest. Each effect's part is its mean square over the cells, freed of the noise that molecules
and seeds put into it, so that an effect that is not there has a share around zero; a share is a part over the sum of
all parts, the seeds' own among them.

Known weakness: seeds are drawn apart for every model. Where the networks of a set share a seed's luck (its split), the
intervals of the set's and the group's shares of the whole cover 77 to 89 times in 100 instead of 95; those of what the
choice of a model decides hold (tests/analysis/test_variance.py). `shared_luck_p` tells whether the seeds look like
that. With groups of fewer than `statistics.FEW` molecules the intervals are too short, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from hemdata.analysis import statistics
from hemdata.analysis.cross import cross_of
from hemdata.analysis.matrix import ErrorMatrix
from hemdata.analysis.statistics import FloatArray
from hemdata.errors import DataError

FACTORS = ("training set", "network", "training size", "group")
CHOSEN = FACTORS[:-1]
SEED = "seed"
BETWEEN = " × "
TOGETHER = "only together"


@dataclass(frozen=True)
class Variance:
    """What decides the error, in shares between 0 and 1; `_low` and `_high` are the ends of 95 % intervals.

    Attributes:
        effects: every factor and interaction: degrees of freedom, sum of squares, F and p of the classical analysis
            (NaN with one seed), share of the whole variance.
        drivers: of the variance that the choice of a model decides (all but the group's own and the seed's), what each
            factor that is chosen decides, alone and by group, and what only several together do; empty with one factor.
        sets, networks, sizes, groups: the levels of the factors; one size is the largest of each model. A group of one
            molecule is none of them.
        left_out: networks, sets and sizes that do not fill the cross.
        seeds: repeats of each cell.
        shared_luck_p: p of an F test that the networks of a set share a seed's luck; NaN where it cannot be told.
    """

    effects: pd.DataFrame
    drivers: pd.DataFrame
    sets: tuple[str, ...]
    networks: tuple[str, ...]
    sizes: tuple[int, ...]
    groups: tuple[str, ...]
    left_out: tuple[str, ...]
    seeds: int
    shared_luck_p: float

    @property
    def factors(self) -> tuple[str, ...]:
        """Those of two levels or more."""
        return tuple(effect for effect in self.effects["effect"] if effect in FACTORS)


def anova(y: FloatArray, factors: Sequence[str]) -> pd.DataFrame:
    """Classical balanced analysis of variance with fixed effects and all interactions.

    Args:
        y: one axis a factor, the last axis the repeats.
        factors: names of the axes.

    Returns:
        effect, degrees_of_freedom, sum_of_squares, f, p; the last row is the residual, "seed".
    """
    from scipy.stats import f as f_distribution

    n = y.shape[-1]
    squares = {effect: value * y.size for effect, value in _mean_squares(y.mean(-1), factors).items()}
    rest = float(((y - y.mean(-1, keepdims=True)) ** 2).sum())
    free = y.size // n * (n - 1)
    levels = dict(zip(factors, y.shape[:-1], strict=True))
    lines = []
    for effect, value in squares.items():
        own = int(np.prod([levels[name] - 1 for name in effect.split(BETWEEN)]))
        f = float(value) / own / (rest / free) if free and rest > 0 else float("nan")
        lines.append((effect, own, float(value), f, float(f_distribution.sf(f, own, free)) if free else float("nan")))
    lines.append((SEED, free, rest, float("nan"), float("nan")))
    return pd.DataFrame(lines, columns=["effect", "degrees_of_freedom", "sum_of_squares", "f", "p"])


def explained(matrix: ErrorMatrix, *, resamples: int = statistics.RESAMPLES, seed: int = 0) -> Variance:
    """Shares of training set, network, training size, group, their interactions and the seed, with intervals.

    Molecules are resampled with replacement, the same for all models; groups of one molecule, whose noise nobody knows,
    take no part. A model's seeds move together over the
    groups and are drawn apart from those of other models; their spread is taken from all models together, and is itself
    uncertain by its degrees of freedom. Networks count, not baselines (unless there is no network).

    Args:
        matrix: with every size of its models if the size is to be a factor.
        resamples, seed: of the bootstrap.

    Raises:
        DataError: if fewer than two of the models fill a cross, or every group has one molecule.
    """
    matrix = _of_several_molecules(matrix)
    cross = cross_of(matrix)
    levels = (*cross.index.shape, len(matrix.groups))
    factors = [factor for factor, n in zip(FACTORS, levels, strict=True) if n > 1]
    shape = tuple(n for n in levels if n > 1)
    errors = [group[cross.index.ravel()][:, list(cross.seeds)] for group in matrix.absolute]
    y = np.stack([_log(group.mean(-1)) for group in errors], axis=-1)  # (models, seeds, groups)

    def cells(by_model: FloatArray) -> FloatArray:  # (..., models, groups) with an axis a factor
        return by_model.reshape(*by_model.shape[:-2], *shape)

    table = anova(np.moveaxis(cells(np.moveaxis(y, 1, 0)), 0, -1), factors)
    drawn = _drawn(errors, y, resamples, seed)
    found, plain, wide = (_mean_squares(cells(of), factors) for of in (y.mean(1), drawn.plain, drawn.wide))
    noise = {effect: plain[effect].mean() - found[effect] for effect in factors_of(factors)}
    parts = {effect: np.maximum(found[effect] - noise[effect], 0.0) for effect in noise} | {SEED: drawn.seed_variance}
    draws = {effect: np.maximum(wide[effect] - 2 * noise[effect], 0.0) for effect in noise} | {SEED: drawn.seed_draws}
    shares = [_share(parts, draws, (effect,), tuple(parts)) for effect in parts]
    effects = table.assign(share=[s[0] for s in shares], share_low=[s[1] for s in shares],
                           share_high=[s[2] for s in shares])  # fmt: skip
    drivers = [
        (driver, *_share(parts, draws, of, tuple(effect for effect in noise if effect != "group")))
        for driver, of in _drivers(factors).items()
    ]
    by_seed = y.mean(-1).reshape(*cross.index.shape, len(cross.seeds))  # (sets, networks, sizes, seeds)
    by_seed = np.moveaxis(by_seed, 2, 1).reshape(-1, len(cross.networks), len(cross.seeds))
    return Variance(
        effects, pd.DataFrame(drivers, columns=["driver", "share", "share_low", "share_high"]), cross.sets,
        cross.networks, cross.sizes, matrix.groups, cross.left_out, len(cross.seeds), shared_luck_p(by_seed),
    )  # fmt: skip


def _of_several_molecules(matrix: ErrorMatrix) -> ErrorMatrix:
    """The matrix without its groups of one molecule."""
    kept = [g for g, errors in enumerate(matrix.absolute) if errors.shape[-1] > 1]
    if not kept:
        raise DataError(
            "Every test group has one molecule, so that the noise that molecules put into the errors is not known.",
            where=", ".join(matrix.groups),
            expected="two molecules of a group at least",
            fix="Give groups of more molecules.",
        )
    of_group = {name: tuple(getattr(matrix, name)[g] for g in kept) for name in ErrorMatrix.OF_GROUP}
    return replace(matrix, **of_group)


def _drivers(factors: Sequence[str]) -> dict[str, list[str]]:
    """The effects of each factor that is chosen, and of several together; none where less than two are."""
    of: dict[str, list[str]] = {factor: [] for factor in factors if factor in CHOSEN}
    if len(of) < 2:
        return {}
    of[TOGETHER] = []
    for effect in factors_of(factors):
        within = [factor for factor in effect.split(BETWEEN) if factor in CHOSEN]
        if within:
            of[within[0] if len(within) == 1 else TOGETHER].append(effect)
    return of


def shared_luck_p(y: FloatArray) -> float:
    """p of the F test of seed within set against the networks' own noise; y is (sets at a size, networks, seeds)."""
    from scipy.stats import f

    n_sets, n_networks, n_seeds = y.shape
    if n_networks < 2 or n_seeds < 2:
        return float("nan")
    apart = y - y.mean(2, keepdims=True)
    shared = apart.mean(1, keepdims=True)
    free = n_sets * (n_seeds - 1)
    between = n_networks * float((shared**2).sum()) / free
    within = float(((apart - shared) ** 2).sum()) / (free * (n_networks - 1))
    return float(f.sf(between / within, free, free * (n_networks - 1))) if within > 0 else float("nan")


def factors_of(factors: Sequence[str]) -> list[str]:
    """Every effect of some factors: each alone, then interactions."""
    return [BETWEEN.join(names) for k in range(1, len(factors) + 1) for names in combinations(factors, k)]


def _mean_squares(y: FloatArray, factors: Sequence[str]) -> dict[str, FloatArray]:
    """Mean over the cells of each effect's square; the factors are the last axes of y."""
    n = len(factors)
    effects: dict[tuple[int, ...], FloatArray] = {(): y.mean(axis=tuple(range(-n, 0)), keepdims=True)}
    found = {}
    for k in range(1, n + 1):
        for names in combinations(range(n), k):
            over = tuple(axis - n for axis in range(n) if axis not in names)
            effect = y.mean(axis=over, keepdims=True) if over else y
            for smaller in range(k):
                for part in combinations(names, smaller):
                    effect = effect - effects[part]
            effects[names] = effect
            found[BETWEEN.join(factors[i] for i in names)] = np.asarray((effect**2).mean(axis=tuple(range(-n, 0))))
    return found


@dataclass(frozen=True)
class _Drawn:
    """Resampled cell means (n_resamples, models, groups), the seeds' noise as wide as seen and as uncertain."""

    plain: FloatArray
    wide: FloatArray
    seed_variance: FloatArray
    seed_draws: FloatArray


def _drawn(errors: Sequence[FloatArray], y: FloatArray, resamples: int, seed: int) -> _Drawn:
    rng = np.random.default_rng(seed)
    n_models, n_seeds, n_groups = y.shape
    cells = np.empty((resamples, n_models, n_groups))
    for g, group in enumerate(errors):
        n = group.shape[-1]
        counts = rng.multinomial(n - 1, np.full(n, 1 / n), resamples) / (n - 1)
        by_seed = counts @ group.reshape(-1, n).T  # (n_resamples, models * seeds)
        cells[..., g] = _log(by_seed).reshape(resamples, n_models, n_seeds).mean(-1)
    if n_seeds < 2:
        return _Drawn(cells, cells, np.zeros(()), np.zeros(resamples))
    apart = y - y.mean(1, keepdims=True)
    free = n_models * (n_seeds - 1)
    z = rng.standard_normal((resamples, n_models, n_seeds))
    z -= z.mean(-1, keepdims=True)
    noise = np.einsum("rms,msg->rmg", z, apart) / np.sqrt(n_seeds * (n_seeds - 1))
    stretch = free / rng.chisquare(free, resamples)
    variance = np.asarray((apart**2).sum() / (free * n_groups))
    wide = cells + noise * np.sqrt(stretch)[:, None, None]
    return _Drawn(cells + noise, wide, variance, variance * stretch)


def _share(
    parts: dict[str, FloatArray], draws: dict[str, FloatArray], of: Sequence[str], whole: Sequence[str]
) -> tuple[float, float, float]:
    """Share of some effects in some others, and its interval; NaN where there is no variance at all."""
    total, totals = sum(parts[effect] for effect in whole), np.sum([draws[effect] for effect in whole], axis=0)
    own, owns = sum(parts[effect] for effect in of), np.sum([draws[effect] for effect in of], axis=0)
    if not total > 0:
        return float("nan"), float("nan"), float("nan")
    low, high = statistics.interval(np.divide(owns, totals, out=np.zeros_like(totals), where=totals > 0))
    return float(own / total), float(low), float(high)


def _log(values: FloatArray) -> FloatArray:
    return np.log(np.maximum(values, np.finfo(float).tiny))
