"""A fitted model, or several, on a user's own molecules: energies, their spread, and what to be wary of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hemdata.errors import CallError, DataError
from hemdata.levels import START_LEVEL, SYMBOLS, Level, level
from hemdata.molecules import NOTHING, Molecule, Said, Unread, entries, from_smiles, is_file_of_molecules
from hemdata.predict.domain import Domain
from hemdata.predict.find import named
from hemdata.predict.formation import Thermal, formation_kcal_mol, no_formation, thermal
from hemdata.processes import one_thread, ordered_map
from hemdata.train.fitted import Fitted

GIVEN = "given"


@dataclass(frozen=True)
class Predicted:
    """What the models say of one molecule.

    Attributes:
        id: its name.
        smiles: as given, or read from the geometry; None where its bonds are not plain.
        atomic_numbers, positions: (N,), (3N,) angstrom, of the geometry that was judged.
        each_kcal_mol: atomization energy by model.
        formation_298_kcal_mol: enthalpy of formation of the gas at 298.15 K; None where `no_formation` says why.
        warnings: what the training set has not shown.
        reason: why there is no energy; None where there is one.
    """

    id: str
    smiles: str | None
    atomic_numbers: tuple[int, ...] = ()
    positions: tuple[float, ...] = ()
    each_kcal_mol: tuple[float, ...] = ()
    formation_298_kcal_mol: float | None = None
    no_formation: str | None = None
    warnings: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def atomization_energy_kcal_mol(self) -> float | None:
        """Mean over the models; positive when bound."""
        return float(np.mean(self.each_kcal_mol)) if self.each_kcal_mol else None

    @property
    def spread_kcal_mol(self) -> float | None:
        """Standard deviation over the models; None for a single one."""
        return float(np.std(self.each_kcal_mol, ddof=1)) if len(self.each_kcal_mol) > 1 else None

    @property
    def n_heavy(self) -> int:
        """Atoms that are not hydrogen."""
        return sum(z != 1 for z in self.atomic_numbers)


def wanted(word: str, said: Said = NOTHING) -> Iterator[Molecule | Unread]:
    """The molecules of a file, or of one SMILES; what does not parse is told, not raised.

    Args:
        word: a file or a SMILES.
        said: charge and multiplicity, where the file does not say them.

    Raises:
        CallError: for a file of another kind, or a path where nothing is.
        DataError: for a file that does not read at all.
    """
    path, exists = Path(word), named(word)
    if exists and path.is_file():
        yield from entries(path, said)
    elif exists:
        raise CallError("There is no finished model in this folder.", where=word, fix="Train it to its end first.")
    else:
        read = _read(word, word, said)
        if isinstance(read, Unread) and (is_file_of_molecules(word) or "/cells/" in word):
            raise CallError("There is no such file or model.", where=word, fix="Correct the path.")
        yield read


def predict(
    models: Sequence[Fitted],
    molecules: Sequence[Molecule | Unread],
    *,
    geometry: str | None = None,
    formation: bool = True,
    workers: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[Predicted]:
    """Atomization energies of molecules by one model or the mean of several.

    Args:
        models: of one level (`find.load_all`).
        molecules: as `wanted` reads them; a geometry that is given is taken as it is.
        geometry: level at which geometries are made from SMILES; by default that of the training molecules, or, where
            that would take more than seconds, GFN2-xTB, with a warning.
        formation: whether enthalpies of formation are wanted where the level has the data.
        workers: processes for the geometries; by default one a core.
        progress: called with the number of molecules done since the last call.

    Raises:
        CallError: if there is no such level of geometries.
        DataError: if the level is defined otherwise here than where the models were trained.
    """
    _same_levels(models)
    domain = Domain.common(Domain.of(model.about) for model in models)
    at = _geometry_level(domain, geometry)
    why_not = no_formation(models[0].level) if formation else "not asked for"
    asked = [one for one in molecules if isinstance(one, Molecule)]
    task = partial(_made, at=at, formation=why_not is None)
    made: dict[int, _Made] = {}
    with one_thread():
        for number, each in enumerate(ordered_map(task, asked, workers)):
            made[number] = each
            if progress:
                progress(1)
    ready = [number for number, each in made.items() if each.reason is None and _known(models, each) is None]
    energies = _energies(models, [made[number] for number in ready])
    of_asked = {number: tuple(float(value) for value in row) for number, row in zip(ready, energies.T, strict=True)}
    found, numbers = [], iter(range(len(asked)))
    for one in molecules:
        if isinstance(one, Unread):
            found.append(Predicted(one.id, one.text, reason=one.told))
            continue
        number = next(numbers)
        each, smiles = made[number], one.smiles or made[number].smiles
        if number not in of_asked:
            found.append(Predicted(one.id, smiles, each.z, reason=each.reason or _known(models, each)))
            continue
        said = Predicted(one.id, smiles, each.z, each.x, of_asked[number])
        mean = said.atomization_energy_kcal_mol
        assert mean is not None
        enthalpy, reason = None, why_not
        if reason is None:
            enthalpy, reason = formation_kcal_mol(mean, each.z, models[0].level, each.thermal)
        warnings = [*domain.warnings(each.z, smiles), *_warnings(one, smiles, domain, at)]
        found.append(
            Predicted(one.id, smiles, each.z, each.x, of_asked[number], enthalpy, reason, tuple(warnings), None)
        )
    return found


@dataclass(frozen=True)
class _Made:
    """A molecule's geometry, or why there is none."""

    z: tuple[int, ...] = ()
    x: tuple[float, ...] = ()
    charge: int = 0
    multiplicity: int = 1
    smiles: str | None = None
    thermal: Thermal = field(default_factory=Thermal)
    reason: str | None = None


