"""Graph against geometry: whether the bonds that coordinates show are those of the SMILES, and as long as bonds are."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hemdata.identity.molecule import Identity, identify
from hemdata.schema.columns import lists
from hemdata.schema.rules import PAIRS_AT_ONCE

FORMED, BROKEN = 1.15, 1.3  # times the sum of covalent radii
APART = 1.5  # times it: a hydrogen bond is at 1.9, the longest bond of a molecule at rest at 1.3
ROUNDS = 8  # of colour refinement: it looks that many bonds far from every atom
STRETCHED, STRETCHED_LONE_PAIRS, SQUEEZED = 1.15, 1.3, 0.93  # times Pyykko's single (longest) and triple (shortest)
LONE_PAIRS = (7, 8, 9, 15, 16, 17, 33, 34, 35)
OTHER_GRAPH, UNUSUAL_LENGTH = "geometry_other_graph", "bond_length_unusual"

# Covalent radii in picometres of single and triple bonds (Pyykko and Atsumi 10.1002/chem.200800987; Pyykko, Riedel and
# Patzschke 10.1002/chem.200401299); hydrogen has the one.
_PYYKKO = {
    1: (32, 32), 5: (85, 73), 6: (75, 60), 7: (71, 54), 8: (63, 53), 9: (64, 53), 14: (116, 102), 15: (111, 94),
    16: (103, 95), 17: (99, 93), 32: (121, 114), 33: (121, 106), 34: (116, 107), 35: (114, 110),
}  # fmt: skip

Bad = npt.NDArray[np.bool_]


def same_graph(smiles: str, atomic_numbers: npt.NDArray[np.integer], positions: npt.NDArray[np.float64]) -> str | None:
    """None where a geometry still is its SMILES' molecule, else a sentence that names the bonds.

    A bond of the SMILES is broken above 1.3 times the covalent radii; one it has not is formed below 1.15 times, a
    limit that the close contacts of cages do not reach. Atoms in another order than the SMILES' (a published geometry)
    are the same molecule where the graphs are, as `disagreements` compares them.

    Args:
        atomic_numbers: (N,), in the order of RDKit's AddHs where the bonds are to be named.
        positions: (N, 3) angstrom.
    """
    z = np.asarray(atomic_numbers, dtype=np.int64)
    changes = _changes_in_order(smiles, z, positions)
    identity = identify(smiles) if changes else None
    if identity is not None and sorted(identity.atomic_numbers) == sorted(z.tolist()):
        differ, _ = _compared(z[None], np.asarray(positions, dtype=np.float64)[None], [identity])
        return changes if differ[0] else None
    return changes


def in_smiles_order(smiles: str, atomic_numbers: npt.NDArray[np.integer], positions: npt.NDArray[np.float64]) -> bool:
    """Whether the atoms of a geometry, (N,) and (N, 3) angstrom, are those of RDKit's AddHs one by one."""
    return _changes_in_order(smiles, np.asarray(atomic_numbers, dtype=np.int64), positions) is None


def _changes_in_order(smiles: str, z: npt.NDArray[np.int64], positions: npt.NDArray[np.float64]) -> str | None:
    from rdkit import Chem

    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    if [atom.GetAtomicNum() for atom in molecule.GetAtoms()] != z.tolist():
        return "other bonds than those of the SMILES"
    asked = np.asarray(Chem.GetAdjacencyMatrix(molecule), dtype=bool)
    return _changes(z, positions, asked, ~asked)


def moved_bonds(
    atomic_numbers: npt.NDArray[np.integer], before: npt.NDArray[np.float64], after: npt.NDArray[np.float64]
) -> str | None:
    """None where two geometries of the same atoms show the same bonds, else a sentence that names what has changed.

    A bond is below 1.15 times the covalent radii, and is broken above 1.3 times; what was further apart than that and
    comes below 1.15 times is formed.

    Args:
        atomic_numbers: (N,).
        before, after: (N, 3) angstrom.
    """
    z = np.asarray(atomic_numbers, dtype=np.int64)
    ratio = _ratios(z, before)
    return _changes(z, after, ratio < FORMED, ratio > BROKEN)


