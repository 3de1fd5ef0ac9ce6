"""An ensemble of networks doubts labels: none judges a row that it saw, wrong ones stand out, networks are kept."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from hemdata import cli
from hemdata.assess.suspects.compare import Compared
from hemdata.assess.suspects.screen import screened
from hemdata.levels import level, with_atomization
from hemdata.molecules import from_shards
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter, SourceFile, find, read
from hemdata.train.doubted import Ensemble, judged_by
from hemdata.units import HARTREE_KCAL_MOL

SHIPPED = "duals-qm9@pc9@given"
WRONG = {"qm9:gdb_55": 25.0, "qm9:gdb_160": -25.0}  # kcal/mol


@pytest.fixture(scope="module")
def held() -> Compared:
    """110 molecules that ship at two density functionals, two of the energies wrong."""
    molecules = list(from_shards(find(SHIPPED)))
    energies = [
        dict(
            zip(
                *(read(find(name)).select([c]).column(0).to_pylist() for c in ("id", "energy_hartree")),
                strict=True,
            )
        )
        for name in (SHIPPED, "duals-qm9@qm9@given")
    ]
    own, cheap = (np.array([its[one.id] for one in molecules]) for its in energies)
    own += np.array([WRONG.get(one.id, 0.0) for one in molecules]) / HARTREE_KCAL_MOL
    return Compared("duals-qm9", "qm9", molecules, own, cheap)


def test_wrong_labels_stand_on_top_and_no_row_is_judged_by_what_saw_it(held: Compared, tmp_path: Path) -> None:
    told: list[tuple[int, str]] = []
    judge = Ensemble("pair-distance-ridge", tmp_path, members=2, progress=lambda n, what: told.append((n, what)))
    found = screened(held, judge=judge)
    assert {row.id for row in found.rows[:2]} == set(WRONG)
    for row in found.rows[:2]:
        assert row.residual_kcal_mol == pytest.approx(WRONG[row.id], abs=5.0)
        assert row.probability > 0.5
    assert len(list(tmp_path.iterdir())) == 10
    # its own label decides nothing of what is said of a row: the same residual but for the change
    at = next(number for number, one in enumerate(held.molecules) if one.id == "qm9:gdb_55")
    other = held.energy_hartree.copy()
    other[at] += 100.0 / HARTREE_KCAL_MOL
    again = screened(
        Compared("duals-qm9", "qm9", held.molecules, other, held.cheap_hartree),
        judge=Ensemble("pair-distance-ridge", tmp_path / "again", members=2),
    )
    before, after = (
        next(row for row in its.rows if row.id == "qm9:gdb_55").residual_kcal_mol for its in (found, again)
    )
    assert after - before == pytest.approx(100.0, abs=1e-6)


def test_a_sound_row_has_a_score_of_one_and_unsure_rows_are_given_room() -> None:
    draw = np.random.default_rng(0)
    spread = draw.uniform(0.1, 3.0, 2000)
    residual = draw.normal(size=2000) * np.sqrt(1.0 + spread**2)
    its = judged_by(np.zeros(2000), spread, residual)
    assert 1.4826 * np.median(np.abs(its.scores(residual).score)) == pytest.approx(1.0, abs=1e-6)
    assert its.unsure == pytest.approx(np.sqrt(1.0 + spread**2), rel=0.1)
    assert (judged_by(np.zeros(5), np.zeros(5), np.zeros(5)).unsure > 0).all()


def test_the_command_trains_a_network_once_and_keeps_it(tmp_path: Path) -> None:
    table = read(find(SHIPPED)).slice(0, 55)
    rows = table.to_pylist()
    energies = read(find("duals-qm9@qm9@given"))["energy_hartree"].to_pylist()
    its = level("qm9")
    made = with_atomization(
        pa.Table.from_pylist(
            [row | {"energy_hartree": energies[at], "level": "qm9"} for at, row in enumerate(rows)],
            schema=table_schema("molecule").arrow,
        ),
        its,
    )
    with ShardWriter(tmp_path / "mine", table_schema("molecule")) as writer:
        writer.add(made)
        files = [SourceFile(name="made", bytes=1, sha256="0" * 64)]
        writer.finish("mine", 55, files, [LevelName(name=its.name, hash=its.hash)])
    asked = ["suspects", "mine", "--data", str(tmp_path), "--workers", "0", "--json", "--by", "painn:small"]
    first = CliRunner().invoke(cli.commands(), [*asked, "--members", "1", "--epochs", "1"])
    assert first.exit_code == 0, first.output
    models = tmp_path / "mine.suspects.models" / "painn-small"
    before = {path: path.stat().st_mtime_ns for path in models.rglob("*.safetensors")}
    assert len(before) == 5
    again = CliRunner().invoke(cli.commands(), [*asked, "--members", "1", "--epochs", "1"])
    assert json.loads(again.stdout) == json.loads(first.stdout)
    assert before == {path: path.stat().st_mtime_ns for path in models.rglob("*.safetensors")}
    wrong = CliRunner().invoke(cli.commands(), [*asked[:-1], "pain"])
    assert wrong.exit_code == 2
