"""Running a study: picked cells, plans with hours, time that is over, several processes, jobs of a cluster."""

import json
import os
import shlex
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import Result
from made_up import cell_tables
from test_train_eval import study
from typer.testing import CliRunner

import hemdata.cli.studies.study
import hemdata.cli.studies.train_eval  # noqa: F401  each adds its commands to the app
from hemdata.catalog import cluster_card
from hemdata.cli import app
from hemdata.errors import CallError
from hemdata.label.workers.where import HERE, Where
from hemdata.study import run as running
from hemdata.study.cells import cells, chosen
from hemdata.study.jobs import job_script, submit
from hemdata.study.lock import claimed
from hemdata.study.on import On
from hemdata.study.planning.plan import Plan, hours, plan
from hemdata.study.rows import finished, read_rows, write_cell
from hemdata.study.run import TimeUp, train_eval
from hemdata.train.rate import measured_rate

BASELINES = [{"network": "dressed-atoms"}]


def call(*words: object) -> Result:
    """The command line in this process, where the networks' libraries are imported once."""
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200", "TERM": "dumb"})


ELEMENTS = """
import torch


def build(configuration):
    return Elements()


class Elements(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.energy = torch.nn.Embedding(40, 1)

    def forward(self, batch):
        return torch.zeros(batch.n_graphs).index_add(0, batch.batch, self.energy(batch.z).squeeze(-1))
"""
NETWORK = """
name: elements
title: One weight an element
adapter: elements_of_a_test
library: torch
cite: []
elements: [H, C, N, O]
configurations: {small: {network: {}, training: {epochs: 3, batch: 8, learning_rate: 0.01}}}
"""


@pytest.fixture
def elements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network of one weight an element, as a user's own card and module."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "elements.yaml").write_text(NETWORK)
    (tmp_path / "elements_of_a_test.py").write_text(ELEMENTS)
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)


def card_file(folder: Path, **changes: object) -> Path:
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(study(**changes).model_dump(mode="json", exclude_defaults=True)))
    return path


def test_cells_are_picked_by_patterns_of_their_names() -> None:
    matrix = cells(study())
    assert [cell.name for cell in chosen(matrix, ["painn-*-s1"])] == ["painn-neuro-24-s1", "painn-saccharides-24-s1"]
    either = {cell.name for cell in chosen(matrix, ["painn-*", "*-s0"])}
    assert either == {cell.name for cell in matrix if cell.name.startswith("painn") or cell.name.endswith("s0")}
    assert chosen(matrix, []) == matrix
    with pytest.raises(CallError, match="No cell of the study fits") as refused:
        chosen(matrix, ["painn-*", "schnet-*"])
    assert "schnet-*" in str(refused.value)
    assert "dressed-atoms-neuro-24-s0" in str(refused.value)


def test_hours_are_those_of_the_last_place_to_be_free() -> None:
    """By hand: 5, 4 and 3 hours on two places, in this order: the third follows the second."""
    plans = [Plan(str(n), "to do", 0, 1, 1, n * 3600.0) for n in (5, 4, 3)]
    assert hours(plans, 1) == 12
    assert hours(plans, 2) == 7
    assert hours(plans, 9) == 5
    assert hours([], 2) == 0


def test_a_plan_tells_each_cells_state_and_takes_its_rate_from_finished_ones(labelled: Path, tmp_path: Path) -> None:
    networks = [*BASELINES, {"network": "painn", "configuration": "small", "epochs": 50}]
    card = study(networks=networks)
    write_cell(tmp_path, **cell_tables("painn", "neuro", 0, study="small", size=24, epochs=25))  # stopped early
    begun = tmp_path / "cells" / "painn-neuro-24-s1"
    (begun / "model").mkdir(parents=True)
    (begun / "model" / "curve.csv").write_text("epoch,train_loss,validation_mae_kcal_mol\n1,5.0,6.0\n2,4.0,5.0\n")
    with claimed(tmp_path / "cells" / "dressed-atoms-neuro-24-s1"):
        found = {row.cell: row for row in plan(card, labelled, tmp_path, measure=False)}
    assert found["painn-neuro-24-s0"].state == "finished"
    assert found["painn-neuro-24-s0"].seconds is None
    assert found["dressed-atoms-neuro-24-s1"].state.startswith(f"in work by process {os.getpid()}")
    epoch = 52.0 / 25  # of 24 molecules, as the finished cell says
    assert found["painn-saccharides-24-s0"].state == "to do"
    assert found["painn-saccharides-24-s0"].seconds == pytest.approx(50 * epoch)
    assert found["painn-neuro-24-s1"].state == "begun"
    assert found["painn-neuro-24-s1"].epochs_done == 2
    assert found["painn-neuro-24-s1"].seconds == pytest.approx(48 * epoch)


