"""A made-up study for tests: rows of the right form whose numbers mean nothing, but whose effects are known."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hemdata.schema import table_schema

GROUPS_FOLDER = Path(__file__).parents[2] / "datasets" / "test-groups"
SETS = {"qm9": 1.0, "pubchem9": 0.5}
WORSE = {"painn": 1.0, "dressed-atoms": 6.0, "pair-distance-ridge": 2.0, "allegro": 2.0}  # factor of a network
BASELINES = ("dressed-atoms", "pair-distance-ridge")
HARD = {"azoxy": 18.0, "explosives": 22.0, "neuro": 14.0, "saccharides": 4.0}
SEVEN_SETS = {"pc9": 0.3, "qm9": 1.0, "alchemy": 2.0, "alqm9": 3.0, "od9": 1.5, "od9-0": 1.4, "od9-1": 2.2}


def molecules(group: str) -> list[dict[str, object]]:
    """The real molecules of a test group; the number of all atoms is a guess."""
    with (GROUPS_FOLDER / f"{group}.csv").open() as file:
        rows = list(csv.DictReader(file))
    heavy = [int(row["heavy_atoms"]) for row in rows]
    return [
        {"id": f"{group}:{row['id']}", "smiles": row["smiles"], "n_heavy": n, "n_atoms": 2 * n + 2}
        for row, n in zip(rows, heavy, strict=True)
    ]


def cell_tables(
    network: str,
    training_set: str,
    seed: int,
    *,
    factor: float = 1.0,
    study: str = "made-up",
    size: int = 640,
    epochs: int = 25,
    leaks: int = 0,
    no_effect: tuple[str, ...] = ("saccharides",),
    seed_noise: float = 0.02,
) -> dict[str, pa.Table]:
    """The three tables of one cell; `factor` is the known effect on the error, `leaks` molecules of neuro leak."""
    rng = np.random.default_rng([ord(letter) for letter in network + training_set] + [seed])
    shared = np.random.default_rng(0)  # hardness and sign of a molecule are the same for every model
    baseline = network in BASELINES
    cell = f"{network}-{training_set}-{size}-s{seed}"
    key = {"study": study, "cell": cell, "network": network, "training_set": training_set}
    luck = rng.lognormal(0, seed_noise)
    lines = []
    for group, hard in HARD.items():
        found = molecules(group)
        hardness, sign = shared.lognormal(0, 0.5, len(found)), shared.choice([-1.0, 1.0], len(found))
        effect = WORSE.get(network, 1.0) * luck * (1.0 if group in no_effect else factor)
        for i, m in enumerate(found):
            n = int(str(m["n_heavy"]))
            error = sign[i] * hard * hardness[i] * effect * n / 12 * rng.lognormal(0, 0.25)
            reference = 130.0 * n + 20 * np.sin(i)
            lines.append({
                **key, "level": "gfn2-xtb", "training_size": size, "seed": seed, "group": group,
                "molecule_id": m["id"], "smiles": m["smiles"], "n_heavy": n, "n_atoms": m["n_atoms"],
                "reference_kcal_mol": reference, "predicted_kcal_mol": reference + error,
                "in_training": group == "neuro" and i < leaks, "environments_unseen": (i % 5) / 5,
            })  # fmt: skip
    own = 2.5 * WORSE.get(network, 1.0) * rng.lognormal(0, 0.05)
    curve = [
        {**key, "training_size": size, "seed": seed, "epoch": e, "train_loss": float(np.exp(-e / 8)),
         "validation_mae_kcal_mol": own * (1 + 14 * np.exp(-e / 5)) * rng.lognormal(0, 0.05)}
        for e in range(1, epochs + 1) if not baseline
    ]  # fmt: skip
    one = {
        **key, "level": "gfn2-xtb", "training_size": size, "validation_size": size // 8, "test_size": size // 8,
        "seed": seed, "in_distribution_mae_kcal_mol": own, "epochs": 0 if baseline else epochs,
        "seconds": 0.4 if baseline else 52.0 + seed, "device": "cpu", "split_hash": f"{seed:02d}" * 16,
        "data_hash": f"{len(training_set):02d}" * 16, "checkpoint_hash": None if baseline else f"{seed + 3:02d}" * 16,
        "versions": json.dumps({"hemdata": "0.1.0"}),
    }  # fmt: skip
    return {
        "predictions": pa.Table.from_pylist(lines, schema=table_schema("prediction").arrow),
        "cell": pa.Table.from_pylist([one], schema=table_schema("cell").arrow),
        "curves": pa.Table.from_pylist(curve, schema=table_schema("curve").arrow),
    }


def make_study(
    folder: Path,
    *,
    sets: dict[str, float] = SETS,
    networks: tuple[str, ...] = ("painn", *BASELINES),
    seeds: tuple[int, ...] = (0, 1, 2),
    leaks: dict[str, int] | None = None,
    **settings: object,
) -> Path:
    """Write a whole study folder; `sets` names each set's factor on the error, `leaks` its leaked molecules."""
    for network in networks:
        for training_set, factor in sets.items():
            for seed in seeds:
                n_leaks = (leaks or {}).get(training_set, 0)
                tables = cell_tables(network, training_set, seed, factor=factor, leaks=n_leaks, **settings)  # type: ignore[arg-type]
                place = folder / "cells" / str(tables["cell"]["cell"][0])
                place.mkdir(parents=True)
                for name, table in tables.items():
                    pq.write_table(table, place / f"{name}.parquet")
    return folder
