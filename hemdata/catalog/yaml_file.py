"""Reads YAML as cards are written: a mapping, no key twice."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from hemdata.errors import DataError


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
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
        DataError: if the file is not UTF-8 text, not YAML, repeats a key or holds no mapping.
    """
    return parsed(path, card_text(path))


def card_text(path: Path) -> str:
    """The text of a card.

    Raises:
        DataError: if it is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError("The card is not UTF-8 text.", where=path, got=error, fix="Save it as UTF-8.") from None


def parsed(path: Path, text: str) -> dict[str, Any]:
    """The mapping that the text of a file holds; errors as `read_yaml`."""
    try:
        data = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise DataError("The card is not valid YAML.", where=path, got=_told(error), fix="Correct the file.") from None
    if not isinstance(data, dict):
        raise DataError("The card holds no keys.", where=path, expected="key: value lines", got=type(data).__name__)
    return data


def _told(error: yaml.YAMLError) -> str:
    """What is wrong, and the line and column where it was seen, in one line."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return " ".join(str(error).split())
    mark, began = error.problem_mark, error.context_mark
    told = f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}" if mark else str(error.problem)
    return told + (f" ({error.context} that begins in line {began.line + 1})" if error.context and began else "")
