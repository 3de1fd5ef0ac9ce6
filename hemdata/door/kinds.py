"""Calls from Python are looked at before anything is done: an argument of another kind is told, not a traceback."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from numbers import Integral, Real
from os import PathLike
from typing import Any

from hemdata.errors import CallError

_KINDS: dict[str, tuple[type, str]] = {
    "str": (str, "a text"),
    "Path": (PathLike, "a path"),
    "int": (Integral, "a whole number"),
    "float": (Real, "a number"),
    "bool": (bool, "True or False"),
    "None": (type(None), "None"),
    "Mapping": (Mapping, "a dict"),
}
_NAMES = {"Set": "an hd.Set", "Level": "an hd.Level", "Atoms": "ASE's Atoms"}
_UNCHECKED = ("Any", "Literal", "Fitted")


def kinds_checked[F: Callable[..., Any]](function: F, called: str | None = None) -> F:
    """The function, refusing an argument that is not of the kind that its signature says.

    Args:
        function: or a class.
        called: its name where people read it, if it is not its own.

    Raises:
        CallError: when called, with the argument's name, what it may be and what it is.
    """
    signature = inspect.signature(function)
    wanted = {
        name: _parts(said if isinstance(said := each.annotation, str) else inspect.formatannotation(said))
        for name, each in signature.parameters.items()
        if each.annotation is not inspect.Parameter.empty
    }
    several = {name for name, each in signature.parameters.items() if each.kind is inspect.Parameter.VAR_POSITIONAL}

    @wraps(function)
    def checked(*args: Any, **words: Any) -> Any:
        try:
            given = signature.bind(*args, **words).arguments
        except TypeError:
            return function(*args, **words)  # Python tells it in its own words
        for name, value in given.items():
            for each in value if name in several else (value,):
                if name in wanted and not _is_one(each, wanted[name]):
                    raise _other_kind(called or function.__qualname__, name, each, wanted[name])
        return function(*args, **words)

    return checked  # type: ignore[return-value]


def _other_kind(called: str, name: str, value: object, parts: Sequence[str]) -> CallError:
    fix = None
    if isinstance(value, str) and any(part.startswith("Sequence[") for part in parts):
        fix = f"Write {name}=[{value!r}]."
    return CallError(
        f"'{name}' is of another kind than is wanted.",
        where=f"hd.{called.removesuffix('.__init__')}",
        expected=" or ".join(map(_words, parts)),
        got=f"{_short(value)} ({type(value).__name__})",
        fix=fix,
    )


def _is_one(value: object, parts: Sequence[str]) -> bool:
    return any(_fits(value, part) for part in parts)


def _fits(value: object, part: str) -> bool:
    name, inside = _taken_apart(part)
    if name in ("Sequence", "tuple"):
        if isinstance(value, str | bytes | Mapping | Iterator) or not isinstance(value, Iterable):
            return False
        items, each = list(value), _parts(inside[0])
        return (name == "Sequence" or len(items) == len(inside)) and all(_is_one(item, each) for item in items)
    if name in _UNCHECKED:
        return True
    if name not in _KINDS:
        return any(kind.__name__ == name for kind in type(value).__mro__)
    if isinstance(value, bool) and name != "bool":
        return False
    return isinstance(value, _KINDS[name][0]) or (name == "bool" and type(value).__name__ == "bool")  # NumPy's too


def _words(part: str) -> str:
    name, inside = _taken_apart(part)
    if name == "Sequence":
        return f"a list, each {' or '.join(map(_words, _parts(inside[0])))}"
    if name == "tuple":
        return f"{len(inside)} of them in a tuple, each {_words(inside[0])}"
    return _NAMES.get(name) or _KINDS[name][1]


def _parts(annotation: str) -> list[str]:
    """`str | Sequence[int | str]` as its two parts."""
    return _cut(annotation.strip("'\""), "|")


def _taken_apart(part: str) -> tuple[str, list[str]]:
    """`tuple[int, str]` as its name and what stands in its brackets; a name without its modules."""
    name, _, inside = part.partition("[")
    return name.rpartition(".")[2], _cut(inside.removesuffix("]"), ",")


def _cut(text: str, at: str) -> list[str]:
    found, depth = [""], 0
    for letter in text:
        depth += {"[": 1, "]": -1}.get(letter, 0)
        if letter == at and not depth:
            found.append("")
        else:
            found[-1] += letter
    return [each.strip() for each in found]


def _short(value: object, letters: int = 60) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= letters else f"{text[:letters]}..."
