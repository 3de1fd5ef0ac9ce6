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
from hemdata.label.store.trouble import telling

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


def filled(path: Path) -> Path:
    with LabelStore(path) as store:
        store.put(*(result(str(number)) for number in range(500)))
    return path


def test_a_damaged_store_is_told_wherever_it_is_read_and_how_to_save_the_rest(tmp_path: Path) -> None:
    path = filled(tmp_path / "s.sqlite")
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\x99" * 32768 + whole[40960:])
    with pytest.raises(DataError, match="is damaged") as refused, LabelStore(path, read_only=True) as store:
        list(store)
    assert ".recover" in str(refused.value)
    with pytest.raises(DataError, match="is damaged"), LabelStore(path) as store:
        store.put(*(result(f"new {number}") for number in range(500)))


def test_a_store_that_another_program_holds_or_is_a_folder_is_told(tmp_path: Path) -> None:
    path = filled(tmp_path / "s.sqlite")
    with LabelStore(path) as store, sqlite3.connect(path, isolation_level=None) as browser:
        browser.execute("BEGIN IMMEDIATE")
        store._db.execute("PRAGMA busy_timeout=1")
        with pytest.raises(CallError, match="Another program has locked"):
            store.put(result("new"))
        browser.execute("ROLLBACK")
        store.put(result("new"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(CallError, match="may not be written or read"):
        LabelStore(tmp_path / "folder")


def test_another_programs_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "places.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE bookmarks (name TEXT)")
    before = path.read_bytes()
    for read_only in (True, False):
        with pytest.raises(DataError, match="cannot be opened") as refused:
            LabelStore(path, read_only=read_only)
        assert "tables bookmarks" in str(refused.value)
    assert path.read_bytes() == before
    with sqlite3.connect(tmp_path / "other.sqlite") as db:
        db.execute("CREATE TABLE results (name TEXT)")
    with pytest.raises(DataError, match="cannot be opened"):
        LabelStore(tmp_path / "other.sqlite")


@pytest.mark.parametrize("code", [sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_IOERR_LOCK, sqlite3.SQLITE_IOERR_SHMMAP])
def test_sqlites_words_for_a_disk_without_locks_name_the_way_out(code: int, tmp_path: Path) -> None:
    error = sqlite3.OperationalError("locking protocol")
    error.sqlite_errorcode = code
    with pytest.raises(CallError, match="no locks") as refused, telling(tmp_path / "s.sqlite"):
        raise error
    assert "--store on a disk of this machine" in str(refused.value)
