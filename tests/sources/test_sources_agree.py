"""One suite for all sources: what every reader promises, whatever its files."""

import copy
import hashlib
import math
import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pytest
from published_forms import (
    FIXTURES,
    PC9_MEMBERS,
    alchemy_zip,
    gdb_lines,
    od9_table,
    od9_zip,
    pc9_zip,
    qm9_archive,
    qm9_folder,
)

from hemdata.catalog import DatasetCard, cards, dataset
from hemdata.errors import DataError
from hemdata.schema import arrow_type, table_schema
from hemdata.sources import Raw, Record, Rejected, Source, open_source

FIRST_RAWS = 400
OPENED: dict[str, tuple[str, Callable[[Path], Path | None]]] = {
    "qm9 of qm9pack": ("qm9", lambda folder: None),
    "qm9 archive": ("qm9", lambda folder: qm9_archive(folder / "a")),
    "qm9 folder": ("qm9", lambda folder: qm9_folder(folder / "f")),
    "pubchem9": ("pubchem9", lambda folder: None),
    "pubchem20": ("pubchem20", lambda folder: None),
    "pc9 ZIP": ("pc9", lambda folder: pc9_zip(folder / "z")),
    "pc9 folder": ("pc9", lambda folder: PC9_MEMBERS),
    "pc9 member": ("pc9", lambda folder: PC9_MEMBERS / "000000712.xyz"),
    "gdb17": ("gdb17", lambda folder: gdb_lines(folder / "g")),
    "gdb17-ll": ("gdb17-ll", lambda folder: gdb_lines(folder / "l")),
    "gdb17-llnosr": ("gdb17-llnosr", lambda folder: gdb_lines(folder / "n")),
    "alchemy ZIP": ("alchemy", lambda folder: alchemy_zip(folder / "z")),
    "alchemy folder": ("alchemy", lambda folder: FIXTURES / "alchemy"),
    "od9 CSV": ("od9", lambda folder: od9_table(folder / "c", "csv")),
    "od9 JSON lines": ("od9", lambda folder: od9_table(folder / "j", "jsonl")),
    "od9 mapping by SMILES": ("od9", lambda folder: od9_table(folder / "m", "json")),
    "od9 ZIP": ("od9", lambda folder: od9_zip(folder / "z")),
    "test groups": ("test-groups", lambda folder: None),
    "azoxy": ("azoxy", lambda folder: None),
    "explosives": ("explosives", lambda folder: None),
    "neuro": ("neuro", lambda folder: None),
    "saccharides": ("saccharides", lambda folder: None),
}


@dataclass
class Opened:
    card: DatasetCard
    source: Source
    raws: list[Raw]
    accepted: list[Record]
    rejected: list[tuple[Raw, Rejected]]


@pytest.fixture(scope="module", params=OPENED)
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    name, given = OPENED[request.param]
    card = dataset(name)
    source = open_source(card, given(tmp_path_factory.mktemp("source")))
    raws = list(islice(source.raws(), FIRST_RAWS))
    accepted, rejected = [], []
    for raw in raws:
        try:
            accepted.append(source.parse(raw))
        except Rejected as refusal:
            rejected.append((raw, refusal))
    return Opened(card, source, raws, accepted, rejected)


def test_every_dataset_is_in_the_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEMDATA_CARDS", raising=False)
    assert set(cards("dataset")) == {name for name, _ in OPENED.values()}


def test_records_are_there(opened: Opened) -> None:
    assert opened.accepted
    assert len(opened.accepted) + len(opened.rejected) == len(opened.raws)


def test_ids_are_unique_and_match_the_schema(opened: Opened) -> None:
    pattern = next(column.pattern for column in table_schema("molecule").columns if column.name == "id")
    assert pattern
    ids = [f"{molecule.dataset or opened.card.name}:{molecule.source_id}" for molecule in opened.accepted]
    assert all(re.match(pattern, molecule_id) for molecule_id in ids)
    assert len(set(ids)) == len(ids)


