"""Reads a card: YAML in, one checked pydantic model out, with errors that name file, key and allowed values."""

from collections.abc import Hashable
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from hemdata.catalog.folders import card_path
from hemdata.errors import DataError


class Card(BaseModel):
    """A declared thing; an unknown key is an error, not a silence, and a number is one."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Loader(yaml.SafeLoader):
    """YAML that refuses a key given twice: the second would win in silence."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":  # `<<: *anchor`
            continue
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            continue  # construct_mapping refuses it
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key '{key}' is given twice", key_node.start_mark)
        seen.add(key)
    return dict(loader.construct_mapping(node, deep=True))


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises:
        DataError: if the file is not YAML, repeats a key or holds no mapping.
    """
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError("The card is not valid YAML.", where=path, got=error, fix="Correct the file.") from None
    if not isinstance(data, dict):
        raise DataError("The card holds no keys.", where=path, expected="key: value lines", got=type(data).__name__)
    return data


def read_card[C: Card](model: type[C], kind: str, name: str | Path) -> C:
    """The card of one kind, by name or path.

    Raises:
        CallError: if there is no such card.
        DataError: if it is wrong; names every wrong key and what is allowed there.
    """
    path = card_path(kind, name)
    try:
        card = model.model_validate(read_yaml(path))
    except ValidationError as error:
        raise DataError(
            f"The {kind} card is wrong.", where=path, got=_faults(error, model), fix="Correct the keys named above."
        ) from None
    named = getattr(card, "name", path.stem)
    if named != path.stem:
        raise DataError(f"The {kind} card's name is not its file's.", where=path, expected=path.stem, got=named)
    return card


def _faults(error: ValidationError, model: type[Card]) -> str:
    lines = []
    for fault in error.errors():
        key = ".".join(str(part) for part in fault["loc"]) or "the card as a whole"
        if fault["type"] in ("extra_forbidden", "missing"):
            said = "unknown key" if fault["type"] == "extra_forbidden" else "this key is missing"
            lines.append(f"{key}: {said}; allowed here: {', '.join(_allowed(model, fault['loc'][:-1]))}")
        elif isinstance(fault["input"], dict | Card):  # too long to show, and named by its key
            lines.append(f"{key}: {fault['msg']}")
        else:
            lines.append(f"{key}: {fault['msg']} (got {str(fault['input'])[:80]!r})")
    return "; ".join(lines)


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
