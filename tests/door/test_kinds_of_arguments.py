"""A call from Python with an argument of another kind, or out of range, is told; no traceback of inner parts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.build import molecule

import hemdata as hd
from hemdata.door.kinds import kinds_checked

GROUPS = "test-groups@gfn2-xtb"


def groups() -> hd.Set:
    return hd.Set.open(GROUPS)


@pytest.mark.parametrize(
    ("call", "where", "name"),
    [
        (lambda: hd.Set.open(None), "hd.Set.open", "name"),  # type: ignore[arg-type]
        (lambda: hd.Set(5), "hd.Set", "folder"),  # type: ignore[arg-type]
        (lambda: groups().frame("id"), "hd.Set.frame", "columns"),
        (lambda: groups().table([3]), "hd.Set.table", "columns"),  # type: ignore[list-item]
        (lambda: groups().polars(3), "hd.Set.polars", "columns"),  # type: ignore[arg-type]
        (lambda: groups().batches(rows="x"), "hd.Set.batches", "rows"),  # type: ignore[arg-type]
        (lambda: groups().split(0.5), "hd.Set.split", "fractions"),  # type: ignore[arg-type]
        (lambda: groups().split((0.8, 0.2)), "hd.Set.split", "fractions"),  # type: ignore[arg-type]
        (lambda: groups().split(seed=1.5), "hd.Set.split", "seed"),  # type: ignore[arg-type]
        (lambda: groups().export(None), "hd.Set.export", "form"),  # type: ignore[arg-type]
        (lambda: hd.Set.build(["qm9"]), "hd.Set.build", "name"),  # type: ignore[arg-type]
        (lambda: hd.Set.label(["CCO"]), "hd.Set.label", "target"),  # type: ignore[arg-type]
        (lambda: hd.Set.label("azoxy", n="x"), "hd.Set.label", "n"),  # type: ignore[arg-type]
        (lambda: hd.Set.label("azoxy", n=True), "hd.Set.label", "n"),
        (lambda: hd.Set.label("azoxy", without="explosives"), "hd.Set.label", "without"),
        (lambda: hd.Level(None), "hd.Level", "name"),  # type: ignore[arg-type]
        (lambda: hd.Level("gfn2-xtb").energy("CCO"), "hd.Level.energy", "atoms"),  # type: ignore[arg-type]
        (lambda: hd.Level("qm9").gap("pc9", 3), "hd.Level.gap", "molecules"),  # type: ignore[arg-type]
        (lambda: hd.Model.fit("dressed-atoms", groups().table(), "m"), "hd.Model.fit", "training"),  # type: ignore[arg-type]
        (lambda: hd.Model.load(None), "hd.Model.load", "folders"),  # type: ignore[arg-type]
        (lambda: hd.Study(None), "hd.Study", "card"),  # type: ignore[arg-type]
        (lambda: hd.Study("demo").run(only="painn-*"), "hd.Study.run", "only"),
        (lambda: hd.Study("demo").run(workers="two"), "hd.Study.run", "workers"),  # type: ignore[arg-type]
        (lambda: hd.Results(None), "hd.Results", "folder"),  # type: ignore[arg-type]
        (lambda: hd.catalogue(3), "hd.catalogue", "kind"),  # type: ignore[arg-type]
        (lambda: hd.Improvement("azoxy", "qm9", "ten"), "hd.Improvement", "budget"),  # type: ignore[arg-type]
        (lambda: hd.Improvement("azoxy", "qm9", 10, rounds="x"), "hd.Improvement", "rounds"),
    ],
)
def test_an_argument_of_another_kind_is_told(call: Callable[[], Any], where: str, name: str) -> None:
    with pytest.raises(hd.CallError) as told:
        call()
    assert told.value.what == f"'{name}' is of another kind than is wanted."
    assert told.value.where == where
    assert told.value.expected
    assert told.value.got


def test_atoms_are_no_smiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the nine atoms was once taken for a SMILES that does not read, and nine predictions came back."""
    monkeypatch.chdir(tmp_path)
    model = hd.Model.fit("dressed-atoms", GROUPS, "m", progress=False)
    for wrong in (molecule("CH3CH2OH"), [molecule("H2O")], None, 5, groups(), [None]):
        with pytest.raises(hd.CallError, match="'molecules' is of another kind"):
            model.predict(wrong)  # type: ignore[arg-type]


