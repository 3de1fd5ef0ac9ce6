"""ORCA's outputs: its own last word on the energy, and by ASE those of the versions that cclib does not know."""

import re
from typing import Any

import numpy as np

MARK = "* O   R   C   A *"
_LAST = re.compile(r"FINAL SINGLE POINT ENERGY(?:\s*\([^)]*\))?\s+(-?\d+\.\d+)")
_CHARGE = re.compile(r"Total Charge\s+Charge\s+\.{4}\s+(-?\d+)")
_MULTIPLICITY = re.compile(r"Multiplicity\s+Mult\s+\.{4}\s+(\d+)")
_ZERO_POINT = re.compile(r"Zero point energy\s+\.{3}\s+(-?\d+\.\d+) Eh")


def last_energy(text: str) -> float | None:
    """The energy (hartree) that ORCA ends with, with dispersion, second order or coupled cluster in it as was asked."""
    found = _LAST.findall(text)
    return float(found[-1]) if found else None


def of_text(text: str) -> tuple[list[int], list[float], dict[str, Any]]:
    """Atomic numbers, coordinates (3N, angstrom) of the last geometry, and values by key, energies in hartree.

    Raises:
        ValueError: if the calculation did not end normally, or something of it is missing.
    """
    from io import StringIO

    from ase.io.orca import read_orca_output

    if "ORCA TERMINATED NORMALLY" not in text:
        raise ValueError("the calculation did not end normally")
    images = [atoms for atoms in read_orca_output(StringIO(text)) if len(atoms)]
    charge, multiplicity, energy = _CHARGE.findall(text), _MULTIPLICITY.findall(text), last_energy(text)
    if not images or not charge or not multiplicity or energy is None:
        raise ValueError("it lacks a geometry, a charge and multiplicity, or a final energy")
    values: dict[str, Any] = {
        "energy": energy,
        "charge": int(charge[-1]),
        "multiplicity": int(multiplicity[-1]),
        "package": "ORCA",
    }
    if zero_point := _ZERO_POINT.findall(text):
        values["zero_point"] = float(zero_point[-1])
    last = images[-1]
    return [int(z) for z in last.numbers], np.asarray(last.positions, dtype=np.float64).ravel().tolist(), values
