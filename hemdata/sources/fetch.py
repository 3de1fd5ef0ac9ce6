"""Downloads a published file into one cache, with hash and size checked; given by hand it needs no network."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from hemdata.catalog import RemoteFile
from hemdata.errors import DataError
from hemdata.shards import sha256

RETRIES = 2
CHUNK = 1 << 17


def cache_folder() -> Path:
    """Where downloads stay: HEMDATA_CACHE, or the platform's cache folder."""
    import pooch

    return Path(os.environ.get("HEMDATA_CACHE") or pooch.os_cache("hemdata"))


def fetch(remote: RemoteFile) -> Path:
    """The local copy of a published file; downloaded where the cache has none, or one with another hash.

    A file whose hash nobody knows is bound to what was first seen of it: `<file>.seen.json` beside it keeps its
    size and SHA-256.

    Raises:
        DataError: if the download fails or is not the published file; names URL, size and hash.
    """
    import pooch

    cache = cache_folder()
    name = f"{hashlib.sha256(remote.url.encode()).hexdigest()[:8]}-{remote.name}"
    pooch.get_logger().setLevel("ERROR")  # what went wrong is said below, in one place
    store = pooch.create(
        path=cache,
        base_url="",
        registry={name: remote.hash},
        urls={name: remote.url},
        retry_if_failed=RETRIES,
    )
    try:
        path = Path(store.fetch(name, downloader=_Download(remote)))
    except Exception as error:  # requests, urllib3, pooch and the disk each raise their own
        raise _failed(remote, cache, error) from None
    if remote.hash is None:
        _same_as_first_seen(path, remote)
    return path


class _Download:
    """pooch's download with a progress bar, and the size checked before the file gets its name."""

    def __init__(self, remote: RemoteFile) -> None:
        self.remote = remote

    def __call__(self, url: str, output: str, pooch: Any, check_only: bool = False) -> bool | None:
        from pooch import HTTPDownloader

        bar = _Bar(self.remote.name)
        try:
            download = HTTPDownloader(progressbar=bar, chunk_size=CHUNK)
            available: bool | None = download(url, output, pooch, check_only)
        finally:
            bar.close()
        if not check_only and self.remote.bytes is not None:
            size = Path(output).stat().st_size
            if size != self.remote.bytes:
                raise ValueError(f"{size:,} bytes")
        return available


class _Bar:
    """A rich progress bar with the four calls that pooch makes."""

    def __init__(self, name: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        console = Console(stderr=True)
        columns = [TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()]
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task(f"Downloading {name}", total=None)
        self.total = 0

    def update(self, size: int) -> None:
        self._progress.start()
        self._progress.update(self._task, advance=size, total=self.total or None)

    def reset(self) -> None:
        self._progress.reset(self._task)

    def close(self) -> None:
        self._progress.stop()


def _same_as_first_seen(path: Path, remote: RemoteFile) -> None:
    note = path.with_name(f"{path.name}.seen.json")
    now = {"url": remote.url, "bytes": path.stat().st_size, "sha256": sha256(path)}
    if not note.exists():
        partial = note.with_name(f".{note.name}.{os.getpid()}")
        partial.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")
        partial.replace(note)
        return
    try:
        seen = json.loads(note.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        seen = "unreadable"
    if seen != now:
        raise DataError(
            "A file is not the one that was first seen.",
            where=path,
            expected=seen,
            got=now,
            fix=f"Find out which is right; then delete {note.name} (and the file, to fetch it again).",
        )


def _failed(remote: RemoteFile, cache: Path, error: Exception) -> DataError:
    size = f"{remote.bytes:,} bytes" if remote.bytes is not None else "size not known"
    if isinstance(error, PermissionError | NotADirectoryError | FileExistsError):
        return DataError(
            "The download cache cannot be written.",
            where=cache,
            got=error,
            fix="Set HEMDATA_CACHE to a folder of your own.",
        )
    return DataError(
        f"'{remote.name}' could not be fetched.",
        where=remote.url,
        expected=f"{size}, {remote.hash or 'hash not known'}",
        got=error,
        fix="Check the network and try again; or get the file by hand and give it with --from PATH.",
    )
