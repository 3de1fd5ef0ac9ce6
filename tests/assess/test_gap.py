"""The gap of two levels, on folders whose answer is known by construction."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import hemdata as hd
from hemdata.assess.gap import gap, gap_of, pair
from hemdata.assess.gap_computed import gap_computed
from hemdata.catalog import label_places
from hemdata.cli.levels.gap import gap as command
from hemdata.errors import DataError, HemdataError
from hemdata.label.asked import Asked
from hemdata.label.how import Files
from hemdata.label.workers.where import Where
from hemdata.levels import level
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter, read
from hemdata.units import HARTREE_KCAL_MOL

OF_ELEMENT = {1: 0.5, 6: -1.25, 7: 2.0, 8: 3.5}  # kcal/mol that the first level binds more, for each atom
NUMBERS = (
    "name: numbers\ntitle: t\nabout: a\nengine: data\nmethod: HF/CBS\n"
    "atoms_hartree: {H: -0.5, C: -37.7}\natoms_source: s\n"
)
COLUMNS = table_schema("molecule").arrow.names


@pytest.fixture
def data(labelled: Path, tmp_path: Path) -> Path:
    """The neuro group at gfn2-xtb, and named gfn1-xtb with energies that differ by so much for each atom."""
    (tmp_path / "neuro@gfn2-xtb").symlink_to(labelled / "neuro@gfn2-xtb")
    _written(tmp_path, read(labelled / "neuro@gfn2-xtb"))
    return tmp_path


def _written(data: Path, table: pa.Table, shift: float = 0.0) -> None:
    """Atomization energies less OF_ELEMENT's sums; the positions moved."""
    other = level("gfn1-xtb")
    z = [np.array(row) for row in table["atomic_numbers"].to_pylist()]
    bound = table["atomization_energy_kcal_mol"].to_numpy() - [sum(OF_ELEMENT[n] for n in row) for row in z]
    energy = [other.atom_energies()[row].sum() - e / HARTREE_KCAL_MOL for row, e in zip(z, bound, strict=True)]
    moved = [[x + shift for x in row] for row in table["positions"].to_pylist()]
    new = {"level": ["gfn1-xtb"] * len(z), "energy_hartree": energy, "positions": moved}
    for name, values in (new | {"atomization_energy_kcal_mol": bound}).items():
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))
    with ShardWriter(data / "neuro@gfn1-xtb", table_schema("molecule")) as writer:
        writer.add(table.select(COLUMNS))
        writer.finish("neuro", table.num_rows, [], [LevelName(name="gfn1-xtb", hash=other.hash)], {})


def test_a_difference_by_composition_is_found_as_such(data: Path) -> None:
    found = gap(*pair(data, "neuro", "gfn2-xtb", "gfn1-xtb"))
    assert found.per_element == pytest.approx({"H": 0.5, "C": -1.25, "N": 2.0, "O": 3.5}, abs=1e-6)
    (group,) = found.groups()
    assert group.molecules == 35
    assert group.rest == pytest.approx(0.0, abs=1e-6)
    rows = {row["id"]: row["atomic_numbers"] for row in read(data / "neuro@gfn2-xtb").to_pylist()}
    for row in found.rows:
        assert row.difference == pytest.approx(sum(OF_ELEMENT[z] for z in rows[row.id]), abs=1e-6)


def test_a_fit_of_as_many_elements_as_molecules_is_no_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two molecules of four elements were told to be linear in the composition: four numbers fit any two."""
    few = gap_of(tmp_path, "neuro", "alchemy", "qm9")
    assert (len(few.rows), len(few.per_element), few.fitted) == (2, 4, False)
    assert [group.rest for group in few.groups()] == [None]
    command("alchemy", "qm9", "neuro", data=tmp_path, rows=True)
    told = capsys.readouterr().out
    line = next(line for line in told.splitlines() if line.split()[:2] == ["neuro", "2"])
    assert line.split()[6] == "-"
    assert "a fit of 4 elements needs more than 4 molecules, and there are 2." in told
    assert "Linear in the composition, per atom" not in told
    frame = hd.Level("alchemy").gap("qm9", "neuro", data=tmp_path)
    assert np.isnan(frame["rest_kcal_mol"]).all()


def test_the_fit_is_told_to_be_to_all_molecules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command("qm9", "pc9", "azoxy", data=tmp_path)
    assert "by one fit to all 45 molecules: H " in capsys.readouterr().out


def test_foreign_atoms_are_the_atoms_difference_of_the_levels(data: Path) -> None:
    """B's totals with A's atoms: off by the sum of the atoms' differences."""
    a, b = (level(name).atom_energies() for name in ("gfn2-xtb", "gfn1-xtb"))
    numbers = {row["id"]: row["atomic_numbers"] for row in read(data / "neuro@gfn2-xtb").to_pylist()}
    for row in gap(*pair(data, "neuro", "gfn2-xtb", "gfn1-xtb")).rows:
        assert row.foreign_atoms == pytest.approx(float((a - b)[numbers[row.id]].sum()) * HARTREE_KCAL_MOL)


