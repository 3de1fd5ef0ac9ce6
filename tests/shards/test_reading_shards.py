"""Shards are read whole, by columns and as a stream, and what cannot be read is told with its place."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_shards import MOLECULE, finish, forge, molecules, with_value, write

from hemdata.catalog import Column
from hemdata.errors import CallError, DataError
from hemdata.schema import MIGRATIONS, added, migrated
from hemdata.schema import table as schema_table
from hemdata.shards import ShardWriter, iterate, read, read_manifest, rejected, verify
from hemdata.shards.manifest import _sealed


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards") / "made-up"
    write(folder)
    return folder


@pytest.fixture
def fresh(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "made-up")


@pytest.mark.parametrize("batch_rows", [1, 3, 10, 11, 10_000])
@pytest.mark.parametrize("columns", [None, ["id", "positions"]])
def test_the_stream_is_the_table(batch_rows, columns, folder):
    batches = list(iterate(folder, columns, batch_rows))
    assert pa.Table.from_batches(batches).equals(read(folder, columns))
    assert max(batch.num_rows for batch in batches) <= batch_rows


def test_a_folder_given_as_text(folder):
    assert read(str(folder)).equals(molecules(25))


@pytest.mark.parametrize(
    "columns", [["id"], ["positions", "id"], ["flags", "atomic_numbers", "energy_hartree"], MOLECULE.arrow.names[::-1]]
)
def test_columns_come_as_asked_and_in_the_order_asked(columns, folder):
    assert read(folder, columns).equals(molecules(25).select(columns))
    assert read(folder, tuple(columns)).column_names == columns


def test_no_columns_are_no_columns(folder):
    assert read(folder, []).column_names == []
    assert read(folder, []).num_rows == 25


def test_an_unknown_column_is_named_beside_those_that_there_are(folder):
    with pytest.raises(CallError, match="'made-up' has no column colour, taste") as caught:
        read(folder, ["id", "taste", "colour"])
    assert all(name in str(caught.value) for name in MOLECULE.arrow.names)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("columns", [None, ["positions", "id"], []])
def test_an_empty_set_reads_as_a_table_without_rows(columns, tmp_path):
    write(tmp_path / "empty", n=0, rejected=0)
    table = read(tmp_path / "empty", columns)
    assert table.num_rows == 0
    assert table.column_names == (MOLECULE.arrow.names if columns is None else columns)
    assert list(iterate(tmp_path / "empty", columns)) == []
    assert rejected(tmp_path / "empty").num_rows == 0


def test_an_unknown_column_of_an_empty_set_is_named_too(tmp_path):
    write(tmp_path / "empty", n=0)
    with pytest.raises(CallError, match="colour"):
        read(tmp_path / "empty", ["colour"])


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_text("x")])
def test_what_is_no_shard_folder_is_a_wrong_call(make, tmp_path):
    make(tmp_path / "x")
    for call in (read, verify, rejected, lambda path: next(iterate(path))):
        with pytest.raises(CallError, match="not a folder of shards") as caught:
            call(tmp_path / "x")
        assert str(tmp_path / "x") in str(caught.value)


def damaged(path, how):
    data = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(data[:-20])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "no Parquet":
        path.write_text("id,smiles\n1,C\n" * 20, encoding="utf-8")
    elif how == "a folder":
        path.unlink()
        path.mkdir()


@pytest.mark.parametrize("how", ["missing", "truncated", "empty", "no Parquet", "a folder"])
def test_a_shard_that_cannot_be_read_is_named_with_what_to_do(how, fresh):
    damaged(fresh / "part-00001.parquet", how)
    with pytest.raises(DataError, match="cannot be read") as caught:
        read(fresh)
    assert "part-00001.parquet" in str(caught.value)
    assert f"hemdata verify {fresh}" in str(caught.value)
    damaged(fresh / "rejected.parquet", how)
    with pytest.raises(DataError, match=r"rejected\.parquet"):
        rejected(fresh)


def flipped(path, offsets):
    """What `read` gives with one byte of a shard flipped: a table, or None for a DataError."""
    data = path.read_bytes()
    for at in offsets:
        path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        try:
            yield read(path.parent)
        except DataError:
            yield None
    path.write_bytes(data)


def test_a_flipped_byte_never_ends_in_anything_but_rows_or_a_dataerror(fresh):
    """`read` does not hash the files (`verify` does), but it must not fall over on them."""
    path = fresh / "part-00000.parquet"
    size = path.stat().st_size
    found = list(flipped(path, [*range(0, size, 61), *range(size - 400, size, 7)]))
    assert found.count(None) > len(found) / 2


@pytest.mark.parametrize("column", ["positions", "energy_hartree"])
def test_a_flipped_byte_among_the_numbers_is_never_read_as_another_number(column, fresh):
    path, right = fresh / "part-00000.parquet", molecules(25)
    group = pq.ParquetFile(path).metadata.row_group(0)
    chunk = next(c for c in map(group.column, range(group.num_columns)) if c.path_in_schema.startswith(column))
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    found = list(flipped(path, range(start, start + chunk.total_compressed_size)))
    assert all(table is None or table.equals(right) for table in found)
    assert found.count(None) > len(found) / 2


# Versions.
@pytest.mark.parametrize(
    ("key", "version", "expected"),
    [
        ("schema_version", "2.0", "1.x"),
        ("schema_version", "0.9", "1.x"),
        ("format", "2.0", "1.x"),
        ("format", "0.1", "1.x"),
    ],
)
def test_another_major_version_is_refused_with_both_named(key, version, expected, fresh):
    forge(fresh, read_manifest(fresh).model_copy(update={key: version}))
    for call in (read, verify, rejected):
        with pytest.raises(DataError, match=f"have a {key} that this hemdata does not read") as caught:
            call(fresh)
        assert f"expected: {expected}" in str(caught.value)
        assert f"got: {version}" in str(caught.value)
        assert "Install" in str(caught.value)


@pytest.mark.parametrize("version", ["", "new", "1,0"])
def test_a_version_that_is_none(version, fresh):
    forge(fresh, read_manifest(fresh).model_copy(update={"schema_version": version}))
    with pytest.raises(DataError, match="not a version"):
        read(fresh)


@pytest.fixture
def schema_becomes(tmp_path, monkeypatch):
    """Lets the installed molecule schema be of another version, with further columns where given."""

    def become(version: str, *columns: Column) -> None:
        shipped = schema_table.schema_card("molecule")
        own = tmp_path / "own" / "schemas"
        own.mkdir(parents=True)
        card = shipped.model_copy(update={"version": version, "columns": [*shipped.columns, *columns]})
        (own / "molecule.yaml").write_text(card.model_dump_json(), encoding="utf-8")
        monkeypatch.setenv("HEMDATA_CARDS", str(own.parent))
        schema_table._card.cache_clear()

    yield become
    schema_table._card.cache_clear()


SOLVENT = Column(name="solvent", type="string", nullable=True, meaning="what the molecule is dissolved in")
CONFORMERS = Column(name="conformers", type="list<double>", nullable=True, meaning="their energies")
STEPS = {0: added("solvent"), 2: added("conformers")}  # 1.1 brings a solvent, 1.3 conformers


@pytest.fixture
def older(schema_becomes, fresh, monkeypatch):
    """Shards of 1.0 where 1.3 is today's version, with two further columns."""
    schema_becomes("1.3", SOLVENT, CONFORMERS)
    monkeypatch.setitem(MIGRATIONS, "molecule", STEPS)
    return fresh


