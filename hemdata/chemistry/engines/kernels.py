"""Which matrix kernels PySCF computes with: its wheels bring an OpenBLAS of 2018, which knows no younger processor."""

import os
import platform
from functools import cache
from pathlib import Path

CHOICE = "OPENBLAS_CORETYPE"
AVX2 = "Haswell"


@cache
def choose_kernels() -> None:
    """Let the OpenBLAS inside PySCF's wheel take its AVX2 kernels where the processor has them.

    OpenBLAS 0.3.3 falls back to SSE3 on a processor that it does not know, at a third of the speed or less. It reads
    the choice once, when it is loaded: call this before the first import of PySCF. The environment is as before
    afterwards, the libraries of NumPy and SciPy untouched; a choice that the user made stands.
    """
    if CHOICE in os.environ or not _has_avx2():
        return
    import scipy.linalg  # noqa: F401  its own OpenBLAS, and NumPy's, choose for themselves

    os.environ[CHOICE] = AVX2
    try:
        import pyscf.lib  # noqa: F401
    finally:
        del os.environ[CHOICE]


def _has_avx2() -> bool:
    """Whether this is a Linux machine, which its wheels with OpenBLAS are for, with AVX2 and FMA."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = next((line.split() for line in told.splitlines() if line.startswith("flags")), [])
    return platform.machine() == "x86_64" and {"avx2", "fma"} <= set(flags)
