"""QCSchema JSON of MolSSI's programs (QCEngine, QCArchive, Psi4): results, a file each, a list, or a mapping."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.errors import DataError
from hemdata.forms.shared.frames import Frames, Gathered, Wanted, first_unknown, numbers_of

READS = "QCSchema results (AtomicResult): a file each, a list, or a mapping of them"
SUFFIXES = (".json",)
LARGEST = 1 << 30  # bytes: a JSON text is read as a whole
_UNITS = {"positions": "bohr", "energy": "hartree", "forces": "hartree/bohr", "gradient": "hartree/bohr"}


def is_of(path: Path) -> bool:
    """Whether a JSON file is something else than Croissant metadata."""
    with path.open("rb") as file:
        return b"mlcommons.org/croissant" not in file.read(1 << 16)


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """Every result: geometry (bohr), charge, multiplicity, energy, gradient, `method` and `basis`.

    Raises:
        DataError: if the file is no JSON, or larger than a gigabyte.
    """
    if path.stat().st_size > LARGEST:
        raise DataError("A JSON text is read as a whole, and this is too large.", where=path,
                        expected=f"at most {LARGEST:,} bytes", fix="Write JSON lines or HDF5.")  # fmt: skip
    try:
        told = json.loads(path.read_bytes())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError("The file is no JSON, or not whole.", where=path, got=error, fix="Get it again.") from None
    found = Gathered(path.name, "result", dict(_UNITS))
    for name, result in _results(told):
        try:
            z, xyz, values = _read(result)
        except (KeyError, TypeError, ValueError) as error:
            found.fault("not a QCSchema result", f"{type(error).__name__}: {error}")
        else:
            values |= {"name": name} if name else {}
            found.add(z, xyz, {key: value for key, value in values.items() if wanted.asks(key)})
        if found.full:
            yield found.taken()
    if found.n:
        yield found.taken()


def _results(told: Any) -> Iterator[tuple[str | None, Any]]:
    if isinstance(told, dict) and ("molecule" in told or "symbols" in told or "driver" in told):
        yield told.get("id"), told
    elif isinstance(told, dict):
        yield from told.items()
    elif isinstance(told, list):
        for each in told:
            yield (each.get("id") if isinstance(each, dict) else None), each
    else:
        yield None, told


def _read(result: dict[str, Any]) -> tuple[list[int], list[float], dict[str, Any]]:
    if result.get("success") is False or result.get("error"):
        raise ValueError(f"the calculation failed: {str(result.get('error'))[:120]}")
    molecule = result.get("molecule", result)
    z = numbers_of(molecule["symbols"])
    if unknown := first_unknown(molecule["symbols"], z):
        raise ValueError(f"{unknown} is no element")
    xyz = np.asarray(molecule["geometry"], dtype=np.float64).ravel()
    if len(xyz) != 3 * len(z):
        raise ValueError(f"{len(z)} atoms, {len(xyz)} coordinates")
    values: dict[str, Any] = {
        "charge": molecule.get("molecular_charge", 0),
        "multiplicity": molecule.get("molecular_multiplicity", 1),
    }
    properties, driver = result.get("properties") or {}, result.get("driver")
    energy = properties.get("return_energy")
    if energy is None and driver == "energy":
        energy = result.get("return_result")
    if energy is not None:
        values["energy"] = float(energy)
    gradient = properties.get("return_gradient", result.get("return_result") if driver == "gradient" else None)
    if gradient is not None:
        values["gradient"] = np.asarray(gradient, dtype=np.float64).reshape(-1, 3)
    model = result.get("model") or {}
    for key in ("method", "basis"):
        if isinstance(model.get(key), str):
            values[key] = model[key]
    for key in ("identifiers", "extras"):
        smiles = (molecule.get(key) or {}).get("canonical_isomeric_smiles")
        if smiles:
            values.setdefault("smiles", smiles)
    return z, xyz.tolist(), values
