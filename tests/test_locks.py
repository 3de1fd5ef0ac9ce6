"""Lock files: one holder, a word where the disk has no locks, and nothing left behind where nothing should be."""

import errno
import fcntl
import threading
from pathlib import Path

import pytest
from filelock import Timeout

from hemdata.errors import CallError
from hemdata.label.store.database import LabelStore
from hemdata.locks import alone, locked
from hemdata.study.lock import LOCK, claimed


@pytest.fixture(params=[errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def no_flock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk without locks, as some that several machines share."""

    def refused(*_: object) -> None:
        raise OSError(request.param, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refused)
    monkeypatch.setattr(fcntl, "lockf", refused)


@pytest.mark.usefixtures("no_flock")
def test_on_a_disk_without_locks_the_store_names_the_way_out_and_a_cell_is_claimed(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="This disk has no locks") as refused:
        LabelStore(tmp_path / "labels.sqlite")
    assert "--store on a disk of this machine" in str(refused.value)
    assert not (tmp_path / "labels.sqlite").exists()
    cell = tmp_path / "cell"
    cell.mkdir()
    (cell / LOCK).write_text("{}")  # of a dead process
    with claimed(cell):
        pass
    assert list(cell.iterdir()) == []


def test_a_held_lock_is_refused_at_once_or_waited_for(tmp_path: Path) -> None:
    path, taken = tmp_path / "lock", threading.Event()
    held = locked(path, wait=False, fix="")
    with pytest.raises(Timeout):
        locked(path, wait=False, fix="")

    def wait() -> None:
        with alone(path, fix=""):
            taken.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert not taken.wait(0.3)  # as long as it is held
    held.release()
    thread.join(20)
    assert taken.is_set()
    assert not path.exists()
