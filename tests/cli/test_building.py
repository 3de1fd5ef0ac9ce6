"""Compositions from the command line, from parents built of archives in the published forms to every later table."""

import csv
import hashlib
import json
from pathlib import Path

import pytest
from published_forms import alchemy_zip, od9_records, od9_table, pc9_zip, qm9_archive
from typer.testing import CliRunner, Result

from hemdata.catalog import dataset
from hemdata.cli import commands
from hemdata.shards import read, read_manifest, sha256

ROWS = 40  # of QM9's, the first: gdb_1 to gdb_40


def called(*words: str | Path) -> Result:
    """`hemdata WORDS` in this process: its output and its exit code."""
    return CliRunner().invoke(commands(), [str(word) for word in words])


def told(*words: str | Path) -> dict:  # type: ignore[type-arg]
    ended = called(*words, "--json")
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """QM9, OD9 and Alchemy, each built by the command from its archive; QM9 and Alchemy also at one level."""
    folder = tmp_path_factory.mktemp("building")
    data = folder / "data"
    archives = {
        "qm9": qm9_archive(folder / "q", ROWS),
        "od9": od9_table(folder / "o", "csv"),
        "alchemy": alchemy_zip(folder / "a"),
        "pc9": pc9_zip(folder / "p"),
    }
    for name, archive in archives.items():
        ended = called("build", name, "--from", archive, "--data", data, "--no-audit")
        assert ended.exit_code == 0, ended.output
    for name, n in (("qm9", 8), ("alchemy", 5)):
        ended = called("label", name, "-n", n, "--level", "gfn2-xtb", "--data", data, "--workers", "0")
        assert ended.exit_code == 0, ended.output
    return data


@pytest.fixture
def own(data: Path, tmp_path: Path) -> Path:
    """A data folder of one's own with the same parents."""
    folder = tmp_path / "data"
    folder.mkdir()
    for parent in data.iterdir():
        (folder / parent.name).symlink_to(parent)
    return folder


def parents(folder: Path) -> dict[str, str]:
    return {file.name: file.sha256 for file in read_manifest(folder).sources}


@pytest.mark.parametrize(("name", "part"), [("od9-1", "0"), ("od9-2", "1")])
def test_the_parts_that_the_file_names_decide(own: Path, name: str, part: str) -> None:
    """And a molecule without one goes where its graph stands: but-2-yne is gdb_29 of QM9."""
    built = told("build", name, "--data", own)
    assert (built["new"], built["rejected"]) == (True, {})
    expected = {f"od9:{r['id']}" for r in od9_records() if r.get("part") == part}
    expected |= {"od9:od9_graph"} if part == "0" else set()
    table = read(own / name)
    assert set(table["id"].to_pylist()) == expected
    assert set(table["origin"].to_pylist()) == {"od9"}
    manifest = read_manifest(own / name)
    assert parents(own / name) == {
        f"{its}/manifest.json": sha256(own / its / "manifest.json") for its in ("od9", "qm9")
    }
    steps = manifest.made_from["steps"]
    assert [next(key for key in ("take", "mark", "filter") if key in step) for step in steps] == [
        "take",
        "mark",
        "filter",
    ]
    assert [step["rows"] for step in steps] == [len(od9_records()), len(od9_records()), len(expected)]
    assert steps[1]["mark"] == {"qm9": "in_qm9"}
    assert "part" in steps[2]["filter"], "the rule itself stands in the manifest"
    verified = told("verify", own / name)
    assert (verified["verified"], verified["accepted"]) == (True, len(expected))
    assert "stands already" in called("build", name, "--data", own).output


def test_without_parts_the_origin_decides_and_the_two_are_the_whole(own: Path, tmp_path: Path) -> None:
    """Oracle: the SMILES of QM9's first rows, compared by RDKit."""
    from rdkit.Chem import CanonSmiles

    (own / "od9").unlink()
    path = tmp_path / "OD9.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "smiles"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(od9_records())
    assert called("build", "od9", "--from", path, "--data", own, "--no-audit").exit_code == 0
    known = {CanonSmiles(smiles) for smiles in read(own / "qm9")["smiles"].to_pylist()}
    split = {True: set(), False: set()}  # type: dict[bool, set[str]]
    for record in od9_records():
        split[CanonSmiles(str(record["smiles"])) in known].add(f"od9:{record['id']}")
    assert all(split.values())
    for name, inside in (("od9-1", True), ("od9-2", False)):
        told("build", name, "--data", own)
        assert set(read(own / name)["id"].to_pylist()) == split[inside]
    assert not json.loads(called("overlap", "od9-1", "od9-2", "--data", own, "--json").stdout)[1]["connectivity"]


