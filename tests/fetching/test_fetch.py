"""Downloads, from a server on this machine that is asked for good and bad files."""

import errno
import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from hemdata.catalog import RemoteFile
from hemdata.errors import DataError
from hemdata.fetching import download as downloading
from hemdata.fetching import first_seen
from hemdata.fetching.fetch import cache_folder, fetch
from hemdata.fetching.first_seen import lock_file

BODY = b"published text\n" * 20_000
MD5 = "md5:" + hashlib.md5(BODY).hexdigest()
SHA256 = "sha256:" + hashlib.sha256(BODY).hexdigest()


class Site:
    """What the server says to each path, and how it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.ranges: list[str | None] = []
        self.pauses: list[float] = []
        self.body = BODY
        self.tag = '"one"'
        self.failures = 0
        self.status, self.extra = 503, {"Retry-After": "7"}
        self.cuts = 0

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.path)
        self.ranges.append(handler.headers.get("Range"))
        if handler.path == "/missing":
            handler.send_error(404)
            return
        if handler.path in ("/moved", "/loop", "/away"):
            handler.send_response(302)
            handler.send_header("Location", {"/moved": "/file", "/loop": "/loop", "/away": "ftp://x/y"}[handler.path])
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        if self.failures > 0:
            self.failures -= 1
            handler.send_response(self.status)
            for name, value in self.extra.items():
                handler.send_header(name, value)
            handler.end_headers()
            return
        if handler.path == "/slow":
            time.sleep(0.6)
        if handler.path == "/page":
            handler.send_response(200)
            handler.send_header("Content-Type", "text/html; charset=utf-8")
            handler.end_headers()
            handler.wfile.write(b"<html>Are you a robot?</html>")
            return
        if handler.path == "/drops":
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(self.body)))
            handler.end_headers()
            for start in range(0, len(self.body), len(self.body) // 10):
                handler.wfile.write(self.body[start : start + len(self.body) // 10])
                handler.wfile.flush()
                time.sleep(0.05)
            return
        start, span = 0, handler.headers.get("Range")
        if span and handler.path == "/ranges" and handler.headers.get("If-Range") == self.tag:
            start = int(span.removeprefix("bytes=").removesuffix("-"))
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(self.body) - 1}/{len(self.body)}")
        if handler.path in ("/ranges", "/tagged"):
            handler.send_header("ETag", self.tag)
        if handler.path != "/unmeasured":
            handler.send_header("Content-Length", str(len(self.body) - start))
        handler.end_headers()
        cut = handler.path == "/truncated" or self.cuts > 0
        self.cuts -= 1
        handler.wfile.write(self.body[start : start + 1000] if cut else self.body[start:])


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[Site, str]]:
    site = Site()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("HEMDATA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HEMDATA_LOCK", str(tmp_path / "lock.json"))
    monkeypatch.delenv("HEMDATA_OFFLINE", raising=False)
    monkeypatch.setattr(downloading, "pause", site.pauses.append)
    monkeypatch.setattr(downloading, "TIMEOUT", (1.0, 0.3))
    monkeypatch.setattr(downloading, "CHUNK", 500)  # what a cut can lose
    yield site, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def remote(url: str, **known: Any) -> RemoteFile:
    return RemoteFile(name="archive.zip", about="a file", url=url, **known)


@pytest.mark.parametrize("known", [{"hash": MD5}, {"hash": SHA256, "bytes": len(BODY)}, {"bytes": len(BODY)}, {}])
def test_a_file_is_fetched_once(site: tuple[Site, str], known: dict[str, Any]) -> None:
    its, url = site
    path = fetch(remote(f"{url}/file", **known))
    assert path.read_bytes() == BODY
    assert path.parent == cache_folder()
    assert path.name.endswith("archive.zip")
    assert fetch(remote(f"{url}/file", **known)) == path
    assert its.asked == ["/file"]


def test_two_places_do_not_share_a_name(site: tuple[Site, str]) -> None:
    _, url = site
    assert fetch(remote(f"{url}/one")) != fetch(remote(f"{url}/two"))


@pytest.mark.parametrize(
    ("place", "known"),
    [
        ("missing", {"hash": MD5, "bytes": len(BODY)}),
        ("truncated", {"hash": MD5, "bytes": len(BODY)}),
        ("truncated", {}),
        ("file", {"hash": "md5:" + "0" * 32}),
        ("file", {"hash": "sha256:" + "0" * 64, "bytes": len(BODY)}),
        ("file", {"bytes": len(BODY) + 1}),
    ],
)
def test_a_failure_names_url_size_hash_and_from(site: tuple[Site, str], place: str, known: dict[str, Any]) -> None:
    _, url = site
    with pytest.raises(DataError) as caught:
        fetch(remote(f"{url}/{place}", **known))
    said = str(caught.value)
    assert f"{url}/{place}" in said
    assert "--from PATH" in said
    assert known.get("hash", "hash not known") in said
    assert (f"{known['bytes']:,} bytes" if "bytes" in known else "size not known") in said
    assert [path for path in cache_folder().rglob("*") if path.is_file()] == [], "nothing half-written is left"


def test_no_server_at_all(site: tuple[Site, str]) -> None:
    with pytest.raises(DataError, match="could not be fetched"):
        fetch(remote("http://127.0.0.1:9/file"))


def files() -> list[str]:
    return sorted(path.name.partition("-")[2] for path in cache_folder().iterdir())


@pytest.mark.parametrize(
    ("status", "extra", "paused"),
    [
        (500, {}, [0.5, 1.0]),
        (429, {"Retry-After": "7"}, [7.0, 7.0]),
        (503, {"Retry-After": "99999"}, [60.0, 60.0]),
        (503, {"Retry-After": "Mon, 01 Jan 2001 00:00:00 GMT"}, [0.0, 0.0]),
        (503, {"Retry-After": "soon"}, [0.5, 1.0]),
    ],
)
def test_it_tries_again(site: tuple[Site, str], status: int, extra: dict[str, str], paused: list[float]) -> None:
    its, url = site
    its.failures, its.status, its.extra = 2, status, extra
    assert fetch(remote(f"{url}/file", hash=MD5)).read_bytes() == BODY
    assert (len(its.asked), its.pauses) == (3, paused)


def test_what_is_not_there_is_asked_for_once(site: tuple[Site, str]) -> None:
    with pytest.raises(DataError, match="HTTP 404"):
        fetch(remote(f"{site[1]}/missing"))
    assert len(site[0].asked) == 1


def test_a_silent_server_is_left(site: tuple[Site, str]) -> None:
    with pytest.raises(DataError, match="timed out"):
        fetch(remote(f"{site[1]}/slow"))
    assert len(site[0].asked) == downloading.TRIES


@pytest.mark.parametrize(
    ("place", "ranges"),
    [
        ("ranges", [None, "bytes=1000-", "bytes=2000-"]),  # resumed
        ("tagged", [None, "bytes=1000-", "bytes=1000-"]),  # knows no ranges: sends all again
        ("file", [None, None, None]),  # names no version: nothing to resume safely
    ],
)
def test_what_was_cut_is_resumed(site: tuple[Site, str], place: str, ranges: list[str | None]) -> None:
    its, url = site
    its.cuts = 2
    path = fetch(remote(f"{url}/{place}", hash=MD5))
    assert path.read_bytes() == BODY
    assert its.ranges == ranges
    assert files() == ["archive.zip"]


@pytest.mark.parametrize("changed", [False, True])
def test_a_partial_waits_for_the_next_call_and_for_its_own_version(site: tuple[Site, str], changed: bool) -> None:
    its, url = site
    its.cuts = downloading.TRIES
    with pytest.raises(DataError, match="could not be fetched"):
        fetch(remote(f"{url}/ranges"))
    assert files() == ["archive.zip.part", "archive.zip.part.json"]
    if changed:
        its.body, its.tag = BODY[::-1], '"two"'
    assert fetch(remote(f"{url}/ranges")).read_bytes() == its.body
    assert its.ranges[-1] == "bytes=4000-"
    assert files() == ["archive.zip"]


def test_ctrl_c_keeps_the_partial(site: tuple[Site, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    its, url = site
    its.cuts = 1
    monkeypatch.setattr(downloading, "pause", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(remote(f"{url}/ranges", hash=MD5))
    assert fetch(remote(f"{url}/ranges", hash=MD5)).read_bytes() == BODY
    assert its.ranges == [None, "bytes=1000-"]


def test_redirects_end(site: tuple[Site, str]) -> None:
    _, url = site
    assert fetch(remote(f"{url}/moved", hash=MD5)).read_bytes() == BODY
    with pytest.raises(DataError, match="more than 5 redirects"):
        fetch(remote(f"{url}/loop"))


def test_mirrors_are_asked_in_order(site: tuple[Site, str]) -> None:
    its, url = site
    mirrors = [f"{url}/loop", f"{url}/file", f"{url}/never"]
    assert fetch(remote(f"{url}/missing", hash=MD5, mirrors=mirrors)).read_bytes() == BODY
    assert its.asked[0] == "/missing"
    assert its.asked[-1] == "/file"


def test_when_every_mirror_fails_each_is_named(site: tuple[Site, str]) -> None:
    _, url = site
    with pytest.raises(DataError) as caught:
        fetch(remote(f"{url}/missing", hash="md5:" + "0" * 32, mirrors=[f"{url}/loop", f"{url}/file"]))
    said = str(caught.value)
    for why in (f"HTTP 404 from {url}/missing", f"redirects from {url}/loop", f"{MD5}, from {url}/file"):
        assert why in said


def test_offline_takes_the_cache_alone(site: tuple[Site, str], monkeypatch: pytest.MonkeyPatch) -> None:
    its, url = site
    wanted = remote(f"{url}/file", hash=MD5, bytes=len(BODY))
    monkeypatch.setenv("HEMDATA_OFFLINE", "1")
    with pytest.raises(DataError) as caught:
        fetch(wanted)
    said = str(caught.value)
    for part in ("archive.zip", wanted.url, f"{len(BODY):,} bytes", MD5, str(cache_folder()), "--from PATH"):
        assert part in said
    assert its.asked == []
    path = fetch(wanted, offline=False)
    assert fetch(wanted) == path
    path.write_bytes(BODY[::-1])
    with pytest.raises(DataError, match="another hash"):
        fetch(wanted)
    assert path.read_bytes() == BODY[::-1]


def test_a_spoiled_copy_with_a_known_hash_is_fetched_again(site: tuple[Site, str]) -> None:
    its, url = site
    path = fetch(remote(f"{url}/file", hash=MD5))
    path.write_bytes(b"spoiled")
    assert fetch(remote(f"{url}/file", hash=MD5)).read_bytes() == BODY
    assert len(its.asked) == 2


def test_of_an_unknown_hash_the_first_seen_is_kept(site: tuple[Site, str], tmp_path: Path) -> None:
    its, url = site
    lock = tmp_path / "lock.json"
    path = fetch(remote(f"{url}/file"))
    seen = {"bytes": len(BODY), "sha256": SHA256.removeprefix("sha256:"), "url": f"{url}/file"}
    assert lock.read_text() == json.dumps({"archive.zip": seen}, indent=2) + "\n"
    path.write_bytes(b"spoiled")
    assert fetch(remote(f"{url}/file")).read_bytes() == BODY, "the lock's hash is the one that is checked by"
    path.unlink()
    its.body = BODY + b"changed"
    with pytest.raises(DataError) as caught:
        fetch(remote(f"{url}/file"))
    said = str(caught.value)
    for part in (SHA256, hashlib.sha256(its.body).hexdigest(), str(lock)):
        assert part in said
    lock.write_text("{")
    with pytest.raises(DataError, match="lock file cannot be read"):
        fetch(remote(f"{url}/file"))


def test_a_slow_server_is_waited_for_while_something_comes(site: tuple[Site, str]) -> None:
    """Ten pieces with pauses, in all longer than the longest silence that is borne."""
    its, url = site
    assert fetch(remote(f"{url}/drops", hash=MD5)).read_bytes() == BODY
    assert its.asked == ["/drops"]


def test_what_ends_early_without_saying_its_length_is_asked_for_again(site: tuple[Site, str]) -> None:
    its, url = site
    its.cuts = 2
    assert fetch(remote(f"{url}/unmeasured", bytes=len(BODY))).read_bytes() == BODY
    assert len(its.asked) == 3


def test_more_bytes_than_the_card_says_are_not_all_taken(site: tuple[Site, str]) -> None:
    its, url = site
    with pytest.raises(DataError, match="more than 1,000 bytes"):
        fetch(remote(f"{url}/unmeasured", bytes=1_000))
    assert its.asked == ["/unmeasured"]
    assert files() == []


def test_a_web_page_is_never_the_first_seen(site: tuple[Site, str], tmp_path: Path) -> None:
    """A site that asks for a human answers 200 with a page; with no hash to hold it to, it would pass for the file."""
    with pytest.raises(DataError, match="a web page instead of the file"):
        fetch(remote(f"{site[1]}/page"))
    assert not (tmp_path / "lock.json").exists()
    assert files() == []


def test_a_redirect_to_what_is_not_http_is_not_followed(site: tuple[Site, str]) -> None:
    with pytest.raises(DataError, match="ftp://x/y"):
        fetch(remote(f"{site[1]}/away"))
    assert site[0].asked == ["/away"]


def test_a_copy_of_another_size_is_fetched_again(site: tuple[Site, str]) -> None:
    """Where the card knows the size alone, and no lock file is at hand."""
    its, url = site
    path = fetch(remote(f"{url}/file", bytes=len(BODY)))
    path.write_bytes(BODY[:-1])
    lock_file().unlink()
    with pytest.raises(DataError, match="offline, and the file in the cache has another size"):
        fetch(remote(f"{url}/file", bytes=len(BODY)), offline=True)
    assert fetch(remote(f"{url}/file", bytes=len(BODY))).read_bytes() == BODY
    assert len(its.asked) == 2


def test_two_that_want_one_file_at_once_ask_once(site: tuple[Site, str]) -> None:
    its, url = site
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: fetch(remote(f"{url}/drops", hash=MD5)).read_bytes(), range(4)))
    assert found == [BODY] * 4
    assert its.asked == ["/drops"]
    assert files() == ["archive.zip"]


def test_of_several_that_write_the_lock_file_at_once_none_is_lost(
    site: tuple[Site, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = first_seen._read

    def slowly() -> Any:
        found = read()
        time.sleep(0.02)
        return found

    monkeypatch.setattr(first_seen, "_read", slowly)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: first_seen.record(f"{n}.zip", site[1], n, "0" * 64), range(6)))
    assert list(read()) == [f"{n}.zip" for n in range(6)]
    assert [path.name for path in tmp_path.iterdir()] == ["lock.json"]


def test_a_full_disk_is_said_as_such(site: tuple[Site, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(downloading, "_remember", full)
    with pytest.raises(DataError, match="No space left on device"):
        fetch(remote(f"{site[1]}/file"))


def test_a_cache_that_cannot_be_written(
    site: tuple[Site, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("HEMDATA_CACHE", str(tmp_path / "a file" / "cache"))
    with pytest.raises(DataError, match="HEMDATA_CACHE"):
        fetch(remote(f"{site[1]}/file"))


def test_the_cache_is_the_platforms_own_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEMDATA_CACHE", raising=False)
    assert cache_folder().name == "hemdata"
