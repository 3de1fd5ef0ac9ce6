"""From a study's card to its report: each step once, its needs before it, and none that is done already."""

import json
import shutil
import signal
import sys
from pathlib import Path

import pyarrow.compute as pc
import pytest
from command_line import hemdata as hemdata_command

import hemdata.study.held
import hemdata.study.planning.plan
from hemdata.catalog import StudyCard, label_places, study
from hemdata.door.run import _DO, impossible, report_stands, run
from hemdata.errors import CallError, DataError
from hemdata.label.dataset import label_dataset
from hemdata.label.how import How
from hemdata.label.workers.where import Where
from hemdata.shards import read
from hemdata.study.cells import cells
from hemdata.study.judge_again import judge_again
from hemdata.study.on import On
from hemdata.study.planning.costs import Cost, cost, wall_seconds
from hemdata.study.planning.plan import plan
from hemdata.study.planning.steps import Step, steps, with_spare
from hemdata.study.rows import read_rows
from hemdata.study.run import train_eval

CARD = {
    "name": "mine", "title": "t", "question": "q", "level": "gfn2-xtb", "groups": ["saccharides"], "seeds": [0],
    "sets": {"few": {"dataset": "few", "molecules": 20}}, "networks": [{"network": "dressed-atoms"}],
}  # fmt: skip


def named(found: list[Step]) -> list[tuple[str, str, bool]]:
    return [(step.kind, step.name, step.done) for step in found]


def test_of_demos_card_all_is_worked_out_in_order(tmp_path: Path) -> None:
    found = steps(study("demo"), tmp_path, tmp_path / "run")
    assert named(found) == [
        ("label", "test-groups@gfn2-xtb", True),
        ("build", "qm9", False),
        ("build", "test-groups", False),
        ("label", "qm9@gfn2-xtb", False),
        ("build", "pubchem9", False),
        ("label", "pubchem9@gfn2-xtb", False),
        ("train", "demo", False),
        ("report", "demo", False),
    ]
    label = found[3]
    assert (label.number, with_spare(label.number)) == (800, 840)
    assert label.command == f"hemdata label qm9 -n 840 --without test-groups --level gfn2-xtb --data {tmp_path}"


def test_what_is_composed_is_built_after_what_it_is_composed_of(tmp_path: Path) -> None:
    card = StudyCard.model_validate(CARD | {"level": "pc9", "sets": {"q": {"dataset": "qm9-at-pc9", "molecules": 100}}})
    found = named(steps(card, tmp_path, tmp_path / "run"))
    assert found.index(("build", "qm9", False)) < found.index(("build", "qm9-at-pc9", False))
    assert ("label", "test-groups@pc9", True) in found  # they travel with hemdata


def test_labels_that_a_composition_takes_by_their_name_are_made_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    take = ["duals-qm9@qm9@given", "azoxy@gfn1-xtb@gfn1-xtb"]
    made = {"name": "both", "title": "t", "about": "a", "steps": [{"take": take, "at": "pc9", "by": "bridge"}]}
    path = tmp_path / "pipelines/sets/both.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(made))
    card = StudyCard.model_validate(CARD | {"level": "pc9", "sets": {"q": {"dataset": "both", "molecules": 100}}})
    found = {step.name: step for step in steps(card, tmp_path, tmp_path / "run")}
    assert found[take[0]].done
    assert found[take[1]].command.startswith("hemdata label azoxy --level gfn1-xtb --geometry gfn1-xtb")
    assert found[take[1]].how == How("gfn1-xtb", "gfn1-xtb")  # a run labelled on GFN2-xTB's whatever was asked
    assert set(found["both"].needs) == {found[name].id for name in take}
    seconds = cost(found["both"], card, tmp_path, tmp_path / "run").seconds
    assert 2 < seconds < 4  # of 155 rows; it was told for 10,000, as of a set that nobody knows


def test_the_largest_number_asked_of_a_set_is_labelled_once(tmp_path: Path) -> None:
    sets = {name: {"dataset": "pubchem9", "molecules": n} for name, n in (("a", 50), ("b", 300), ("c", 100))}
    found = steps(StudyCard.model_validate(CARD | {"sets": sets}), tmp_path, tmp_path / "run")
    assert [step.number for step in found if step.kind == "label" and not step.done] == [300]


