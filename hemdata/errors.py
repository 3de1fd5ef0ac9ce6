"""Errors for people: what is wrong, where, what was expected, what was found, what to do."""

from collections.abc import Iterable


class HemdataError(Exception):
    """A mistake a person can mend; the command line prints it without a traceback.

    Args:
        what: one sentence that names the fault.
        where: file, row id, key or line.
        expected: what would have been right.
        got: what was found.
        fix: what to do about it.

    Example:
        >>> issubclass(hd.CallError, hd.HemdataError), issubclass(hd.DataError, hd.HemdataError)
        (True, True)
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: object = None,
        expected: object = None,
        got: object = None,
        fix: str | None = None,
    ) -> None:
        self.what, self.where, self.expected, self.got, self.fix = what, where, expected, got, fix
        super().__init__(what, where, expected, got, fix)

    def __str__(self) -> str:
        parts = [("where", self.where), ("expected", self.expected), ("got", self.got), ("what to do", self.fix)]
        return "\n".join([self.what] + [f"  {name}: {value}" for name, value in parts if value is not None])

    def __reduce__(self) -> tuple[object, ...]:
        # Workers send their errors home by pickle; as text, for `got` may be an object that cannot travel.
        parts = (self.where, self.expected, self.got)
        return _again, (type(self), self.what, *(None if part is None else str(part) for part in parts), self.fix)


def _again(
    kind: type[HemdataError], what: str, where: str | None, expected: str | None, got: str | None, fix: str | None
) -> HemdataError:
    return kind(what, where=where, expected=expected, got=got, fix=fix)


class DataError(HemdataError):
    """The data are wrong (exit code 1).

    Example:
        >>> _ = Path("broken.smi").write_text("C1CC not-closed\\n")
        >>> try:
        ...     hd.Set.label("broken.smi")
        ... except hd.DataError as error:
        ...     print(error)
        A SMILES does not parse.
          where: broken.smi, line 1
          got: C1CC
          what to do: Correct or remove it.
    """


class CallError(HemdataError):
    """The call is wrong: a name, an option, a path (exit code 2).

    Example:
        >>> try:
        ...     hd.Set.open("mine@pc9")
        ... except hd.CallError as error:
        ...     print(error)
        The set 'mine@pc9' is not there.
          where: data/mine@pc9
          what to do: Run `hemdata label mine.smi --level pc9`, or give its folder.
    """

    exit_code = 2


def did_you_mean(name: object, names: Iterable[str]) -> str:
    """`Did you mean 'qm9'? ` for the names most like a mistyped one; empty where none is like it."""
    from difflib import get_close_matches

    by_lower = {each.lower(): each for each in names}
    found = [by_lower[each] for each in get_close_matches(str(name).lower(), by_lower)]
    return f"Did you mean {' or '.join(map(repr, found))}? " if found else ""
