"""What there is: the cards of datasets, compositions, levels of theory, networks and studies, as a table."""

from typing import TYPE_CHECKING

from hemdata import catalog
from hemdata.errors import CallError

if TYPE_CHECKING:
    import pandas as pd

READERS = {
    "dataset": catalog.dataset,
    "set": catalog.composition,
    "level": catalog.level_card,
    "network": catalog.network,
    "study": catalog.study,
}


def catalogue(kind: str | None = None) -> "pd.DataFrame":
    """The datasets, compositions of datasets, levels of theory, networks and studies that have a card.

    Args:
        kind: dataset, set, level, network or study alone.

    Returns:
        kind, name, title.

    Raises:
        CallError: if there is no such kind.
        DataError: for a broken card.

    Example:
        >>> hd.catalogue("network")["name"].tolist()
        ['allegro', 'dimenetpp', 'painn', 'torchmd-et']
    """
    import pandas as pd

    if kind is not None and kind not in READERS:
        raise CallError("There is no such kind of card.", expected=", ".join(READERS), got=kind)
    rows = [
        (each, name, str(getattr(read(name), "title", "")))
        for each, read in READERS.items()
        if kind in (None, each)
        for name in catalog.cards(each)
    ]
    return pd.DataFrame(rows, columns=["kind", "name", "title"])
