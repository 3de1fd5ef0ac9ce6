"""Stability of wave functions: broken symmetry found where it lowers the energy, through a run as columns."""

from pathlib import Path

import numpy as np
import pytest

from hemdata.catalog import LevelCard, level_card
from hemdata.chemistry.engines.pyscf_set_up import molecule
from hemdata.chemistry.stability import Stability, stability
from hemdata.errors import CallError
from hemdata.label.dataset import label_dataset
from hemdata.levels import level, level_of
from hemdata.schema import table_schema
from hemdata.shards import read, verify
from hemdata.shield.load_pyscf import load_pyscf

HYDROGEN, OXYGEN = np.array([1, 1]), np.array([8, 8])


def apart(angstrom: float) -> np.ndarray:
    return np.array([[0.0, 0.0, 0.0], [0.0, 0.0, angstrom]])


def broken_symmetry_gain(angstrom: float) -> float:
    """By how much an unrestricted H2, begun with one spin on each atom, lies below the closed shell; hartree."""
    load_pyscf()
    from pyscf import dft

    built = molecule(HYDROGEN, apart(angstrom), 0, 1, level("pc9").card)
    closed = dft.RKS(built, xc="b3lyp").run()
    open_ = dft.UKS(built, xc="b3lyp")
    up, down = open_.get_init_guess()
    half = built.nao // 2
    up[half:, half:] = down[:half, :half] = 0
    return float(closed.e_tot - open_.kernel((up, down)))


@pytest.mark.parametrize("name", ["pc9", "qm9"])
@pytest.mark.parametrize(("angstrom", "stable"), [(0.74, True), (2.5, False)])
def test_a_stretched_bond_is_unstable_where_unpairing_its_spins_lowers_the_energy(
    name: str, angstrom: float, stable: bool
) -> None:
    """Coulson and Fischer, Phil. Mag. 1949, 40, 386; at QM9's level in mixed functions."""
    assert stability(HYDROGEN, apart(angstrom), 0, 1, level(name)) == Stability(True, stable)
    assert (broken_symmetry_gain(angstrom) < 1e-6) == stable


def test_oxygen_is_unstable_as_a_singlet_and_stable_as_what_it_is() -> None:
    """In a minimal basis, which is enough for two unpaired electrons."""
    small = {"name": "small", "basis": {"name": "sto-3g"}, "grid_level": 0, "atoms_hartree": {"O": -73.8}}
    its = level_of(LevelCard.model_validate(level_card("pc9").model_dump() | small))
    assert stability(OXYGEN, apart(1.21), 0, 1, its).spin is False
    assert stability(OXYGEN, apart(1.21), 0, 3, its) == Stability(True, None)


def test_labels_tell_their_stability_and_keep_their_energies(tmp_path: Path) -> None:
    lines = [f"2\n\nH 0 0 0\nH 0 0 {distance}" for distance in (0.74, 1.8)]
    (tmp_path / "h2.xyz").write_text("\n".join(lines) + "\n")
    how = {"level_name": "pc9", "geometry": "given", "data": tmp_path, "workers": 0}
    plain = label_dataset(tmp_path / "h2.xyz", out=tmp_path / "plain", **how)  # type: ignore[arg-type]
    done = label_dataset(tmp_path / "h2.xyz", stability=True, **how)  # type: ignore[arg-type]
    verify(done.folder)
    table = read(done.folder)
    assert table["internally_stable"].to_pylist() == [True, True]
    assert table["spin_stable"].to_pylist() == [True, False]
    assert table["energy_hartree"].equals(read(plain.folder)["energy_hartree"])
    assert done.outcome.computed == 0  # the labels were there
    assert done.manifest.made_from["stability"] == {"level": "pc9", "without": {}}
    assert set(table.column_names) - set(read(plain.folder).column_names) == {"internally_stable", "spin_stable"}
    assert "spin_stable" not in table_schema("molecule").arrow.names


def test_tight_binding_has_none_and_says_so_before_anything_is_computed(tmp_path: Path) -> None:
    (tmp_path / "few.smi").write_text("C methane\n")
    with pytest.raises(CallError, match="cannot be analysed"):
        label_dataset(tmp_path / "few.smi", stability=True, data=tmp_path)
    assert not (tmp_path / "labels.sqlite").exists()
