"""The functional groups that a set is described by: names and SMARTS, and how many molecules of a list hold each."""

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

# Each is judged on its own, so one molecule may count for several: an ester holds a carbonyl, a furoxan an N-oxide.
FUNCTIONAL_GROUPS: dict[str, str] = {
    "nitro (on carbon)": "[#6][$([NX3+](=O)[O-]),$([NX3](=O)=O)]",
    "nitramine": "[#7][$([NX3+](=O)[O-]),$([NX3](=O)=O)]",
    "nitrate ester": "[#6][OX2][$([NX3+](=O)[O-]),$([NX3](=O)=O)]",
    "azoxy": "[NX2]=[NX3+][O-]",
    "azo": "[#6,#7][NX2+0]=[NX2+0][#6,#7]",
    "N-oxide": "[$([n+]),$([NX4+]),$([NX3+]=[#6])][O-]",
    "furoxan": "[O-][n+]1ccno1",
    "furazan": "c1c[nX2]o[nX2]1",
    "tetrazole": "c1nnnn1",
    "triazole": "[$(c1cnnn1),$(c1ncnn1)]",
    "azide": "[$(N=[N+]=[N-]),$([N-][N+]#N)]",
    "amine": "[NX3+0;!$(N[#6]=[O,S,N]);!$(N[!#6;!#1])]",
    "alcohol": "[OX2H][CX4]",
    "phenol": "[OX2H]c",
    "ether": "[OX2]([CX4,c])[CX4,c]",
    "carbonyl": "[CX3]=[OX1]",
    "carboxylic acid": "[CX3](=O)[OX2H]",
    "ester": "[CX3](=O)[OX2][#6]",
    "amide": "[CX3](=O)[NX3]",
    "nitrile": "[CX2]#[NX1]",
    "three-membered ring": "[r3]",
    "aromatic": "a",
}
NO_RING = "no ring"
REMEMBERED = 50_000
"""Molecules: a report asks for those of a training set again with each seed, network and group."""


@cache
def _patterns() -> list[tuple[str, Any]]:
    from rdkit import Chem

    return [(name, Chem.MolFromSmarts(smarts)) for name, smarts in FUNCTIONAL_GROUPS.items()]


@lru_cache(REMEMBERED)
def functional_groups(smiles: str) -> tuple[str, ...] | None:
    """The groups that a molecule holds; None for a SMILES that RDKit does not read."""
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        return None
    found = tuple(name for name, pattern in _patterns() if molecule.HasSubstructMatch(pattern))
    return found if molecule.GetRingInfo().NumRings() else (*found, NO_RING)


def count_functional_groups(smiles: Iterable[str]) -> tuple[dict[str, int], int]:
    """Molecules that hold each group, in the list's order, and how many SMILES were read."""
    counts, read = dict.fromkeys([*FUNCTIONAL_GROUPS, NO_RING], 0), 0
    for each in smiles:
        groups = functional_groups(each)
        if groups is None:
            continue
        read += 1
        for group in groups:
            counts[group] += 1
    return counts, read
