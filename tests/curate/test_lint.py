"""Every check of lint finds the fault that it is for, in the row that has it, and nothing in real rows of QM9."""

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import made_shards
import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from hemdata import cli
from hemdata.catalog import dataset
from hemdata.catalog.defects import known_defects
from hemdata.curate.complete.records import Completion
from hemdata.curate.lint.energies import _design
from hemdata.curate.lint.rows import Rows
from hemdata.curate.lint.run import checks, lint, lint_table
from hemdata.curate.lint.summary import summary_of
from hemdata.errors import CallError, DataError
from hemdata.report.ci.junit import junit
from hemdata.report.ci.sarif import sarif
from hemdata.report.page.findings import lint_page
from hemdata.sources import open_source

Row = dict[str, Any]
LINEAR_AS_BENT = "qm9:gdb_25"  # dicyan, N#CC#N: 6 frequencies, where a linear molecule of four atoms has 7
SOFT = "note"


@pytest.fixture(scope="module")
def real() -> pa.Table:
    """The first 160 molecules of QM9, as built."""
    card = dataset("qm9")
    source = open_source(card, None)
    return Completion(card, source)(list(islice(source.raws(), 160))).table


def with_fault(table: pa.Table, edit: Callable[[list[Row]], None], **columns: tuple[pa.DataType, Any]) -> pa.Table:
    rows = table.to_pylist()
    schema = table.schema
    for name, (kind, value) in columns.items():
        schema = schema.append(pa.field(name, kind))
        for number, row in enumerate(rows):
            row[name] = value(row, number) if callable(value) else value
    edit(rows)
    return pa.Table.from_pylist(rows, schema=schema)


def found(table: pa.Table, **how: Any) -> set[tuple[str, str]]:
    """Code and first row of every error and warning."""
    result = lint_table(table, **how).findings
    return {(one.code, one.ids[0] if one.ids else "") for one in result if one.severity != SOFT}


def test_real_rows_are_clean_but_for_the_one_linear_molecule_that_was_treated_as_bent(real: pa.Table) -> None:
    assert found(real) == {("V01", LINEAR_AS_BENT)}


def set_value(name: str, value: Any) -> Callable[[Row], None]:
    return lambda row: row.update({name: value(row[name]) if callable(value) else value})


def stretched(row: Row) -> None:
    """The last hydrogen 1 angstrom further out."""
    x = np.array(row["positions"]).reshape(-1, 3)
    x[-1] += 1.0 * (x[-1] - x[0]) / np.linalg.norm(x[-1] - x[0])
    row["positions"] = x.ravel().tolist()


def flattened(row: Row) -> None:
    """The geometry pressed into a plane, as a drawing's; spread, so that no atoms meet."""
    x = np.array(row["positions"]).reshape(-1, 3)
    angles = np.linspace(0, 2 * np.pi, len(x) - 1, endpoint=False)
    x[0], x[1:] = 0.0, 1.1 * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    row["positions"] = x.ravel().tolist()


