"""Rows of one level taken to another by a bridge; nothing converted passes for computed."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hemdata.bridges.bridge import Bridge, Converted
from hemdata.catalog import Column
from hemdata.levels import level
from hemdata.schema import lists
from hemdata.units import HARTREE_KCAL_MOL

BRIDGED = "bridged"
HALF_WIDTH = Column(
    name="bridge_half_width_kcal_mol", type="double", nullable=True, unit="kcal/mol", minimum=0,
    meaning="half width of the 95 % interval of an atomization energy that was taken here from another level; "
    "null where it was computed at `level`",
)  # fmt: skip
DOUBTFUL = ("geometry_other_graph", "smiles_other_formula", "smiles_unparsed")
"""Flags of rows whose SMILES does not tell the bonds of their geometry."""


def doubt(flags: Iterable[str] | None) -> str | None:
    """The first of a row's flags that says its SMILES does not tell the bonds of its geometry."""
    there = set(flags or ())
    return next((flag for flag in DOUBTFUL if flag in there), None)


def said_of(table: pa.Table, by: Bridge) -> Converted:
    """What a bridge says of rows of the molecule schema, whether they have an energy or not.

    A row counts with its charge and multiplicity, whatever its SMILES draws. Refused is what `Bridge.convert` refuses,
    a doubtful row, and one with an element that the second level has no atom of.
    """
    geometries = zip(table["atomic_numbers"].to_pylist(), table["positions"].to_pylist(), strict=True)
    states = list(zip(table["charge"].to_pylist(), table["multiplicity"].to_pylist(), strict=True))
    found = by.convert(table["canonical_smiles"].to_pylist(), [(z, at) if at else None for z, at in geometries], states)
    elements, offsets = lists(table["atomic_numbers"])
    foreign = ~np.isin(elements, list(level(by.b).atoms))
    reasons = list(found.refused)
    for number, flags in enumerate(table["flags"].to_pylist()):
        if foreign[offsets[number] : offsets[number + 1]].any():
            reasons[number] = f"an element that {by.b} has no atom of"
        elif flag := doubt(flags):
            reasons[number] = f"flag {flag}"
    known = np.array([reason is None for reason in reasons], dtype=bool)
    difference, half_width = found.difference_kcal_mol, found.half_width_kcal_mol
    return Converted(np.where(known, difference, np.nan), np.where(known, half_width, np.nan), reasons)


def bridged(table: pa.Table, by: Bridge) -> tuple[pa.Table, Counter[str], list[str | None]]:
    """Rows of the molecule schema at a bridge's first level, as rows at its second.

    Returns:
        The converted rows, with `bridge_half_width_kcal_mol` and the flag `bridged`; how many were refused, by reason;
        and each given row's reason, None where it was converted.
    """
    found = said_of(table, by)
    at_a = np.asarray(table["atomization_energy_kcal_mol"].to_numpy(zero_copy_only=False), dtype=np.float64)
    reasons = [
        reason if known else "no atomization energy"
        for reason, known in zip(found.refused, np.isfinite(at_a), strict=True)
    ]
    flags, its_b = table["flags"].to_pylist(), level(by.b)
    kept = np.array([reason is None for reason in reasons], dtype=bool)
    chosen = table.filter(pa.array(kept))
    energy = (at_a + found.difference_kcal_mol)[kept]
    z, offsets = lists(chosen["atomic_numbers"])
    atoms = np.add.reduceat(its_b.atom_energies()[z], offsets[:-1]) if len(chosen) else np.empty(0)
    marked = [[*each, BRIDGED] for each, keep in zip(flags, kept, strict=True) if keep]
    columns = {
        "energy_hartree": pa.array(atoms - energy / HARTREE_KCAL_MOL),
        "atomization_energy_kcal_mol": pa.array(energy),
        "level": pa.array([by.b] * len(chosen), pa.string()),
        "flags": pa.array(marked, pa.list_(pa.string())),
    }
    for name, values in columns.items():
        place = chosen.schema.get_field_index(name)
        chosen = chosen.set_column(place, chosen.schema.field(name), values.cast(chosen.schema.field(name).type))
    widths = pa.array(found.half_width_kcal_mol[kept])
    place = chosen.schema.get_field_index(HALF_WIDTH.name)
    if place < 0:
        chosen = chosen.append_column(HALF_WIDTH.name, widths)
    else:  # bridged before: both steps' errors add up
        before = pc.fill_null(chosen[HALF_WIDTH.name], 0.0).to_numpy()
        chosen = chosen.set_column(place, HALF_WIDTH.name, pa.array(np.hypot(before, widths.to_numpy())))
    return chosen, Counter(reason for reason in reasons if reason is not None), reasons
