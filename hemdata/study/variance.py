"""Analysis of variance: how much of the models' error the training set decides, how much the network, group and seed.

The response is the logarithm of a model's MAE on a group; factors are training set, network and group, and seeds are
the repeats. On the logarithm a set that halves every error has no interaction with the rest. Each effect's part is its
mean square over the cells, freed of the noise that molecules and seeds put into it, so that an effect that is not there
has a share around zero; a share is a part over the sum of all parts, the seeds' own among them.

Known weakness: seeds are drawn apart for every model. Where the networks of a set share a seed's luck (its split), the
intervals of the set's and the group's shares of the whole cover 77 to 89 times in 100 instead of 95; those of what the
choice of a model decides hold (tests/study/test_variance.py). `shared_luck_p` tells whether the seeds look like that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from hemdata.errors import DataError
from hemdata.study import statistics
from hemdata.study.matrix import ErrorMatrix
from hemdata.study.statistics import FloatArray

FACTORS = ("training set", "network", "group")
SEED = "seed"
BETWEEN = " × "
DRIVERS = {
    "training set": ("training set", "training set × group"),
    "network": ("network", "network × group"),
    "both together": ("training set × network", "training set × network × group"),
}


@dataclass(frozen=True)
class Variance:
    """What decides the error, in shares between 0 and 1; `_low` and `_high` are the ends of 95 % intervals.

    Attributes:
        effects: every factor and interaction: degrees of freedom, sum of squares, F and p of the classical analysis
            (NaN with one seed), share of the whole variance.
        drivers: of the variance that the choice of a model decides (all but the group's own and the seed's), what the
            training set decides (alone and by group), the network, and only both together; empty with one of either.
        sets, networks, groups: the levels of the factors.
        left_out: networks and sets that do not fill the cross.
        seeds: repeats of each cell.
        shared_luck_p: p of an F test that the networks of a set share a seed's luck; NaN where it cannot be told.
    """

    effects: pd.DataFrame
    drivers: pd.DataFrame
    sets: tuple[str, ...]
    networks: tuple[str, ...]
    groups: tuple[str, ...]
    left_out: tuple[str, ...]
    seeds: int
    shared_luck_p: float


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
    """Shares of training set, network, group, their interactions and the seed, with intervals.

    Molecules are resampled as in `statistics.resample`, the same for all models. A model's seeds move together over the
    groups and are drawn apart from those of other models; their spread is taken from all models together, and is itself
    uncertain by its degrees of freedom. Networks count, not baselines (unless there is no network).

    Raises:
        DataError: if fewer than two of the models fill a cross of sets and networks.
    """
    cross = _cross(matrix)
    sets, networks, seeds, index = cross.sets, cross.networks, cross.seeds, cross.index
    names = (sets, networks, matrix.groups)
    kept = [axis for axis, levels in enumerate(names) if len(levels) > 1]
    factors = [FACTORS[axis] for axis in kept]
    errors = [group[index][:, :, list(seeds)] for group in matrix.absolute]  # (sets, networks, seeds, molecules)

    def cells(by_seed: FloatArray) -> FloatArray:  # (..., sets, networks, groups), without factors of one level
        one = tuple(axis - 3 for axis in range(3) if axis not in kept)
        return by_seed.squeeze(axis=one) if one else by_seed

    y = np.stack([_log(group.mean(-1)) for group in errors], axis=-1)  # (sets, networks, seeds, groups)
    table = anova(np.moveaxis(cells(np.moveaxis(y, 2, 0)), 0, -1), factors)
    drawn = _drawn(errors, y, resamples, seed)
    found = _mean_squares(cells(y.mean(2)), factors)
    plain = _mean_squares(cells(drawn.plain), factors)
    wide = _mean_squares(cells(drawn.wide), factors)
    noise = {effect: plain[effect].mean() - found[effect] for effect in factors_of(factors)}
    parts = {effect: np.maximum(found[effect] - noise[effect], 0.0) for effect in noise} | {SEED: drawn.seed_variance}
    draws = {effect: np.maximum(wide[effect] - 2 * noise[effect], 0.0) for effect in noise} | {SEED: drawn.seed_draws}
    shares = [_share(parts, draws, (effect,), tuple(parts)) for effect in parts]
    effects = table.assign(share=[s[0] for s in shares], share_low=[s[1] for s in shares],
                           share_high=[s[2] for s in shares])  # fmt: skip
    drivers = []
    if {"training set", "network"} <= set(factors):
        choice = tuple(effect for effect in noise if effect != "group")
        for driver, of in DRIVERS.items():
            value, low, high = _share(parts, draws, tuple(effect for effect in of if effect in parts), choice)
            drivers.append({"driver": driver, "share": value, "share_low": low, "share_high": high})
    columns = ["driver", "share", "share_low", "share_high"]
    return Variance(
        effects,
        pd.DataFrame(drivers, columns=columns),
        sets,
        networks,
        matrix.groups,
        cross.left_out,
        len(seeds),
        shared_luck_p(y.mean(-1)),
    )


def shared_luck_p(y: FloatArray) -> float:
    """p of the F test of seed within set against the networks' own seed noise; y is (sets, networks, seeds)."""
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
class _Cross:
    """Models that form a full cross: their indices (sets, networks), and the seeds that all of them have."""

    sets: tuple[str, ...]
    networks: tuple[str, ...]
    seeds: tuple[int, ...]
    index: np.ndarray
    left_out: tuple[str, ...]


