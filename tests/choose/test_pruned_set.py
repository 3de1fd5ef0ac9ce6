"""A set pruned by command: written as a list or as a composition that builds to the same molecules, or refused."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from command_line import hemdata

from hemdata.catalog import label_places
from hemdata.choose.pruned_set import select_pruned, write_composition
from hemdata.choose.targets import targets
from hemdata.curate.compose import compose
from hemdata.errors import CallError, DataError
from hemdata.identity import flat_graph
from hemdata.shards import read


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The molecules of pubchem9 that ship with labels, and the test molecules."""
    folder = tmp_path_factory.mktemp("data")
    for name in ("pubchem9@pc9", "test-groups@gfn2-xtb"):
        shutil.copytree(next(place / name for place in label_places() if (place / name).is_dir()), folder / name)
    return folder


def test_the_composition_that_is_written_builds_to_what_was_kept(data: Path) -> None:
    pool = data / "pubchem9@pc9"
    told = select_pruned(pool, "influence", keep=0.2)
    there = read(pool).num_rows
    assert (told.read, told.candidates, len(told.picks)) == (there, there, round(0.2 * there))
    card = data / "kept.yaml"
    write_composition(card, pool, told, "influence")
    write_composition(card, pool, told, "influence")  # the same again is no other
    built = compose(card, data, data / "kept")
    assert built.manifest.counts.accepted == round(0.2 * there)
    table = read(data / "kept")
    assert set(table["id"].to_pylist()) == {pick.id for pick in told.picks}
    assert set(table["level"].to_pylist()) == {"pc9"}
    assert set(table["atomization_energy_kcal_mol"].to_pylist()) <= set(
        read(pool)["atomization_energy_kcal_mol"].to_pylist()
    )


def test_no_test_molecule_is_kept(data: Path) -> None:
    with pytest.raises(DataError, match="No molecule of the set can be kept"):
        select_pruned(data / "test-groups@gfn2-xtb", "random", keep=0.5)
    graphs = {flat_graph(target.inchikey) for target in targets(["test-groups"])}
    kept = {pick.id for pick in select_pruned(data / "pubchem9@pc9", "coverage", keep=1.0).picks}
    keys = {row["id"]: row["inchikey"] for row in read(data / "pubchem9@pc9", ["id", "inchikey"]).to_pylist()}
    assert not graphs & {flat_graph(keys[id]) for id in kept}


def test_the_command_writes_and_says_what_it_kept(data: Path) -> None:
    told = hemdata(
        "select", "pubchem9@pc9", "--by", "pruning", "--keep", "0.1", "--rule", "k-centre", "--for", "azoxy",
        "--out", "few.smi", "--data", str(data), cwd=data,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    there = read(data / "pubchem9@pc9").num_rows
    few = round(0.1 * there)
    said = f"few.smi: {few:,} of {there:,} candidates, pruned by k-centre ({there:,} read; 0 test molecules"
    assert said in told.stdout
    assert len((data / "few.smi").read_text().splitlines()) == few
    composed = hemdata(
        "select", "pubchem9@pc9", "--by", "pruning", "--budget", "12", "--out", "dozen.yaml", "--data", str(data),
        "--json", cwd=data,
    )  # fmt: skip
    assert composed.returncode == 0, composed.stderr
    ids = [pick["id"] for pick in json.loads(composed.stdout)["picks"]]
    assert len(ids) == 12
    card = yaml.safe_load((data / "dozen.yaml").read_text())
    assert card["steps"][0] == {"take": ["pubchem9"], "at": "pc9"}
    assert all(f"'{id}'" in card["steps"][1]["filter"] for id in ids)


def test_what_the_command_cannot_do_it_refuses(data: Path) -> None:
    for words, said in {
        ("--by", "pruning"): "told how much to keep",
        ("--by", "coverage", "--keep", "0.5"): "does not belong",
        ("--budget", "5"): "for molecules to be predicted",
    }.items():
        told = hemdata("select", "pubchem9@pc9", *words, "--data", str(data), cwd=data)
        assert (told.returncode, said in told.stderr) == (2, True), told.stderr


def test_a_wrong_share_pool_or_name_is_refused(data: Path, tmp_path: Path) -> None:
    pool = data / "pubchem9@pc9"
    for wrong in ({"keep": 0.0}, {"keep": 1.5}, {"keep": 0.5, "budget": 5}, {}):
        with pytest.raises(CallError, match="how much to keep"):
            select_pruned(pool, "random", **wrong)  # type: ignore[arg-type]
    (tmp_path / "list.smi").write_text("CCO\n")
    with pytest.raises(CallError, match="keeps a part of a set"):
        select_pruned(tmp_path / "list.smi", "random", keep=0.5)
    told = select_pruned(pool, "random", budget=3)
    with pytest.raises(CallError, match="No set can have this name"):
        write_composition(tmp_path / "My Set.yaml", pool, told, "random")
    (tmp_path / "mine.yaml").write_text("something else")
    with pytest.raises(CallError, match="Something else stands there"):
        write_composition(tmp_path / "mine.yaml", pool, told, "random")
    with pytest.raises(CallError, match="usual geometries"):
        write_composition(tmp_path / "other.yaml", Path("qm9@pc9@given"), told, "random")
