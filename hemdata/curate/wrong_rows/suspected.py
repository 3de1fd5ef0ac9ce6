"""A composition's steps `without: suspects` and `flag: suspects`: what `hemdata suspects` wrote beside the sets."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hemdata.catalog import SetCard, Step
from hemdata.errors import CallError

SUFFIX = ".suspects.parquet"
FLAG = "suspect"


def screen_file(folder: Path) -> Path:
    """Where the screen of a set stands: beside its folder."""
    return folder.parent / f"{folder.name}{SUFFIX}"


def screens_of(card: SetCard, parents: Sequence[Path], data: Path) -> list[Path]:
    """The screens of the taken datasets, where a step asks for them.

    Raises:
        CallError: if one was not screened; gives the command that does it.
    """
    if not any("suspects" in (step.without, step.flag) for step in card.steps):
        return []
    found = []
    for folder in parents[: len(card.steps[0].take or [])]:
        path = screen_file(data / folder.name)
        if not path.is_file():
            raise CallError(
                f"'{card.name}' leaves out or flags suspects of '{folder.name}', which was not screened.",
                where=path,
                fix=f"`hemdata suspects {folder.name}`",
            )
        found.append(path)
    return found


def suspected(db: Any, step: Step, before: str, view: str, screens: Sequence[Path]) -> str:
    """The view of the rows of `before` less the suspects, or with them flagged.

    Args:
        db: DuckDB's connection.
        before: a view of rows of the molecule schema.
        view: a name that is free.
        screens: files that `hemdata suspects` wrote.
    """
    files = ", ".join("'" + str(path.resolve()).replace("'", "''") + "'" for path in screens)
    wrong = f"SELECT id FROM read_parquet([{files}]) WHERE suspect"
    if step.without:
        sql = f"SELECT * FROM {before} WHERE id NOT IN ({wrong})"
    else:
        flagged = f"CASE WHEN id IN ({wrong}) THEN list_append(flags, '{FLAG}') ELSE flags END"
        sql = f"SELECT * REPLACE ({flagged} AS flags) FROM {before}"
    db.execute(f"CREATE VIEW {view} AS {sql}")
    return view
