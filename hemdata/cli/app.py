"""The command line's frame: one typer app, and how errors are told to people."""

import errno
import functools
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from hemdata import console
from hemdata.errors import HemdataError
from hemdata.shield import shield_this_process

FOLDERS = ("sets", "label", "levels", "models", "studies")
"""In the order of `hemdata --help`: what one does first."""
TWO_WORDS = ("label", "levels")
"""Folders that are themselves commands, of two words; any other is named for what its commands are about."""

out, err = console.out, console.err


class _Flags:
    """A flag that is not given is False: typer leaves its own ones None, and makes that a bool by pydantic (60 ms)."""

    def get_params(self, ctx: Any) -> list[Any]:
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for each in found:
            if getattr(each, "is_flag", False) and each.default is None:
                each.default = False
        return found


class Command(_Flags, TyperCommand):
    """One command."""


class Commands(_Flags, TyperGroup):
    """Commands of one word, and of two: `label status` beside the plain `label NAME`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The two-word command that the arguments begin with, else that of one word."""
        two = " ".join(args[:2])
        if len(args) > 1 and two in self.commands:
            return two, self.commands[two], args[2:]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="hemdata",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
)

_WAYS_OUT = {
    errno.ENOSPC: "The disk is full. Free some space, or write elsewhere (--out, --store), and run it again.",
    errno.EDQUOT: "The disk quota is used up. Free some space, or write elsewhere, and run it again.",
    errno.EROFS: "The folder is read-only. Write elsewhere (--out, --store).",
    errno.EACCES: "You may not write or read there. Give another folder (--out, --store), or change its permissions.",
    errno.EPERM: "You may not write or read there. Give another folder (--out, --store), or change its permissions.",
    errno.EFBIG: "The file would be larger than the system allows. Raise the limit (ulimit -f), or write elsewhere.",
}


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"hemdata {version('hemdata')}")
        raise typer.Exit


@app.callback(epilog="Exit codes: 0 done, 1 the data are wrong, 2 the call is wrong, 130 stopped by Ctrl-C.")
def hemdata(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Which training set makes a neural network's energies trustworthy for your molecules, and why?"""


def command(name: str, examples: str, group: typer.Typer = app) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add a function to the app or a group of it; its errors become sentences and exit codes, its help has examples."""

    def added(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def told(*args: Any, **kwargs: Any) -> None:
            try:
                function(*args, **kwargs)
            except HemdataError as error:
                console.error(error)
                raise SystemExit(error.exit_code) from None
            except KeyboardInterrupt:
                err.print("Stopped. What was finished is kept; run the same command again to go on.")
                raise SystemExit(130) from None
            except ModuleNotFoundError as error:
                if (error.name or "").startswith("hemdata"):
                    raise
                console.error(
                    f"This needs the Python package '{error.name}'.\n"
                    "  what to do: pip install 'hemdata[train]' (networks) or 'hemdata[cluster]' (SLURM)"
                )
                raise SystemExit(2) from None
            except BrokenPipeError:  # the reader of our output (head, less) has gone
                sys.stderr.close()
                raise SystemExit(0) from None
            except OSError as error:
                # Arrow and SQLite word a full disk in their own ways; the number, where there is one, decides.
                way = _WAYS_OUT.get(error.errno or 0, "Check the path, the disk and the permissions.")
                console.error(f"{error}\n  what to do: {way}")
                raise SystemExit(1) from None

        shown = "\n\n".join(f"    {line}" for line in examples.strip().splitlines())
        group.command(name, cls=Command, epilog=f"[bold]Examples[/]\n\n{shown}")(told)
        return told

    return added


def commands(words: Sequence[str] = ()) -> typer.Typer:
    """The app with every command, or with just those that a call may mean.

    A command's file bears its name, in the folder of what it is about: `sets/list.py` holds `hemdata list`. A command
    of two words is a folder: `levels` holds `hemdata levels ...`. Where nothing is named as the call's first word,
    every file is imported.
    """
    here = Path(__file__).parent
    files = [path.relative_to(here).with_suffix("").parts for path in sorted(here.glob("*/*.py"))]
    files = sorted((file for file in files if file[-1] != "__init__"), key=lambda file: FOLDERS.index(file[0]))
    first = words[0].replace("-", "_") if words else ""
    for file in [file for file in files if _command_of(file) == first] or files:
        import_module(".".join(("hemdata.cli", *file)))
    return app


def _command_of(file: tuple[str, ...]) -> str:
    return file[0] if file[0] in TWO_WORDS else file[1]


@command("help", "hemdata help\nhemdata help label\nhemdata help levels gap")
def help_(words: Annotated[list[str], typer.Argument(metavar="[COMMAND]", help="A command.")] = []) -> None:  # noqa: B006
    """Show the help of a command, or of all."""
    commands(words)([*words, "--help"], prog_name="hemdata")


def main() -> None:
    """Entry point of the `hemdata` command; a user's settings of other programs end here."""
    shield_this_process()
    console.print_any_text()
    commands(sys.argv[1:])()
