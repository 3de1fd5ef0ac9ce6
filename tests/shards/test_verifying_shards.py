"""`verify` finds a flipped byte anywhere, a file missing, cut, swapped or too many, and rows that cannot be right."""

import shutil

import pyarrow as pa
import pytest
from made_shards import QM9, forge, hashes, molecules, with_value, write

from hemdata.errors import CallError, DataError
from hemdata.shards import read, read_manifest, verify

FILES = ["manifest.json", "part-00000.parquet", "part-00001.parquet", "part-00002.parquet", "rejected.parquet"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written") / "made-up"
    write(folder)
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return shutil.copytree(written, tmp_path / "made-up")


def refused(folder, words: str) -> str:
    with pytest.raises(DataError, match=words) as caught:
        verify(folder)
    return str(caught.value)


def test_a_whole_folder_holds(folder):
    assert verify(folder).counts.accepted == 25
    assert sorted(hashes(folder)) == FILES


def test_verify_changes_nothing(folder):
    before = hashes(folder)
    verify(folder)
    assert hashes(folder) == before


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_anywhere_is_found(name, folder):
    path = folder / name
    data = path.read_bytes()
    step = 1 if name == "manifest.json" else max(1, len(data) // 60)
    offsets = sorted({*range(0, len(data), step), *range(12), *range(len(data) - 12, len(data))})
    for at in offsets:
        for mask in (0x01, 0x80) if name == "manifest.json" else (0x01, 0x10, 0xFF):
            path.write_bytes(data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :])
            with pytest.raises(DataError) as caught:
                verify(folder)
            assert name in str(caught.value), (at, mask)
    path.write_bytes(data)
    verify(folder)


def test_a_line_end_turned_into_a_carriage_return_is_found(folder):
    """Reading as text would turn it back."""
    path = folder / "manifest.json"
    data = path.read_bytes()
    for at in (i for i, byte in enumerate(data) if byte == ord("\n")):
        path.write_bytes(data[:at] + b"\r" + data[at + 1 :])
        refused(folder, "manifest")
    path.write_bytes(data.replace(b"\n", b"\r\n"))
    refused(folder, "own hash")


def test_bytes_added_or_cut_are_found(folder):
    for name in FILES:
        data = (folder / name).read_bytes()
        for other in (data + b"\n", data + b"\0", data[:-1], data[:-2], data[: len(data) // 2], data[1:], b""):
            (folder / name).write_bytes(other)
            assert name in refused(folder, "The |A ")
        (folder / name).write_bytes(data)
    verify(folder)


@pytest.mark.parametrize("name", FILES[1:])
def test_a_missing_file_is_named(name, folder):
    (folder / name).unlink()
    assert name in refused(folder, "is missing")


def test_a_missing_manifest_is_no_shard_folder(folder):
    (folder / "manifest.json").unlink()
    with pytest.raises(CallError, match="not a folder of shards"):
        verify(folder)


@pytest.mark.parametrize("name", ["part-00003.parquet", "notes.txt", ".hidden", "rejected.parquet.bak"])
def test_a_file_too_many_is_named(name, folder):
    shutil.copy(folder / "part-00000.parquet", folder / name)
    assert name in refused(folder, "does not list")


def test_a_folder_too_many_is_named(folder):
    (folder / "more").mkdir()
    assert "more" in refused(folder, "does not list")


def test_swapped_shards_are_found(folder):
    one, other = folder / "part-00000.parquet", folder / "part-00001.parquet"
    one.rename(folder / "x")
    other.rename(one)
    (folder / "x").rename(other)
    refused(folder, "another (size|SHA-256)")


def test_a_shard_of_another_build_is_found(folder, tmp_path):
    write(tmp_path / "other", first=1)
    shutil.copy(tmp_path / "other" / "part-00000.parquet", folder)
    refused(folder, "another (size|SHA-256)")


def test_a_manifest_of_another_build_is_found(folder, tmp_path):
    write(tmp_path / "other", first=1)
    shutil.copy(tmp_path / "other" / "manifest.json", folder)
    refused(folder, "another (size|SHA-256)")


# A manifest written anew with right hashes: what it says must still be so.
def edited(folder, **counts):
    manifest = read_manifest(folder)
    manifest.counts = manifest.counts.model_copy(update=counts)
    return manifest


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"accepted": 26, "read": 29}, "accepted rows do not add up"),
        ({"accepted": 24, "read": 27}, "accepted rows do not add up"),
        ({"read": 29}, "read is not accepted"),
        ({"read": 0}, "read is not accepted"),
        ({"rejected": {"atom count": 2, "not a number": 1}}, "rejected rows do not add up"),
        ({"rejected": {}, "read": 25}, "rejected rows do not add up"),
        ({"rejected": {"atom count": 1, "not a number": 2, "lost": 0}}, "rejected rows do not add up"),
        ({"rejected": {"atom count": 1, "not a number": 2, "lost": 4}, "read": 32}, "rejected rows do not add up"),
    ],
    ids=str,
)
def test_counts_that_do_not_add_up(counts, words, folder):
    forge(folder, edited(folder, **counts))
    refused(folder, words)


