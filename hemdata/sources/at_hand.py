"""Whether a dataset's published files can be had here, asked before anything is built."""

from pathlib import Path

from hemdata.catalog import DatasetCard
from hemdata.errors import HemdataError
from hemdata.fetching.reach import out_of_reach
from hemdata.sources.source import open_any_source


def cannot_be_had(card: DatasetCard) -> str | None:
    """Why a dataset cannot be built here without `--from`, and what would help; None where it can.

    Addresses are asked whether they answer, files of packages and of the user are looked at; nothing is read whole.
    """
    if card.package is None and card.files:
        first = card.files[0]
        refused = out_of_reach(first)
        by_hand = f"get {first.name} by hand and run `hemdata build {card.name} --from PATH`"
        return refused and f"'{first.name}' cannot be fetched: {refused}. Check the network, or {by_hand}."
    if card.imported is not None:
        gone = next((path for path in card.imported.paths if not Path(path).exists()), None)
        return gone and f"The file {gone}, which was imported, is gone. Put it there again."
    try:
        open_any_source(card)
    except HemdataError as error:
        return " ".join(filter(None, (error.what, error.fix)))
    return None
