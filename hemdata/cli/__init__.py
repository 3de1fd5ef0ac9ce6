"""cli: parses, calls, prints; no science here."""

from hemdata.cli.app import app, main

__all__ = ["app", "main"]
