"""Bayesian I-optimal design: against the variance computed anew, and what it chooses of molecules."""

import itertools
from collections import Counter
from pathlib import Path

import numpy as np

from hemdata.bridges.linear import fit
from hemdata.choose.design import LEAST_SHARE, NOISE, PRIOR, design
from hemdata.choose.for_bridges import select_for_bridge
from hemdata.identity.bond_types import bond_types, small_rings, terms_of
from hemdata.identity.molecule import parsed


def counted(*smiles: str) -> list[Counter[str]]:
    return [terms_of(parsed(each)) for each in smiles]


def test_bonds_and_small_rings_are_counted_right() -> None:
    assert bond_types(parsed("CC#N")) == {"C-C": 1, "C-H": 3, "C#N": 1}
    assert bond_types(parsed("c1ccoc1")) == {"C:C": 3, "C:O": 2, "C-H": 4}
    assert bond_types(parsed("C[N+](=O)[O-]")) == {"C-H": 3, "C-N": 1, "N=O": 1, "N-O": 1}
    assert bond_types(parsed("[H][H]")) == {"H-H": 1}
    assert small_rings(parsed("C1CC1C1CCC1")) == {"ring of 3": 1, "ring of 4": 1}


def test_the_first_choice_lessens_the_mean_variance_most() -> None:
    """Oracle: every candidate tried by a fit of its own; the variance of the wanted molecules' sums, summed up."""
    wanted = [Counter({"C-C": 2, "C-H": 6}), Counter({"C-C": 1, "C-O": 1, "C-H": 5, "H-O": 1})]
    pool = [
        Counter(dict(zip(("C-C", "C-H", "C-O", "H-O"), n, strict=True))) for n in itertools.product(range(3), repeat=4)
    ]
    pool = [each for each in pool if each.total()]
    names = ("C-C", "C-H", "C-O", "H-O")
    target = np.array([[each[name] for name in names] for each in wanted], dtype=float)
    assert (np.diag(target.T @ target / len(target)) >= LEAST_SHARE).all()  # no term is raised

    def left(candidate: Counter[str]) -> float:
        known, _ = fit([candidate], np.zeros(1), {"bond": PRIOR["bond"]}, NOISE)
        covariance = np.diag([PRIOR["bond"] ** 2] * 4)
        for (i, a), (j, b) in itertools.product(enumerate(names), repeat=2):
            if a in known.terms and b in known.terms:
                covariance[i, j] = known.covariance[known.terms.index(a), known.terms.index(b)]
        return float(np.einsum("ij,jk,ik->", target, covariance, target))

    (first,) = design(wanted, pool, 1)
    assert left(pool[first]) <= min(left(each) for each in pool) + 1e-9


def test_what_is_given_is_not_chosen_again_first() -> None:
    wanted = counted("CCO", "CCN", "CC#N")
    pool = counted("CCCO", "CC#N", "CCN")
    first = design(wanted, pool, 1)[0]
    assert design(wanted, pool, 1, given=[pool[first]])[0] != first


def test_the_choice_of_a_pool_shows_rare_bonds_and_no_test_molecule(tmp_path: Path) -> None:
    """Nitromethane is one of the explosives; the cheaper of two equals is taken."""
    (tmp_path / "pool.smi").write_text("C[N+](=O)[O-] a\nCC#N b\nCCO c\nCCCCCCCCO d\nCCN(C)C e\nCC[N+](=O)[O-] f\n")
    (tmp_path / "set.smi").write_text("CCC#N\nCCCO\nCCC[N+](=O)[O-]\nCCCN\n")
    told = select_for_bridge(tmp_path / "pool.smi", [tmp_path / "set.smi"], 4, max_heavy=8)
    assert {pick.id for pick in told.picks} == {"pool:b", "pool:c", "pool:e", "pool:f"}
    assert (told.read, told.barred, told.large, told.candidates) == (6, 1, 1, 4)
