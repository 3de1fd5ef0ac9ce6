"""A compressed file read forward, decompressed in a thread of its own; one that grows beyond all text is refused."""

import bz2
import gzip
import io
import lzma
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Self

from hemdata.errors import DataError

CHUNK = 1 << 20
CHUNKS_AHEAD = 8
FREE = 1 << 28  # bytes that any file may give
MOST_TIMES = 200  # published texts are compressed 3 to 10 times; a bomb a thousand times and more

OPENERS: dict[bytes, Callable[[Path], Any]] = {
    b"BZh": bz2.BZ2File,
    b"\x1f\x8b": gzip.GzipFile,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}


def compressed(first: bytes) -> bool:
    """Whether a file that begins so is compressed by bzip2, gzip or xz."""
    return any(first.startswith(magic) for magic in OPENERS)


def open_any(path: Path) -> IO[bytes]:
    """Open a file for reading, decompressed where its first bytes (not its name) say that it is compressed.

    Reading raises DataError where more comes out than any text would give.
    """
    with path.open("rb") as file:
        first = file.read(8)
    for magic, opener in OPENERS.items():
        if first.startswith(magic):
            opened: IO[bytes] = io.BufferedReader(_Watched(opener(path), Growth(path)), CHUNK)
            return opened
    return path.open("rb")


class Growth:
    """How much has come out of a compressed file, and how much may."""

    def __init__(self, path: Path) -> None:
        self.path, self.size = path, path.stat().st_size
        self.most = max(FREE, MOST_TIMES * self.size)
        self.so_far = 0

    def add(self, size: int) -> None:
        """So many bytes more.

        Raises:
            DataError: if they are too many.
        """
        self.so_far += size
        if self.so_far > self.most:
            raise DataError(
                "The file grows beyond all measure as it is decompressed.",
                where=self.path,
                expected=f"at most {MOST_TIMES} times its {self.size:,} bytes",
                got=f"more than {self.most:,} bytes",
                fix="This is not the published archive: fetch it again.",
            )


class _Watched(io.RawIOBase):
    """A decompressed file whose growth is watched."""

    def __init__(self, inside: Any, growth: Growth) -> None:
        self._inside, self._growth = inside, growth

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        got: int = self._inside.readinto(buffer)
        self._growth.add(got)
        return got

    def close(self) -> None:
        if not self.closed:
            self._inside.close()
        super().close()


class Stream:
    """A file that decompresses ahead in a thread (the interpreter is free meanwhile); use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self._chunks: queue.Queue[bytes | BaseException] = queue.Queue(CHUNKS_AHEAD)
        self._stopped = threading.Event()
        self._chunk, self._at = b"", 0
        self._thread = threading.Thread(target=self._decompress, args=(path,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        while self._thread.is_alive():  # it may be waiting for room
            try:
                self._chunks.get(timeout=0.05)
            except queue.Empty:
                continue

    def _decompress(self, path: Path) -> None:
        try:
            with open_any(path) as file:
                while not self._stopped.is_set():
                    chunk = file.read(CHUNK)
                    self._chunks.put(chunk)
                    if not chunk:
                        return
        except BaseException as error:  # told to the reading thread, which raises it
            self._chunks.put(error)

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end."""
        end = self._at + size
        if end <= len(self._chunk):
            data, self._at = self._chunk[self._at : end], end
            return data
        parts = [self._chunk[self._at :]]
        missing = size - len(parts[0])
        while missing > 0 and self._next():
            parts.append(self._chunk[:missing])
            self._at = len(parts[-1])
            missing -= self._at
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Leave out bytes, however many."""
        while size > 0:
            got = len(self.read(min(size, CHUNK)))
            if not got:
                raise EOFError("the archive ends within a member")
            size -= got

    def _next(self) -> bool:
        chunk = self._chunks.get()
        if isinstance(chunk, BaseException):
            raise chunk
        self._chunk, self._at = chunk, 0
        if not chunk:
            self._chunks.put(b"")  # so that reading on stays at the end
        return bool(chunk)
