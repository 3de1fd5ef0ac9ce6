"""`hemdata` called in this process: what starts one anew is about the process, not about what a command says."""

from pathlib import Path
from subprocess import CompletedProcess

import pytest
from typer.testing import CliRunner

from hemdata.cli import commands


def hemdata(*words: object, cwd: Path | None = None, **environment: str) -> "CompletedProcess[str]":
    """The exit code and what is printed on either stream; an exception that no sentence was made of is raised."""
    told = [str(word) for word in words]
    terminal = {"COLUMNS": "200", "TERM": "dumb"} | environment
    with pytest.MonkeyPatch.context() as patch:
        if cwd is not None:
            patch.chdir(cwd)
        ended = CliRunner().invoke(commands(told), told, env=terminal, catch_exceptions=False)
    return CompletedProcess(["hemdata", *told], ended.exit_code, ended.stdout, ended.stderr)
