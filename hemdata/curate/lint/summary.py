"""What the checks of a whole set look at: a few numbers a row, gathered in the workers, put together once."""

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from hemdata.curate.lint.rows import Floats, Rows
from hemdata.identity import flat_graph
from hemdata.identity.environments import counted_environments
from hemdata.levels import SYMBOLS

ADDITIVE = ("atomization_energy_kcal_mol", "zpve_hartree", "alpha_bohr3", "cv_cal_mol_k")
"""Columns that bonds give to a few per cent."""


@dataclass
class Summary:
    """Every row of a set in a few numbers.

    Attributes:
        ids, formulas, graphs, keys: by row; a graph is the InChIKey's first part, or empty.
        energy: (n,) hartree, atomization (n,) kcal/mol; NaN where there is none.
        shape: (n, 9) angstrom, lengths that no turning changes: root moments of all atoms, of the heavy ones, and
            weighted by the nuclear charges; NaN without a geometry.
        numbers: every further column of numbers, (n,).
        levels, parts: level of theory and side of the split of each row, where the set has the columns.
        counted: how often each row shows each atom environment, elements among them, and each size of ring (negative).
        pairs: rows of one geometry, the earlier first; made by `same_geometries`.
        split: name of the column that says the side.
    """

    ids: list[str] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    graphs: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    levels: list[str | None] = field(default_factory=list)
    parts: list[str | None] = field(default_factory=list)
    counted: list[dict[int, int]] = field(default_factory=list)
    pairs: list[tuple[int, int]] = field(default_factory=list)
    energy: Floats = field(default_factory=lambda: np.zeros(0))
    atomization: Floats = field(default_factory=lambda: np.zeros(0))
    shape: Floats = field(default_factory=lambda: np.zeros((0, 9)))
    numbers: dict[str, Floats] = field(default_factory=dict)
    split: str | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def has(self, *columns: str) -> bool:
        """Whether there is a value in each of these columns."""
        known = {"energy_hartree": self.energy, "atomization_energy_kcal_mol": self.atomization, **self.numbers}
        known["positions"] = self.shape.ravel()
        known["split"] = np.array([1.0] if self.split else [])
        return all(name in known and bool(np.isfinite(known[name]).any()) for name in columns)

    def column(self, name: str) -> Floats:
        """(n,) one column of numbers."""
        return self.atomization if name == "atomization_energy_kcal_mol" else self.numbers[name]


def summary_of(rows: Rows, split: str | None = None) -> Summary:
    """The summary of some rows.

    Args:
        split: name of the column that says on which side of a split a row stands.
    """
    table = rows.table
    keys = [key or "" for key in table["inchikey"].to_pylist()]
    own = [name for name in table.column_names if str(table.schema.field(name).type) == "double"]
    base = ("energy_hartree", "atomization_energy_kcal_mol")
    return Summary(
        ids=rows.ids,
        formulas=_formulas(rows),
        graphs=[flat_graph(key) for key in keys],
        keys=keys,
        levels=table["level"].to_pylist(),
        parts=[str(each) for each in table[split].to_pylist()] if split else [None] * len(rows),
        counted=[_counted(molecule) for molecule in rows.drawn],
        energy=rows.column(base[0]),
        atomization=rows.column(base[1]),
        shape=np.concatenate([_lengths(rows, weights) for weights in _weights(rows)], axis=1),
        numbers={name: rows.column(name) for name in own if name not in base},
        split=split,
    )


def together(parts: list[Summary]) -> Summary:
    """Summaries one after another."""
    whole = Summary(split=parts[0].split if parts else None)
    for each in fields(Summary):
        found = [getattr(part, each.name) for part in parts]
        if each.name == "numbers":
            names = found[0] if found else {}
            whole.numbers = {name: np.concatenate([part[name] for part in found]) for name in names}
        elif each.name != "split" and found:
            joined = np.concatenate(found) if isinstance(found[0], np.ndarray) else [x for part in found for x in part]
            setattr(whole, each.name, joined)
    return whole


def _formulas(rows: Rows) -> list[str]:
    starts, z = np.concatenate([[0], np.cumsum(rows.n_atoms)]), rows.z
    known: dict[bytes, str] = {}
    found = []
    for row in range(len(rows)):
        atoms = np.sort(z[starts[row] : starts[row + 1]])
        name = known.get(packed := atoms.tobytes())
        if name is None:
            counts = Counter(SYMBOLS[n] if n < len(SYMBOLS) else str(n) for n in atoms.tolist())
            name = known[packed] = "".join(f"{symbol}{n if n > 1 else ''}" for symbol, n in sorted(counts.items()))
        found.append(name)
    return found


def _counted(molecule: Any | None) -> dict[int, int]:
    if molecule is None:
        return {}
    found = counted_environments(molecule, 1)
    for ring in molecule.GetRingInfo().AtomRings():
        found[-len(ring)] = found.get(-len(ring), 0) + 1
    return found


def _weights(rows: Rows) -> tuple[Floats, Floats, Floats]:
    z = rows.z.astype(np.float64)
    return np.ones(len(z)), (z > 1).astype(np.float64), z


def _lengths(rows: Rows, weights: Floats) -> Floats:
    """(n, 3) root mean squares along the axes, angstrom."""
    total = rows.of_each_row(weights)
    moments = rows.moments(weights) / np.maximum(total, 1.0)[:, None]
    return np.sqrt(np.maximum(moments, 0.0))
