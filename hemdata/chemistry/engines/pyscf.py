"""Single points and gradients by PySCF at a level's own functional, basis, angular functions and grid."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hemdata.catalog import LevelCard
from hemdata.chemistry.engines.fixed_potential import add_potential
from hemdata.chemistry.engines.pyscf_memory import circles_freed, keep_to_need
from hemdata.chemistry.engines.pyscf_set_up import mean_field, molecule, no_file
from hemdata.chemistry.engines.pyscf_set_up import refuse_unknown as refuse_unknown
from hemdata.errors import DataError
from hemdata.levels import Level

TAKES_SECONDS = False
SURFACE_IS_LEVEL = False
FITTED_BASIS, CHEAP_FITTED_BASIS = "def2-universal-jkfit", "def2-universal-jfit"
"""For geometries, and for the cheap SCF of a label, whose fit is corrected: it needs two thirds of the functions."""
LAST_CHEAPLY_FITTED = 30
"""Atomic number. From gallium on the smaller fit errs so much by the exchange of 3d shells that a label would lie 2e-5
to 4e-5 hartree too high."""
CHEAP_GRID = 0
FIRST_CONV_TOL_HARTREE, LAST_CONV_TOL_HARTREE = 1e-4, 1e-6
"""Of the cheap SCF before and after the exact potential is known. A last 1e-5 leaves up to 3e-6 hartree."""
GRADIENT_GRID = 2
SCREENING = 1e-8
"""Below it a contribution to Coulomb and exchange is left out where they are made once. A total of 14 heavy atoms moves
by 1e-8 hartree, at 3e-8 by 6e-7."""
PRIMITIVES = 1e-18
"""A pair of primitive functions whose product is smaller everywhere is left out of integrals; the library's own 1e-26
costs a twentieth of the time more, and moves a total of ten heavy atoms by less than 1e-9 hartree."""
SORTED_FROM = 300
"""Basis functions from which on sorting the grid into boxes of space, for screening, saves more than it costs."""
KEPT_VALUES = 100_000_000  # of float64
Accuracy = Literal["label", "reference"]


@dataclass(frozen=True)
class Point:
    """A converged single point.

    Attributes:
        energy_hartree: total electronic energy.
        cycles: SCF cycles it took.
        gradient: (N, 3) hartree/bohr, where it was asked for.
        state: the density, to start the next point from.
        rungs: what had to be tried before the SCF converged; empty where it did at once.
    """

    energy_hartree: float
    cycles: int
    gradient: npt.NDArray[np.float64] | None = None
    state: Any = None
    rungs: tuple[str, ...] = ()


def single_point(
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    charge: int,
    multiplicity: int,
    level: Level,
    accuracy: Accuracy = "reference",
) -> Point:
    """The total electronic energy at a level of theory.

    Args:
        atomic_numbers: (N,).
        positions: (N, 3) angstrom.
        charge, multiplicity: closed shells by RKS, open ones by UKS.
        level: one whose engine is pyscf.
        accuracy: `reference` converges the level's own SCF; `label` evaluates the level's exact functional once, and
            is within 2e-6 hartree of that (`_label`).

    Raises:
        DataError: if charge and multiplicity do not fit, the basis lacks an element, or the SCF does not converge.
    """
    with circles_freed():
        return _single_point(atomic_numbers, positions, charge, multiplicity, level, accuracy)


def _single_point(
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    charge: int,
    multiplicity: int,
    level: Level,
    accuracy: Accuracy,
) -> Point:
    built = molecule(atomic_numbers, positions, charge, multiplicity, level.card)
    if accuracy == "reference":
        exact = mean_field(built, level.card)
        energy, rungs = converged(exact, level.name)
        return Point(energy, int(exact.cycles), rungs=rungs)
    keep_to_need(built, no_file(FITTED_BASIS))
    with built.with_integral_screen(PRIMITIVES):
        return _label(built, mean_field(built, level.card), level)


def _label(built: Any, exact: Any, level: Level) -> Point:
    """The converged energy, within 2e-6 hartree, from one evaluation of the exact functional.

    A cheap functional (density fitting, coarse grid) is converged roughly, to a density D0. What the exact potential is
    at D0 less the cheap one is added to the cheap functional as a fixed operator; that functional is converged to D1.
    The energy is the exact one at D0 and the change of the corrected cheap one from D0 to D1: exact to first order in
    D1 - D0, and to second order but for the small difference of the two functionals' second derivatives.
    """
    from pyscf import gto

    exact._is_mem_enough = lambda: False  # integrals that serve once are used as they come
    exact.direct_scf, exact.direct_scf_tol = True, SCREENING
    light = max(map(gto.charge, built.elements)) <= LAST_CHEAPLY_FITTED
    basis = CHEAP_FITTED_BASIS if light else FITTED_BASIS
    cheap = fitted(built, level.card, CHEAP_GRID, FIRST_CONV_TOL_HARTREE, basis)
    for field in (exact, cheap):
        field.grids.build(with_non0tab=True, sort_grids=built.nao >= SORTED_FROM)
    start, rungs = _cheap_density(cheap, level.name)
    cycles = int(cheap.cycles)
    core = cheap.get_hcore()
    its_exact, its_cheap = exact.get_veff(built, start), cheap.get_veff(built, start)
    energy = float(exact.energy_tot(start, vhf=its_exact)) - float(cheap.energy_tot(start, h1e=core, vhf=its_cheap))
    add_potential(cheap, np.asarray(its_exact) - np.asarray(its_cheap), start, its_cheap)
    cheap.conv_tol = LAST_CONV_TOL_HARTREE
    end, further = _cheap_density(cheap, level.name, start)
    energy += float(cheap.energy_tot(end, h1e=core))
    return Point(energy, cycles + int(cheap.cycles), rungs=tuple(dict.fromkeys([*rungs, *further])))


class Surface:
    """The energy surface of one molecule at a level, by a density-fitted SCF: for geometries, not for labels.

    Args:
        atomic_numbers: (N,).
        positions: (N, 3) angstrom.
        charge, multiplicity: of the molecule.
        level: one whose engine is pyscf.

    Raises:
        DataError: for a level of mixed Cartesian and spherical functions, which has no gradient here.
    """

    def __init__(
        self,
        atomic_numbers: npt.NDArray[np.integer],
        positions: npt.NDArray[np.float64],
        charge: int,
        multiplicity: int,
        level: Level,
    ) -> None:
        if level.card.angular == "cartesian-d-spherical-f":
            raise DataError(
                f"Geometries cannot be relaxed at '{level.name}'.",
                expected="a level of Cartesian or of spherical functions",
                got=level.card.angular,
                fix="Relax at another level (--geometry pc9).",
            )
        self.level = level
        self._built = molecule(atomic_numbers, positions, charge, multiplicity, level.card)
        keep_to_need(self._built, no_file(FITTED_BASIS))

    def __call__(self, positions: npt.NDArray[np.float64], accuracy: float = 1.0, state: Any = None) -> Point:
        """Energy and gradient at (N, 3) angstrom, started from the density of an earlier point.

        Raises:
            DataError: if the SCF fails.
        """
        self._built.set_geom_(np.asarray(positions), unit="Angstrom")
        field = fitted(self._built, self.level.card, GRADIENT_GRID, 1e-7)
        energy, rungs = converged(field, self.level.name, state)
        gradient = np.asarray(field.nuc_grad_method().kernel())
        return Point(energy, int(field.cycles), gradient, field.make_rdm1(), rungs)


def surface(
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    charge: int,
    multiplicity: int,
    level: Level,
) -> Surface:
    """The energy surface of one molecule at a level whose engine is pyscf."""
    return Surface(atomic_numbers, positions, charge, multiplicity, level)


def converged(field: Any, where: str, density: Any = None) -> tuple[float, tuple[str, ...]]:
    """The energy of a mean field, climbing a ladder of remedies until its SCF converges; with the rungs climbed.

    Raises:
        DataError: if no rung helps.
    """
    rungs: list[str] = []
    for rung in ("", "level shift 0.3", "second order", "Hückel guess, second order"):
        if rung:
            rungs.append(rung)
        shifted = rung == "level shift 0.3"
        field.level_shift = 0.3 if shifted else 0.0
        start = field.get_init_guess(key="huckel") if rung.startswith("Hückel") else density
        solver = field.newton() if rung.endswith("second order") else field
        energy = float(solver.kernel(dm0=start))
        if solver.converged:
            if solver is not field:
                field.mo_coeff, field.mo_occ, field.mo_energy = solver.mo_coeff, solver.mo_occ, solver.mo_energy
                field.cycles = getattr(solver, "cycles", 0)
            return energy, tuple(rungs)
        density = None
    raise DataError(
        "The SCF did not converge.",
        where=f"level {where}",
        expected=f"within {field.max_cycle} cycles",
        got=f"not plainly, nor with {', '.join(rungs)}",
    )


def _cheap_density(field: Any, where: str, density: Any = None) -> tuple[Any, tuple[str, ...]]:
    """The density of a converged mean field, and the rungs climbed.

    PySCF ends an SCF with one cycle more, for an energy that a label has no use for: the density that this cycle would
    start from is had by its diagonalisation alone.

    Raises:
        DataError: as `converged`.
    """
    field.conv_check = False
    latest: dict[str, Any] = {}
    field.callback = latest.update
    _, rungs = converged(field, where, density)
    if rungs:
        return field.make_rdm1(), rungs
    energies, orbitals = field.eig(latest["fock"], latest["s1e"])
    return field.make_rdm1(orbitals, field.get_occ(energies, orbitals)), rungs


def fitted(built: Any, card: LevelCard, grid_level: int, conv_tol: float, basis: str = FITTED_BASIS) -> Any:
    """The level's Kohn-Sham object with density-fitted Coulomb and exchange on another grid."""
    field = mean_field(built, card).density_fit(auxbasis=no_file(basis))
    field.grids.level = grid_level
    field.conv_tol = conv_tol
    field._numint = _quadrature()
    return field


def _quadrature() -> Any:
    """PySCF's quadrature, with the basis functions' values on the grid kept from cycle to cycle, where memory allows.

    They are the same in every cycle of an SCF and take a third of its time.
    """
    from pyscf.dft.numint import NumInt

    class Kept(NumInt):  # type: ignore[misc]
        of: tuple[Any, int] | None = None  # the grid and the derivatives that are kept
        blocks: list[tuple[Any, ...]]

        def block_loop(self, mol: Any, grids: Any, nao: int | None = None, deriv: int = 0, *a: Any, **k: Any) -> Any:
            if grids.coords is None:
                grids.build(with_non0tab=True)
            values = (deriv + 1) * (deriv + 2) * (deriv + 3) // 6 * mol.nao * len(grids.weights)
            if values > KEPT_VALUES or mol is not grids.mol:
                yield from super().block_loop(mol, grids, nao, deriv, *a, **k)
                return
            if self.of is None or self.of[0] is not grids.coords or self.of[1] != deriv:
                found = super().block_loop(mol, grids, nao, deriv, *a, **k)
                self.blocks = [(ao.copy(order="K"), *rest) for ao, *rest in found]
                self.of = (grids.coords, deriv)
            yield from self.blocks

    return Kept()
