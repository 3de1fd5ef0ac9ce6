"""What there is: the cards of datasets, compositions, levels of theory, networks and studies, as a table."""

from typing import TYPE_CHECKING

from hemdata.catalog import KINDS, titles
from hemdata.door.kinds import kinds_checked
from hemdata.errors import CallError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd


@kinds_checked
def catalogue(kind: str | None = None) -> "pd.DataFrame":
    """The datasets, compositions of datasets, levels of theory, networks and studies that have a card.

    Args:
        kind: dataset, set, level, network or study alone.

    Returns:
        kind, name, title.

    Raises:
        CallError: if there is no such kind.

    Example:
        >>> hd.catalogue("network")["name"].tolist()
        ['allegro', 'dimenetpp', 'painn', 'torchmd-et']
    """
    import pandas as pd

    if kind is not None and kind not in KINDS:
        fix = did_you_mean(kind, KINDS).strip() or None
        raise CallError("There is no such kind of card.", expected=", ".join(KINDS), got=kind, fix=fix)
    rows = [(each, name, title) for each in ([kind] if kind else KINDS) for name, title in titles(each).items()]
    return pd.DataFrame(rows, columns=["kind", "name", "title"])
