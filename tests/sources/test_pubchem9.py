"""pubchem9: the rule that picks it from the compounds of the chemicals package, counted over all its rows."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from hemdata.catalog import dataset
from hemdata.sources import Raw, Record, Rejected, Source, open_source

CARD = dataset("pubchem9")
LINE = "177\t75-07-0\tC2H4O\t44.05256\tCC=O\tC2H4O/c1-2-3/h2H,1H3\tIKHGUXGNUITLKF-UHFFFAOYSA-N\tethanal\tacetaldehyde"


@dataclass
class Whole:
    source: Source
    raws: list[Raw]
    accepted: list[Record]
    rejected: list[tuple[Raw, Rejected]]


@pytest.fixture(scope="module")
def whole() -> Whole:
    source = open_source(CARD)
    raws = list(source.raws())
    accepted, rejected = [], []
    for raw in raws:
        try:
            accepted.append(source.parse(raw))
        except Rejected as refusal:
            rejected.append((raw, refusal))
    return Whole(source, raws, accepted, rejected)


def heavy(formula: str) -> int:
    return sum(int(n or 1) for symbol, n in re.findall(r"([A-Z][a-z]?)(\d*)", formula) if symbol != "H")


def test_counts_of_chemicals_1_5_2(whole: Whole) -> None:
    assert len(whole.raws) == 71_347
    assert len(whole.accepted) == CARD.accepted == 5_347
    reasons = Counter(refusal.reason for _, refusal in whole.rejected)
    assert reasons["duplicate flat graph"] == 264
    assert sum(reasons.values()) + len(whole.accepted) == 71_347
    assert reasons.keys() == {
        "more than nine heavy atoms",
        "other elements",
        "more than one fragment",
        "charged",
        "radical",
        "isotope marks",
        "duplicate flat graph",
    }


def test_rows_within_the_rule_by_heavy_atoms(whole: Whole) -> None:
    """5,611 rows, duplicates among them."""
    formulas = [str(molecule.properties["formula"]) for molecule in whole.accepted]
    formulas += [raw.content.split("\t")[2] for raw, its in whole.rejected if its.reason == "duplicate flat graph"]
    assert len(formulas) == 5_611
    golden = {9: 2010, 8: 1626, 7: 1040, 6: 559, 5: 241, 4: 93, 3: 36, 2: 6}
    assert Counter(map(heavy, formulas)) == golden


def test_triple_bonds_survive(whole: Whole) -> None:
    """A reader that takes # for a comment cuts C#N to C, in silence."""
    smiles = {molecule.source_id: molecule.smiles for molecule in whole.accepted}
    assert smiles["1647"] == "C(CN)C#N"
    assert smiles["371"] == "C(#CC(=O)O)C(=O)O"
    published = {raw.content.split("\t")[0]: raw.content.split("\t")[4] for raw in whole.raws}
    assert all(smiles[cid] == published[cid] for cid in smiles)
    assert sum("#" in text for text in smiles.values() if text) > 200


def test_it_is_never_called_pc9_and_has_no_energy(whole: Whole) -> None:
    assert CARD.level is None
    assert CARD.geometry_level is None
    assert {molecule.dataset for molecule in whole.accepted} == {None}, "so that each id begins with the card's name"
    assert all(molecule.positions is None and molecule.energy_hartree is None for molecule in whole.accepted)


def test_some_of_the_test_molecules_are_among_them(whole: Whole) -> None:
    """Whoever trains on pubchem9 without taking them out tests on what was trained on.

    21 by the connectivity of the published InChIKeys, which is the flat graph that studies go by; by flat SMILES two
    fewer, for the tables draw other tautomers of NTO and histamine.
    """
    from rdkit.Chem import MolFromSmiles, MolToInchiKey

    groups = open_source(dataset("test-groups"))
    tested = {MolToInchiKey(MolFromSmiles(molecule.smiles))[:14] for molecule in map(groups.parse, groups.raws())}
    published = {raw.content.split("\t")[0]: raw.content.split("\t")[6][:14] for raw in whole.raws}
    assert len(tested & {published[molecule.source_id] for molecule in whole.accepted}) == 21


def test_duplicates_name_what_is_kept(whole: Whole) -> None:
    kept = {f"kept: pubchem9:{molecule.source_id}" for molecule in whole.accepted}
    details = [its.detail for _, its in whole.rejected if its.reason == "duplicate flat graph"]
    assert len(details) == 264
    assert set(details) <= kept


def test_flat_graphs_against_the_tables_own_inchikeys(whole: Whole) -> None:
    """RDKit's flat SMILES and the published InChIKeys tell the same molecules apart, but for one zwitterion."""
    keys = {raw.content.split("\t")[0]: raw.content.split("\t")[6] for raw in whole.raws}
    counted = Counter(keys[molecule.source_id][:14] for molecule in whole.accepted)
    twice = [key for key, count in counted.items() if count > 1]
    assert twice == ["VTCHZFWYUPZZKL"]
    pair = {molecule.smiles for molecule in whole.accepted if keys[molecule.source_id].startswith(twice[0])}
    assert len(pair) == 2
    assert sum("[O-]" in str(smiles) for smiles in pair) == 1


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("CC=O\t", "CC=O.O\t", "more than one fragment"),
        ("CC=O\t", "[13CH3]C=O\t", "isotope marks"),
        ("CC=O\t", "[2H]CC=O\t", "isotope marks"),
        ("CC=O\t", "CC[O]\t", "radical"),
        ("CC=O\t", "CC[O-]\t", "charged"),
        ("CC=O\t", "CC(=O\t", "the SMILES does not parse"),
        ("C2H4O\t", "C2H3ClO\t", "other elements"),
        ("C2H4O\t", "C10H4O\t", "more than nine heavy atoms"),
        ("C2H4O\t", "H2\t", "no heavy atom"),
        ("177\t", "CID177\t", "wrong number of columns"),
        ("\t75-07-0", "", "wrong number of columns"),
        ("acetaldehyde", "acet\ufffd", "not UTF-8 text"),
    ],
)
def test_a_row_out_of_the_rule_is_refused_for_its_reason(before: str, after: str, reason: str) -> None:
    source = open_source(CARD)
    assert source.parse(Raw("line 1", LINE)).properties["name"] == "acetaldehyde"
    line = LINE.replace(before, after, 1)
    if reason == "wrong number of columns" and not after:
        line = "\t".join(LINE.split("\t")[:7])
    with pytest.raises(Rejected) as caught:
        source.parse(Raw("line 1", line))
    assert caught.value.reason == reason


def test_a_table_given_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "compounds.tsv"
    other = LINE.replace("177\t", "178\t", 1)
    path.write_bytes((LINE + "\r\n" + other + "\n").encode())
    source = open_source(CARD, path)
    first, second = source.raws()
    assert source.parse(first).source_id == "177"
    with pytest.raises(Rejected, match="duplicate flat graph"):
        source.parse(second)
