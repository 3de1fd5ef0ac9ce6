"""What a user should know of the rows of a set just imported: repeats, overlap, graphs, missing energies."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hemdata.catalog import TEST_GROUPS, label_places
from hemdata.schema.columns import lists
from hemdata.shards import iterate, read, stands

NAMED = 5
OUTLYING = 12.0  # median absolute deviations from what composition explains
_WORDS = {
    "smiles_other_formula": "have a SMILES of other atoms than the geometry",
    "geometry_other_graph": "have a geometry that is another molecule than the SMILES",
    "bond_length_unusual": "have a bond of unusual length",
    "bonds_unknown": "show no bonds that fit their charge, and stay without a SMILES",
    "smiles_unparsed": "have a SMILES that RDKit cannot read",
    "ion": "are ions",
    "radical": "have unpaired electrons",
    "net_force": "have forces that do not add up to nought",
}


def checks_of(folder: Path, data: Path) -> list[str]:
    """Sentences on the rows of a set.

    Args:
        folder: of its shards.
        data: of the built sets, where the test groups may stand.
    """
    columns = ["id", "inchikey", "energy_hartree", "flags", "atomic_numbers", "positions", "charge"]
    table = pa.Table.from_batches(list(iterate(folder, columns)))
    told = []
    without = table.filter(table["energy_hartree"].is_null())["id"].to_pylist()
    if 0 < len(without) < table.num_rows:
        told.append(_named(without, "have no energy"))
    flags = table["flags"].combine_chunks()
    parents, names = flags.value_parent_indices() if hasattr(flags, "value_parent_indices") else _parents(flags), None
    flat = flags.flatten()
    del names
    for flag, words in _WORDS.items():
        rows = parents.filter(pc.equal(flat, flag))
        if len(rows):
            told.append(_named(table["id"].take(rows).to_pylist(), words))
    told += _repeated(table)
    told += _overlap(table, data)
    told += _outlying(table)
    return told


def _parents(flags: pa.ListArray) -> pa.Array:
    return pc.list_parent_indices(flags)


def _named(ids: list[str], words: str) -> str:
    shown = ", ".join(ids[:NAMED]) + (" ..." if len(ids) > NAMED else "")
    return f"{len(ids):,} row{'s' if len(ids) > 1 else ''} {words if len(ids) > 1 else _one(words)}: {shown}"


def _one(words: str) -> str:
    first, _, rest = words.partition(" ")
    return f"{ {'have': 'has', 'are': 'is', 'show': 'shows', 'repeat': 'repeats', 'lie': 'lies'}[first] } {rest}"


def _repeated(table: pa.Table) -> list[str]:
    """Rows of one geometry to the last digit; and how many are conformers of a molecule."""
    seen: dict[bytes, str] = {}
    twice = []
    z, z_at = lists(table["atomic_numbers"])
    xyz, xyz_at = lists(table["positions"])
    for row, name in enumerate(table["id"].to_pylist()):
        place = np.round(xyz[xyz_at[row] : xyz_at[row + 1]], 6)
        if len(place):
            key = z[z_at[row] : z_at[row + 1]].tobytes() + place.tobytes()
            if seen.setdefault(key, name) != name:
                twice.append(name)
    keys = table["inchikey"].drop_null()
    several = len(keys) - len(pc.unique(keys))
    told = [_named(twice, "repeat an earlier row's geometry")] if twice else []
    if several > len(twice):
        told.append(
            f"{len(pc.unique(keys)):,} molecules by InChIKey in {len(keys):,} rows: some are conformers or repeats"
        )
    return told


def _overlap(table: pa.Table, data: Path) -> list[str]:
    """Rows that are molecules of the test groups."""
    places = [place / f"{TEST_GROUPS}@gfn2-xtb" for place in label_places()]
    group = next((place for place in (data / TEST_GROUPS, *places) if stands(place)), None)
    if group is None:
        return []
    known = {key[:14] for key in read(group, ["inchikey"])["inchikey"].to_pylist() if key}
    ids = [
        name for name, key in zip(table["id"].to_pylist(), table["inchikey"].to_pylist(), strict=True)
        if key and key[:14] in known
    ]  # fmt: skip
    return [_named(ids, "are molecules of the test groups; studies leave them out of training")] if ids else []


def _outlying(table: pa.Table) -> list[str]:
    """Rows whose energy is far from what composition explains."""
    kept = table.filter(table["energy_hartree"].is_valid())
    if kept.num_rows < 50:
        return []
    z, offsets = lists(kept["atomic_numbers"])
    elements = np.unique(z)
    energy = kept["energy_hartree"].to_numpy()
    counts = np.zeros((kept.num_rows, len(elements)))
    rows = np.repeat(np.arange(kept.num_rows), np.diff(offsets))
    np.add.at(counts, (rows, np.searchsorted(elements, z)), 1.0)
    solved = np.linalg.lstsq(counts, energy, rcond=None)[0]
    for _ in range(3):  # without those that stand apart
        left = energy - counts @ solved
        spread = np.median(np.abs(left - np.median(left))) + 1e-9
        near = np.abs(left - np.median(left)) < OUTLYING * spread
        solved = np.linalg.lstsq(counts[near], energy[near], rcond=None)[0]
    left = energy - counts @ solved
    off = np.flatnonzero(np.abs(left) > OUTLYING * (np.median(np.abs(left)) + 1e-9))
    order = off[np.argsort(-np.abs(left[off]), kind="stable")]
    return (
        [_named(kept["id"].take(order).to_pylist(), "are far from what their composition explains")] if len(off) else []
    )
