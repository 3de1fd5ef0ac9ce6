"""Rows that repeat an earlier row's geometry, among those of one graph."""

from typing import Any

from hemdata.identity import FLAT_GRAPH_LETTERS, Geometry, superposed

ROWS_AT_ONCE = 1_000
PLACE = "_parent, filename, file_row_number"
_GRAPH = f"coalesce(inchikey[:{FLAT_GRAPH_LETTERS}], list_sort(atomic_numbers)::VARCHAR)"


def without_repeated(db: Any, before: str, view: str, mirror: bool = False) -> str:
    """The SQL of the rows of `before` less those that lie on an earlier one of their graph, as `superposed` says.

    Conformers and stereoisomers stay, and rows without a geometry. Rows whose SMILES cannot be read are compared with
    those of their formula. The rows come graph by graph, so that memory holds one graph's geometries.

    Args:
        db: DuckDB's connection; a table of the repeated rows' places is left in it.
        before: a view of rows of the molecule schema with their places.
        view: a name that is free.
        mirror: whether a mirror image repeats, too.
    """
    db.execute(f"CREATE TABLE {view}_repeated AS SELECT {PLACE} FROM {before} LIMIT 0")
    rows = db.cursor().execute(
        f"SELECT {_GRAPH} AS graph, atomic_numbers, positions, {PLACE} FROM {before} WHERE positions IS NOT NULL"
        f" QUALIFY count(*) OVER (PARTITION BY graph) > 1 ORDER BY graph, {PLACE}"
    )
    graph, kept = None, list[Geometry]()
    while found := rows.fetchmany(ROWS_AT_ONCE):
        for its_graph, atomic_numbers, positions, *place in found:
            if its_graph != graph:
                graph, kept = its_graph, []
            geometry = Geometry(atomic_numbers, positions)
            if any(superposed(earlier, geometry, mirror=mirror) is not None for earlier in kept):
                db.execute(f"INSERT INTO {view}_repeated VALUES (?, ?, ?)", place)
            else:
                kept.append(geometry)
    return f"SELECT * FROM {before} ANTI JOIN {view}_repeated USING ({PLACE})"