def test_foreign_atoms_are_told_of_two_levels_of_one_program_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`pc9 with gfn2-xtb's atoms` was 526597.01 kcal/mol: tight binding counts no core electrons."""
    for a, there in (("gfn2-xtb", False), ("qm9", True)):
        command(a, "pc9", "neuro", data=tmp_path, rows=True)
        told = capsys.readouterr().out
        head = next(line for line in told.splitlines() if line.split()[:1] == ["group"])
        assert (f"pc9 with {a}'s atoms" in head, "foreign atoms" in told) == (there, there)
        assert ("total energies of tblite and pyscf have no common zero" in told) is not there


def test_of_numbers_alone_atomization_energies_are_compared(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows their zero: it may be the other level's, so that `have no common zero` was not true."""
    monkeypatch.setenv("HEMDATA_CARDS", str(data))
    (data / "pipelines" / "levels").mkdir(parents=True)
    atoms = ", ".join(f"{symbol}: {energy}" for symbol, energy in level("gfn2-xtb").card.atoms_hartree.items())
    for name in ("numbers", "others"):
        card = NUMBERS.replace("name: numbers", f"name: {name}").replace("{H: -0.5, C: -37.7}", f"{{{atoms}}}")
        (data / "pipelines" / "levels" / f"{name}.yaml").write_text(card.replace("HF/CBS", f"other/{name}"))
        table = read(data / "neuro@gfn2-xtb").select(COLUMNS)
        at = table.schema.get_field_index("level")
        with ShardWriter(data / f"neuro@{name}", table_schema("molecule")) as writer:
            writer.add(table.set_column(at, table.schema.field(at), pa.array([name] * table.num_rows)))
            writer.finish("neuro", table.num_rows, [], [LevelName(name=name, hash=level(name).hash)], {})
    for a, b, named in (("numbers", "gfn2-xtb", "numbers"), ("numbers", "others", "numbers and others")):
        command(a, b, "neuro", data=data)
        told = " ".join(capsys.readouterr().out.split())
        assert f"of numbers alone ({named}) only atomization energies can be compared." in told
        assert "common zero" not in told


def test_one_test_group_is_compared_out_of_all_of_them(data: Path, tmp_path: Path) -> None:
    for name in ("gfn2-xtb", "gfn1-xtb"):
        (tmp_path / f"test-groups@{name}").symlink_to(data / f"neuro@{name}")
    whole, part = (gap_of(tmp_path, name, "gfn2-xtb", "gfn1-xtb") for name in ("test-groups", "neuro"))
    assert part.rows == whole.rows
    with pytest.raises(DataError, match="share no molecule"):
        gap_of(tmp_path, "azoxy", "gfn2-xtb", "gfn1-xtb")


def test_a_level_of_another_name_that_is_the_same_one_serves(tmp_path: Path) -> None:
    """OD9's level is PC9's: the shipped labels answer for it, under the name that was asked for."""
    of_od9, of_pc9 = (gap_of(tmp_path, "explosives", "qm9", name) for name in ("od9", "pc9"))
    assert (of_od9.a, of_od9.b) == ("qm9", "od9")
    assert of_od9.rows == of_pc9.rows
    assert {row.group for row in of_od9.rows} == {"explosives"}


def test_ones_own_labels_of_one_level_stand_against_those_that_travel_of_the_other(tmp_path: Path) -> None:
    """They were passed over for a pair of folders that both travel: a gap of 44 molecules where 100 were labelled."""
    (travels,) = [place for place in label_places() if (place / "test-groups@pc9").is_dir()]
    own = tmp_path / "test-groups@qm9"
    own.symlink_to(travels / "test-groups@qm9")
    assert pair(tmp_path, "test-groups", "qm9", "pc9") == (own, travels / "test-groups@pc9")


def test_a_part_is_compared_beside_sets_that_stand_whole_and_stay(tmp_path: Path) -> None:
    """Their place was refused to the part, with the advice of an option that the command has not."""
    path = tmp_path / "mine.smi"
    path.write_text("O water\n[H][H] hydrogen\nN ammonia\n")
    files, here = Files(tmp_path), Where(workers=0)
    whole = gap_computed(Asked(path), "gfn2-xtb", "gfn1-xtb", "gfn2-xtb", where=here, files=files)
    sets = [tmp_path / f"mine@{name}" / "manifest.json" for name in ("gfn2-xtb", "gfn1-xtb")]
    before = [each.read_bytes() for each in sets]
    part = gap_computed(Asked(path, n=2), "gfn2-xtb", "gfn1-xtb", "gfn2-xtb", where=here, files=files)
    assert [each.read_bytes() for each in sets] == before
    assert (len(whole.rows), len(part.rows), part.only_one) == (3, 2, 0)
    differences = {row.id: row.difference for row in whole.rows}
    assert all(row.difference == differences[row.id] for row in part.rows)
    assert gap(*pair(tmp_path, "mine", "gfn2-xtb", "gfn1-xtb")).rows == whole.rows