ROW_FAULTS: dict[str, tuple[str, Callable[[Row], None]]] = {
    "R01": ("qm9:gdb_13", set_value("multiplicity", 2)),
    "R02": ("qm9:gdb_13", set_value("id", "qm9:gdb 13")),
    "S01": ("qm9:gdb_13", set_value("charge", 2)),
    "S02": ("qm9:gdb_13", set_value("smiles", "[CH2]C[CH2]")),
    "S03": ("qm9:gdb_13", set_value("mulliken_charges_e", lambda q: [q[0] + 0.05, *q[1:]])),
    "S04": ("qm9:gdb_13", set_value("smiles", "CC")),
    "G01": ("qm9:gdb_39", set_value("smiles", "CC(C)C")),  # butane
    "G02": ("qm9:gdb_13", stretched),
    "G03": ("qm9:gdb_1", flattened),
    "G04": ("qm9:gdb_13", set_value("rotational_b_ghz", lambda b: 1.001 * b)),
    "E01": ("qm9:gdb_13", set_value("atomization_energy_kcal_mol", lambda kcal: kcal + 0.1)),
    "V01": ("qm9:gdb_13", set_value("frequencies_cm1", lambda f: f[1:])),
    "V02": ("qm9:gdb_13", set_value("zpve_hartree", lambda zero: zero + 1e-5)),
    "V03": ("qm9:gdb_13", set_value("frequencies_cm1", lambda f: [-f[0], *f[1:]])),
    "V05": ("qm9:gdb_13", set_value("frequencies_cm1", lambda f: [*f[:-1], 6000.0])),
    "T01": ("qm9:gdb_13", set_value("h298_hartree", lambda h: h - 9.4e-4)),  # kT forgotten
    "T02": ("qm9:gdb_13", set_value("u0_hartree", lambda u: u + 1e-5)),
    "T03": ("qm9:gdb_13", set_value("u298_hartree", lambda u: u - 0.01)),
    "T04": ("qm9:gdb_13", set_value("cv_cal_mol_k", lambda cv: cv + 1.987)),  # Cp for Cv
    "T05": ("qm9:gdb_13", set_value("g298_hartree", lambda g: g + 1e-4)),
    "T06": ("qm9:gdb_13", lambda row: row.update(energy_hartree=row["u0_hartree"])),  # zero-point energy left in
    "O01": ("qm9:gdb_13", set_value("gap_hartree", lambda gap: gap + 0.001)),
    "O02": ("qm9:gdb_13", lambda row: row.update(homo_hartree=row["lumo_hartree"], lumo_hartree=row["homo_hartree"])),
    "O03": ("qm9:gdb_13", set_value("dipole_debye", 60.0)),
    "O04": ("qm9:gdb_7", set_value("dipole_debye", 1.5)),  # ethane, staggered
    "O05": ("qm9:gdb_13", set_value("alpha_bohr3", -1.0)),
}  # fmt: skip


@pytest.mark.parametrize("code", ROW_FAULTS)
def test_a_seeded_fault_in_a_row_is_found_in_that_row(real: pa.Table, code: str) -> None:
    id, fault = ROW_FAULTS[code]
    before = real.to_pylist()
    at = next(number for number, row in enumerate(before) if row["id"] == id)

    table = with_fault(real, lambda rows: fault(rows[at]))
    assert found(table, only=[code]) - {("V01", LINEAR_AS_BENT)} == {(code, table["id"][at].as_py())}


def forces(row: Row, number: int) -> list[float]:
    """Of springs between all atoms: they add up to nothing, and turn nothing."""
    x = np.array(row["positions"]).reshape(-1, 3)
    return [float(value) for value in (0.01 * (x.mean(axis=0) - x)).ravel()]


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("F01", lambda force: [force[0] + 0.01, *force[1:]]),
        ("F02", lambda force: np.roll(np.array(force).reshape(-1, 3), 1, axis=0).ravel().tolist()),  # atoms mixed up
        ("F03", lambda force: force[3:]),
    ],
)
def test_forces_that_push_or_turn_the_molecule_are_found(
    real: pa.Table, code: str, fault: Callable[[list[float]], list[float]]
) -> None:
    column: Any = {"forces_hartree_bohr": (pa.list_(pa.float64()), forces)}
    few = real.slice(5, 30)
    assert found(with_fault(few, lambda rows: None, **column), only=["F"]) == set()

    def edit(rows: list[Row]) -> None:
        rows[7]["forces_hartree_bohr"] = fault(rows[7]["forces_hartree_bohr"])

    assert found(with_fault(few, edit, **column), only=["F"]) >= {(code, few["id"][7].as_py())}


def turned(row: Row, mirror: bool = False) -> list[float]:
    """The positions after a turn and a shift."""
    x = np.array(row["positions"]).reshape(-1, 3)
    q, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    q *= np.sign(np.linalg.det(q)) * (-1 if mirror else 1)
    return [float(value) for value in (x @ q + [1.0, -2.0, 0.5]).ravel()]


def copied(rows: list[Row], *names: str) -> None:
    rows[40].update({name: rows[41][name] for name in names})