def test_a_shard_with_fewer_rows_than_the_manifest_says(folder):
    forge(folder, part_00001=lambda table: table.slice(0, 9))
    refused(folder, "accepted rows do not add up")
    manifest = read_manifest(folder)
    manifest.shards[1].rows = 10
    forge(folder, manifest)
    assert "part-00001" in refused(folder, "another number of rows")


def test_a_rejected_record_taken_away(folder):
    forge(folder, rejected=lambda table: table.slice(1))
    refused(folder, "rejected rows do not add up")


@pytest.mark.parametrize("off", [2e-6, -2e-6, 1.0, -300.0])
def test_an_atomization_energy_that_is_not_that_of_its_level(off, folder):
    right = molecules(25)["atomization_energy_kcal_mol"][12].as_py()
    forge(folder, part_00001=with_value("atomization_energy_kcal_mol", 2, right + off))
    said = refused(folder, "not that of the level 'qm9'")
    assert "made-up:12" in said
    assert f"{right:.6f}" in said


def test_a_total_energy_that_does_not_fit_its_atomization_energy(folder):
    right = molecules(25)["energy_hartree"][0].as_py()
    forge(folder, part_00000=with_value("energy_hartree", 0, right + 1e-6))
    assert "made-up:0" in refused(folder, "not that of the level 'qm9'")


def test_the_last_bits_of_an_energy_may_differ_between_machines(folder):
    right = molecules(25)["atomization_energy_kcal_mol"][0].as_py()
    forge(folder, part_00000=with_value("atomization_energy_kcal_mol", 0, right * (1 + 1e-15)))
    verify(folder)


def test_a_level_that_the_manifest_does_not_name(folder):
    forge(folder, part_00000=with_value("level", 0, "pc9"))
    assert "pc9" in refused(folder, "level that the manifest does not name")


def test_a_level_defined_otherwise_than_then(folder):
    manifest = read_manifest(folder)
    manifest.levels[0].hash = "0123456789ab"
    forge(folder, manifest)
    said = refused(folder, "defined otherwise")
    assert "0123456789ab" in said
    assert QM9.hash in said


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("multiplicity", 2, "parity"),
        ("n_heavy", 3, "atoms_agree"),
        ("charge", 9, "charge"),
        ("inchikey", "x", "inchikey"),
        ("positions", [0.0] * 15, "apart"),
        ("level", None, "level_named"),
        ("atomization_energy_kcal_mol", None, "bound"),
        ("atomization_energy_kcal_mol", float("nan"), "atomization_energy_kcal_mol"),
        ("id", "no colon", "id"),
        ("id", "made-up:15", "id"),
    ],
)
def test_a_row_that_breaks_the_schema(column, value, reason, folder):
    forge(folder, part_00001=with_value(column, 6, value))
    said = refused(folder, "break the schema 'molecule'")
    assert f"got: {reason}" in said
    assert "part-00001.parquet, row 6" in said


def test_an_id_that_stands_in_two_shards(folder):
    forge(folder, part_00001=with_value("id", 5, "made-up:3"))
    refused(folder, "An id stands in two shards")


@pytest.mark.parametrize(
    "edit",
    [
        lambda table: table.drop_columns(["smiles"]),
        lambda table: table.append_column("colour", pa.array(["red"] * table.num_rows)),
        lambda table: table.select(table.column_names[::-1]),
        lambda table: table.replace_schema_metadata({}),
        lambda table: table.replace_schema_metadata({**table.schema.metadata, b"hemdata.schema_version": b"1.1"}),
        lambda table: table.cast(table.schema.set(12, table.schema.field(12).with_metadata({"unit": "eV"}))),
    ],
    ids=["column missing", "column too many", "other order", "no metadata", "other version", "other unit"],
)
def test_a_shard_of_another_schema(edit, folder):
    forge(folder, part_00002=edit)
    assert "part-00002" in refused(folder, "another schema")


@pytest.mark.parametrize("name", ["part-00001.parquet", "rejected.parquet"])
def test_a_file_that_is_no_parquet_though_its_hash_is_right(name, folder):
    manifest = read_manifest(folder)
    forge(folder, manifest)
    (folder / name).write_bytes(b"PAR1 and no more")
    part = next(part for part in [*manifest.shards, manifest.rejected] if part.file == name)
    part.bytes, part.sha256 = 16, hashes(folder)[name]
    (folder / "manifest.json").write_text(manifest.text(), encoding="utf-8")
    assert name in refused(folder, "cannot be read")


def test_a_manifest_that_points_out_of_its_folder(folder):
    manifest = read_manifest(folder)
    shutil.move(folder / "part-00002.parquet", folder.parent / "part-00002.parquet")
    manifest.shards[2].file = "../part-00002.parquet"
    (folder / "manifest.json").write_text(manifest.text(), encoding="utf-8")
    refused(folder, "manifest is wrong")
    with pytest.raises(DataError, match="manifest is wrong"):
        read(folder)


def test_a_manifest_without_shards(folder):
    manifest = read_manifest(folder).model_copy(update={"shards": []})
    (folder / "manifest.json").write_text(manifest.text(), encoding="utf-8")
    refused(folder, "manifest is wrong")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "{}", '{"format": "1.0"}', '{"format": []}'])
def test_what_is_no_manifest(text, folder):
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    assert "manifest.json" in refused(folder, "^The manifest")
