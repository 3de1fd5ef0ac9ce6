"""Outputs of real runs (tests/fixtures/outputs): every value is what the program printed, and what another computes."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hemdata.forms.reading import form_of, frames_of
from hemdata.forms.shared.frames import Frames, Wanted
from hemdata.levels import level
from hemdata.shield.load_pyscf import load_pyscf

OUTPUTS = Path(__file__).resolve().parents[1] / "fixtures" / "outputs"
PSI4 = OUTPUTS / "psi4-water-ccsdt.out"


def read(path: Path) -> Frames:
    (batch,) = frames_of(path, form_of(path), Wanted())
    return batch


def printed(path: Path, before: str) -> float:
    """The last number behind some words."""
    return float(re.findall(rf"{before}\s*(-?\d+\.\d+)", path.read_text())[-1])


@pytest.mark.parametrize(
    ("name", "words", "charge", "multiplicity", "atoms"),
    [
        ("psi4-water-ccsdt.out", r"CCSD\(T\) total energy\s+=", 0, 1, [8, 1, 1]),
        ("psi4-nitrogen-dioxide-mp2.out", r"\n\s+Total Energy\s+=", 0, 2, [7, 8, 8]),
        ("xtb-ammonium-opt.out", "TOTAL ENERGY", 1, 1, [7, 1, 1, 1, 1]),
        ("xtb-water-hess.out", "TOTAL ENERGY", 0, 1, [8, 1, 1]),
        ("gaussian-ethane.log", r"SCF Done:\s+E\(RB3LYP\) =", 0, 1, [6, 1, 1, 1, 6, 1, 1, 1]),
        ("orca6-transition-state-excerpt.out", "FINAL SINGLE POINT ENERGY", 0, 1, [6] * 10 + [8] * 3 + [1] * 12),
    ],
)  # fmt: skip
def test_energy_charge_multiplicity_and_atoms_are_those_printed(
    name: str, words: str, charge: int, multiplicity: int, atoms: list[int]
) -> None:
    batch = read(OUTPUTS / name)
    assert not batch.faults
    assert batch.values["energy"][0] == pytest.approx(printed(OUTPUTS / name, words), abs=1.5e-9)
    assert batch.units["energy"] == "hartree"
    assert (batch.values["charge"][0], batch.values["multiplicity"][0]) == (charge, multiplicity)
    assert sorted(batch.atomic_numbers.tolist()) == sorted(atoms)
    assert len(batch.positions) == len(atoms)


@pytest.mark.parametrize("name", ["xtb-ammonium-opt.out", "xtb-water-hess.out"])
def test_xtb_geometry_and_charge_give_the_printed_energy_by_tblite(name: str) -> None:
    from hemdata.chemistry.engines.tblite import single_point

    batch = read(OUTPUTS / name)
    point = single_point(batch.atomic_numbers, batch.positions, int(batch.values["charge"][0]), 1, level("gfn2-xtb"))
    assert point.energy_hartree == pytest.approx(batch.values["energy"][0], abs=1e-6)


def test_psi4_geometry_gives_the_printed_energy_by_pyscf() -> None:
    load_pyscf()
    from pyscf import cc, gto, scf

    batch = read(PSI4)
    atoms = list(zip(batch.atomic_numbers.tolist(), batch.positions.tolist(), strict=True))
    field = scf.RHF(gto.M(atom=atoms, basis="6-31g", verbose=0)).run(conv_tol=1e-11)
    pairs = cc.CCSD(field).run(conv_tol=1e-10)
    assert batch.values["scf_energy"][0] == pytest.approx(field.e_tot, abs=1e-7)
    assert batch.values["energy"][0] == pytest.approx(pairs.e_tot + pairs.ccsd_t(), abs=1e-7)


def test_zero_point_energies_are_in_hartree() -> None:
    """cclib 1.8 gives xtb's in electronvolts, and those of all others in hartree."""
    water, orca = OUTPUTS / "xtb-water-hess.out", OUTPUTS / "orca6-transition-state-excerpt.out"
    assert read(water).values["zero_point"][0] == pytest.approx(printed(water, "zero point energy"), abs=1e-9)
    assert read(orca).values["zero_point"][0] == pytest.approx(printed(orca, r"Zero point energy\s+\.\.\."), abs=1e-9)


def test_an_output_without_coordinates_says_what_to_do() -> None:
    """xtb prints none for a single point."""
    reason, detail = read(OUTPUTS / "xtb-water.out").faults[0]
    assert reason == "the output cannot be read"
    assert "--opt" in str(detail)


def test_what_cclib_knows_of_orca_ends_with_orcas_own_last_energy(tmp_path: Path) -> None:
    """The final energy has in it what the SCF's lacks."""
    text = (OUTPUTS / "orca6-transition-state-excerpt.out").read_text()
    text = re.sub("(FINAL SINGLE POINT ENERGY) +-?[0-9.]+", r"\1      -614.012345678901", text)
    (tmp_path / "a.out").write_text(text)
    assert read(tmp_path / "a.out").values["energy"].tolist() == [-614.012345678901]


@pytest.mark.parametrize("name", ["psi4-water-ccsdt.out", "gaussian-ethane.log", "orca6-transition-state-excerpt.out"])
def test_a_truncated_output_is_a_fault(name: str, tmp_path: Path) -> None:
    lines = (OUTPUTS / name).read_text().splitlines(keepends=True)
    (tmp_path / name).write_text("".join(lines[: len(lines) * 2 // 3]))
    assert read(tmp_path / name).faults


def test_a_folder_of_outputs_is_a_set_of_one_level(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from hemdata.intake.look import look

    for name in ("xtb-ammonium-opt.out", "xtb-water-hess.out"):
        shutil.copy(OUTPUTS / name, tmp_path)
    (tmp_path / "other.out").write_text("the output of something else\n")
    looked = look([tmp_path])
    assert (looked.records, looked.unread) == (3, 1)
    assert sorted(filter(None, looked.values("charge"))) == [1.0]
    assert np.isfinite([value for value in looked.values("energy") if value is not None]).all()
    assert "cclib" not in "".join(capfd.readouterr())


def test_who_reads_outputs_computes_with_the_same_kernels_afterwards(tmp_path: Path) -> None:
    """cclib imports PySCF, whose kernels and settings are chosen once: ours come first."""
    (tmp_path / ".pyscf_conf.py").write_text("B3LYP_WITH_VWN5 = True\n")
    code = f"""
import warnings
from pathlib import Path
from hemdata.forms.reading import form_of, frames_of
from hemdata.forms.shared.frames import Wanted
from hemdata.shield.load_pyscf import load_pyscf
warnings.simplefilter("error", RuntimeWarning)
path = Path({str(PSI4)!r})
print(len(list(frames_of(path, form_of(path), Wanted()))))
load_pyscf()
import pyscf.__config__
print(hasattr(pyscf.__config__, "B3LYP_WITH_VWN5"))
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert ended.stdout.split() == ["1", "False"], ended.stderr
