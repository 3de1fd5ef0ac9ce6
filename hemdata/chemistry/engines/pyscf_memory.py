"""The memory that a label by PySCF needs: PySCF takes whatever it is allowed, so it is allowed no more than that."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

WITHOUT_INTEGRALS_GB = 1.8
"""A process with PySCF, its grid, the functions' values that are kept on it, and its buffers."""


OTHER_MB = 500.0
"""What a process that computes labels alone holds before the first of them."""


def needed_gb(functions: int, fitting: int) -> float:
    """Memory of a density-fitted SCF with its integrals kept, in GB.

    Args:
        functions: n of the level's basis.
        fitting: m that densities are fitted with; the integrals are m n (n + 1) / 2 numbers, their metric m^2, twice.
    """
    return WITHOUT_INTEGRALS_GB + 8e-9 * (fitting * functions * (functions + 1) / 2 + 2 * fitting**2)


def keep_to_need(built: Any, fitting_basis: str) -> None:
    """Have all that is computed of a molecule of PySCF plan with what a fitted SCF needs, or less where that is set.

    PySCF takes off what the process holds already. A process with more in it (networks, a notebook) is allowed as much
    more: blocks of another size would add up to other last bits.
    """
    from pyscf.df.addons import make_auxmol
    from pyscf.lib import current_memory

    needed = 1e3 * needed_gb(int(built.nao), int(make_auxmol(built, fitting_basis).nao))
    built.max_memory = min(built.max_memory, needed) + max(0.0, current_memory()[0] - OTHER_MB)


@contextmanager
def circles_freed() -> Iterator[None]:
    """Free at the end what was made inside: PySCF's objects hold each other in circles, and gigabytes with them.

    What was there before is not looked at. Where the networks' libraries are loaded, that takes longer than the energy
    of a small molecule.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
