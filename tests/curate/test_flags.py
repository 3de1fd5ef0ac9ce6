"""What a build says of a row whose geometry is not its SMILES' molecule: it is kept, and flagged."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest

from hemdata.catalog import DatasetCard, cards, dataset
from hemdata.chemistry.embed import embed
from hemdata.curate.complete.records import Completion
from hemdata.schema import table_schema
from hemdata.shards import SourceFile
from hemdata.sources import Raw, Record

CARD = dataset("qm9").model_copy(update={"name": "made", "properties": []})


@dataclass(frozen=True)
class Made:
    """A source whose raw records are its molecules."""

    files: list[SourceFile] = field(default_factory=list)

    def raws(self) -> Iterator[Raw]:
        yield from ()

    def parse(self, raw: Raw) -> Record:
        return raw.content


def completed(*molecules: Record, card: DatasetCard = CARD) -> pa.Table:
    return Completion(card, Made())([Raw(str(number), molecule) for number, molecule in enumerate(molecules)]).table


def ethanol(smiles: str, name: str, energy: float = -155.0, **more: object) -> Record:
    z, x = embed("CCO")
    x = np.asarray(more.pop("positions", x))
    flags = list(more.pop("flags", []))
    return Record(name, smiles, z.tolist(), x.ravel().tolist(), energy_hartree=energy, flags=flags)


def test_rows_that_disagree_are_kept_and_flagged_and_a_refused_row_shifts_no_flag() -> None:
    _, x = embed("CCO")
    squeezed = x.copy()
    squeezed[-1] = x[2] + (x[-1] - x[2]) * 0.8
    table = completed(
        ethanol("CCO", "refused", energy=1.0),
        ethanol("CCO", "good"),
        ethanol("COC", "isomer", flags=["known"]),
        ethanol("OCC", "other-order"),
        ethanol("CCO", "squeezed", positions=squeezed),
        ethanol("CCN", "formula"),
        ethanol("C1CC", "unparsed"),
    )
    assert dict(zip(table["id"].to_pylist(), table["flags"].to_pylist(), strict=True)) == {
        "made:good": [],
        "made:isomer": ["known", "geometry_other_graph"],
        "made:other-order": [],
        "made:squeezed": ["bond_length_unusual"],
        "made:formula": ["smiles_other_formula"],
        "made:unparsed": ["smiles_unparsed"],
    }


def test_a_geometry_that_the_schema_refuses_is_no_trouble() -> None:
    _, x = embed("CCO")
    for positions in (x[:-1], np.full_like(x, np.inf), np.zeros_like(x)):
        assert completed(ethanol("CCO", "bad", positions=positions)).num_rows == 0


def test_flags_that_a_build_adds_are_explained_by_the_schema_for_all_datasets() -> None:
    schema = table_schema("molecule")
    assert set(schema.flags) == {
        "smiles_unparsed",
        "smiles_other_formula",
        "geometry_other_graph",
        "bond_length_unusual",
        "level_unaudited",
        "bridged",
        "multiplicity_not_drawn",
        "not_ground_state",
        "known_defect",
        "suspect",
        "planted",
    }
    assert all(flag in schema.markdown() for flag in schema.flags)


@pytest.mark.parametrize("name", cards("dataset"))
def test_a_card_gives_no_common_flag_another_meaning(name: str) -> None:
    its, common = dataset(name).flags, table_schema("molecule").flags
    assert not {flag for flag in its.keys() & common.keys() if flag != "level_unaudited"}
