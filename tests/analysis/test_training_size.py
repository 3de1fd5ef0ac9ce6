"""Sets at several training sizes: the card, the cells, the rows told apart, and size as a factor of the analysis."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pydantic import ValidationError

from hemdata.analysis.cross import cross_of
from hemdata.analysis.matrix import ErrorMatrix, Model, error_matrix, largest_size, same_sizes, sizes_apart
from hemdata.analysis.statistics import FloatArray
from hemdata.analysis.variance import explained, factors_of
from hemdata.catalog import StudyCard, TrainingSet
from hemdata.errors import DataError
from hemdata.study.cells import cells

SIZES = (500, 1000, 2000)
FACTORS = ("training set", "network", "training size", "group")


def card(**sets: dict[str, object]) -> StudyCard:
    return StudyCard.model_validate({
        "name": "made", "title": "made", "question": "?", "level": "gfn2-xtb", "sets": sets, "groups": [],
        "networks": [{"network": "dressed-atoms"}], "seeds": [0, 1],
    })  # fmt: skip


def test_a_set_at_three_sizes_is_three_cells_of_one_name_each_with_its_own_molecules() -> None:
    made = card(qm9={"dataset": "qm9", "molecules": [100, 200, 400]},
                more={"dataset": "qm9", "molecules": 100, "plus": {"my-amons": [50, 100, 200]}})  # fmt: skip
    matrix = cells(made)
    assert sorted(cell.name for cell in matrix if cell.seed == 0) == [
        "dressed-atoms-more-120-s0", "dressed-atoms-more-160-s0", "dressed-atoms-more-240-s0",
        "dressed-atoms-qm9-160-s0", "dressed-atoms-qm9-320-s0", "dressed-atoms-qm9-80-s0",
    ]  # fmt: skip
    parts = {cell.name: cell.training_set.parts for cell in matrix}
    assert parts["dressed-atoms-more-160-s0"] == [("qm9", 100), ("my-amons", 100)]
    assert parts["dressed-atoms-qm9-320-s0"] == [("qm9", 400)]
    assert made.sets["more"].parts == [("qm9", 100), ("my-amons", 200)]  # what must be labelled for all of them


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"molecules": [100, 200], "plus": {"pc9": [1, 2, 3]}}, "equally long"),
        ({"molecules": [200, 100]}, "must rise"),
        ({"molecules": [1000, 1040]}, "must rise by 5 %"),
        ({"molecules": [100]}, "at least 2"),
        ({"molecules": [10, 100]}, "greater than or equal to 20"),
    ],
)
def test_sizes_that_are_none_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TrainingSet.model_validate({"dataset": "qm9", **wrong})


def test_sizes_within_five_percent_count_as_the_larger_and_no_chain_of_them_does() -> None:
    assert same_sizes([1000, 960, 949, 940, 500]) == {1000: 1000, 960: 1000, 949: 949, 940: 949, 500: 500}
    assert same_sizes([]) == {}


def rows(sizes: dict[tuple[str, int, int], float]) -> pd.DataFrame:
    """Predictions of one molecule: (set, size, seed) -> error."""
    return pd.DataFrame([
        {"study": "made", "cell": f"n-{name}-{size}-s{seed}", "network": "n", "training_set": name, "level": "pc9",
         "training_size": size, "seed": seed, "group": "g", "molecule_id": "m", "smiles": "C", "n_heavy": 1,
         "n_atoms": 5, "reference_kcal_mol": 10.0, "predicted_kcal_mol": 10.0 + error, "in_training": False,
         "environments_unseen": 0.0}
        for (name, size, seed), error in sizes.items()
    ])  # fmt: skip


def test_of_several_sizes_the_tables_take_the_largest_and_the_analysis_all() -> None:
    frame = rows({("a", 100, 0): 3.0, ("a", 200, 0): 2.0, ("a", 196, 1): 2.5, ("a", 101, 1): 4.0, ("b", 200, 0): 1.0})
    assert sorted(set(largest_size(frame)["predicted_kcal_mol"])) == [11.0, 12.0, 12.5]
    assert set(sizes_apart(frame)["training_size"]) == {101, 200}
    largest = error_matrix(pa.Table.from_pandas(frame))
    assert largest.models == (Model("n", "a", 200), Model("n", "b", 200))
    every = error_matrix(pa.Table.from_pandas(frame), every_size=True)
    assert every.models == (Model("n", "a", 101), Model("n", "a", 200), Model("n", "b", 200))
    assert np.allclose(every.absolute[0][:, :, 0], [[3.0, 4.0], [2.0, 2.5], [1.0, np.nan]], equal_nan=True)
    with pytest.raises(DataError, match="two cells of nearly one size"):
        sizes_apart(rows({("a", 100, 0): 1.0, ("a", 98, 0): 1.0}))


def matrix_of(log_mae: FloatArray, rng: np.random.Generator, noise: float = 0.1, seeds: int = 3) -> ErrorMatrix:
    """Models whose logarithmic errors are those given (sets, networks, sizes, groups), on 40 molecules a group."""
    n_sets, n_networks, n_sizes, n_groups = log_mae.shape
    models = tuple(Model(f"n{n}", f"t{t}", SIZES[s]) for t in range(n_sets) for n in range(n_networks)
                   for s in range(n_sizes))  # fmt: skip
    flat = log_mae.reshape(-1, n_groups)
    luck = rng.normal(0, noise, (len(flat), seeds, 1))
    groups = tuple(
        np.exp(flat[:, g, None, None] + luck + rng.normal(0, 0.6, 40) + rng.normal(0, 0.3, (len(flat), 1, 40)))
        for g in range(n_groups)
    )
    names = tuple(f"g{g}" for g in range(n_groups))
    return ErrorMatrix(models, names, tuple(range(seeds)), groups, tuple(np.ones(40) for _ in names), (0,) * n_groups,
                       (0,) * n_groups)  # fmt: skip


SET = np.array([0.4, -0.4])[:, None, None, None]
SIZE = np.array([0.3, 0.0, -0.3])[None, None, :, None]
GROUP = np.array([0.5, -0.5])[None, None, None, :]


def test_a_known_share_of_the_size_is_within_its_interval() -> None:
    shape = (2, 2, 3, 2)
    parts = {"training set": 0.4**2, "training size": 0.06, "group": 0.25, "seed": 0.1**2}
    truth = {name: parts.get(name, 0.0) / sum(parts.values()) for name in (*factors_of(FACTORS), "seed")}
    rng, trials, hits, driver = np.random.default_rng(8), 60, dict.fromkeys(truth, 0), 0
    for trial in range(trials):
        found = explained(matrix_of(np.broadcast_to(SET + SIZE + GROUP, shape), rng), resamples=300, seed=trial)
        assert found.sizes == SIZES
        for effect, low, high in found.effects[["effect", "share_low", "share_high"]].itertuples(index=False):
            hits[effect] += low <= truth[effect] <= high
        row = found.drivers.set_index("driver").loc["training size"]
        driver += row["share_low"] <= 0.06 / (0.16 + 0.06) <= row["share_high"]
    assert list(found.drivers["driver"]) == ["training set", "network", "training size", "only together"]
    covered = {name: count / trials for name, count in hits.items()}
    assert min(covered.values()) >= 0.85, covered
    assert driver / trials >= 0.85


def test_a_set_whose_effect_turns_with_the_size_is_told_as_both_together() -> None:
    turning = np.array([1.0, -1.0])[:, None, None, None] * np.array([0.5, 0.0, -0.5])[None, None, :, None]
    made = matrix_of(np.broadcast_to(turning + GROUP, (2, 1, 3, 2)), np.random.default_rng(3))
    found = explained(made, resamples=200)
    assert list(found.drivers["driver"]) == ["training set", "training size", "only together"]
    assert found.drivers.set_index("driver").loc["only together", "share"] > 0.9


def test_where_not_all_sets_stand_at_two_sizes_the_largest_of_each_is_compared_and_the_rest_named() -> None:
    whole = matrix_of(np.broadcast_to(SET + SIZE + GROUP, (2, 2, 3, 2)), np.random.default_rng(4))
    keep = [i for i, m in enumerate(whole.models) if m.training_set == "t0" or m.training_size == 2000]
    models, groups = tuple(whole.models[i] for i in keep), tuple(group[keep] for group in whole.absolute)
    part = replace(whole, models=models, absolute=groups)
    cross = cross_of(part)
    assert (cross.sets, cross.networks, cross.sizes) == (("t0", "t1"), ("n0", "n1"), (2000,))
    assert {part.models[i].training_size for i in cross.index.ravel()} == {2000}
    assert cross.left_out == ("500 molecules", "1,000 molecules")
    assert "training size" not in set(explained(part, resamples=50).effects["effect"])
