"""Shards are written the same every time, whole or not at all, and only over what hemdata itself has written."""

import os
import subprocess
import sys
from pathlib import Path

import made_shards
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_shards import MOLECULE, finish, forge, hashes, molecules, with_value, write

from hemdata.errors import CallError, DataError
from hemdata.shards import ShardWriter, read, read_manifest, rejected, verify
from hemdata.shards import ids as ids_module
from hemdata.shards import write as write_module


def test_what_is_written_verifies_and_reads_back(tmp_path):
    manifest = write(tmp_path / "made-up")
    assert verify(tmp_path / "made-up") == manifest == read_manifest(tmp_path / "made-up")
    table = read(tmp_path / "made-up")
    assert table.equals(molecules(25))
    assert table.schema.equals(MOLECULE.arrow, check_metadata=True)


def test_the_manifest_tells_what_went_in_and_what_came_out(tmp_path):
    manifest = write(tmp_path / "made-up")
    assert [shard.rows for shard in manifest.shards] == [10, 10, 5]
    assert [shard.file for shard in manifest.shards] == [f"part-0000{i}.parquet" for i in range(3)]
    assert (manifest.counts.read, manifest.counts.accepted) == (28, 25)
    assert manifest.counts.rejected == {"atom count": 1, "not a number": 2}
    assert manifest.dataset == "made-up"
    assert {"hemdata", "pyarrow"} <= set(manifest.versions)
    assert manifest.schema_version == MOLECULE.version


def test_rejected_records_are_kept_with_their_reasons(tmp_path):
    write(tmp_path / "made-up")
    rows = rejected(tmp_path / "made-up").to_pylist()
    assert rows[1] == {"where": "raw.txt, line 1", "reason": "atom count", "detail": "got 1", "text": "raw 1\n"}
    assert len(rows) == 3


@pytest.mark.parametrize("parts", [1, 3, 10, 25, 100])
def test_the_bytes_do_not_depend_on_how_the_rows_came(parts, tmp_path):
    write(tmp_path / "one")
    write(tmp_path / "other", parts=parts)
    assert hashes(tmp_path / "one") == hashes(tmp_path / "other")


def test_the_bytes_do_not_depend_on_the_buffers_that_the_rows_were_cut_from(tmp_path):
    table = molecules(40)
    for name, rows in (("cut", table.slice(8, 20)), ("made", molecules(20, first=8))):
        with ShardWriter(tmp_path / name, MOLECULE) as writer:
            writer.add(rows)
            finish(writer, 20)
    assert hashes(tmp_path / "cut") == hashes(tmp_path / "made")


def test_the_bytes_are_those_of_another_folder_process_and_hash_seed(tmp_path):
    write(tmp_path / "here")
    there = tmp_path / "far away" / "deep" / "shards"
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, made_shards.__file__, str(there)], check=True, env=environment)
    assert hashes(there) == hashes(tmp_path / "here")


def test_written_again_over_itself_it_is_the_same(tmp_path):
    write(tmp_path / "made-up")
    before = hashes(tmp_path / "made-up")
    write(tmp_path / "made-up")
    assert hashes(tmp_path / "made-up") == before
    assert [path.name for path in tmp_path.iterdir()] == ["made-up"]


def test_other_rows_are_other_bytes(tmp_path):
    write(tmp_path / "one")
    write(tmp_path / "other", first=1)
    assert hashes(tmp_path / "one")["part-00000.parquet"] != hashes(tmp_path / "other")["part-00000.parquet"]


def test_an_older_folder_is_replaced_whole(tmp_path):
    write(tmp_path / "made-up", n=35)
    write(tmp_path / "made-up", n=5, rejected=0)
    assert sorted(hashes(tmp_path / "made-up")) == ["manifest.json", "part-00000.parquet", "rejected.parquet"]
    assert verify(tmp_path / "made-up").counts.accepted == 5
    assert [path.name for path in tmp_path.iterdir()] == ["made-up"]


