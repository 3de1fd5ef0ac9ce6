"""A set that nobody has audited: its rows say so until an audit agreed, and the verdict stands in the manifest."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from published_forms import alchemy_zip

from hemdata.catalog import dataset
from hemdata.curate.build import build
from hemdata.curate.wrong_rows.held_back import AUDIT_ROWS, AwaitedAudit
from hemdata.shards import read, read_manifest, verify

FLAG = "level_unaudited"


@dataclass
class Said:
    """An audit made for the test: what it says, and the tables that it was called with."""

    agrees: bool
    verdict: str = "said by the test"

    def __post_init__(self) -> None:
        self.asked: list[pa.Table] = []

    def __call__(self, rows: pa.Table) -> "Said":
        self.asked.append(rows)
        return self


def rows(start: int, n: int, energy: float | None = -1.0, *others: str) -> pa.Table:
    """Rows with an id, an energy and the flag where there is an energy, as a build completes them."""
    flags = [*others, *([FLAG] if energy is not None else [])]
    schema = pa.schema([("id", pa.string()), ("energy_hartree", pa.float64()), ("flags", pa.list_(pa.string()))])
    made = [{"id": str(start + i), "energy_hartree": energy, "flags": flags} for i in range(n)]
    return pa.Table.from_pylist(made, schema)


@pytest.mark.parametrize("agrees", [True, False])
def test_the_flag_stays_unless_the_audit_agrees(tmp_path: Path, agrees: bool) -> None:
    given, said = alchemy_zip(tmp_path), Said(agrees)
    built = build("alchemy", given, tmp_path / "out", audit=said)
    assert [table.num_rows for table in said.asked] == [5]
    verify(tmp_path / "out")
    flagged = [FLAG in flags for flags in read(tmp_path / "out")["flags"].to_pylist()]
    assert flagged == [not agrees] * 5
    assert built.unaudited == sum(flagged)
    assert read_manifest(tmp_path / "out").made_from["audit"] == {"agrees": agrees, "verdict": "said by the test"}


def test_what_stands_unaudited_is_built_again_once_an_audit_is_at_hand(tmp_path: Path) -> None:
    given, out, said = alchemy_zip(tmp_path), tmp_path / "out", Said(True)
    assert build("alchemy", given, out).unaudited == 5
    assert "audit" not in read_manifest(out).made_from
    assert not build("alchemy", given, out).new
    assert build("alchemy", given, out, audit=said).new
    before = (out / "manifest.json").read_bytes()
    assert not build("alchemy", given, out, audit=said).new
    assert not build("alchemy", given, out).new
    assert build("alchemy", given, out, audit=said, force=True).new
    assert (out / "manifest.json").read_bytes() == before
    assert len(said.asked) == 2


def test_a_set_that_the_card_calls_audited_is_not_audited_again(tmp_path: Path) -> None:
    assert dataset("azoxy").audited
    said = Said(False)
    assert build("azoxy", out=tmp_path / "out", audit=said).unaudited == 0
    assert said.asked == []


@pytest.mark.parametrize("agrees", [True, False])
def test_rows_are_held_for_one_audit_and_come_out_in_order(agrees: bool) -> None:
    said = Said(agrees)
    awaited = AwaitedAudit(said)
    tables = [rows(0, 3, None), rows(3, 5, -1.0, "radical"), rows(8, 7, None), rows(15, AUDIT_ROWS), rows(1000, 2)]
    out = [awaited.add(table) for table in tables]
    assert [table.num_rows for table in out] == [3, 0, 0, 12 + AUDIT_ROWS, 2]
    assert awaited.rest() is None
    assert [table.num_rows for table in said.asked] == [AUDIT_ROWS]
    assert said.asked[0]["energy_hartree"].null_count == 0
    whole = pa.concat_tables(out)
    assert whole["id"].to_pylist() == pa.concat_tables(tables)["id"].to_pylist()
    assert awaited.flagged == sum(FLAG in flags for flags in whole["flags"].to_pylist())
    assert awaited.flagged == (0 if agrees else 5 + AUDIT_ROWS + 2)
    assert whole["flags"].to_pylist()[3][0] == "radical"


def test_graphs_alone_pass_at_once_and_leave_nothing_to_audit() -> None:
    said = Said(True)
    awaited = AwaitedAudit(said)
    assert awaited.add(rows(0, 1000, None)).num_rows == 1000
    assert awaited.rest() is None
    assert said.asked == []
    assert awaited.found == {"agrees": False, "verdict": "No row has an energy to compare."}
