"""Building a dataset: what goes in comes out or is counted, whatever the card's energies and rows are."""

import json
from pathlib import Path

import pytest

from hemdata.catalog import DatasetCard, card_path, read_yaml
from hemdata.curate.build import build
from hemdata.errors import CallError, DataError
from hemdata.shards import read, rejected, verify


def test_the_test_groups_build_whole_and_verify(tmp_path: Path) -> None:
    built = build("test-groups", out=tmp_path / "groups")
    assert built.new
    assert built.whole
    assert built.manifest.counts.read == built.manifest.counts.accepted == 160
    verify(tmp_path / "groups")
    table = read(tmp_path / "groups")
    names = [name.split(":")[0] for name in table["id"].to_pylist()]
    assert {name: names.count(name) for name in names} == {
        "azoxy": 45,
        "explosives": 40,
        "neuro": 35,
        "saccharides": 40,
    }
    heavy = dict(zip(table["id"].to_pylist(), table["n_heavy"].to_pylist(), strict=True))
    assert heavy["azoxy:azoxymethane"] == 5
    assert len(set(table["inchikey"].to_pylist())) == 160  # SOURCE.md: all different by full InChIKey


def test_a_second_build_is_skipped_and_a_forced_one_gives_the_same_bytes(tmp_path: Path) -> None:
    first = build("azoxy", out=tmp_path / "azoxy")
    manifest = (tmp_path / "azoxy" / "manifest.json").read_bytes()
    assert not build("azoxy", out=tmp_path / "azoxy").new
    again = build("azoxy", out=tmp_path / "azoxy", force=True)
    assert again.new
    assert (tmp_path / "azoxy" / "manifest.json").read_bytes() == manifest
    assert first.manifest == again.manifest


def test_one_worker_and_two_give_the_same_bytes(tmp_path: Path) -> None:
    for workers in (1, 2):
        build("test-groups", out=tmp_path / str(workers), workers=workers)
    assert (tmp_path / "1" / "manifest.json").read_bytes() == (tmp_path / "2" / "manifest.json").read_bytes()


def test_an_unknown_dataset_and_a_missing_path_are_wrong_calls(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="no dataset named 'qm10'"):
        build("qm10", out=tmp_path / "x")
    with pytest.raises(CallError, match="nothing at the path"):
        build("pc9", given=tmp_path / "missing.zip", out=tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_set_that_does_not_come_out_whole_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = read_yaml(card_path("dataset", "azoxy"))
    own = tmp_path / "cards" / "datasets"
    own.mkdir(parents=True)
    (own / "azoxy.yaml").write_text(json.dumps(card | {"accepted": 46}))
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path / "cards"))
    with pytest.raises(DataError, match="did not come out whole"):
        build("azoxy", out=tmp_path / "azoxy")
    assert [path.name for path in tmp_path.iterdir()] == ["cards"]


def test_rejected_records_keep_their_place_reason_and_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new dataset is one card (and a file): here the azoxy reader with a SMILES that does not parse."""
    card = read_yaml(card_path("dataset", "azoxy"))
    cards = tmp_path / "cards" / "datasets"
    (cards / "test-groups").mkdir(parents=True)
    lines = (card_path("dataset", "azoxy").parent / "test-groups" / "azoxy.csv").read_text().splitlines()
    bad = "broken,broken,C1CC(,5,C2H6N2O,aliphatic azoxy,,wrong on purpose"
    (cards / "test-groups" / "azoxy.csv").write_text("\n".join([*lines[:3], bad]) + "\n")
    changed = {key: value for key, value in card.items() if key != "accepted"}
    (cards / "azoxy.yaml").write_text(json.dumps(changed))
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path / "cards"))
    built = build("azoxy", out=tmp_path / "azoxy")
    assert built.manifest.counts.model_dump() == {
        "read": 3,
        "accepted": 2,
        "rejected": {"the SMILES does not parse": 1},
    }
    row = rejected(tmp_path / "azoxy").to_pylist()[0]
    assert "azoxy.csv" in row["where"]
    assert "C1CC(" in row["text"]
    verify(tmp_path / "azoxy")


def test_every_shipped_dataset_card_names_a_level_that_exists_or_none() -> None:
    from hemdata.catalog import cards, dataset
    from hemdata.levels import level

    for name in cards("dataset"):
        card: DatasetCard = dataset(name)
        if card.level:
            assert level(card.level).atoms


def test_a_set_of_other_files_is_not_lost_without_force(tmp_path: Path) -> None:
    """`build od9 --from other.csv` took the place of what was built from the first table without a word."""
    one, other = tmp_path / "one.smi", tmp_path / "other.smi"
    one.write_text("CCO\nCC\n")
    other.write_text("CCN\n")
    built = build("gdb17", one, tmp_path / "out")
    assert not build("gdb17", one, tmp_path / "out").new
    for name, given in (("gdb17", other), ("azoxy", None)):
        with pytest.raises(CallError, match="would be lost") as refused:
            build(name, given, tmp_path / "out")
        assert "gdb17, 2 molecules from one.smi" in str(refused.value)
    assert read(tmp_path / "out")["smiles"].to_pylist() == ["CCO", "CC"]
    assert built.manifest.counts.accepted == 2
    build("gdb17", other, tmp_path / "out", force=True)
    assert read(tmp_path / "out")["smiles"].to_pylist() == ["CCN"]
