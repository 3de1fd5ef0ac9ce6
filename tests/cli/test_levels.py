"""`hemdata levels` in a terminal: what defines a level, its atoms, one against another, and wrong calls."""

import json
from functools import partial
from pathlib import Path

import pytest
from command_line import hemdata

from hemdata.levels import level

levels = partial(hemdata, "levels")


def test_levels_are_listed_with_the_hash_of_what_defines_them() -> None:
    told = {one["name"]: one["hash"] for one in json.loads(levels("list", "--json").stdout)}
    assert told["qm9"] == level("qm9").hash
    assert told["pc9"] == told["od9"] != told["qm9"]  # one definition under two names; another under a like title
    assert levels("list").stdout.count("B3LYP/6-31G") >= 4


def test_a_level_is_shown_with_its_own_exponents_and_atoms() -> None:
    shown = levels("show", "qm9").stdout
    assert "d 1.6, d 0.4, f 0.8" in shown
    assert "-0.50027" in shown
    assert json.loads(levels("show", "pc9", "--json").stdout)["atoms_hartree"]["C"] == pytest.approx(-37.846280)


def test_a_computed_atom_is_that_of_the_card() -> None:
    (atom,) = json.loads(levels("atoms", "gfn2-xtb", "--element", "O", "--json").stdout)["atoms"]
    assert atom["multiplicity"] == 3
    assert abs(atom["difference_kcal_mol"]) < 1e-4


def test_wrong_calls_are_sentences(tmp_path: Path) -> None:
    for words in (
        ["show", "b3lyp-of-dreams"],
        ["audit", "qm9", "--data", str(tmp_path)],
        ["atoms", "pc9", "--element", "Xx"],
    ):
        got = levels(*words)
        assert got.returncode in (1, 2), words
        assert got.stderr.startswith("Error: "), got.stderr
        assert "Traceback" not in got.stderr
    missing = levels("gap", "gfn1-xtb", "gfn2-xtb", "test-groups", "--data", str(tmp_path))
    assert missing.returncode == 1
    assert "hemdata label test-groups --level gfn1-xtb" in missing.stderr


def test_a_gap_is_told_from_the_labels_that_ship_where_there_are_no_others(tmp_path: Path) -> None:
    told = levels("gap", "qm9", "pc9", "test-groups", "--data", str(tmp_path), "--json")
    assert told.returncode == 0
    groups = {each["group"]: each for each in json.loads(told.stdout)["groups"]}
    assert set(groups) == {"azoxy", "explosives", "neuro", "saccharides", "all"}
    assert 8 < groups["azoxy"]["smallest"] < groups["saccharides"]["mean"] < 30


def test_a_bridge_says_where_its_intervals_do_not_hold(tmp_path: Path) -> None:
    """Oracle: the table of the same call, where explosives and azoxy compounds lie below 90 %."""
    told = levels("bridge", "qm9", "pc9", "--max-heavy", 4, "--data", tmp_path)
    assert "Note: of molecules of more than 4 heavy atoms fewer lie within their 95 % intervals" in told.stderr


def test_a_bridges_tables_count_labels_and_its_molecules_are_the_different_ones(tmp_path: Path) -> None:
    """The test groups' molecules stand at two geometries each, as far as these are labelled at both levels."""
    words = ("bridge", "qm9", "pc9", "--labels", "test-groups", "--max-heavy", 10, "--data", tmp_path)
    told = json.loads(levels(*words, "--json").stdout)
    assert told["labels"] > told["molecules"]
    assert told["labels"] >= told["groups"][-1]["labels"] > told["molecules"]
    shown = levels(*words).stdout
    assert f"{told['labels']} dual labels of {told['molecules']} molecules" in shown
    assert [line.split()[1] for line in shown.splitlines() if line.startswith(" group")] == ["labels"]


def test_a_bridge_is_written_where_it_is_found_and_tells_what_it_replaced(tmp_path: Path) -> None:
    words = ("bridge", "qm9", "pc9", "--data", "none", "--write")
    home = Path("cards/pipelines/bridges")
    shown = " ".join(levels("bridge", "--help").stdout.split())
    assert f"--write {home}" in shown
    aside = levels(*words, "aside", "--max-heavy", 4, cwd=tmp_path).stderr
    assert f"a composition finds bridges in {home}, not in aside" in aside
    first = levels(*words, home, "--max-heavy", 4, cwd=tmp_path).stderr
    again = levels(*words, home, "--max-heavy", 4, cwd=tmp_path).stderr
    other = levels(*words, home, "--max-heavy", 5, cwd=tmp_path).stderr
    assert not any("replaced" in said or "finds bridges" in said for said in (first, again))
    assert f"another bridge stood at {home / 'qm9-pc9.yaml'}; this one replaced it" in other
