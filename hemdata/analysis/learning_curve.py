"""Errors on molecules like those trained on, against the number of molecules trained on."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from hemdata.study.rows import read_rows


class Point(NamedTuple):
    """A network trained on so many molecules of a set.

    Attributes:
        network, training_set: their names.
        training_size: molecules that it was fitted on.
        seeds: how often it was fitted.
        mae_kcal_mol: mean absolute error on the test molecules of its own set, mean of the seeds.
        deviation_kcal_mol: standard deviation of that over the seeds; None for one seed.
        seconds: for one fit, mean of the seeds.
    """

    network: str
    training_set: str
    training_size: int
    seeds: int
    mae_kcal_mol: float
    deviation_kcal_mol: float | None
    seconds: float


def learning_curve(study_folder: Path) -> list[Point]:
    """The points of a study, network by network, the smallest training size first; errors as `read_rows`."""
    fits: dict[tuple[str, int, str], list[tuple[float, float]]] = {}
    for cell in read_rows(study_folder).cells.to_pylist():
        key = (cell["network"], cell["training_size"], cell["training_set"])
        fits.setdefault(key, []).append((cell["in_distribution_mae_kcal_mol"], cell["seconds"]))
    points = []
    for (network, size, name), found in sorted(fits.items()):
        errors, seconds = np.array(found).T
        spread = float(errors.std(ddof=1)) if len(errors) > 1 else None
        points.append(Point(network, name, size, len(errors), float(errors.mean()), spread, float(seconds.mean())))
    return points
