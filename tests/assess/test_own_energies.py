"""Sets that stand at a level by their own energies, imported or published, held against labels at another level."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from command_line import hemdata
from own_files import molecules, written

from hemdata.assess.duals import duals
from hemdata.assess.gap import gap_of
from hemdata.bridges.card import read_bridge
from hemdata.bridges.rows import bridged
from hemdata.catalog import label_places
from hemdata.errors import DataError
from hemdata.levels import level
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter, read

Changed = Callable[[pa.Table], pa.Table]
A, B = "gfn2-xtb", "gfn1-xtb"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEMDATA_CARDS", raising=False)
    return tmp_path


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """QM9's 110 molecules that ship, as if they were QM9 itself, and their labels at PC9's level on its geometries."""
    for name, ships in (("qm9", "duals-qm9@qm9@given"), ("qm9@pc9@given", "duals-qm9@pc9@given")):
        (tmp_path / name).symlink_to(_ships(ships))
    return tmp_path


def _ships(name: str) -> Path:
    return next(place / name for place in label_places() if (place / name).is_dir())


def _imported(name: str, its_level: str, rows: list[dict[str, Any]]) -> None:
    written(rows, Path(f"{name}.extxyz"), energy="energy", unit=1.0)
    words = ("--name", name, "--level", its_level, "--unit", "hartree", "--kind", "total", "--yes", "--force")
    done = hemdata("import", f"{name}.extxyz", *words, "--workers", 1)
    assert done.returncode == 0, done.stderr


def _labelled(target: str, its_level: str) -> None:
    done = hemdata("label", target, "--level", its_level, "--geometry", "given", "--workers", 0)
    assert done.returncode == 0, done.stderr


def test_an_imported_set_is_compared_by_its_own_energies(here: Path) -> None:
    """Oracle: the same molecules' labels at both levels. The set at its own level was not found by its name."""
    rows = molecules(f"test-groups@{A}")[:24]
    _imported("mine", A, rows)
    for words in (("gap", A, B, "mine"), ("gap", B, A, "mine"), ("bridge", A, B, "--labels", "mine")):
        missing = hemdata("levels", *words)
        assert missing.returncode == 1
        assert f"`hemdata label mine --level {B} --geometry given` computes" in missing.stderr
        assert f"mine (its own geometries, energies at {A})" in missing.stderr
    _labelled("mine", B)
    written(rows, Path("same.extxyz"), energy="energy", unit=1.0)
    for each in (A, B):
        _labelled("same.extxyz", each)
    own, both = (gap_of(Path("data"), name, A, B) for name in ("mine", "same.extxyz"))
    assert len(own.rows) == 24
    assert sorted(row.difference for row in own.rows) == pytest.approx(sorted(row.difference for row in both.rows))
    assert gap_of(Path("data"), "mine", A, B, "given").rows == own.rows
    assert [-row.difference for row in gap_of(Path("data"), "mine", B, A).rows] == pytest.approx(
        [row.difference for row in own.rows]
    )
    found, _ = duals(A, B, ["mine"], Path("data"))
    assert {dual.id for dual in found} == {row.id for row in own.rows}
    assert {dual.id for dual in found} <= {dual.id for dual in duals(A, B, [], Path("data"))[0]}


def test_an_imported_set_whose_geometries_changed_says_how_it_is_labelled_anew(here: Path) -> None:
    rows = molecules(f"test-groups@{A}")[:24]
    _imported("mine", A, rows)
    _labelled("mine", B)
    rows[0]["positions"] = [1.001 * x for x in rows[0]["positions"]]
    _imported("mine", A, rows)
    refused = hemdata("levels", "gap", A, B, "mine")
    assert refused.returncode == 1
    assert "A molecule stands at two geometries." in refused.stderr
    assert f"`hemdata label mine --level {B} --geometry given --force`" in refused.stderr


