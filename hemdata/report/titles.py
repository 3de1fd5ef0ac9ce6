"""The words shown for the names of a study's rows: titles of cards, where they are short enough for a table."""

from collections.abc import Mapping

from hemdata.errors import HemdataError
from hemdata.study.rows import Rows

LABELS = {"dressed-atoms": "dressed atoms", "pair-distance-ridge": "pair-distance ridge"}
LONGEST = 14


def titles_of(rows: Rows, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Words by name of a network, training set or group: `own`, titles of cards, and those of the baselines."""
    return {**LABELS, **card_titles(rows), **(own or {})}


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
            if len(title) <= LONGEST:
                titles[name] = title
    return titles
