"""The lock of a cell's folder: one process at a time, and none that is dead."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hemdata.study import lock
from hemdata.study.lock import LOCK, SILENT_SECONDS, InWork, claimed, holder

HOLD = """
import sys, time
from pathlib import Path
from hemdata.study.lock import claimed
with claimed(Path(sys.argv[1])):
    print("mine", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def other(tmp_path: Path):
    """A living process that holds the lock of tmp_path."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "mine\n"
    yield process
    process.kill()
    process.wait()


def test_a_living_process_keeps_others_out_and_is_named(other: subprocess.Popen[str], tmp_path: Path) -> None:
    with pytest.raises(InWork, match="Another process is at work") as refused, claimed(tmp_path):
        pass
    assert f"process {other.pid} on" in str(refused.value)
    assert holder(tmp_path) == refused.value.got


@pytest.mark.parametrize("reaped", [True, False])
def test_what_a_killed_process_held_is_free_at_once(reaped: bool, other: subprocess.Popen[str], tmp_path: Path) -> None:
    other.send_signal(signal.SIGKILL)
    if reaped:
        other.wait()
    else:  # a zombie, as the workers of a killed driver may be
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    assert (tmp_path / LOCK).is_file()
    assert holder(tmp_path) is None
    with claimed(tmp_path):
        assert holder(tmp_path) == f"process {os.getpid()} on {os.uname().nodename}"
    assert list(tmp_path.iterdir()) == []


def held(folder: Path, **changes: object) -> None:
    with claimed(folder):
        found = json.loads((folder / LOCK).read_text())
    (folder / LOCK).write_text(json.dumps(found | changes))


def test_another_process_that_has_the_dead_ones_number_is_not_taken_for_it(tmp_path: Path) -> None:
    held(tmp_path, started="1")  # this process's number, at a time when it was another's
    with claimed(tmp_path):
        pass


def test_a_process_of_another_machine_lives_while_it_gives_signs_of_life(tmp_path: Path) -> None:
    held(tmp_path, host="elsewhere", pid=1)
    with pytest.raises(InWork, match="at work") as refused, claimed(tmp_path):
        pass
    assert "on elsewhere" in str(refused.value)
    old = (tmp_path / LOCK).stat().st_mtime - SILENT_SECONDS - 1
    os.utime(tmp_path / LOCK, (old, old))
    with claimed(tmp_path):
        assert "elsewhere" not in (tmp_path / LOCK).read_text()


def test_a_holder_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "BEAT_SECONDS", 0.01)
    with claimed(tmp_path):
        os.utime(tmp_path / LOCK, (0, 0))
        until = threading.Event()
        for _ in range(500):
            if (tmp_path / LOCK).stat().st_mtime > 0:
                break
            until.wait(0.01)
        assert (tmp_path / LOCK).stat().st_mtime > 0


def test_of_many_that_find_a_stale_lock_at_once_one_gets_it(tmp_path: Path) -> None:
    for _ in range(20):
        held(tmp_path, started="1")
        together, over = threading.Barrier(8), threading.Event()
        got: list[str] = []

        def claim(together: threading.Barrier, over: threading.Event, got: list[str]) -> None:
            together.wait()
            try:
                with claimed(tmp_path):
                    got.append("claimed")
                    over.wait()
            except InWork:
                got.append("refused")
                if got.count("refused") == 7:
                    over.set()

        threads = [threading.Thread(target=claim, args=(together, over, got)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(got) == ["claimed", *["refused"] * 7]


def test_a_broken_lock_and_an_error_inside_leave_no_lock(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("{")
    with pytest.raises(KeyError), claimed(tmp_path):
        raise KeyError
    assert not (tmp_path / LOCK).exists()
