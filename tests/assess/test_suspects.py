"""The screen of labels: planted errors come out on top, the worst are confirmed or cleared, compositions leave them out."""  # noqa: E501

import json
import os
import shutil
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import Ridge
from typer.testing import CliRunner

from hemdata import cli
from hemdata.assess.suspects.out_of_fold import RIDGE, OutOfFold
from hemdata.assess.suspects.probability import calibrate
from hemdata.assess.suspects.recompute import recompute
from hemdata.assess.suspects.screen import Screen, screen
from hemdata.assess.suspects.written import table_of
from hemdata.catalog import StudyCard, dataset
from hemdata.chemistry.engines import engine
from hemdata.curate.complete.records import Completion
from hemdata.curate.compose import compose
from hemdata.curate.wrong_rows.suspected import screen_file
from hemdata.door.run import On, run
from hemdata.errors import CallError, DataError
from hemdata.label.workers.where import Where
from hemdata.levels import level, with_atomization
from hemdata.report.page.suspects import suspects_page
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter, SourceFile, read, write_parquet
from hemdata.sources import open_source
from hemdata.study.planning.costs import cost
from hemdata.study.planning.steps import steps
from hemdata.units import HARTREE_KCAL_MOL

ROWS = 240
OWN = "gfn1-xtb"  # a real level that takes milliseconds; the screen holds it against GFN2-xTB
SHIFTED, WITH_ZERO_POINT = (100, 180), 200
SIZE_KCAL_MOL = 60.0


def swapped(rows: list[dict[str, Any]]) -> tuple[int, int]:
    """The least and the most bound of the commonest formula."""
    formulas = [sorted(row["atomic_numbers"]) for row in rows]
    most = max(formulas, key=formulas.count)
    order = sorted((row["atomization_energy_kcal_mol"], at) for at, row in enumerate(rows) if formulas[at] == most)
    return order[0][1], order[-1][1]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 molecules of QM9 at GFN1-xTB, five of their energies wrong."""
    card = dataset("qm9")
    source = open_source(card, None)
    table = Completion(card, source)(list(islice(source.raws(), 3000, 3000 + ROWS))).table
    rows = table.to_pylist()
    its = level(OWN)
    for row in rows:
        z, x = np.array(row["atomic_numbers"], dtype=np.uint8), np.reshape(row["positions"], (-1, 3))
        row["energy_hartree"] = engine(its).single_point(z, x, 0, 1, its, "label").energy_hartree
        row["level"] = its.name
    a, b = swapped(rows)
    rows[a]["energy_hartree"], rows[b]["energy_hartree"] = rows[b]["energy_hartree"], rows[a]["energy_hartree"]
    for number, sign in zip(SHIFTED, (1, -1), strict=True):
        rows[number]["energy_hartree"] += sign * SIZE_KCAL_MOL / HARTREE_KCAL_MOL
    rows[WITH_ZERO_POINT]["energy_hartree"] += rows[WITH_ZERO_POINT]["zpve_hartree"]
    schema = table_schema("molecule", [column for column in card.properties if column.name == "zpve_hartree"])
    made = with_atomization(pa.Table.from_pylist(rows, schema=schema.arrow), its)
    folder = tmp_path_factory.mktemp("planted") / "mine"
    (folder.parent / "swapped.json").write_text(json.dumps([a, b]))
    with ShardWriter(folder, schema) as writer:
        writer.add(made)
        files = [SourceFile(name="qm9pack", bytes=1, sha256="0" * 64)]
        writer.finish("mine", ROWS, files, [LevelName(name=its.name, hash=its.hash)])
    return folder


@pytest.fixture(scope="module")
def found(planted: Path) -> Screen:
    return screen(planted, planted.parent / "labels.sqlite", workers=0, share=0.02)


def wrong(planted: Path) -> set[str]:
    ids = read(planted, ["id"])["id"].to_pylist()
    pair = json.loads((planted.parent / "swapped.json").read_text())
    return {ids[number] for number in (*SHIFTED, *pair, WITH_ZERO_POINT)}


def test_residuals_are_those_of_a_ridge_that_never_saw_the_fold() -> None:
    draw = np.random.default_rng(1)
    x = draw.normal(size=(200, 12)).astype(np.float32)
    values = x @ draw.normal(size=12) + draw.normal(size=200)
    model = OutOfFold(x, np.ones((200, 1)))
    own = model.scores(values).residual
    for rows in model.folds:
        others = np.setdiff1d(np.arange(200), rows)
        centred = x - x.mean(axis=0)
        kept = centred[others].astype(np.float64)
        oracle = Ridge(alpha=RIDGE, fit_intercept=False).fit(kept, values[others] - values[others].mean())
        expected = values[rows] - values[others].mean() - oracle.predict(centred[rows].astype(np.float64))
        assert own[rows] == pytest.approx(expected, abs=1e-6)
        inverse = np.linalg.inv(kept.T @ kept + RIDGE * np.eye(12))
        hat = np.einsum("np,pq,nq->n", centred[rows], inverse, centred[rows])
        assert model.leverage[rows] == pytest.approx(hat, rel=1e-4)


def test_a_row_far_off_does_not_teach_the_model_and_rare_rows_are_given_room() -> None:
    draw = np.random.default_rng(2)
    x = draw.normal(size=(300, 5)).astype(np.float32)
    x[0] *= 30.0  # nothing like it was seen
    values = x @ np.arange(1.0, 6.0) + 0.1 * draw.normal(size=300)
    model = OutOfFold(x, np.ones((300, 1)))
    assert model.leverage[0] > 10 * np.median(model.leverage)
    sound = model.scores(values)
    assert abs(sound.score[0]) < abs(sound.residual[0]) / np.median(np.abs(sound.residual))
    broken = values.copy()
    broken[7] += 1000.0
    again = model.scores(broken)
    others = np.arange(300) > 7
    assert again.residual[7] - sound.residual[7] == pytest.approx(1000.0, abs=1.0)
    assert again.residual[others] == pytest.approx(sound.residual[others], abs=0.5)


def test_rows_off_by_thousands_are_found_all_and_taught_to_no_other() -> None:
    """As two molecules' energies swapped: one row in twenty, in the thousands of kcal/mol, with few of their kind."""
    draw = np.random.default_rng(5)
    x = (draw.random((400, 60)) < 0.05).astype(float)
    sound = x @ draw.normal(0, 10, 60) + draw.normal(0, 1, 400)
    values = sound.copy()
    values[:20] += draw.normal(0, 20_000, 20)
    model = OutOfFold(x, np.ones((400, 1)))
    found = model.scores(values)
    assert set(np.argsort(-np.abs(found.score))[:20]) == set(range(20))
    assert np.abs(found.residual[20:]).max() < 1.5 * np.abs(model.scores(sound).residual[20:]).max()


