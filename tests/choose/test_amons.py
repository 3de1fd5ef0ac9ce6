"""Amons: what is cut and what is not, against counts measured before and an enumeration of another kind."""

import re
from itertools import combinations
from pathlib import Path

import pytest

from hemdata.choose.amons import Amon, amons, constitution, fragments
from hemdata.choose.targets import Target, barred, targets, write_smiles
from hemdata.errors import CallError, DataError
from hemdata.identity import flat_graph, identify


def of(*smiles: str) -> list[Target]:
    return [Target(f"made:{n}", each, each, "") for n, each in enumerate(smiles)]


def flat(found: list[Amon]) -> set[str]:
    return {constitution(amon.smiles)[0] for amon in found}


def test_ethanols_fragments_are_those_of_the_textbook() -> None:
    assert fragments("CCO", 3) == {"C", "O", "CC", "CO", "CCO"}
    assert fragments("CCO", 2) == {"C", "O", "CC", "CO"}


@pytest.mark.parametrize(("group", "most", "expected"), [("azoxy", 9, 203), ("explosives", 8, 487)])
def test_as_many_as_a_first_study_counted_without_stereo_and_with_the_test_molecules(group, most, expected) -> None:
    """203 and 487: counted before this module was written, by another program."""
    assert len(flat(amons(targets([group]), most, set()))) == expected


def test_no_amon_is_a_test_molecule_by_flat_graph() -> None:
    molecules = targets(["azoxy", "explosives"])
    found = amons(molecules, 5, barred(molecules))
    tested = {flat_graph(target.inchikey) for target in targets(["test-groups"])}
    made = [identify(amon.smiles) for amon in found]
    assert not {flat_graph(one.inchikey) for one in made if one} & tested
    nitromethane = flat_graph("LYGJENNIWJXYER-UHFFFAOYSA-N")  # PubChem 6375, an explosive and an amon of many
    assert nitromethane in tested
    assert any(flat_graph(amon.name) == nitromethane for amon in amons(molecules, 5, set()))


def test_every_amon_is_neutral_closed_shell_connected_and_written_as_identify_writes_it() -> None:
    found = amons(targets(["test-groups"]), 5, set())
    assert len(found) > 150
    for amon in found:
        one = identify(amon.smiles)
        assert one is not None
        assert (one.charge, one.radical_electrons, one.fragments) == (0, 0, 1), amon
        assert one.canonical_smiles == amon.smiles
        assert amon.n_heavy <= 5
    assert len({amon.name for amon in found}) == len(found)
    assert found == sorted(found, key=lambda amon: (amon.n_heavy, amon.smiles))


def test_a_cut_that_leaves_a_ch2_leaves_no_side_to_it() -> None:
    """An E butene is cut to ethene and propene, each once; an azo group with one hydrogen keeps its sides."""
    assert fragments("C/C=C/C", 3) == {"C", "C=C", "C=CC"}
    assert {"[H]/N=N/[H]", "[H]/N=N/C"} <= fragments("C/N=N/C", 3)


@pytest.mark.parametrize(
    ("smiles", "whole"),
    [
        ("C[N+](=O)[O-]", "O=[NH+][O-]"),  # nitro
        ("C/N=[N+](/C)[O-]", "N=[NH+][O-]"),  # azoxy
        ("C[n+]1ccccc1.[O-]c1ccccc1", None),  # a salt: no part of it with a charge is neutral
        ("[O-][n+]1ccccc1", "[O-][n+]1ccccc1"),  # pyridine N-oxide
        ("CN=[N+]=[N-]", "N=[N+]=[N-]"),  # azide
    ],
)
def test_charges_that_balance_one_another_stay_together(smiles: str, whole: str | None) -> None:
    found = fragments(smiles, 9)
    assert all(identify(each).charge == 0 for each in found)  # type: ignore[union-attr]
    if whole is None:
        assert found == {"C", "c1ccccc1"}
    else:
        assert constitution(whole)[0] in {constitution(each)[0] for each in found}


def test_a_cations_own_charge_is_kept() -> None:
    """Tetramethylammonium: its fragments with the nitrogen are cations as it is, the others neutral."""
    assert fragments("C[N+](C)(C)C", 3) == {"C", "[NH4+]", "C[NH3+]", "C[NH2+]C"}


def test_aromatic_rings_and_multiple_bonds_are_kept_whole_and_single_bonds_between_them_are_cut() -> None:
    assert fragments("C=CC#N", 4) == {"C=C", "C#N", "C=CC#N"}
    assert fragments("c1ccccc1C", 6) == {"C", "c1ccccc1"}
    assert fragments("c1ccc2ccccc2c1", 9) == set()


