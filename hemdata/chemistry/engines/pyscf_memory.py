"""The memory that a label by PySCF needs: PySCF takes whatever it is allowed, so it is allowed no more than that."""

from typing import Any

WITHOUT_INTEGRALS_GB = 1.8
"""A process with PySCF, its grid, the functions' values that are kept on it, and its buffers."""


def needed_gb(functions: int, fitting: int) -> float:
    """Memory of a density-fitted SCF with its integrals kept, in GB.

    Args:
        functions: n of the level's basis.
        fitting: m that densities are fitted with; the integrals are m n (n + 1) / 2 numbers, their metric m^2, twice.
    """
    return WITHOUT_INTEGRALS_GB + 8e-9 * (fitting * functions * (functions + 1) / 2 + 2 * fitting**2)


def keep_to_need(built: Any, fitting_basis: str) -> None:
    """Have all that is computed of a molecule of PySCF plan with what a fitted SCF needs, or less where that is set."""
    from pyscf.df.addons import make_auxmol

    needed = 1e3 * needed_gb(int(built.nao), int(make_auxmol(built, fitting_basis).nao))
    built.max_memory = min(built.max_memory, needed)
