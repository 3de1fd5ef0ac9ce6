"""What labels cost is told before they are computed: rates recovered from timings, nothing finished counted twice."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hemdata.cli.label.estimates import tell_estimate
from hemdata.door.progress import duration
from hemdata.errors import CallError
from hemdata.label.calculation import Result, Start, calculation_for, stages
from hemdata.label.estimate import Estimate, Rate, StageEstimate, estimate
from hemdata.label.part import Part
from hemdata.label.run import label
from hemdata.label.store.database import LabelStore
from hemdata.label.workers.cost import cost
from hemdata.label.workers.where import HERE
from hemdata.levels import level
from hemdata.molecules import Molecule, read_molecules


def test_a_rate_is_found_again_and_its_interval_holds_the_truth() -> None:
    random = np.random.default_rng(3)
    costs, asked = np.exp(random.uniform(3, 9, 60)), np.exp(random.uniform(4, 9, 200))
    inside, errors = 0, []
    for _ in range(40):
        seconds = 0.002 * costs**1.2 * np.exp(random.normal(0, 0.2, len(costs)))
        rate = Rate.fitted(costs, seconds)
        true = (0.002 * asked**1.2 * np.exp(random.normal(0, 0.2, len(asked)))).sum()
        low, high = np.percentile(rate.draws(asked, random), [2.5, 97.5])
        inside += low <= true <= high
        errors.append(rate.seconds(asked).sum() / true - 1)
    assert inside >= 35  # of 40; 38 expected
    assert np.abs(errors).max() < 0.25


def test_of_one_size_alone_no_exponent_is_made_up() -> None:
    rate = Rate.fitted(np.full(10, 50.0), np.full(10, 2.0))
    assert rate.p == 1.0
    assert rate.seconds(np.array([100.0]))[0] == pytest.approx(4.0)


def alcohols(tmp_path: Path) -> list[Molecule]:
    (tmp_path / "few.smi").write_text("CO methanol\nCCO ethanol\nCCCO propanol\nO water\n")
    return list(read_molecules(tmp_path / "few.smi"))


def test_what_the_store_holds_costs_nothing_and_the_rest_is_counted_by_stage(tmp_path: Path) -> None:
    molecules = alcohols(tmp_path)
    chain = stages(level("gfn1-xtb"), level("gfn2-xtb"))
    before = estimate(molecules, chain, None)
    assert before.by_heavy == {1: 1, 2: 1, 3: 1, 4: 1}
    assert [(stage.asked, stage.finished, stage.timings) for stage in before.stages] == [(4, 0, 0), (4, 0, 0)]
    assert 0 < before.low < before.seconds < before.high
    assert before.wall(1) == pytest.approx(before.seconds)
    assert before.wall(1000) == pytest.approx(sum(stage.longest for stage in before.stages))
    with LabelStore(tmp_path / "labels.sqlite") as store:
        label(molecules[:3], chain, store, where=HERE)
        part = estimate(molecules, chain, store)
        assert [stage.finished for stage in part.stages] == [3, 3]
        assert part.seconds < before.seconds
        label(molecules, chain, store, where=HERE)
        assert estimate(molecules, chain, store).seconds == 0


@pytest.mark.parametrize(
    ("seconds", "gb", "workers", "told"),
    [
        (0.3, 0.4, 1, "less than 1 s with 1 worker, which needs less than 1 GB."),
        (0.3, 0.4, 2, "less than 1 s with 2 workers, which need less than 1 GB."),
        (90.0, 0.6, 2, "about 45 s with 2 workers, which need 1 GB."),
        (90.0, 2.0, 1, "about 90 s with 1 worker, which needs 2 GB."),
    ],
)
def test_nothing_needs_no_memory_and_the_words_fit_the_number(
    seconds: float, gb: float, workers: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    one = StageEstimate("energies", 1, 0, seconds, seconds, seconds, 0.1, gb)
    tell_estimate(Estimate({1: 1}, [one], seconds, seconds), workers, False)
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.partition("; ")[2] == told
    assert line.startswith(f"In all {duration(seconds)} of one core ({duration(seconds)})")


def test_the_rate_is_the_stores_own_where_it_has_timings(tmp_path: Path) -> None:
    molecules = alcohols(tmp_path)
    its = level("pc9")
    chain = stages(its, None)
    given_ones = [
        Molecule(str(i), None, None, None, i, atomic_numbers=[6] * i, positions=[1.4 * j for j in range(3 * i)])
        for i in range(2, 12)
    ]
    with LabelStore(tmp_path / "labels.sqlite") as store:
        for molecule in given_ones:
            task = calculation_for(chain[0], None, 0, 1, Start(molecule.atomic_numbers, molecule.positions))
            told = task.described | {"seconds": 1e-4 * cost(task, 0)}
            store.put(Result(task.key, None, molecule.atomic_numbers, molecule.positions, -1.0, told))
        asked = [Molecule("new", None, None, None, 5, atomic_numbers=[7] * 5, positions=[1.3 * j for j in range(15)])]
        found = estimate(asked, chain, store)
        task = calculation_for(chain[0], None, 0, 1, Start(asked[0].atomic_numbers, asked[0].positions))
        assert found.stages[0].timings == 10
        assert found.seconds == pytest.approx(1e-4 * cost(task, 0), rel=1e-6)
    assert molecules  # a level of another kind has no timings here
    with LabelStore(tmp_path / "labels.sqlite", read_only=True) as store:
        assert estimate(molecules, stages(level("gfn2-xtb"), level("gfn2-xtb")), store).stages[0].timings == 0


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.integers(1, 5))
def test_parts_are_disjoint_and_together_everything(sizes: list[int], parts: int) -> None:
    molecules = [Molecule(f"m{i}", None, None, None, n) for i, n in enumerate(sizes)]
    shares = [Part(k, parts).of(molecules) for k in range(1, parts + 1)]
    assert sorted(m.id for share in shares for m in share) == sorted(m.id for m in molecules)
    atoms = [sum(m.n_heavy for m in share) for share in shares]
    assert max(atoms) - min(atoms) <= max(sizes)


@pytest.mark.parametrize("text", ["", "0/2", "3/2", "1/0", "1-2", "a/b", "1/2/3"])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(CallError, match="no part of the work"):
        Part.read(text)
