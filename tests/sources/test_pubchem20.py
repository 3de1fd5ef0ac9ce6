"""pubchem20: pubchem9's rule with other sizes; of each compound of the table one of the two sets has it at most."""

import re
from collections import Counter
from pathlib import Path

import pytest

from hemdata.catalog import dataset, label_places
from hemdata.identity import flat_graph, identify
from hemdata.shards import read
from hemdata.sources import Raw, Record, Rejected, Source, open_source

LINES = (
    "1\tx\tC9H20\t1\tCCCCCCCCC\tC9\tA",
    "2\tx\tC10H22\t1\tCCCCCCCCCC\tC10\tB",
    "3\tx\tC20H42\t1\tCCCCCCCCCCCCCCCCCCCC\tC20\tC",
    "4\tx\tC21H44\t1\tCCCCCCCCCCCCCCCCCCCCC\tC21\tD",
    "5\tx\tC10H21Cl\t1\tCCCCCCCCCCCl\tC10Cl\tE",
    "6\tx\tC10H22\t1\tC(CCCCCCCCC)\tC10\tF",
)


def judged(source: Source) -> list[Record | Rejected]:
    def one(raw: Raw) -> Record | Rejected:
        try:
            return source.parse(raw)
        except Rejected as refusal:
            return refusal

    return [one(raw) for raw in source.raws()]


def test_sizes_are_held_at_both_ends_and_each_refusal_has_its_reason(tmp_path: Path) -> None:
    table = tmp_path / "compounds.tsv"
    table.write_text("".join(f"{line}\tname\n" for line in LINES))
    told = [
        its.reason if isinstance(its, Rejected) else its.source_id
        for its in judged(open_source(dataset("pubchem20"), table))
    ]
    assert told == [
        "fewer than ten heavy atoms", "2", "3", "more than twenty heavy atoms", "other elements",
        "duplicate flat graph",
    ]  # fmt: skip
    nine = judged(open_source(dataset("pubchem9"), table))
    assert [its.source_id for its in nine if isinstance(its, Record)] == ["1"]


@pytest.mark.slow
def test_of_ten_to_twenty_heavy_atoms() -> None:
    """All rows of the table: counts, sizes, and the test molecules among them."""
    card = dataset("pubchem20")
    found = judged(open_source(card))
    accepted = [its for its in found if isinstance(its, Record)]
    assert (len(found), len(accepted)) == (71_347, card.accepted)
    assert Counter(its.reason for its in found if isinstance(its, Rejected))["duplicate flat graph"] == 568
    sizes = [
        sum(
            int(n or 1)
            for symbol, n in re.findall(r"([A-Z][a-z]?)(\d*)", str(its.properties["formula"]))
            if symbol != "H"
        )
        for its in accepted
    ]
    assert (min(sizes), max(sizes)) == (10, 20)
    shipped = next(folder for place in label_places() if (folder := place / "test-groups@gfn2-xtb").is_dir())
    tested = {flat_graph(key) for key in read(shipped, ["inchikey"])["inchikey"].to_pylist()}
    graphs = {flat_graph(its.inchikey) for row in accepted if row.smiles and (its := identify(row.smiles, bonds=False))}
    assert len(graphs & tested) == 46
