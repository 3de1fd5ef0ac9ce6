"""Two label stores become one: nothing of either is lost, what disagrees is named; and what a store tells of itself."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import hemdata
from hypothesis import given, settings
from hypothesis import strategies as st

from hemdata.errors import CallError, DataError
from hemdata.label import calculation
from hemdata.label.calculation import Result, stages
from hemdata.label.run import label
from hemdata.label.store.database import LabelStore
from hemdata.label.store.merge import SAME_HARTREE, merge
from hemdata.label.store.status import status
from hemdata.levels import level
from hemdata.molecules import Molecule
from hemdata.shards import read

METHANOL = {"level": "gfn2-xtb", "level_hash": "aa", "relax": True, "smiles": "CO", "seconds": 0.5}


def result(key: str, energy: float | None = -1.5, reason: str | None = None, host: str = "here") -> Result:
    return Result(key, reason, [8, 1, 1], [0.1 * n for n in range(9)], energy, METHANOL | {"host": host})


def filled(path: Path, *results: Result) -> Path:
    with LabelStore(path) as store:
        store.put(*results)
    return path


def test_an_import_adds_mends_keeps_and_names_conflicts(tmp_path: Path) -> None:
    ours = filled(
        tmp_path / "ours.sqlite",
        result("both"),
        result("failed here", None, "It failed."),
        result("failed there"),
        result("apart", -2.0),
        result("nearly", -3.0),
    )
    theirs = filled(
        tmp_path / "theirs.sqlite",
        result("both", host="there"),
        result("failed here", -1.0, host="there"),
        result("failed there", None, "It failed.", host="there"),
        result("apart", -2.0 - 1.1 * SAME_HARTREE, host="there"),
        result("nearly", -3.0 - 0.9 * SAME_HARTREE, host="there"),
        result("new", -4.0, host="there"),
    )
    before = theirs.read_bytes()
    with LabelStore(ours) as store:
        merged = merge(store, theirs)
        assert (merged.added, merged.mended, merged.same) == (1, 1, 3)
        (conflict,) = merged.conflicts
        assert (conflict.key, conflict.what, conflict.hosts) == ("apart", "CO at gfn2-xtb", ("here", "there"))
        found = {kept.key: kept for kept in store}
        again = merge(store, theirs)
        assert (again.added, again.mended) == (0, 0)
    assert theirs.read_bytes() == before
    assert {key: kept.energy_hartree for key, kept in found.items()} == {
        "both": -1.5, "failed here": -1.0, "failed there": -1.5, "apart": -2.0, "nearly": -3.0, "new": -4.0,
    }  # fmt: skip
    assert found["new"].provenance["host"] == "there"
    assert found["nearly"].provenance["host"] == "here"


energies = st.one_of(st.none(), st.sampled_from([-1.0, -1.0 - 5e-7, -2.0]))


@settings(deadline=None, max_examples=40)  # a disk may be slow
@given(
    ours=st.dictionaries(st.sampled_from("abcdef"), energies),
    theirs=st.dictionaries(st.sampled_from("abcdef"), energies),
)
def test_whatever_two_stores_hold_no_finished_result_is_lost_or_changed(
    tmp_path_factory: pytest.TempPathFactory, ours: dict[str, float | None], theirs: dict[str, float | None]
) -> None:
    folder = tmp_path_factory.mktemp("merge")

    def store(name: str, has: dict[str, float | None]) -> Path:
        return filled(folder / name, *(result(k, e, None if e else "It failed.") for k, e in has.items()))

    mine, other = store("ours", ours), store("theirs", theirs)
    with LabelStore(mine) as merged_store:
        merged = merge(merged_store, other)
        after = {kept.key: kept.energy_hartree for kept in merged_store}
    assert after == theirs | {k: e if e is not None else theirs.get(k) for k, e in ours.items()}
    apart = {k for k in ours.keys() & theirs.keys() if abs((ours[k] or 0) - (theirs[k] or 0)) > SAME_HARTREE}
    assert {conflict.key for conflict in merged.conflicts} == {k for k in apart if ours[k] and theirs[k]}
    assert merged.added + merged.mended + merged.same + len(merged.conflicts) == len(theirs)


def test_what_cannot_be_imported_is_refused(tmp_path: Path) -> None:
    ours = filled(tmp_path / "ours.sqlite", result("a"))
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version=99")
    empty = tmp_path / "empty.sqlite"
    sqlite3.connect(empty).execute("CREATE TABLE other (x)")
    with LabelStore(ours) as store:
        with pytest.raises(CallError, match="into itself"):
            merge(store, ours)
        with pytest.raises(CallError, match="no label store"):
            merge(store, tmp_path / "nowhere.sqlite")
        with pytest.raises(DataError, match="newer hemdata"):
            merge(store, newer)
        with pytest.raises(DataError, match="cannot be opened"):
            merge(store, empty)


def test_a_store_is_counted_by_level_while_another_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with LabelStore(path) as writing:
        writing.put(result("a"), result("b", None, "The SCF did not converge.\n  where: level pc9"))
        writing.put(Result("old", None, [1], [0.0] * 3, -0.5, {"gradients": 5, "seconds": 1.0, "host": "there"}))
        with LabelStore(path, read_only=True) as reading:
            new, old = status(reading)
        assert (new.level, new.kind, new.finished) == ("gfn2-xtb", "relaxed", 1)
        assert new.failed == {"The SCF did not converge.": 1}
        assert new.seconds == 1.0
        assert (old.level, old.kind, old.hosts) == ("not noted", "relaxed", {"there": 1})
        writing.describe({"old": METHANOL, "a": {"level": "another"}})
        assert {kept.key: kept.provenance["level"] for kept in writing} == dict.fromkeys(("a", "b", "old"), "gfn2-xtb")
        with pytest.raises(CallError, match="no label store"):
            LabelStore(tmp_path / "other.sqlite", read_only=True)


def test_a_full_disk_is_a_sentence_and_what_was_finished_stays(tmp_path: Path) -> None:
    """A file size limit of the process stands in for the full disk: SQLite gets the same kind of error."""
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from hemdata.errors import DataError\n"
        "from hemdata.label.calculation import Result\nfrom hemdata.label.store.database import LabelStore\n"
        "store = LabelStore(Path(sys.argv[1]))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "done = 0\n"
        "try:\n"
        "    for done in range(1000): store.put(Result(str(done), None, [1] * 99, [0.5] * 297, -0.5, {}))\n"
        "except DataError as error: print(done, error, sep='\\n')\n"
    )
    path = tmp_path / "s.sqlite"
    ended = subprocess.run([sys.executable, "-B", "-c", code, str(path)], capture_output=True, text=True, check=True)
    done, sentence, *rest = ended.stdout.splitlines()
    assert "the disk or the quota is full" in sentence
    assert any("What was finished before is kept" in line for line in rest)
    with LabelStore(path) as store:
        assert {kept.key for kept in store} == {str(n) for n in range(int(done))}
        assert int(done) > 5


def test_import_and_status_at_the_command_line(tmp_path: Path) -> None:
    ours = filled(tmp_path / "ours.sqlite", result("apart", -2.0))
    theirs = filled(tmp_path / "theirs.sqlite", result("apart", -2.5, host="there"), result("new", host="there"))

    def called(*words: object) -> "subprocess.CompletedProcess[str]":
        return hemdata("label", *words, "--store", ours)

    done = called("import", theirs)
    assert done.returncode == 1
    assert "1 results added" in done.stdout
    assert "CO at gfn2-xtb: -2.00000000 here (here), -2.50000000 there (there)" in done.stderr
    told = json.loads(called("status", "--json").stdout)
    assert told["levels"][0]["hosts"] == {"here": 1, "there": 1}
    assert "gfn2-xtb, relaxed geometries: 2 finished, 0 failed" in called("status").stdout


def test_the_single_points_of_a_labelled_set_are_found_again_by_a_run(tmp_path: Path) -> None:
    shipped = Path("datasets/labels/test-groups@qm9")
    with LabelStore(tmp_path / "labels.sqlite") as store:
        merged = merge(store, shipped)
        assert (merged.added, merged.same) == (160, 0)
        assert merge(store, shipped).same == 160
        row = next(row for row in read(shipped).to_pylist() if row["id"] == "azoxy:azoxymethane")
        molecule = Molecule(
            row["id"], row["smiles"], row["canonical_smiles"], row["inchikey"], row["n_heavy"],
            atomic_numbers=row["atomic_numbers"], positions=row["positions"],
        )  # fmt: skip
        outcome = label([molecule], stages(level("qm9"), None), store, missing="refuse")
        (result,) = store.get(outcome.keys)
        assert outcome.missing == 0
        assert result.energy_hartree == row["energy_hartree"]


def test_of_molecules_relaxed_at_the_level_itself_no_single_points_are_made_up(tmp_path: Path) -> None:
    with LabelStore(tmp_path / "labels.sqlite") as store:
        with pytest.raises(DataError, match="holds no single points"):
            merge(store, Path("datasets/labels/test-groups@gfn2-xtb"))
        assert len(store) == 0


def test_a_set_of_another_version_or_no_labels_at_all_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LabelStore(tmp_path / "labels.sqlite") as store:
        monkeypatch.setattr(calculation, "version", lambda name: "0.0.1")
        calculation.installed.cache_clear()
        with pytest.raises(DataError, match="another version than is installed"):
            merge(store, Path("datasets/labels/test-groups@qm9"))
        assert len(store) == 0
    calculation.installed.cache_clear()
