"""Compositions by declared steps, and the overlap of datasets."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from hemdata.catalog import cards, composition, label_places
from hemdata.curate.build import build
from hemdata.curate.compose import compose
from hemdata.curate.overlap import overlap
from hemdata.errors import CallError, DataError
from hemdata.levels import level
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter, read, verify


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for name in ("azoxy", "explosives", "test-groups"):
        build(name, out=folder / name)
    return folder


def card(folder: Path, steps: list[dict[str, object]], **more: object) -> Path:
    path = folder / "mine.yaml"
    path.write_text(json.dumps({"name": "mine", "title": "Mine", "about": "made", "steps": steps, **more}))
    return path


def test_merge_deduplicate_subtract_and_filter(data: Path, tmp_path: Path) -> None:
    steps = [
        {"take": ["test-groups", "azoxy"]},
        {"deduplicate": "inchikey"},
        {"subtract": ["explosives"]},
        {"filter": "n_heavy <= 12"},
    ]
    manifest = compose(card(tmp_path, steps), data, tmp_path / "out").manifest
    assert [step["rows"] for step in manifest.made_from["steps"][:3]] == [205, 160, 120]
    table = read(tmp_path / "out")
    expected = [
        row["id"]
        for row in read(data / "test-groups").to_pylist()
        if not row["id"].startswith("explosives:") and row["n_heavy"] <= 12
    ]
    assert table["id"].to_pylist() == expected  # in the parents' order
    assert set(table["origin"].to_pylist()) == {"test-groups"}
    verify(tmp_path / "out")


def test_a_mark_is_a_column_and_a_sample_nests(data: Path, tmp_path: Path) -> None:
    marked = [{"take": ["test-groups"]}, {"mark": {"azoxy": "in_azoxy"}}, {"filter": "in_azoxy"}]
    assert compose(card(tmp_path, marked), data, tmp_path / "a").manifest.counts.accepted == 45
    small, large = (set(read(compose_to(data, tmp_path, n))["id"].to_pylist()) for n in (10, 50))
    assert small < large


def compose_to(data: Path, tmp_path: Path, n: int) -> Path:
    compose(card(tmp_path, [{"take": ["test-groups"]}, {"sample": n}]), data, tmp_path / str(n))
    return tmp_path / str(n)


def test_labels_that_travel_are_taken_where_the_data_folder_has_none(tmp_path: Path) -> None:
    """A part that `select` chose of them could not be built from its card."""
    steps = [{"take": ["test-groups"], "at": "pc9"}, {"filter": "n_heavy <= 6"}]
    manifest = compose(card(tmp_path, steps), tmp_path / "none", tmp_path / "out").manifest
    assert manifest.counts.accepted == 10
    assert [level.name for level in manifest.levels] == ["pc9"]


def test_labels_are_taken_by_the_name_of_their_folder_and_over_a_bridge(tmp_path: Path) -> None:
    """Oracle: the same labels by `at`; and over a bridge the flag of every row."""
    none, steps = tmp_path / "none", [{"filter": "n_heavy <= 6"}]
    named = card(tmp_path, [{"take": ["test-groups@qm9"]}, *steps])
    assert compose(named, none, tmp_path / "named").manifest.counts.accepted == 10
    at = card(tmp_path, [{"take": ["test-groups"], "at": "qm9"}, *steps])
    compose(at, none, tmp_path / "at")
    assert read(tmp_path / "named").equals(read(tmp_path / "at"))
    over = card(tmp_path, [{"take": ["duals-qm9@qm9@given"], "at": "pc9", "by": "bridge"}])
    manifest = compose(over, none, tmp_path / "over").manifest
    assert [level.name for level in manifest.levels] == ["pc9"]
    assert all("bridged" in flags for flags in read(tmp_path / "over")["flags"].to_pylist())


def test_the_names_of_labels_are_told_where_a_set_was_never_built(labelled: Path, tmp_path: Path) -> None:
    import shutil

    data = tmp_path / "data"
    shutil.copytree(labelled / "neuro@gfn2-xtb", data / "mine@gfn2-xtb")
    with pytest.raises(CallError, match="which is not there") as missing:
        compose(card(tmp_path, [{"take": ["mine"], "at": "gfn1-xtb", "by": "bridge"}]), data, tmp_path / "out")
    assert missing.value.fix == "Its labels are taken by their whole name, NAME@LEVEL: 'mine@gfn2-xtb'."
    with pytest.raises(DataError, match="at this level already") as already:
        compose(card(tmp_path, [{"take": ["mine@gfn2-xtb"], "at": "gfn2-xtb", "by": "bridge"}]), data, tmp_path / "out")
    assert "take: [mine@LEVEL]" in str(already.value)
    with pytest.raises(DataError, match="card is wrong") as twice:
        compose(card(tmp_path, [{"take": ["mine@gfn2-xtb"], "at": "gfn2-xtb"}]), data, tmp_path / "out")
    assert "taken without `at`" in str(twice.value)


def test_a_bridge_that_is_not_there_is_told_with_the_command_that_fits_it(tmp_path: Path) -> None:
    over = card(tmp_path, [{"take": ["test-groups@qm9"], "at": "gfn1-xtb", "by": "bridge"}])
    with pytest.raises(CallError, match="no bridge from qm9 to gfn1-xtb") as missing:
        compose(over, tmp_path / "none", tmp_path / "out")
    assert "`hemdata levels bridge qm9 gfn1-xtb --write cards/pipelines/bridges`" in str(missing.value)


def test_a_bridge_from_a_level_that_nobody_knows_is_not_advised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advice was a command that refuses such a level."""
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    (tmp_path / "pipelines/levels").mkdir(parents=True)
    atoms = ", ".join(f"{s}: {e}" for s, e in level("qm9").card.atoms_hartree.items())
    (tmp_path / "pipelines/levels/unknown-mystery.yaml").write_text(
        "name: unknown-mystery\ntitle: t\nabout: a\nengine: data\nmethod: other/x\natoms_source: s\n"
        f"atoms_hartree: {{{atoms}}}\n"
    )
    _shards(tmp_path / "data" / "odd", "unknown-mystery", read(_travels("test-groups@qm9")))
    over = card(tmp_path, [{"take": ["odd"], "at": "gfn2-xtb", "by": "bridge"}])
    with pytest.raises(DataError, match="Nobody knows which level 'unknown-mystery' is") as refused:
        compose(over, tmp_path / "data", tmp_path / "out")
    assert "`hemdata levels audit SET`" in str(refused.value.fix)


