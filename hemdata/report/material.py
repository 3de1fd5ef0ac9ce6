"""What a report is made of: the rows of a study, its tables, reasons and analysis of variance, and words for names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hemdata.analysis import statistics
from hemdata.analysis.matrix import error_matrix
from hemdata.analysis.reasons.every import RESAMPLES as REASON_RESAMPLES
from hemdata.analysis.reasons.every import Reasons, largest_trained, reasons_of
from hemdata.analysis.tables import Tables, study_tables
from hemdata.analysis.variance import Variance, explained
from hemdata.errors import DataError, HemdataError
from hemdata.report.tables.layout import published_table
from hemdata.study.rows import Rows, read_rows

LABELS = {"dressed-atoms": "dressed atoms", "pair-distance-ridge": "pair-distance ridge"}


@dataclass(frozen=True)
class Material:
    """Everything that a page, a figure or a table of a study is drawn from.

    Attributes:
        rows: of the study.
        tables: without the molecules found in a training set.
        overlap: with them; None where there is none.
        reasons: why the models err.
        variance: what decides the error; None where the models form no cross of sets and networks.
        labels: words shown for networks, training sets and groups.
        resamples: of the bootstrap.
    """

    rows: Rows
    tables: Tables
    overlap: Tables | None
    reasons: Reasons
    variance: Variance | None
    labels: Mapping[str, str]
    resamples: int

    @property
    def study(self) -> str:
        """The study's name."""
        return str(self.rows.cells["study"][0])


def gather(
    study_folder: Path,
    *,
    labels: Mapping[str, str] | None = None,
    resamples: int = statistics.RESAMPLES,
    data: Path = Path("data"),
) -> Material:
    """Read a study's rows and compute all of it.

    Args:
        study_folder: holds cells/<cell>/{predictions,curves,cell}.parquet.
        labels: words for names, beside the titles of their cards.
        resamples: of the bootstrap; those of the reasons are fewer.
        data: the folder of labelled datasets, for test groups labelled at two levels.

    Raises:
        CallError: no study in the folder.
        DataError: rows that are broken.
    """
    rows = read_rows(study_folder)
    tables = study_tables(rows, resamples=resamples)
    published = published_table()
    beside = not set(published["network"]).isdisjoint(tables.mae["network"])  # as the page shows it
    why = reasons_of(
        rows,
        largest=largest_trained(study_folder, rows),
        published=published if beside else None,
        data=data,
        resamples=min(resamples, REASON_RESAMPLES),
    )
    return Material(
        rows=rows,
        tables=tables,
        overlap=study_tables(rows, with_overlap=True, resamples=resamples) if tables.leaked_rows else None,
        reasons=why,
        variance=_variance(rows, resamples),
        labels={**LABELS, **card_titles(rows), **(labels or {})},
        resamples=resamples,
    )


def _variance(rows: Rows, resamples: int) -> Variance | None:
    try:
        return explained(error_matrix(rows.predictions, every_size=True), resamples=resamples)
    except DataError:  # one set, or models that form no cross
        return None


def card_titles(rows: Rows) -> dict[str, str]:
    """Titles of the cards of the networks and datasets that the rows name, where they are short enough for a table."""
    from hemdata.catalog import dataset, network

    titles = {}
    for card, column in ((network, "network"), (dataset, "training_set")):
        for name in rows.cells[column].unique().to_pylist():
            try:
                title = card(name).title
            except HemdataError:  # a set or network of the study's own making has no card
                continue
            if len(title) <= 14:
                titles[name] = title
    return titles
