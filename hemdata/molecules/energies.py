"""Which value of a file is an energy: commands that compute their own do not take it, and say so."""

import re
from collections.abc import Mapping

from hemdata.forms.shared.frames import Wanted

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([ed][+-]?\d+)?", re.IGNORECASE)


def energy_key(values: Mapping[str, object]) -> str | None:
    """The name of the value that is an energy by its name and a number; None where there is none."""
    key = Wanted().key("energy", values)
    return key if key is not None and _NUMBER.fullmatch(str(values[key] if values[key] is not None else "")) else None