def test_a_text_in_place_of_a_list_is_told_with_the_list() -> None:
    with pytest.raises(hd.CallError) as told:
        groups().frame("id")
    assert told.value.fix == "Write columns=['id']."
    assert told.value.expected == "a list, each a text or None"


def test_what_numpy_and_pandas_give_is_of_the_right_kind() -> None:
    """Numbers of NumPy, an array or an index of names, and a path are as good as Python's own."""
    assert groups().frame(np.array(["id"])).shape == (160, 1)
    assert groups().frame(groups().frame(["id", "level"]).columns).shape == (160, 2)
    assert groups().frame(("id",)).shape == (160, 1)
    assert groups().split(seed=np.int64(0)).train.num_rows == 128
    assert groups().split([0.8, 0.1, 0.1]).train.num_rows == 128  # type: ignore[arg-type]
    assert next(groups().batches(["id"], np.int32(7))).num_rows == 7
    assert hd.Level("gfn2-xtb").gap(hd.Level("gfn2-xtb"), groups()).shape[0] == 5


@pytest.mark.parametrize(
    ("call", "what", "fix"),
    [
        (lambda: next(groups().batches(["id"], rows=0)), "A batch has rows.", "more rows"),
        (lambda: groups().frame(["energy"]), "'test-groups@gfn2-xtb' has no column energy.", "'energy_hartree'"),
        (lambda: groups().export("cvs"), "There is no export to 'cvs'.", "'csv'"),
        (lambda: groups().split(by="scaffolds"), "There is no such split.", "'scaffold'"),  # type: ignore[arg-type]
        (lambda: hd.Set.label("azoxy", n=0), "Fewer molecules than one are asked for.", "none for all"),
        (lambda: hd.Set.label("CCO"), "There is no dataset and no file 'CCO'.", "a .smi file"),
        (lambda: hd.Set.open("test-group@gfn2-xtb"), "The set 'test-group@gfn2-xtb' is not there.", f"'{GROUPS}'"),
        (lambda: hd.Set.open("qm99"), "The set 'qm99' is not there.", "'qm9'"),
        (lambda: hd.Model.load("nowhere"), "There is no fitted model 'nowhere'.", "train-eval"),
        (lambda: hd.Model.fit("pair-distance-rigde", GROUPS, "m"), "There is no network 'pair-distance-rigde'.",
         "'pair-distance-ridge'"),
        (lambda: hd.Model.fit("dressed-atoms", GROUPS, "m", device="gpu"), "There is no such device.", "cuda"),
        (lambda: hd.Study("demo").run(device="gpu"), "There is no such device.", "cuda"),
        (lambda: hd.Study("demo").run(max_hours=-1), "There is no time to run in.", "Give more."),
        (lambda: hd.catalogue("networks"), "There is no such kind of card.", "Did you mean 'network'?"),
        (lambda: hd.Improvement("azoxy", "qm9", 9, bye="x"), "There is no such word.", "'by'"),
        (lambda: hd.Improvement("azoxy", "qm9", 9, by="amonds"), "There is no such way of choosing.", "'amons'"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_told_with_what_to_do(
    call: Callable[[], Any], what: str, fix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(hd.CallError) as told:
        call()
    assert told.value.what == what
    assert fix in (told.value.fix or "")
    assert told.value.fix == (told.value.fix or "").strip()
    assert not list(tmp_path.iterdir())


def test_every_promised_function_is_checked() -> None:
    """A method that is new at the door and takes arguments is looked at too."""
    for promised in (hd.Set, hd.Level, hd.Model, hd.Study, hd.Results, hd.Improvement):
        inherited = (kind for kind in reversed(promised.__mro__) if kind.__module__.startswith("hemdata."))
        for name, each in (pair for kind in inherited for pair in vars(kind).items()):
            function = each.__func__ if isinstance(each, classmethod) else each
            if name.startswith("_") or not callable(function) or function.__code__.co_argcount < 2:
                continue
            assert hasattr(function, "__wrapped__"), f"{promised.__name__}.{name}"


def test_a_method_that_a_set_inherits_is_told_as_one_of_its_own() -> None:
    with pytest.raises(hd.CallError) as told:
        hd.Set.open("test-groups@pc9").table("id")
    assert told.value.where == "hd.Set.table"


def test_a_call_with_too_few_arguments_is_told_by_python() -> None:
    @kinds_checked
    def f(a: int, b: "str | None" = None) -> int:
        return a

    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        f()  # type: ignore[call-arg]
    assert f(1) == f(a=1, b=None) == 1
