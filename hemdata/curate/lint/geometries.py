"""Checks of geometries: against the graph, for drawings in two dimensions, rotational constants, forces."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from hemdata.curate.lint.check import Fault, check
from hemdata.curate.lint.rows import GHZ_DALTON_ANGSTROM2, Rows, masses

GRAPH, LENGTH = "geometry_other_graph", "bond_length_unusual"
ROTATION = ("rotational_a_ghz", "rotational_b_ghz", "rotational_c_ghz")
SAME_MOMENT = 3e-4  # of the largest moment of inertia: five printed decimals and coordinates to 1e-6 angstrom give 1e-5
FLAT_ANGSTROM = 1e-3
NEIGHBOUR_ANGSTROM = 1.8
NET_SHARE = 0.02  # of the largest force: grids leave some thousandths of it
FORCES = "forces_"


@check(
    "G01", "error", "The bonds that the coordinates show are not those of the SMILES.",
    "The molecule reacted when it was relaxed, or the geometry is another row's: leave it out, or take the SMILES of "
    "the geometry.",
    "smiles", "positions",
)  # fmt: skip
def graph(rows: Rows) -> Iterator[Fault]:
    """Whole graphs compared, as `hemdata build` does for its flag."""
    for row in rows.disagreements[GRAPH].nonzero()[0].tolist():
        yield Fault(row, f"the coordinates are not {rows.table['smiles'][row]}")


@check(
    "G02", "warning", "A bond is shorter or longer than its two elements usually make it.",
    "Look at the geometry; where the bond is broken, leave the row out.",
    "positions",
)  # fmt: skip
def lengths(rows: Rows) -> Iterator[Fault]:
    """Bonds by Pyykko's radii."""
    for row in rows.disagreements[LENGTH].nonzero()[0].tolist():
        yield Fault(row, f"in {rows.table['smiles'][row] or 'the geometry'}")


@check(
    "G03", "error", "The geometry is a drawing: all atoms lie in one plane, one of them with four neighbours.",
    "Make the geometry again in three dimensions.",
    "positions",
)  # fmt: skip
def drawing(rows: Rows) -> Iterator[Fault]:
    """Coordinates out of a picture's file."""
    flat = rows.moments(np.ones(len(rows.z)))
    with np.errstate(invalid="ignore"):  # of a plane, the two small moments add up to the third
        planar = np.abs(flat[:, 0] + flat[:, 1] - flat[:, 2]) < rows.n_atoms * FLAT_ANGSTROM**2
    for row in np.flatnonzero(planar & (rows.n_atoms > 4)).tolist():
        x = rows.xyz[rows.row_of == row]
        near = np.linalg.norm(x[:, None] - x[None], axis=2) < NEIGHBOUR_ANGSTROM
        z = rows.z[rows.row_of == row]
        four = (z == 6) & (near.sum(axis=1) - 1 >= 4)
        if four.any():
            yield Fault(row, f"{rows.n_atoms[row]} atoms within {FLAT_ANGSTROM} angstrom of a plane")


@check(
    "G04", "error", "The rotational constants are not those of the geometry.",
    "The geometry or the constants are another molecule's, or of another step of the relaxation.",
    "positions", *ROTATION,
)  # fmt: skip
def rotation(rows: Rows) -> Iterator[Fault]:
    """Moments of inertia by isotopes' masses or by standard atomic weights, whichever fit better."""
    constants = np.stack([rows.column(name) for name in ROTATION], axis=1)
    told = rows.placed & (constants[:, 1] > 0) & (rows.n_atoms > 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        published = np.where(constants > 0, GHZ_DALTON_ANGSTROM2 / constants, 0.0)
        off = [np.abs(rows.moments(mass[rows.z]) - published).max(axis=1) / published[:, 2] for mass in masses()]
    least = np.minimum(*off)
    for row in np.flatnonzero(told & ~(least < SAME_MOMENT)).tolist():
        given = ", ".join(f"{value:g}" for value in constants[row])
        yield Fault(row, f"{given} GHz; a moment of inertia is off by {100 * least[row]:.2f} % of the largest")


@check(
    "F01", "error", "The forces on the atoms do not add up to zero.",
    "A molecule alone in space does not push itself: a force is missing, cut off, or another row's.",
)  # fmt: skip
def net_force(rows: Rows) -> Iterator[Fault]:
    """Columns of three numbers an atom named `forces_...`."""
    for name, row, x, force in _forces(rows):
        net, most = np.linalg.norm(force.sum(axis=0)), np.linalg.norm(force, axis=1).max()
        if net > NET_SHARE * most and net > _small(name, len(x)):
            yield Fault(row, f"{name} add up to {net:.4g}, the largest is {most:.4g}")


@check(
    "F02", "error", "The forces on the atoms would turn the molecule.",
    "Forces and positions are in different frames, or their atoms in different orders.",
    "positions",
)  # fmt: skip
def torque(rows: Rows) -> Iterator[Fault]:
    """The sum of the moments about the middle."""
    for name, row, x, force in _forces(rows):
        if not rows.placed[row]:
            continue
        arm = x - x.mean(axis=0)
        twist = np.linalg.norm(np.cross(arm, force - force.mean(axis=0)).sum(axis=0))
        most = np.linalg.norm(force, axis=1).max() * np.linalg.norm(arm, axis=1).max()
        if twist > 2 * NET_SHARE * most and twist > _small(name, len(x)) * np.linalg.norm(arm, axis=1).max():
            yield Fault(row, f"{name}: a moment of {twist:.4g}, the largest single one can be {most:.4g}")


@check(
    "F03", "error", "There are not three numbers of force an atom.", "Read the forces again from their source."
)  # fmt: skip
def force_count(rows: Rows) -> Iterator[Fault]:
    """Length of the list against the atoms."""
    for name in _force_columns(rows):
        _, length, _ = rows.lists(name)
        for row in np.flatnonzero((length > 0) & (length != 3 * rows.n_atoms)).tolist():
            yield Fault(row, f"{length[row]} numbers in {name}, {rows.n_atoms[row]} atoms")


def _force_columns(rows: Rows) -> list[str]:
    return [name for name in rows.table.column_names if name.startswith(FORCES) and rows.has(name)]


def _forces(rows: Rows) -> Iterator[tuple[str, int, npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """Column, row, positions (N, 3) and forces (N, 3) of every row that has three numbers an atom."""
    starts = np.concatenate([[0], np.cumsum(rows.n_atoms)])
    for name in _force_columns(rows):
        values, length, _ = rows.lists(name)
        ends = np.cumsum(length)
        for row in np.flatnonzero((length > 0) & (length == 3 * rows.n_atoms)).tolist():
            force = values[ends[row] - length[row] : ends[row]].reshape(-1, 3)
            yield name, row, rows.xyz[starts[row] : starts[row + 1]], force


def _small(name: str, atoms: int) -> float:
    """What rounding may leave of a sum over so many forces, in the column's unit (hartree/bohr 1e-4)."""
    return (0.005 if "ev_" in name else 0.1 if "kcal" in name else 1e-4) * float(np.sqrt(atoms))
