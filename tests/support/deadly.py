"""Work that ends the process that does it, for the tests of `hemdata.predict.workers`."""

import os
from collections.abc import Sequence


def halves(numbers: Sequence[int]) -> list[float]:
    """Half of each; an odd number ends the process, as a crash of an engine does."""
    if any(number % 2 for number in numbers):
        os._exit(7)
    return [number / 2 for number in numbers]
