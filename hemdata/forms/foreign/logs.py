"""Outputs of Gaussian, ORCA, Psi4, Q-Chem, xtb and others by cclib: a file a molecule, a folder of them a set."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.errors import CallError
from hemdata.forms.frames import Frames, Gathered, Wanted
from hemdata.units import HARTREE_EV

READS = "outputs of Gaussian, ORCA, Psi4, Q-Chem, xtb and others (by cclib, pip install 'hemdata[import]')"
SUFFIXES = (".log", ".out", ".orca", ".qcout")
_UNITS = {"energy": "hartree", "scf_energy": "hartree", "zero_point": "hartree", "gradient": "hartree/bohr"}


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """The last geometry of an output with its energy (coupled cluster's, else MP's, else that of the SCF), in hartree.

    What is not finished, or what cclib cannot read, is a fault of its own.

    Raises:
        CallError: if cclib is not installed.
    """
    try:
        from cclib.io import ccread
    except ModuleNotFoundError:
        raise CallError(
            "Outputs are read by cclib, which is not installed.", where=path, fix="pip install 'hemdata[import]'"
        ) from None
    found = Gathered(path.name, "output", dict(_UNITS))
    try:
        read = ccread(str(path), loglevel=logging.CRITICAL)
        z, xyz, values = _told(read)
    except Exception as error:  # cclib raises what its parsers happen to raise on a truncated output
        found.fault("cclib cannot read the output", f"{type(error).__name__}: {error}")
    else:
        values["id"] = path.stem
        found.add(z, xyz, {key: value for key, value in values.items() if wanted.asks(key)})
    yield found.taken()


def _told(read: Any) -> tuple[list[int], list[float], dict[str, Any]]:
    if read is None:
        raise ValueError("it is the output of no program that cclib knows")
    metadata = getattr(read, "metadata", {})
    if metadata.get("success") is False:
        raise ValueError("the calculation did not end normally")
    values: dict[str, Any] = {}
    for name, key in (("scfenergies", "scf_energy"), ("mpenergies", "energy"), ("ccenergies", "energy")):
        energies = getattr(read, name, None)
        if energies is not None and len(energies):
            values[key] = float(np.asarray(energies[-1]).ravel()[-1]) * _hartree()
    if "energy" not in values and "scf_energy" in values:
        values["energy"] = values["scf_energy"]
    if not values:
        raise ValueError("it has no energy")
    if hasattr(read, "zpve"):
        values["zero_point"] = float(read.zpve)
    values["charge"] = int(getattr(read, "charge", 0))
    values["multiplicity"] = int(getattr(read, "mult", 1))
    for key in ("package", "functional", "basis_set"):
        if metadata.get(key):
            values[key] = str(metadata[key])
    if metadata.get("methods"):
        values["method"] = str(metadata["methods"][-1])
    if hasattr(read, "grads"):
        values["gradient"] = np.asarray(read.grads[-1], dtype=np.float64)
    return [int(n) for n in read.atomnos], np.asarray(read.atomcoords[-1], dtype=np.float64).ravel().tolist(), values


def _hartree() -> float:
    """What cclib's unit of energy is in hartree: electronvolts up to its version 1, hartree from 2 on."""
    from importlib.metadata import version

    return 1.0 if int(version("cclib").split(".")[0]) >= 2 else 1.0 / HARTREE_EV
