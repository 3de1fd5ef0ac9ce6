"""How many of the molecules that models are judged on they were trained on, where those are at hand."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from hemdata.console import many
from hemdata.errors import HemdataError
from hemdata.explain.training_set import training_of
from hemdata.identity import flat_graph
from hemdata.train.fitted import Fitted


def training_graphs(places: Sequence[Path], fitted: Sequence[Fitted], data: Path) -> set[str] | None:
    """The flat graphs of all molecules that some models were trained on; None where those of one are not at hand.

    Args:
        places: the packages' folders; a package has only the hash of its molecules, by which they are found again.
        fitted: the same, loaded.
        data: folder of the labelled sets.
    """
    graphs = set[str]()
    of_below: dict[str, float] = {}  # the models' training molecules are mostly the same ones
    for place, one in zip(places, fitted, strict=True):
        try:
            table, _ = training_of(place, one.about, data, found=of_below)
        except HemdataError:
            return None
        graphs |= {flat_graph(key) for key in table["inchikey"].to_pylist() if key}
    return graphs


def leaks(graphs: set[str] | None, judged: pa.Table, group: str, word: str) -> list[str]:
    """A sentence on the molecules of a group that are among the training molecules, by flat graph; none without any."""
    if graphs is None:
        unknown = "is not known: its training set is not here."
        return [f"Whether {word} was trained on molecules that it is judged on {unknown}"]
    leaked = sum(key is not None and flat_graph(key) in graphs for key in judged["inchikey"].to_pylist())
    if not leaked:
        return []
    return [
        f"{word} was trained on {leaked:,} of the {many(judged.num_rows)} of {group}; its errors on these are no test."
    ]
