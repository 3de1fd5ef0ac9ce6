"""Each molecule's energy at a cheap level is computed once, whichever seed, side, network or model asks for it."""

import hashlib
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hemdata.analysis.reasons.molecules.carriers import carried
from hemdata.catalog import StudyCard
from hemdata.explain.explain import explain
from hemdata.label.calculation import calculate
from hemdata.label.workers.where import HERE
from hemdata.levels import level
from hemdata.predict.find import load_all
from hemdata.shards import read
from hemdata.study.on import On
from hemdata.study.planning.plan import plan
from hemdata.study.rows import read_rows
from hemdata.study.run import train_eval
from hemdata.train import cheap_energies
from hemdata.train.data.molecules import Molecules
from hemdata.train.delta import KEPT, Below

BELOW = "gfn1-xtb"
CARD = {
    "name": "seeds", "title": "Seeds", "question": "?", "level": "gfn2-xtb", "delta": BELOW,
    "sets": {"saccharides": {"dataset": "saccharides", "molecules": 30}}, "groups": ["neuro"],
    "networks": [{"network": "pair-distance-ridge"}], "seeds": [0, 1],
}  # fmt: skip


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each calculation was made."""
    found = Counter[str]()
    monkeypatch.setattr("hemdata.train.delta.calculate", lambda task: found.update([task.key]) or calculate(task))
    return found


def test_seeds_of_a_study_share_their_molecules_in_training_in_its_plan_and_in_its_report(
    labelled: Path, tmp_path: Path, computed: Counter[str]
) -> None:
    card, out = StudyCard.model_validate(CARD), tmp_path / "run"
    neuro = sum(name.startswith("neuro:") for name in read(labelled / "test-groups@gfn2-xtb")["id"].to_pylist())
    assert train_eval(card, labelled, out, on=On(HERE)).failed == {}
    assert set(computed.values()) == {1}
    assert len(computed) == 30 + neuro

    computed.clear()
    shutil.rmtree(next(out.glob("cells/*-s1")))  # its molecules are those of the other seed, on other sides
    assert len(plan(card, labelled, out)) == 2
    assert not computed
    (cell,) = out.glob("cells/*-s0")
    assert train_eval(card, labelled, out, on=On(HERE)).failed == {}
    assert not computed

    rows = read_rows(out)
    kept = carried(out, rows, labelled)
    assert len(kept)
    assert not computed
    shutil.rmtree(out / KEPT)  # rows and models may travel without it
    assert carried(out, rows, labelled).equals(kept)
    assert set(computed.values()) == {1}
    computed.clear()
    explain([cell, next(out.glob("cells/*-s1"))], "neuro", data=labelled)
    assert max(computed.values()) == 1


def test_several_models_of_differences_ask_the_cheap_level_once(
    labelled: Path, tmp_path: Path, computed: Counter[str]
) -> None:
    assert train_eval(StudyCard.model_validate(CARD), labelled, tmp_path, on=On(HERE)).failed == {}
    asked = read(labelled / "test-groups@gfn2-xtb").slice(0, 3)
    shutil.rmtree(tmp_path / KEPT)
    computed.clear()
    one, other = (model.predict(asked) for model in load_all(sorted(tmp_path.glob("cells/*/model"))))
    assert not np.array_equal(one, other)
    assert set(computed.values()) == {1}
    assert len(computed) == 3


def test_files_of_earlier_versions_serve_for_the_same_molecules(table: pa.Table, tmp_path: Path) -> None:
    """They held energies and their SHA-256 alone; one that is not as it was written says nothing of any molecule."""
    molecules = Molecules.of(table.slice(0, 3))
    below = Below(level(BELOW), kept=tmp_path)
    found = below.atomization_energies(molecules)
    (path,) = tmp_path.iterdir()
    written = path.read_bytes()
    keys = [written[i * 32 : (i + 1) * 32].hex() for i in range(3)]
    totals = np.frombuffer(written[96:120], "<f8")
    assert cheap_energies.find_energies(tmp_path, keys[1:]) == dict(zip(keys[1:], totals[1:].tolist(), strict=True))

    path.write_bytes(written[96:120] + hashlib.sha256(written[96:120]).digest())
    looking = Below(level(BELOW), kept=tmp_path, looks=True)
    assert not looking.lacking(molecules)
    assert np.array_equal(looking.atomization_energies(molecules), found)
    assert len(looking.lacking(Molecules.of(table.slice(0, 2)))) == 2

    for damaged in (written[:-1] + b"x", written[:40] + b"x" + written[41:], b""):
        path.write_bytes(damaged)
        assert cheap_energies.find_energies(tmp_path, keys) == {}
    path.write_bytes(written)
    path.rename(path.with_name(f"{BELOW}-{'0' * 16}.f8"))  # of other molecules, by its name
    assert cheap_energies.find_energies(tmp_path, keys) == {}
