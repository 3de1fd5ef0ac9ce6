"""pubchem20: of the same table and by the same rule as pubchem9, the compounds of ten to twenty heavy atoms."""

from pathlib import Path

from hemdata.catalog import DatasetCard
from hemdata.sources.pubchem9 import Sizes
from hemdata.sources.pubchem9 import open_dataset as open_table
from hemdata.sources.source import Source

TEN_TO_TWENTY = Sizes(10, 20, "fewer than ten heavy atoms", "more than twenty heavy atoms")


def open_dataset(card: DatasetCard, given: Path | None) -> Source:
    """As pubchem9's, of larger compounds."""
    return open_table(card, given, TEN_TO_TWENTY)
