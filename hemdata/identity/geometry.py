"""Identity by geometry: whether two molecules in space are one, and if not, how they are related."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hemdata.identity.bonds import graph_hashes, perceived
from hemdata.identity.molecule import flat_graph, identify, parsed

TOLERANCE_ANGSTROM = 0.1
ROUGHLY_ANGSTROM = 1.0  # how far an atom may be from its partner when three atoms alone are laid on each other
Relation = Literal["duplicate", "conformer", "stereoisomer", "tautomer", "other"]
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Geometry:
    """A molecule in space.

    Attributes:
        atomic_numbers: (N,), in any order.
        positions: (N, 3) angstrom, anywhere and turned in any way.
        smiles: where it has one; else its bonds are perceived from the coordinates.
    """

    atomic_numbers: Whole
    positions: Floats
    smiles: str | None = None

    def __post_init__(self) -> None:
        """Take any sequence of numbers, a record's flat list of positions too."""
        object.__setattr__(self, "atomic_numbers", np.asarray(self.atomic_numbers, dtype=np.int64))
        object.__setattr__(self, "positions", np.asarray(self.positions, dtype=np.float64).reshape(-1, 3))

    def mirrored(self) -> "Geometry":
        """Its mirror image."""
        return replace(self, positions=self.positions * [1.0, 1.0, -1.0])


@dataclass(frozen=True)
class Superposition:
    """How one geometry lies on another.

    Attributes:
        order: (N,) `b.atomic_numbers[order]` are a's.
        farthest_angstrom: the largest distance of two atoms that lie on each other.
        rmsd_angstrom: root mean square of those distances; the motion makes it least.
        mirrored: whether b's mirror image is what lies on a.
    """

    order: Whole
    farthest_angstrom: float
    rmsd_angstrom: float
    mirrored: bool


def superposed(
    a: Geometry, b: Geometry, tolerance: float = TOLERANCE_ANGSTROM, mirror: bool = False
) -> Superposition | None:
    """Lay b on a by translation, rotation and exchange of like atoms; None where an atom stays off by the tolerance.

    Where no atom is off by more than the tolerance, no distance, and so no sorted list of distances, is off by more
    than twice of it: that refuses most pairs. Else three atoms of a, chosen to have few partners, are laid on every
    triangle of b that they fit, all other atoms are given to the nearest of their element (Hungarian method), and
    Kabsch's rotation (10.1107/S0567739476001873) is found for all. No graph is asked, so that any two geometries may
    be compared.

    Args:
        tolerance: angstrom, of the atom that is off most.
        mirror: whether b's mirror image may be laid on a as well.
    """
    if len(a.atomic_numbers) != len(b.atomic_numbers) or not len(a.atomic_numbers):
        return None
    if (np.sort(a.atomic_numbers) != np.sort(b.atomic_numbers)).any():
        return None
    for image in (b, b.mirrored()) if mirror else (b,):
        found = _superposed(a, image, tolerance)
        if found is not None:
            order, gaps = found
            return Superposition(order, float(gaps.max()), float(np.sqrt((gaps**2).mean())), image is not b)
    return None


def relation(a: Geometry, b: Geometry, tolerance: float = TOLERANCE_ANGSTROM, mirror: bool = False) -> Relation:
    """What two molecules in space are to each other.

    Bonds, centres and double bonds are read from the coordinates; a SMILES tells how many bonds there are, and their
    orders where it fits. In this order:

    - duplicate: the same geometry within the tolerance;
    - conformer: the same bonds and the same stereo, another geometry;
    - stereoisomer: the same bonds, other stereo; enantiomers too, unless `mirror` makes them one;
    - tautomer: other bonds, but the same molecule to InChI's mobile hydrogens (the first 14 letters of the key), or the
      same canonical tautomer to RDKit's TautomerEnumerator, which knows keto and enol as well;
    - other: anything else.

    Args:
        tolerance: angstrom, of the atom that is off most.
        mirror: whether a mirror image is the same.
    """
    if superposed(a, b, tolerance, mirror) is not None:
        return "duplicate"
    if sorted(a.atomic_numbers.tolist()) != sorted(b.atomic_numbers.tolist()):
        return "other"
    if _hash(a) != _hash(b):
        return "tautomer" if _tautomers(_drawn(a), _drawn(b)) else "other"
    orders = _drawn(a) or _drawn(b)
    stereo, images = _stereo(orders, a), [b, b.mirrored()] if mirror else [b]
    return "conformer" if stereo in [_stereo(orders, image) for image in images] else "stereoisomer"


