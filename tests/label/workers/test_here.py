"""`workers=0`: a labelling run in this process, without Dask; the store holds what a worker's process would give."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hemdata.catalog import level_card
from hemdata.errors import CallError
from hemdata.label.calculation import Calculation, Result, calculate, stages
from hemdata.label.dataset import label_dataset
from hemdata.label.run import label
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.isolated import Limits
from hemdata.label.workers.where import HERE, Where
from hemdata.levels import level
from hemdata.molecules import from_smiles

CHAIN = stages(level("gfn2-xtb"), level("gfn2-xtb"))


def held(store: Path) -> dict[str, Result]:
    """Results by key, without the machine and the time."""
    with LabelStore(store, read_only=True) as opened:
        found = {result.key: result for result in opened}
    for result in found.values():
        assert result.provenance.pop("seconds") > 0
        assert result.provenance.pop("host")
    return found


def test_the_store_holds_what_a_workers_process_gives_byte_for_byte(tmp_path: Path) -> None:
    """Geometries, frequencies, DFT energies and stability of a neutral, a radical and what cannot be embedded."""
    (tmp_path / "few.smi").write_text("O water\n[OH] hydroxyl\nC.C two\n")
    small = level_card("pc9").model_dump(mode="json", exclude_none=True)
    small |= {"name": "small", "basis": {"name": "6-31g"}, "grid_level": 0}
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(small))
    how = {"level_name": str(tmp_path / "small.yaml"), "enthalpy": True, "stability": True, "data": tmp_path}
    for workers in (0, 1):
        places = {"store": tmp_path / f"{workers}.sqlite", "out": tmp_path / f"{workers}"}
        done = label_dataset(tmp_path / "few.smi", workers=workers, **places, **how)
        assert (done.outcome.computed, done.outcome.failed) == (3, 1)
    here, worker = held(tmp_path / "0.sqlite"), held(tmp_path / "1.sqlite")
    assert here == worker
    assert len(here) == 9
    for name in ("part-00000.parquet", "rejected.parquet", "manifest.json"):
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "1" / name).read_bytes()


def test_no_dask_is_imported_and_no_process_started(tmp_path: Path) -> None:
    """In a process that computes on two threads by itself: the bytes are those of one."""
    (tmp_path / "one.smi").write_text("CCOC(=O)N urethane\n")
    code = (
        "import subprocess, sys\nfrom pathlib import Path\nfrom hemdata.label.dataset import label_dataset\n"
        "class Watched(subprocess.Popen):\n"
        "    def __init__(self, words, *given, **named):\n"
        "        assert words[0] != sys.executable, 'a process was started'\n"
        "        super().__init__(words, *given, **named)\n"
        "subprocess.Popen = Watched\n"
        "label_dataset(Path('one.smi'), data=Path('.'), workers=0)\n"
        "assert not {'dask', 'distributed'} & set(sys.modules)\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment | {"OMP_NUM_THREADS": "2"}, check=True)
    label_dataset(tmp_path / "one.smi", data=tmp_path, store=tmp_path / "other.sqlite", workers=0)
    assert held(tmp_path / "labels.sqlite") == held(tmp_path / "other.sqlite")


def broken(task: Calculation) -> Result:
    raise ZeroDivisionError("of the engine")


def refused(task: Calculation) -> Result:
    raise CallError("A program is missing.")


def test_an_error_of_the_engine_is_a_failed_result_and_a_wrong_call_ends_the_run() -> None:
    methane = from_smiles("C", "methane")
    with LabelStore(None) as store:
        outcome = label([methane], CHAIN, store, where=HERE, calculation=broken)
        assert outcome.reasons == {"The calculation stopped with ZeroDivisionError: of the engine": 1}
    with LabelStore(None) as store:
        with pytest.raises(CallError, match="A program is missing"):
            label([methane], CHAIN, store, where=HERE, calculation=refused)
        assert len(store) == 0


def test_limits_need_a_process_of_their_own_and_say_so() -> None:
    with LabelStore(None) as store, pytest.raises(CallError, match="A limit needs a process of its own"):
        label([from_smiles("C", "methane")], CHAIN, store, where=Where(workers=0, limits=Limits(seconds=60)))


def test_a_store_in_memory_is_a_store_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    methane = from_smiles("C", "methane")
    with LabelStore(None) as store:
        first, again = (label([methane], CHAIN, store, where=HERE) for _ in range(2))
        assert (first.computed, again.computed, again.stored) == (1, 0, 1)
        (result,) = store.get(first.keys)
    assert result.energy_hartree == calculate_again(first.keys[0])
    assert list(tmp_path.iterdir()) == []


def calculate_again(key: str) -> float | None:
    from hemdata.label.calculation import calculation_for

    task = calculation_for(CHAIN[0], "C", 0, 1)
    assert task.key == key
    return calculate(task).energy_hartree