def test_a_parent_that_changed_is_noticed(own: Path, tmp_path: Path) -> None:
    told("build", "od9-1", "--data", own)
    before = parents(own / "od9-1")
    (own / "qm9").unlink()
    assert called("build", "qm9", "--from", qm9_archive(tmp_path / "q", 5), "--data", own).exit_code == 0
    assert told("build", "od9-1", "--data", own)["new"]
    assert parents(own / "od9-1") != before


def test_alqm9_is_at_one_level(own: Path) -> None:
    built = told("build", "alqm9-gfn2-xtb", "--data", own)
    assert built["accepted"] == 13 - repeated(own)
    assert [level.name for level in read_manifest(own / "alqm9-gfn2-xtb").levels] == ["gfn2-xtb"]
    table = read(own / "alqm9-gfn2-xtb")
    assert set(table["level"].to_pylist()) == {"gfn2-xtb"}
    assert set(table["origin"].to_pylist()) == {"qm9@gfn2-xtb", "alchemy@gfn2-xtb"}
    assert parents(own / "alqm9-gfn2-xtb").keys() == {"qm9@gfn2-xtb/manifest.json", "alchemy@gfn2-xtb/manifest.json"}
    assert told("info", "alqm9-gfn2-xtb", "--data", own)["built"]["mixed_levels"] is None
    assert told("verify", own / "alqm9-gfn2-xtb")["verified"]


def repeated(own: Path) -> int:
    keys = [key for name in ("qm9", "alchemy") for key in read(own / f"{name}@gfn2-xtb")["inchikey"].to_pylist()]
    return len(keys) - len(set(keys))


def test_two_levels_are_refused_where_they_are_not_asked_for_by_name(own: Path, tmp_path: Path) -> None:
    card = {"name": "plain", "title": "Plain", "about": "A merge.", "steps": [{"take": ["qm9", "alchemy"]}]}
    (tmp_path / "plain.yaml").write_text(json.dumps(card))
    refused = called("build", tmp_path / "plain.yaml", "--data", own)
    assert refused.exit_code == 1
    assert "different levels" in refused.output
    assert "alchemy" in refused.output
    assert "qm9" in refused.output
    assert not (own / "plain").exists()
    (tmp_path / "plain.yaml").write_text(json.dumps(card | {"mixed_levels": "if you like"}))
    assert "as published" in called("build", tmp_path / "plain.yaml", "--data", own).output


def test_asked_for_by_name_they_stand_wherever_the_set_is_told_of(own: Path) -> None:
    told("build", "alqm9-as-published", "--data", own)
    assert told("verify", own / "alqm9-as-published")["verified"]
    manifest = read_manifest(own / "alqm9-as-published")
    assert manifest.made_from["mixed_levels"] == "as published: alchemy and qm9"
    assert {level.name for level in manifest.levels} == {"qm9", "alchemy"}
    info = told("info", "alqm9-as-published", "--data", own)
    assert info["mixed_levels"] == "as published"
    assert info["built"]["mixed_levels"] == "as published: alchemy and qm9"
    assert set(info["holds"]["levels"]) == {"qm9", "alchemy"}
    shown = called("info", "alqm9-as-published", "--data", own).output
    assert "mixed_levels: as published: alchemy and qm9" in shown
    assert called("browse", "alqm9-as-published", "--data", own).exit_code == 0
    page = (own / "alqm9-as-published.html").read_text(encoding="utf-8")
    assert "as published: alchemy and qm9" in page
    levels = read(own / "alqm9-as-published").select(["origin", "level"]).to_pylist()
    assert {(row["origin"], row["level"]) for row in levels} == {("qm9", "qm9"), ("alchemy", "alchemy")}


def test_a_set_composed_of_a_mixed_one_is_mixed_too(own: Path, tmp_path: Path) -> None:
    """A second step does not wash it: the refusal looks at the rows, not at the parents' names."""
    told("build", "alqm9-as-published", "--data", own)
    card = {
        "name": "some",
        "title": "S",
        "about": "A sample.",
        "steps": [{"take": ["alqm9-as-published"]}, {"sample": 30}],
    }
    (tmp_path / "some.yaml").write_text(json.dumps(card))
    refused = called("build", tmp_path / "some.yaml", "--data", own)
    assert refused.exit_code == 1
    assert "different levels" in refused.output


