"""A built set in numbers against plain Python over the same rows; functional groups of molecules that chemists know."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from hemdata.curate.build import build
from hemdata.curate.describe import BINS, describe, rejected_examples, sampled_rows
from hemdata.curate.find import find, xyz
from hemdata.curate.functional_groups import FUNCTIONAL_GROUPS, NO_RING, functional_groups
from hemdata.errors import CallError
from hemdata.shards import read


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("describe") / "test-groups"
    build("test-groups", out=folder)
    return folder


KNOWN = {
    "TNT": ("Cc1c([N+](=O)[O-])cc([N+](=O)[O-])cc1[N+](=O)[O-]", {"nitro (on carbon)", "aromatic"}),
    "RDX": ("C1N(CN(CN1[N+](=O)[O-])[N+](=O)[O-])[N+](=O)[O-]", {"nitramine"}),
    "nitroglycerin": ("C(C(CO[N+](=O)[O-])O[N+](=O)[O-])O[N+](=O)[O-]", {"nitrate ester", NO_RING}),
    "azoxybenzene": ("c1ccc(cc1)N=[N+](c1ccccc1)[O-]", {"azoxy", "aromatic"}),
    "azobenzene": ("c1ccc(cc1)N=Nc1ccccc1", {"azo", "aromatic"}),
    "pyridine N-oxide": ("[O-][n+]1ccccc1", {"N-oxide", "aromatic"}),
    "furoxan": ("[O-][n+]1ccno1", {"furoxan", "N-oxide", "aromatic"}),
    "furazan": ("c1cnon1", {"furazan", "aromatic"}),
    "tetrazole": ("c1nnn[nH]1", {"tetrazole", "aromatic"}),
    "1,2,4-triazole": ("c1nc[nH]n1", {"triazole", "aromatic"}),
    "1,2,3-triazole": ("c1cn[nH]n1", {"triazole", "aromatic"}),
    "methyl azide": ("CN=[N+]=[N-]", {"azide", NO_RING}),
    "methylamine": ("CN", {"amine", NO_RING}),
    "ethanol": ("CCO", {"alcohol", NO_RING}),
    "phenol": ("Oc1ccccc1", {"phenol", "aromatic"}),
    "dimethyl ether": ("COC", {"ether", NO_RING}),
    "oxirane": ("C1CO1", {"ether", "three-membered ring"}),
    "acetone": ("CC(C)=O", {"carbonyl", NO_RING}),
    "acetic acid": ("CC(=O)O", {"carbonyl", "carboxylic acid", NO_RING}),
    "methyl acetate": ("COC(C)=O", {"carbonyl", "ester", NO_RING}),
    "acetamide": ("CC(N)=O", {"carbonyl", "amide", NO_RING}),
    "acetonitrile": ("CC#N", {"nitrile", NO_RING}),
}


@pytest.mark.parametrize("name", KNOWN)
def test_functional_groups_of_known_molecules(name: str) -> None:
    smiles, expected = KNOWN[name]
    found = functional_groups(smiles)
    assert found is not None
    assert set(found) == expected


def test_every_group_has_a_molecule_that_shows_it_and_nonsense_has_none() -> None:
    assert set().union(*(groups for _, groups in KNOWN.values())) == {*FUNCTIONAL_GROUPS, NO_RING}
    assert functional_groups("not a molecule") is None


def test_counts_are_those_of_the_rows(groups: Path) -> None:
    table, found = read(groups).to_pylist(), describe(groups)
    assert found.molecules == len(table) == 160
    assert found.heavy_atoms == Counter(row["n_heavy"] for row in table)
    assert found.elements["C"] == {
        "molecules": sum(6 in row["atomic_numbers"] for row in table),
        "atoms": sum(row["atomic_numbers"].count(6) for row in table),
    }
    assert sum(each["atoms"] for each in found.elements.values()) == sum(row["n_atoms"] for row in table)
    assert found.flags == Counter(flag for row in table for flag in row["flags"])
    assert found.energies == {}
    assert found.sampled == 160
    assert found.functional_groups["azoxy"] >= 40


def test_energies_agree_with_numpy(labelled: Path) -> None:
    folder = labelled / "test-groups@gfn2-xtb"
    energies = read(folder, ["atomization_energy_kcal_mol"])[0].to_numpy()
    spread = describe(folder).energies["atomization energy"]
    assert list(spread.quantiles.values()) == pytest.approx(np.quantile(energies, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]))
    assert spread.counts == np.histogram(energies, BINS)[0].tolist()
    assert sum(spread.counts) == spread.molecules == len(energies)


def test_the_sample_is_the_seeds_and_stated(groups: Path) -> None:
    first, again, other = (sampled_rows(groups, 20, seed) for seed in (0, 0, 1))
    assert first == again
    assert {row["id"] for row in first} != {row["id"] for row in other}
    assert describe(groups, sample=20).sampled == 20
    assert rejected_examples(groups) == []


def test_a_molecule_is_found_and_an_unknown_one_names_its_neighbours(labelled: Path) -> None:
    row = read(labelled / "test-groups@gfn2-xtb").to_pylist()[0]
    found = find(row["id"], labelled, "test-groups@gfn2-xtb")
    assert found.record == row
    assert found.units["positions"] == "angstrom"
    lines = (xyz(found.record) or "").splitlines()
    assert int(lines[0]) == row["n_atoms"] == len(lines) - 2
    assert [float(word) for word in lines[2].split()[1:]] == pytest.approx(row["positions"][:3], abs=1e-8)
    with pytest.raises(CallError) as error:
        find(row["id"] + "x", labelled)
    assert row["id"] in str(error.value.expected)
    with pytest.raises(CallError):
        find(row["id"], labelled / "nothing here")
