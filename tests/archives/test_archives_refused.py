"""Archives made to harm or made otherwise: each is refused with its sentence, or read in constant memory."""

import ast
import bz2
import gzip
import io
import os
import socket
import stat
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from hemdata.archives import decompress
from hemdata.archives import members as archives
from hemdata.archives.decompress import open_any
from hemdata.archives.members import Member, kind, members, read_text
from hemdata.catalog import dataset
from hemdata.errors import DataError
from hemdata.sources import open_source

CROWD = 100_000


def every(name: str) -> bool:
    return name.endswith(".xyz")


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        list(members(path, every))
    said = str(caught.value)
    assert str(path) in said
    assert "what to do" in said
    return said


def header(name: bytes = b"a.xyz", size: bytes = b"00000000001\0", kind: bytes = b"0") -> bytes:
    """A tar header by hand, as no library writes it."""
    fields = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + size + b"00000000000\0" + b" " * 8 + kind
    block = fields.ljust(257, b"\0") + b"ustar\x0000"
    block = block.ljust(512, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def tar_of(path: Path, *blocks: bytes) -> Path:
    path.write_bytes(b"".join(block.ljust(-(-len(block) // 512) * 512, b"\0") for block in blocks) + bytes(1024))
    return path


# names


@pytest.mark.parametrize("form", ["GNU", "pax", "pax global"])
def test_names_that_a_tar_tells_elsewhere_are_refused_and_not_cut(tmp_path: Path, form: str) -> None:
    name = "n" * 150 + ".xyz"
    path = tmp_path / "a.tar"
    if form == "pax global":
        record = b"24 path=of/every.xyz\n"
        tar_of(path, header(b"g", b"%011o\0" % len(record), b"g"), record, header(), b"x")
    else:
        written = tarfile.GNU_FORMAT if form == "GNU" else tarfile.PAX_FORMAT
        with tarfile.open(path, "w", format=written) as archive:
            archive.addfile(tarfile.TarInfo(name))
    assert "extended names" in refusal(path)
    assert "Unpack it and give the folder" in refusal(path)


def test_a_name_of_up_to_256_letters_in_a_plain_header_is_read(tmp_path: Path) -> None:
    name = "f" * 120 + "/" + "n" * 90 + ".xyz"
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo(name))
    assert list(members(tmp_path / "a.tar", every)) == [Member(name, b"")]


@pytest.mark.parametrize("form", ["GNU", "pax"])
def test_a_sparse_member_is_refused_and_its_map_is_not_taken_for_its_text(tmp_path: Path, form: str) -> None:
    """GNU tar 1.0 sparse members in a pax archive look like plain files whose text begins with the map of holes."""
    if form == "GNU":
        path = tar_of(tmp_path / "a.tar", header(kind=b"S"), b"x")
    else:
        records = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n32 GNU.sparse.name=hidden.xyz\x20\x20\n"
        plain = header(b"GNUSparseFile.1/a.xyz", b"%011o\0" % 512)
        path = tar_of(tmp_path / "a.tar", header(b"p", b"%011o\0" % len(records), b"x"), records, plain, b"1\n0\n512\n")
    assert "extended names or sizes" in refusal(path)
    assert "sparse" in refusal(path)


def test_a_name_that_is_not_utf8_is_refused_as_such(tmp_path: Path) -> None:
    name = "Ångström.xyz".encode("latin-1")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / os.fsdecode(name)).write_text("x")
    tar_of(tmp_path / "a.tar", header(name), b"x")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("Åaaaaaaaa.xyz", "x")
    spoiled = (tmp_path / "a.zip").read_bytes().replace("Å".encode(), b"\xc5\xff")
    (tmp_path / "a.zip").write_bytes(spoiled)
    for form in ("folder", "a.tar", "a.zip"):
        said = refusal(tmp_path / form)
        assert "name is not UTF-8" in said
        assert "\\xc5" in said, "the name is shown, byte by byte"


def test_a_name_with_a_zero_byte_is_not_cut_there(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.xyz_.exe", "x")
    (tmp_path / "a.zip").write_bytes((tmp_path / "a.zip").read_bytes().replace(b"xyz_", b"xyz\0"))
    assert "not safe to read" in refusal(tmp_path / "a.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for text in ("first", "second"):
            archive.writestr("x/a.xyz", text)
    tar_of(tmp_path / "a.tar", header(b"x/a.xyz"), b"1", header(b"./x/a.xyz"), b"2")
    for form in ("a.zip", "a.tar"):
        assert "two members of one name" in refusal(tmp_path / form)
    apart = tar_of(tmp_path / "b.tar", header(b"x/a.xyz"), b"1", header(b"y/a.xyz"), b"2")
    assert [member.data for member in members(apart, every)] == [b"1", b"2"]


# links and devices


@pytest.mark.parametrize("form", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path, form: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("unasked.txt")
        info.external_attr = (form | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert "link, device or special file" in refusal(tmp_path / "a.zip")


def test_links_and_devices_in_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret").write_text("secret")
    folder = tmp_path / "folder"
    made: dict[str, Callable[[Path], object]] = {
        "a link to": lambda path: path.symlink_to(tmp_path / "elsewhere" / "secret"),
        "a link to a folder": lambda path: path.symlink_to(tmp_path / "elsewhere"),
        "a pipe": os.mkfifo,
        "a socket": lambda path: socket.socket(socket.AF_UNIX).bind(str(path)),
    }
    for what, make in made.items():
        folder.mkdir()
        make(folder / "a.xyz")
        assert what in refusal(folder)
        (folder / "a.xyz").unlink()
        folder.rmdir()
    folder.mkdir()
    (folder / "b.xyz").write_text("b")
    (folder / "a.xyz").symlink_to(folder / "b.xyz")
    assert [member.data for member in members(folder, every)] == [b"b", b"b"]


def test_a_pipe_given_as_the_archive_does_not_wait_for_ever(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.zip")
    with pytest.raises(DataError, match="a pipe"):
        kind(tmp_path / "a.zip")


# bombs


def test_a_bomb_of_many_members_is_refused_by_its_growth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each member is small enough; together they are 300 times the archive and more."""
    monkeypatch.setattr(decompress, "FREE", 100_000)
    zeros = "0" * 50_000
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for number in range(400):
            archive.writestr(f"{number}.xyz", zeros)
    plain = tar_of(
        tmp_path / "plain",
        *[part for n in range(400) for part in (header(b"%d.xyz" % n, b"%011o\0" % 50_000), zeros.encode())],
    )
    (tmp_path / "a.tar.bz2").write_bytes(bz2.compress(plain.read_bytes()))
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(plain.read_bytes()))
    for form in ("a.tar.bz2", "a.tar.gz"):
        assert "grows beyond all measure" in refusal(tmp_path / form)
    monkeypatch.setattr(decompress, "MOST_TIMES", 100)
    assert "grows beyond all measure" in refusal(tmp_path / "a.zip")
    assert len(list(members(plain, every))) == 400, "what is not compressed does not grow"


def test_unwanted_members_of_a_bomb_count_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decompress, "FREE", 1_000_000)
    path = tmp_path / "a.tar.bz2"
    path.write_bytes(bz2.compress(header(b"unasked", b"%011o\0" % 50_000_000) + bytes(50_000_000)))
    assert "grows beyond all measure" in refusal(path)


def test_a_bomb_of_lines_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read line by line and not as an archive is watched as well."""
    monkeypatch.setattr(decompress, "FREE", 1_000_000)
    path = tmp_path / "GDB17.smi.gz"
    path.write_bytes(gzip.compress(b"C\n" * 5_000_000))
    with pytest.raises(DataError, match="grows beyond all measure"):
        for _ in open_source(dataset("gdb17"), path).raws():
            pass
    with pytest.raises(DataError, match="grows beyond all measure"), open_any(path) as file:
        file.read()


def test_members_that_share_their_bytes_are_found(tmp_path: Path) -> None:
    """The bomb that is small for its members overlap (Fifield 2019): every entry points at one place."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a.xyz", "b.xyz"):
            archive.writestr(name, "0" * 5_000)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<I", 0)
    (tmp_path / "a.zip").write_bytes(data)
    assert "truncated or damaged" in refusal(tmp_path / "a.zip")


def test_an_archive_within_an_archive_is_not_opened(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("b.xyz", "x")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
        archive.writestr("a.xyz", inner.getvalue())
    assert list(members(tmp_path / "a.zip", every)) == [Member("a.xyz", inner.getvalue())]


def test_what_is_compressed_twice_is_not_read_as_if_once(tmp_path: Path) -> None:
    tar_of(tmp_path / "a.tar", header(), b"x")
    (tmp_path / "a.tar.bz2").write_bytes(gzip.compress(bz2.compress((tmp_path / "a.tar").read_bytes())))
    assert "holds no tar archive" in refusal(tmp_path / "a.tar.bz2")


@pytest.mark.parametrize(
    "size", [b"\xff" * 12, b"\x80" + b"\0" * 3 + b"\x7f" * 8, b"\x80" + b"\0" * 6 + b"\xff" * 5, b"77777777777\0"]
)
def test_a_tar_that_lies_about_a_size_is_refused(tmp_path: Path, size: bytes) -> None:
    """Less than nothing (in the binary form), and more than any disk holds."""
    for name in (b"a.xyz", b"unasked"):
        said = refusal(tar_of(tmp_path / "a.tar", header(name, size), header(b"b.xyz"), b"x"))
        assert "truncated or damaged" in said or "far too large" in said


def test_a_pax_header_of_any_size_is_not_read_into_memory(tmp_path: Path) -> None:
    assert "a pax header" in refusal(tar_of(tmp_path / "a.tar", header(b"p", b"77777777777\0", b"x"), b"x"))


# kinds and compressions


def test_encrypted_members_are_told_from_damaged_ones(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.xyz", "x" * 40)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert "The archive is encrypted" in refusal(tmp_path / "a.zip")


def test_a_compression_that_is_not_read_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.xyz", "x" * 40)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    deflate64 = struct.pack("<H", 9)
    data[8:10] = deflate64
    place = data.rindex(b"PK\x01\x02") + 10
    data[place : place + 2] = deflate64
    (tmp_path / "a.zip").write_bytes(data)
    assert "compression method 9" in refusal(tmp_path / "a.zip")


@pytest.mark.parametrize(("magic", "name"), [(magic, name) for magic, name in archives.UNREAD.items()])
def test_other_kinds_of_archive_are_named(tmp_path: Path, magic: bytes, name: str) -> None:
    path = tmp_path / "PC9_data.zip"
    path.write_bytes(magic + bytes(600))
    said = refusal(path)
    assert f"got: {name}" in said
    assert "ZIP (stored, deflate" in said


@pytest.mark.parametrize("name", ["a.tar.bz2", "a.tar.gz", "a.tar.xz", "a.zip", "a.tar"])
def test_a_name_that_lies_about_the_compression_does_no_harm(tmp_path: Path, name: str) -> None:
    """A file that is named bz2 and holds gzip: what it is stands in its first bytes."""
    plain = tar_of(tmp_path / "plain", header(), b"x").read_bytes()
    for compress in (gzip.compress, bz2.compress, bytes):
        (tmp_path / name).write_bytes(compress(plain))
        assert list(members(tmp_path / name, every)) == [Member("a.xyz", b"x")]


def test_a_compressed_file_that_is_no_archive_is_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(b"5\ngdb 1\n" * 200))
    assert "holds no tar archive" in refusal(tmp_path / "a.tar.gz")


def test_a_second_archive_behind_the_first_is_not_passed_over(tmp_path: Path) -> None:
    first = tar_of(tmp_path / "a.tar", header(), b"x").read_bytes()
    (tmp_path / "a.tar").write_bytes(first + first)
    assert "more members after its end mark" in refusal(tmp_path / "a.tar")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_a_checksum_at_the_very_end_is_looked_at(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    """Behind the end mark a tar has only zeros; that the bytes before it are right is known at the end alone."""
    plain = tar_of(tmp_path / "plain", header(size=b"%011o\0" % 2_000_000), bytes(range(250)) * 8_000).read_bytes()
    data = bytearray(compress(plain + bytes(3 << 20)))
    place = -8 if compress is gzip.compress else -4
    data[place] ^= 0x10
    (tmp_path / "a").write_bytes(data)
    assert "truncated or damaged" in refusal(tmp_path / "a")


def test_a_small_text_that_is_cut_or_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "list.txt.gz").write_bytes(gzip.compress(b"58\n" * 1000)[:-9])
    with pytest.raises(DataError, match="truncated or damaged"):
        read_text(tmp_path / "list.txt.gz")
    (tmp_path / "list.txt.gz").write_bytes(bz2.compress(b"58\n"))
    assert read_text(tmp_path / "list.txt.gz") == "58\n"


# crowds


def crowd(path: Path, form: str) -> Path:
    """100,000 members of 20 bytes, written by hand: a library takes ten seconds."""
    text = b"tiny text of a file\n"
    if form == "tar":
        padded = text.ljust(512, b"\0")
        with path.open("wb") as file:
            for number in range(CROWD):
                file.write(header(b"%09d.xyz" % number, b"%011o\0" % len(text)) + padded)
            file.write(bytes(1024))
        return path
    crc = struct.pack("<I", zlib.crc32(text))
    sizes = struct.pack("<II", len(text), len(text))
    listed = []
    with path.open("wb") as file:
        for number in range(CROWD):
            name, place = b"%09d.xyz" % number, file.tell()
            fixed = struct.pack("<HHHHH", 20, 0, 0, 0, 0x5521) + crc + sizes + struct.pack("<HH", len(name), 0)
            file.write(b"PK\x03\x04" + fixed + name + text)
            listed.append(b"PK\x01\x02\x14\x00" + fixed + bytes(10) + struct.pack("<I", place) + name)
        start = file.tell()
        file.writelines(listed)
        size = file.tell() - start
        file.write(b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, CROWD, CROWD, size, start))
        file.write(b"PK\x06\x07" + struct.pack("<IQI", 0, start + size, 1))
        file.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))
    return path


READ = """
import resource, sys
from pathlib import Path
from hemdata.archives.members import members

def read(path):
    found = sum(len(member.data) == 20 for member in members(Path(path), lambda name: name.endswith(".xyz")))
    return found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

print([read(path) for path in sys.argv[1:]])
"""


def test_a_hundred_thousand_tiny_files_are_read_one_by_one(tmp_path: Path) -> None:
    """Of all of them the names are held (some hundred bytes each; in a ZIP, whose end lists them, more), of one its
    text: the peaks of one process that reads ten members, then the crowds."""
    few = tar_of(
        tmp_path / "few", *[part for n in range(10) for part in (header(b"%d.xyz" % n, b"00000000024\0"), b"." * 20)]
    )
    paths = [str(few), str(crowd(tmp_path / "a.tar", "tar")), str(crowd(tmp_path / "a.zip", "zip"))]
    ended = subprocess.run([sys.executable, "-c", READ, *paths], capture_output=True, text=True, check=True)
    (ten, base), (tar, tar_peak), (zipped, zip_peak) = ast.literal_eval(ended.stdout)
    assert (ten, tar, zipped) == (10, CROWD, CROWD)
    assert tar_peak - base < 25, "MB"
    assert zip_peak - base < 80, "MB"