def test_it_is_replaced_as_well_where_two_folders_cannot_be_swapped_in_one_step(tmp_path, monkeypatch):
    write(tmp_path / "made-up", n=35)
    monkeypatch.setattr(write_module, "_exchanged", lambda one, other: False)
    write(tmp_path / "made-up", n=5)
    assert verify(tmp_path / "made-up").counts.accepted == 5
    assert [path.name for path in tmp_path.iterdir()] == ["made-up"]


def test_a_damaged_older_folder_can_be_replaced(tmp_path):
    write(tmp_path / "made-up")
    (tmp_path / "made-up" / "manifest.json").write_text("{", encoding="utf-8")
    (tmp_path / "made-up" / "part-00001.parquet").unlink()
    write(tmp_path / "made-up")
    verify(tmp_path / "made-up")


def test_no_rows_at_all_are_one_empty_shard(tmp_path):
    manifest = write(tmp_path / "made-up", n=0, rejected=2)
    assert [shard.rows for shard in manifest.shards] == [0]
    assert verify(tmp_path / "made-up").counts.read == 2


@pytest.mark.parametrize("n", [9, 10, 11, 20, 21])
def test_rows_around_the_edge_of_a_shard(n, tmp_path):
    manifest = write(tmp_path / "made-up", n=n)
    assert [shard.rows for shard in manifest.shards] == [10] * (n // 10) + [n % 10] * (n % 10 > 0)
    assert read(tmp_path / "made-up").num_rows == n


def test_columns_in_another_order_are_put_in_order(tmp_path):
    write(tmp_path / "one", n=5, rejected=0)
    with ShardWriter(tmp_path / "other", MOLECULE, 10) as writer:
        writer.add(molecules(5).select(MOLECULE.arrow.names[::-1]))
        finish(writer, 5)
    assert hashes(tmp_path / "one") == hashes(tmp_path / "other")


# What may not be written.
def test_a_bad_row_is_refused_and_leaves_nothing(tmp_path):
    table = with_value("multiplicity", 3, 2)(molecules(5))
    with pytest.raises(DataError, match=r"made-up:3"), ShardWriter(tmp_path / "made-up", MOLECULE) as writer:
        writer.add(table)
    assert list(tmp_path.iterdir()) == []


def test_an_id_given_again_in_a_later_table_is_refused(tmp_path):
    with ShardWriter(tmp_path / "made-up", MOLECULE) as writer:
        writer.add(molecules(5))
        with pytest.raises(DataError, match="An id stands twice") as caught:
            writer.add(molecules(5, first=4))
    assert "made-up:4" in str(caught.value)


def test_an_id_of_a_set_too_large_for_memory_is_still_found_to_stand_twice(tmp_path, monkeypatch):
    """Memory holds the first 10 ids alone; the repeated one comes later, in two shards."""
    monkeypatch.setattr(ids_module, "IN_MEMORY", 10)
    with ShardWriter(tmp_path / "twice", MOLECULE, rows_per_shard=10) as writer:
        for first in (0, 10, 20, 15):
            writer.add(molecules(10, first))
        with pytest.raises(DataError, match="An id stands twice") as caught:
            finish(writer, 40)
    assert "made-up:15" in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    write(tmp_path / "once")
    assert verify(tmp_path / "once").counts.accepted == 25
    forge(tmp_path / "once", part_00002=with_value("id", 0, "made-up:13"))
    with pytest.raises(DataError, match="stands in two shards") as caught:
        verify(tmp_path / "once")
    assert "made-up:13" in str(caught.value)


def test_a_lost_record_is_an_error_and_leaves_nothing(tmp_path):
    with ShardWriter(tmp_path / "made-up", MOLECULE) as writer:
        writer.add(molecules(5))
        writer.reject("here", "reason", None, None)
        with pytest.raises(DataError, match="lost"):
            finish(writer, 7)
    assert list(tmp_path.iterdir()) == []


class Stop(Exception):
    """Something went wrong in the middle."""


@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt, SystemExit, MemoryError])
@pytest.mark.parametrize("older", [True, False])
def test_an_error_inside_the_block_leaves_nothing_and_the_older_folder_as_it_was(error, older, tmp_path):
    if older:
        write(tmp_path / "made-up")
    before = hashes(tmp_path / "made-up") if older else None

    def work() -> None:
        with ShardWriter(tmp_path / "made-up", MOLECULE, 10) as writer:
            writer.add(molecules(25, first=100))
            raise error

    with pytest.raises(error):
        work()
    assert [path.name for path in tmp_path.iterdir()] == (["made-up"] if older else [])
    assert not older or hashes(tmp_path / "made-up") == before


