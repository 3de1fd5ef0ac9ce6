"""The results of a run: the whole analysis of a study's rows, computed once and kept as rows beside them.

    RUN/results/<table>.parquet     as schemas/results/<table>.yaml says
    RUN/results/results.json        what they were computed from, by hash; written last

Where rows, models, labels or the number of resamples are others than they were, all is computed anew.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

from hemdata.analysis import statistics
from hemdata.analysis.kept import Kept, keep, kept, sources, typed
from hemdata.analysis.matrix import error_matrix, judged_by_all
from hemdata.analysis.published import published_table
from hemdata.analysis.reasons.every import RESAMPLES as REASON_RESAMPLES
from hemdata.analysis.reasons.every import Reasons, largest_trained, reasons_of
from hemdata.analysis.reasons.labels.bridge import bridged_sets
from hemdata.analysis.tables import Tables, errors_with_overlap, study_tables
from hemdata.analysis.variance import Variance, explained
from hemdata.errors import DataError
from hemdata.study.rows import Rows, read_rows

TABLES = {
    "mae": "errors", "summary": "summary", "comparisons": "comparisons", "baselines": "baselines", "leaks": "overlap",
    "in_distribution": "in_distribution", "curves": "curves", "molecules": "molecules", "by_size": "by_size",
    "by_training_size": "training_size", "ranks": "rank_stability",
    "not_compared": "not_compared",
}  # fmt: skip
REASONS = {
    "parts": "parts", "per_element": "per_element", "cured": "references", "seeds": "seed_noise", "size": "size",
    "environments": "environments", "set_against_set": "set_against_set", "functional_groups": "functional_groups",
    "leaks": "leaks", "leaked": "leaked_molecules", "geometry": "geometry", "level": "level",
    "published_level": "published_level", "carriers": "carriers", "bridge": "bridge",
}  # fmt: skip
VARIANCE = {"effects": "variance", "drivers": "drivers"}
OVERLAP = "errors_with_overlap"


@dataclass(frozen=True)
class Results:
    """Everything that a page, a figure or a table of a study is drawn from.

    Attributes:
        folder: of the run.
        rows: of the study.
        tables: without the molecules found in a training set.
        overlap: the errors with them; None where there is none.
        reasons: why the models err.
        variance: what decides the error; None where the models form no cross of sets and networks.
        resamples: of the bootstrap.
    """

    folder: Path
    rows: Rows
    tables: Tables
    overlap: pd.DataFrame | None
    reasons: Reasons
    variance: Variance | None
    resamples: int

    @classmethod
    def of(cls, run: Path, *, data: Path = Path("data"), resamples: int = statistics.RESAMPLES) -> "Results":
        """The results of a run: read where they are kept and still hold, else computed and kept.

        Where the run's folder cannot be written, they are computed each time.

        Args:
            run: holds cells/<cell>/{predictions,curves,cell}.parquet.
            data: folder of labelled sets, for test groups labelled at two levels or on two geometries.
            resamples: of the bootstrap; those of the reasons are fewer.

        Raises:
            CallError: no study in the folder.
            DataError: rows that are broken.
        """
        rows = read_rows(run)
        made_from = sources(run, data, resamples)
        found = kept(run, made_from)
        if found is None:
            found = _computed(run, rows, data, resamples)
            try:
                keep(run, found, made_from)
            except OSError as error:
                if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                    raise
        return _assembled(run, rows, found, resamples)

    @property
    def study(self) -> str:
        """The study's name."""
        return str(self.rows.cells["study"][0])

    def frames(self) -> dict[str, pd.DataFrame]:
        """Every table by its name in schemas/results/; those without rows too."""
        found = {name: getattr(self.tables, field) for field, name in TABLES.items()}
        found |= {name: getattr(self.reasons, field) for field, name in REASONS.items()}
        if self.variance is not None:
            found |= {name: getattr(self.variance, field) for field, name in VARIANCE.items()}
        return found if self.overlap is None else found | {OVERLAP: self.overlap}


def _computed(run: Path, rows: Rows, data: Path, resamples: int) -> Kept:
    tables = study_tables(rows, resamples=resamples)
    rows = replace(rows, predictions=judged_by_all(rows.predictions)[0])
    published = published_table()
    beside = not set(published["network"]).isdisjoint(tables.mae["network"])  # as the page shows it
    why = reasons_of(
        rows,
        largest=largest_trained(run, rows),
        published=published if beside else None,
        bridged=bridged_sets(run, rows.cells),
        data=data,
        run=run,
        resamples=min(resamples, REASON_RESAMPLES),
    )
    frames = {name: getattr(tables, field) for field, name in TABLES.items()}
    frames |= {name: getattr(why, field) for field, name in REASONS.items()}
    if tables.leaked_rows:
        frames[OVERLAP] = errors_with_overlap(rows, resamples=resamples)
    facts: dict[str, Any] = {"leaked_rows": tables.leaked_rows}
    try:
        variance = explained(error_matrix(rows.predictions, every_size=True), resamples=resamples)
    except DataError:  # one set, or models that form no cross
        variance = None
    if variance is not None:
        frames |= {name: getattr(variance, field) for field, name in VARIANCE.items()}
        facts["variance"] = {
            each.name: getattr(variance, each.name) for each in fields(Variance) if each.name not in VARIANCE
        }
    return typed(frames, facts)


def _assembled(run: Path, rows: Rows, found: Kept, resamples: int) -> Results:
    frames = {name: table.to_pandas() for name, table in found.tables.items()}
    leaked_rows = int(found.facts["leaked_rows"])
    own = found.facts.get("variance")
    return Results(
        folder=run,
        rows=rows,
        tables=Tables(**_fields(TABLES, frames), with_overlap=False, leaked_rows=leaked_rows),
        overlap=frames[OVERLAP] if leaked_rows else None,
        reasons=Reasons(**_fields(REASONS, frames)),
        variance=None if own is None else Variance(**_fields(VARIANCE, frames), **_facts(own)),
        resamples=resamples,
    )


def _fields(names: Mapping[str, str], frames: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    return {field: frames[name] for field, name in names.items()}


def _facts(own: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON gives them back: lists for tuples, null for NaN."""
    facts = {name: tuple(value) if isinstance(value, list | tuple) else value for name, value in own.items()}
    return facts | {"shared_luck_p": float("nan") if own["shared_luck_p"] is None else own["shared_luck_p"]}
