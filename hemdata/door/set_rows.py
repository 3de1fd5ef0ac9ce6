"""What a set of molecules holds, as tables, frames, streams of batches or ASE's atoms: what `hd.Set` inherits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hemdata.door.kinds import kinds_checked
from hemdata.shards import Manifest, iterate, read

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from ase import Atoms


def _of_set[F: Callable[..., Any]](function: F) -> F:
    """The method with its arguments checked; people know it as one of `hd.Set`."""
    return kinds_checked(function, f"Set.{function.__name__}")


class SetRows:
    """The rows of a folder of shards, and what its manifest tells of them."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """Its name, such as `qm9@gfn2-xtb`."""
        return self.manifest.dataset

    @property
    def level(self) -> str | None:
        """The level of theory of its energies; several are joined by ` + `; None without energies."""
        return " + ".join(each.name for each in self.manifest.levels) or None

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""
        from hemdata.schema import table_schema

        return [each.name for each in table_schema(self.manifest.schema_name, self.manifest.properties).columns]

    def __len__(self) -> int:
        return self.manifest.counts.accepted

    @_of_set
    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All molecules as an Arrow table; of a large set take `batches`.

        Args:
            columns: by name; all where None.

        Raises:
            CallError: for a column that it has not.
            DataError: if a shard is missing or unreadable.

        Example:
            >>> hd.Set.open("test-groups@pc9").table(["id", "energy_hartree"]).num_rows
            160
        """
        return read(self.folder, columns)

    @_of_set
    def frame(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """As `table`, a pandas DataFrame.

        Example:
            >>> int(hd.Set.open("test-groups@pc9").frame()["n_heavy"].max())
            32
        """
        frame: pd.DataFrame = self.table(columns).to_pandas()
        return frame

    @_of_set
    def polars(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """As `table`, a polars DataFrame; polars has to be installed.

        Example:
            >>> hd.Set.open("test-groups@pc9").polars(["id", "level"]).shape
            (160, 2)
        """
        import polars as pl

        frame = pl.from_arrow(self.table(columns))
        assert isinstance(frame, pl.DataFrame)
        return frame

    @_of_set
    def batches(self, columns: Sequence[str] | None = None, rows: int = 10_000) -> Iterator[pa.RecordBatch]:
        """Its molecules as a stream of Arrow batches, in constant memory.

        Args:
            columns: by name; all where None.
            rows: of a batch at most.

        Example:
            >>> sum(batch.num_rows for batch in hd.Set.open("test-groups@pc9").batches(["id"], rows=50))
            160
        """
        yield from iterate(self.folder, columns, rows)

    def atoms(self) -> Iterator[Atoms]:
        """Its molecules as ASE's atoms, streamed.

        `get_potential_energy()` is the total electronic energy in eV, where there is one; `info` has id, smiles,
        charge, multiplicity, level and `atomization_energy_kcal_mol`.

        Raises:
            CallError: at a molecule without a geometry.

        Example:
            >>> first = next(hd.Set.open("test-groups@gfn2-xtb").atoms())
            >>> first.get_chemical_formula(), round(first.get_potential_energy(), 2)
            ('C2H6N2O', -467.43)
        """
        from hemdata.door.atoms import atoms_of

        return atoms_of(self.folder)
