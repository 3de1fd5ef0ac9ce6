"""Loads PySCF with the kernels of this processor and without a user's configuration, by which a level would change."""

import os
import platform
import sys
import warnings
from functools import cache
from pathlib import Path

from hemdata.errors import CallError
from hemdata.shield import variables

KERNELS, AVX2 = "OPENBLAS_CORETYPE", "Haswell"
CONFIGURATION = "PYSCF_CONFIG_FILE"
EMPTY = Path(__file__).with_name("pyscf_conf.py")
OWN_NAMES = {"DEBUG", "MAX_MEMORY", "TMPDIR", "ARGPARSE", "VERBOSE", "UNIT", "conf_file"}
"""What PySCF's configuration holds by itself."""


@cache
def load_pyscf() -> None:
    """Import PySCF; call this before any other import of it. The environment is as before afterwards.

    PySCF reads a configuration (PYSCF_CONFIG_FILE, .pyscf_conf.py in the current folder or at home) once, when it is
    imported: an empty one is put in its place. The OpenBLAS 0.3.3 of PySCF's wheel falls back to SSE3 on a processor
    that it does not know, at a third of the speed or less: it is told to take its AVX2 kernels where there are such. A
    choice of kernels that the user made stands; the libraries of NumPy and SciPy are untouched. Where somebody has
    imported PySCF before, it is too late for that, and a warning says so.

    Raises:
        CallError: if PySCF was imported before with a configuration.
    """
    import scipy.linalg  # noqa: F401  its own OpenBLAS, and NumPy's, choose for themselves

    told = {CONFIGURATION: str(EMPTY), "PYSCF_ARGPARSE": ""}
    if KERNELS not in os.environ and _has_avx2():
        told[KERNELS] = AVX2
        if "pyscf.lib" in sys.modules:
            warnings.warn(
                "PySCF was imported before hemdata loads it, and so without this processor's kernels: energies take "
                "longer, and their last digits, some 1e-8 hartree, may differ from those of other processes. Import "
                f"PySCF later, or set {KERNELS}={AVX2} before Python starts.",
                RuntimeWarning,
                stacklevel=2,
            )
    with variables(told):
        import pyscf.lib
        from pyscf import __config__
    foreign = sorted(name for name in vars(__config__) if name not in OWN_NAMES and not name.startswith("__"))
    if foreign or __config__.ARGPARSE or __config__.UNIT != "angstrom":
        raise CallError(
            "PySCF was loaded with a configuration of its own, by which a level of theory would be another.",
            where=__config__.conf_file or f"{pyscf.__name__}.__config__",
            expected="no settings",
            got=", ".join(foreign) or "ARGPARSE or UNIT",
            fix="Import hemdata's engines before PySCF, or remove the configuration.",
        )


def _has_avx2() -> bool:
    """Whether this is a Linux machine, which its wheels with OpenBLAS are for, with AVX2 and FMA."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = next((line.split() for line in told.splitlines() if line.startswith("flags")), [])
    return platform.machine() == "x86_64" and {"avx2", "fma"} <= set(flags)