def _changes(
    z: npt.NDArray[np.int64],
    positions: npt.NDArray[np.float64],
    bonds: npt.NDArray[np.bool_],
    no_bonds: npt.NDArray[np.bool_],
) -> str | None:
    """What positions (N, 3) angstrom have broken of bonds, and formed where there were none, both (N, N)."""
    ratio = _ratios(z, positions)
    upper = np.triu(np.ones_like(bonds), 1)
    changes = [
        f"{word} {_named(z, i)}-{_named(z, j)} ({np.linalg.norm(positions[i] - positions[j]):.2f} angstrom)"
        for word, where in (("broken", bonds & (ratio > BROKEN)), ("formed", no_bonds & (ratio < FORMED)))
        for i, j in zip(*np.nonzero(where & upper), strict=True)
    ]
    return ", ".join(changes) or None


def _ratios(z: npt.NDArray[np.int64], positions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(N, N): distances as multiples of the sum of covalent radii."""
    distance = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    return np.asarray(distance / (_radii()[z][:, None] + _radii()[z][None]))


def pieces(atomic_numbers: Sequence[int], positions: Sequence[float]) -> int:
    """How many molecules stand in a geometry, (N,) and (3N,) angstrom: groups of atoms that no bond can connect."""
    from scipy.sparse.csgraph import connected_components

    near = _ratios(np.asarray(atomic_numbers), np.reshape(positions, (-1, 3))) < APART
    return int(connected_components(near, directed=False, return_labels=False))


def in_pieces(
    atomic_numbers: npt.NDArray[np.integer], positions: npt.NDArray[np.float64], offsets: npt.NDArray[np.integer]
) -> npt.NDArray[np.bool_]:
    """Whether more than one molecule stands in each of many geometries, as `pieces` counts them; (rows,).

    Args:
        atomic_numbers: of all rows (atoms,).
        positions: of all rows (atoms, 3), angstrom.
        offsets: first atom of each row, and the end of the last (rows + 1,).
    """
    sizes, found = np.diff(offsets), np.zeros(len(offsets) - 1, dtype=bool)
    reach = APART * _radii()[np.asarray(atomic_numbers, dtype=np.int64)]
    for size in np.unique(sizes[sizes > 1]):
        every = np.flatnonzero(sizes == size)
        for rows in np.array_split(every, -(-len(every) * size**2 // PAIRS_AT_ONCE)):
            atoms = offsets[rows][:, None] + np.arange(size)
            x, r = positions[atoms], reach[atoms]
            near = ((x[:, :, None] - x[:, None]) ** 2).sum(axis=3) < (r[:, :, None] + r[:, None]) ** 2
            reached = np.zeros((len(rows), size), dtype=bool)
            reached[:, 0], before = True, 0
            while (count := int(reached.sum())) > before:
                before = count
                reached = (near & reached[:, None]).any(axis=2)
            found[rows] = ~reached.all(axis=1)
    return found


def disagreements(table: pa.Table, identities: Sequence[Identity | None]) -> dict[str, Bad]:
    """The rows whose geometry is not the molecule of their SMILES, by flag.

    Published atoms stand in another order than the SMILES', so whole graphs are compared, by `graph_hashes`. Bonds of
    the geometry are as many of its pairs as the SMILES has bonds, the nearest by covalent radii first: the last must
    not be broken (1.3 times the radii) and the next not formed (1.15 times). Every bond must also have a length that
    its two elements allow; where no SMILES tells how many there are, the pairs below 1.15 times the radii are bonds.

    Args:
        table: rows of the molecule schema; those without a whole geometry agree.
        identities: of the rows' SMILES; a row whose SMILES is missing or of another formula has no other graph.
    """
    z, offsets = lists(table["atomic_numbers"])
    xyz, xyz_offsets = lists(table["positions"])
    atoms = np.diff(offsets)
    whole = (np.diff(xyz_offsets) == 3 * atoms) & (atoms > 1)
    found = {flag: np.zeros(len(atoms), dtype=bool) for flag in (OTHER_GRAPH, UNUSUAL_LENGTH)}
    for size in np.unique(atoms[whole]):
        same_size = np.flatnonzero(whole & (atoms == size))
        for rows in np.array_split(same_size, len(same_size) * size * size // PAIRS_AT_ONCE + 1):
            numbers = z[offsets[rows][:, None] + np.arange(size)].astype(np.int64)
            place = xyz[xyz_offsets[rows][:, None] + np.arange(3 * size)].reshape(-1, size, 3)
            other, unusual = _compared(numbers, place, [identities[row] for row in rows.tolist()])
            found[OTHER_GRAPH][rows], found[UNUSUAL_LENGTH][rows] = other, unusual
    return found


def graph_hashes(atomic_numbers: npt.NDArray[np.int64], adjacency: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    """One number for each of some graphs of one size, the same in whatever order their atoms stand.

    Colour refinement (Weisfeiler and Leman): an atom starts with its element and the closed walks of 3 to 8 bonds
    through it, by which rings of different size differ (alone it does not tell decalin from bicyclopentyl), and
    takes in its neighbours' colours round by round.

    Args:
        atomic_numbers: (graphs, N).
        adjacency: (graphs, N, N), symmetric.
    """
    one = adjacency.astype(np.float32)  # whole numbers, exact while an atom has no more than a handful of bonds
    two = one @ one
    three, four = two @ one, two @ two
    pairs = ((one, two), (two, two), (two, three), (three, three), (three, four), (four, four))
    colours = _mixed(atomic_numbers.astype(np.uint64))
    for left, right in pairs:  # (A^k)_ii
        walks = np.einsum("gij,gij->gi", left, right)
        colours = _mixed(colours + walks.astype(np.uint64))
    links = adjacency.astype(np.uint64)
    for _ in range(min(ROUNDS, adjacency.shape[1])):
        colours = _mixed(colours + _mixed(np.einsum("gij,gj->gi", links, colours)))
    return np.asarray(_mixed(colours).sum(axis=1, dtype=np.uint64))


def perceived(
    atomic_numbers: npt.NDArray[np.int64], positions: npt.NDArray[np.float64], bonds: int | None = None
) -> npt.NDArray[np.bool_]:
    """The adjacency (N, N) that coordinates show: so many nearest pairs by covalent radii; without it, those formed.

    Args:
        atomic_numbers: (N,).
        positions: (N, 3) angstrom.
        bonds: how many there are, where something tells.
    """
    first, second = np.triu_indices(len(atomic_numbers), 1)
    radii = _radii()[atomic_numbers]
    ratio = np.linalg.norm(positions[first] - positions[second], axis=1) / (radii[first] + radii[second])
    bonded = ratio < FORMED
    if bonds is not None and len(ratio):
        bonded[:] = False
        bonded[np.argsort(ratio, kind="stable")[:bonds]] = True
    shown = np.zeros((len(atomic_numbers),) * 2, dtype=bool)
    shown[first[bonded], second[bonded]] = shown[second[bonded], first[bonded]] = True
    return shown


def _compared(z: npt.NDArray[np.int64], place: npt.NDArray[np.float64], identities: list[Identity | None]) -> Any:
    """For rows of one size, (rows, N) and (rows, N, 3): which have another graph, which an unusual bond."""
    rows, size = z.shape
    first, second = np.triu_indices(size, 1)
    with np.errstate(invalid="ignore", over="ignore"):
        between = place[:, first] - place[:, second]
        distance = np.sqrt(np.einsum("rpk,rpk->rp", between, between))  # (rows, pairs) angstrom
    ratio = distance / (_radii()[z[:, first]] + _radii()[z[:, second]])
    asked_z, asked = _asked(identities, size)
    known = (np.sort(asked_z, axis=1) == np.sort(z, axis=1)).all(axis=1)
    bonds = asked.sum(axis=(1, 2)) // 2
    nearest = np.concatenate([np.zeros((rows, 1)), np.sort(ratio, axis=1), np.full((rows, 1), np.inf)], axis=1)
    last, following = nearest[np.arange(rows), bonds], nearest[np.arange(rows), bonds + 1]
    bonded = ratio <= np.where(known, last, FORMED)[:, None]
    differ = np.zeros(rows, dtype=bool)
    if known.any():
        shown = np.zeros((rows, size, size), dtype=bool)
        shown[:, first, second] = shown[:, second, first] = bonded
        differ = (last > BROKEN) | (following < FORMED) | (graph_hashes(z, shown) != graph_hashes(asked_z, asked))
    shortest, longest = (limit[z[:, first], z[:, second]] for limit in _lengths())
    unusual = (bonded & ((distance < shortest) | (distance > longest))).any(axis=1)
    return known & differ, unusual


def _asked(identities: list[Identity | None], size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Atomic numbers (rows, N) and bonds (rows, N, N) of the SMILES that have N atoms, all rows at once; else zeros."""
    z, bound = np.zeros((len(identities), size), dtype=np.int64), np.zeros((len(identities), size, size), dtype=bool)
    found = [(row, its) for row, its in enumerate(identities) if its is not None and len(its.atomic_numbers) == size]
    if not found:
        return z, bound
    row = np.array([row for row, _ in found])
    z[row] = [its.atomic_numbers for _, its in found]
    written = size - np.array([len(its.carriers) for _, its in found])  # atoms that the SMILES writes
    packed = np.frombuffer(b"".join(its.adjacency or b"" for _, its in found), dtype=np.int32)
    starts = np.concatenate([[0], np.cumsum(written**2)])
    bond = np.flatnonzero(packed)
    which = np.searchsorted(starts, bond, side="right") - 1
    first, second = np.divmod(bond - starts[which], written[which])
    bound[row[which], first, second] = True
    carrier = np.array([place for _, its in found for place in its.carriers], dtype=np.int64)
    which = np.repeat(np.arange(len(found)), size - written)
    hydrogen = np.concatenate([np.arange(n, size) for n in written.tolist()])
    bound[row[which], hydrogen, carrier] = bound[row[which], carrier, hydrogen] = True
    return z, bound


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Scatter 64-bit numbers (the finalizer of SplitMix64, 10.1145/2714064.2660195)."""
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(numbers ^ (numbers >> np.uint64(31)))


@cache
def _radii() -> npt.NDArray[np.float64]:
    from ase.data import covalent_radii

    return np.asarray(covalent_radii, dtype=np.float64)


@cache
def _lengths() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Shortest and longest usual bond in angstrom by two atomic numbers; no limits for elements that are not listed.

    Two neighbours with lone pairs push each other apart (dinitrogen tetroxide's N-N is 1.78 angstrom): they are given
    more room.
    """
    known = np.array(list(_PYYKKO))
    single, triple = np.array(list(_PYYKKO.values())).T / 100
    single, triple = single[:, None] + single, triple[:, None] + triple
    with_hydrogen = (known == 1)[:, None] | (known == 1)
    lone = np.isin(known, LONE_PAIRS)
    pairs = np.ix_(known, known)
    shortest, longest = np.zeros((len(_radii()),) * 2), np.full((len(_radii()),) * 2, np.inf)
    shortest[pairs] = SQUEEZED * np.where(with_hydrogen, single, triple)
    longest[pairs] = np.where(lone[:, None] & lone, STRETCHED_LONE_PAIRS, STRETCHED) * single
    return shortest, longest


def _named(z: npt.NDArray[np.int64], index: int) -> str:
    from ase.data import chemical_symbols

    return f"{chemical_symbols[z[index]]}{index + 1}"
