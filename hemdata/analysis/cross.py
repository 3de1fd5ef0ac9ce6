"""The models of a study that form a full cross: every set with every network at every training size."""

from dataclasses import dataclass

import numpy as np

from hemdata.analysis.matrix import ErrorMatrix, Model, same_sizes
from hemdata.errors import DataError


@dataclass(frozen=True)
class Cross:
    """Models that form a full cross.

    Attributes:
        sets, networks: their names, sorted.
        sizes: training sizes, where all sets and networks share two or more; else one, the largest of all.
        seeds: indices of the seeds that all of these models have.
        index: of each model in the matrix, (sets, networks, sizes).
        left_out: networks, sets and sizes of other models.
    """

    sets: tuple[str, ...]
    networks: tuple[str, ...]
    sizes: tuple[int, ...]
    seeds: tuple[int, ...]
    index: np.ndarray
    left_out: tuple[str, ...]


def cross_of(matrix: ErrorMatrix) -> Cross:
    """The networks with the most sets, the sets that all of these have, the sizes and seeds that all of these have.

    Networks count, not baselines, unless there is no network. Where the sets share no two sizes, the largest size of
    each network and set stands for it.

    Raises:
        DataError: if fewer than two models form a cross, or they share no seed.
    """
    networks_only = [i for i, model in enumerate(matrix.models) if not model.is_baseline]
    chosen = networks_only or list(range(len(matrix.models)))
    whole = [i for i in chosen if all((~np.isnan(group[i]).all(-1)).any() for group in matrix.absolute)]
    counts_as = same_sizes(matrix.models[i].training_size for i in whole)
    at: dict[tuple[str, str], dict[int, int]] = {}  # network, set: size: model
    for i in whole:
        model = matrix.models[i]
        at.setdefault((model.network, model.training_set), {})[counts_as[model.training_size]] = i
    sets_of: dict[str, set[str]] = {}
    for network, training_set in at:
        sets_of.setdefault(network, set()).add(training_set)
    most = max(map(len, sets_of.values()), default=0)
    networks = tuple(sorted(network for network, sets in sets_of.items() if len(sets) == most))
    sets = tuple(sorted(set.intersection(*(sets_of[network] for network in networks)))) if networks else ()
    shared = set.intersection(*(set(at[network, name]) for network in networks for name in sets)) if sets else set()
    several = tuple(sorted(shared)) if len(shared) > 1 else ()
    if len(sets) * len(networks) * max(len(several), 1) < 2:
        raise DataError(
            "The models form no cross of training sets and networks, so there is nothing whose variance can be shared.",
            expected="two training sets, two networks or two training sizes, tested on every group",
            got=f"{len(networks)} networks with {most} sets",
        )
    index = np.array([
        [[at[network, name][size] for size in several or (max(at[network, name]),)] for network in networks]
        for name in sets
    ])  # fmt: skip
    there = np.all([~np.isnan(group[index]).all(-1) for group in matrix.absolute], axis=(0, 1, 2, 3))
    seeds = tuple(int(i) for i in np.flatnonzero(there))
    if not seeds:
        raise DataError("The models share no seed.", expected="one seed at least that all of them have")
    left = _others(
        [matrix.models[i] for i in chosen], networks, sets, {matrix.models[i].training_size for i in index.ravel()}
    )
    return Cross(sets, networks, several or (max(map(max, at.values())),), seeds, index, left)


def _others(models: list[Model], networks: tuple[str, ...], sets: tuple[str, ...], sizes: set[int]) -> tuple[str, ...]:
    names = {each for model in models for each in model[:2]} - set(networks) - set(sets)
    sizes = {model.training_size for model in models} - sizes
    return (*sorted(names), *(f"{size:,} molecules" for size in sorted(sizes)))
