"""Which molecules datasets share: by the whole InChIKey, and by connectivity alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hemdata.identity import FLAT_GRAPH_LETTERS
from hemdata.shards import read_manifest


@dataclass(frozen=True)
class Shared:
    """What two datasets share.

    Attributes:
        a, b: the datasets.
        exact: distinct InChIKeys in both (same molecule, same stereo).
        connectivity: distinct flat graphs in both (the first 14 letters).
        names: the ids in `a` of up to `NAMED` shared flat graphs, sorted.
    """

    a: str
    b: str
    exact: int
    connectivity: int
    names: tuple[str, ...]


NAMED = 50


def overlap(folders: Sequence[Path]) -> list[Shared]:
    """Every pair of built datasets, each with itself first (its distinct molecules).

    DuckDB reads the two columns it needs and spills where they do not fit in memory.

    Raises:
        CallError: if a folder holds no shards.
    """
    import duckdb

    names = [read_manifest(folder).dataset for folder in folders]
    with duckdb.connect(config={"threads": 2}) as db:
        for number, folder in enumerate(folders):
            paths = [str(folder / shard.file) for shard in read_manifest(folder).shards]
            db.execute(
                f"CREATE TABLE s{number} AS SELECT inchikey, inchikey[:{FLAT_GRAPH_LETTERS}] AS flat, min(id) AS id"
                " FROM read_parquet($paths) WHERE inchikey IS NOT NULL GROUP BY ALL",
                {"paths": paths},
            )

        def count(column: str, a: int, b: int) -> int:
            sql = f"SELECT count(*) FROM (SELECT {column} FROM s{a} INTERSECT SELECT {column} FROM s{b})"
            row = db.execute(sql).fetchone()
            return int(row[0]) if row else 0

        found = []
        for a in range(len(folders)):
            for b in range(a, len(folders)):
                shared = db.execute(
                    f"SELECT DISTINCT id FROM s{a} WHERE flat IN (SELECT flat FROM s{b}) ORDER BY id LIMIT {NAMED}"
                ).fetchall()
                ids = tuple(row[0] for row in shared) if a != b else ()
                found.append(Shared(names[a], names[b], count("inchikey", a, b), count("flat", a, b), ids))
        return found