def test_shards_of_an_older_minor_version_read_with_todays_columns(older):
    today = schema_table.table_schema("molecule").arrow
    table = read(older)
    assert table.schema.equals(today, check_metadata=True)
    assert table["solvent"].null_count == table["conformers"].null_count == 25
    assert table.select(MOLECULE.arrow.names).equals(molecules(25))
    assert read(older, ["conformers", "id"]).column_names == ["conformers", "id"]
    assert [batch.num_rows for batch in iterate(older, ["solvent"], 7)] == [7, 3, 7, 3, 5]
    with pytest.raises(CallError, match="colour"):
        read(older, ["colour"])


def test_shards_of_an_older_minor_version_verify_and_say_which_it_is(older):
    assert verify(older).schema_version == "1.0"
    forge(older, part_00001=with_value("multiplicity", 2, 2))
    with pytest.raises(DataError, match="parity"):
        verify(older)


@pytest.mark.parametrize("edit", [lambda t: t.drop_columns(["smiles"]), lambda t: t.append_column("x", t["charge"])])
def test_shards_of_an_older_version_with_other_columns_than_it_had_are_refused(edit, older):
    forge(older, part_00000=edit)
    for call in (read, verify):
        with pytest.raises(DataError, match=r"version 1\.0 of the schema 'molecule' cannot be made into one of 1\.3"):
            call(older)


