"""Archives: streamed without unpacking; truncated, damaged, unsafe and oversized ones refused."""

import bz2
import io
import stat
import tarfile
import threading
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hemdata.archives import members as archives
from hemdata.archives.members import Member, find, kind, members, read_text
from hemdata.errors import DataError

TEXTS = {f"data/{number:03d}.xyz": f"member {number}\n" * (number + 1) for number in range(60)}


def every(name: str) -> bool:
    return name.endswith(".xyz")


def tar(path: Path, texts: dict[str, str], mode: str = "w:bz2", extra: list[tarfile.TarInfo] | None = None) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for info in extra or []:
            archive.addfile(info, io.BytesIO(b"x" * info.size))
        for name, text in texts.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return path


def zipped(path: Path, texts: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return path


def test_every_form_gives_the_same_members(tmp_path: Path) -> None:
    expected = [Member(name, text.encode()) for name, text in TEXTS.items()]
    for name, text in {**TEXTS, "notes.txt": "not wanted"}.items():
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_text(text)
    texts = {**TEXTS, "notes.txt": "not wanted" * 10_000}
    made = {
        "folder": tmp_path / "folder",
        "zip": zipped(tmp_path / "a", dict(reversed(texts.items()))),
        "tar": tar(tmp_path / "b", texts, "w"),
    }
    for form, path in made.items():
        assert kind(path) == form
        assert list(members(path, every)) == expected, form
    for number, mode in enumerate(("w:bz2", "w:gz", "w:xz")):
        assert list(members(tar(tmp_path / f"c{number}", texts, mode), every)) == expected
    parts = [bz2.compress(part) for part in (made["tar"].read_bytes()[:7_000], made["tar"].read_bytes()[7_000:])]
    (tmp_path / "two streams").write_bytes(b"".join(parts))
    assert list(members(tmp_path / "two streams", every)) == expected


def test_a_plain_file_is_its_own_member(tmp_path: Path) -> None:
    (tmp_path / "one.xyz").write_bytes(b"")
    assert kind(tmp_path / "one.xyz") == "file"
    assert list(members(tmp_path / "one.xyz", every)) == [Member("one.xyz", b"")]


def test_find_looks_in_every_folder(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"x/List.txt": "listed", "y/NotList.txt": "no"})
    assert find(path, "List.txt") == Member("x/List.txt", b"listed")
    assert find(path, "list.txt") is None


@pytest.mark.parametrize("mode", ["w", "w:bz2", "w:gz", "w:xz"])
def test_a_tar_cut_anywhere_is_found(tmp_path: Path, mode: str) -> None:
    whole = tar(tmp_path / "whole", TEXTS, mode).read_bytes()
    end = len(whole) if mode != "w" else len(whole.rstrip(b"\0"))  # a plain tar may lack its padding
    cut = tmp_path / "cut.tar"
    for size in range(600, end, max(1, end // 40)):
        cut.write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"truncated or damaged[\s\S]*cut\.tar[\s\S]*Fetch the archive again"):
            list(members(cut, every))


def test_a_plain_tar_cut_between_two_members_is_found(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", {"a.xyz": "a", "b.xyz": "b"}, "w")
    path.write_bytes(path.read_bytes()[:1024])
    with pytest.raises(DataError, match="ends before its end mark"):
        list(members(path, every))


def test_a_zip_cut_anywhere_is_found(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "whole", TEXTS).read_bytes()
    cut = tmp_path / "cut.zip"
    for size in range(30, len(whole), len(whole) // 40):
        cut.write_bytes(whole[:size])
        with pytest.raises(DataError, match="truncated or damaged"):
            list(members(cut, every))


@pytest.mark.parametrize("mode", ["w:bz2", "w:gz", "w:xz"])
def test_a_flipped_byte_is_found(tmp_path: Path, mode: str) -> None:
    whole = tar(tmp_path / "whole", TEXTS, mode).read_bytes()
    for place in range(len(whole) // 3, len(whole) - 60, len(whole) // 7):
        flipped = bytearray(whole)
        flipped[place] ^= 0x55
        (tmp_path / "flipped").write_bytes(flipped)
        with pytest.raises(DataError, match="truncated or damaged"):
            list(members(tmp_path / "flipped", every))


@pytest.mark.parametrize(
    "name", ["../a.xyz", "a/../../b.xyz", "/etc/a.xyz", "..\\a.xyz", "C:\\a.xyz", "\\a.xyz", "C:a.xyz"]
)
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    for path in (tar(tmp_path / "a.tar", {name: "x"}), zipped(tmp_path / "a.zip", {name: "x"})):
        with pytest.raises(DataError, match="not safe"):
            list(members(path, every))


@pytest.mark.parametrize(
    "what", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"~"]
)
def test_links_and_devices_are_refused(tmp_path: Path, what: bytes) -> None:
    info = tarfile.TarInfo("a.xyz")
    info.type, info.linkname = what, "/etc/passwd"
    with pytest.raises(DataError, match="link, device or special file"):
        list(members(tar(tmp_path / "a.tar", TEXTS, extra=[info]), every))


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("a.xyz")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match="link, device or special file"):
        list(members(path, every))


def test_folders_and_harmless_pax_headers_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "by hand"}) as archive:
        folder = tarfile.TarInfo("data")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        info = tarfile.TarInfo("data/a.xyz")
        info.size, info.pax_headers = 1, {"mtime": "1.5"}
        archive.addfile(info, io.BytesIO(b"x"))
    assert list(members(path, every)) == [Member("data/a.xyz", b"x")]