@pytest.mark.parametrize("bare", [24, 3])
def test_a_set_without_geometries_is_told_as_such(here: Path, bare: int) -> None:
    """The advice was to label it at its geometries, which the command refused."""
    rows = molecules(f"test-groups@{A}")[:24]
    if bare == 24:
        lines = [f"{row['smiles']},{row['energy_hartree']}" for row in rows]
        Path("mine.csv").write_text("\n".join(["smiles,energy", *lines]))
        words = ("--name", "mine", "--level", A, "--unit", "hartree", "--kind", "total", "--yes", "--workers", 1)
        assert hemdata("import", "mine.csv", *words).returncode == 0
    else:
        _rewritten(here / "data/mine", "mine", lambda table: _bare(table, bare), f"test-groups@{A}")
    for words in (("gap", A, B, "mine"), ("gap", B, A, "mine"), ("bridge", A, B, "--labels", "mine")):
        refused = hemdata("levels", *words)
        assert refused.returncode == 1
        assert "geometr" in refused.stderr.splitlines()[0]
        assert "cannot be compared" in refused.stderr
        assert f"{bare} of " in refused.stderr
        assert "--geometry given" not in refused.stderr
        assert ("filter: positions IS NOT NULL" in refused.stderr) == (bare == 3)
    if bare == 24:
        assert f"`hemdata label mine --level {A}`" in hemdata("levels", "gap", A, B, "mine").stderr
        for its_level in (A, B):
            assert hemdata("label", "mine", "--level", its_level, "--workers", 0).returncode == 0
        assert hemdata("levels", "gap", A, B, "mine").returncode == 0


def _bare(table: pa.Table, rows: int) -> pa.Table:
    """A table whose first rows have no geometry."""
    told = table.to_pylist()
    for row in told[:rows]:
        row["positions"] = None
    return pa.Table.from_pylist(told, table.schema)


def test_a_file_of_molecules_is_found_by_the_name_of_its_set_and_by_its_labels(here: Path) -> None:
    """The advice was `--compute`, which knew the file by its whole name alone."""
    Path("one.smi").write_text("O\nC\n")
    assert hemdata("label", "one.smi", "--level", B, "--workers", 0).returncode == 0
    for name in ("one", f"one@{B}"):
        missing = hemdata("levels", "gap", A, B, name)
        assert missing.returncode == 1
        assert f"`hemdata label one.smi --level {A}`" in missing.stderr
        assert f"or `hemdata levels gap {A} {B} one.smi --compute`." in missing.stderr
    assert "with gfn1-xtb, or --compute." in hemdata("levels", "gap", A, B, "one.smi").stderr
    computed = hemdata("levels", "gap", A, B, f"one@{B}", "--compute", "--workers", 0, "--json")
    assert computed.returncode == 0, computed.stderr
    for name in ("one", f"one@{B}", "one.smi"):
        assert hemdata("levels", "gap", A, B, name, "--json").stdout == computed.stdout


def test_a_set_built_from_a_cards_path_says_where_its_card_must_be(here: Path) -> None:
    """Each command said another thing, and none was true: the set stands."""
    Path("one.smi").write_text("O\nC\n")
    assert hemdata("label", "one.smi", "--level", A, "--workers", 0).returncode == 0
    card = f'{{"name": "both", "title": "t", "about": "a", "steps": [{{"take": ["one@{A}"]}}]}}'
    Path("both.yaml").write_text(card)
    Path("s.yaml").write_text(
        f"name: s\ntitle: t\nquestion: q\nlevel: {A}\ngroups: [azoxy]\nseeds: [0]\n"
        "sets: {both: {dataset: both, molecules: 20}}\nnetworks: [{network: dressed-atoms}]\n"
    )
    place = f"put both.yaml, that it was built from, into {Path('cards/pipelines/sets')}"
    assert place in hemdata("build", "both.yaml").stderr
    for words in (
        ("label", "both", "--level", B),
        ("levels", "gap", A, B, "both"),
        ("levels", "bridge", A, B, "--labels", "both"),
        ("levels", "gap", A, B, "both", "--compute"),
        ("study", "new", "n", "--molecules", "both", "--set", "qm9=20"),
        ("study", "new", "n", "--molecules", "one.smi", "--set", "both=20"),
        ("suspects", f"both@{B}"),
        ("run", "s.yaml", "--dry-run"),
        ("train-eval", "s.yaml"),
    ):
        refused = hemdata(*words)
        assert place in " ".join((refused.stdout + refused.stderr).split()), (words, refused.stdout, refused.stderr)
    Path("cards/pipelines/sets").mkdir(parents=True)
    Path("both.yaml").rename("cards/pipelines/sets/both.yaml")
    _labelled("both", B)
    assert hemdata("levels", "gap", A, B, "both").returncode == 0


