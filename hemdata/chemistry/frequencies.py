"""Harmonic frequencies of a geometry at a level of theory, and whether it is a minimum."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.chemistry.engines import engine
from hemdata.chemistry.hessian import numerical_hessian
from hemdata.errors import DataError
from hemdata.levels import Level
from hemdata.units import BOHR_ANGSTROM, DALTON_ELECTRON_MASSES, HARTREE_CM1

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Frequencies:
    """Harmonic frequencies of one geometry.

    Attributes:
        wavenumbers: (3N - 6,) or, of a linear molecule, (3N - 5,) 1/cm, ascending; an imaginary one is negative.
        linear: whether all atoms lie on one line.
    """

    wavenumbers: Floats
    linear: bool

    @property
    def imaginary(self) -> int:
        """How many are imaginary; a minimum has none."""
        return int((self.wavenumbers < 0).sum())

    @property
    def zero_point_hartree(self) -> float:
        """Zero-point energy: half the sum of the real ones, hartree."""
        return float(self.wavenumbers[self.wavenumbers > 0].sum() / 2 / HARTREE_CM1)


def frequencies(
    atomic_numbers: npt.NDArray[np.integer],
    positions: Floats,
    charge: int,
    multiplicity: int,
    level: Level,
    isotopes: Sequence[int] = (),
) -> Frequencies:
    """Harmonic frequencies at a level, for a geometry relaxed at that same level.

    Args:
        atomic_numbers: (N,).
        positions: (N, 3) angstrom.
        isotopes: as of `masses`.

    Raises:
        DataError: if the SCF fails, or the level mixes Cartesian and spherical functions (no derivatives there).
    """
    hessian = level_hessian(atomic_numbers, positions, charge, multiplicity, level)
    return harmonic(hessian, atomic_numbers, positions, masses(atomic_numbers, isotopes))


def level_hessian(
    atomic_numbers: npt.NDArray[np.integer],
    positions: Floats,
    charge: int,
    multiplicity: int,
    level: Level,
) -> Floats:
    """(3N, 3N) hartree/bohr^2: PySCF's analytic Hessian; of any other engine, differences of its gradients.

    Raises:
        DataError: as `frequencies`.
    """
    if level.card.engine != "pyscf":
        surface = engine(level).surface(atomic_numbers, positions, charge, multiplicity, level)
        return numerical_hessian(surface, positions)
    if level.card.angular == "cartesian-d-spherical-f":
        raise DataError(
            f"The level '{level.name}' has no frequencies.",
            expected="a level of Cartesian or of spherical functions",
            got=level.card.angular,
            fix="Take the frequencies of another level (pc9, gfn2-xtb).",
        )
    from hemdata.chemistry.engines.pyscf import converged
    from hemdata.chemistry.engines.pyscf_set_up import mean_field, molecule

    built = molecule(atomic_numbers, positions, charge, multiplicity, level.card)
    field: Any = mean_field(built, level.card)
    converged(field, level.name)
    n = len(np.asarray(atomic_numbers))
    return np.asarray(field.Hessian().kernel()).transpose(0, 2, 1, 3).reshape(3 * n, 3 * n)


def masses(atomic_numbers: npt.NDArray[np.integer], isotopes: Sequence[int] = ()) -> Floats:
    """(N,) dalton, of each element's most abundant isotope, as Gaussian takes them, unless others are named.

    Args:
        isotopes: mass numbers of all atoms, 0 for the commonest; empty if all are that.
    """
    from ase.data import atomic_masses_common

    z = np.asarray(atomic_numbers, dtype=np.int64)
    found = np.array(atomic_masses_common[z])
    if any(isotopes):
        from rdkit.Chem import GetPeriodicTable

        of = GetPeriodicTable().GetMassForIsotope
        for atom in np.flatnonzero(isotopes).tolist():
            found[atom] = of(int(z[atom]), isotopes[atom])
    return found


def harmonic(
    hessian: Floats,
    atomic_numbers: npt.NDArray[np.integer],
    positions: Floats,
    mass: Floats | None = None,
) -> Frequencies:
    """Frequencies from second derivatives, in the space without translations and rotations.

    Args:
        hessian: (3N, 3N) hartree/bohr^2.
        positions: (N, 3) angstrom.
        mass: (N,) dalton; by default `masses`.
    """
    x = np.asarray(positions, dtype=np.float64).reshape(-1, 3) / BOHR_ANGSTROM
    mass = masses(atomic_numbers) if mass is None else np.asarray(mass, dtype=np.float64)
    root = np.repeat(np.sqrt(mass * DALTON_ELECTRON_MASSES), 3)
    rigid = rigid_motions(x, mass)
    # The left singular vectors behind the rank span what is no rigid motion.
    u, singular, _ = np.linalg.svd(rigid.T, full_matrices=True)
    rank = int((singular > 1e-4 * singular[0]).sum())
    inner = u[:, rank:]
    curvature = np.linalg.eigvalsh(inner.T @ (hessian / np.outer(root, root)) @ inner)
    return Frequencies(np.sign(curvature) * np.sqrt(np.abs(curvature)) * HARTREE_CM1, len(x) > 1 and rank == 5)


def rigid_motions(x: Floats, mass: Floats) -> Floats:
    """(6, 3N): translations along, then rotations about, each axis through the centre of mass, mass-weighted."""
    centred = x - mass @ x / mass.sum()
    root = np.sqrt(mass)[:, None]
    translations = [(root * axis).ravel() for axis in np.eye(3)]
    rotations = [(root * np.cross(axis, centred)).ravel() for axis in np.eye(3)]
    return np.array(translations + rotations)
