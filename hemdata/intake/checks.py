"""What a user should know of the rows of a set just imported: repeats, overlap, graphs, missing energies."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hemdata.catalog import TEST_GROUPS, label_places
from hemdata.identity import FLAT_GRAPH_LETTERS
from hemdata.identity.bonds import in_pieces
from hemdata.levels import SYMBOLS
from hemdata.schema.columns import lists
from hemdata.shards import iterate, read, stands

NAMED = 5
FEW = 50
LONG = 80  # letters of an id that are shown
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
    """Sentences on the rows of a set, whose rows are streamed.

    Args:
        folder: of its shards.
        data: of the built sets, where the test groups may stand.
    """
    known = _test_groups(data)
    found = _Found()
    for batch in iterate(folder, ["id", "inchikey", "energy_hartree", "flags", "atomic_numbers", "positions"]):
        _add(found, pa.Table.from_batches([batch]), known)
    told = []
    if found.bare.n == found.rows:
        told.append("no row has an energy: these are molecules to be labelled or predicted")
    elif found.bare.n:
        told.append(found.bare.told("have no energy"))
    told += [found.flagged[flag].told(words) for flag, words in _WORDS.items() if flag in found.flagged]
    if found.several.n:
        told.append(found.several.told("hold several molecules in one geometry, which are taken as one"))
    if found.twice.n:
        told.append(found.twice.told("repeat an earlier row's geometry"))
    if found.keys - len(found.molecules) > found.twice.n:
        told.append(
            f"{len(found.molecules):,} molecules by InChIKey in {found.keys:,} rows: some are conformers or repeats"
        )
    if found.shared.n:
        told.append(found.shared.told("are molecules of the test groups; studies leave them out of training"))
    if far := _outlying(found):
        told.append(_named(far[:NAMED], len(far), "are far from what their composition explains"))
    return told


@dataclass
class _Rows:
    """How many rows, and the first ones' ids."""

    n: int = 0
    ids: list[str] = field(default_factory=list)

    def add(self, ids: Sequence[str]) -> None:
        self.n += len(ids)
        self.ids += ids[: max(0, NAMED - len(self.ids))]

    def told(self, words: str) -> str:
        return _named(self.ids, self.n, words)


@dataclass
class _Found:
    """What the rows read so far have shown; of each row a few numbers are kept."""

    rows: int = 0
    keys: int = 0
    bare: _Rows = field(default_factory=_Rows)
    several: _Rows = field(default_factory=_Rows)
    twice: _Rows = field(default_factory=_Rows)
    shared: _Rows = field(default_factory=_Rows)
    flagged: dict[str, _Rows] = field(default_factory=dict)
    geometries: set[bytes] = field(default_factory=set)
    molecules: set[str] = field(default_factory=set)
    energies: list[npt.NDArray[np.float64]] = field(default_factory=list)
    counts: list[npt.NDArray[np.uint16]] = field(default_factory=list)
    ids: list[pa.Array] = field(default_factory=list)


def _add(found: _Found, table: pa.Table, known: set[str]) -> None:
    ids, keys = table["id"].to_pylist(), table["inchikey"].to_pylist()
    found.rows += len(ids)
    found.bare.add(table.filter(table["energy_hartree"].is_null())["id"].to_pylist())
    flags = table["flags"].combine_chunks()
    parents, names = pc.list_parent_indices(flags), flags.flatten()
    for flag in pc.unique(names).to_pylist():
        rows = parents.filter(pc.equal(names, flag))
        found.flagged.setdefault(flag, _Rows()).add(table["id"].take(rows).to_pylist())
    there = [key for key in keys if key]
    found.keys += len(there)
    found.molecules.update(there)
    found.shared.add([name for name, key in zip(ids, keys, strict=True) if key and key[:FLAT_GRAPH_LETTERS] in known])
    z, z_at = lists(table["atomic_numbers"])
    xyz, xyz_at = lists(table["positions"])
    rounded, atoms = np.round(xyz, 6) + 0.0, z.astype(np.uint8)
    placed = np.diff(xyz_at) > 0
    of_placed = np.r_[0, np.cumsum(np.diff(z_at)[placed])]
    several = in_pieces(z[np.repeat(placed, np.diff(z_at))], xyz.reshape(-1, 3), of_placed)
    found.several.add([ids[row] for row in np.flatnonzero(placed)[several]])
    for row, name in enumerate(ids):
        place = rounded[xyz_at[row] : xyz_at[row + 1]]
        if len(place):
            digest = hashlib.blake2b(atoms[z_at[row] : z_at[row + 1]], digest_size=12)
            digest.update(place)
            key = digest.digest()
            if key in found.geometries:
                found.twice.add([name])
            found.geometries.add(key)
    energy = table["energy_hartree"].to_numpy()
    counts = np.zeros((len(ids), len(SYMBOLS)), dtype=np.uint16)
    np.add.at(counts, (np.repeat(np.arange(len(ids)), np.diff(z_at)), z.astype(np.int64)), 1)
    kept = ~np.isnan(energy)
    found.energies.append(energy[kept])
    found.counts.append(counts[kept])
    found.ids.append(table["id"].combine_chunks().filter(pa.array(kept)))


def _named(ids: Sequence[str], n: int, words: str) -> str:
    shown = ", ".join(each if len(each) <= LONG else f"{each[:LONG]}..." for each in ids[:NAMED])
    shown += " ..." if n > NAMED else ""
    return f"{n:,} row{'s' if n > 1 else ''} {words if n > 1 else _of_one(words)}: {shown}"


def _of_one(words: str) -> str:
    first, _, rest = words.partition(" ")
    return f"{_ONE[first]} {rest}"


_ONE = {"have": "has", "hold": "holds", "are": "is", "show": "shows", "repeat": "repeats"}


def _test_groups(data: Path) -> set[str]:
    """The flat graphs of the test groups' molecules."""
    places = [place / f"{TEST_GROUPS}@gfn2-xtb" for place in label_places()]
    group = next((place for place in (data / TEST_GROUPS, *places) if stands(place)), None)
    keys = read(group, ["inchikey"])["inchikey"].to_pylist() if group is not None else []
    return {key[:FLAT_GRAPH_LETTERS] for key in keys if key}


def _outlying(found: _Found) -> list[str]:
    """Rows whose energy is far from what composition explains, the farthest first."""
    energy, counts = np.concatenate(found.energies), np.concatenate(found.counts)
    if len(energy) < FEW:
        return []
    counts = counts[:, counts.any(axis=0)].astype(np.float64)
    near = np.ones(len(energy), dtype=bool)
    for _ in range(4):  # the later times without those that stand apart
        solved = np.linalg.lstsq(counts[near].T @ counts[near], counts[near].T @ energy[near], rcond=None)[0]
        left = energy - counts @ solved
        spread = np.median(np.abs(left - np.median(left))) + 1e-9
        near = np.abs(left - np.median(left)) < OUTLYING * spread
    off = np.flatnonzero(~near)
    order = off[np.argsort(-np.abs(left[off]), kind="stable")]
    far: list[str] = pa.chunked_array(found.ids).take(pa.array(order)).to_pylist()
    return far
