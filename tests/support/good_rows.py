"""Good rows of every table of schemas/, and hypothesis strategies of valid molecules, for the tests beside."""

import math
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from hemdata.schema import TableSchema, table_schema

Row = dict[str, Any]
CELL = {
    "study": "demo", "cell": "painn-qm9-640-s0", "network": "painn", "training_set": "qm9", "training_size": 640,
    "seed": 0,
}  # fmt: skip
GOOD: dict[str, Row] = {
    # Methane as QM9 has it: gdb_1, U0 - zpve and its atomization energy, geometry in angstrom.
    "molecule": {
        "id": "qm9:gdb_1", "smiles": "C", "canonical_smiles": "C", "inchikey": "VNWKTOKETHGBQD-UHFFFAOYSA-N",
        "atomic_numbers": [6, 1, 1, 1, 1],
        "positions": [
            -0.0126981359, 1.0858041578, 0.0080009958, 0.0021504160, -0.0060313176, 0.0019761204,
            1.0117308433, 1.4637511618, 0.0002765748, -0.5408150690, 1.4475266138, -0.8766437152,
            -0.5238136345, 1.4379326443, 0.9063972942,
        ],
        "n_atoms": 5, "n_heavy": 1, "charge": 0, "multiplicity": 1, "energy_hartree": -40.523679,
        "atomization_energy_kcal_mol": 424.08, "level": "qm9", "geometry_level": "qm9", "flags": ["made_up"],
    },
    "rejected": {"where": "a.tar, member 3", "reason": "atom count", "detail": "expected 5, got 4", "text": "5\n"},
    "prediction": CELL | {
        "level": "gfn2-xtb", "group": "azoxy", "molecule_id": "azoxy:1", "smiles": "C", "n_heavy": 1, "n_atoms": 5,
        "reference_kcal_mol": 400.0, "predicted_kcal_mol": 401.5, "in_training": False, "environments_unseen": 0.25,
    },
    "cell": CELL | {
        "level": "gfn2-xtb", "validation_size": 80, "test_size": 80, "in_distribution_mae_kcal_mol": 1.0, "epochs": 25,
        "seconds": 52.0, "device": "cpu", "split_hash": "0123456789ab", "data_hash": "0123456789ab",
        "checkpoint_hash": "0123456789ab", "versions": '{"torch": "2.9"}',
    },
    "round": {
        "improvement": "improve-azoxy", "arm": "chosen", "round": 1, "by": "amons", "group": "azoxy",
        "training_set": "chosen-1", "added": 10, "bought": 20, "labelled": 19, "training_size": 619, "n_models": 3,
        "n_validation": 14, "mae_kcal_mol": 10.0, "mae_kcal_mol_low": 8.0, "mae_kcal_mol_high": 13.0, "times_down": 9.7,
        "times_down_low": 7.0, "times_down_high": 12.0, "whole_mae_kcal_mol": 9.0, "spread_kcal_mol": 2.5, "seen": 0.8,
        "label_seconds": 12.5, "training_seconds": 300.0,
    },
    "curve": CELL | {"epoch": 3, "train_loss": 0.5, "validation_mae_kcal_mol": 2.0},
}  # fmt: skip


def table_of(schema: TableSchema, *rows: Row) -> pa.Table:
    """A table of the schema's types from plain rows."""
    return pa.Table.from_pylist(list(rows), schema=schema.arrow)


def three(schema: TableSchema, middle: Row) -> pa.Table:
    """Good, given, good: three rows whose unique values differ."""
    unique = [column.name for column in schema.columns if column.unique]
    ends = [GOOD[schema.name] | {name: f"{GOOD[schema.name][name]}.{end}" for name in unique} for end in "ac"]
    return table_of(schema, ends[0], middle, ends[1])


MOLECULE = table_schema("molecule")
GRID = [(x, y, z) for x in range(3) for y in range(3) for z in range(3)]


@st.composite
def molecules(draw: st.DrawFn, number: int) -> Row:
    """A valid row: atoms on a jittered grid of 1 angstrom, electrons that suit the multiplicity."""
    z = draw(st.lists(st.integers(1, 36), min_size=1, max_size=8))
    charge = draw(st.integers(-2, 2).filter(lambda charge: sum(z) - charge >= 0))
    electrons = sum(z) - charge
    unpaired = draw(st.sampled_from(range(electrons % 2, min(electrons, 8) + 1, 2)))
    energy = draw(st.none() | st.floats(-1e6, -0.1))
    place = draw(st.none() | st.just(draw(st.permutations(GRID))[: len(z)]))
    jitter = st.floats(-0.3, 0.3)
    text = st.none() | st.text("CNOF#=()1", min_size=1, max_size=9)
    bound = st.floats(0.001, 100.0 * len(z)) if len(z) > 1 else st.just(0.0)
    return {
        "id": f"made-up:{number}",
        "smiles": draw(text),
        "canonical_smiles": draw(text),
        "inchikey": draw(st.none() | st.from_regex(r"[A-Z]{14}-[A-Z]{10}-[A-Z]", fullmatch=True)),
        "atomic_numbers": z,
        "positions": None if place is None else [at + draw(jitter) for atom in place for at in atom],
        "n_atoms": len(z),
        "n_heavy": sum(n != 1 for n in z),
        "charge": charge,
        "multiplicity": unpaired + 1,
        "energy_hartree": energy,
        "atomization_energy_kcal_mol": None if energy is None else draw(bound),
        "level": "qm9" if energy is not None else draw(st.none() | st.just("qm9")),
        "geometry_level": "gfn2-xtb" if place is not None else None,
        "flags": draw(st.lists(st.sampled_from(["radical", "triplet"]), max_size=2)),
    }


def molecule_lists(largest: int = 6, smallest: int = 0) -> st.SearchStrategy[list[Row]]:
    """Some valid molecules with different ids."""
    return st.integers(smallest, largest).flatmap(lambda n: st.tuples(*(molecules(i) for i in range(n))).map(list))


def distance(xyz: list[float], i: int, j: int) -> float:
    """Between two atoms, angstrom."""
    return math.dist(xyz[3 * i : 3 * i + 3], xyz[3 * j : 3 * j + 3])
