"""A fixed potential added to a mean field of PySCF: to its Fock matrix, and to its energy."""

from typing import Any

import numpy as np
import numpy.typing as npt


def add_potential(
    field: Any, added: npt.NDArray[np.float64], at: npt.NDArray[np.float64], potential_at: Any = None
) -> None:
    """Change a mean field in place; its energy stays what it was at the density `at`.

    Args:
        field: RKS or UKS.
        added: (n, n), or (2, n, n) by spin, hartree.
        at: density of the same shape.
        potential_at: the field's own potential there, where it is known: it is not computed again.
    """
    from pyscf import lib

    plain = field.get_veff
    there = float(np.vdot(added, at))

    def get_veff(mol: Any = None, dm: Any = None, *given: Any, **named: Any) -> Any:
        dm = field.make_rdm1() if dm is None else dm
        found = potential_at if dm is at and potential_at is not None else plain(mol, dm, *given, **named)
        rise = float(np.vdot(added, dm)) - there
        return lib.tag_array(np.asarray(found) + added, **(vars(found) | {"exc": found.exc + rise}))

    field.get_veff = get_veff
