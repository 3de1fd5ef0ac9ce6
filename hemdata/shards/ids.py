"""Ids that may stand once: looked for in memory as far as it goes, then in the files, in constant memory."""

from collections.abc import Sequence
from pathlib import Path

IN_MEMORY = 250_000
MEMORY_LIMIT = "300MB"  # beyond it DuckDB goes to disk


class Ids:
    """The ids of a dataset as they come."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._more = False

    def add(self, ids: Sequence[str]) -> list[str]:
        """Remember ids, and tell which of them came before, as far as that is known at once (up to 3)."""
        before = self._seen.intersection(ids)
        if not before and len(set(ids)) < len(ids):
            before = {name for name in ids if ids.count(name) > 1}
        if len(self._seen) + len(ids) <= IN_MEMORY:
            self._seen.update(ids)
        else:
            self._more = True
        return sorted(before)[:3]

    def repeated(self, files: Sequence[Path], scratch: Path) -> list[str]:
        """Ids that stand twice in the files, up to 3; `scratch` is a folder to write to, emptied again."""
        if not self._more:
            return []  # `add` has seen them all
        import duckdb

        with duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "threads": 2}) as connection:
            connection.execute(f"SET temp_directory = '{str(scratch).replace(chr(39), chr(39) * 2)}'")
            connection.execute("SET preserve_insertion_order = false")
            rows = connection.execute(
                "SELECT id FROM read_parquet($files) GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 3",
                {"files": [str(path) for path in files]},
            ).fetchall()
        return [row[0] for row in rows]