def test_planted_errors_stand_on_top_with_their_size(planted: Path, found: Screen) -> None:
    assert len(found.rows) == ROWS
    assert not found.left_out
    top = [row.id for row in found.rows[:12]]
    ids = read(planted, ["id"])["id"].to_pylist()
    for number, sign in zip(SHIFTED, (1, -1), strict=True):
        assert ids[number] in top
        row = next(row for row in found.rows if row.id == ids[number])
        assert row.residual_kcal_mol == pytest.approx(sign * SIZE_KCAL_MOL, abs=15.0)
        assert row.probability > 0.5
    assert wrong(planted) <= set(top)


def test_a_probability_grows_with_the_score_and_is_right_for_planted_errors() -> None:
    draw = np.random.default_rng(3)
    x = draw.normal(size=(2000, 6)).astype(np.float32)
    values = x @ np.ones(6) + draw.normal(size=2000)
    model = OutOfFold(x, np.ones((2000, 1)))
    its = calibrate(model, values, share=0.02)
    size = np.array([0.5, 3.0, 5.0, 20.0])
    probability = its.probability(size)
    assert (np.diff(probability) > 0).all()
    assert probability[0] < 0.01
    assert probability[-1] > 0.9
    chosen = draw.choice(2000, 40, replace=False)
    planted = values.copy()
    planted[chosen] += np.exp(draw.uniform(np.log(2), np.log(50), 40))
    said = its.probability(model.scores(planted).score)
    assert said.sum() == pytest.approx(40, abs=12)  # as many as it says are


def test_the_worst_are_confirmed_or_cleared_and_the_mistake_is_named(planted: Path, found: Screen) -> None:
    store = planted.parent / "own.sqlite"
    judged = recompute(found, planted, level(OWN), 12, store, workers=0)
    rows = {row.id: row for row in judged.rows}
    ids = read(planted, ["id"])["id"].to_pylist()
    assert {row.id for row in judged.rows if row.verdict == "confirmed"} == wrong(planted)
    assert rows[ids[SHIFTED[0]]].error_kcal_mol == pytest.approx(SIZE_KCAL_MOL, abs=1e-3)
    assert rows[ids[WITH_ZERO_POINT]].explanation == "zero-point energy left in"
    cleared = [row for row in judged.rows if row.verdict == "cleared"]
    assert len(cleared) == 12 - 5
    assert all(abs(row.error_kcal_mol or 0.0) < 1e-3 and not row.suspect for row in cleared)
    assert [row.verdict for row in judged.rows[12:]] == [None] * (ROWS - 12)
    text = suspects_page(judged, planted.parent / "page.html").read_text(encoding="utf-8")
    assert text.count("published less computed") == 12
    assert 'id="confirmed"' in text
    assert "<svg " in text


