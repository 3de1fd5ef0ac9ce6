"""Amons: the hydrogen-saturated connected fragments of molecules, up to so many heavy atoms, as a training set.

After Huang and von Lilienfeld, Nat. Chem. 12, 945 (2020), 10.1038/s41557-020-0527-z. Only single bonds are cut: what
multiple, aromatic or charge-separating bonds hold together (a nitro group, an N-oxide, a benzene ring) stays whole, so
that every atom keeps its valence, hybridisation and charge.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hemdata.choose.targets import Target
from hemdata.errors import CallError
from hemdata.identity import flat_graph, identify
from hemdata.identity.molecule import parsed

FRAGMENTS_ALLOWED = 5_000_000  # of one molecule
_WAYS = {"STEREOE": "STEREOTRANS", "STEREOTRANS": "STEREOTRANS", "STEREOZ": "STEREOCIS", "STEREOCIS": "STEREOCIS"}


@dataclass(frozen=True)
class Amon:
    """A fragment.

    Attributes:
        name: its InChIKey; a further tautomer of the same key has a number behind it.
        smiles: canonical, of whichever mirror image comes first.
        n_heavy: its heavy atoms.
        of: how many of the molecules hold it.
    """

    name: str
    smiles: str
    n_heavy: int
    of: int


def amons(molecules: Sequence[Target], max_heavy: int, without: set[str]) -> list[Amon]:
    """Every amon of some molecules once, by size and then by SMILES.

    Mirror images count as one, for they have one energy. A fragment is neutral, or as charged as its whole molecule.

    Args:
        molecules: the molecules to be predicted.
        max_heavy: heavy atoms of the largest fragment.
        without: flat graphs that are left out: those of the test molecules.

    Raises:
        CallError: if a molecule has millions of fragments of that size.
    """
    holders: dict[str, int] = {}
    for target in molecules:
        for smiles in fragments(target.smiles, max_heavy, where=target.id):
            holders[smiles] = holders.get(smiles, 0) + 1
    found, names = [], dict[str, int]()
    for smiles in _most_said(holders):
        identity = identify(smiles)
        if identity is None or not identity.inchikey or flat_graph(identity.inchikey) in without:
            continue
        number = names[identity.inchikey] = names.get(identity.inchikey, 0) + 1
        name = identity.inchikey + (f"-{number}" if number > 1 else "")
        found.append(Amon(name, smiles, sum(z != 1 for z in identity.atomic_numbers), holders[smiles]))
    return sorted(found, key=lambda amon: (amon.n_heavy, amon.smiles))


def constitution(smiles: str) -> tuple[str, int]:
    """A molecule's SMILES without stereo, and how many stereo centres and bonds the given one leaves open."""
    from rdkit import Chem

    molecule = Chem.MolFromSmiles(smiles)
    left_open = Chem.StereoSpecified.Unspecified
    number = sum(element.specified == left_open for element in Chem.FindPotentialStereo(molecule))
    Chem.RemoveStereochemistry(molecule)
    return str(Chem.MolToSmiles(Chem.RemoveHs(molecule))), number


def _most_said(all_smiles: Iterable[str]) -> list[str]:
    """Of each constitution those that leave the fewest stereo centres and bonds open, sorted.

    A ring that is cut open says nothing of its bonds; where a chain of the same atoms does, that one is kept.
    """
    of: dict[str, list[tuple[int, str]]] = {}
    for smiles in all_smiles:
        flat, number = constitution(smiles)
        of.setdefault(flat, []).append((number, smiles))
    return sorted(smiles for each in of.values() for number, smiles in each if number == min(each)[0])


def fragments(smiles: str, max_heavy: int, where: object = None) -> set[str]:
    """The canonical SMILES of all saturated connected fragments of one molecule; errors as `amons`."""
    from rdkit import Chem

    molecule = parsed(smiles)
    if molecule is None:
        return set()
    groups = _kept_whole(molecule)
    charges = (0, Chem.GetFormalCharge(molecule))
    sizes = [sum(molecule.GetAtomWithIdx(atom).GetAtomicNum() != 1 for atom in group) for group in groups]
    of = {atom: number for number, group in enumerate(groups) for atom in group}
    near: list[set[int]] = [set() for _ in groups]
    for bond in molecule.GetBonds():
        a, b = of[bond.GetBeginAtomIdx()], of[bond.GetEndAtomIdx()]
        if a != b:
            near[a].add(b)
            near[b].add(a)
    found: set[str] = set()
    for count, chosen in enumerate(_connected(near, sizes, max_heavy), 1):
        if count > FRAGMENTS_ALLOWED:
            raise CallError(
                "A molecule has too many fragments of that size.",
                where=where,
                expected=f"up to {FRAGMENTS_ALLOWED:,}",
                got=f"more, of up to {max_heavy} heavy atoms",
                fix="Ask for a smaller --max-heavy.",
            )
        fragment = _saturated(molecule, {atom for number in chosen for atom in groups[number]})
        if Chem.GetFormalCharge(fragment) in charges:
            found.add(_canonical(fragment))
    return found