def test_one_geometry_with_two_energies_is_found_turned_shifted_and_mirrored(real: pa.Table) -> None:
    def edit(rows: list[Row]) -> None:
        twin = rows[60] | {"id": "qm9:twin", "positions": turned(rows[60], mirror=True)}
        rows.append(twin | {"energy_hartree": twin["energy_hartree"] + 0.01})
        rows.append(rows[61] | {"id": "qm9:same", "positions": turned(rows[61])})

    result = lint_table(with_fault(real, edit), only=["D01", "D02"])
    assert [(one.code, one.ids[0]) for one in result.findings] == [("D01", "qm9:twin"), ("D02", "qm9:same")]
    assert result.findings[0].size_kcal_mol == pytest.approx(6.275, abs=1e-3)


def test_copied_numbers_are_found(real: pa.Table) -> None:
    energies = with_fault(real, lambda rows: copied(rows, "energy_hartree", "u0_hartree"))
    assert ("D03", real["id"][40].as_py()) in found(energies, only=["D03"])
    doubles = [field.name for field in real.schema if field.type == pa.float64()]
    isomers = real.to_pylist()
    a, b = next(
        (i, j)
        for i, one in enumerate(isomers)
        for j, two in enumerate(isomers[:i])
        if sorted(one["atomic_numbers"]) == sorted(two["atomic_numbers"])
    )
    whole = with_fault(real, lambda rows: rows[a].update({name: rows[b][name] for name in doubles}))
    assert ("D04", real["id"][a].as_py()) in found(whole, only=["D04"])
    assert found(real, only=["D03", "D04"]) == set()


def test_ids_conformers_and_leaks_are_found(real: pa.Table) -> None:
    def edit(rows: list[Row]) -> None:
        twin = rows[60] | {"id": rows[60]["id"].upper()}
        rows.append(twin | {"atomization_energy_kcal_mol": twin["atomization_energy_kcal_mol"] - 50})

    table = with_fault(real, edit, split=(pa.string(), lambda row, number: "train"))
    parts = ["train"] * 160 + ["test"]
    table = table.set_column(table.schema.get_field_index("split"), "split", pa.array(parts))
    id, twin = real["id"][60].as_py(), real["id"][60].as_py().upper()
    assert found(table, split="split", only=["I01", "D05", "L01"]) == {("I01", id), ("D05", twin), ("L01", id)}
    same_side = table.set_column(table.schema.get_field_index("split"), "split", pa.array(["train"] * 161))
    assert found(same_side, split="split", only=["L01"]) == set()


def test_what_parts_do_not_give_placeholders_and_lost_digits_are_found(real: pa.Table) -> None:
    card = dataset("qm9")
    source = open_source(card, None)
    more = Completion(card, source)(list(islice(source.raws(), 3000, 4000))).table
    assert found(more, only=["E02"]) == set()

    at = int(np.flatnonzero(_design(summary_of(Rows(more)).counted)[1])[0])  # a row without a rare part
    wrong = with_fault(more, lambda rows: rows[at].update(atomization_energy_kcal_mol=5000.0))
    assert found(wrong, only=["E02"]) == {("E02", more["id"][at].as_py())}
    constant = with_fault(real, lambda rows: [row.update(dipole_debye=0.0) for row in rows] and None)  # type: ignore[func-returns-value]
    assert ("E04", "") in found(constant, only=["E04"])
    short = with_fault(
        real, lambda rows: [row.update(energy_hartree=round(row["energy_hartree"], 3)) for row in rows] and None
    )  # type: ignore[func-returns-value]
    assert [one.code for one in lint_table(short, only=["E03"]).findings] == ["E03"]
    assert lint_table(real, only=["E03"]).findings == []


def test_soft_vibrations_are_told_as_notes(real: pa.Table) -> None:
    table = with_fault(real, lambda rows: rows[5].update(frequencies_cm1=[3.0, *rows[5]["frequencies_cm1"][1:]]))
    (only,) = lint_table(table, only=["V04"]).findings
    assert (only.severity, only.ids) == ("note", (real["id"][5].as_py(),))


def test_every_check_has_a_code_of_its_own_and_a_test() -> None:
    codes = [each.code for family in checks().values() for each in family]
    assert len(codes) == len(set(codes))
    tested = {
        *ROW_FAULTS,
        "F01",
        "F02",
        "F03",
        "D01",
        "D02",
        "D03",
        "D04",
        "D05",
        "I01",
        "L01",
        "E02",
        "E03",
        "E04",
        "V04",
    }
    assert set(codes) == tested


