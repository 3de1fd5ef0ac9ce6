"""What a calculation costs before it is done: relative time for the order of work, memory from the basis size."""

from functools import cache

from hemdata.catalog import LevelCard
from hemdata.chemistry.engines.pyscf import FITTED_BASIS
from hemdata.chemistry.engines.pyscf_memory import needed_gb
from hemdata.chemistry.engines.pyscf_set_up import built_in_shells
from hemdata.errors import DataError
from hemdata.label.calculation import Calculation
from hemdata.levels import SYMBOLS

PROCESS_GB = 0.4
"""A process with a tight-binding engine."""
DENSITY_FUNCTIONAL_POWER = 3.0
TIGHT_BINDING_POWER = 2.2


def cost(task: Calculation, n_heavy: int) -> float:
    """Relative time of a calculation beside others of its stage.

    A density functional's time is that of its quadrature, a power of the number of basis functions; a tight-binding
    relaxation's a power of the atoms, or of the heavy ones where the geometry is not made yet.
    """
    if task.card is not None and task.card.engine == "pyscf" and task.atomic_numbers is not None:
        return float(functions(task.atomic_numbers, task.card) ** DENSITY_FUNCTIONAL_POWER)
    atoms = len(task.atomic_numbers) if task.atomic_numbers is not None else 2 * n_heavy
    return float(atoms**TIGHT_BINDING_POWER)


def memory_gb(task: Calculation) -> float:
    """Memory that a calculation needs at its fastest, in GB, and what a label by PySCF keeps to.

    The two-electron integrals of n functions are n^4 bytes (n^4/8 of eight each). A label uses them as they come, and
    keeps the fitted ones.
    """
    if task.card is None or task.card.engine != "pyscf" or task.atomic_numbers is None:
        return PROCESS_GB
    cartesian = task.card.angular != "spherical"  # mixed ones are projected from Cartesian integrals
    n = functions(task.atomic_numbers, task.card, cartesian)
    exact = n**4 if task.accuracy == "reference" or task.job.exact_integrals else 0
    return needed_gb(n, _fitting(task.atomic_numbers, cartesian)) + exact / 1e9


def functions(atomic_numbers: tuple[int, ...], card: LevelCard, cartesian: bool = False) -> int:
    """Basis functions of a molecule at a level; elements that the basis lacks count none."""
    angular = "cartesian" if cartesian else card.angular or "spherical"
    name = card.basis.name if card.basis else ""
    added = tuple(sorted((card.basis.added_shells if card.basis else {}).items()))
    momenta = {symbol: tuple(shell for shell, _ in shells) for symbol, shells in added}
    return sum(
        _functions(SYMBOLS[z], name, momenta.get(SYMBOLS[z], ()), angular) for z in atomic_numbers if z < len(SYMBOLS)
    )


def _fitting(atomic_numbers: tuple[int, ...], cartesian: bool) -> int:
    """Functions that the densities of a label are fitted with."""
    angular = "cartesian" if cartesian else "spherical"
    return sum(_functions(SYMBOLS[z], FITTED_BASIS, (), angular) for z in atomic_numbers if z < len(SYMBOLS))


@cache
def _functions(symbol: str, basis: str, added: tuple[int, ...], angular: str) -> int:
    try:
        shells = built_in_shells(basis, symbol)
    except DataError:
        return 0  # the engine will say so
    # A shell is its momentum, then rows of an exponent and one coefficient for each contracted function.
    momenta = [shell[0] for shell in shells for _ in shell[-1][1:]] + list(added)
    return sum(_components(momentum, angular) for momentum in momenta)


def _components(momentum: int, angular: str) -> int:
    cartesian = angular == "cartesian" or (angular == "cartesian-d-spherical-f" and momentum <= 2)
    return (momentum + 1) * (momentum + 2) // 2 if cartesian else 2 * momentum + 1
