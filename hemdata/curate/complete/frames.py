"""Completes records that come column by column (a user's own files): units, identity, flags; refuses what breaks."""

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hemdata.catalog import DatasetCard
from hemdata.curate.complete.in_bohr import REASON, without_rows_in_bohr
from hemdata.curate.complete.records import Completed, its_schema, with_flags
from hemdata.curate.complete.values import (
    ids,
    lists_of,
    numbers,
    texts,
    total_energies,
    whole_numbers,
)
from hemdata.forms.shared.frames import Frames
from hemdata.identity import Identity, disagreements, identify
from hemdata.identity.from_geometry import smiles_of
from hemdata.identity.ground_state import LARGEST, known_multiplicity
from hemdata.levels import SYMBOLS, Level, level, with_atomization
from hemdata.molecules.state import SPIN, UNPAIRED
from hemdata.schema import misfits
from hemdata.schema.columns import sums
from hemdata.units import OF_LENGTH, of_force

FORCES = "forces_hartree_bohr"
NET_FORCE = 1e-3  # hartree/bohr: the forces on a molecule alone add up to nought but for a program's grid
Found = dict[int, tuple[str, str | None]]


@dataclass(frozen=True)
class FramesCompletion:
    """The work of one build, sent to each worker: called with a batch of records, gives their completed rows."""

    card: DatasetCard

    def __call__(self, frames: Frames) -> Completed:
        """Every record ends up in the table or among the rejected."""
        return _Work(self.card, frames).completed()


