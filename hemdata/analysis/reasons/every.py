"""All reasons of a study's rows together: what the report shows of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hemdata.analysis.reasons.errors import signed_errors
from hemdata.analysis.reasons.labels.bridge import bridge_errors
from hemdata.analysis.reasons.labels.geometry import geometry_parts
from hemdata.analysis.reasons.labels.published_level import level_reasons, published_levels
from hemdata.analysis.reasons.molecules.carriers import carried
from hemdata.analysis.reasons.molecules.composition import cured_by, per_element
from hemdata.analysis.reasons.molecules.environments import set_against_set, unseen_environments
from hemdata.analysis.reasons.molecules.functional_groups import by_functional_group
from hemdata.analysis.reasons.molecules.leaks import leaked_errors, leaked_molecules
from hemdata.analysis.reasons.molecules.size import size
from hemdata.analysis.reasons.parts import parts
from hemdata.analysis.reasons.seeds import seed_noise
from hemdata.errors import DataError
from hemdata.study.data import MIXED
from hemdata.study.rows import Rows

RESAMPLES = 2000


@dataclass(frozen=True)
class Reasons:
    """The tables of the reasons; what each holds stands at the function that makes it."""

    parts: pd.DataFrame
    per_element: pd.DataFrame
    cured: pd.DataFrame
    seeds: pd.DataFrame
    size: pd.DataFrame
    environments: pd.DataFrame
    set_against_set: pd.DataFrame
    functional_groups: pd.DataFrame
    leaks: pd.DataFrame
    leaked: pd.DataFrame
    geometry: pd.DataFrame
    level: pd.DataFrame
    published_level: pd.DataFrame
    carriers: pd.DataFrame
    bridge: pd.DataFrame


def reasons_of(
    rows: Rows,
    *,
    largest: Mapping[str, int] | None = None,
    published: pd.DataFrame | None = None,
    bridged: Mapping[str, Mapping[str, Any]] | None = None,
    data: Path = Path("data"),
    run: Path | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Reasons:
    """Every reason that the rows alone can tell, and what labels tell: of the geometry, and of the level of theory.

    Args:
        rows: of the study.
        largest: heavy atoms of the largest training molecule of each set, as `largest_trained` reads them.
        published: errors to set beside the level (network, training_set, group, mae_kcal_mol); without them the two
            tables of the level are empty.
        bridged: of `bridged_sets`, what is known of training sets whose energies a bridge gave.
        data: the folder of labelled datasets, for labels at two levels or on two geometries, and training molecules.
        run: the study's folder, whose models tell what carries their predictions; without it that table is empty.
    """
    errors = signed_errors(rows.predictions)
    level, published_level = pd.DataFrame(), pd.DataFrame()
    levels = {each for name in rows.cells["level"].unique().to_pylist() for each in name.split(MIXED)}
    if published is not None:
        level, published_level = level_reasons(
            rows.predictions, rows.cells, published, data, resamples=resamples, seed=seed
        )
        levels |= set(published_levels(published).values())
    groups = rows.predictions["group"].unique().to_pylist()
    return Reasons(
        parts=parts(errors, resamples=resamples, seed=seed),
        per_element=per_element(errors),
        cured=cured_by(errors, seed=seed),
        seeds=seed_noise(errors, resamples=resamples, seed=seed),
        size=size(errors, largest or {}, resamples=resamples, seed=seed),
        environments=unseen_environments(errors, resamples=resamples, seed=seed),
        set_against_set=set_against_set(errors, resamples=resamples, seed=seed),
        functional_groups=by_functional_group(errors, resamples=resamples, seed=seed),
        leaks=leaked_errors(rows.predictions, resamples=resamples, seed=seed),
        leaked=leaked_molecules(rows.predictions),
        geometry=geometry_parts(sorted(levels), groups, data, resamples=resamples, seed=seed),
        level=level,
        published_level=published_level,
        carriers=pd.DataFrame() if run is None else carried(run, rows, data),
        bridge=bridge_errors(errors, bridged or {}, data, resamples=resamples, seed=seed),
    )


def largest_trained(study_folder: Path, rows: Rows) -> dict[str, int]:
    """Heavy atoms of the largest training molecule of each set, from the models that stand in the study's folder.

    Raises:
        DataError: if a model's card does not read.
    """
    found: dict[str, int] = {}
    for cell, training_set in zip(*(rows.cells[name].to_pylist() for name in ("cell", "training_set")), strict=True):
        path = study_folder / "cells" / cell / "model" / "model.json"
        if not path.is_file():  # rows may travel without the models
            continue
        try:
            most = int(json.loads(path.read_text(encoding="utf-8"))["training_range"]["n_heavy"][1])
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise DataError(
                "A model's card cannot be read.", where=path, got=error, fix="Train the cell again."
            ) from None
        found[training_set] = max(found.get(training_set, 0), most)
    return found