def test_what_asks_for_jobs_is_loaded_before_steps_begin_in_threads_and_leaves_ctrl_c_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dask-jobqueue takes Ctrl-C when it is imported, and fails in any thread but the main one."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "dask_jobqueue"]:
        monkeypatch.delitem(sys.modules, name)
    before, seen = signal.getsignal(signal.SIGINT), list[bool]()
    for kind in ("train", "report"):
        monkeypatch.setitem(_DO, kind, lambda *_: seen.append("dask_jobqueue" in sys.modules))
    card = StudyCard.model_validate(CARD | {"level": "pc9", "sets": {"p": {"dataset": "pubchem9", "molecules": 40}}})
    run(card, tmp_path, tmp_path / "run", on=On(Where(cluster="slurm")), tell=lambda _: None, shown=False)
    assert seen == [True, True]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_file_that_is_not_there_is_told_before_anything_is_done(tmp_path: Path) -> None:
    card = StudyCard.model_validate(CARD)
    missing = next(step for step in steps(card, tmp_path, tmp_path / "run", tmp_path) if step.name == "few@gfn2-xtb")
    assert missing.cannot is not None
    assert "no file of molecules 'few'" in missing.cannot
    assert cost(missing, card, tmp_path, tmp_path / "run") == Cost()


def test_labels_of_another_level_or_too_few_do_not_count_as_done(tmp_path: Path) -> None:
    card = study("demo")
    shipped = next(folder for place in label_places() if (folder := place / "test-groups@gfn2-xtb").is_dir())
    shutil.copytree(shipped, tmp_path / "test-groups@gfn2-xtb")
    assert ("label", "test-groups@gfn2-xtb", True) in named(steps(card, tmp_path, tmp_path / "run"))
    shutil.rmtree(tmp_path / "test-groups@gfn2-xtb")
    shutil.copytree(shipped.with_name("test-groups@pc9"), tmp_path / "test-groups@gfn2-xtb")
    other = next(step for step in steps(card, tmp_path, tmp_path / "run") if step.name == "test-groups@gfn2-xtb")
    assert other.cannot is not None
    assert "hides those that travel" in other.cannot


def test_steps_that_share_work_take_less_wall_time() -> None:
    costs = [Cost(100.0, 50.0, 200.0), Cost(30.0, 20.0, 40.0, parallel=False)]
    assert wall_seconds(costs, 1) == 130.0
    assert wall_seconds(costs, 4) == 55.0


def test_a_study_of_a_users_file_runs_to_its_report_and_again_does_nothing(tmp_path: Path) -> None:
    lines = [f"{'C' * n}{end} m{n}{end}" for n in range(1, 6) for end in ("O", "N", "F", "=O", "C#N")]
    (tmp_path / "few.smi").write_text("\n".join(lines) + "\n")
    card, data, out = StudyCard.model_validate(CARD), tmp_path / "data", tmp_path / "run"
    told: list[str] = []
    ran = run(card, data, out, on=On(Where(0)), where=tmp_path, tell=told.append, shown=False)
    assert sorted(named(ran.done)) == [
        ("build", "test-groups", False),
        ("label", "few@gfn2-xtb", False),
        ("report", "mine", False),
        ("train", "mine", False),
    ]
    assert [line.split()[0] for line in told][-3:] == ["label", "train", "report"]
    assert len(told) == 4
    assert (ran.cannot, ran.failed) == ([], {})
    assert ran.page is not None
    assert ran.page.is_file()
    assert read(data / "few@gfn2-xtb").num_rows == 25
    before = {path: path.stat().st_mtime_ns for path in (out / "cells").rglob("*.parquet")}
    again = run(card, data, out, where=tmp_path, tell=told.append, shown=False)
    assert ran.answer is not None
    assert again.answer is not None
    assert (again.done, again.answer.sentence, again.page) == ([], ran.answer.sentence, ran.page)
    assert before == {path: path.stat().st_mtime_ns for path in (out / "cells").rglob("*.parquet")}
    assert len(before) == 3 * len(cells(card))
    assert not (data / "test-groups@gfn2-xtb").exists()  # labels that travel are read where they are
    shutil.rmtree(data / "few@gfn2-xtb")
    (tmp_path / "few.smi").write_text("\n".join(lines).replace(" m", " other") + "\n")
    next(out.glob("cells/*/cell.parquet")).unlink()
    with pytest.raises(DataError, match="cells of another card, or of other data"):  # seen once they are labelled
        run(card, data, out, on=On(Where(0)), where=tmp_path, tell=told.append, shown=False)