def test_a_set_of_shards_is_linted_as_its_rows_are_and_files_for_ci_say_the_same(tmp_path: Path) -> None:
    manifest = made_shards.write(tmp_path / "made-up", n=25)
    result = lint(tmp_path / "made-up", workers=1)
    rows = lint_table(
        pa.concat_tables(made_shards.pq.read_table(tmp_path / "made-up" / part.file) for part in manifest.shards)
    )
    assert result.findings == rows.findings
    assert result.rows == 25
    assert "T01" in result.not_made
    assert result.at_least("error") > 0  # carbons on a line are no alkanes
    xml = ElementTree.fromstring(junit(result, "error").encode())
    codes = {one.code for one in result.findings if one.severity == "error"}
    assert {case.attrib["name"].split()[0] for case in xml if case.find("failure") is not None} == codes
    assert int(xml.attrib["skipped"]) == len(result.not_made)
    told = json.loads(sarif(result, "data/made-up"))["runs"][0]
    assert [one["ruleId"] for one in told["results"]] == [one.code for one in result.findings]
    assert all(told["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"] for one in told["results"])
    text = lint_page(result, {"made-up:0": "O"}, tmp_path / "lint.html").read_text(encoding="utf-8")
    assert all(f'id="{one.code}"' in text for one in result.findings)


def test_the_command_fails_on_what_it_is_asked_to_and_a_baseline_leaves_what_is_new(tmp_path: Path) -> None:
    folder = str(tmp_path / "made-up")
    made_shards.write(Path(folder), n=25)
    run = CliRunner()
    plain = run.invoke(cli.commands(), ["lint", folder, "--workers", "1"])
    assert plain.exit_code == 1
    assert "G01" in plain.output
    assert run.invoke(cli.commands(), ["lint", folder, "--workers", "1", "--fail-on", "never"]).exit_code == 0
    told = run.invoke(cli.commands(), ["lint", folder, "--workers", "1", "--json", "--fail-on", "never"]).stdout
    (tmp_path / "old.json").write_text(told, encoding="utf-8")
    again = run.invoke(cli.commands(), ["lint", folder, "--workers", "1", "--baseline", str(tmp_path / "old.json")])
    assert again.exit_code == 0
    assert f"{len(json.loads(told)['findings'])} more are known" in again.output
    (tmp_path / "bad.json").write_text("[]", encoding="utf-8")
    wrong = run.invoke(cli.commands(), ["lint", folder, "--baseline", str(tmp_path / "bad.json")])
    assert wrong.exit_code == 1
    assert run.invoke(cli.commands(), ["lint", folder, "--fail-on", "panic"]).exit_code == 2
    assert run.invoke(cli.commands(), ["lint", folder, "--only", "Z"]).exit_code == 2


def test_a_column_that_is_not_there_and_a_lost_baseline_are_wrong_calls(tmp_path: Path) -> None:
    from hemdata.curate.lint.run import baseline

    made_shards.write(tmp_path / "made-up", n=5)
    with pytest.raises(CallError, match="no such column"):
        lint(tmp_path / "made-up", split="fold", workers=1)
    with pytest.raises(CallError, match="not there"):
        baseline(tmp_path / "none.json")
    (tmp_path / "text.json").write_text("no json", encoding="utf-8")
    with pytest.raises(DataError, match="no file of lint's"):
        baseline(tmp_path / "text.json")


def test_known_defects_of_qm9_are_found_in_its_rows_and_not_told_anew(real: pa.Table) -> None:
    register = known_defects("qm9")
    assert register is not None
    known = register.findings()
    ids = set(real["id"].to_pylist())
    here = {(code, its) for code, its in known if set(its) <= ids}
    result = lint_table(real)
    assert here == {one.key for one in result.findings if one.code in {code for code, _ in known}}
    assert result.without(known).findings == []
    assert result.without(known).known == len(here) > 0
    assert known_defects("azoxy") is None
