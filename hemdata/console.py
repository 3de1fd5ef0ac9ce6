"""Standard output and standard error for people. Text is text here: no bracket of a SMILES or a name is markup."""

import sys
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_TEXT: dict[str, Any] = {"markup": False, "highlight": False, "soft_wrap": True, "emoji": False}  # my:ring: is a name
UNBOUNDED = 1_000_000  # columns of a file or a pipe

out = Console(**_TEXT)
err = Console(stderr=True, **_TEXT)


def many(n: int, noun: str = "molecule") -> str:
    """ "1 molecule", "1,200 molecules"."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def note(text: object) -> None:
    """A remark, on standard error."""
    err.print(Text.assemble(("Note:", "yellow"), f" {text}"))


def error(text: object) -> None:
    """What is wrong, on standard error."""
    err.print(Text.assemble(("Error:", "bold red"), f" {text}"))


def print_table(table: Table) -> None:
    """Print a table: nothing of it is cut, and where it goes into a file or a pipe each row is one line."""
    for column in table.columns:
        column.overflow, column.no_wrap = "fold", column.justify == "right"
    (out if out.is_terminal else Console(width=UNBOUNDED, **_TEXT)).print(table)


def print_any_text() -> None:
    """Let this process print what its terminal's encoding lacks, as `\\u03b1`, in the place of an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
