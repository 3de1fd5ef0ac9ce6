"""Where the declared folders are: a user's own (HEMDATA_CARDS, or ./cards), then those that travel with the package."""

import os
from functools import cache
from importlib.resources import files
from pathlib import Path

from hemdata.errors import CallError, did_you_mean

PLACES = {
    "dataset": "datasets",
    "schema": "schemas",
    "result": "schemas/results",
    "level": "pipelines/levels",
    "bridge": "pipelines/bridges",
    "set": "pipelines/sets",
    "study": "pipelines/studies",
    "cluster": "pipelines/clusters",
    "network": "models",
}
LABELS = "datasets/labels"
BESIDE = Path("cards")  # a user's own, in the folder that one works in, where HEMDATA_CARDS names no other


def roots() -> list[Path]:
    """The folders that hold datasets/, schemas/, pipelines/ and models/, the user's own first.

    Raises:
        CallError: if HEMDATA_CARDS names no folder.
    """
    shipped = _shipped()
    own = os.environ.get("HEMDATA_CARDS")
    if not own:
        beside = any((BESIDE / place).is_dir() for place in PLACES.values())
        return [BESIDE, shipped] if beside else [shipped]
    if not Path(own).is_dir():
        raise CallError(
            "HEMDATA_CARDS names no folder.",
            got=own,
            expected=f"a folder with some of {', '.join(PLACES.values())} in it",
            fix="Correct the environment variable, or unset it.",
        )
    return [Path(own), shipped]


@cache
def _shipped() -> Path:
    package = Path(str(files("hemdata")))
    installed = package / "_declared"
    return installed if installed.is_dir() else package.parent


def own_folder() -> Path:
    """The folder of a user's own cards, there or not: HEMDATA_CARDS, else ./cards."""
    own = os.environ.get("HEMDATA_CARDS")
    return Path(own) if own else BESIDE


def cards(kind: str) -> dict[str, Path]:
    """Name and file of every card of one kind, sorted by name; a user's own card hides a shipped one."""
    found: dict[str, Path] = {}
    for root in roots():
        for path in sorted((root / PLACES[kind]).glob("*.yaml")):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def label_places() -> list[Path]:
    """The folders of labels that travel with the package (`test-groups@pc9@pc9` and others), a user's own first."""
    return [place for root in roots() if (place := root / LABELS).is_dir()]


def card_path(kind: str, name: str | Path) -> Path:
    """The file of a card given by name, or by its own path.

    Raises:
        CallError: if there is no such card; names those that there are.
    """
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        # A shipped card named as in a checkout (pipelines/studies/demo.yaml) is found from any folder.
        for candidate in [path, *(root / path for root in roots())]:
            if candidate.is_file():
                return candidate
        raise CallError(f"There is no {kind} card at {path}.", fix="Give the path of an existing YAML file.")
    if path.name == str(name):
        for root in roots():
            if (found := root / PLACES[kind] / f"{name}.yaml").is_file():
                return found
    known = cards(kind)
    if str(name) not in known:
        raise CallError(
            f"There is no {kind} named '{name}'.",
            expected=", ".join(known) or f"no {kind} card is installed",
            got=name,
            fix=f"{did_you_mean(name, known)}Take one of these names, give the path of a card, "
            "or set HEMDATA_CARDS to a folder of your own.",
        )
    return known[str(name)]