def _kept_whole(molecule: Any) -> list[list[int]]:
    """The atoms that no cut may part: those held by bonds that are not single, or by a pair of opposite charges."""
    from rdkit import Chem

    parent = list(range(molecule.GetNumAtoms()))

    def root(atom: int) -> int:
        while parent[atom] != atom:
            atom = parent[atom]
        return atom

    for bond in molecule.GetBonds():
        a, b = bond.GetBeginAtom(), bond.GetEndAtom()
        balanced = a.GetFormalCharge() * b.GetFormalCharge() < 0
        if bond.GetBondType() != Chem.BondType.SINGLE or balanced or 1 in (a.GetAtomicNum(), b.GetAtomicNum()):
            first, second = sorted((root(a.GetIdx()), root(b.GetIdx())))
            parent[second] = first
    groups: dict[int, list[int]] = {}
    for atom in range(molecule.GetNumAtoms()):
        groups.setdefault(root(atom), []).append(atom)
    return list(groups.values())


def _connected(near: list[set[int]], sizes: list[int], most: int) -> Iterator[frozenset[int]]:
    """Every connected set of nodes whose sizes add up to at most `most`, once (the ESU enumeration of Wernicke)."""
    for root in range(len(near)):
        if sizes[root] > most:
            continue
        stack = [(frozenset([root]), {n for n in near[root] if n > root}, {root} | near[root], sizes[root])]
        while stack:
            chosen, fringe, seen, size = stack.pop()
            yield chosen
            left = set(fringe)
            while left:
                node = left.pop()
                if size + sizes[node] <= most:
                    new = {n for n in near[node] if n > root and n not in seen}
                    stack.append((chosen | {node}, left | new, seen | near[node], size + sizes[node]))


def _saturated(molecule: Any, atoms: set[int]) -> Any:
    """The part of a molecule that some atoms make; a hydrogen stands for each atom across a cut bond, in its place.

    Bonds are added in the molecule's order, so that what it says of stereo (an order of bonds) stays true.
    """
    from rdkit import Chem

    part, at = Chem.RWMol(), dict[int, int]()
    for atom in sorted(atoms):
        at[atom] = part.AddAtom(molecule.GetAtomWithIdx(atom))
    ends: dict[tuple[int, int], int] = {}  # (atom inside, its neighbour): the neighbour's place in the part
    hydrogens = {atom: molecule.GetAtomWithIdx(atom).GetTotalNumHs(includeNeighbors=True) for atom in atoms}
    for bond in molecule.GetBonds():
        a, b = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        if a in atoms and b in atoms:
            part.AddBond(at[a], at[b], bond.GetBondType())
            ends[a, b], ends[b, a] = at[b], at[a]
        elif a in atoms or b in atoms:
            inner, outer = (a, b) if a in atoms else (b, a)
            ends[inner, outer] = part.AddAtom(Chem.Atom(1))
            part.AddBond(at[inner], ends[inner, outer], Chem.BondType.SINGLE)
            hydrogens[inner] += 1
    for bond in molecule.GetBonds():
        way = _WAYS.get(str(bond.GetStereo()))
        a, b = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        if way and a in atoms and b in atoms and max(hydrogens[a], hydrogens[b]) < 2:  # =CH2 has no sides
            kept = part.GetBondBetweenAtoms(at[a], at[b])
            first, last = bond.GetStereoAtoms()
            kept.SetStereoAtoms(ends[a, first], ends[b, last])
            kept.SetStereo(getattr(Chem.BondStereo, way))
    return part


def _canonical(fragment: Any) -> str:
    """The canonical SMILES of a fragment or of its mirror image, whichever comes first."""
    from rdkit import Chem

    Chem.SanitizeMol(fragment)
    Chem.SetDoubleBondNeighborDirections(fragment)  # cis and trans are else forgotten
    Chem.AssignStereochemistry(fragment, cleanIt=True, force=True)
    bare = Chem.RemoveHs(fragment)
    written = Chem.MolToSmiles(bare)
    if "@" not in written:
        return _again(written)
    for atom in bare.GetAtoms():
        atom.InvertChirality()
    return min(_again(written), _again(Chem.MolToSmiles(bare)))


def _again(smiles: str) -> str:
    """The SMILES as RDKit writes it once it has read it: what `identify` calls canonical."""
    from rdkit import Chem

    return str(Chem.MolToSmiles(Chem.MolFromSmiles(smiles)))