def test_a_run_of_another_card_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    """Cells were known by their names alone: the old answer came for a new question."""
    its = {"few": {"dataset": "pubchem9", "molecules": 100}}
    card = StudyCard.model_validate(CARD | {"sets": its, "level": "pc9"})
    data, out = tmp_path / "data", tmp_path / "run"
    assert run(card, data, out, on=On(Where(0)), tell=lambda _: None, shown=False).answer is not None
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    for others, what, fix in (
        ({"groups": ["saccharides", "azoxy"]}, "other groups in", "--judge-again"),
        ({"delta": "gfn2-xtb"}, "other delta in", "another --out"),
        ({"level": "qm9"}, "level", "another --out"),
    ):
        other = card.model_copy(update=others)
        for refused in (
            lambda its=other: run(its, data, out, tell=lambda _: None, shown=False),
            lambda its=other: train_eval(its, data, out, on=On(Where(0))),
        ):
            with pytest.raises(DataError, match="another card, or of other data") as told:
                refused()
            assert what in str(told.value)
            assert fix in str(told.value)
        assert all(row.reason is not None for row in plan(other, data, out))
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert all(row.reason is None for row in plan(card, data, out))


def test_a_cell_whose_predictions_were_lost_is_in_the_plan_and_done_again(tmp_path: Path) -> None:
    its = {"few": {"dataset": "pubchem9", "molecules": 100}}
    card = StudyCard.model_validate(CARD | {"sets": its, "level": "pc9", "seeds": [0, 1]})
    data, out = tmp_path / "data", tmp_path / "run"
    run(card, data, out, on=On(Where(0)), tell=lambda _: None, shown=False)
    lost = next(out.glob("cells/*s1/predictions.parquet"))
    before = lost.read_bytes()
    lost.unlink()
    assert [row.state for row in plan(card, data, out)] == ["finished", "to do"]
    assert not next(step for step in steps(card, data, out) if step.kind == "train").done
    ran = run(card, data, out, on=On(Where(0)), tell=lambda _: None, shown=False)
    assert ([step.kind for step in ran.done], ran.failed) == (["train", "report"], {})
    assert lost.read_bytes() == before


def test_cells_are_held_against_their_data_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    networks = [{"network": "dressed-atoms"}, {"network": "pair-distance-ridge"}]
    its = {"few": {"dataset": "pubchem9", "molecules": 100}}
    card = StudyCard.model_validate(CARD | {"sets": its, "level": "pc9", "networks": networks, "seeds": [0, 1]})
    data, out = tmp_path / "data", tmp_path / "run"
    quiet = {"on": On(Where(0)), "tell": lambda _: None, "shown": False}
    run(card, data, out, **quiet)
    held, read = list[str](), list[str]()
    settings, molecules = hemdata.study.held._settings, hemdata.study.planning.plan._molecules
    monkeypatch.setattr("hemdata.study.held._settings", lambda *asked: held.append(asked[0].name) or settings(*asked))
    monkeypatch.setattr(
        "hemdata.study.planning.plan._molecules", lambda *asked: read.append(asked[0].name) or molecules(*asked)
    )
    for cell in out.glob("cells/*ridge*"):
        (cell / "cell.parquet").unlink()
    assert not {step.kind: step for step in steps(card, data, out)}["train"].done
    (train,) = (step for step in steps(card, data, out) if step.kind == "train")
    assert 0 < cost(train, card, data, out).seconds < 60
    assert (len(held), len(read)) == (0, 1)  # `hemdata run --dry-run` held them before; the seeds have one set
    run(card, data, out, **quiet)
    assert len(held) == 2  # seeds
    held.clear()
    shutil.rmtree(out / "cells")
    assert plan(card, data, out)[0].reason is None
    assert (held, len(read)) == ([], 2)