@pytest.mark.parametrize(("at", "fix"), [("pc9", "`hemdata label ions.smi --level pc9`"), ("qm9", None)])
def test_ions_alone_are_told_as_no_rows_for_a_bridge(tmp_path: Path, at: str, fix: str | None) -> None:
    """The reasons stood there as Python writes them, and nothing said what to do."""
    source = {"pc9": "qm9", "qm9": "alchemy"}[at]
    rows = read(_travels(f"test-groups@{source}")).slice(0, 3).to_pylist()
    for row, (charge, multiplicity) in zip(rows, [(2, 1), (2, 1), (0, 3)], strict=True):
        row |= {"charge": charge, "multiplicity": multiplicity}
    _shards(tmp_path / "data" / f"ions@{source}", source, pa.Table.from_pylist(rows, table_schema("molecule").arrow))
    over = card(tmp_path, [{"take": [f"ions@{source}"], "at": at, "by": "bridge"}])
    with pytest.raises(DataError, match="No row could be taken") as refused:
        compose(over, tmp_path / "data", tmp_path / "out")
    assert refused.value.got == f"3 rows: bridge {source}-{at}: not a neutral singlet"
    assert "Take other molecules." in str(refused.value.fix)
    if fix:
        assert fix in str(refused.value.fix)
    assert not (tmp_path / "out").exists()


def _travels(name: str) -> Path:
    return next(place / name for place in label_places() if (place / name).is_dir())


def _shards(folder: Path, its_level: str, rows: pa.Table) -> None:
    """Rows as a set of its own at a level."""
    rows = rows.select(table_schema("molecule").arrow.names)
    place = rows.schema.get_field_index("level")
    with ShardWriter(folder, table_schema("molecule")) as writer:
        writer.add(rows.set_column(place, "level", pa.array([its_level] * rows.num_rows)))
        writer.finish(folder.name, rows.num_rows, [], [LevelName(name=its_level, hash=level(its_level).hash)], {})


