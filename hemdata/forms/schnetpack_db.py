"""A SchNetPack database: `schnetpack.data.ASEAtomsData`, with units and the level's own atoms."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from hemdata.errors import CallError
from hemdata.forms.shared.built import BuiltSet
from hemdata.levels import level

ABOUT = "SchNetPack's ASEAtomsData, with units and the level's own atoms as atomrefs"
SUFFIX = ".db"
BATCH = 2000

# others SchNetPack does not know: such a property has no unit there
_UNITS = {
    "hartree": "Ha",
    "kcal/mol": "kcal/mol",
    "debye": "Debye",
    "angstrom": "Ang",
}
_HEAVIEST = 118


def write(built: BuiltSet, path: Path) -> None:
    """Write every molecule; its float columns are properties of shape [1], its id stands in the row's metadata.

    Charge and multiplicity are properties too, of a set that has others than neutral singlets.

    A property without a value in some row is left out of the database, for SchNetPack asks every row for every one.

    Raises:
        CallError: if no float column has a value in every row.
    """
    from schnetpack.data import ASEAtomsData

    floats = {column.name: column.unit or "" for column in built.columns if column.type == "double"}
    for batch in built.batches(list(floats)):
        floats = {name: unit for name, unit in floats.items() if not batch[name].null_count}
    if not floats:
        raise CallError(
            f"'{built.manifest.dataset}' has no energy or other number that every row has.",
            where=built.folder,
            fix="Label it first (`hemdata label`), or export it as ase-db.",
        )
    floats |= _states(built)
    data = ASEAtomsData.create(
        str(path),
        distance_unit="Ang",
        property_unit_dict={name: _UNITS.get(unit, "") for name, unit in floats.items()},
        atomrefs=_atomrefs(built) if "energy_hartree" in floats else {},
    )
    waiting: list[dict[str, Any]] = []
    for row in built.molecules():
        waiting.append(row)
        if len(waiting) == BATCH:
            _add(data, waiting, list(floats))
            waiting = []
    _add(data, waiting, list(floats))


def _add(data: Any, rows: list[dict[str, Any]], properties: list[str]) -> None:
    import ase

    data.add_systems(
        property_list=[{name: np.array([float(row[name])]) for name in properties} for row in rows],
        atoms_list=[ase.Atoms(numbers=row["atomic_numbers"], positions=row["positions"]) for row in rows],
        atoms_metadata_list=[{"hemdata_id": row["id"]} for row in rows],
    )


def _states(built: BuiltSet) -> dict[str, str]:
    """The columns that say a molecule's state, where not all are neutral singlets; they have no unit there."""
    usual = {"charge": 0, "multiplicity": 1}
    batches = built.batches(list(usual))
    odd = any(pc.any(pc.not_equal(batch[name], value)).as_py() for batch in batches for name, value in usual.items())
    return dict.fromkeys(usual, "") if odd else {}


def _atomrefs(built: BuiltSet) -> dict[str, list[float]]:
    """The energies of the level's own atoms by atomic number, zero where it has none; none of a set at two levels."""
    if len(built.manifest.levels) != 1:
        return {}
    atoms = level(built.manifest.levels[0].name).atoms
    return {"energy_hartree": [atoms.get(z, 0.0) for z in range(_HEAVIEST + 1)]}