def test_what_does_not_read_or_cannot_be_computed_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Such molecules were left out of the table without a word."""
    path = tmp_path / "mine.smi"
    path.write_text("O water\nC1CC broken\nC12=C3C4=C1C2=C34 strained\nN ammonia\n")
    command("gfn2-xtb", "gfn1-xtb", str(path), compute=True, workers=0, data=tmp_path)
    told = capsys.readouterr()
    assert "1 molecule left out (mine:broken): A SMILES does not parse." in told.err
    assert "1 molecule left out (mine:strained): The relaxed molecule is not the one asked for." in told.err
    files, here = Files(tmp_path), Where(workers=0)
    found = gap_computed(Asked(path), "gfn2-xtb", "gfn1-xtb", "gfn2-xtb", where=here, files=files)
    assert ({row.id for row in found.rows}, set(found.left_out)) == (
        {"mine:water", "mine:ammonia"}, {"mine:broken", "mine:strained"},
    )  # fmt: skip
    path = tmp_path / "strained.smi"
    path.write_text("C12=C3C4=C1C2=C34 strained\n")
    with pytest.raises(DataError, match=r"No molecule is labelled at gfn2-xtb\.(?s:.)*is not the one asked for"):
        gap_computed(Asked(path), "gfn2-xtb", "gfn1-xtb", "gfn2-xtb", where=here, files=files)


def test_a_labelled_file_is_found_by_its_name(data: Path, tmp_path: Path) -> None:
    assert gap_of(data, "neuro.xyz", "gfn2-xtb", "gfn1-xtb").rows == gap_of(data, "neuro", "gfn2-xtb", "gfn1-xtb").rows
    with pytest.raises(DataError, match="not labelled at both") as refused:
        gap_of(data, "some/where.xyz", "qm9", "pc9")
    assert refused.value.fix == "`hemdata label some/where.xyz --level qm9` and the same with pc9, or --compute."
    assert refused.value.expected == "where@qm9 and where@pc9"


@pytest.mark.parametrize(
    ("b", "geometry", "smiles", "refusal"),
    [
        ("qm9", "gfn1-xtb", "CCl", "no energy for an atom of Cl"),
        ("numbers", "gfn2-xtb", "C", "can only be imported"),
    ],
)
def test_what_the_second_level_cannot_do_is_told_before_the_first_is_computed(
    b: str, geometry: str, smiles: str, refusal: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relaxation of 41 s, then the sentence that the other level has no atom of Cl; and half of the labels stood."""
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    (tmp_path / "pipelines" / "levels").mkdir(parents=True)
    (tmp_path / "pipelines" / "levels" / "numbers.yaml").write_text(NUMBERS)
    path, files = tmp_path / "mine.smi", Files(tmp_path / "data")
    path.write_text(f"{smiles} first\n")
    with pytest.raises(HemdataError, match=refusal):
        gap_computed(Asked(path), "gfn1-xtb", b, geometry, where=Where(workers=0), files=files)
    assert not files.data.exists()


def test_other_geometries_and_what_is_not_labelled_are_refused(data: Path, labelled: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not labelled at both") as refused:
        pair(data, "neuro", "gfn2-xtb", "pc9")
    assert "hemdata label neuro --level" in str(refused.value)
    moved = tmp_path / "moved"
    moved.mkdir()
    _written(moved, read(labelled / "neuro@gfn2-xtb"), shift=0.01)
    with pytest.raises(DataError, match="two geometries"):
        gap(labelled / "neuro@gfn2-xtb", moved / "neuro@gfn1-xtb")


def test_a_part_of_the_molecules_that_stand_is_compared(tmp_path: Path) -> None:
    """Without --compute, -n and --max-heavy were passed over and all 160 molecules compared.

    The figures are those of docs/levels.md for the 44 molecules that are labelled at PC9's geometries too.
    """
    small = gap_of(tmp_path, "test-groups", "qm9", "pc9", max_heavy=10)
    assert [round(group.mean, 1) for group in small.groups()] == [13.4, 18.7, 20.1, 22.9, 19.9]
    assert (len(small.rows), max(row.n_heavy for row in small.rows), small.only_one) == (44, 10, 0)
    labelled = Asked("test-groups", n=5, max_heavy=10).molecules(tmp_path).molecules
    few = gap_of(tmp_path, "test-groups", "qm9", "pc9", n=5, max_heavy=10)
    assert {row.id for row in few.rows} == {molecule.id for molecule in labelled}
    with pytest.raises(DataError, match="no molecule of 1 heavy atom at most"):
        gap_of(tmp_path, "test-groups", "qm9", "pc9", max_heavy=1)