def test_rings_open_into_chains_and_close_when_they_fit() -> None:
    assert fragments("C1CCC1", 4) == {"C", "CC", "CCC", "C1CCC1"}


def test_stereo_stays_where_both_sides_stay_and_mirror_images_are_one() -> None:
    assert "C/N=[N+](/C)[O-]" in fragments("CC/N=[N+](\\[O-])CC", 5)
    molecules = of("CC/N=[N+](\\[O-])CC", "C1N=[N+]([O-])C1")  # the ring, cut open, says nothing of cis and trans
    assert "CN=[N+](C)[O-]" not in {amon.smiles for amon in amons(molecules, 5, set())}
    left, right = (fragments(smiles, 5) for smiles in ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"))
    assert left == right
    threo, erythro = (fragments(s, 7) for s in ("OC[C@H](O)[C@@H](O)C=O", "OC[C@H](O)[C@H](O)C=O"))
    assert threo != erythro  # two centres in one fragment: diastereomers are two molecules


def test_the_same_as_trying_every_subset_of_atoms() -> None:
    """Another way: all subsets of heavy atoms, kept if connected and if every bond between in and out is single."""
    from rdkit import Chem

    for smiles in ("CC(=O)NCC#N", "C1CC1N=[N+]([O-])C", "NC1=NON=C1C", "OCC(O)C=O", "C1CC2CC1O2"):
        molecule = Chem.MolFromSmiles(smiles)
        expected = set()
        for size in range(1, molecule.GetNumAtoms() + 1):
            for chosen in combinations(range(molecule.GetNumAtoms()), size):
                inside = set(chosen)
                bonds = [b for b in molecule.GetBonds() if len({b.GetBeginAtomIdx(), b.GetEndAtomIdx()} & inside) == 1]
                if any(b.GetBondTypeAsDouble() != 1 for b in bonds) or any(
                    b.GetBeginAtom().GetFormalCharge() * b.GetEndAtom().GetFormalCharge() for b in bonds
                ):
                    continue
                written = Chem.MolFragmentToSmiles(molecule, chosen, isomericSmiles=False)
                if "." in written:
                    continue
                editable = Chem.RWMol(molecule)
                for b in bonds:
                    inner = b.GetBeginAtom() if b.GetBeginAtomIdx() in inside else b.GetEndAtom()
                    atom = editable.GetAtomWithIdx(inner.GetIdx())
                    if inner.GetIsAromatic() or inner.GetNoImplicit():
                        atom.SetNumExplicitHs(atom.GetNumExplicitHs() + 1)
                for index in sorted(set(range(molecule.GetNumAtoms())) - inside, reverse=True):
                    editable.RemoveAtom(index)
                expected.add(Chem.CanonSmiles(Chem.MolToSmiles(editable, isomericSmiles=False)))
        found = {constitution(each)[0] for each in fragments(smiles, 99)}
        assert found == expected, smiles


def test_a_users_list_is_read_and_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "mine.smi"
    assert write_smiles(path, [("CCO", "ethanol"), ("C[N+](=O)[O-]", "2")]) == 2
    assert [(target.id, target.smiles) for target in targets([path])] == [
        ("mine:ethanol", "CCO"),
        ("mine:2", "C[N+](=O)[O-]"),
    ]
    assert [target.id for target in targets([path, path])] == ["mine:ethanol", "mine:2"]


def test_a_file_of_other_smiles_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "mine.smi"
    path.write_text("CCO my own\n")
    with pytest.raises(CallError, match="Something else stands there"):
        write_smiles(path, [("C", "methane")])
    assert path.read_text() == "CCO my own\n"
    assert write_smiles(path, [("C", "methane")], force=True) == write_smiles(path, [("C", "methane")]) == 1


def test_what_is_wrong_with_a_group_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="no group of molecules 'qm9'") as refused:
        targets(["qm9"])
    assert re.search(r"azoxy, explosives, neuro, saccharides, test-groups, or a .*\.smi or", str(refused.value))
    with pytest.raises(CallError, match="no such file"):
        targets([tmp_path / "none.smi"])
    (tmp_path / "bad.smi").write_text("C\n\nC1CC\n")
    with pytest.raises(DataError, match="does not parse") as wrong:
        targets([tmp_path / "bad.smi"])
    assert "line 3" in str(wrong.value)
    with pytest.raises(CallError, match=r"\.smi file"):
        write_smiles(tmp_path / "out.txt", [])


def test_a_molecule_of_endless_fragments_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hemdata.choose.amons.FRAGMENTS_ALLOWED", 10)
    with pytest.raises(CallError, match="too many fragments"):
        amons(of("CCCCCCCCCCCC"), 9, set())