def test_places_are_unique(opened: Opened) -> None:
    assert len({raw.where for raw in opened.raws}) == len(opened.raws)


def test_order_is_stable(opened: Opened) -> None:
    assert list(islice(opened.source.raws(), FIRST_RAWS)) == opened.raws


def test_rejections_have_a_short_reason(opened: Opened) -> None:
    for raw, refusal in opened.rejected:
        assert 3 <= len(refusal.reason) <= 40, raw.where
        assert not re.search(r"\d", refusal.reason), "reasons are counted: what differs from row to row is the detail"


def test_source_is_small_and_picklable(opened: Opened) -> None:
    pickled = pickle.dumps(opened.source)
    assert len(pickled) < 100_000
    again: Source = pickle.loads(pickled)
    assert again.files == opened.source.files
    assert list(islice(again.raws(), 5)) == opened.raws[:5]
    parsed = []
    for raw in pickle.loads(pickle.dumps(opened.raws)):
        try:
            parsed.append(again.parse(raw))
        except Rejected:
            continue
    assert parsed == opened.accepted


def test_rejections_are_picklable(opened: Opened) -> None:
    for _, refusal in opened.rejected:
        again = pickle.loads(pickle.dumps(refusal))
        assert (again.reason, again.detail) == (refusal.reason, refusal.detail)


def test_parse_is_pure(opened: Opened) -> None:
    before = copy.deepcopy(opened.raws)
    accepted = []
    for raw in reversed(opened.raws):
        try:
            accepted.append(opened.source.parse(raw))
        except Rejected:
            continue
    assert accepted[::-1] == opened.accepted
    assert opened.raws == before


def test_files_are_hashed(opened: Opened) -> None:
    assert opened.source.files
    for file in opened.source.files:
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.bytes > 0
        assert file.name
        assert not file.name.startswith("/"), "a manifest names no folder of this machine"
    paths = getattr(opened.source, "paths", None) or [getattr(opened.source, "path")]  # noqa: B009
    for path, file in zip(paths, opened.source.files, strict=False):
        if Path(path).is_file():
            data = Path(path).read_bytes()
            assert (file.bytes, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_properties_are_the_cards(opened: Opened) -> None:
    columns = {column.name: column for column in opened.card.properties}
    for molecule in opened.accepted:
        assert molecule.properties.keys() == columns.keys(), molecule.source_id
    for name, column in columns.items():
        values = [molecule.properties[name] for molecule in opened.accepted]
        array = pa.array(values, type=arrow_type(column.type))
        assert array.to_pylist() == values, f"{name}: the values change as {column.type}"
        assert column.nullable or array.null_count == 0, name


def test_flags_are_explained(opened: Opened) -> None:
    assert {flag for molecule in opened.accepted for flag in molecule.flags} <= opened.card.flags.keys()


def test_geometries_are_whole(opened: Opened) -> None:
    for molecule in opened.accepted:
        if opened.card.geometry_level is None:
            assert molecule.positions is None
            assert molecule.energy_hartree is None
            continue
        if opened.card.name == "od9" and molecule.positions is None:
            assert molecule.energy_hartree is None  # its tables may hold graphs alone
            continue
        assert molecule.atomic_numbers
        assert molecule.positions
        assert molecule.energy_hartree is not None
        assert len(molecule.positions) == 3 * len(molecule.atomic_numbers)
        assert all(math.isfinite(x) for x in [*molecule.positions, molecule.energy_hartree])
        assert (sum(molecule.atomic_numbers) - molecule.charge - molecule.multiplicity) % 2 == 1


def test_unknown_reader_is_named() -> None:
    card = dataset("azoxy").model_copy(update={"reader": "nowhere"})
    with pytest.raises(DataError, match="nowhere"):
        open_source(card)


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    for name in ("qm9", "pubchem9", "pc9", "azoxy"):
        with pytest.raises(DataError, match=r"nothing\.here"):
            open_source(dataset(name), tmp_path / "nothing.here")
