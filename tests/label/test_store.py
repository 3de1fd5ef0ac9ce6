"""The label store: what is put is there, one writer, no foreign or newer file."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemdata.errors import CallError, DataError
from hemdata.label.calculation import Result
from hemdata.label.store.database import LabelStore

finite = st.floats(allow_nan=False, allow_infinity=False, width=64)


def result(key: str = "k", reason: str | None = None, energy: float | None = -1.5) -> Result:
    return Result(key, reason, [8, 1, 1], [0.1 * n for n in range(9)], energy, {"seconds": 0.5, "host": "here"})


@settings(deadline=None)  # a disk may be slow
@given(z=st.lists(st.integers(1, 36), max_size=20), xyz=st.lists(finite, max_size=60), energy=finite)
def test_a_result_comes_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, z: list[int], xyz: list[float], energy: float
) -> None:
    put = Result("key", None, z, xyz, energy, {"versions": {"tblite": "0"}})
    with LabelStore(tmp_path_factory.mktemp("store") / "labels.sqlite") as store:
        store.put(put)
        assert list(store.get(["key", "other"])) == [put]


def test_a_finished_result_is_never_replaced_and_a_failed_one_is(tmp_path: Path) -> None:
    with LabelStore(tmp_path / "s.sqlite") as store:
        store.put(result("a", reason="failed", energy=None))
        assert store.known(["a"]) == {"a": False}
        store.put(result("a", energy=-2.0))
        store.put(result("a", energy=-3.0))
        store.put(result("a", reason="failed later", energy=None))
        assert [r.energy_hartree for r in store.get(["a"])] == [-2.0]
        assert len(store) == 1


def test_two_writers_on_one_store_are_refused(tmp_path: Path) -> None:
    with LabelStore(tmp_path / "s.sqlite"), pytest.raises(CallError, match="Another process writes"):
        LabelStore(tmp_path / "s.sqlite")
    LabelStore(tmp_path / "s.sqlite").close()


def test_a_newer_store_and_a_foreign_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(DataError, match="newer hemdata"):
        LabelStore(path)
    foreign = tmp_path / "text.sqlite"
    foreign.write_text("not a database, but long enough to be looked at as one " * 40)
    with pytest.raises(DataError, match="cannot be opened"):
        LabelStore(foreign)


def test_what_was_put_survives_kill_9(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from hemdata.label.calculation import Result\nfrom hemdata.label.store.database import LabelStore\n"
        "store = LabelStore(Path(sys.argv[1]))\n"
        "for n in range(20): store.put(Result(str(n), None, [1], [0.0, 0.0, 0.0], -0.5, {}))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "s.sqlite"
    ended = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert ended.returncode == -9
    with LabelStore(path) as store:
        assert len(store) == 20
