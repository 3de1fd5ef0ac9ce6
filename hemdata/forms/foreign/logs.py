"""Outputs of Gaussian, ORCA, Psi4, Q-Chem, xtb and others by cclib: a file a molecule, a folder of them a set."""

import contextlib
import logging
import warnings
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from hemdata.errors import CallError
from hemdata.forms.foreign import orca
from hemdata.forms.foreign.last_job import Unfit, jobs, last_of
from hemdata.forms.shared.frames import Frames, Gathered, Wanted
from hemdata.shield.load_pyscf import load_pyscf

READS = "outputs of Gaussian, ORCA, Psi4, Q-Chem, xtb and others (by cclib, pip install 'hemdata[import]')"
SUFFIXES = (".log", ".out", ".orca", ".qcout")
_UNITS = {"energy": "hartree", "scf_energy": "hartree", "zero_point": "hartree", "gradient": "hartree/bohr"}


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """The last geometry of an output with its energy (coupled cluster's, else MP's, else that of the SCF), in hartree.

    Of ORCA's it is the final single point energy, with dispersion in it where there is some. Of several jobs
    in one output it is the last one's.

    What is not finished, or what cclib cannot read, is a fault of its own.

    Raises:
        CallError: if cclib is not installed.
    """
    with contextlib.suppress(ModuleNotFoundError):
        load_pyscf()  # cclib imports it, in its own way, where it is installed
    try:
        from cclib.io import ccread
    except ModuleNotFoundError:
        raise CallError(
            "Outputs are read by cclib, which is not installed.", where=path, fix="pip install 'hemdata[import]'"
        ) from None
    found = Gathered(path.name, "output", dict(_UNITS))
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        z, xyz, values = _of(text, ccread)
        if len(xyz) != 3 * len(z):
            raise Unfit(_NO_GEOMETRY)
    except Unfit as unfit:
        found.fault("the output cannot be read", str(unfit))
    except Exception as error:  # cclib raises what its parsers happen to raise on a truncated output
        found.fault("the output cannot be read", f"{type(error).__name__}: {error}")
    else:
        values["id"] = path.stem
        found.add(z, xyz, {key: value for key, value in values.items() if wanted.asks(key)})
    yield found.taken()


_NO_GEOMETRY = (
    "it holds no coordinates; xtb prints none without --opt or --hess: write its energies beside the geometries as"
    " extended XYZ"
)


def _of(text: str, ccread: Any) -> tuple[list[int], list[float], dict[str, Any]]:
    of_orca = orca.MARK in text[:20_000]
    its_jobs = jobs(text)
    try:
        with _quiet():
            read = last_of(its_jobs, lambda job: ccread(StringIO(job), loglevel=logging.CRITICAL))
        z, xyz, values = _told(read)
    except Unfit:
        raise
    except Exception:
        if not of_orca:
            raise
        return orca.of_text(text)  # ORCA 6 has tables that cclib 1.8 does not know
    if of_orca and (energy := orca.last_energy(text)) is not None:
        values["energy"] = energy
    return z, xyz, values


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """cclib's words on the terminal and SciPy's on its rotations say nothing of a record; its faults are raised."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


def _told(read: Any) -> tuple[list[int], list[float], dict[str, Any]]:
    if read is None:
        raise Unfit("it is the output of no program that cclib knows")
    metadata = getattr(read, "metadata", {})
    if metadata.get("success") is False:
        raise Unfit("the calculation did not end normally")
    values: dict[str, Any] = {}
    for name, key in (("scfenergies", "scf_energy"), ("mpenergies", "energy"), ("ccenergies", "energy")):
        energies = getattr(read, name, None)
        if energies is not None and len(energies):
            values[key] = _hartree(float(np.asarray(energies[-1]).ravel()[-1]))
    if "energy" not in values and "scf_energy" in values:
        values["energy"] = values["scf_energy"]
    if not values:
        raise Unfit("it has no energy")
    if hasattr(read, "zpve"):
        its = float(read.zpve)  # hartree, but for xtb's, which cclib 1.8 has in electronvolts
        values["zero_point"] = _hartree(its) if metadata.get("package") == "xTB" else its
    values["charge"] = int(getattr(read, "charge", 0))
    values["multiplicity"] = int(getattr(read, "mult", 1))
    for key in ("package", "functional", "basis_set"):
        if metadata.get(key):
            values[key] = str(metadata[key])
    if metadata.get("methods"):
        values["method"] = str(metadata["methods"][-1])
    if 0 < len(getattr(read, "grads", ())) == len(getattr(read, "scfenergies", ())):  # else of another calculation
        values["gradient"] = np.asarray(read.grads[-1], dtype=np.float64)
    return [int(n) for n in read.atomnos], np.asarray(read.atomcoords[-1], dtype=np.float64).ravel().tolist(), values


def _hartree(energy: float) -> float:
    """An energy of cclib's in hartree: up to its version 1 it is in electronvolts, by a constant of cclib's own."""
    from importlib.metadata import version

    from cclib.parser.utils import convertor

    return energy if int(version("cclib").split(".")[0]) >= 2 else float(convertor(energy, "eV", "hartree"))
