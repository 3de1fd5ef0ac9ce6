"""Which job of an output is taken, and what did not end, converge or belong together; in Q-Chem's form and others'."""

import re
from pathlib import Path

import numpy as np
import pytest
from command_line import hemdata
from made_outputs import CONVERGED, GOODBYE, qchem
from own_files import molecules

from hemdata.forms.reading import form_of, frames_of
from hemdata.forms.shared.frames import Frames, Wanted
from hemdata.shards import read as read_set

OUTPUTS = Path(__file__).resolve().parents[1] / "fixtures" / "outputs"
GAUSSIAN, ORCA = OUTPUTS / "gaussian-ethane.log", OUTPUTS / "orca6-transition-state-excerpt.out"
WATER = ([8, 1, 1], [0.0, 0.0, 0.12, 0.0, 0.76, -0.48, 0.0, -0.76, -0.48])
AMMONIA = ([7, 1, 1, 1], [0.0, 0.0, 0.11, 0.0, 0.94, -0.26, 0.81, -0.47, -0.26, -0.81, -0.47, -0.26])
STRETCHED = (WATER[0], [1.3 * number for number in WATER[1]])


def told(text: str, folder: Path, name: str = "a.out") -> Frames:
    (folder / name).write_text(text)
    (batch,) = frames_of(folder / name, form_of(folder / name), Wanted())
    return batch


def fault(text: str, folder: Path) -> str:
    batch = told(text, folder)
    assert batch.faults, batch.values
    return str(batch.faults[0][1])


@pytest.mark.parametrize(("charge", "multiplicity"), [(0, 1), (1, 2), (-1, 2), (0, 3)])
def test_qchem_tells_energy_geometry_charge_and_multiplicity(charge: int, multiplicity: int, tmp_path: Path) -> None:
    batch = told(qchem(*WATER, -76.4085287668, charge, multiplicity), tmp_path)
    assert batch.values["energy"].tolist() == pytest.approx([-76.4085287668], abs=1e-9)
    assert (batch.values["charge"][0], batch.values["multiplicity"][0]) == (charge, multiplicity)
    assert batch.atomic_numbers.tolist() == WATER[0]
    assert batch.positions.ravel().tolist() == pytest.approx(WATER[1], abs=1e-9)
    assert batch.units["energy"] == "hartree"


def test_a_folder_of_qchem_outputs_becomes_a_set_with_every_value(tmp_path: Path) -> None:
    rows = molecules("test-groups@pc9", 24)
    (tmp_path / "runs").mkdir()
    for number, row in enumerate(rows):
        text = qchem(row["atomic_numbers"], row["positions"], row["energy_hartree"])
        (tmp_path / "runs" / f"{number:02}.out").write_text(text)
    (tmp_path / "runs" / "killed.out").write_text(qchem(*WATER, -76.4, rest=""))
    said = ("--name", "mine", "--level", "pc9", "--yes", "--workers", 1)
    ended = hemdata("import", "runs", *said, cwd=tmp_path, HEMDATA_CARDS="")
    assert ended.returncode == 0, ended.stderr
    assert "25 records read, 24 accepted, 1 rejected" in ended.stdout
    table = read_set(tmp_path / "data" / "mine").sort_by("id")
    assert table["level"].unique().to_pylist() == ["pc9"]
    assert table["energy_hartree"].to_pylist() == pytest.approx([row["energy_hartree"] for row in rows], abs=1e-9)
    for made, row in zip(table["positions"].to_pylist(), rows, strict=True):
        np.testing.assert_allclose(made, row["positions"], atol=1e-9)


def test_the_last_job_is_taken_without_what_earlier_ones_left(tmp_path: Path) -> None:
    """MP2's energy of the first job is no energy of the second."""
    text = qchem(*WATER, -76.0, mp2=-76.22) + qchem(*WATER, -76.4085)
    assert told(text, tmp_path).values["energy"].tolist() == pytest.approx([-76.4085], abs=1e-9)
    text = qchem(*WATER, -76.4085) + qchem(*WATER, -76.0, mp2=-76.22)
    assert told(text, tmp_path).values["energy"].tolist() == pytest.approx([-76.22], abs=1e-9)


def test_jobs_that_are_not_of_one_molecule_are_refused(tmp_path: Path) -> None:
    assert "several molecules" in fault(qchem(*WATER, -76.4) + qchem(*AMMONIA, -56.5), tmp_path)
    assert "different geometries" in fault(qchem(*WATER, -76.4) + qchem(*STRETCHED, -76.2), tmp_path)


@pytest.mark.parametrize("path", [GAUSSIAN, OUTPUTS / "psi4-water-ccsdt.out", OUTPUTS / "xtb-water-hess.out", None])
def test_a_last_job_that_was_killed_is_not_the_first_ones_end(path: Path | None, tmp_path: Path) -> None:
    text = path.read_text() if path else qchem(*WATER, -76.4)
    assert not told(text + text, tmp_path).faults
    assert "did not end normally" in fault(text + text[: int(0.9 * len(text))], tmp_path)


def test_a_job_that_ends_with_an_error_behind_one_that_did_not_is_refused(tmp_path: Path) -> None:
    text = GAUSSIAN.read_text()
    failed = re.sub("Normal termination of Gaussian.*", "Error termination via Lnk1e in /g16/l502.exe", text)
    assert "did not end normally" in fault(text + failed, tmp_path)
    assert "did not end normally" in fault(text + failed[failed.index(" Entering Link 1") :], tmp_path)


def test_a_scf_that_did_not_converge_is_refused_though_the_program_went_on(tmp_path: Path) -> None:
    done = " SCF Done:  E(RB3LYP) ="
    gaussian = GAUSSIAN.read_text().replace(done, f" >>>>>>>>>> Convergence criterion not met.\n{done}")
    orca = re.sub(r"(FINAL SINGLE POINT ENERGY .*)", r"\1 (Wavefunction not fully converged!)", ORCA.read_text())
    psi4 = (OUTPUTS / "psi4-water-ccsdt.out").read_text()
    at = psi4.index("==> Post-Iterations <==")
    psi4 = f"{psi4[:at]}Energy and/or wave function did not converge, but proceeding anyway.\n{psi4[at:]}"
    chem = qchem(*WATER, -76.4).replace(CONVERGED, "\n SCF failed to converge")
    for text in (gaussian, orca, psi4, chem):
        assert fault(text, tmp_path) == "its SCF did not converge"


def test_a_scf_that_a_second_algorithm_converged_is_taken(tmp_path: Path) -> None:
    text = GAUSSIAN.read_text()
    line = re.search(r" SCF Done:.*\n", text)
    assert line
    first = f" >>>>>>>>>> Convergence criterion not met.\n{line[0].replace('79.8', '79.1')}{line[0]}"
    assert told(text.replace(line[0], first), tmp_path).values["energy"].tolist() == pytest.approx([-79.8583990481])


@pytest.mark.parametrize(
    "line", ["CBS-QB3 (0 K)=", "G4(0 K)=", "Counterpoise corrected energy =", "ONIOM: extrapolated energy ="]
)
def test_an_energy_that_is_put_together_from_parts_is_not_one_of_the_parts(line: str, tmp_path: Path) -> None:
    text = GAUSSIAN.read_text().replace(" Normal termination", f" {line}  -79.6\n Normal termination")
    assert "several calculations" in fault(text, tmp_path)


def test_what_stands_behind_the_end_changes_nothing(tmp_path: Path) -> None:
    text = qchem(*WATER, -76.4, rest=GOODBYE + "\nslurm: job 17 done\n")
    assert not told(text, tmp_path).faults