def test_two_levels_are_refused_unless_asked_for_and_then_written_down(labelled: Path, tmp_path: Path) -> None:
    """The second level is a copy of the first under another name's card, made here."""
    import shutil

    from hemdata.label.dataset import label_dataset

    (tmp_path / "two.smi").write_text("O\nC\n")
    other = tmp_path / "data"
    shutil.copytree(labelled / "neuro@gfn2-xtb", other / "neuro@gfn2-xtb")
    out = other / "saccharides@gfn2-xtb"
    label_dataset(tmp_path / "two.smi", level_name="gfn1-xtb", data=other, out=out, workers=0)
    path = card(tmp_path, [{"take": ["neuro", "saccharides"], "at": "gfn2-xtb"}])
    with pytest.raises(DataError, match="different levels") as refused:
        compose(path, other, tmp_path / "out")
    assert "gfn1-xtb and gfn2-xtb" in str(refused.value)
    assert not (tmp_path / "out").exists()
    asked = card(tmp_path, [{"take": ["neuro", "saccharides"], "at": "gfn2-xtb"}], mixed_levels="as published")
    manifest = compose(asked, other, tmp_path / "out").manifest
    assert manifest.made_from["mixed_levels"] == "as published: gfn1-xtb and gfn2-xtb"
    assert {level.name for level in manifest.levels} == {"gfn1-xtb", "gfn2-xtb"}
    verify(tmp_path / "out")


def test_wrong_steps_and_missing_parents_say_what_to_do(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="step of the composition is wrong") as refused:
        compose(card(tmp_path, [{"take": ["azoxy"]}, {"filter": "heavy > 3"}]), data, tmp_path / "out")
    assert "n_heavy" in str(refused.value)
    with pytest.raises(CallError, match="which is not there") as missing:
        compose("alqm9-gfn2-xtb", data, tmp_path / "out")
    assert "hemdata label qm9 --level gfn2-xtb" in str(missing.value)
    with pytest.raises(DataError, match="leaves no row") as empty:
        compose(card(tmp_path, [{"take": ["azoxy"]}, {"filter": "false"}, {"sample": 3}]), data, tmp_path / "out")
    assert empty.value.got == "45 rows after take, 0 rows after filter, 0 rows after sample"
    assert "`filter`" in str(empty.value.fix)
    for steps in ([{"filter": "true"}], [{"take": ["azoxy"], "sample": 3}], [{"take": ["azoxy"]}, {"take": ["azoxy"]}]):
        with pytest.raises(DataError, match="card is wrong"):
            compose(card(tmp_path, steps), data, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def test_every_shipped_composition_reads() -> None:
    assert set(cards("set")) >= {
        "alchemy-at-qm9",
        "alqm9",
        "alqm9-as-published",
        "alqm9-gfn2-xtb",
        "duals-qm9",
        "od9-1",
        "od9-2",
        "qm9-at-pc9",
    }
    for name in cards("set"):
        assert composition(name).steps[0].verb == "take"


def test_overlap_counts_by_whole_key_and_by_flat_graph(data: Path, tmp_path: Path) -> None:
    """Oracle: Python sets over the same keys."""
    found = {(s.a, s.b): s for s in overlap([data / "azoxy", data / "explosives", data / "test-groups"])}
    keys = {name: read(data / name)["inchikey"].to_pylist() for name in ("azoxy", "explosives", "test-groups")}
    for (a, b), shared in found.items():
        assert shared.exact == len(set(keys[a]) & set(keys[b]))
        assert shared.connectivity == len({k[:14] for k in keys[a]} & {k[:14] for k in keys[b]})
    assert found["azoxy", "explosives"].connectivity == 0
    assert len(found["azoxy", "test-groups"].names) == 45


def test_a_set_that_another_bridge_made_is_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its energies are others: the bridge was fitted again since."""
    import shutil

    from hemdata.bridges.card import read_bridge, write_bridge
    from hemdata.catalog import label_places

    data, mine = tmp_path / "data", tmp_path / "cards" / "pipelines" / "bridges"
    shipped = next(place / "test-groups@qm9" for place in label_places() if (place / "test-groups@qm9").is_dir())
    shutil.copytree(shipped, data / "somewhere")
    set_card = card(tmp_path, [{"take": ["somewhere"], "at": "pc9", "by": "bridge"}])
    first = compose(set_card, data)
    assert first.new
    assert not compose(set_card, data).new
    write_bridge(replace(read_bridge("qm9-pc9"), factor=9.0), mine, ["mine"], 0.2, 0.95)
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path / "cards"))
    again = compose(set_card, data)
    assert again.new
    assert again.manifest.made_from["bridges"] != first.manifest.made_from["bridges"]
    assert not compose(set_card, data).new
