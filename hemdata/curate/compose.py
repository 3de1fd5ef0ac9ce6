"""Composes a dataset of others by declared steps; DuckDB does each step over the shards, larger than memory or not."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from hemdata.bridges.rows import HALF_WIDTH
from hemdata.catalog import Column, SetCard, Step, composition, label_places
from hemdata.console import many
from hemdata.curate.bridging import at_one_level, bridges_of, by_bridge, card_hash, none_bridged, of_bridges_today
from hemdata.curate.build import Built, standing
from hemdata.curate.conditions import EXAMPLES, define, spelled
from hemdata.curate.duplicates import PLACE as _ORDER
from hemdata.curate.duplicates import without_repeated
from hemdata.curate.wrong_rows.defective import asks_for_defects, defective, register_files, registers_of
from hemdata.curate.wrong_rows.planted import planted
from hemdata.curate.wrong_rows.suspected import screens_of, suspected
from hemdata.errors import CallError, DataError
from hemdata.identity import FLAT_GRAPH_LETTERS
from hemdata.levels import level, one_level
from hemdata.schema import table_schema
from hemdata.shards import (
    LevelName,
    SetName,
    ShardWriter,
    SourceFile,
    in_catalogue,
    read_manifest,
    sets_in,
    sha256,
    stands,
)

ORIGIN = Column(name="origin", type="string", meaning="the dataset that the row was taken from")
BATCH_ROWS = 10_000
_IDENTITY = {"flat_graph": f"inchikey[:{FLAT_GRAPH_LETTERS}]", "inchikey": "inchikey"}


def compose(name: str | Path, data: Path, out: Path | None = None, *, force: bool = False) -> Built:
    """Build a composed dataset from the built datasets it names.

    Args:
        name: of a card in pipelines/sets, or its path.
        data: folder of the built datasets.
        out: the folder to write, by default `data`/<name>.
        force: build again what stands there already.

    Raises:
        CallError: if a parent is not built; gives the command that builds it.
        DataError: if a condition is wrong, nothing is left, or two levels would be mixed without being asked for.
    """
    card = composition(name)
    out = out or data / card.name
    parents = _parents(card, data)
    sources = [_manifest_file(folder) for folder in parents]
    screens = screens_of(card, parents, data)
    sources += [SourceFile(name=path.name, bytes=path.stat().st_size, sha256=sha256(path)) for path in screens]
    registers = registers_of(card, parents)
    sources += register_files(registers)
    rule = hashlib.sha256(card.model_dump_json().encode()).hexdigest()
    before = None if force else standing(out)
    same = before is not None and before.made_from.get("card") == rule and before.sources == sources
    if before is not None and same and of_bridges_today(before.made_from):
        return Built(out, before, new=False, whole=True)
    with _connection(out) as db:
        view = _taken(db, parents[: len(card.steps[0].take or [])])
        rows = [_count(db, view)]
        for number, step in enumerate(card.steps[1:], 1):
            if asks_for_defects(step):
                view = defective(db, step, view, f"step{number}", registers)
            elif step.plant:
                view = planted(db, step, view, f"step{number}")
            elif step.without or step.flag:
                view = suspected(db, step, view, f"step{number}", screens)
            else:
                view = _stepped(db, card, step, view, f"step{number}", data)
            rows.append(_count(db, view))
        if not rows[-1]:
            raise _no_row(card, rows)
        found = [row[0] for row in db.execute(f"SELECT DISTINCT level FROM {view} ORDER BY level").fetchall()]
        named = list(filter(None, found))
        bridges = bridges_of(card, named)
        named = sorted({bridges[each].b if each in bridges else each for each in named})
        if len(named) > 1 and card.mixed_levels is None:
            one_level(named, where=f"set {card.name}")  # refuses, naming both
        schema = table_schema("molecule", [ORIGIN, *([HALF_WIDTH] if by_bridge(card) else [])])
        with ShardWriter(out, schema) as writer:
            for batch in _batches(db, view, schema.arrow):
                for part in at_one_level(batch, bridges, writer):
                    writer.add(part)
            if not writer.accepted:
                raise none_bridged(card, writer.reasons)
            made_from: dict[str, Any] = {
                "card": rule,
                "steps": _told(card, rows),
            }
            if bridges:
                made_from["bridges"] = {f"{by.a}-{by.b}": card_hash(by) for by in bridges.values()}
            if card.mixed_levels:
                made_from["mixed_levels"] = f"{card.mixed_levels}: {' and '.join(named)}"
            levels = [LevelName(name=its.name, hash=its.hash) for its in map(level, named)]
            manifest = writer.finish(card.name, rows[-1], sources, levels, made_from, ("pyarrow", "duckdb"))
    return Built(out, manifest, new=True, whole=True)


def _no_row(card: SetCard, rows: list[int]) -> DataError:
    """What is wrong where the steps leave nothing: which of them does."""
    emptied = card.steps[rows.index(0)]
    return DataError(
        "The composition leaves no row.",
        where=f"set {card.name}",
        got=", ".join(f"{many(left, 'row')} after {step.verb}" for step, left in zip(card.steps, rows, strict=True)),
        fix=f"Change the step `{emptied.verb}`, or a step before it.",
    )


def _manifest_file(folder: Path) -> SourceFile:
    """A parent as the manifest names it: by its own manifest, which vouches for its shards."""
    path = folder / "manifest.json"
    return SourceFile(name=f"{folder.name}/manifest.json", bytes=path.stat().st_size, sha256=sha256(path))


def _parents(card: SetCard, data: Path) -> list[Path]:
    """The folders of all datasets that the card names, those taken first; under `data`, or labels that travel."""
    first = card.steps[0]
    asked = None if by_bridge(card) else first.at
    names = [SetName.of(name) if asked is None else SetName(name, asked) for name in first.take or []]
    names += [SetName(name) for step in card.steps[1:] for name in [*(step.mark or {}), *(step.subtract or [])]]
    folders = []
    for its in names:
        folder = next((place / str(its) for place in (data, *label_places()) if stands(place / str(its))), None)
        if folder is None:
            raise CallError(
                f"'{card.name}' is composed of '{its}', which is not there.",
                where=data / str(its),
                fix=_how_to_get(its, data),
            )
        folders.append(folder)
    return folders


def _how_to_get(its: SetName, data: Path) -> str:
    """What to do about a parent that is not there: the command that makes it, or the names under which it stands."""
    if its.level is not None or in_catalogue(its.dataset):
        return f"`{its.command}`"
    there = [other for place in (data, *label_places()) for other, _ in sets_in(place)]
    labelled = list(dict.fromkeys(f"'{other}'" for other in there if other.dataset == its.dataset))
    if labelled:
        return f"Its labels are taken by their whole name, NAME@LEVEL: {' or '.join(labelled)}."
    return "`hemdata list` tells the sets that can be built; labels of a file of yours are taken as NAME@LEVEL."


class _connection:
    """A DuckDB in memory that spills beside the output and leaves nothing there."""

    def __init__(self, out: Path) -> None:
        self.spill = out.parent / f".{out.name}.duckdb"

    def __enter__(self) -> Any:
        import duckdb

        self.db = duckdb.connect(config={"temp_directory": str(self.spill), "threads": 2})
        define(self.db)
        return self.db

    def __exit__(self, *_: object) -> None:
        import shutil

        self.db.close()
        shutil.rmtree(self.spill, ignore_errors=True)


def _files(folder: Path) -> str:
    paths = [str((folder / shard.file).resolve()).replace("'", "''") for shard in read_manifest(folder).shards]
    return "[" + ", ".join(f"'{path}'" for path in paths) + "]"


def _taken(db: Any, folders: list[Path]) -> str:
    selects = []
    for number, folder in enumerate(folders):
        composed = any(column.name == ORIGIN.name for column in read_manifest(folder).properties)
        origin = "" if composed else f", '{folder.name}' AS {ORIGIN.name}"  # a composed parent tells its rows' own
        selects.append(
            f"SELECT *{origin}, {number} AS _parent"
            f" FROM read_parquet({_files(folder)}, filename=true, file_row_number=true)"
        )
    db.execute("CREATE VIEW step0 AS " + " UNION ALL BY NAME ".join(selects))
    return "step0"


def _stepped(db: Any, card: SetCard, step: Step, before: str, view: str, data: Path) -> str:
    import duckdb

    key = _IDENTITY[str(step.by) if step.deduplicate in (None, "geometry") else step.deduplicate]
    if step.mark:
        marks = [
            f"coalesce({key} IN ({_keys(data / other, key)}), false) AS {name}" for other, name in step.mark.items()
        ]
        sql = f"SELECT *, {', '.join(marks)} FROM {before}"
    elif step.subtract:
        others = " UNION ALL ".join(_keys(data / other, key) for other in step.subtract)
        sql = f"SELECT * FROM {before} WHERE {key} IS NULL OR {key} NOT IN ({others})"
    elif step.filter:
        sql = f"SELECT * FROM {before} WHERE ({spelled(step.filter)})"
    elif step.deduplicate == "geometry":
        sql = without_repeated(db, before, view, step.mirror)
    elif step.deduplicate:
        sql = (
            f"SELECT * FROM {before} QUALIFY row_number() OVER (PARTITION BY coalesce({key}, id) ORDER BY {_ORDER}) = 1"
        )
    else:  # sample: the order of `hemdata label -n`, by a hash of seed and id
        sql = (
            f"SELECT * FROM {before} QUALIFY row_number() OVER (ORDER BY sha256('{step.seed}:' || id)) <= {step.sample}"
        )
    try:
        db.execute(f"CREATE VIEW {view} AS {sql}")
    except duckdb.Error as error:
        columns = ", ".join(row[0] for row in db.execute(f"DESCRIBE {before}").fetchall() if not row[0].startswith("_"))
        raise DataError(
            "A step of the composition is wrong.",
            where=f"set {card.name}, step: {step.verb}",
            expected=f"an SQL condition on {columns}; or {', '.join(EXAMPLES)}",
            got=str(error).splitlines()[0],
        ) from None
    return view


def _keys(folder: Path, key: str) -> str:
    return f"SELECT {key} FROM read_parquet({_files(folder)}) WHERE inchikey IS NOT NULL"


def _count(db: Any, view: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {view}").fetchone()[0])


def _batches(db: Any, view: str, schema: pa.Schema) -> Iterator[pa.Table]:
    there = {row[0] for row in db.execute(f"DESCRIBE {view}").fetchall()}
    columns = ", ".join(field.name if field.name in there else f"NULL AS {field.name}" for field in schema)
    reader = db.sql(f"SELECT {columns} FROM {view} ORDER BY {_ORDER}").to_arrow_reader(BATCH_ROWS)
    for batch in reader:
        yield pa.Table.from_batches([batch]).cast(schema)


def _told(card: SetCard, rows: list[int]) -> list[dict[str, Any]]:
    """The steps as declared, each with the rows it left."""
    return [
        step.model_dump(mode="json", exclude_none=True) | {"rows": count}
        for step, count in zip(card.steps, rows, strict=False)
    ]
