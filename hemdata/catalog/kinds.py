"""The kinds of cards that people ask for by name: their titles, and the card of a name whatever its kind."""

from importlib import import_module
from typing import TYPE_CHECKING

from hemdata.catalog.folders import cards
from hemdata.errors import CallError, DataError, did_you_mean

if TYPE_CHECKING:
    from hemdata.catalog.reading import Card

KINDS = {
    "dataset": ("dataset_cards", "dataset"),
    "set": ("set_cards", "composition"),
    "level": ("level_cards", "level_card"),
    "network": ("study_cards", "network"),
    "study": ("study_cards", "study"),
}
"""Each kind, and the module and function that read its cards."""


def titles(kind: str) -> dict[str, str]:
    """The title of every card of a kind by its name; of one that is not YAML, what is wrong.

    The cards are not checked: that takes long, and a broken one of a user's own must not hide the others.
    """
    from hemdata.catalog.yaml_file import read_yaml

    found = {}
    for name, path in cards(kind).items():
        try:
            found[name] = str(read_yaml(path).get("title", ""))
        except DataError as error:
            found[name] = f"broken: {error.what} ({path})"
    return found


def card_of(name: str) -> "tuple[str, Card]":
    """Kind and card of a name, looked for in the order of `KINDS`.

    Raises:
        CallError: if there is no card of that name.
        DataError: if it is wrong.
    """
    for kind, (module, read) in KINDS.items():
        if name in cards(kind):
            return kind, getattr(import_module(f"hemdata.catalog.{module}"), read)(name)
    names = [known for kind in KINDS for known in cards(kind)]
    raise CallError(
        f"There is nothing named '{name}'.",
        expected=", ".join(names),
        fix=f"{did_you_mean(name, names)}`hemdata list` tells them.",
    )
