"""ASE's LMDB database: a file of ase-db-backends 0.11 (tests/fixtures/make_aselmdb.py), and what is none."""

import json
import pickle
import shutil
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.build import molecule

from hemdata.errors import DataError
from hemdata.forms.reading import form_of, frames_of
from hemdata.forms.shared.frames import Frames, Wanted

lmdb = pytest.importorskip("lmdb", reason="it is an extra")
THREE = Path(__file__).resolve().parents[1] / "fixtures" / "aselmdb" / "three.aselmdb"


def read(path: Path) -> Frames:
    (batch,) = frames_of(path, form_of(path), Wanted())
    return batch


def written(path: Path, values: list[bytes]) -> Path:
    with lmdb.open(str(path), subdir=False, lock=False) as opened, opened.begin(write=True) as rows:
        for id, value in enumerate(values, start=1):
            rows.put(str(id).encode(), value)
    return path


def test_every_value_is_the_one_that_its_library_wrote(tmp_path: Path) -> None:
    path = Path(shutil.copy(THREE, tmp_path))
    batch = read(path)
    assert (batch.n, batch.faults) == (3, {})  # a fourth was deleted
    for row, name in enumerate(["H2O", "CH3OH", "NH3"]):
        atoms, at = molecule(name), batch.geometry(row)
        assert batch.atomic_numbers[at].tolist() == atoms.numbers.tolist()
        assert np.array_equal(batch.positions[at], atoms.positions)
        assert np.array_equal(batch.values["forces"][row], np.linspace(-0.1, 0.1, 3 * len(atoms)).reshape(-1, 3))
        assert batch.values["homo"][row].tolist() == [0.0, 1.0]
    assert batch.values["energy"].tolist() == [-100.5, -201.0, -301.5]
    assert batch.values["label"] == ["H2O", "CH3OH", "NH3"]
    assert (batch.values["charge"].tolist(), batch.values["spin"].tolist()) == ([0.0] * 3, [1.0] * 3)
    assert (batch.units["energy"], batch.units["forces"]) == ("eV", "eV/angstrom")
    assert [each.name for each in tmp_path.iterdir()] == ["three.aselmdb"]  # no lock file beside it


def test_rows_in_the_order_of_their_numbers_and_of_plain_lists(tmp_path: Path) -> None:
    """As older versions of fairchem write them: JSON without ASE's words for arrays."""

    def row(number: int) -> bytes:
        told: dict[str, Any] = {
            "numbers": [2], "positions": [[0.0, 0.0, float(number)]], "cell": np.zeros((3, 3)).tolist(),
            "pbc": [False] * 3, "unique_id": "a", "key_value_pairs": {}, "data": {}, "energy": -79.0,
        }  # fmt: skip
        return zlib.compress(json.dumps(told).encode())

    batch = read(written(tmp_path / "a.aselmdb", [row(number) for number in range(12)]))
    assert batch.positions[:, 2].tolist() == list(range(12))


@pytest.mark.parametrize("packed", [bytes, zlib.compress])
def test_pickles_are_refused_unopened(packed: Any, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "opened",)

    path = written(tmp_path / "a.lmdb", [packed(pickle.dumps(Trap()))])
    with pytest.raises(DataError, match="pickles") as refused:
        read(path)
    assert "extended XYZ" in str(refused.value)
    assert not (tmp_path / "opened").exists()


def test_a_truncated_file_and_others_are_refused(tmp_path: Path) -> None:
    whole = THREE.read_bytes()
    (tmp_path / "a.aselmdb").write_bytes(whole[:8192])
    with pytest.raises(DataError, match="truncated"):
        read(tmp_path / "a.aselmdb")
    (tmp_path / "b.aselmdb").write_bytes(b"no such thing" * 1000)
    with pytest.raises(DataError, match="no LMDB"):
        read(tmp_path / "b.aselmdb")
    with pytest.raises(DataError, match="none of ASE's"):
        read(written(tmp_path / "c.lmdb", [zlib.compress(b'{"smiles": "CCO"}')]))
