"""Outputs in the form that Q-Chem prints (versions 5 and 6), of molecules and energies that the caller states."""

from collections.abc import Sequence

from hemdata.levels import SYMBOLS

WELCOME = """                  Welcome to Q-Chem
     A Quantum Leap Into The Future Of Chemistry

 Q-Chem 5.4.2 for Intel X86 EM64T Linux

 Q-Chem begins on Mon Mar  7 10:14:59 2022
"""
GOODBYE = """ Total job time:  1.47s(wall), 1.49s(cpu)
 Mon Mar  7 10:15:00 2022

        *************************************************************
        *                                                           *
        *  Thank you very much for using Q-Chem.  Have a nice day.  *
        *                                                           *
        *************************************************************
"""
CONVERGED = "Convergence criterion met"


def qchem(
    z: Sequence[int],
    xyz: Sequence[float],
    energy: float,
    charge: int = 0,
    multiplicity: int = 1,
    mp2: float | None = None,
    rest: str = GOODBYE,
) -> str:
    """One job's output: (N,) atomic numbers, (3N,) angstrom, the SCF's and MP2's total energies in hartree."""
    atoms = [(SYMBOLS[number], *xyz[3 * at : 3 * at + 3]) for at, number in enumerate(z)]
    electrons = sum(z) - charge
    alpha = (electrons + multiplicity - 1) // 2
    bar = " " + 64 * "-"
    asked = [f" {symbol:2}  {a:14.10f}  {b:14.10f}  {c:14.10f}" for symbol, a, b, c in atoms]
    placed = [f"{n:5}      {symbol:2} {a:16.10f} {b:16.10f} {c:16.10f}" for n, (symbol, a, b, c) in enumerate(atoms, 1)]
    correlated = "" if mp2 is None else f"        MP2         total energy = {mp2:25.8f} au\n\n"
    return "\n".join(
        [
            WELCOME,
            62 * "-",
            "User input:",
            62 * "-",
            "$molecule",
            f"{charge} {multiplicity}",
            *asked,
            "$end",
            "",
            "$rem",
            " method = b3lyp",
            " basis = 6-31g*",
            "$end",
            62 * "-",
            bar,
            "             Standard Nuclear Orientation (Angstroms)",
            "    I     Atom           X                Y                Z",
            bar,
            *placed,
            bar,
            " Nuclear Repulsion Energy =           9.00000000 hartrees",
            f" There are {alpha:8} alpha and {electrons - alpha:8} beta electrons",
            " Requested basis set is 6-31G(d)",
            " There are 10 shells and 19 basis functions",
            "",
            " A restricted SCF calculation will be",
            " performed using DIIS",
            " SCF converges when DIIS error is below 1.0e-08",
            " ---------------------------------------",
            "  Cycle       Energy         DIIS error",
            " ---------------------------------------",
            f"    1  {energy + 0.1:18.10f}      3.98e-01",
            f"    2  {energy:18.10f}      5.45e-09  {CONVERGED}",
            " ---------------------------------------",
            " SCF time:   CPU 0.00s  wall 0.00s",
            f" SCF   energy in the final basis set = {energy:18.10f}",
            f" Total energy in the final basis set = {energy:18.10f}",
            "",
            correlated + rest,
        ]
    )
