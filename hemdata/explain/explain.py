"""Why these predictions: the training molecules that carry them, and what each atom adds to energy and error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hemdata.explain.asked import Asked, asked
from hemdata.explain.atoms import AtomPart, Shown
from hemdata.explain.carriers import Carriers, Stand, carriers
from hemdata.explain.training_set import training_of
from hemdata.predict.find import load_all, packages, refuse_no_model
from hemdata.train.data.molecules import ENERGY

OWN = 3  # training molecules that are named for each molecule
Bar = Callable[[str, int], AbstractContextManager[Callable[[int, str], object]]]
"""Makes a progress bar of a job's name and its number of molecules; it is told how many more are done, and a note."""


@dataclass(frozen=True)
class Carrier:
    """A training molecule, and what one prediction is without it.

    Attributes:
        id, smiles: of the molecule.
        change_kcal_mol: of the prediction when it is left out.
    """

    id: str
    smiles: str
    change_kcal_mol: float


@dataclass(frozen=True)
class ExplainedMolecule:
    """One molecule that was asked about.

    Attributes:
        id, smiles: its name, and its SMILES where its bonds are plain.
        predicted_kcal_mol: atomization energy, mean over the models; `spread_kcal_mol` their standard deviation.
        reference_kcal_mol, error_kcal_mol: where the group is labelled at the models' level.
        carriers: the training molecules without which the prediction changes most.
        atoms: of the first model, in the order of the SMILES; empty where they cannot be told in the geometry.
    """

    id: str
    smiles: str | None
    predicted_kcal_mol: float
    spread_kcal_mol: float | None
    reference_kcal_mol: float | None
    error_kcal_mol: float | None
    carriers: tuple[Carrier, ...]
    atoms: tuple[AtomPart, ...]


@dataclass(frozen=True)
class Explanation:
    """Why a model, or several seeds of one, predict what they predict.

    Attributes:
        asked: the word that named the molecules.
        models: network and seed of each; `level` of theory of their energies.
        exact: whether what is left out is left out of the models themselves (baselines); of a network it is left out
            of the ridge on its gradients, which stands in for training it again.
        stand_in_kcal_mol: mean size of what that ridge differs from the models on these molecules.
        training_molecules: of all models together.
        molecules: those asked about, the largest error first where there are references.
        rows: training molecules by weight: id, smiles, energy_kcal_mol, change_kcal_mol, moved_kcal_mol,
            error_kcal_mol, as `Carriers` has them; `kinds` the same of functional groups left out as a whole.
        mae_kcal_mol: mean absolute error of the mean prediction; None without references.
        left_out: molecules that were not explained, and why.
    """

    asked: str
    models: tuple[str, ...]
    level: str
    exact: bool
    stand_in_kcal_mol: float
    training_molecules: int
    molecules: tuple[ExplainedMolecule, ...]
    rows: pd.DataFrame
    kinds: pd.DataFrame
    mae_kcal_mol: float | None
    left_out: dict[str, str]

    def as_data(self, rows: int | None = None) -> dict[str, Any]:
        """Plain data for JSON; null for what is not known.

        Args:
            rows: how many training molecules; all by default.
        """
        told = {name: value for name, value in vars(self).items() if name not in ("rows", "kinds", "molecules")}
        return told | {
            "models": list(self.models),
            "molecules": [asdict(each) for each in self.molecules],
            "training": _records(self.rows.head(rows) if rows is not None else self.rows),
            "kinds": _records(self.kinds),
        }


def explain(
    models: Sequence[str | Path],
    word: str,
    *,
    data: Path = Path("data"),
    training: str | Path | None = None,
    geometry: str | None = None,
    device: str = "auto",
    bar: Bar | None = None,
) -> Explanation:
    """Why some models predict what they predict of a molecule or a group.

    Args:
        models: packages, cells of a study, or a cell's name without its seed for all seeds; of one level.
        word: a group, GROUP:ID, a file of molecules, or a SMILES, as `asked` takes it.
        data: folder of the labelled sets, in which the training molecules are looked for.
        training: the set that the models were trained on, where it is not to be found there.
        geometry: level at which geometries are made from SMILES.
        device: where networks compute: auto, cpu or cuda.
        bar: shows how far the gradients are.

    Raises:
        CallError: if there is no such model, group or molecule, or the training set is too large.
        DataError: if the training molecules are not at hand, or no molecule can be predicted.
    """
    places = [place for name in models for place in _packages(name)]
    fitted = load_all(places, device)
    found = asked(word, [each.about for each in fitted], data, geometry)
    of_below: dict[str, float] = {}  # the models' training molecules are mostly the same ones
    learnt = [
        training_of(place, each.about, data, training, of_below) for place, each in zip(places, fitted, strict=True)
    ]
    stands = []
    with bar("gradients of training molecules", sum(t.num_rows for t, _ in learnt)) if bar else nullcontext() as step:
        for each, (table, molecules) in zip(fitted, learnt, strict=True):
            stands.append(Stand.of(each, table, molecules, step))
    return explained(found, stands)


def explained(found: Asked, stands: Sequence[Stand]) -> Explanation:
    """The explanation of molecules by models whose training molecules are at hand."""
    carried = carriers(stands, found.table)
    reference = found.table[ENERGY].to_pylist()
    shown = Shown(stands[0])
    molecules = [
        ExplainedMolecule(
            found.table["id"][n].as_py(),
            found.table["smiles"][n].as_py(),
            float(carried.predicted[n]),
            None if carried.spread is None else float(carried.spread[n]),
            reference[n],
            None if reference[n] is None else float(carried.predicted[n]) - reference[n],
            _own(carried, n),
            shown.atoms(found.table.slice(n, 1)),
        )
        for n in range(found.table.num_rows)
    ]
    molecules.sort(key=lambda each: -abs(each.error_kcal_mol or 0.0))
    errors = [abs(each.error_kcal_mol) for each in molecules if each.error_kcal_mol is not None]
    return Explanation(
        found.name,
        tuple(f"{stand.model.name}, seed {stand.model.about['seed']}" for stand in stands),
        stands[0].model.level,
        all(stand.exact for stand in stands),
        carried.stand_in_kcal_mol,
        len(carried.rows),
        tuple(molecules),
        carried.rows,
        carried.kinds,
        float(np.mean(errors)) if errors else None,
        found.left_out,
    )


def _own(carried: Carriers, number: int) -> tuple[Carrier, ...]:
    """The training molecules that one molecule's prediction rests on."""
    changes = carried.changes[number]
    first = np.argsort(-np.abs(changes), kind="stable")[:OWN]
    ids, smiles = carried.rows["id"], carried.rows["smiles"]
    return tuple(Carrier(ids[row], smiles[row], float(changes[row])) for row in first.tolist())


def _packages(word: str | Path) -> list[Path]:
    found = packages(word)
    if not found:
        refuse_no_model(word)
    return found


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): None if isinstance(value, float) and np.isnan(value) else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]
