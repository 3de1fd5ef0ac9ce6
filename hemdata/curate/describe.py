"""Describes a built set in numbers: elements, sizes, flags, energies, functional groups, rejected records."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hemdata.curate.functional_groups import count_functional_groups
from hemdata.errors import DataError
from hemdata.levels import SYMBOLS
from hemdata.shards import read_manifest

BINS = 24
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
SAMPLE = 2000
ENERGIES = {
    "atomization energy": "atomization_energy_kcal_mol",
    "atomization energy per atom": "atomization_energy_kcal_mol / n_atoms",
}


@dataclass(frozen=True)
class Spread:
    """How a quantity is spread: quantiles, and a histogram of equal bins from the least to the largest value.

    Attributes:
        unit: of the values.
        molecules: how many have a value.
        quantiles: value at each fraction of QUANTILES.
        edges: of the bins, one more than counts.
        counts: molecules in each bin; the last bin holds its upper edge.
    """

    unit: str
    molecules: int
    quantiles: dict[str, float]
    edges: list[float]
    counts: list[int]


@dataclass(frozen=True)
class Description:
    """A built set in numbers.

    Attributes:
        molecules: rows of the set.
        elements: by symbol, the molecules that hold it and its atoms in all.
        heavy_atoms, atoms, charges, multiplicities, flags, levels: molecules by value.
        energies: by name, in kcal/mol; empty where the set has no energies.
        functional_groups: molecules that hold each, among `sampled`.
        sampled: molecules whose SMILES were looked at for functional groups.
        seed: decides which.
        rejected: records by reason.
    """

    molecules: int
    elements: dict[str, dict[str, int]]
    heavy_atoms: dict[int, int]
    atoms: dict[int, int]
    charges: dict[int, int]
    multiplicities: dict[int, int]
    flags: dict[str, int]
    levels: dict[str, int]
    energies: dict[str, Spread]
    functional_groups: dict[str, int]
    sampled: int
    seed: int
    rejected: dict[str, int]

    def as_data(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return asdict(self)


def describe(folder: str | Path, sample: int = SAMPLE, seed: int = 0) -> Description:
    """Describe a built set, streamed: a set larger than memory is one like any other.

    Args:
        folder: of shards.
        sample: molecules at most whose functional groups are counted; the others are not looked at.
        seed: decides which.

    Raises:
        CallError: if it is no folder of shards.
        DataError: if a shard cannot be read.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    with rows(folder) as ask:
        molecules = int(ask("SELECT count(*) FROM rows")[0][0])
        groups, sampled = count_functional_groups(row["smiles"] for row in sampled_rows(folder, sample, seed))
        return Description(
            molecules=molecules,
            elements=_elements(ask),
            heavy_atoms=_counts(ask, "n_heavy"),
            atoms=_counts(ask, "n_atoms"),
            charges=_counts(ask, "charge"),
            multiplicities=_counts(ask, "multiplicity"),
            flags=dict(
                ask("SELECT flag, count(*) FROM (SELECT unnest(flags) flag FROM rows) GROUP BY 1 ORDER BY 2 DESC, 1")
            ),
            levels=_counts(ask, "level"),
            energies={
                name: spread for name, column in ENERGIES.items() if (spread := _spread(ask, column, "kcal/mol"))
            },
            functional_groups=groups,
            sampled=sampled,
            seed=seed,
            rejected=dict(sorted(manifest.counts.rejected.items(), key=lambda item: (-item[1], item[0]))),
        )


