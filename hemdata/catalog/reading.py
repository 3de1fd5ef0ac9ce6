"""Reads a card: YAML in, one checked pydantic model out, with errors that name file, key and allowed values."""

import re
from collections import Counter
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from hemdata.catalog.folders import card_path
from hemdata.catalog.yaml_file import card_text, parsed
from hemdata.errors import DataError


class Card(BaseModel):
    """A declared thing; an unknown key is an error, not a silence, and a number is one."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


def read_card[C: Card](model: type[C], kind: str, name: str | Path) -> C:
    """The card of one kind, by name or path.

    Raises:
        CallError: if there is no such card.
        DataError: if it is wrong; names every wrong key and what is allowed there.
    """
    path = card_path(kind, name)
    card: C = _checked(model, kind, path, card_text(path))
    return card


@lru_cache(maxsize=256)
def _checked[C: Card](model: type[C], kind: str, path: Path, text: str) -> C:
    """A report asks for the same levels hundreds of times; cards do not change, and another text is another card."""
    try:
        card = model.model_validate(parsed(path, text))
    except ValidationError as error:
        raise DataError(
            f"The {kind} card is wrong.", where=path, got=_faults(error, model), fix="Correct the keys named above."
        ) from None
    named = getattr(card, "name", path.stem)
    if named != path.stem:
        raise DataError(
            f"The {kind} card's name is not its file's.", where=path, expected=path.stem, got=named,
            fix=f"Write `name: {path.stem}`, or rename the file.",
        )  # fmt: skip
    return card


_FORM = re.compile(r"constrained-\w+|list\[.+\]")
_BOUNDS = {
    "greater_than_equal": ("it must be {} or more", "ge"), "greater_than": ("it must be more than {}", "gt"),
    "less_than_equal": ("it must be {} or less", "le"), "less_than": ("it must be less than {}", "lt"),
}  # fmt: skip


def _faults(error: ValidationError, model: type[Card]) -> str:
    lines = []
    faults = error.errors()
    of_key = Counter(key for fault in faults for key in {_key(fault["loc"][: n + 1]) for n in range(len(fault["loc"]))})
    for fault in faults:
        key = _key(fault["loc"]) or "the card as a whole"
        form = ("int_type", "float_type") if isinstance(fault["input"], list) else ("list_type",)
        if of_key[key] > 1 and fault["type"] in form:
            continue  # the form, one number or a list of them, that the value does not have
        if fault["type"] in ("extra_forbidden", "missing"):
            said = "unknown key" if fault["type"] == "extra_forbidden" else "this key is missing"
            lines.append(f"{key}: {said}; allowed here: {', '.join(_allowed(model, fault['loc'][:-1]))}")
        elif fault["type"] == "string_type" and isinstance(fault["input"], int | float | date):
            lines.append(f"{key}: write it in quotes; without them YAML reads {str(fault['input'])[:80]!r}, no text")
        elif isinstance(fault["input"], dict | Card):  # too long to show, and named by its key
            lines.append(f"{key}: {fault['msg']}")
        elif fault["type"] in _BOUNDS:
            word, bound = _BOUNDS[fault["type"]]
            lines.append(f"{key}: {word.format(fault['ctx'][bound])} (got {str(fault['input'])[:80]!r})")
        else:
            lines.append(f"{key}: {fault['msg']} (got {str(fault['input'])[:80]!r})")
    return "; ".join(lines)


def _key(loc: tuple[int | str, ...]) -> str:
    """The place of a fault in a card, without the names that pydantic has for the forms a value may have."""
    return ".".join(str(part) for part in loc if not _FORM.fullmatch(str(part)))


def _allowed(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The keys that the model found at a place inside a card allows."""
    here: Any = model
    for part in place:
        if isinstance(here, type) and issubclass(here, BaseModel):
            here = _plain(here.model_fields[str(part)].annotation)
        else:  # list[X], dict[K, X]: the way goes on in X
            here = _plain(get_args(here)[-1])
    return sorted(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else []


def _plain(annotation: Any) -> Any:
    """The type without `Annotated` and `| None`."""
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation = get_args(annotation)[0]
    return annotation
