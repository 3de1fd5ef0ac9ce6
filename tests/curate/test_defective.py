"""The register of known defects in builds, compositions, lint and data cards; labels made wrong on purpose."""

import json
from pathlib import Path
from typing import Any

import made_shards
import numpy as np
import pytest
from typer.testing import CliRunner

from hemdata import cli
from hemdata.curate.build import build
from hemdata.curate.compose import compose
from hemdata.errors import CallError
from hemdata.forms.export import export
from hemdata.shards import read, verify
from hemdata.units import HARTREE_KCAL_MOL

DEFECT = {"code": "G01", "what": "Not what it says.", "evidence": "seen", "source": "made for this test"}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's register of azoxy compounds: one row, and a pair of which the first repeats the second."""
    path = tmp_path / "cards" / "datasets" / "defects" / "azoxy.yaml"
    path.parent.mkdir(parents=True)
    defects = [
        DEFECT | {"rows": ["azoxymethane"]},
        DEFECT | {"code": "D02", "rows": [["azoxybenzene", "azoxyethane"]]},
    ]
    path.write_text(json.dumps({"name": "azoxy", "defects": defects}))
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path / "cards"))
    return path


def flagged(folder: Path) -> set[str]:
    return {row["id"] for row in read(folder, ["id", "flags"]).to_pylist() if "known_defect" in row["flags"]}


def composed(tmp_path: Path, data: Path, *steps: dict[str, Any]) -> Any:
    card = tmp_path / "mine.yaml"
    card.write_text(json.dumps({"name": "mine", "title": "Mine", "about": "made", "steps": list(steps)}))
    return compose(card, data, tmp_path / "mine")


def test_a_build_flags_the_rows_of_the_register_and_is_made_anew_when_it_changes(own: Path, tmp_path: Path) -> None:
    before = read(build("explosives", out=tmp_path / "explosives").folder)
    assert not any("known_defect" in flags for flags in before["flags"].to_pylist())
    folder = build("azoxy", out=tmp_path / "azoxy").folder
    assert flagged(folder) == {"azoxy:azoxymethane", "azoxy:azoxybenzene"}
    verify(folder)
    assert not build("azoxy", out=folder).new
    own.write_text(json.dumps({"name": "azoxy", "defects": [DEFECT | {"rows": ["azoxyethane"]}]}))
    assert build("azoxy", out=folder).new
    assert flagged(folder) == {"azoxy:azoxyethane"}
    own.unlink()
    assert build("azoxy", out=folder).new
    assert not flagged(folder)


def test_info_and_the_data_card_tell_the_register(own: Path, tmp_path: Path) -> None:
    build("azoxy", out=tmp_path / "azoxy")
    told = CliRunner().invoke(cli.commands(), ["info", "azoxy", "--data", str(tmp_path)])
    assert told.exit_code == 0, told.output
    card = export(tmp_path / "azoxy", "card", tmp_path / "azoxy.md").read_text(encoding="utf-8")
    for text in (told.output, card):
        assert "G01, 1 rows or pairs: Not what it says." in " ".join(text.split())
    assert "| `known_defect` |" in card


def test_a_composition_leaves_known_defects_out_or_flags_them(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    text = own.read_text()
    own.unlink()
    for name in ("azoxy", "explosives"):
        build(name, out=data / name)  # before there was a register
    own.write_text(text)
    wrong = {"azoxy:azoxymethane", "azoxy:azoxybenzene"}
    every = set(read(data / "azoxy")["id"].to_pylist())
    assert wrong < every
    built = composed(tmp_path, data, {"take": ["azoxy"]}, {"without": "defects"})
    assert set(read(built.folder)["id"].to_pylist()) == every - wrong
    assert not composed(tmp_path, data, {"take": ["azoxy"]}, {"without": "defects"}).new
    built = composed(tmp_path, data, {"take": ["azoxy", "explosives"]}, {"without": ["D02"]})
    assert every - set(read(built.folder)["id"].to_pylist()) == {"azoxy:azoxybenzene"}
    built = composed(tmp_path, data, {"take": ["azoxy"]}, {"flag": "defects"}, {"flag": "defects"})
    assert flagged(built.folder) == wrong
    assert [row.count("known_defect") for row in read(built.folder)["flags"].to_pylist() if row] == [1, 1]
    own.write_text(json.dumps({"name": "azoxy", "defects": [DEFECT | {"rows": ["azoxyethane"]}]}))
    assert composed(tmp_path, data, {"take": ["azoxy"]}, {"flag": "defects"}, {"flag": "defects"}).new
    for its, step in (("azoxy", ["X09"]), ("explosives", "defects")):
        with pytest.raises(CallError, match="no register has"):
            composed(tmp_path, data, {"take": [its]}, {"without": step})


def test_planted_labels_are_off_by_their_size_and_bear_a_flag(tmp_path: Path) -> None:
    made_shards.write(tmp_path / "made-up", n=200)
    before = read(tmp_path / "made-up")
    plant = {"plant": {"share": 0.1, "kcal_mol": 30.0}}
    built = composed(tmp_path, tmp_path, {"take": ["made-up"]}, plant)
    after = read(built.folder)
    verify(built.folder)  # the atomization energies are still those of the totals
    energy = before["energy_hartree"].is_valid().to_numpy()
    wrong = np.array(["planted" in flags for flags in after["flags"].to_pylist()])
    off = (after["energy_hartree"].to_numpy() - before["energy_hartree"].to_numpy()) * HARTREE_KCAL_MOL
    assert wrong.sum() == round(0.1 * energy.sum())
    assert energy[wrong].all()
    assert np.abs(off[wrong]) == pytest.approx(30.0, abs=1e-6)
    assert (off[energy & ~wrong] == 0.0).all()
    assert 3 <= (off[wrong] > 0).sum() <= wrong.sum() - 3  # up and down
    other = read(composed(tmp_path, tmp_path, {"take": ["made-up"]}, plant | {"seed": 1}).folder)
    assert other["flags"].to_pylist() != after["flags"].to_pylist()