def sampled_rows(folder: str | Path, n: int, seed: int = 0) -> list[dict[str, Any]]:
    """So many molecules with a SMILES, chosen by a hash of seed and id: id, smiles, sizes, energy, flags."""
    with rows(Path(folder)) as ask:
        keys = ("id", "smiles", "n_heavy", "n_atoms", "atomization_energy_kcal_mol", "flags")
        chosen = ask(
            "SELECT id, coalesce(canonical_smiles, smiles), n_heavy, n_atoms, atomization_energy_kcal_mol, flags "
            "FROM rows WHERE coalesce(canonical_smiles, smiles) IS NOT NULL ORDER BY md5(concat(?, id)), id LIMIT ?",
            f"{seed}:",
            n,
        )
    return [dict(zip(keys, row, strict=True)) for row in chosen]


def rejected_examples(folder: str | Path, each: int = 5) -> list[dict[str, Any]]:
    """The first so many rejected records of every reason: where, reason, detail, text."""
    with rows(Path(folder)) as ask:
        found = ask(
            'SELECT "where", reason, detail, text FROM '
            "(SELECT *, row_number() OVER (PARTITION BY reason ORDER BY nr) k FROM rejected) "
            "WHERE k <= ? ORDER BY reason, k",
            each,
        )
    return [dict(zip(("where", "reason", "detail", "text"), row, strict=True)) for row in found]


class Ask:
    """Questions in SQL to one built set, whose tables are `rows` and `rejected`; DuckDB streams the files."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def __call__(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The answer's rows."""
        found: list[tuple[Any, ...]] = self.connection.execute(query, list(values)).fetchall()
        return found

    def records(self, query: str, *values: object) -> list[dict[str, Any]]:
        """The answer's rows, by column."""
        found = self(query, *values)
        names = [column[0] for column in self.connection.description]
        return [dict(zip(names, row, strict=True)) for row in found]


@contextmanager
def rows(folder: Path) -> Iterator[Ask]:
    """A built set opened for questions; errors as `describe`."""
    import duckdb

    manifest = read_manifest(folder)
    connection = duckdb.connect()
    try:
        files = [str(folder / shard.file) for shard in manifest.shards]
        connection.read_parquet(files).create_view("rows")
        connection.read_parquet(str(folder / manifest.rejected.file), file_row_number=True).project(
            "* EXCLUDE file_row_number, file_row_number AS nr"
        ).create_view("rejected")
        yield Ask(connection)
    except (duckdb.Error, OSError) as error:
        raise DataError(
            "A shard cannot be read.", where=folder, got=error, fix=f"`hemdata verify {folder}`, or build it again."
        ) from None
    finally:
        connection.close()


def _counts(ask: Ask, column: str) -> dict[Any, int]:
    return dict(ask(f"SELECT {column}, count(*) FROM rows WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1"))


def _elements(ask: Ask) -> dict[str, dict[str, int]]:
    found = ask(
        "SELECT z, count(*), sum(n)::BIGINT FROM (SELECT unnest(map_keys(m)) z, unnest(map_values(m)) n "
        "FROM (SELECT list_histogram(atomic_numbers) m FROM rows)) GROUP BY 1 ORDER BY 1"
    )
    return {SYMBOLS[z]: {"molecules": molecules, "atoms": atoms} for z, molecules, atoms in found}


def _spread(ask: Ask, column: str, unit: str) -> Spread | None:
    molecules, quantiles = ask(
        f"SELECT count({column}), quantile_cont({column}, {list(QUANTILES)}) FROM rows WHERE {column} IS NOT NULL"
    )[0]
    if not molecules:
        return None
    low, high = quantiles[0], quantiles[-1]
    width = (high - low) / BINS or 1.0
    inside = f"least({BINS - 1}, floor(({column} - ?) / ?)::INTEGER)"
    found = dict(ask(f"SELECT {inside}, count(*) FROM rows WHERE {column} IS NOT NULL GROUP BY 1", low, width))
    return Spread(
        unit=unit,
        molecules=molecules,
        quantiles={f"{fraction:g}": value for fraction, value in zip(QUANTILES, quantiles, strict=True)},
        edges=[low + i * width for i in range(BINS + 1)],
        counts=[found.get(i, 0) for i in range(BINS)],
    )
