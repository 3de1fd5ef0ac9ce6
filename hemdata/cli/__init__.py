"""cli: parses, calls, prints; no science here."""

from hemdata.cli.app import app, commands, main

__all__ = ["app", "commands", "main"]
