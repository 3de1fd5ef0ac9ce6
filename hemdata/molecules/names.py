"""What a user's file is called as a dataset, and its molecules in it."""

import re
import unicodedata
from pathlib import Path

from hemdata.errors import CallError
from hemdata.files import COMPRESSED, suffix

__all__ = ["dataset_name", "in_id", "molecule_id", "suffix"]


def dataset_name(path: Path) -> str:
    """The dataset name that a user's file gives its molecules: small letters and digits of its stem.

    Letters that are not Latin are spelled out, so that α.smi is `alpha` and β.smi `beta`.

    Raises:
        CallError: if no letter or digit is left.
    """
    stem = path.name
    for ending in reversed(path.suffixes):
        if ending.lower() not in COMPRESSED:
            stem = path.name[: path.name.rindex(ending)]
            break
    latin = "".join(_spelled(letter) for letter in unicodedata.normalize("NFKD", stem.casefold()))
    name = re.sub(r"[^a-z0-9._-]+", "-", latin).strip("-.")
    if not re.search(r"[a-z0-9]", name):
        raise CallError("The file's name gives its molecules none.", where=path, fix="Give it a name with letters.")
    return name


def molecule_id(path: Path, name: str | int) -> str:
    """The id of a molecule of a file; blanks in its name become underscores."""
    return f"{dataset_name(path)}:{in_id(name)}"


def in_id(name: str | int) -> str:
    """A molecule's name as an id has it: without blanks."""
    return "_".join(str(name).split())


def _spelled(letter: str) -> str:
    """A letter in ASCII; of a foreign one its name in Unicode, or its number."""
    if letter.isascii() or not letter.isalnum():
        return "" if unicodedata.combining(letter) else letter
    called = re.search(r"LETTER (\w+)", unicodedata.name(letter, ""))
    return called[1].lower() if called else f"{ord(letter):x}"
