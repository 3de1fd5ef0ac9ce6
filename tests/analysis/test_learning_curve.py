"""A study without test groups is one of learning curves: errors on each set's own test molecules, by size."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml
from command_line import hemdata

from hemdata.analysis.learning_curve import learning_curve
from hemdata.catalog import study
from hemdata.label.workers.where import HERE
from hemdata.shards import read
from hemdata.study.on import On
from hemdata.study.run import train_eval
from hemdata.train.data.splits import split

CARD = {
    "name": "sizes", "title": "t", "question": "q?", "level": "gfn2-xtb", "groups": [], "seeds": [0, 1],
    "sets": {f"neuro-{n}": {"dataset": "neuro", "molecules": n} for n in (30, 20)},
    "networks": [{"network": "dressed-atoms"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def run(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sizes")
    (folder / "sizes.yaml").write_text(yaml.safe_dump(CARD))
    train_eval(study(folder / "sizes.yaml"), data=labelled, out=folder / "run", on=On(HERE))
    return folder / "run"


def test_the_points_are_the_errors_of_a_fit_made_by_hand(run: Path, labelled: Path) -> None:
    """Oracle: numpy's least squares over the element counts of the same molecules."""
    points = learning_curve(run)
    assert [(p.training_set, p.training_size, p.seeds) for p in points] == [("neuro-20", 16, 2), ("neuro-30", 24, 2)]
    table = read(labelled / "neuro@gfn2-xtb")
    from hashlib import sha256

    order = np.argsort([sha256(f"0:{id}".encode()).hexdigest() for id in table["id"].to_pylist()], kind="stable")
    chosen = table.take(np.sort(order[:30]))
    counts = np.array([[z.count(n) for n in (1, 6, 7, 8, 9, 16, 17)] for z in chosen["atomic_numbers"].to_pylist()])
    energy = chosen["atomization_energy_kcal_mol"].to_numpy()
    errors = []
    for seed in (0, 1):
        parts = split(chosen["id"].to_pylist(), chosen["inchikey"].to_pylist(), seed)
        weights = np.linalg.lstsq(counts[parts.train].astype(float), energy[parts.train], rcond=None)[0]
        errors.append(np.abs(counts[parts.test] @ weights - energy[parts.test]).mean())
    assert points[1].mae_kcal_mol == pytest.approx(np.mean(errors), rel=0.02)  # the fit here has a small ridge
    assert points[1].deviation_kcal_mol == pytest.approx(np.std(errors, ddof=1), rel=0.05)


def test_the_report_prints_them_and_has_no_page(run: Path) -> None:
    report = partial(hemdata, "report", run)
    told = report("--json")
    assert told.returncode == 0, told.stderr
    assert [point["training_size"] for point in json.loads(told.stdout)] == [16, 24]
    shown = report()
    assert all(word in shown.stdout for word in ("dressed-atoms", "neuro-30", "24", "±"))
    assert not (run / "report.html").exists()
    assert report("--figures", str(run / "figures")).returncode == 0
    assert "molecules trained on" in (run / "figures" / "learning-curve-dressed-atoms.svg").read_text()
    refused = report("--out", "page.html")
    assert refused.returncode == 2
    assert "without test groups" in refused.stderr