def test_a_level_that_nobody_knows_is_compared_with_none(here: Path) -> None:
    """Its atoms are estimated: a gap of it would be an estimate too, told to a hundredth of a kcal/mol."""
    _imported("odd", "unknown:odd", molecules(f"test-groups@{A}")[:60])
    _labelled("odd", B)
    for words in (
        ("gap", "unknown-odd", B, "odd"),
        ("gap", B, "unknown:odd", "odd"),
        ("gap", A, B, "odd"),
        ("bridge", "unknown-odd", B),
        ("bridge", A, B, "--labels", "odd"),
    ):
        refused = hemdata("levels", *words)
        assert refused.returncode == 1, words
        assert "Nobody knows which level 'unknown" in refused.stderr
        assert "`hemdata levels audit" in refused.stderr


def test_a_level_of_numbers_alone_needs_labels_at_the_other_only(here: Path) -> None:
    """The advice was that its energies can only be imported, which they were."""
    Path("cards/pipelines/levels").mkdir(parents=True)
    atoms = ", ".join(f"{s}: {e}" for s, e in level(A).card.atoms_hartree.items())
    Path("cards/pipelines/levels/numbers.yaml").write_text(
        "name: numbers\ntitle: t\nabout: a\nengine: data\nmethod: other/x\natoms_source: s\n"
        f"atoms_hartree: {{{atoms}}}\n"
    )
    Path("cards/pipelines/sets").mkdir()
    Path("cards/pipelines/sets/mine.yaml").touch()
    with ShardWriter(Path("data/mine"), table_schema("molecule")) as writer:
        table = read(_ships(f"test-groups@{A}")).select(table_schema("molecule").arrow.names)
        place = table.schema.get_field_index("level")
        writer.add(table.set_column(place, "level", pa.array(["numbers"] * table.num_rows)))
        writer.finish("mine", table.num_rows, [], [LevelName(name="numbers", hash=level("numbers").hash)], {})
    with pytest.raises(DataError, match="not labelled at both") as refused:
        gap_of(Path("data"), "mine", "numbers", B)
    assert refused.value.expected == f"mine and mine@{B}@given"
    assert refused.value.fix is not None
    assert "--level gfn1-xtb --geometry given" in refused.value.fix


def test_a_published_set_is_compared_by_its_own_energies(published: Path) -> None:
    """Oracle: the same rows as labels of a set of another name."""
    for other in ("pc9", "od9"):  # one level by two names
        whole, part = (gap_of(published, name, "qm9", other) for name in ("duals-qm9", "qm9"))
        assert part.rows == whole.rows
    assert duals("qm9", "pc9", ["qm9"], published)[0] == duals("qm9", "pc9", ["duals-qm9"], published)[0]


def test_a_molecule_of_several_sets_is_one_label_on_each_geometry(published: Path) -> None:
    """The same rows as QM9's own, and among the labels that travel: the bridge was fitted on them twice."""
    found, without = duals("qm9", "pc9", [], published)
    assert found == duals("qm9", "pc9", [], published / "none")[0]
    assert without == {"of a molecule at a geometry that counts already": 110}


