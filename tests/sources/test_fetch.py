"""Downloads, from a server on this machine that is asked for good and bad files."""

import hashlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from hemdata.catalog import RemoteFile
from hemdata.errors import DataError
from hemdata.sources import fetch as fetching
from hemdata.sources.fetch import cache_folder, fetch

BODY = b"published text\n" * 20_000
MD5 = "md5:" + hashlib.md5(BODY).hexdigest()
SHA256 = "sha256:" + hashlib.sha256(BODY).hexdigest()


class Site:
    """What the server says to each path, and how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.body = BODY
        self.failures = 0

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.path)
        if handler.path == "/missing" or self.failures > 0:
            self.failures -= 1
            handler.send_error(404 if handler.path == "/missing" else 503)
            return
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(self.body)))
        handler.end_headers()
        body = self.body[:1000] if handler.path == "/truncated" else self.body
        handler.wfile.write(body)


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
    monkeypatch.setattr(fetching, "RETRIES", 0)
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


def test_it_tries_again(site: tuple[Site, str], monkeypatch: pytest.MonkeyPatch) -> None:
    its, url = site
    its.failures = 1
    monkeypatch.setattr(fetching, "RETRIES", 1)
    assert fetch(remote(f"{url}/file", hash=MD5)).read_bytes() == BODY
    assert len(its.asked) == 2


def test_a_spoiled_copy_with_a_known_hash_is_fetched_again(site: tuple[Site, str]) -> None:
    its, url = site
    path = fetch(remote(f"{url}/file", hash=MD5))
    path.write_bytes(b"spoiled")
    assert fetch(remote(f"{url}/file", hash=MD5)).read_bytes() == BODY
    assert len(its.asked) == 2


def test_of_an_unknown_hash_the_first_seen_is_kept(site: tuple[Site, str]) -> None:
    its, url = site
    path = fetch(remote(f"{url}/file"))
    note = path.with_name(path.name + ".seen.json")
    assert json.loads(note.read_text()) == {
        "url": f"{url}/file",
        "bytes": len(BODY),
        "sha256": SHA256.removeprefix("sha256:"),
    }
    path.unlink()
    its.body = BODY + b"changed"
    with pytest.raises(DataError, match=r"not the one that was first seen[\s\S]*seen\.json"):
        fetch(remote(f"{url}/file"))
    path.write_bytes(BODY)
    assert fetch(remote(f"{url}/file")) == path
    path.write_bytes(BODY[::-1])
    with pytest.raises(DataError, match="first seen"):
        fetch(remote(f"{url}/file"))


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
