"""Levels that nobody knows: their atoms are estimated, so that their energies are compared with no other level's."""

from hemdata.errors import DataError
from hemdata.shards.sets import in_catalogue

UNKNOWN = "unknown-"
"""What the names of such levels begin with; `unknown:NAME` as they are asked for."""


def is_unknown(its_level: str) -> bool:
    """Whether it is the name of a level that nobody knows."""
    return its_level.startswith(("unknown:", UNKNOWN))


def refuse_unknown(name: str | None, *levels: str) -> None:
    """A level that nobody knows is compared with no other.

    Args:
        name: of the set that was to be compared.

    Raises:
        DataError: if one of the levels is such.
    """
    for each in levels:
        if is_unknown(each):
            raise of_unknown(name, each)


def of_unknown(name: str | None, its_level: str) -> DataError:
    """What is wrong where a level that nobody knows was to be compared with another."""
    audit = f"`hemdata levels audit {name if name and in_catalogue(name) else 'SET'}`"
    return DataError(
        f"Nobody knows which level '{its_level}' is, so it cannot be compared with another.",
        where=name,
        expected="a level whose atoms are known; those of this one are estimated, and differences would be theirs",
        got=its_level,
        fix=f"{audit} tells which known level agrees, if one does; then import the set again with --level.",
    )
