"""A bridge between two levels: fitted on labels whose difference is known by construction, and on those that ship."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hemdata.assess.bridge import bridge
from hemdata.assess.duals import Dual, duals
from hemdata.assess.judged_bridge import by_group
from hemdata.bridges.bridge import terms
from hemdata.bridges.card import read_bridge, write_bridge
from hemdata.bridges.labels import digest
from hemdata.bridges.rows import BRIDGED, HALF_WIDTH, bridged
from hemdata.catalog import label_places
from hemdata.errors import CallError, DataError
from hemdata.identity import flat_graph, identify
from hemdata.levels import SYMBOLS, level
from hemdata.schema import table_schema
from hemdata.shards import read

PER_BOND = {"C-C": -1.0, "C-H": -0.8, "C-O": -1.5, "H-O": -1.1, "C-N": -1.2, "H-N": -0.9, "C=O": -2.0}
SMILES = [
    "C", "CC", "CCC", "CCO", "CO", "COC", "CN", "CCN", "CNC", "C=O", "CC=O", "CCC=O", "NC=O", "NCC=O", "OCC=O", "OCCO",
    "NCCO", "CC(C)C", "CC(C)O", "CC(C)=O", "CC(N)=O", "OC=O", "COC=O", "NCCN", "CCCC", "CCCO", "CCCN", "CC(=O)OC",
]  # fmt: skip


def dual(smiles: str, noise: float = 0.0) -> Dual:
    identity = identify(smiles)
    assert identity is not None
    counted = terms(identity.canonical_smiles, None)
    assert counted is not None
    difference = sum(weight * counted.get(term, 0) for term, weight in PER_BOND.items()) + noise
    symbols = Counter(SYMBOLS[z] for z in identity.atomic_numbers)
    heavy = sum(n for symbol, n in symbols.items() if symbol != "H")
    graph = flat_graph(identity.inchikey)
    return Dual(f"mine:{smiles}", "mine", identity.canonical_smiles, graph, heavy, symbols, counted, difference)


@pytest.fixture(scope="module")
def additive() -> list[Dual]:
    random = np.random.default_rng(0)
    return [dual(smiles, 0.1 * random.standard_normal()) for smiles in SMILES]


def test_a_difference_that_is_a_sum_over_bonds_is_found(additive: list[Dual]) -> None:
    judged = bridge("qm9", "pc9", additive)
    new = [dual(smiles) for smiles in ("CCCCCO", "CCNCC", "CC(=O)CO", "OCCCN", "CCC(N)=O", "COCC=O")]
    said = judged.bridge.convert([each.smiles for each in new], [None] * len(new))
    assert said.difference_kcal_mol == pytest.approx([each.difference for each in new], abs=0.3)
    assert (np.abs(said.difference_kcal_mol - [each.difference for each in new]) < said.half_width_kcal_mol).all()
    assert judged.error < 0.2
    assert 0.8 <= judged.coverage <= 1
    (row,) = [row for row in by_group(judged) if row["group"] == "mine"]
    assert row["labels"] == len(additive)


def test_a_molecule_whose_like_would_be_refused_is_fitted_but_not_judged(additive: list[Dual]) -> None:
    """Its error is of a bond type that nobody else shows: no molecule that is converted has such a one."""
    foreign = dual("CC#N", noise=40.0)
    judged = bridge("qm9", "pc9", [*additive, foreign])
    assert judged.duals == additive
    assert judged.fitted == [*additive, foreign]
    assert judged.error < 0.3
    assert judged.left_out == {"with a bond type that fewer than 3 molecules show (fitted, but not judged)": 1}
    assert judged.bridge.convert([foreign.smiles], [None]).refused == ["bond type outside the bridge: C#N"]


def test_larger_molecules_judge_a_fit_that_has_not_seen_them(additive: list[Dual]) -> None:
    small, large = ([d for d in additive if (d.n_heavy > 4) == large] for large in (False, True))
    foreign = dual("CCCCC#N")
    judged = bridge("qm9", "pc9", [*additive, foreign], max_heavy=4)
    assert judged.bridge.labels == digest(small)
    assert judged.larger is not None
    assert judged.larger.duals == large
    alone = bridge("qm9", "pc9", small)
    assert alone.larger is None
    said = alone.bridge.convert([d.smiles for d in large], [None] * len(large))
    assert judged.larger.residual == pytest.approx([d.difference for d in large] - said.difference_kcal_mol)
    assert judged.larger.half_width == pytest.approx(said.half_width_kcal_mol)
    assert judged.left_out == {"larger, with a bond type outside the bridge": 1}


def test_a_molecule_at_two_geometries_is_left_out_at_both(additive: list[Dual]) -> None:
    """Else its second label would tell the first one's difference: the error would look like none."""
    random = np.random.default_rng(1)
    odd = [dual(smiles, 2.0 * random.standard_normal()) for smiles in SMILES]
    twice = bridge("qm9", "pc9", [*odd, *odd])
    assert twice.error > 1.0
    assert by_group(twice)[-1]["labels"] == twice.bridge.molecules == 2 * twice.graphs == 2 * len(SMILES)


