"""What cannot be asked is a sentence, before anything is labelled or trained; what has no labels claims no error."""

from pathlib import Path
from typing import Any

import pytest
from improvements import ASKED, ON

from hemdata.choose.targets import targets
from hemdata.errors import CallError, DataError
from hemdata.identity import flat_graph
from hemdata.improve.asked import Asked
from hemdata.improve.group import parted
from hemdata.improve.rounds import improve
from hemdata.improve.watch import Watch
from hemdata.report.page.improved import improved_page
from hemdata.report.rounds import rounds_table, sentence

NITRO = """C[N+](=O)[O-] nitromethane
CC[N+](=O)[O-] nitroethane
CCC[N+](=O)[O-] nitropropane
CC(C)[N+](=O)[O-] 2-nitropropane
O=[N+]([O-])CCO nitroethanol
CCO[N+](=O)[O-] ethyl-nitrate
CCCO[N+](=O)[O-] propyl-nitrate
"""


def asked(**other: Any) -> Asked:
    return Asked(**(ASKED.settings() | other))


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"budget": 0}, "budget is too small"),
        ({"rounds": 0}, "rounds is too small"),
        ({"seeds": 0}, "seeds is too small"),
        ({"by": "luck"}, "no such way of choosing"),
        ({"by": "coverage", "pool": None}, "none is given"),
        ({"by": "best", "seeds": 1}, "2 seeds at least"),
        ({"base": "qm9=19"}, "base does not read"),
        ({"base": "qm9=many"}, "base does not read"),
        ({"validation": 0.0}, "share of the group"),
        ({"validation": 1.0}, "share of the group"),
        ({"target": 0.0}, "more than 0 kcal/mol"),
        ({"network": "pain"}, "painn"),
        ({"network": "painn:huge"}, "no such configuration"),
        ({"network": "dressed-atoms:small"}, "no such configuration"),
        ({"level_name": "gfn3"}, "gfn2-xtb"),
    ],
)
def test_a_value_that_cannot_be_is_refused(other: dict[str, Any], words: str) -> None:
    with pytest.raises(CallError) as refused:
        asked(**other)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("other", "kind", "words"),
    [
        ({"group": "nitro"}, CallError, "no group of molecules 'nitro'"),
        ({"base": "qm9=30"}, CallError, "hemdata label qm9"),
        ({"base": "neuro=36"}, DataError, "Too few molecules of 'neuro'"),
        ({"pool": "none.smi"}, CallError, "no such file of SMILES"),
        ({"pool": None, "control": True}, CallError, "no pool to choose from at random"),
        ({"group": "neuro"}, DataError, "Too few molecules of 'neuro'"),
    ],
)
def test_what_is_not_there_is_told_before_anything_is_made(
    folder: Path, other: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as refused:
        improve(asked(**other), folder / "data", folder / "run", on=ON)
    assert words in str(refused.value)
    assert not list((folder / "run").glob("**/*.parquet"))


def test_a_pool_without_a_candidate_left_is_told(folder: Path) -> None:
    (folder / "tested.smi").write_text("".join(f"{target.smiles}\n" for target in targets(["azoxy"])))
    with pytest.raises(DataError, match="nothing to choose"):
        improve(asked(by="coverage", pool="tested.smi", control=False, max_heavy=40), folder / "data", folder / "run",
                on=ON)  # fmt: skip


def test_a_group_without_labels_is_told_a_spread_and_no_error(folder: Path) -> None:
    (folder / "nitro.smi").write_text(NITRO)
    told: list[str] = []
    wanted = asked(group="nitro.smi", by="uncertainty", pool=None, control=False, budget=2, rounds=1)
    found = improve(wanted, folder / "data", folder / "run", on=ON, watch=Watch(told.append))
    assert "A spread is no error" in told[0]
    rows = found.rows.to_pylist()
    assert [row["mae_kcal_mol"] for row in rows] == [None, None]
    assert all(row["spread_kcal_mol"] > 0 for row in rows)
    assert "no reference labels" in sentence(rows, found.why)
    assert rounds_table(rows).row_count == 2
    assert "No error is known" in improved_page(found, wanted, folder / "page.html").read_text()
    for words in ({"target": 1.0}, {"by": "best"}):
        other = Asked(**(wanted.settings() | words))
        with pytest.raises(CallError, match="no reference labels"):
            improve(other, folder / "data", folder / "run", on=ON)
    (folder / "mine.smi").write_text("".join(f"{each.smiles}\n" for each in targets(["neuro"])))
    with pytest.raises(DataError, match="base holds molecules of the group"):
        improve(asked(group="mine.smi", control=False), folder / "data", folder / "other", on=ON)


def test_the_best_way_is_found_by_a_trial_on_the_part_that_is_chosen_for(folder: Path) -> None:
    told: list[str] = []
    wanted = asked(by="best", control=False, budget=6)
    found = improve(wanted, folder / "data", folder / "run", on=ON, watch=Watch(told.append))
    (trial,) = [line for line in told if line.startswith("trial")]
    errors = dict(zip(*[iter(trial.partition(": ")[2].partition(";")[0].replace(",", "").split())] * 2, strict=True))
    assert set(errors) == {"coverage", "amons", "uncertainty"}
    best = min(errors, key=lambda way: float(errors[way]))
    assert found.rows["by"].to_pylist() == ["nothing", "trial", best]
    assert found.rows["bought"].to_pylist() == [0, 3, 6], "labels of the trial are paid, and trained on"


def test_the_parts_of_a_group_depend_on_identity_and_seed_alone() -> None:
    azoxy = targets(["azoxy"])
    kept, held = parted(azoxy, 0.3, 0)
    again = parted(azoxy[::-1], 0.3, 0)
    assert {each.id for each in held} == {each.id for each in again[1]}
    assert {each.id for each in held} != {each.id for each in parted(azoxy, 0.3, 1)[1]}
    assert not {flat_graph(each.inchikey) for each in kept} & {flat_graph(each.inchikey) for each in held}
    assert len(held) == 14
    assert len(kept) + len(held) == 45
    with pytest.raises(DataError, match="too small"):
        parted(azoxy[:5], 0.3, 0)
