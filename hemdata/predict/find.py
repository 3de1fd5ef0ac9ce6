"""Fitted models by the folders that people name: a package, a study's cell, or a cell's name with all its seeds."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hemdata.errors import CallError, DataError
from hemdata.train.fit import load_together
from hemdata.train.fitted import BATCH_SIZE, Fitted
from hemdata.train.package import CARD, read_package

SEED = re.compile(r"-s\d+$")


def packages(word: str | Path) -> list[Path]:
    """The folders of the packages that a word names; empty where it names none.

    A folder with model.json is one; so is a cell of a study, `runs/demo/cells/painn-qm9-640-s0`; its name without the
    seed, `runs/demo/cells/painn-qm9-640`, names the finished ones of all seeds; and a folder of packages all of them.
    """
    folder = Path(word)
    for place in (folder, folder / "model"):
        if named(place / CARD):
            return [place]
    if named(folder) and folder.is_dir():
        inside = sorted(path for path in folder.iterdir() if path.is_dir())
    elif named(folder.parent) and folder.parent.is_dir():
        inside = [path for path in folder.parent.glob(f"{folder.name}-s*") if SEED.sub("", path.name) == folder.name]
        inside.sort(key=lambda path: int(path.name.rpartition("-s")[2]))
    else:
        inside = []
    places = [place for path in inside for place in (path, path / "model")]
    return [place for place in places if (place / CARD).is_file()]


def refuse_no_model(word: str | Path) -> None:
    """CallError: in this place no fitted model stands."""
    if named(word):
        fix = "Train it to its end first, or give the folder of another."
        raise CallError("There is no finished model in this folder.", where=word, fix=fix)
    raise CallError(
        f"There is no fitted model '{word}'.",
        expected="the folder of a model, or a cell of a study as runs/STUDY/cells/CELL",
        fix="Correct the path. `hemdata train-eval STUDY` trains the models of a study.",
    )


def named(path: str | Path) -> bool:
    """Whether something is there; a long SMILES is no path that the system would look up."""
    try:
        return Path(path).exists()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return False
        raise


def abouts(folders: Iterable[Path]) -> list[dict[str, Any]]:
    """What the cards of some packages say; the models themselves, whose libraries take seconds, are not loaded.

    Raises:
        CallError, DataError: as `load_all`.
    """
    places = list(folders)
    if not places:
        raise CallError("No model is given.", expected="a model's folder, or a cell of a study", got="none")
    found = [read_package(place)[0] for place in places]
    _of_one_level(places, found)
    return found


def load_all(folders: Iterable[Path], device: str = "auto", batch_size: int = BATCH_SIZE) -> list[Fitted]:
    """The models of some packages, which must be of one level.

    Args:
        folders: of the packages.
        device: auto, cpu or cuda, where networks predict.
        batch_size: molecules that a network takes at a time.

    Raises:
        CallError: if there is none, or one stands twice; for a device that is not there.
        DataError: if they are of several levels, or as `load`.
    """
    places = list(folders)
    if not places:
        raise CallError("No model is given.", expected="a model's folder, or a cell of a study", got="none")
    models = load_together(places)
    _of_one_level(places, [model.about for model in models])
    for model in models:
        model.on(device, batch_size)
    return models


def _of_one_level(places: Sequence[Path], abouts: Sequence[Mapping[str, Any]]) -> None:
    levels = sorted({about["level"] for about in abouts})
    if len(levels) > 1:
        raise DataError(
            "The models are of several levels of theory; their energies cannot be averaged.",
            where=", ".join(map(str, places)),
            expected="one level",
            got=" and ".join(levels),
            fix="Give the models of one level at a time.",
        )
    seals = [about["sha256"] for about in abouts]
    if len(set(seals)) < len(seals):
        twice = next(place for place, seal in zip(places, seals, strict=True) if seals.count(seal) > 1)
        raise CallError("One model is given twice.", where=twice, fix="Give it once.")