def test_a_bond_type_outside_the_fit_is_refused_by_name(additive: list[Dual]) -> None:
    found = bridge("qm9", "pc9", additive).bridge.convert(["CCO", "C#N", "CC[N+](=O)[O-]", None], [None] * 4)
    assert found.refused[0] is None
    assert found.refused[1] == "bond type outside the bridge: C#N"
    assert found.refused[2] == "bond type outside the bridge: N-O, N=O"
    assert found.refused[3] == "no SMILES that reads"
    assert np.isfinite(found.difference_kcal_mol[0])
    assert np.isnan(found.difference_kcal_mol[1:]).all()


def test_ions_and_radicals_are_refused_by_name_and_neutral_zwitterions_are_not(additive: list[Dual]) -> None:
    """Acetate has the bonds of acetic acid, all known; a bridge of tight bindings missed its label by 35 kcal/mol."""
    by = bridge("qm9", "pc9", additive).bridge
    smiles = ["CC(=O)[O-]", "CC(C)=[OH+]", "[CH3]", "[NH3+]CC(=O)[O-]", "CC(=O)O"]
    found = by.convert(smiles, [None] * 5)
    assert found.refused == [
        "not a neutral singlet: charge -1, multiplicity 1",
        "not a neutral singlet: charge 1, multiplicity 1",
        "not a neutral singlet: charge 0, multiplicity 2",
        None,
        None,
    ]
    assert np.isnan(found.difference_kcal_mol).tolist() == [True, True, True, False, False]
    assert by.convert(["CCO"], [None], [(0, 3)]).refused == ["not a neutral singlet: charge 0, multiplicity 3"]


def test_fewer_molecules_than_bond_types_and_one_level_twice_are_sentences(additive: list[Dual]) -> None:
    with pytest.raises(DataError, match="no more molecules than bond types"):
        bridge("qm9", "pc9", [additive[n] for n in (11, 13, 16)])
    with pytest.raises(DataError, match="The two levels are one"):
        bridge("pc9", "od9", additive)


def test_fewer_molecules_than_tell_an_interval_of_95_percent_are_a_sentence() -> None:
    """Of n exchangeable scores the largest stays above a new one with n / (n + 1): 18 / 19 < 0.95 = 19 / 20."""
    alkanes = [dual("C" * n, 0.01 * n) for n in range(2, 21)]
    with pytest.raises(DataError, match="how wide a 95 % interval is") as refused:
        bridge("qm9", "pc9", [*alkanes[:18], *alkanes[:18]])
    assert "at least 19 different molecules" in str(refused.value)
    assert "got: 18" in str(refused.value)
    assert bridge("qm9", "pc9", alkanes).bridge.molecules == 19