def test_a_block_left_without_finish_leaves_nothing(tmp_path):
    with ShardWriter(tmp_path / "made-up", MOLECULE, 10) as writer:
        writer.add(molecules(25))
    assert list(tmp_path.iterdir()) == []


def test_nothing_stands_under_the_name_before_the_end(tmp_path):
    with ShardWriter(tmp_path / "made-up", MOLECULE, 10) as writer:
        writer.add(molecules(25))
        assert not (tmp_path / "made-up").exists()
        finish(writer, 25)
        assert (tmp_path / "made-up").exists()


# Over what it may write.
def something_else(kind: str, folder: Path) -> None:
    if kind == "a file":
        folder.write_text("mine", encoding="utf-8")
        return
    folder.mkdir()
    if kind == "a folder of another program":
        (folder / "index.html").write_text("mine", encoding="utf-8")
    elif kind == "another program's manifest":
        (folder / "manifest.json").write_text('{"name": "my web app"}', encoding="utf-8")
        (folder / "index.html").write_text("mine", encoding="utf-8")
    elif kind == "shards and a note":
        folder.rmdir()
        write(folder)
        (folder / "my notes.txt").write_text("mine", encoding="utf-8")
    elif kind == "shards and a folder":
        folder.rmdir()
        write(folder)
        (folder / "part-00007.parquet").mkdir()
    elif kind == "a Parquet file without a manifest":
        pq.write_table(pa.table({"a": [1]}), folder / "part-00000.parquet")


@pytest.mark.parametrize(
    "kind",
    [
        "a file", "a folder of another program", "another program's manifest", "shards and a note",
        "shards and a folder", "a Parquet file without a manifest",
    ],
)  # fmt: skip
def test_something_else_at_the_place_is_never_touched(kind, tmp_path):
    something_else(kind, tmp_path / "made-up")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CallError, match="holds something else") as caught:
        write(tmp_path / "made-up")
    assert caught.value.exit_code == 2
    assert "--out" in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "made-up").mkdir()
    write(tmp_path / "made-up")
    verify(tmp_path / "made-up")


def test_missing_folders_above_are_made(tmp_path):
    write(tmp_path / "a" / "b" / "made-up")
    verify(tmp_path / "a" / "b" / "made-up")


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    write(tmp_path / "real" / "made-up", n=5)
    (tmp_path / "link").symlink_to(tmp_path / "real" / "made-up")
    write(tmp_path / "link", n=9)
    assert (tmp_path / "link").is_symlink()
    assert verify(tmp_path / "real" / "made-up").counts.accepted == 9
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]
    assert [path.name for path in (tmp_path / "real").iterdir()] == ["made-up"]


def test_the_working_folder_itself(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    write(Path())
    monkeypatch.chdir(tmp_path)
    verify("empty")


@pytest.mark.parametrize("name", ["a [b]*?", "kohlenwasserstoffe-µ", "x=1", "with space"])
def test_folders_with_odd_names(name, tmp_path):
    write(tmp_path / name)
    write(tmp_path / name, n=30)
    verify(tmp_path / name)
    assert read(tmp_path / name).column_names == MOLECULE.arrow.names
    assert [path.name for path in tmp_path.iterdir()] == [name]