def test_a_dry_run_measures_and_trains_nothing(
    labelled: Path, tmp_path: Path, elements: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hemdata.train.rate.measured_rate", partial(measured_rate, seconds=0.5))
    more = {"dataset": "saccharides", "molecules": 500}
    card = card_file(
        tmp_path,
        sets={"neuro": {"dataset": "neuro", "molecules": 30}, "saccharides": more},
        networks=[{"network": "elements", "epochs": 1000}],
    )
    words = ("train-eval", card, "--data", labelled, "--out", tmp_path / "run", "--dry-run", "--json")
    ended = call(*words, "--cells", "elements-neuro-*")
    assert ended.exit_code == 0, ended.stderr
    told = json.loads(ended.stdout)
    for row in told["cells"]:
        speed = float(row["rate_from"].split()[1].replace(",", ""))
        assert 1000 * 24 / speed < row["seconds"] < 4 * 1000 * 24 / speed  # beside training it judges 3 molecules
    assert told["hours"] == pytest.approx(sum(row["seconds"] for row in told["cells"]) / 3600)
    assert not (tmp_path / "run").exists()
    ended = call(*words[:-1])
    assert ended.exit_code == 1
    assert "Too few molecules of 'saccharides'" in ended.stderr
    assert "elements-saccharides-400-s0" in ended.stdout


def test_no_epoch_is_begun_that_would_end_too_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock of our own, epochs of 10 s, and 35 s of time: three are trained, the fourth is not begun."""
    clock, told = [1000.0], []

    class Events:
        def put(self, event: tuple[str, int, int]) -> None:
            told.append(event[1])

    def fake(cell, data, out, device, progress, tell):  # type: ignore[no-untyped-def]
        for epoch in range(1, 11):
            clock[0] += 10
            progress(epoch, 10)

    monkeypatch.setattr(running, "_events", Events())
    monkeypatch.setattr(running, "run_cell", fake)
    monkeypatch.setattr(time, "time", lambda: clock[0])
    cell = cells(study())[0]
    with pytest.raises(TimeUp):
        running._run(cell, tmp_path, tmp_path, "cpu", 1035.0)
    assert told == [1, 2, 3]
    assert not (tmp_path / "cells" / cell.name / "lock").exists()
    clock[0], told[:] = 1000.0, []
    running._run(cell, tmp_path, tmp_path, "cpu", 1100.0)  # the last epoch ends just in time
    assert len(told) == 10
    with pytest.raises(TimeUp):
        running._run(cell, tmp_path, tmp_path, "cpu", 1099.0)  # nothing is begun when the time is over


def test_what_the_time_leaves_is_told_and_done_the_next_time(labelled: Path, tmp_path: Path, cells_here: None) -> None:
    card = card_file(tmp_path, networks=BASELINES, seeds=[0])
    words = ("train-eval", card, "--data", labelled, "--out", tmp_path / "run", "--cells", "*-neuro-*")
    ended = call(*words, "--max-time", "0.000001s")
    assert ended.exit_code == 0
    assert "0 cells done, 0 stood already, 0 failed, 1 left when the time was over" in ended.stdout
    assert "The same command goes on" in ended.stderr
    assert "1 cells done" in call(*words, "--max-time", "1h").stdout
    ended = call(*words, "--max-time", "soon")
    assert ended.exit_code == 2
    assert "--max-time does not read" in ended.stderr


def test_a_cell_that_another_process_has_is_left_to_it(labelled: Path, tmp_path: Path) -> None:
    card = study(networks=BASELINES)
    with claimed(tmp_path / "cells" / "dressed-atoms-neuro-24-s0"):
        ran = train_eval(card, labelled, tmp_path, on=On(HERE))
    assert sorted(ran.done) == [
        "dressed-atoms-neuro-24-s1", "dressed-atoms-saccharides-24-s0", "dressed-atoms-saccharides-24-s1",
    ]  # fmt: skip
    assert list(ran.in_work) == ["dressed-atoms-neuro-24-s0"]
    assert f"process {os.getpid()} on" in ran.in_work["dressed-atoms-neuro-24-s0"]
    assert ran.failed == {}


DRIVER = """
import json, sys
from pathlib import Path
from hemdata.catalog import study
from hemdata.label.workers.where import HERE
from hemdata.study.on import On
from hemdata.study.run import train_eval
print(json.dumps(train_eval(study(sys.argv[1]), Path(sys.argv[2]), Path("run"), on=On(HERE)).done))
"""


def test_two_drivers_on_one_folder_do_each_cell_once(labelled: Path, tmp_path: Path) -> None:
    card = card_file(tmp_path, networks=BASELINES, seeds=[0, 1, 2, 3])
    driver = [sys.executable, "-c", DRIVER, str(card), str(labelled)]
    quiet = {"cwd": tmp_path, "env": os.environ | {"OMP_NUM_THREADS": "1"}}
    started = [subprocess.Popen(driver, stdout=subprocess.PIPE, text=True, **quiet) for _ in range(2)]  # type: ignore[call-overload]
    done = [set(json.loads(driver.communicate(timeout=300)[0])) for driver in started]
    assert [driver.returncode for driver in started] == [0, 0]
    assert not done[0] & done[1]
    assert done[0] | done[1] == {cell.name for cell in cells(study(networks=BASELINES, seeds=[0, 1, 2, 3]))}
    assert read_rows(tmp_path / "run").unfinished == ()
    assert not list((tmp_path / "run").rglob("lock"))


@pytest.mark.slow
def test_a_cell_whose_process_dies_is_told_and_stops_no_other(
    labelled: Path, tmp_path: Path, elements: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network kills its own process with SIGKILL, as a system out of memory would."""
    dies = "import os\ndef build(configuration):\n    os.kill(os.getpid(), 9)\n"
    (tmp_path / "elements_of_a_test.py").write_text(dies)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    card = study(networks=[{"network": "elements"}, *BASELINES], seeds=[0])
    ran = train_eval(card, labelled, tmp_path / "run", on=On(Where(2), "cpu"))
    assert sorted(ran.done) == ["dressed-atoms-neuro-24-s0", "dressed-atoms-saccharides-24-s0"]
    assert sorted(ran.failed) == ["elements-neuro-24-s0", "elements-saccharides-24-s0"]
    assert all("process died" in reason for reason in ran.failed.values())


@pytest.mark.slow
def test_a_study_killed_and_started_again_at_once_ends_as_an_undisturbed_one(
    labelled: Path, tmp_path: Path, elements: None
) -> None:
    """SIGKILL to the driver alone: its workers end too, what they held is taken over, results are the same bits."""
    networks = [*BASELINES, {"network": "elements", "epochs": 80}]
    card = card_file(tmp_path, networks=networks, sets={"neuro": {"dataset": "neuro", "molecules": 30}}, seeds=[0])
    quiet = {"cwd": tmp_path, "env": os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(tmp_path)}}
    words = [sys.executable, "-m", "hemdata.cli", "train-eval", str(card), "--data", str(labelled), "--json"]
    words += ["--workers", "1", "--device", "cpu", "--out"]
    for epochs in (5, 40):
        driver = subprocess.Popen([*words, "run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **quiet)  # type: ignore[call-overload]
        curve = tmp_path / "run" / "cells" / "elements-neuro-24-s0" / "model" / "curve.csv"
        until = time.monotonic() + 300
        while not curve.is_file() or len(curve.read_text().splitlines()) < epochs:
            assert driver.poll() is None
            assert time.monotonic() < until
            time.sleep(0.005)
        driver.kill()
        driver.wait()
    for folder in ("run", "undisturbed"):
        ended = subprocess.run([*words, folder], capture_output=True, text=True, check=True, **quiet)  # type: ignore[call-overload]
        told = json.loads(ended.stdout)
        assert told["in_work"] == told["failed"] == {}
        assert len(told["done"]) + len(told["skipped"]) == 2
    killed, whole = (read_rows(tmp_path / folder) for folder in ("run", "undisturbed"))
    assert killed.predictions.equals(whole.predictions)
    assert killed.curves.equals(whole.curves)


CLUSTER = """
name: own
title: One node
about: Of the tests.
partition: gpu
account: chem
processes: 4
memory: 10 GB
walltime: "01:00:00"
maximum_jobs: 3
setup: ["module load python/3.12"]
directives: ["--gres=gpu:1"]
python: {python}
logs: {logs}
"""


def cluster(folder: Path, python: str = sys.executable) -> Path:
    path = folder / "own.yaml"
    path.write_text(CLUSTER.format(python=python, logs=folder / "logs"))
    return path


def test_the_job_script_asks_what_the_card_says_and_each_job_runs_one_cell(tmp_path: Path) -> None:
    own = cluster_card(cluster(tmp_path, python="/bin/echo"))
    names = [cell.name for cell in cells(study())]
    script = job_script(own, names, study="demo", study_name="demo", data=tmp_path / "my data", out=tmp_path / "run")
    asked = dict(
        line.removeprefix("#SBATCH --").split("=", 1) for line in script.splitlines() if line.startswith("#SBATCH")
    )
    assert asked["array"] == "0-11%3"
    assert asked["partition"] == "gpu"
    assert asked["account"] == "chem"
    assert asked["gres"] == "gpu:1"
    assert asked["time"] == "01:00:00"
    assert asked["mem"] == "2385M"  # a quarter of 10 GB, in SLURM's megabytes of 2^20 bytes
    script = script.replace("module load python/3.12", "true")
    for place, name in enumerate(names):
        said = subprocess.run(
            ["bash", "-c", script], env={"SLURM_ARRAY_TASK_ID": str(place)}, capture_output=True, text=True, check=True
        ).stdout
        words = shlex.split(said)
        assert words[-1] == name
        assert words[words.index("--max-time") + 1] == "3300.0s" or words[words.index("--max-time") + 1] == "3300s"
        assert str(tmp_path / "my data") in said


def test_a_submission_leaves_its_script_and_tells_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = cluster_card(cluster(tmp_path))
    (tmp_path / "bin").mkdir()
    sbatch = tmp_path / "bin" / "sbatch"
    sbatch.write_text('#!/bin/sh\n[ "$1" = --parsable ] && [ -s "$2" ] && echo "4711;mycluster"\n')
    sbatch.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert submit("#!/bin/bash\n", own, tmp_path / "run") == "4711"
    assert (tmp_path / "run" / "jobs.sbatch").read_text() == "#!/bin/bash\n"
    assert (tmp_path / "logs").is_dir()
    sbatch.write_text('#!/bin/sh\necho "sbatch: error: invalid partition specified: gpu" >&2\nexit 1\n')
    with pytest.raises(CallError, match="does not take the jobs") as refused:
        submit("#!/bin/bash\n", own, tmp_path / "run")
    assert "invalid partition specified: gpu" in str(refused.value)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(CallError, match="There is no SLURM here"):
        submit("#!/bin/bash\n", own, tmp_path / "run")


def test_a_study_runs_as_jobs_of_a_real_slurm(labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Skipped where no SLURM answers; `.ci/make-slurm` starts one of one node."""
    conf = Path(f"/tmp/hemdata-slurm-{os.getuid()}/slurm.conf")
    if conf.is_file() and "SLURM_CONF" not in os.environ:
        monkeypatch.setenv("SLURM_CONF", str(conf))
    try:
        answer = subprocess.run(
            ["sinfo", "-h", "-p", "cpu", "-o", "%t"],  capture_output=True, text=True,
            timeout=30, check=False,
        )  # fmt: skip
    except (FileNotFoundError, subprocess.TimeoutExpired):
        pytest.skip("no SLURM here")
    if answer.returncode or not answer.stdout.strip():
        pytest.skip("no SLURM answers")
    path = cluster(tmp_path)
    path.write_text(
        path.read_text().replace("partition: gpu\naccount: chem", "partition: cpu").replace('"--gres=gpu:1"', "")
        .replace("module load python/3.12", "export OMP_NUM_THREADS=1").replace("10 GB", "4 GB")
    )  # fmt: skip
    card = card_file(tmp_path, networks=BASELINES, seeds=[0])
    words = ("train-eval", card, "--data", labelled, "--out", tmp_path / "run", "--submit", path, "--device", "cpu")
    ended = call(*words, "--json")
    assert ended.exit_code == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["cells"] == ["dressed-atoms-neuro-24-s0", "dressed-atoms-saccharides-24-s0"]
    until = time.monotonic() + 240
    try:
        while not all(finished(tmp_path / "run", name) for name in told["cells"]) and time.monotonic() < until:
            time.sleep(0.5)
        logs = "\n".join(log.read_text() for log in sorted((tmp_path / "logs").iterdir()))
        assert all(finished(tmp_path / "run", name) for name in told["cells"]), logs
    finally:
        subprocess.run(["scancel", told["job"]], check=False)
    assert np.isfinite(read_rows(tmp_path / "run").predictions["predicted_kcal_mol"].to_numpy()).all()
    assert "nothing is submitted" in call(*words).stdout


def test_epochs_of_a_cell_that_is_begun_again_count_once() -> None:
    steps: list[tuple[int, str]] = []
    told = running.epochs_told(lambda epochs, cell: steps.append((epochs, cell)))
    for cell, done in (("a", 1), ("b", 2), ("a", 3), ("a", 1), ("a", 4)):
        told(cell, done, 4)
    assert steps == [(1, "a"), (2, "b"), (2, "a"), (0, "a"), (1, "a")]