def test_the_cheap_level_of_differences_is_in_the_plan_and_once(tmp_path: Path) -> None:
    its = {"few": {"dataset": "pubchem9", "molecules": 100}}
    networks = [{"network": "dressed-atoms"}, {"network": "pair-distance-ridge"}]
    card = StudyCard.model_validate(CARD | {"sets": its, "level": "pc9", "networks": networks})
    without, with_it = (
        [row.seconds or 0 for row in plan(each, tmp_path, tmp_path / "run")]
        for each in (card, card.model_copy(update={"delta": "gfn2-xtb"}))
    )
    assert with_it[0] > without[0] + 140 * 0.002  # molecules, and milliseconds each at the least
    assert with_it[1] < with_it[0] / 2


def test_fewer_labels_of_ones_own_do_not_hide_those_that_travel_in_silence(tmp_path: Path) -> None:
    data, told = tmp_path / "data", list[str]()
    shipped = next(folder for place in label_places() if (folder := place / "test-groups@alchemy").is_dir())
    shutil.copytree(shipped, data / "test-groups@pc9")  # ten molecules of 160
    its = {"few": {"dataset": "pubchem9", "molecules": 100}}
    card = StudyCard.model_validate(CARD | {"sets": its, "level": "pc9"})
    train_eval(card, data, tmp_path / "run", on=On(Where(0)), tell=told.append)
    assert told == [f"{data / 'test-groups@pc9'} holds 10 molecules, and hides the 160 that travel with hemdata."]


def test_a_study_has_no_difference_from_its_own_level_by_whatever_name() -> None:
    for name in ("pc9", "od9", "nolevel"):
        with pytest.raises(CallError, match=r"no difference from itself|no level"):
            cells(StudyCard.model_validate(CARD | {"level": "pc9", "delta": name}))


def test_each_step_needs_what_it_is_made_of_and_cells_begin_set_by_set(tmp_path: Path) -> None:
    found = {step.id: step for step in steps(study("demo"), tmp_path, tmp_path / "run")}
    assert found["qm9@gfn2-xtb"].needs == ("qm9", "test-groups")
    assert found["report demo"].needs == ("train demo",)
    train, one = found["train demo"], next(cell for cell in cells(study("demo")) if cell.set_name == "pubchem9")
    assert not train.begins({"test-groups@gfn2-xtb", "qm9", "pubchem9"})
    ready = {"test-groups@gfn2-xtb", "pubchem9@gfn2-xtb"}
    assert train.begins(ready)
    assert train.cell_begins(one, ready)
    assert not train.cell_begins(next(cell for cell in cells(study("demo")) if cell.set_name == "qm9"), ready)


def test_a_set_asked_for_in_full_and_in_part_is_one_step(tmp_path: Path) -> None:
    """The smaller number of labels ships and would be taken; the larger one does not, and holds the smaller."""
    sets = {"some": {"dataset": "pubchem9", "molecules": 40}, "many": {"dataset": "pubchem9", "molecules": 5000}}
    card = StudyCard.model_validate(CARD | {"level": "pc9", "sets": sets})
    found = [step for step in steps(card, tmp_path, tmp_path / "run") if step.name == "pubchem9@pc9"]
    assert [(step.kind, step.number) for step in found] == [("label", 5000)]