def test_an_empty_older_set_has_todays_columns(schema_becomes, tmp_path, monkeypatch):
    write(tmp_path / "empty", n=0)
    schema_becomes("1.1", SOLVENT)
    monkeypatch.setitem(MIGRATIONS, "molecule", STEPS)
    assert read(tmp_path / "empty").schema.equals(schema_table.table_schema("molecule").arrow, check_metadata=True)


def test_only_the_steps_from_its_own_version_on_are_taken(schema_becomes, monkeypatch):
    schema_becomes("1.3", SOLVENT, CONFORMERS)
    monkeypatch.setitem(MIGRATIONS, "molecule", STEPS)
    today = schema_table.table_schema("molecule")
    of_1_1 = molecules(4).append_column("solvent", pa.array(["water"] * 4))
    for version in ("1.1", "1.2"):
        assert migrated(of_1_1, today, version)["solvent"].to_pylist() == ["water"] * 4
    with pytest.raises(DataError, match="cannot be made"):
        migrated(of_1_1, today, "1.0")  # 1.0 had no solvent: the column would stand twice


def test_a_step_may_not_add_a_column_that_must_have_values(schema_becomes):
    schema_becomes("1.1", Column(name="solvent", type="string", meaning="x"))
    with pytest.raises(DataError, match="may not be null"):
        added("solvent")(molecules(3), schema_table.table_schema("molecule"))


def test_a_newer_minor_version_reads_as_it_is_with_a_note_and_is_not_verified(schema_becomes, tmp_path):
    schema_becomes("1.1", SOLVENT)
    newer = schema_table.table_schema("molecule")
    dissolved = molecules(5).append_column("solvent", pa.array(["water"] * 5)).cast(newer.arrow)
    with ShardWriter(tmp_path / "newer", newer) as writer:
        writer.add(dissolved)
        finish(writer, 5)
    (tmp_path / "own" / "schemas" / "molecule.yaml").unlink()
    schema_table._card.cache_clear()
    with pytest.warns(UserWarning, match=r"'made-up' is of version 1\.1.*knows 1\.0"):
        assert read(tmp_path / "newer").equals(dissolved)
    with pytest.raises(DataError, match="newer version of the schema") as caught:
        verify(tmp_path / "newer")
    assert "expected: at most 1.0" in str(caught.value)


def test_a_manifest_of_a_newer_minor_format_is_refused_and_of_an_older_one_is_read(fresh, monkeypatch):
    manifest = read_manifest(fresh)
    forge(fresh, manifest.model_copy(update={"format": "1.1"}))
    with pytest.raises(DataError, match="have a format that this hemdata does not read") as caught:
        read(fresh)
    assert "expected: 1.x up to 1.0" in str(caught.value)
    body = json.loads(manifest.text())
    del body["made_from"], body["sha256"]  # as if `made_from` had come with a later minor version
    (fresh / "manifest.json").write_text(_sealed(body), encoding="utf-8")
    assert read_manifest(fresh).made_from == {}
    assert read(fresh).equals(molecules(25))


def test_an_older_minor_version_reads_and_verifies(schema_becomes, fresh):
    schema_becomes("1.4")
    assert schema_table.table_schema("molecule").version == "1.4"
    assert read(fresh).equals(molecules(25))
    assert verify(fresh).schema_version == "1.0"


def test_an_older_major_version_is_refused(schema_becomes, fresh):
    schema_becomes("2.0")
    with pytest.raises(DataError, match="does not read"):
        read(fresh)