def test_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LARGEST_MEMBER", 1_000)
    texts = {"a.xyz": "0" * 1_000, "b.xyz": "0" * 1_001}
    for path in (tar(tmp_path / "a.tar", texts), zipped(tmp_path / "a.zip", texts)):
        stream = members(path, every)
        assert len(next(stream).data) == 1_000
        with pytest.raises(DataError, match="far too large"):
            next(stream)
    (tmp_path / "b.xyz").write_text("0" * 1_001)
    with pytest.raises(DataError, match="far too large"):
        list(members(tmp_path / "b.xyz", every))
    with pytest.raises(DataError, match="far too large"):
        read_text(tmp_path / "b.xyz")


def test_a_zip_that_lies_about_a_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.zip", {"a.xyz": "0" * 5_000})
    monkeypatch.setattr(archives, "LARGEST_MEMBER", 1_000)
    data = path.read_bytes().replace((5_000).to_bytes(4, "little"), (900).to_bytes(4, "little"))
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"truncated or damaged|far too large"):
        list(members(path, every))


def test_memory_stays_constant(tmp_path: Path) -> None:
    path = tmp_path / "large.tar.bz2"
    with tarfile.open(path, "w:bz2") as archive:
        for number in range(40):
            info = tarfile.TarInfo(f"{number}.xyz")
            info.size = 2_000_000
            archive.addfile(info, io.BytesIO(b"0" * info.size))
    tracemalloc.start()
    size = sum(len(member.data) for member in members(path, every))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == 80_000_000
    assert peak < 30_000_000


def test_leaving_off_early_leaves_no_thread_behind(tmp_path: Path) -> None:
    texts = {f"{number}.xyz": "0" * 3_000_000 for number in range(12)}
    before = threading.active_count()
    stream = members(tar(tmp_path / "a.tar", texts, "w:gz"), every)
    assert isinstance(stream, Iterator)
    assert next(stream).name == "0.xyz"
    stream.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_what_is_not_there_or_no_archive(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be read[\s\S]*nowhere"):
        kind(tmp_path / "nowhere")
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(DataError, match="truncated or damaged"):
        list(members(tmp_path / "a.zip", every))
    (tmp_path / "a.bz2").write_bytes(b"BZh9 and no more")
    with pytest.raises(DataError, match="truncated or damaged"):
        list(members(tmp_path / "a.bz2", every))


def test_read_text_unpacks_and_refuses(tmp_path: Path) -> None:
    (tmp_path / "a.txt.bz2").write_bytes(bz2.compress("ångström".encode()))
    assert read_text(tmp_path / "a.txt.bz2") == "ångström"
    (tmp_path / "b.txt").write_bytes(b"\xff")
    with pytest.raises(DataError, match="not UTF-8"):
        read_text(tmp_path / "b.txt")
    (tmp_path / "c.txt.bz2").write_bytes(bz2.compress(b"x" * 1000)[:-4])
    with pytest.raises(DataError, match="truncated or damaged"):
        read_text(tmp_path / "c.txt.bz2")
