"""Cartesian d beside spherical f, which PySCF does not offer: the SCF in the space that such functions span."""

from typing import Any

import numpy as np
import numpy.typing as npt


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


def mixed(kind: Any) -> Any:
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
            density = x @ np.asarray(dm) @ x.T
            if getattr(dm, "mo_coeff", None) is not None:  # exchange by occupied orbitals costs a fraction
                density = lib.tag_array(density, mo_coeff=x @ np.asarray(dm.mo_coeff), mo_occ=dm.mo_occ)
            full = super().get_veff(mol, density)
            return lib.tag_array(x.T @ np.asarray(full) @ x, ecoul=full.ecoul, exc=full.exc, vj=None, vk=None)

        def get_init_guess(self, mol: Any = None, key: str = "minao", **keywords: Any) -> Any:
            start = super().get_init_guess(mol, key, **keywords)
            x, overlap = self.functions, kind.get_ovlp(self, mol)
            back = np.linalg.solve(x.T @ overlap @ x, x.T @ overlap)
            projected = back @ np.asarray(start) @ back.T
            if getattr(start, "mo_coeff", None) is None:
                return projected
            return lib.tag_array(projected, mo_coeff=back @ np.asarray(start.mo_coeff), mo_occ=start.mo_occ)

    return Mixed


def give_response(field: Any) -> None:
    """The second derivatives of a mixed Cartesian and spherical field, which stability analysis needs."""
    of_cartesian = field.gen_response
    spins = np.asarray(field.get_init_guess()).ndim == 3

    def response(mo_coeff: Any = None, mo_occ: Any = None, **keywords: Any) -> Any:
        x = field.functions
        coefficients = field.mo_coeff if mo_coeff is None else mo_coeff
        whole = np.array([x @ c for c in coefficients]) if spins else x @ coefficients
        occupied = field.mo_occ if mo_occ is None else mo_occ
        full = of_cartesian(whole, occupied, **keywords)

        def of_density(density: Any) -> Any:
            return x.T @ np.asarray(full(x @ np.asarray(density) @ x.T)) @ x

        return of_density

    field.gen_response = response