def test_overlap_is_told_as_a_matrix_and_by_name(data: Path) -> None:
    """Oracle: the sets of keys themselves."""
    found = {
        (its["a"], its["b"]): its
        for its in json.loads(called("overlap", "qm9", "pc9", "--data", data, "--json").stdout)
    }
    keys = {name: set(read(data / name)["inchikey"].to_pylist()) for name in ("qm9", "pc9")}
    assert found["qm9", "pc9"]["exact"] == len(keys["qm9"] & keys["pc9"]) > 1
    assert found["qm9", "qm9"]["exact"] == len(keys["qm9"]) == ROWS
    shown = called("overlap", "qm9", "pc9", "--names", "--data", data).output
    assert "shared molecules" in shown
    assert found["qm9", "pc9"]["names"][0] in shown


@pytest.mark.parametrize("name", ["pc9", "alchemy", "gdb17"])
def test_offline_nothing_takes_a_missing_archives_place(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEMDATA_OFFLINE", "")  # put back afterwards
    monkeypatch.setenv("HEMDATA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HEMDATA_LOCK", str(tmp_path / "lock.json"))
    ended = called("build", name, "--offline", "--data", tmp_path / "data")
    assert ended.exit_code == 1
    for words in ("offline, and the cache does not hold it", dataset(name).files[0].url, "--from PATH"):
        assert words in ended.output
    assert not (tmp_path / "data").exists() or not list((tmp_path / "data").iterdir())


def test_offline_the_cache_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEMDATA_OFFLINE", "")
    monkeypatch.setenv("HEMDATA_CACHE", str(tmp_path))
    monkeypatch.setenv("HEMDATA_LOCK", str(tmp_path / "lock.json"))
    url = dataset("pc9").files[0].url
    pc9_zip(tmp_path / "p").rename(tmp_path / f"{hashlib.sha256(url.encode()).hexdigest()[:8]}-PC9_data.zip")
    assert told("build", "pc9", "--offline", "--data", tmp_path / "data")["accepted"] == 7
    assert json.loads((tmp_path / "lock.json").read_text())["PC9_data.zip"]["url"] == url


def test_a_composition_reads_nothing_from_elsewhere_and_names_what_it_lacks(tmp_path: Path) -> None:
    given = called("build", "od9-1", "--from", tmp_path, "--data", tmp_path)
    assert given.exit_code == 2
    assert "composed of built datasets" in given.output
    missing = called("build", "od9-1", "--data", tmp_path)
    assert missing.exit_code == 2
    assert "`hemdata build od9`" in missing.output


def test_a_set_of_an_unaudited_level_is_audited_as_it_is_built(tmp_path: Path) -> None:
    """The members are the project's own at Alchemy's level; one of their energies, changed, is found."""
    members = Path(__file__).parents[1] / "fixtures" / "alchemy"
    for words, sentence, flagged in (([], "Agrees with 'alchemy'", 0), (["--no-audit"], "level_unaudited", 5)):
        done = called("build", "alchemy", "--from", members, "--data", tmp_path, "--force", *words)
        assert done.exit_code == 0
        assert sentence in done.output
        held = json.loads(called("info", "alchemy", "--data", tmp_path, "--json").stdout)
        assert held["holds"]["flags"].get("level_unaudited", 0) == flagged
        assert ("Agrees" in str(held["built"]["audit"])) == (not words)


def test_a_set_without_a_molecule_is_an_error(tmp_path: Path) -> None:
    """Its rejected records stay, and the second time it is told too."""
    (tmp_path / "nothing.csv").write_text("id,smiles,HAC,nb_atoms\na,C1CC,3,9\nb,C(,1,5\n")
    for _ in range(2):
        ended = called("build", "od9", "--from", tmp_path / "nothing.csv", "--data", tmp_path)
        assert ended.exit_code == 1
        assert "No record was accepted" in ended.stderr
        assert "2 records read" in ended.stderr
        assert "rejected.parquet" in ended.stderr
    assert read_manifest(tmp_path / "od9").counts.read == 2