def test_a_source_that_cannot_be_had_names_what_needs_it_and_the_cells_that_will_be_missing(tmp_path: Path) -> None:
    sets = {"far": {"dataset": "qm9-at-pc9", "molecules": 100}, "near": {"dataset": "pubchem9", "molecules": 100}}
    card = StudyCard.model_validate(CARD | {"level": "pc9", "sets": sets})
    found = steps(card, tmp_path, tmp_path / "run", look=lambda its: "It is far away." if its.name == "qm9" else None)
    cannot = {step.id: step.cannot for step in found if step.cannot}
    assert cannot == {"qm9": "It is far away.", "qm9-at-pc9": "It needs qm9. It is far away."}
    train = next(step for step in found if step.kind == "train")
    assert train.missing == ("dressed-atoms-far-80-s0",)
    assert [name for name, _ in train.needs_of] == ["near"]
    lines = impossible(found)
    assert lines[0] == "build qm9 cannot be done: It is far away."
    assert lines[-1] == "1 cell will be missing: dressed-atoms-far-80-s0"
    few = StudyCard.model_validate(CARD | {"sets": {"far": {"dataset": "qm9", "molecules": 100}}})
    all_lost = steps(few, tmp_path, tmp_path / "run", look=lambda its: "No." if its.name == "qm9" else None)
    assert [step.kind for step in all_lost if step.cannot] == ["build", "label", "train", "report"]


SMALL = [f"{'C' * n}{end}" for n in range(1, 6) for end in ("O", "N", "F", "=O", "C#N")]


def test_a_file_of_too_few_molecules_is_told_before_anything_is_done_with_the_cells_that_will_be_missing(
    tmp_path: Path,
) -> None:
    """The plan said "to do" of all, and the run that there is no finished cell."""
    (tmp_path / "t.smi").write_text("\n".join(SMALL[:2]))
    (tmp_path / "u.smi").write_text("\n".join(SMALL))
    sets = {"a": {"dataset": "t", "molecules": 20}, "b": {"dataset": "u", "molecules": [20, 30]}}
    card = StudyCard.model_validate(CARD | {"sets": sets})
    found = {step.id: step for step in steps(card, tmp_path / "data", tmp_path / "run", tmp_path)}
    assert "t@gfn2-xtb" not in found
    assert found["u@gfn2-xtb"].number == 20
    train = found["train mine"]
    assert (train.cannot, set(train.missing)) == (None, {"dressed-atoms-a-16-s0", "dressed-atoms-b-24-s0"})
    told = impossible(list(found.values()))
    assert told[0].startswith("Too few molecules of 't': 20 are asked outside the test groups, and there are 2.")
    assert told[1].startswith("Too few molecules of 'u': 30 are asked outside the test groups, and there are 25.")
    assert "2 cells will be missing" in told[2]
    alone = card.model_copy(update={"sets": {"a": card.sets["a"]}})
    assert [step.kind for step in steps(alone, tmp_path / "data", tmp_path / "run", tmp_path) if step.cannot] == [
        "train", "report",
    ]  # fmt: skip


def test_test_molecules_of_a_set_do_not_count_as_its_own(tmp_path: Path) -> None:
    """Fifty labels of which two were test molecules counted as fifty, and the cells then failed with 48."""
    (tmp_path / "few.smi").write_text("\n".join(SMALL))
    (tmp_path / "mine.smi").write_text("\n".join(SMALL[:2]))
    asked = {"dataset": "few", "molecules": 20}
    card = StudyCard.model_validate(CARD | {"groups": ["mine"], "sets": {"few": asked}})
    data, out = tmp_path / "data", tmp_path / "run"
    label = {step.id: step for step in steps(card, data, out, tmp_path)}["few@gfn2-xtb"]
    assert (label.number, label.done) == (22, False)  # some of those labelled will be the group's
    ran = run(card, data, out, on=On(Where(0)), where=tmp_path, tell=lambda _: None, shown=False)
    assert (ran.failed, ran.missing) == ({}, [])
    assert {step.id: step for step in steps(card, data, out, tmp_path)}["few@gfn2-xtb"].done
    for number, there in ((23, True), (24, False)):
        its = {"few": {"dataset": "few", "molecules": number}}
        more = card.model_copy(update={"sets": StudyCard.model_validate(CARD | {"sets": its}).sets})
        for where in (tmp_path, tmp_path / "elsewhere"):  # labels alone tell it too
            found = {step.id: step for step in steps(more, data, tmp_path / "other", where)}
            assert (found["train mine"].cannot is None) == there
            reasons = [row.reason for row in plan(more, data, tmp_path / "other")]
            assert [reason is None for reason in reasons] == [there]  # as `train-eval --dry-run` says