def test_the_card_brings_back_the_same_bridge(
    additive: list[Dual], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bridge("qm9", "pc9", additive).bridge
    folder = tmp_path / "pipelines" / "bridges"
    first = {path.name: path.read_bytes() for path in write_bridge(made, folder, ["mine"], 0.1, 0.95).parent.iterdir()}
    write_bridge(made, folder, ["mine"], 0.1, 0.95)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    again = read_bridge("qm9-pc9")
    smiles = [each.smiles for each in additive]
    one, other = (each.convert(smiles, [None] * len(smiles)) for each in (made, again))
    assert np.array_equal(one.difference_kcal_mol, other.difference_kcal_mol)
    assert one.half_width_kcal_mol == pytest.approx(other.half_width_kcal_mol, rel=1e-4)
    assert again.labels == digest(additive)


def test_another_level_definition_and_changed_terms_are_refused(
    additive: list[Dual], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pipelines" / "bridges"
    path = write_bridge(bridge("qm9", "pc9", additive).bridge, folder, ["mine"], 0.1, 0.95)
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    whole = path.read_text()
    path.write_text(whole.replace(level("qm9").hash, "ab0000000000"))
    with pytest.raises(DataError, match="defined otherwise"):
        read_bridge("qm9-pc9")
    path.write_text(re.sub("factor: .*", "factor: 0.001", whole))
    with pytest.raises(DataError, match="or its card were changed"):
        read_bridge("qm9-pc9")
    path.write_text(whole)
    terms_file = path.with_suffix(".parquet")
    terms_file.write_bytes(terms_file.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match="are missing"):
        read_bridge("qm9-pc9")
    with pytest.raises(CallError, match="no bridge named"):
        read_bridge("pc9-alchemy")


@pytest.fixture(scope="module")
def shipped() -> pa.Table:
    folder = next(place / "test-groups@qm9" for place in label_places() if (place / "test-groups@qm9").is_dir())
    schema = table_schema("molecule").arrow
    return read(folder).select(schema.names).cast(schema)


def test_the_labels_that_ship_need_distances_and_a_bridge_of_them_needs_geometries() -> None:
    """At most 0.3 kcal/mol on molecules left out, intervals that cover 93 to 97 %, and larger molecules as well."""
    found, _ = duals("qm9", "pc9", [], Path("nowhere"))
    judged = bridge("qm9", "pc9", found, max_heavy=10)
    assert judged.error < 0.3
    assert 0.93 <= judged.coverage <= 0.97
    assert judged.larger is not None
    assert judged.larger.error < 0.6
    kept = [stage.kinds for stage in judged.stages if stage.kept]
    assert kept == [("bond",), ("bond", "distance"), ("bond", "distance", "environment")]
    assert judged.bridge.convert(["CCO"], [None]).refused == ["no geometry"]


def test_a_difference_that_goes_with_the_distance_is_found(shipped: pa.Table) -> None:
    """Oracle: a sum over pairs of atoms that falls with their distance, which no bond type tells."""
    rows = [row for row in shipped.to_pylist() if row["n_heavy"] <= 12]

    def made_up(row: dict[str, Any]) -> Dual:
        z, xyz = np.array(row["atomic_numbers"]), np.array(row["positions"]).reshape(-1, 3)
        apart = np.linalg.norm(xyz[:, None] - xyz[None], axis=2)[np.triu_indices(len(z), 1)]
        value = -float(np.sum(np.exp(-apart / 0.7) * np.sqrt(np.outer(z, z))[np.triu_indices(len(z), 1)]))
        counted = terms(row["canonical_smiles"], (row["atomic_numbers"], row["positions"]))
        assert counted is not None
        symbols = Counter(SYMBOLS[each] for each in z)
        graph = flat_graph(row["inchikey"])
        return Dual(row["id"], "mine", row["canonical_smiles"], graph, row["n_heavy"], symbols, counted, value)

    judged = bridge("qm9", "pc9", [made_up(row) for row in rows])
    bonds, distances = judged.stages[:2]
    assert distances.kinds == ("bond", "distance")
    assert distances.error < 0.25 * bonds.error


def test_rows_change_their_level_and_say_so(shipped: pa.Table) -> None:
    """Oracle: the same molecules' own labels at the other level."""
    found, left_out = duals("qm9", "pc9", ["test-groups"], Path("nowhere"))
    made = bridge("qm9", "pc9", found, left_out).bridge
    converted, reasons, each = bridged(shipped, made)
    assert converted.num_rows + sum(reasons.values()) == shipped.num_rows == len(each)
    table_schema("molecule", [HALF_WIDTH]).check(converted)
    assert set(converted["level"].to_pylist()) == {"pc9"}
    assert all(BRIDGED in flags for flags in converted["flags"].to_pylist())
    place = next(place / "test-groups@pc9" for place in label_places() if (place / "test-groups@pc9").is_dir())
    own = read(place, ["id", "atomization_energy_kcal_mol", "energy_hartree"]).to_pandas().set_index("id")
    mine = converted.to_pandas().set_index("id")
    off = (mine["atomization_energy_kcal_mol"] - own["atomization_energy_kcal_mol"]).dropna().abs()
    assert len(off) == converted.num_rows
    assert off.mean() < 0.5  # they were fitted on; the raw difference is 20
    assert (off < mine["bridge_half_width_kcal_mol"].loc[off.index]).mean() > 0.9
    total = (mine["energy_hartree"] - own["energy_hartree"]).dropna().abs() * 627.5094740631
    assert total.to_numpy() == pytest.approx(off.to_numpy(), abs=1e-6)


def test_rows_of_ions_and_radicals_are_refused_and_counted(shipped: pa.Table) -> None:
    """What a row says of its charge and multiplicity counts, whatever its SMILES draws."""
    rows = shipped.slice(0, 3).to_pylist()
    rows[0]["charge"], rows[1]["multiplicity"] = -1, 3
    converted, reasons, _ = bridged(pa.Table.from_pylist(rows, schema=shipped.schema), read_bridge("qm9-pc9"))
    assert converted["id"].to_pylist() == [rows[2]["id"]]
    assert reasons == {
        "not a neutral singlet: charge -1, multiplicity 1": 1,
        "not a neutral singlet: charge 0, multiplicity 3": 1,
    }


def test_doubtful_rows_and_foreign_elements_are_refused(shipped: pa.Table) -> None:
    made = read_bridge("qm9-pc9")
    rows = shipped.slice(0, 3).to_pylist()
    rows[0]["flags"] = ["geometry_other_graph"]
    rows[1]["atomization_energy_kcal_mol"] = None
    rows[2]["canonical_smiles"] = None
    _, reasons, _ = bridged(pa.Table.from_pylist(rows, schema=shipped.schema), made)
    assert reasons == {"flag geometry_other_graph": 1, "no atomization energy": 1, "no SMILES that reads": 1}


def test_labels_at_both_levels_must_be_there() -> None:
    with pytest.raises(DataError, match="No molecule is labelled at both levels"):
        duals("gfn1-xtb", "alchemy", [], Path("nowhere"))
    with pytest.raises(DataError, match="not labelled at both levels"):
        duals("gfn1-xtb", "alchemy", ["test-groups"], Path("nowhere"))