def _made(one: Molecule, at: Level, formation: bool) -> _Made:
    """A worker's part: the geometry of a molecule, relaxed as label does it, or as given."""
    from hemdata.label.calculation import Result, calculate, calculation_for, stages

    if one.positions:
        heat = thermal(one, one.atomic_numbers, one.positions) if formation else Thermal()
        given = tuple(one.atomic_numbers), tuple(one.positions)
        return _Made(*given, one.charge, one.multiplicity, _smiles_of(one), heat)
    before: Result | None = None
    first: Result | None = None
    for stage in stages(at, at):
        z, x = (before.atomic_numbers, before.positions) if before else (None, None)
        before = calculate(calculation_for(stage, one.canonical_smiles, one.charge, one.multiplicity, z, x))
        if before.reason is not None:
            return _Made(reason=before.reason)
        first = first or before
    assert before is not None
    assert first is not None
    heat = thermal(one, first.atomic_numbers, first.positions, relaxed=True) if formation else Thermal()
    made = tuple(before.atomic_numbers), tuple(before.positions)
    return _Made(*made, one.charge, one.multiplicity, thermal=heat)


def _energies(models: Sequence[Fitted], made: Sequence[_Made]) -> NDArray[np.float64]:
    """(models, molecules) kcal/mol."""
    if not made:
        return np.empty((len(models), 0))
    table = pa.table(
        {
            "id": [str(number) for number in range(len(made))],
            "atomic_numbers": pa.array([each.z for each in made], pa.list_(pa.uint8())),
            "positions": pa.array([each.x for each in made], pa.list_(pa.float64())),
            "charge": pa.array([each.charge for each in made], pa.int64()),
            "multiplicity": pa.array([each.multiplicity for each in made], pa.int64()),
        }
    )
    return np.array([model.predict(table) for model in models])


def _known(models: Sequence[Fitted], made: _Made) -> str | None:
    """Why a network cannot be asked about these elements; None where it can."""
    from hemdata.catalog import cards, network

    for name in {model.name for model in models} & set(cards("network")):
        allowed = network(name).elements
        symbols = [SYMBOLS[z] if z < len(SYMBOLS) else f"atomic number {z}" for z in sorted(set(made.z))]
        foreign = [symbol for symbol in symbols if symbol not in allowed]
        if foreign:
            return f"The network '{name}' cannot represent {' or '.join(foreign)}."
    return None


def _same_levels(models: Sequence[Fitted]) -> None:
    from hemdata.catalog import cards

    for model in models:
        for name, written in model.about.get("level_hashes", {}).items():
            if name in cards("level") and level(name).hash != written:
                raise DataError(
                    f"The level '{name}' is defined otherwise here than where the model was trained.",
                    where=f"level {name}",
                    expected=written,
                    got=level(name).hash,
                    fix="Use the level's card that the model was trained with.",
                )


def _geometry_level(domain: Domain, asked: str | None) -> Level:
    """The level that geometries are made at: as asked, else the training molecules' one if it takes seconds, else
    GFN2-xTB."""
    from hemdata.catalog import cards

    if asked is not None:
        return level(asked)
    cheap = [level(name) for name in domain.geometry_levels if name in cards("level")]
    same = len(domain.geometry_levels) == 1 and len(cheap) == 1 and cheap[0].card.engine != "pyscf"
    return cheap[0] if same else level(START_LEVEL)


def _warnings(one: Molecule, smiles: str | None, domain: Domain, at: Level) -> Iterator[str]:
    if domain.environments is None:
        yield "the package does not tell which atom environments its training molecules had"
    elif smiles is None:
        yield "atom environments were not checked: the bonds of the geometry are not plain"
    if one.charge:
        yield f"charge {one.charge:+d}; a network is told nothing of charges"
    if not one.positions and domain.geometry_levels not in ((), (at.name,)):
        yield f"geometry at {at.name}; those of training were at {' and '.join(domain.geometry_levels)}"


def _read(smiles: str, id: str, said: Said) -> Molecule | Unread:
    try:
        return from_smiles(smiles, id, said=said)
    except DataError as error:
        return Unread(id, smiles, error.what)


def _smiles_of(one: Molecule) -> str | None:
    """The SMILES that a given geometry shows, by RDKit's bond perception; None where it finds none."""
    from rdkit import Chem
    from rdkit.Chem import rdDetermineBonds

    from hemdata.identity.molecule import quiet

    quiet()
    places = zip(one.atomic_numbers, *(one.positions[axis::3] for axis in range(3)), strict=True)
    try:
        lines = [f"{SYMBOLS[z]} {x} {y} {w}" for z, x, y, w in places]
        molecule: Any = Chem.MolFromXYZBlock("\n".join([str(len(lines)), "", *lines]))
        rdDetermineBonds.DetermineBonds(molecule, charge=one.charge)
        return str(Chem.MolToSmiles(Chem.RemoveHs(molecule)))
    except (ValueError, RuntimeError, IndexError):
        return None