def _superposed(a: Geometry, b: Geometry, tolerance: float) -> tuple[Whole, Floats] | None:
    """The order of b's atoms and how far each is from a's, if all are within the tolerance."""
    from scipy.spatial.distance import cdist

    apart_a, apart_b = cdist(a.positions, a.positions), cdist(b.positions, b.positions)
    profile_a, profile_b = _profiles(a.atomic_numbers, apart_a), _profiles(b.atomic_numbers, apart_b)
    # (N, N): a's atom i may be b's atom j
    may = (np.abs(profile_a[:, None] - profile_b[None]) <= 2 * tolerance).all(axis=2)
    may &= a.atomic_numbers[:, None] == b.atomic_numbers
    if not (may.any(axis=0).all() and may.any(axis=1).all()):
        return None
    three = _frame(a.positions, may.sum(axis=1), apart_a)
    for partners in _triangles(three, apart_a, apart_b, may, tolerance):
        moved = _moved(b.positions, a.positions[three], b.positions[partners])
        order: Whole | None = None
        for _ in range(3):  # the pairing of the nearest, and the rotation for that pairing, until neither changes
            gaps = np.where(may, cdist(a.positions, moved), np.inf)
            if (gaps.min(axis=1) > ROUGHLY_ANGSTROM).any():
                break
            before, order = order, _paired(gaps)
            if order is None or (before is not None and (before == order).all()):
                break
            moved = _moved(b.positions, a.positions, b.positions[order])
        if order is not None:
            off = np.linalg.norm(a.positions - moved[order], axis=1)
            if off.max() <= tolerance:
                return order, off
    return None


def _profiles(z: Whole, apart: Floats) -> Floats:
    """(N, N) every atom's distances to the others, sorted within each element: what no motion or exchange changes."""
    return np.concatenate([np.sort(apart[:, z == element], axis=1) for element in np.unique(z)], axis=1)


def _frame(x: Floats, choices: Whole, apart: Floats) -> list[int]:
    """Up to three atoms that pin the molecule: few partners first, then far from each other and not on one line."""
    if len(x) < 3:
        return list(range(len(x)))
    first = int(np.lexsort((-np.linalg.norm(x - x.mean(axis=0), axis=1), choices))[0])
    second = int(np.argmax(apart[first] / np.sqrt(choices)))
    along = (x[second] - x[first]) / max(float(apart[first, second]), 1e-9)
    beside = np.linalg.norm(np.cross(x - x[first], along), axis=1)  # (N,) distance from the line of the two
    beside[[first, second]] = -1.0
    return [first, second, int(np.argmax(beside / np.sqrt(choices)))]


def _triangles(
    three: list[int], apart_a: Floats, apart_b: Floats, may: npt.NDArray[Any], tolerance: float
) -> Iterator[list[int]]:
    """The atoms of b that the frame's atoms may lie on, with their distances."""
    found: list[list[int]] = [[]]
    for number, atom in enumerate(three):
        fits = [[*chosen, int(j)] for chosen in found for j in np.flatnonzero(may[atom]) if j not in chosen]
        found = [
            chosen
            for chosen in fits
            if all(
                abs(apart_b[chosen[k], chosen[-1]] - apart_a[three[k], atom]) <= 2 * tolerance for k in range(number)
            )
        ]
    yield from found


def _moved(x: Floats, onto: Floats, these: Floats) -> Floats:
    """x after the rotation and translation that lay `these` on `onto` with the least squared distance (Kabsch)."""
    middle, target = these.mean(axis=0), onto.mean(axis=0)
    u, _, v = np.linalg.svd((these - middle).T @ (onto - target))
    u[:, -1] *= np.sign(np.linalg.det(u) * np.linalg.det(v))  # a rotation, never a reflection
    return np.asarray((x - middle) @ (u @ v) + target)