def test_a_composition_leaves_suspects_out_or_flags_them(planted: Path, found: Screen, tmp_path: Path) -> None:
    data = planted.parent
    card: dict[str, Any] = {"name": "sound", "title": "Sound", "about": "made"}
    path = tmp_path / "sound.yaml"
    path.write_text(json.dumps(card | {"steps": [{"take": ["mine"]}, {"without": "suspects"}]}))
    screen_file(planted).unlink(missing_ok=True)
    with pytest.raises(CallError, match="not screened"):
        compose(path, data, tmp_path / "sound")
    write_parquet(table_of(found), screen_file(planted))
    suspects = {row.id for row in found.suspects}
    assert len(suspects) >= 2
    built = compose(path, data, tmp_path / "sound")
    assert set(read(built.folder)["id"].to_pylist()) == set(read(planted)["id"].to_pylist()) - suspects
    assert compose(path, data, tmp_path / "sound").new is False
    path.write_text(json.dumps(card | {"steps": [{"take": ["mine"]}, {"flag": "suspects"}]}))
    rows = read(compose(path, data, tmp_path / "flagged").folder, ["id", "flags"]).to_pylist()
    assert {row["id"] for row in rows if "suspect" in row["flags"]} == suspects


def test_a_study_of_a_composition_without_suspects_screens_its_set_first(
    planted: Path, found: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = planted.parent
    (tmp_path / "cards" / "pipelines" / "sets").mkdir(parents=True)
    steps_of = [{"take": ["mine"]}, {"without": "suspects"}]
    made = {"name": "sound", "title": "Sound", "about": "made", "steps": steps_of}
    (tmp_path / "cards" / "pipelines" / "sets" / "sound.yaml").write_text(json.dumps(made))
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path / "cards"))
    screen_file(planted).unlink(missing_ok=True)
    card = StudyCard.model_validate({
        "name": "sound", "title": "t", "question": "q", "level": OWN, "groups": [], "seeds": [0],
        "sets": {"sound": {"dataset": "sound", "molecules": 200}}, "networks": [{"network": "dressed-atoms"}],
    })  # fmt: skip
    due = steps(card, data, tmp_path / "run")
    assert [(each.kind, each.name, each.done) for each in due[:3]] == [
        ("build", "mine", True), ("screen", "mine", False), ("build", "sound", False)
    ]  # fmt: skip
    assert cost(due[1], card, data, tmp_path / "run").seconds > 0
    ran = run(card, data, tmp_path / "run", on=On(Where(0)), where=tmp_path, tell=lambda _: None, shown=False)
    assert [each.kind for each in ran.done] == ["screen", "build", "train", "report"]  # each needs the one before
    assert not ran.failed
    at_default = screen(planted, data / "labels.sqlite", workers=0)
    assert screen_file(planted).with_suffix(".txt").read_text().split() == [row.id for row in at_default.suspects]
    assert steps(card, data, tmp_path / "run")[1].done
    os.utime(planted / "manifest.json")  # the set was built again: its screen is another set's
    os.utime(screen_file(planted), (0, 0))
    shutil.rmtree(data / "sound")
    assert not steps(card, data, tmp_path / "run")[1].done


def test_the_command_writes_rows_and_ids_and_tells_the_worst(planted: Path) -> None:
    run = CliRunner()
    data = str(planted.parent)
    told = run.invoke(cli.commands(), ["suspects", "mine", "--data", data, "--workers", "0", "--share", "0.02"])
    assert told.exit_code == 0, told.output
    ids = screen_file(planted).with_suffix(".txt").read_text().split()
    assert f"{len(ids)} suspects" in told.output
    again = run.invoke(
        cli.commands(), ["suspects", "mine", "--data", data, "--workers", "0", "--share", "0.02", "--json"]
    )
    worst = json.loads(again.stdout)["worst"]
    assert [row["id"] for row in worst if row["suspect"]] == ids
    for bad in (["--share", "0"], ["--cheap", OWN]):
        assert run.invoke(cli.commands(), ["suspects", "mine", "--data", data, "--workers", "0", *bad]).exit_code == 2


def test_too_few_rows_are_refused(planted: Path) -> None:
    with pytest.raises(DataError, match="too few rows"):
        screen(planted, planted.parent / "labels.sqlite", n=20, workers=0)
