"""Writers that are killed, that run out of disk, that may not write, that run side by side."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from made_shards import MOLECULE, finish, hashes, molecules, write

from hemdata.shards import ShardWriter, verify
from hemdata.shards import write as write_module

HERE = Path(__file__).parents[1] / "support"
START = """
import os, signal, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from made_shards import MOLECULE, finish, molecules, write
from hemdata.shards import ShardWriter
from hemdata.shards import write as write_module
folder = Path(sys.argv[1])
"""
WAITS_IN_THE_MIDDLE = """
with ShardWriter(folder, MOLECULE, 10) as writer:
    writer.add(molecules(25, first=100))
    print("ready", flush=True)
    time.sleep(300)
"""
DIES_AT_THE_SWAP = """
swapped = write_module._exchanged
def dying(one, other):
    if sys.argv[3] == "after":
        assert swapped(one, other)
    os.kill(os.getpid(), signal.SIGKILL)
write_module._exchanged = dying
write(folder, n=9)
"""
# One file may not grow beyond 8 kB: as the disk were full, but for this process alone.
DISK_RUNS_FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    write(folder, n=600, rows_per_shard=500, first=100)
except OSError as error:
    print(type(error).__name__, error.errno)
"""


def program(text: str, folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-B", "-c", START + text, str(folder), str(HERE), *more]


def killed_in_the_middle(folder: Path) -> None:
    writer = subprocess.Popen(program(WAITS_IN_THE_MIDDLE, folder), stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()


def test_a_killed_writer_leaves_the_older_folder_whole_and_the_next_one_clears_up(tmp_path):
    write(tmp_path / "made-up")
    before = hashes(tmp_path / "made-up")
    killed_in_the_middle(tmp_path / "made-up")
    left = [path.name for path in tmp_path.iterdir() if path.name != "made-up"]
    assert len(left) == 1, "the killed writer was to leave its unfinished folder: this test would show nothing"
    assert left[0].startswith(".")
    assert hashes(tmp_path / "made-up") == before
    verify(tmp_path / "made-up")
    for neighbour in ("made", "up"):
        write(tmp_path / neighbour)
        assert (tmp_path / left[0]).exists()
    write(tmp_path / "made-up", n=9)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "made-up", "up"]


@pytest.mark.skipif(sys.platform != "linux", reason="two folders are swapped in one step on Linux alone")
@pytest.mark.parametrize(("moment", "accepted"), [("before", 25), ("after", 9)])
def test_a_writer_killed_at_the_swap_leaves_one_of_the_two_whole(moment, accepted, tmp_path):
    write(tmp_path / "made-up")
    done = subprocess.run(program(DIES_AT_THE_SWAP, tmp_path / "made-up", moment), timeout=900)
    assert done.returncode == -signal.SIGKILL
    assert verify(tmp_path / "made-up").counts.accepted == accepted
    write(tmp_path / "made-up", n=7)
    assert [path.name for path in tmp_path.iterdir()] == ["made-up"]


def test_a_rename_that_fails_puts_the_older_folder_back(tmp_path, monkeypatch):
    write(tmp_path / "made-up")
    before = hashes(tmp_path / "made-up")
    monkeypatch.setattr(write_module, "_exchanged", lambda one, other: False)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.suffix == ".partial" and target.name == "made-up":
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="Input/output"):
        write(tmp_path / "made-up", n=9)
    assert hashes(tmp_path / "made-up") == before
    assert [path.name for path in tmp_path.iterdir()] == ["made-up"]


def test_two_writers_of_one_folder_do_not_disturb_each_other(tmp_path):
    with ShardWriter(tmp_path / "made-up", MOLECULE, 10) as one:
        one.add(molecules(25))
        with ShardWriter(tmp_path / "made-up", MOLECULE, 10) as other:
            other.add(molecules(9))
            finish(other, 9)
        assert verify(tmp_path / "made-up").counts.accepted == 9
        finish(one, 25)
    assert verify(tmp_path / "made-up").counts.accepted == 25
    assert [path.name for path in tmp_path.iterdir()] == ["made-up"]


@pytest.mark.parametrize("limit", [300, 8_000], ids=["in the manifest or sooner", "in a shard"])
def test_a_full_disk_is_a_plain_oserror_and_leaves_nothing_half_written(limit, tmp_path):
    write(tmp_path / "made-up")
    before = hashes(tmp_path / "made-up")
    done = subprocess.run(
        program(DISK_RUNS_FULL, tmp_path / "made-up", str(limit)), capture_output=True, text=True, timeout=120
    )
    assert done.stdout == f"OSError {errno.EFBIG}\n", done.stderr
    assert hashes(tmp_path / "made-up") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made-up"]


def test_a_device_that_is_full_tells_so(tmp_path, monkeypatch):
    """/dev/full answers every write with ENOSPC; by a link, since Arrow removes the file that it could not write."""
    if not Path("/dev/full").is_char_device():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "full").symlink_to("/dev/full")
    write(tmp_path / "made-up")
    before = hashes(tmp_path / "made-up")
    real = write_module.write_parquet
    monkeypatch.setattr(write_module, "write_parquet", lambda table, path: real(table, tmp_path / "full"))
    with pytest.raises(OSError, match="No space left") as caught:
        write(tmp_path / "made-up", n=9)
    assert caught.value.errno == errno.ENOSPC
    assert hashes(tmp_path / "made-up") == before
    assert [path.name for path in tmp_path.iterdir()] == ["made-up"]


@contextmanager
def nobody():
    """As a user who may not write everywhere (root may)."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder():
    """A temporary folder that any user may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("older", [True, False])
def test_a_read_only_folder_is_a_plain_oserror_and_stays_as_it_was(older, open_folder):
    write(open_folder / "made-up" if older else open_folder / "warm")
    before = hashes(open_folder / "made-up") if older else None
    open_folder.chmod(0o555)
    with nobody(), pytest.raises(PermissionError) as caught:
        write(open_folder / "made-up", n=9)
    assert caught.value.errno == errno.EACCES
    assert [path.name for path in open_folder.iterdir()] == ["made-up" if older else "warm"]
    assert not older or hashes(open_folder / "made-up") == before
