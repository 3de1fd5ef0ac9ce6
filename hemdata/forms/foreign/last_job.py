"""An output of several jobs: the last one is the record's; what did not end, converge or belong together is named."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt


class Unfit(ValueError):
    """The reason why an output is no record, in words for people."""


MOVED = 0.05
"""Angstrom by which a distance may change from the end of a job to the start of the next."""


@dataclass(frozen=True)
class Marks:
    """The lines by which a program's output is cut and judged; regular expressions.

    Attributes:
        name: the program.
        known_by: stands in each of its outputs; also the line by which cclib knows it.
        begins: a job, where one output may hold several.
        ends: a job that came to its end.
        unsettled: an SCF that did not converge, though the program went on.
        settled: an SCF's energy; two of them after `unsettled` show that a later one did.
    """

    name: str
    known_by: str
    begins: str
    ends: str
    unsettled: str
    settled: str = r"\Z(?!)"


PROGRAMS = (
    Marks(
        "Gaussian",
        "Gaussian, Inc.",
        r"^ (?:Entering Gaussian System|Entering Link 1 =|Link1:  Proceeding to internal job step)",
        r"^ Normal termination of Gaussian",
        r"Convergence criterion not met",
        r"^ SCF Done:",
    ),
    Marks(
        "Q-Chem",
        "A Quantum Leap Into The Future Of Chemistry",
        r"^ *Welcome to Q-Chem",
        r"Thank you very much for using Q-Chem",
        r"SCF failed to converge",
    ),
    Marks(
        "ORCA",
        "* O   R   C   A *",
        r"\* O   R   C   A \*",
        r"ORCA TERMINATED NORMALLY",
        r"Wavefunction not fully converged",
    ),
    Marks(
        "Psi4",
        "Psi4: An Open-Source Ab Initio",
        r"Psi4: An Open-Source Ab Initio",
        r"Psi4 exiting successfully",
        r"did not converge, but proceeding anyway",
    ),
    Marks(
        "xtb",
        "x T B",
        r"\|\s+x T B\s+\|",
        r"finished run on",
        r"convergence criteria cannot be satisfied",
    ),
)
PARTS = re.compile(
    r"^ (?:(?P<composite>(?:G[1-4]\w*|CBS-\w+|W1\w*)) ?\(0 K\)=|Counterpoise(?P<counterpoise>) corrected energy|"
    r"ONIOM(?P<oniom>): extrapolated energy)",
    re.M,
)
"""Of Gaussian's: energies put together from parts, of which cclib gives one."""


def jobs(text: str) -> list[str]:
    """The jobs of an output, each with the line by which its program is known; the whole text of other programs.

    Raises:
        Unfit: if the last job did not end, its SCF did not converge, or its energy is put together from others.
    """
    program = next((each for each in PROGRAMS if each.known_by in text), None)
    if program is None:
        return [text]
    starts = [found.start() for found in re.finditer(program.begins, text, re.M)]
    ends = [found.start() for found in re.finditer(program.ends, text, re.M)]
    if not ends or (starts and ends[-1] < starts[-1]):
        raise Unfit("the calculation did not end normally" + (": its last job" if ends else ""))
    if parts := PARTS.search(text):
        what = parts["composite"] or ("counterpoise" if parts["counterpoise"] is not None else "ONIOM")
        raise Unfit(f"its energy is put together from those of several calculations ({what})")
    cuts = [0, *(start for start in starts if any(end < start for end in ends)), len(text)]
    cut = [text[at:to] for at, to in pairwise(cuts)]
    pieces: list[str] = []
    for piece in cut:  # a start without an end of its own, as of Gaussian's links, is a part of the job it belongs to
        if pieces and not re.search(program.ends, pieces[-1], re.M):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    _settled(program, pieces[-1])
    return [piece if program.known_by in piece else f" {program.known_by}\n{piece}" for piece in pieces]


def _settled(program: Marks, job: str) -> None:
    unsettled = [found.end() for found in re.finditer(program.unsettled, job)]
    if unsettled and len(re.findall(program.settled, job[unsettled[-1] :], re.M)) < 2:
        raise Unfit("its SCF did not converge")


def last_of(its_jobs: Sequence[str], read: Callable[[str], Any]) -> Any:
    """What a reader makes of the last job, which goes on with the molecule and geometry of those before it.

    Args:
        its_jobs: as `jobs` cuts them.
        read: of one job, to an object with `atomnos` (N,) and `atomcoords` (steps, N, 3) angstrom.

    Raises:
        Unfit: if the jobs are of different molecules or geometries.
    """
    found = [read(job) for job in its_jobs]
    for before, after in pairwise(found):
        if not hasattr(before, "atomcoords") or not hasattr(after, "atomcoords"):
            continue
        if sorted(before.atomnos) != sorted(after.atomnos):
            raise Unfit("it holds several molecules: write each job's output to a file of its own")
        if np.abs(_distances(before.atomcoords[-1]) - _distances(after.atomcoords[0])).max() > MOVED:
            raise Unfit("its jobs begin from different geometries: write each job's output to a file of its own")
    return found[-1]


def _distances(places: Any) -> npt.NDArray[np.float64]:
    """All distances between atoms, the smallest first, which no order or orientation of the atoms changes."""
    xyz = np.asarray(places, dtype=np.float64)
    return np.sort(np.linalg.norm(xyz[:, None] - xyz[None, :], axis=-1), axis=None)
