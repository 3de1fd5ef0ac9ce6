"""Single points by PySCF at a level's own functional, basis, angular functions and grid."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.catalog import LevelCard
from hemdata.errors import DataError
from hemdata.levels import SYMBOLS, Level

CONV_TOL_HARTREE = 1e-9
MAX_CYCLES = 100


@dataclass(frozen=True)
class Point:
    """A converged single point: total electronic energy in hartree, and the SCF cycles it took."""

    energy_hartree: float
    cycles: int


def single_point(
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    charge: int,
    multiplicity: int,
    level: Level,
) -> Point:
    """The total electronic energy at a level of theory.

    Args:
        atomic_numbers: (N,).
        positions: (N, 3) angstrom.
        charge, multiplicity: closed shells by RKS, open ones by UKS.
        level: one whose engine is pyscf.

    Raises:
        DataError: if charge and multiplicity do not fit, the basis lacks an element, or the SCF does not converge.
    """
    field = mean_field(molecule(atomic_numbers, positions, charge, multiplicity, level.card), level.card)
    energy = float(field.kernel())
    if not field.converged:
        raise DataError(
            "The SCF did not converge.", where=f"level {level.name}", expected=f"{MAX_CYCLES} cycles", got=energy
        )
    return Point(energy, int(field.cycles))


def molecule(
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    charge: int,
    multiplicity: int,
    card: LevelCard,
) -> Any:
    """PySCF's molecule with the level's basis; Cartesian functions also where d and f are mixed."""
    from pyscf import gto

    assert card.basis is not None
    symbols = [SYMBOLS[z] if z < len(SYMBOLS) else f"Z={z}" for z in map(int, atomic_numbers)]
    basis = {}
    for symbol in set(symbols):
        try:
            shells = gto.basis.load(card.basis.name, symbol)
        except (KeyError, RuntimeError, gto.basis.BasisNotFoundError) as error:
            raise DataError("The basis has no such element.", where=card.basis.name, got=f"{symbol}: {error}") from None
        basis[symbol] = shells + [
            [angular, [exponent, 1.0]] for angular, exponent in card.basis.added_shells.get(symbol, [])
        ]
    built = gto.Mole(
        atom=[(symbol, tuple(xyz)) for symbol, xyz in zip(symbols, np.asarray(positions), strict=True)],
        basis=basis,
        charge=charge,
        spin=multiplicity - 1,
        cart=card.angular != "spherical",
        verbose=0,
    )
    try:
        built.build()
    except RuntimeError as error:
        raise DataError(
            "Charge and multiplicity do not go together.", expected="an even number of paired electrons", got=error
        ) from None
    return built


def mean_field(built: Any, card: LevelCard) -> Any:
    """The level's Kohn-Sham object, RKS or UKS, ready to run."""
    from pyscf.dft.rks import RKS
    from pyscf.dft.uks import UKS

    kind = RKS if built.spin == 0 else UKS
    field = (_mixed(kind) if card.angular == "cartesian-d-spherical-f" else kind)(built)
    field.xc = card.method
    field.grids.level = card.grid_level
    field.conv_tol = CONV_TOL_HARTREE
    field.max_cycle = MAX_CYCLES
    return field


def mixed_functions(built: Any) -> npt.NDArray[np.float64]:
    """(n Cartesian, n mixed): Cartesian functions up to d as they are, higher ones combined to spherical."""
    from pyscf import gto
    from scipy.linalg import block_diag

    blocks = []
    for shell in range(built.nbas):
        momentum = built.bas_angular(shell)
        size = (momentum + 1) * (momentum + 2) // 2
        block = np.eye(size) if momentum <= 2 else gto.cart2sph(momentum, normalized="sp")
        blocks += [block] * built.bas_nctr(shell)
    return np.asarray(block_diag(*blocks))


def _mixed(kind: Any) -> Any:
    """RKS or UKS solved in the space of Cartesian d and spherical f, which PySCF itself does not offer.

    Overlap, core Hamiltonian and potential are projected onto that space, and so is the starting density; changing
    the eigensolver alone does not converge.
    """
    from pyscf import lib

    class Mixed(kind):  # type: ignore[misc]
        def __init__(self, built: Any) -> None:
            super().__init__(built)
            self.functions = mixed_functions(built)
            self._keys = kind._keys | {"functions"}
            self.direct_scf = False

        def get_hcore(self, mol: Any = None) -> Any:
            return self.functions.T @ super().get_hcore(mol) @ self.functions

        def get_ovlp(self, mol: Any = None) -> Any:
            return self.functions.T @ super().get_ovlp(mol) @ self.functions

        def get_veff(self, mol: Any = None, dm: Any = None, *_: Any, **__: Any) -> Any:
            dm = self.make_rdm1() if dm is None else dm
            x = self.functions
            full = super().get_veff(mol, x @ np.asarray(dm) @ x.T)
            return lib.tag_array(x.T @ np.asarray(full) @ x, ecoul=full.ecoul, exc=full.exc, vj=None, vk=None)

        def get_init_guess(self, mol: Any = None, key: str = "minao", **keywords: Any) -> Any:
            start = np.asarray(super().get_init_guess(mol, key, **keywords))
            x, overlap = self.functions, kind.get_ovlp(self, mol)
            back = np.linalg.solve(x.T @ overlap @ x, x.T @ overlap)
            return back @ start @ back.T

    return Mixed
