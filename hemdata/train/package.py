"""The package of a fitted model: model.json, sealed by its hash, and model.safetensors. No pickle."""

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemdata.catalog import cards
from hemdata.errors import CallError, DataError
from hemdata.files import whole, write_whole
from hemdata.identity import environments_of
from hemdata.levels import level
from hemdata.train.data.molecules import Molecules

FORMAT = "1"
CARD, WEIGHTS = "model.json", "model.safetensors"


def write_package(folder: Path, about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """Writes a package and returns its hash; model.json comes last, so a folder that has it is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    sealed = {"format": FORMAT, **about, "weights_sha256": write_weights(folder, arrays)}
    sealed["sha256"] = _seal(sealed)
    write_whole(folder / CARD, json.dumps(sealed, indent=1) + "\n")
    return str(sealed["sha256"])


def write_weights(folder: Path, arrays: Mapping[str, NDArray[Any]]) -> str | None:
    """Writes the arrays of a package and returns the file's sha256; None, and no file, if there are none."""
    if not arrays:
        return None
    from safetensors.numpy import save

    data = save({name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())})
    with whole(folder / WEIGHTS) as temporary:
        temporary.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def read_package(folder: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What model.json says, and the arrays.

    Raises:
        CallError: if the folder holds no package.
        DataError: if the package is of another format, or was changed after it was written.
    """
    if not (folder / CARD).is_file():
        raise CallError("There is no finished model here.", where=folder, expected=CARD, fix="Train one, or resume it.")
    try:
        about = json.loads((folder / CARD).read_text("utf-8"))
        seal, kind = about.pop("sha256"), about["format"]
    except (ValueError, KeyError, AttributeError) as error:
        raise DataError("The model's card cannot be read.", where=folder / CARD, got=error, fix=_RETRAIN) from None
    if kind != FORMAT:
        raise DataError("The model is of another format.", where=folder / CARD, expected=FORMAT, got=kind, fix=_RETRAIN)
    if seal != _seal(about):
        raise DataError("The model's card was changed after it was written.", where=folder / CARD, fix=_RETRAIN)
    arrays: dict[str, NDArray[Any]] = {}
    if about["weights_sha256"] is not None:
        from safetensors.numpy import load

        path = folder / WEIGHTS
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).hexdigest() != about["weights_sha256"]:
            raise DataError("The model's weights are missing or were changed.", where=path, fix=_RETRAIN)
        arrays = load(data)
    return {**about, "sha256": seal}, arrays


_RETRAIN = "Copy the model's folder again, or train it again."


def provenance(training: Molecules, validation: Molecules) -> dict[str, Any]:
    """What a model was made of: level, hashes of the molecules, and the range that the training set spans."""
    quantity = "atomization_energy_kcal_mol"
    below: dict[str, Any] = {}
    if training.below is not None:
        quantity, below = "difference_kcal_mol", {"below": dict(zip(("level", "hash"), training.below, strict=True))}
    return {
        "level": training.level,
        **below,
        "data": {"training_sha256": training.digest, "validation_sha256": validation.digest},
        "training_range": {
            "molecules": len(training),
            "elements": list(training.symbols),
            "n_atoms": [int(training.sizes.min()), int(training.sizes.max())],
            "n_heavy": [int(training.n_heavy.min()), int(training.n_heavy.max())],
            quantity: [float(training.energies.min()), float(training.energies.max())],
        },
    }


def shown(training: Molecules) -> dict[str, Any]:
    """What a model's training molecules have shown, by which a user's molecule is judged: see `domain`.

    Kept apart from `provenance`, which decides whether a checkpoint may be gone on with.
    """
    smiles = None if training.smiles is None else environments_of(training.smiles.to_pylist())
    known = [name for name in str(training.level).split("+") if name in cards("level")]
    return {
        "level_hashes": {name: level(name).hash for name in known},
        "environments": None if smiles is None else " ".join(f"{number:x}" for number in sorted(smiles)),
        "geometry_levels": list(training.geometry_levels),
        **{
            name: sorted({int(number) for number in numbers})
            for name, numbers in (("charges", training.charges), ("multiplicities", training.multiplicities))
            if numbers is not None
        },
    }


def versions(*distributions: str) -> dict[str, str]:
    """Versions of Python, hemdata and these distributions."""
    return {"python": platform.python_version()} | {name: version(name) for name in ("hemdata", *distributions)}


def _seal(about: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
