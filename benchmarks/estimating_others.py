"""What `hemdata label --dry-run` tells of molecules that are not labelled yet, against what their labels then take.

Usage: python benchmarks/estimating_others.py DATA WORKERS SET[=N] ...

Of each SET so many molecules more than DATA's label store holds are estimated from the store's own timings, and then
labelled into a copy of the store: N in all, of the sample that `hemdata label SET -n N --without test-groups` takes, or
the whole set. DATA itself stays as it is. Told are seconds of one core.
"""

import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from hemdata.catalog import TEST_GROUPS
from hemdata.label.asked import Asked
from hemdata.label.dataset import label_set, plan_labels
from hemdata.label.how import Files, How
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.where import Where


def main() -> None:
    data, workers = Path(sys.argv[1]), int(sys.argv[2])
    for word in sys.argv[3:]:
        name, _, number = word.partition("=")
        asked = Asked(name, int(number), without=[TEST_GROUPS]) if number else Asked(name)
        with tempfile.TemporaryDirectory() as place:
            files = Files(data, Path(place) / "labels.sqlite", Path(place) / "set")
            copy(data / "labels.sqlite", files.labels)
            told = plan_labels(asked, How(), files)
            before = finished(files.labels)
            label_set(asked, How(), Where(workers), files=files)
            took = [seconds for key, seconds in finished(files.labels).items() if key not in before]
        due = sum(stage.asked - stage.finished for stage in told.stages)
        timings = min(stage.timings for stage in told.stages)
        inside = "holds it" if told.low <= sum(took) <= told.high else "does not hold it"
        print(
            f"{word}: {due} molecules from {timings:,} timings, {told.seconds:.1f} s ({told.low:.1f} to "
            f"{told.high:.1f}); took {sum(took):.1f} s ({len(took)} results): estimate off by "
            f"{100 * (told.seconds / sum(took) - 1):+.0f} %, the interval {inside}",
            flush=True,
        )


def copy(store: Path, to: Path) -> None:
    """A copy of a store that others may be reading."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as here, closing(sqlite3.connect(to)) as there:
        here.backup(there)


def finished(store: Path) -> dict[str, float]:
    """Seconds of each result."""
    with LabelStore(store, read_only=True) as its:
        return {result.key: float(result.provenance.get("seconds") or 0.0) for result in its}


if __name__ == "__main__":
    main()
