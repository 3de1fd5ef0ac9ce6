"""Downloads a published file into one cache, with hash and size checked; given by hand it needs no network."""

import hashlib
import os
from pathlib import Path

from platformdirs import user_cache_path

from hemdata.catalog import RemoteFile
from hemdata.errors import DataError
from hemdata.fetching.download import Refused, download
from hemdata.fetching.first_seen import first_seen, lock_file, record
from hemdata.files import whole
from hemdata.locks import alone
from hemdata.shards import sha256


def cache_folder() -> Path:
    """Where downloads stay: HEMDATA_CACHE, or the platform's cache folder."""
    return Path(os.environ.get("HEMDATA_CACHE") or user_cache_path("hemdata"))


def offline_asked() -> bool:
    """Whether no server is to be asked: HEMDATA_OFFLINE=1."""
    return os.environ.get("HEMDATA_OFFLINE", "") not in ("", "0")


def cached(remote: RemoteFile) -> bool:
    """Whether the cache has a file of this size for it; its hash is looked at when it is fetched."""
    return _wrong(cache_folder() / _name(remote), None, remote.bytes) is None


def fetch(remote: RemoteFile, *, offline: bool | None = None) -> Path:
    """The local copy of a published file; downloaded where the cache has none, or one with another hash.

    Its address is asked first, then its mirrors in order. A file whose hash nobody published is bound to what was
    first seen of it, in `hemdata.lock.json` (see `first_seen`).

    Args:
        remote: the file, of a card.
        offline: ask no server; by default as HEMDATA_OFFLINE=1 says.

    Raises:
        DataError: if the download fails or is not the published file; names URL, size, hash and every mirror.
    """
    cache, name = cache_folder(), _name(remote)
    seen = first_seen(remote.name) if remote.hash is None else None
    known = f"sha256:{seen['sha256']}" if seen else remote.hash
    offline = offline_asked() if offline is None else offline
    wrong = _wrong(cache / name, known, remote.bytes)
    if wrong and offline:
        raise _failed(remote, cache / name, known, f"offline, and {wrong}")
    if wrong:
        try:
            _fetched(remote, cache, name, known)
        except Exception as error:  # requests, urllib3 and the disk each raise their own
            if isinstance(error, PermissionError | NotADirectoryError | FileExistsError):
                raise DataError(
                    "The download cache cannot be written.",
                    where=cache,
                    got=error,
                    fix="Set HEMDATA_CACHE to a folder of your own.",
                ) from None
            raise _failed(remote, cache / name, known, error, locked=seen is not None) from None
    if remote.hash is None and seen is None:
        record(remote.name, remote.url, (cache / name).stat().st_size, sha256(cache / name))
    return cache / name


def _name(remote: RemoteFile) -> str:
    return f"{hashlib.sha256(remote.url.encode()).hexdigest()[:8]}-{remote.name}"


def _wrong(place: Path, known: str | None, size: int | None) -> str | None:
    """What is wrong with the copy in the cache, if anything is."""
    if not place.is_file():
        return "the cache does not hold it"
    if size is not None and place.stat().st_size != size:
        return "the file in the cache has another size"
    if known is not None and _hash(place, known) != known:
        return "the file in the cache has another hash"
    return None


def _fetched(remote: RemoteFile, cache: Path, name: str, known: str | None) -> None:
    """Bring the file into the cache, by one process at a time: a second one waits, and finds it there."""
    with alone(cache / f"{name}.lock", fix="Set HEMDATA_CACHE to a folder on a disk of this machine."):
        if not _wrong(cache / name, known, remote.bytes):
            return
        with whole(cache / name) as new:
            _first_right(remote, known, new, cache / f"{name}.part")


def _first_right(remote: RemoteFile, known: str | None, new: Path, partial: Path) -> None:
    """Download from every address in turn, with a progress bar, until one gives the right file."""
    said = []
    for place in (remote.url, *remote.mirrors):
        try:
            with _Bar(remote.name) as bar:
                download(place, new, partial, remote.bytes, bar.at)
            if known is None or (got := _hash(new, known)) == known:
                return
            raise Refused(f"another file, {got},")
        except Refused as error:
            said.append(f"{error} from {place}")
    raise Refused("; ".join(said))


def _hash(path: Path, known: str) -> str:
    algorithm = known.partition(":")[0]
    with path.open("rb") as file:
        return f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"


class _Bar:
    """A progress bar on standard error, where that is a terminal."""

    def __init__(self, name: str) -> None:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        from hemdata.console import err

        columns = [TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn()]
        self._progress = Progress(*columns, console=err, disable=not err.is_terminal)
        self._task = self._progress.add_task(f"Downloading {name}", total=None)

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def at(self, done: int, total: int | None) -> None:
        """So many bytes are there."""
        self._progress.update(self._task, completed=done, total=total)


def _failed(remote: RemoteFile, place: Path, known: str | None, got: object, *, locked: bool = False) -> DataError:
    size = f"{remote.bytes:,} bytes" if remote.bytes is not None else "size not known"
    by_lock = f" (first seen, {lock_file()})" if locked else ""
    fix = "Check the network and try again; or get the file by hand and give it with --from PATH."
    if locked:
        fix += f" If the file was rightly changed, delete its entry in {lock_file()}."
    return DataError(
        f"'{remote.name}' could not be fetched.",
        where=f"{remote.url} (to {place})",
        expected=f"{size}, {known or 'hash not known'}{by_lock}",
        got=got,
        fix=fix,
    )