class _Work:
    """One batch on its way."""

    def __init__(self, card: DatasetCard, frames: Frames) -> None:
        assert card.imported is not None
        self.card, self.how, self.frames = card, card.imported, frames
        self.bad: Found = dict(frames.faults)
        self.flags: list[list[str]] = [[] for _ in range(frames.n)]
        for row, told in enumerate(self._of("flags") or ()):
            self.flags[row] += told.split() if isinstance(told, str) else [str(flag) for flag in told or ()]
        self.seconds = 0.0

    def completed(self) -> Completed:
        schema, its_level = its_schema(self.card), _level(self.card.level)
        columns = self._columns(its_level)
        table = pa.table([columns[name] for name in schema.arrow.names], schema=schema.arrow)
        good = np.array([row for row in range(self.frames.n) if row not in self.bad], dtype=np.int64)
        if len(good) < self.frames.n:
            table = table.take(pa.array(good))
        if its_level is not None:
            table = with_atomization(table, its_level)
        done = Completed(schema.arrow.empty_table(), read=self.frames.n, rdkit_seconds=self.seconds)
        done.misfits.update(misfits(table))
        broken = schema.refused(table)
        for row, reason in broken.items():
            self.bad[int(good[row])] = (f"schema: {reason.split(':')[0]}", reason)
        if broken:
            left = [row for row in range(table.num_rows) if row not in broken]
            table, good = table.take(pa.array(left, pa.int64())), good[left]
        found = disagreements(table, [self.identities[row] for row in good.tolist()])
        for flag, rows in found.items():
            rows &= np.array([flag not in self.flags[row] for row in good.tolist()], dtype=bool)
        done.table, bohr = without_rows_in_bohr(with_flags(table, found))
        done.in_bohr = len(bohr)
        self.bad |= {int(good[row]): (REASON, None) for row in bohr}
        for row in sorted(self.bad):
            reason, detail = self.bad[row]
            done.rejected.append((self.frames.place(row), reason, detail, self._text(row)))
        return done

    def _columns(self, its_level: Level | None) -> dict[str, Any]:
        n = self.frames.n
        smiles, self.identities = self._identities()
        z, offsets, xyz = self._geometry()
        charge, multiplicity = self._electrons(z, offsets)
        energy = self._energies(z, offsets, its_level)
        has_energy = ~np.isnan(energy)
        has_geometry = pa.array(np.diff(self.frames.offsets) == 0)
        atoms = np.diff(offsets)
        heavy = sums(z != 1, offsets)
        if not self.card.audited:
            for row in has_energy.nonzero()[0].tolist():
                self.flags[row].append("level_unaudited")
        found = self.identities
        columns: dict[str, Any] = {
            "id": [f"{self.card.name}:{word}" for word in ids(self._of("id"), self.card.name, self.frames)],
            "smiles": smiles,
            "canonical_smiles": [its.canonical_smiles if its else None for its in found],
            "inchikey": [(its.inchikey or None) if its else None for its in found],
            "atomic_numbers": lists_of(z.astype(np.uint8), offsets, None),
            "positions": lists_of(xyz.ravel(), 3 * self.frames.offsets, has_geometry),
            "n_atoms": pa.array(np.minimum(atoms, 65535).astype(np.uint16)),
            "n_heavy": pa.array(np.minimum(heavy, 65535).astype(np.uint16)),
            "charge": pa.array(charge.astype(np.int8)),
            "multiplicity": pa.array(multiplicity.astype(np.uint8)),
            "energy_hartree": pa.array(energy, from_pandas=True),
            "atomization_energy_kcal_mol": pa.nulls(n, pa.float64()),
            "level": [self.card.level if there else None for there in has_energy.tolist()],
            "geometry_level": [self.card.geometry_level if n else None for n in np.diff(self.frames.offsets).tolist()],
            "flags": self.flags,
        }
        for column in self.card.properties:
            columns[column.name] = self._property(column.name, column.type)
        arrow = its_schema(self.card).arrow
        return {
            name: value if isinstance(value, pa.Array) else pa.array(value, arrow.field(name).type)
            for name, value in columns.items()
        }

    def _of(self, name: str) -> Any:
        """The values of a column of the record as the file has them; None where it has none in this batch."""
        its = self.card.columns.get(name)
        return None if its is None else self.frames.values.get(its.column)

    def _unit(self, name: str) -> str:
        its = self.card.columns.get(name)
        return (its.unit if its else None) or ""

    def _identities(self) -> tuple[list[str | None], list[Identity | None]]:
        """The SMILES as given, or found from the geometry; and what they say."""
        started = time.thread_time()
        smiles = texts(self._of("smiles"), self.frames.n)
        found: list[Identity | None] = [None] * self.frames.n
        charges = self._of("charge")
        length = OF_LENGTH[self._unit("positions") or "angstrom"]
        for row in range(self.frames.n):
            if row in self.bad:
                continue
            at = self.frames.geometry(row)
            there = at.stop > at.start
            if smiles[row] is not None:
                found[row] = identify(str(smiles[row]), bonds=there)
                if found[row] is None and not there:
                    self.bad[row] = ("the SMILES does not parse", f"got {smiles[row]!r}")
                elif found[row] is None:
                    self.flags[row].append("smiles_unparsed")
            elif there and self.how.bonds:
                charge = _charge_at(charges, row, self.how.charge)
                shown = smiles_of(self.frames.atomic_numbers[at], self.frames.positions[at] * length, charge)
                found[row] = identify(shown) if shown is not None else None
                smiles[row] = shown if found[row] is not None else None
                if found[row] is None:
                    self.flags[row].append("bonds_unknown")
        self.seconds += time.thread_time() - started
        return smiles, found

    def _geometry(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Atoms of every row (of its SMILES where it has no geometry), their offsets, and coordinates in angstrom."""
        frames = self.frames
        xyz = frames.positions * OF_LENGTH[self._unit("positions") or "angstrom"]
        atoms = np.diff(frames.offsets)
        broken = sums(~np.isfinite(xyz).all(axis=1), frames.offsets) > 0
        for row in broken.nonzero()[0].tolist():
            self.bad.setdefault(row, ("a coordinate is not finite", None))
        if (atoms > 0).all():
            for row, its in enumerate(self.identities):
                if its is not None and atoms[row]:
                    z = frames.atomic_numbers[frames.geometry(row)]
                    if sorted(z.tolist()) != sorted(its.atomic_numbers):
                        self.flags[row].append("smiles_other_formula")
            return frames.atomic_numbers, frames.offsets, xyz
        rows: list[list[int]] = []
        for row, its in enumerate(self.identities):
            numbers_here: list[int] = frames.atomic_numbers[frames.geometry(row)].tolist()
            if its is not None and not numbers_here:
                numbers_here = list(its.atomic_numbers)
            elif its is not None and sorted(numbers_here) != sorted(its.atomic_numbers):
                self.flags[row].append("smiles_other_formula")
            if not numbers_here and row not in self.bad:
                self.bad[row] = ("no molecule", "neither a SMILES nor a geometry")
            rows.append(numbers_here)
        flat = np.array([n for z in rows for n in z], dtype=np.int64)
        return flat, np.concatenate([[0], np.cumsum([len(z) for z in rows], dtype=np.int64)]), xyz

    def _electrons(
        self, z: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Charges and multiplicities; ions and radicals are flagged."""
        n = self.frames.n
        drawn = np.array([its.charge if its else 0 for its in self.identities])
        charge = whole_numbers(self._of("charge"), n, self.bad, "charge")
        if self.how.charge is not None:
            charge = np.where(np.isnan(charge), self.how.charge, charge)
        given_smiles = self._of("smiles") is not None
        for row in np.flatnonzero(~np.isnan(charge) & (charge != drawn)).tolist() if given_smiles else ():
            if self.identities[row] is not None:
                self.bad.setdefault(
                    row, ("the charge is not that of the SMILES", f"expected {drawn[row]}, got {charge[row]:g}")
                )
        charge = np.where(np.isnan(charge), drawn, charge)
        electrons = sums(z, offsets) - charge
        radical = np.array([its.radical_electrons if its else -1 for its in self.identities])
        lowest = np.where((radical >= 0) & ((electrons - radical) % 2 == 0), 1 + radical, 1 + electrons % 2)
        multiplicity = self._multiplicity(electrons)
        if self.how.multiplicity is not None:
            multiplicity = np.where(np.isnan(multiplicity), self.how.multiplicity, multiplicity)
        for row in np.flatnonzero(np.isnan(multiplicity) & (np.diff(offsets) <= LARGEST)).tolist():
            known = known_multiplicity(z[offsets[row] : offsets[row + 1]].tolist(), int(charge[row]))
            lowest[row] = lowest[row] if known is None else known
        multiplicity = np.where(np.isnan(multiplicity), lowest, multiplicity)
        for row in np.flatnonzero((np.abs(charge) > 100) | (multiplicity > 200) | (multiplicity < 0)).tolist():
            self.bad.setdefault(
                row, ("no charge or multiplicity", f"charge {charge[row]:g}, multiplicity {multiplicity[row]:g}")
            )
        for flag, rows in (("ion", charge != 0), ("radical", multiplicity > 1)):
            for row in rows.nonzero()[0].tolist():
                if flag not in self.flags[row]:
                    self.flags[row].append(flag)
        return np.clip(charge, -100, 100).astype(np.int64), np.clip(multiplicity, 0, 200).astype(np.int64)

    def _multiplicity(self, electrons: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """As the file has them; of unpaired electrons, and of a `spin` that can be but these, one more."""
        said = whole_numbers(self._of("multiplicity"), self.frames.n, self.bad, "multiplicity")
        its = self.card.columns.get("multiplicity")
        name = its.column.lower() if its else ""
        if name in UNPAIRED:
            return said + 1
        if name in SPIN:
            return np.where((electrons - said) % 2 == 0, said + 1, said)
        return said

    def _energies(
        self, z: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64], its_level: Level | None
    ) -> npt.NDArray[np.float64]:
        """Total electronic energies in hartree, NaN where a row has none."""
        values = self._of("energy_hartree")
        if values is None or its_level is None:
            return np.full(self.frames.n, np.nan)
        energy, wrong = numbers(values, self.frames.n)
        for row, word in wrong.items():
            self.bad.setdefault(row, ("the energy is no finite number", f"got {word!r}"))
        if self.how.missing is not None:
            energy[energy == self.how.missing] = np.nan
        elif self.how.kind != "atomization":
            for row in np.flatnonzero(energy == 0.0).tolist():
                self.bad.setdefault(
                    row, ("an energy of 0", "it seems to mean that there is none: give --missing 0 to keep the row")
                )
        zero_point = self._of("zpve_hartree")
        if self.how.kind == "total with zero-point energy":
            zero, _ = numbers(zero_point, self.frames.n)
        else:
            zero = np.zeros(self.frames.n)
        foreign = ~np.isin(z, list(its_level.atoms))
        for row in np.flatnonzero((sums(foreign, offsets) > 0) & ~np.isnan(energy)).tolist():
            its = sorted({SYMBOLS[n] if n < len(SYMBOLS) else str(n) for n in z[offsets[row] : offsets[row + 1]]
                          if n not in its_level.atoms})  # fmt: skip
            self.bad.setdefault(row, (f"the level '{its_level.name}' has no atom of this element", ", ".join(its)))
        return total_energies(
            energy,
            zero,
            (self._unit("energy_hartree"), self._unit("zpve_hartree")),
            self.how.kind,
            (z, offsets),
            its_level,
        )

    def _property(self, name: str, kind: str) -> Any:
        values, n = self._of(name), self.frames.n
        if values is None:
            return [None] * n
        if name == FORCES:
            return self._forces(values)
        if kind == "string":
            return texts(values, n)
        if kind == "bool":
            return [None if value is None else bool(value) for value in values]
        if kind.startswith("list<string"):
            return [None if value is None else [str(word) for word in value] for value in values]
        if kind.startswith("list"):
            return [_list(value, kind) for value in values]
        found, wrong = numbers(values, n)
        for row, word in wrong.items():
            self.bad.setdefault(row, (f"{name} is no finite number", f"got {word!r}"))
        if name == "zpve_hartree":
            from hemdata.units import OF_ENERGY

            found = found * OF_ENERGY[self._unit(name) or "hartree"]
        if kind != "double":
            return [None if np.isnan(value) else int(value) for value in found]
        return pa.array(found, from_pandas=True)

    def _forces(self, values: Any) -> list[list[float] | None]:
        """In hartree/bohr; three finite numbers an atom or the row is refused, a net force is flagged."""
        factor = (of_force(self._unit(FORCES)) or 1.0) * (-1.0 if self.how.gradient else 1.0)
        found: list[list[float] | None] = []
        for row, value in enumerate(values):
            its = _list(value, "list<double>")
            at = self.frames.geometry(row)
            atoms = at.stop - at.start
            if its is None or row in self.bad:
                found.append(None)
                continue
            forces = np.asarray(its, dtype=np.float64) * factor
            if len(forces) != 3 * atoms or not np.isfinite(forces).all():
                what = f"expected {3 * atoms} finite numbers, got {len(forces)}"
                self.bad[row] = ("not three finite forces an atom", what)
            elif np.abs(forces.reshape(-1, 3).sum(axis=0)).max() > NET_FORCE:
                self.flags[row].append("net_force")
            found.append(forces.tolist())
        return found

    def _text(self, row: int) -> str:
        told = {
            key: values[row]
            for key, values in self.frames.values.items()
            if row < len(values) and isinstance(values[row], str | int | float | np.number | None)
        }
        return ", ".join(f"{key}={value}" for key, value in told.items())[:500]


def _charge_at(values: Any, row: int, constant: int | None) -> int:
    if values is None:
        return constant or 0
    try:
        return int(float(values[row]))
    except (TypeError, ValueError):
        return constant or 0


def _list(value: Any, kind: str) -> Any:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, str):
        value = value.split()
    if kind == "list<double>":
        return np.asarray(value, dtype=np.float64).ravel().tolist()
    return [int(each) for each in np.asarray(value).ravel().tolist()]


@cache
def _level(name: str | None) -> Level | None:
    return level(name) if name is not None else None