def _cross(matrix: ErrorMatrix) -> _Cross:
    """The networks with the most sets, the sets that all of these have, the seeds that all of these models have."""
    networks_only = [i for i, model in enumerate(matrix.models) if not model.is_baseline]
    chosen = networks_only or list(range(len(matrix.models)))
    whole = [i for i in chosen if all((~np.isnan(group[i]).all(-1)).any() for group in matrix.absolute)]
    by_network: dict[str, dict[str, int]] = {}
    for i in whole:
        by_network.setdefault(matrix.models[i].network, {})[matrix.models[i].training_set] = i
    most = max((len(sets) for sets in by_network.values()), default=0)
    networks = tuple(sorted(name for name, sets in by_network.items() if len(sets) == most))
    sets = tuple(sorted(set.intersection(*(set(by_network[name]) for name in networks)))) if networks else ()
    if len(sets) * len(networks) < 2:
        raise DataError(
            "The models form no cross of training sets and networks, so there is nothing whose variance can be shared.",
            expected="two training sets, or two networks, tested on every group",
            got=f"{len(networks)} networks with {most} sets",
        )
    index = np.array([[by_network[name][training_set] for name in networks] for training_set in sets])
    there = np.all([~np.isnan(group[index]).all(-1) for group in matrix.absolute], axis=(0, 1, 2))
    seeds = tuple(int(i) for i in np.flatnonzero(there))
    if not seeds:
        raise DataError("The models share no seed.", expected="one seed at least that all of them have")
    names = {matrix.models[i].network for i in chosen} - set(networks)
    left = {matrix.models[i].training_set for i in chosen} - set(sets)
    return _Cross(sets, networks, seeds, index, tuple(sorted(names | left)))


@dataclass(frozen=True)
class _Drawn:
    """Resampled cell means (n_resamples, sets, networks, groups), the seeds' noise as wide as seen and as uncertain."""

    plain: FloatArray
    wide: FloatArray
    seed_variance: FloatArray
    seed_draws: FloatArray


def _drawn(errors: Sequence[FloatArray], y: FloatArray, resamples: int, seed: int) -> _Drawn:
    rng = np.random.default_rng(seed)
    n_sets, n_networks, n_seeds, n_groups = y.shape
    cells = np.empty((resamples, n_sets, n_networks, n_groups))
    for g, group in enumerate(errors):
        n = group.shape[-1]
        counts = rng.multinomial(max(n - 1, 1), np.full(n, 1 / n), resamples) / max(n - 1, 1)
        by_seed = counts @ group.reshape(-1, n).T  # (n_resamples, sets * networks * seeds)
        cells[..., g] = _log(by_seed).reshape(resamples, n_sets, n_networks, n_seeds).mean(-1)
    if n_seeds < 2:
        return _Drawn(cells, cells, np.zeros(()), np.zeros(resamples))
    apart = y - y.mean(2, keepdims=True)
    free = n_sets * n_networks * (n_seeds - 1)
    z = rng.standard_normal((resamples, n_sets, n_networks, n_seeds))
    z -= z.mean(-1, keepdims=True)
    noise = np.einsum("rtns,tnsg->rtng", z, apart) / np.sqrt(n_seeds * (n_seeds - 1))
    stretch = free / rng.chisquare(free, resamples)
    variance = np.asarray((apart**2).sum() / (free * n_groups))
    wide = cells + noise * np.sqrt(stretch)[:, None, None, None]
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
