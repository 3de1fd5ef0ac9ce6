"""Molecules of a set larger than memory are those of the table, from mapped files."""

from mmap import mmap
from pathlib import Path

import numpy as np
import pytest

from hemdata.errors import DataError
from hemdata.shards import read
from hemdata.train.baselines.dressed_atoms import DressedAtoms
from hemdata.train.data import molecules, sides
from hemdata.train.data.batches import Batches
from hemdata.train.data.decoded import decoded
from hemdata.train.data.molecules import Molecules


def test_mapped_molecules_are_those_of_the_table(labelled: Path, tmp_path: Path) -> None:
    folder = labelled / "neuro@gfn2-xtb"
    mapped, table = decoded(folder, tmp_path), Molecules.of(read(folder))
    assert mapped.digest == table.digest
    held = mapped.positions
    while isinstance(held.base, np.ndarray):
        held = held.base
    assert isinstance(held.base, mmap), "read from the file as it is needed"
    for ours, theirs in zip(Batches(mapped, 7, 5.0, seed=1), Batches(table, 7, 5.0, seed=1), strict=True):
        assert ours.pos.equal(theirs.pos)
        assert ours.edge_index.equal(theirs.edge_index)


def test_one_side_of_a_split_is_decoded_alone_and_only_once(labelled: Path, tmp_path: Path) -> None:
    folder = labelled / "neuro@gfn2-xtb"
    table = read(folder)
    rows = np.arange(table.num_rows) % 3 > 0
    for _ in range(2):
        assert decoded(folder, tmp_path, rows).digest == Molecules.of(table.filter(rows)).digest
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(DataError, match="choice of rows"):
        decoded(folder, tmp_path, rows[:-1])
    with pytest.raises(DataError, match="no molecules"):
        decoded(folder, tmp_path, np.zeros_like(rows))
    assert not list(tmp_path.glob(".*")), "nothing half-written is left"


def test_in_parts_the_dressed_atoms_are_those_of_the_whole(labelled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: numpy's least squares on the whole composition matrix."""
    table = Molecules.of(read(labelled / "neuro@gfn2-xtb"))
    whole = np.linalg.lstsq(table.counts(table.elements), table.energies, rcond=None)[0]
    digest = table.digest
    monkeypatch.setattr(molecules, "PART", 7)
    again = Molecules.of(read(labelled / "neuro@gfn2-xtb"))
    dressed = DressedAtoms.fit(again)
    assert np.allclose(list(dressed.kcal_mol.values()), whole, rtol=0, atol=1e-8)
    assert np.allclose(dressed.predict(again), table.counts(table.elements) @ whole, rtol=0, atol=1e-7)
    assert again.digest == digest
    assert again.elements == table.elements


def test_a_large_set_is_trained_on_from_files_with_the_same_sides(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, shares = labelled / "neuro@gfn2-xtb", (0.8, 0.1, 0.1)
    whole = [Molecules.of(side) for side in sides.sides_of(folder, 3, shares, tmp_path)]
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(sides, "LARGE", 10)
    mapped = sides.sides_of(folder, 3, shares, tmp_path)
    assert [each.digest for each in mapped] == [each.digest for each in whole]
    assert len(list(tmp_path.iterdir())) == 2
