"""JSON lines: a mapping a line, its keys as they come."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from hemdata.forms.shared.frames import AT_ONCE, Frames, Wanted
from hemdata.forms.shared.table import frames_of_columns

READS = "a mapping a line, with SMILES or lists of atoms and coordinates"
SUFFIXES = (".jsonl", ".ndjson")


def frames(path: Path, wanted: Wanted) -> Iterator[Frames]:
    """Every line."""
    first = 1
    with path.open("rb") as file:
        while lines := list(islice(file, AT_ONCE)):
            rows: list[dict[str, Any]] = []
            faults: dict[int, tuple[str, str | None]] = {}
            for number, line in enumerate(lines):
                try:
                    row = json.loads(line.removeprefix(b"\xef\xbb\xbf")) if line.strip() else None
                except (json.JSONDecodeError, UnicodeDecodeError) as error:
                    row, faults[number] = None, ("not a JSON record", str(error))
                if not isinstance(row, dict):
                    faults.setdefault(number, ("not a JSON record", f"expected a mapping, got {line[:60]!r}"))
                    row = {}
                rows.append(row)
            keys = dict.fromkeys(key for row in rows for key in row)
            found = frames_of_columns(path.name, first, {k: [row.get(k) for row in rows] for k in keys}, wanted, "line")
            if not keys:
                found = frames_of_columns(path.name, first, {"": [None] * len(rows)}, wanted, "line")
            found.faults.update(faults)
            first += len(lines)
            yield found