def test_a_published_set_of_too_few_molecules_outside_the_groups_is_told(labelled: Path, tmp_path: Path) -> None:
    sets = {"s": {"dataset": "saccharides", "molecules": 20}, "n": {"dataset": "neuro", "molecules": 20}}
    card = StudyCard.model_validate(CARD | {"sets": sets})
    train = next(step for step in steps(card, labelled, tmp_path / "run") if step.kind == "train")
    assert train.missing == ("dressed-atoms-s-16-s0",)
    assert "'saccharides': 20 are asked outside the test groups, and there are 0." in train.too_few[0]
    vast = StudyCard.model_validate(CARD | {"sets": {"q": {"dataset": "qm9", "molecules": 200_000}}})
    assert next(step for step in steps(vast, tmp_path, tmp_path / "run") if step.kind == "train").cannot


def test_a_report_that_stands_is_done_until_its_cells_or_labels_are_others(tmp_path: Path) -> None:
    """The plan of a finished study was never finished: its report was always to do."""
    its = {"few": {"dataset": "pubchem9", "molecules": 100}}
    card = StudyCard.model_validate(CARD | {"sets": its, "level": "pc9"})
    data, out = tmp_path / "data", tmp_path / "run"
    ran = run(card, data, out, on=On(Where(0)), tell=lambda _: None, shown=False)

    def stands() -> bool:
        found = steps(card, data, out, reported=lambda: report_stands(card, out, data))
        return all(step.done for step in found)

    assert stands()
    page = out / "report.html"
    before = page.stat().st_mtime_ns
    again = run(card, data, out, on=On(Where(0)), tell=lambda _: None, shown=False)
    assert ran.answer is not None
    assert again.answer is not None
    assert (again.done, again.answer.sentence, page.stat().st_mtime_ns) == ([], ran.answer.sentence, before)
    (tmp_path / "mine.yaml").write_text(json.dumps(card.model_dump(mode="json", exclude_defaults=True)))
    told = hemdata_command("run", tmp_path / "mine.yaml", "--dry-run", "--data", data, "--out", out)
    assert (told.returncode, "to do" in told.stdout) == (0, False)
    page.rename(tmp_path / "moved.html")
    assert not stands()
    (tmp_path / "moved.html").rename(page)
    (out / "results/errors.parquet").unlink()
    assert not stands()


def test_where_every_cell_fails_the_run_tells_their_reasons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It said "There is no finished cell", and not why."""

    def fails(*_: object) -> None:
        raise DataError("The network takes no such molecules.")

    monkeypatch.setattr("hemdata.study.run.run_cell", fails)
    its = {"few": {"dataset": "pubchem9", "molecules": 100}}
    card = StudyCard.model_validate(CARD | {"sets": its, "level": "pc9"})
    ran = run(card, tmp_path / "data", tmp_path / "run", on=On(Where(0)), tell=lambda _: None, shown=False)
    assert ran.failed == {"dressed-atoms-few-80-s0": "The network takes no such molecules."}
    assert [(step.kind, step.cannot) for step in ran.cannot] == [("report", "No cell of the study is finished.")]
    assert ran.page is None


@pytest.mark.parametrize("name", ["demo", "harmonised", "larger-molecules", "matrix", "pruning"])
def test_every_step_of_a_card_that_ships_has_a_command(name: str, tmp_path: Path) -> None:
    assert all(step.command.startswith("hemdata ") for step in steps(study(name), tmp_path, tmp_path / "r"))


def own_study(tmp_path: Path) -> tuple[StudyCard, Path, Path, Path]:
    """A study whose test molecules are those of a user's file, which are labelled."""
    path = tmp_path / "five.smi"
    path.write_text("CO a\nCCO b\nCCN c\nCCF d\nCC=O e\n")
    lines = [f"{'C' * n}{end} m{n}{end}" for n in range(3, 8) for end in ("O", "N", "F", "=O", "C#N")]
    (tmp_path / "few.smi").write_text("\n".join(lines) + "\n")
    return StudyCard.model_validate(CARD | {"groups": ["five"]}), path, tmp_path / "data", tmp_path / "run"


