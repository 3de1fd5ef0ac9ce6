"""Members of the test groups, the smallest first."""

import csv
from pathlib import Path

from hemdata.catalog import roots


def members(number: int) -> list[tuple[str, str]]:
    """Name and SMILES of so many members, by heavy atoms."""
    return [(name, smiles) for _, name, smiles in _by_size()[:number]]


def of_sizes(sizes: list[int]) -> list[tuple[str, str]]:
    """Name and SMILES of the first member of each number of heavy atoms."""
    first = {heavy: (name, smiles) for heavy, name, smiles in reversed(_by_size())}
    return [first[size] for size in sizes]


def _by_size() -> list[tuple[int, str, str]]:
    folder = next(path for root in roots() if (path := Path(root) / "datasets" / "test-groups").is_dir())
    rows = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += [(int(row["heavy_atoms"]), row["id"], row["smiles"]) for row in csv.DictReader(file)]
    return sorted(rows)