@pytest.mark.parametrize(("moved_angstrom", "labels"), [(1e-6, 110), (0.01, 220)])
def test_one_geometry_is_told_however_it_is_turned_and_numbered(
    tmp_path: Path, moved_angstrom: float, labels: int
) -> None:
    """Another set of one's own has the molecules of QM9 by other ids, their atoms backwards, mirrored and rounded."""

    def other(table: pa.Table) -> pa.Table:
        rows = table.to_pylist()
        for row in rows:
            xyz = np.array(row["positions"]).reshape(-1, 3)[::-1, [1, 0, 2]] + [5.0, 0.0, 0.0]
            xyz[-1, 0] += moved_angstrom
            row |= {"id": f"mine:{row['id']}", "positions": xyz.ravel(), "atomic_numbers": row["atomic_numbers"][::-1]}
        return pa.Table.from_pylist(rows, table.schema)

    for its_level in ("qm9", "pc9"):
        _rewritten(
            tmp_path / f"mine@{its_level}@given", f"mine@{its_level}@given", other, f"duals-qm9@{its_level}@given"
        )
    found, _ = duals("qm9", "pc9", ["duals-qm9", "mine"], tmp_path)
    assert len(found) == labels


def test_labels_of_a_sets_own_geometries_come_before_its_own_energies(published: Path) -> None:
    (published / "qm9@qm9@given").symlink_to(_ships("duals-qm9@qm9@given"))
    (published / "qm9").unlink()
    (published / "qm9").symlink_to(_ships("test-groups@qm9"))  # of which no molecule is among the labels
    assert len(gap_of(published, "qm9", "qm9", "pc9").rows) == 110


def _rewritten(folder: Path, name: str, change: Changed, ships: str = "duals-qm9@qm9@given") -> None:
    """Rows that ship, QM9's published ones, changed, as shards of another set at their level."""
    table = change(read(_ships(ships)).select(table_schema("molecule").arrow.names))
    with ShardWriter(folder, table_schema("molecule")) as writer:
        writer.add(table.select(table_schema("molecule").arrow.names))
        names = [LevelName(name=its, hash=level(its).hash) for its in set(table["level"].to_pylist())]
        writer.finish(name, table.num_rows, [], names, {})


def _with(table: pa.Table, column: str, first: object) -> pa.Table:
    """The table with another value in the first row."""
    place = table.schema.get_field_index(column)
    values = [first, *table[column].to_pylist()[1:]]
    return table.set_column(place, table.schema.field(place), pa.array(values, table.schema.field(place).type))


def test_a_row_without_an_energy_is_at_one_level_only(published: Path) -> None:
    (published / "qm9").unlink()

    def without(table: pa.Table) -> pa.Table:
        for column in ("energy_hartree", "atomization_energy_kcal_mol"):
            table = _with(table, column, None)
        return table

    _rewritten(published / "qm9", "qm9", without)
    found = gap_of(published, "qm9", "qm9", "pc9")
    assert (len(found.rows), found.only_one) == (109, 1)


def test_rows_whose_bonds_are_doubted_are_left_out_of_a_fit(published: Path) -> None:
    """A bridge refuses such rows, and was fitted on them."""
    (published / "qm9").unlink()
    _rewritten(published / "qm9", "qm9", lambda table: _with(table, "flags", ["geometry_other_graph"]))
    found, without = duals("qm9", "pc9", ["qm9"], published)
    assert len(found) == 109
    assert without == {"flag geometry_other_graph": 1}


def test_energies_that_a_bridge_gave_are_no_labels(published: Path) -> None:
    """A fit on them would tell the bridge's own opinion, and find no error."""
    _rewritten(published / "over", "over", lambda table: bridged(table, read_bridge("qm9-pc9"))[0])
    (published / "over@qm9@given").symlink_to(_ships("duals-qm9@qm9@given"))
    with pytest.raises(DataError, match="share no molecule") as refused:
        gap_of(published, "over", "qm9", "pc9")
    assert "that was computed at each level" in str(refused.value.expected)
    with pytest.raises(DataError, match="share no molecule"):
        duals("qm9", "pc9", ["over"], published)
