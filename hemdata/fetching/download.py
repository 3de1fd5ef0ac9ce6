"""One file over HTTP: tried again with growing pauses, resumed where the server allows it, its size checked."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

TRIES = 4
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds
TIMEOUT = (10.0, 60.0)  # seconds to connect, and between two pieces
REDIRECTS = 5
CHUNK = 1 << 17
PASSING = (408, 425, 429, 500, 502, 503, 504)

pause: Callable[[float], None] = time.sleep


class Refused(Exception):
    """What another try at this address would not mend."""


class _Later(Exception):
    """What another try may mend, and after how many seconds if the server said it."""

    def __init__(self, what: str, seconds: float | None = None) -> None:
        super().__init__(what)
        self.seconds = seconds


def download(
    url: str, output: Path, partial: Path, size: int | None, progress: Callable[[int, int | None], None]
) -> None:
    """Bring the file at a URL to `output`, by way of `partial`, which outlives an interruption and is resumed.

    A partial is resumed only where its server named a version of the file (ETag or Last-Modified) and still has it.

    Args:
        url: address.
        output: written at once, when every byte is there.
        partial: what has come so far; `<partial>.json` beside it says of which version.
        size: bytes of the published file, where known.
        progress: told how many bytes are there, and how many there will be.

    Raises:
        Refused: if the server has no such file, or one of another size, or fails again and again.
    """
    import requests

    with requests.Session() as session:
        session.max_redirects = REDIRECTS
        for attempt in range(TRIES):
            try:
                _receive(session, url, partial, size, progress)
                partial.replace(output)
                _forget(partial)
                return
            except requests.TooManyRedirects:
                raise Refused(f"more than {REDIRECTS} redirects") from None
            except _no_address() as error:
                raise Refused(str(error)) from None
            except (requests.RequestException, _Later) as error:
                if not _version(partial, url):
                    _forget(partial)
                if attempt == TRIES - 1:
                    raise Refused(f"{error} ({TRIES} tries)") from None
                asked = error.seconds if isinstance(error, _Later) else None
                pause(min(FIRST_PAUSE * 2**attempt if asked is None else asked, LONGEST_PAUSE))


def _receive(
    session: Any, url: str, partial: Path, size: int | None, progress: Callable[[int, int | None], None]
) -> None:
    version = _version(partial, url)
    have = partial.stat().st_size if version else 0
    headers = {"Accept-Encoding": "identity"}
    if version and have:
        headers |= {"Range": f"bytes={have}-", "If-Range": version}
    with session.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if answer.status_code == 416:
            _forget(partial)
            raise _Later("the part at hand no longer fits", 0.0)
        if answer.status_code in PASSING:
            raise _Later(f"HTTP {answer.status_code}", _asked_to_wait(answer.headers.get("Retry-After")))
        if answer.status_code not in (200, 206):
            raise Refused(f"HTTP {answer.status_code}")
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            raise Refused("a web page instead of the file")  # where no hash is known, it would be the first seen
        length = answer.headers.get("Content-Length")
        total = int(length) if length and length.isdigit() else None
        if answer.status_code == 206:
            said = answer.headers.get("Content-Range", "").partition("/")[2]
            if not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                _forget(partial)
                raise _Later("the server sent another part than was asked for", 0.0)
            total = int(said) if said.isdigit() else None
        else:
            have = 0
            _remember(partial, url, answer.headers)
        if size is not None and total is not None and total != size:
            _forget(partial)
            raise Refused(f"{total:,} bytes")
        with partial.open("ab" if have else "wb") as file:
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                have += len(chunk)
                progress(have, total or size)
                if size is not None and have > size:
                    break
    whole = total or size
    if whole is not None and have < whole:
        raise _Later(f"the connection ended after {have:,} of {whole:,} bytes")
    if size is not None and have > size:
        _forget(partial)
        raise Refused(f"more than {size:,} bytes")


def _no_address() -> tuple[type[Exception], ...]:
    """What requests says of an address that none is, or of another kind, such as a redirect to ftp:."""
    from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema

    return InvalidSchema, InvalidURL, MissingSchema


def _note(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.json")


def _remember(partial: Path, url: str, headers: Any) -> None:
    """Which version the bytes that come are of; a weak ETag does not promise the same bytes."""
    _forget(partial)
    tag = headers.get("ETag")
    version = tag if tag and not tag.startswith("W/") else headers.get("Last-Modified")
    if version:
        _note(partial).write_text(json.dumps({"url": url, "version": version}), encoding="utf-8")


def _version(partial: Path, url: str) -> str | None:
    try:
        note = json.loads(_note(partial).read_text(encoding="utf-8"))
        return str(note["version"]) if partial.exists() and note["url"] == url else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _forget(partial: Path) -> None:
    partial.unlink(missing_ok=True)
    _note(partial).unlink(missing_ok=True)


def _asked_to_wait(said: str | None) -> float | None:
    """Seconds of a Retry-After header, a number or a date."""
    if said is None:
        return None
    if said.strip().isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
