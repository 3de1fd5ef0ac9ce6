"""A level as PySCF's objects: the molecule with its basis, and the Kohn-Sham object, ready to run."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hemdata.catalog import LevelCard
from hemdata.chemistry.engines.mixed_functions import mixed
from hemdata.chemistry.engines.refuse_impossible import possible
from hemdata.errors import CallError, DataError, did_you_mean
from hemdata.levels import SYMBOLS
from hemdata.shield.load_pyscf import load_pyscf

CONV_TOL_HARTREE = 1e-9
MAX_CYCLES = 100
EXPLICIT = {"b3lyp": "b3lypg", "b3p86": "b3p86g", "x3lyp": "x3lypg"}
"""Functionals whose plain name PySCF can be set to give another correlation (VWN5), by the name that says VWN-RPA."""


def molecule(
    atomic_numbers: npt.NDArray[np.integer],
    positions: npt.NDArray[np.float64],
    charge: int,
    multiplicity: int,
    card: LevelCard,
) -> Any:
    """PySCF's molecule with the level's basis; Cartesian functions also where d and f are mixed.

    Raises:
        DataError: if it is no molecule, or the basis lacks an element.
    """
    load_pyscf()
    from pyscf import gto

    possible(atomic_numbers, positions, charge, multiplicity)
    assert card.basis is not None
    symbols = [SYMBOLS[z] for z in map(int, atomic_numbers)]
    basis = {}
    for symbol in set(symbols):
        basis[symbol] = built_in_shells(card.basis.name, symbol) + [
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
    return built.build(dump_input=False, parse_arg=False)


def built_in_shells(basis: str, symbol: str) -> list[Any]:
    """The shells of an element in a basis that PySCF knows by name, in PySCF's form.

    Raises:
        DataError: if the basis has no such element, or is none.
    """
    load_pyscf()
    from pyscf import gto

    try:
        return list(gto.basis.load(no_file(basis), symbol))
    except (KeyError, RuntimeError, gto.basis.BasisNotFoundError) as error:
        raise DataError("The basis has no such element.", where=basis, got=f"{symbol}: {error}") from None


def no_file(basis: str) -> str:
    """A basis by a name that is no file's: PySCF would read one of that name in the current folder in its place."""
    return f" {basis}" if Path(basis).is_file() else basis


def refuse_unknown(card: LevelCard) -> None:
    """Refuse a functional that libxc does not have.

    Raises:
        DataError: names it, and one that may be meant.
    """
    load_pyscf()
    from pyscf.dft import libxc

    try:
        known = bool(card.method.strip()) and libxc.parse_xc(card.method) is not None
    except (KeyError, ValueError, IndexError):
        known = False
    if not known:
        names = [*libxc.XC_ALIAS, *(code.rpartition("_XC_")[2] for code in libxc.XC_CODES if "_XC_" in code)]
        raise DataError(
            "The level's functional is not known.",
            where=f"level {card.name}, method",
            expected="a functional that libxc has, as PySCF writes it (B3LYP, PBE0, wB97X)",
            got=card.method,
            fix=f"{did_you_mean(card.method.upper(), names)}Correct the card.",
        )


def mean_field(built: Any, card: LevelCard) -> Any:
    """The level's Kohn-Sham object, RKS or UKS, ready to run.

    Raises:
        DataError: for a functional that libxc does not have.
    """
    from pyscf.dft.rks import RKS
    from pyscf.dft.uks import UKS

    refuse_unknown(card)
    kind = RKS if built.spin == 0 else UKS
    field = (mixed(kind) if card.angular == "cartesian-d-spherical-f" else kind)(built)
    field.xc = EXPLICIT.get(card.method.lower(), card.method)
    field.grids.level = card.grid_level
    field.conv_tol = CONV_TOL_HARTREE
    field.max_cycle = MAX_CYCLES
    if card.dispersion:
        _disperse(field, card)
    return field


def _disperse(field: Any, card: LevelCard) -> None:
    """Give a mean field the card's dispersion correction: part of its energy, gradient and second derivatives.

    Raises:
        CallError: if pyscf-dispersion is not installed.
        DataError: if the correction has no parameters for the functional.
    """
    if find_spec("pyscf.dispersion") is None:
        raise CallError(
            f"The level '{card.name}' has a dispersion correction, which an extra brings.",
            expected="pyscf-dispersion",
            fix="pip install 'hemdata[dispersion]'",
        )
    renamed = field.xc != card.method  # for PySCF: the correction's parameters stand under the plain name
    field.disp = f"{card.dispersion}:{card.method.lower()}" if renamed else card.dispersion
    field.nlc = False  # it stands in the place of a functional's own non-local part, as in wB97M-D3(BJ)
    try:
        field.get_dispersion()
    except RuntimeError as error:
        raise DataError(
            "The dispersion correction has no parameters for this functional.",
            where=f"level {card.name}",
            expected=f"a functional that {card.dispersion} was fitted for",
            got=f"{card.method} ({error})",
        ) from None