def _paired(gaps: Floats) -> Whole | None:
    """The partners that make the sum of squared gaps least; None where there is no whole pairing."""
    from scipy.optimize import linear_sum_assignment

    squares = np.where(np.isfinite(gaps), gaps**2, 1e9)
    _, order = linear_sum_assignment(squares)
    return order if squares[np.arange(len(order)), order].max() < 1e9 else None


def _bonds(geometry: Geometry) -> npt.NDArray[np.bool_]:
    identity = identify(geometry.smiles) if geometry.smiles is not None else None
    same = identity is not None and sorted(identity.atomic_numbers) == sorted(geometry.atomic_numbers.tolist())
    bonds = int(identity.connectivity.sum()) // 2 if identity and same else None
    return perceived(geometry.atomic_numbers, geometry.positions, bonds)


def _hash(geometry: Geometry) -> int:
    return int(graph_hashes(geometry.atomic_numbers[None], _bonds(geometry)[None])[0])


def _drawn(geometry: Geometry) -> Any | None:
    """RDKit's molecule with hydrogens and bond orders: the SMILES', if its bonds are those of the coordinates."""
    from rdkit import Chem
    from rdkit.Chem import rdDetermineBonds

    shown = _skeleton(geometry.atomic_numbers, _bonds(geometry))
    asked = parsed(geometry.smiles) if geometry.smiles is not None else None
    if asked is not None:
        asked = Chem.AddHs(asked)
        if _order(asked, shown) is not None:
            return asked
    try:
        rdDetermineBonds.DetermineBondOrders(shown, charge=0, embedChiral=False)
        Chem.SanitizeMol(shown)
    except ValueError:  # an ion, a radical, or no molecule
        return None
    return shown


def _stereo(orders: Any | None, geometry: Geometry) -> str:
    """Canonical SMILES with the stereo that the coordinates show, its bonds as in `orders` or, without it, single."""
    from rdkit import Chem

    shown = _skeleton(geometry.atomic_numbers, _bonds(geometry))
    molecule = Chem.Mol(shown if orders is None else orders)
    order = _order(molecule, shown)
    if order is None:
        raise AssertionError("graphs of one hash do not match")
    place = Chem.Conformer(len(order))
    place.SetPositions(geometry.positions[order])
    molecule.RemoveAllConformers()
    molecule.AddConformer(place)
    Chem.AssignStereochemistryFrom3D(molecule, replaceExistingTags=True)
    return str(Chem.MolToSmiles(molecule))


def _skeleton(z: Whole, bonds: npt.NDArray[np.bool_]) -> Any:
    """RDKit's molecule of bare atoms and single bonds."""
    from rdkit import Chem

    molecule = Chem.RWMol()
    for number in z.tolist():
        atom = Chem.Atom(number)
        atom.SetNoImplicit(True)
        molecule.AddAtom(atom)
    for i, j in np.argwhere(np.triu(bonds)).tolist():
        molecule.AddBond(i, j, Chem.BondType.SINGLE)
    molecule.UpdatePropertyCache(strict=False)
    Chem.FastFindRings(molecule)
    return molecule


def _order(molecule: Any, shown: Any) -> list[int] | None:
    """Which atom of `shown` each atom of `molecule` is, by elements and bonds alone; None where they differ."""
    from rdkit import Chem

    bare = _skeleton(
        np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()]),
        np.asarray(Chem.GetAdjacencyMatrix(molecule), dtype=bool),
    )
    if (bare.GetNumAtoms(), bare.GetNumBonds()) != (shown.GetNumAtoms(), shown.GetNumBonds()):
        return None
    return list(shown.GetSubstructMatch(bare)) or None


def _tautomers(one: Any | None, two: Any | None) -> bool:
    from rdkit import Chem
    from rdkit.Chem.MolStandardize import rdMolStandardize

    if one is None or two is None:
        return False
    flat = [Chem.MolToSmiles(Chem.RemoveHs(molecule), isomericSmiles=False) for molecule in (one, two)]
    known = [identify(smiles) for smiles in flat]
    keys = {flat_graph(identity.inchikey) for identity in known if identity is not None and identity.inchikey}
    if len(keys) == 1 and all(known):
        return True
    canonical = rdMolStandardize.TautomerEnumerator().Canonicalize
    return len({Chem.MolToSmiles(canonical(Chem.MolFromSmiles(smiles)), isomericSmiles=False) for smiles in flat}) == 1