def test_a_file_that_gained_molecules_is_labelled_on_and_no_answer_leaves_them_out(tmp_path: Path) -> None:
    """It stayed done: the report was of the molecules before, without a word."""
    card, path, data, out = own_study(tmp_path)
    told = list[str]()
    how = {"on": On(Where(0)), "where": tmp_path, "tell": told.append, "shown": False, "word": "five.yaml"}
    run(card, data, out, **how)
    done = [("label", "five@gfn2-xtb", True), ("label", "few@gfn2-xtb", True), ("train", "mine", True)]
    assert [its for its in named(steps(card, data, out, tmp_path)) if its[0] in ("label", "train")] == done
    path.write_text(path.read_text() + "CC#N f\n")
    (label,) = (step for step in steps(card, data, out, tmp_path) if step.name == "five@gfn2-xtb")
    assert (label.done, label.cannot, label.changed) == (False, None, str(path))
    assert not next(step for step in steps(card, data, out, tmp_path) if step.kind == "train").done
    assert cost(label, card, data, out).seconds < 1  # one molecule
    page = (out / "report.html").read_bytes()
    with pytest.raises(DataError, match="cells of another card, or of other data") as refused:
        run(card, data, out, **how)
    assert "hemdata train-eval five.yaml" in str(refused.value)
    assert "--judge-again" in str(refused.value)
    assert any(f"{path} has changed since five@gfn2-xtb was made" in line for line in told)
    assert (out / "report.html").read_bytes() == page
    assert read(data / "five@gfn2-xtb").num_rows == 6
    assert len(judge_again(card, data, out)) == 1
    run(card, data, out, **how)
    assert len(read_rows(out).predictions.filter(pc.field("group") == "five")) == 6
    assert "five:f" in (out / "report.html").read_text()


def test_a_file_that_changed_in_nothing_but_its_text_leaves_the_cells(tmp_path: Path) -> None:
    card, path, data, out = own_study(tmp_path)
    how = {"on": On(Where(0)), "where": tmp_path, "tell": lambda _: None, "shown": False}
    run(card, data, out, **how)
    path.write_text(path.read_text() + "\n")
    again = run(card, data, out, **how)
    assert sorted(step.kind for step in again.done) == ["label", "report", "train"]
    assert run(card, data, out, **how).done == []


def test_a_file_that_lost_molecules_cannot_be_labelled_and_the_plan_says_why(tmp_path: Path) -> None:
    card, path, data, out = own_study(tmp_path)
    label_dataset(path, data=data, workers=0)
    path.write_text("CO a\nCCO b\n")
    found = steps(card, data, out, tmp_path)
    label = next(step for step in found if step.name == "five@gfn2-xtb")
    assert label.cannot is not None
    assert "would be lost" in label.cannot
    assert "3 of 5 molecules that are not asked for now, as five:c" in label.cannot
    assert f"`hemdata label {path} --level gfn2-xtb --data {data} --force`" in label.cannot
    assert impossible(found)[0].startswith("label five@gfn2-xtb cannot be done: Other labels stand there")
    card_file = tmp_path / "mine.yaml"
    card_file.write_text(json.dumps(CARD | {"groups": ["five"]}))
    ended = hemdata_command("run", card_file, "--data", data, "--out", out, "--dry-run")
    assert ended.returncode == 1
    assert "would be lost" in ended.stderr


def test_of_a_file_labelled_whole_the_further_molecules_are_labelled_though_fewer_are_asked(tmp_path: Path) -> None:
    card, _, data, out = own_study(tmp_path)
    few = tmp_path / "few.smi"
    label_dataset(few, data=data, workers=0)
    few.write_text(few.read_text() + "CCCCCCCO more\n")
    label = next(step for step in steps(card, data, out, tmp_path) if step.name == "few@gfn2-xtb")
    assert (label.done, label.cannot, label.number) == (False, None, 0)
