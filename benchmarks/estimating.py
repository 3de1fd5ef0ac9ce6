"""What a label store's own timings would have told of the cost of others: one half of them predicts the rest.

For each level and kind of calculation, many times: the rate is fitted on a random half, as `hemdata label --dry-run`
fits it, and 200 others (or all, where there are fewer) are predicted; the sum of their true times is known.

Usage: python benchmarks/estimating.py STORE [--times N] [--molecules N]
"""

import argparse
from pathlib import Path

import numpy as np

from hemdata.label.calculation import Stage, Start, calculation_for
from hemdata.label.estimate import LEAST_TIMINGS, Rate
from hemdata.label.jobs import job_of
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.cost import cost
from hemdata.levels import level


def timings(store: LabelStore) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Relative costs and seconds of the finished calculations, by level and kind."""
    found: dict[str, tuple[list[float], list[float]]] = {}
    for result in store:
        job, seconds = job_of(result.provenance), result.provenance.get("seconds")
        if job is None or result.reason is not None or not seconds:
            continue
        stage = Stage(level(result.provenance["level"]), job)
        task = calculation_for(stage, None, 0, 1, Start(result.atomic_numbers, result.positions))
        costs, times = found.setdefault(f"{stage.level.name} {job.results}", ([], []))
        costs.append(cost(task, 0))
        times.append(seconds)
    return {name: (np.array(costs), np.array(times)) for name, (costs, times) in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(usage=__doc__.partition("Usage: ")[2])
    parser.add_argument("store", type=Path)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--molecules", type=int, default=200)
    given = parser.parse_args()
    with LabelStore(given.store, read_only=True) as store:
        for name, (costs, times) in timings(store).items():
            if len(costs) < 2 * LEAST_TIMINGS:
                continue
            random = np.random.default_rng(0)
            errors, inside = [], 0
            for _ in range(given.times):
                order = random.permutation(len(costs))
                half = len(order) // 2
                rate = Rate.fitted(costs[order[:half]], times[order[:half]])
                rest = order[half:][: given.molecules]
                true = times[rest].sum()
                low, high = np.percentile(rate.draws(costs[rest], random), [2.5, 97.5])
                inside += low <= true <= high
                errors.append(rate.seconds(costs[rest]).sum() / true - 1)
            apart = np.abs(errors)
            print(
                f"{name}: {half} timings predict {len(rest)}; off by {100 * np.median(apart):.0f} % in the median, "
                f"{100 * apart.max():.0f} % at most; {inside} of {given.times} intervals hold the truth"
            )


if __name__ == "__main__":
    main()
