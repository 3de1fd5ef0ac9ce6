"""A set of molecules: built, labelled or opened by name; described, verified, exported and split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from hemdata.door.html import shown
from hemdata.door.kinds import kinds_checked
from hemdata.door.set_rows import SetRows
from hemdata.shards import find, read_manifest, verify

if TYPE_CHECKING:
    from hemdata.curate.describe import Description
    from hemdata.door.split import Split

SHOWN = ("id", "smiles", "n_atoms", "charge", "atomization_energy_kcal_mol", "level")
FIRST_ROWS = 5


class Set(SetRows):
    """A set of molecules: validated Parquet shards in a folder, and the manifest that vouches for them.

    Attributes:
        folder: where the shards stand.
        manifest: what they hold: sources and their hashes, counts, levels of theory, versions.

    Args:
        folder: of shards. `Set.open` finds a set by its name.

    Raises:
        CallError: if it is no folder of shards.

    Example:
        >>> groups = hd.Set.open("test-groups@gfn2-xtb")  # labels that travel with hemdata
        >>> groups
        Set('test-groups@gfn2-xtb', 160 molecules, level gfn2-xtb)
        >>> groups.frame(["id", "n_heavy", "atomization_energy_kcal_mol"]).round(2).head(2)
                                  id  n_heavy  atomization_energy_kcal_mol
        0         azoxy:azoxymethane        5                      1412.48
        1  azoxy:methylazoxymethanol        6                      1598.62
    """

    @kinds_checked
    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.manifest = read_manifest(self.folder)

    @classmethod
    @kinds_checked
    def open(cls, name: str | Path, data: str | Path = "data") -> Self:
        """The set of a name: `qm9` as published, `qm9@gfn2-xtb` labelled, `qm9@qm9@pc9` on other geometries.

        Args:
            name: of the set, or its folder.
            data: folder of the built and labelled sets; labels that travel with hemdata are looked through after it.

        Raises:
            CallError: if it is not there; gives the command that makes it.

        Example:
            >>> len(hd.Set.open("test-groups@pc9"))
            160
        """
        return cls(find(name, Path(data)))

    @classmethod
    @kinds_checked
    def build(
        cls,
        name: str | Path,
        *,
        data: str | Path = "data",
        source: str | Path | None = None,
        workers: int | None = None,
        force: bool = False,
        audit: bool = True,
        progress: bool = True,
    ) -> Self:
        """Build a published dataset, or a composition of built ones; what stands there already is taken.

        Args:
            name: of a dataset or composition (`hd.catalogue()` lists them), or the path of your own card.
            data: folder of the built sets; the set is data/NAME.
            source: the dataset's archive or unpacked folder, where it is not to be downloaded.
            workers: processes; by default one a core.
            force: build again what stands there.
            audit: compute a few rows of a set whose level nobody has compared yet (minutes).
            progress: whether a bar is shown.

        Raises:
            CallError: for an unknown name or a missing path.
            DataError: for a damaged source, or rows that do not come out as the card says.

        Example:
            >>> hd.Set.build("azoxy", progress=False)
            Set('azoxy', 45 molecules)
        """
        from hemdata.door.build import build

        given = None if source is None else Path(source)
        built = build(
            name, Path(data), source=given, workers=workers, force=force, audit=audit, progress=progress
        )  # fmt: skip
        return cls(built.folder)

    @classmethod
    @kinds_checked
    def label(
        cls,
        target: str | Path,
        *,
        level: str = "gfn2-xtb",
        n: int | None = None,
        geometry: str = "gfn2-xtb",
        without: Sequence[str] = (),
        on: int | str | Path | None = None,
        data: str | Path = "data",
        progress: bool = True,
    ) -> Self:
        """Compute geometries and energies at a level of theory; what was computed before is taken from the store.

        Args:
            target: a dataset's name (built if it is not yet), or a file of molecules (.smi, .xyz, .csv).
            level: of theory (`hd.catalogue("level")` lists them).
            n: how many molecules, chosen by a fixed seed; by default all.
            geometry: level at which geometries are relaxed, or `given` for those that the file has.
            without: datasets whose molecules are left out, by connectivity.
            on: where: processes here (by default one a core; 0 computes in this process), the address of a running Dask
                cluster, or the card of a SLURM cluster.
            data: folder of the sets and of the label store, labels.sqlite.
            progress: whether bars are shown.

        Raises:
            CallError: for an unknown name or level, or a store in use.
            DataError: if the file does not read, or the level has no atom of an element.

        Example:
            >>> _ = Path("alcohols.smi").write_text("CO methanol\\nCCO ethanol\\n")
            >>> mine = hd.Set.label("alcohols.smi", on=0, progress=False)
            >>> mine.frame(["id", "atomization_energy_kcal_mol"]).round(1)
                              id  atomization_energy_kcal_mol
            0  alcohols:methanol                        684.8
            1   alcohols:ethanol                       1053.7
        """
        from hemdata.console import note
        from hemdata.door.progress import stages
        from hemdata.label.asked import Asked
        from hemdata.label.dataset import label_set
        from hemdata.label.how import Files, How
        from hemdata.label.workers.where import Where

        asked, files = Asked(target, n, without=without), Files(Path(data))
        with stages(f"label {target} at {level}", progress) as told:
            labelled = label_set(
                asked, How(level, geometry), Where.read(on), files=files, note=note if progress else None, progress=told
            )
        return cls(labelled.folder)

    def __repr__(self) -> str:
        at = f", level {self.level}" if self.level else ""
        return f"Set({self.name!r}, {len(self):,} molecules{at})"

    def _repr_html_(self) -> str:
        counts = self.manifest.counts
        facts = {
            "molecules": len(self),
            "rejected": [f"{number:,} {reason}" for reason, number in counts.rejected.items()],
            "level of theory": self.level,
            "sources": [each.name for each in self.manifest.sources],
            "columns": self.columns,
            "folder": str(self.folder),
        }
        first = next(self.batches(SHOWN, FIRST_ROWS), None)
        rows = [] if first is None else first.slice(0, FIRST_ROWS).to_pylist()
        return shown(self.name, facts, rows, f"{len(rows)} of {len(self):,} molecules" if rows else "")

    def describe(self) -> Description:
        """The set in numbers: elements, sizes, charges, flags, spread of energies, functional groups.

        Example:
            >>> hd.Set.open("test-groups@gfn2-xtb").describe().elements["N"]
            {'molecules': 118, 'atoms': 507}
        """
        from hemdata.curate.describe import describe

        return describe(self.folder)

    def verify(self) -> Self:
        """Check every byte, row, count and energy, and give the set back.

        Raises:
            DataError: for the first thing that does not hold.

        Example:
            >>> hd.Set.open("test-groups@gfn2-xtb").verify()
            Set('test-groups@gfn2-xtb', 160 molecules, level gfn2-xtb)
        """
        verify(self.folder)
        return self

    @kinds_checked
    def export(self, form: str, out: str | Path | None = None, force: bool = False) -> Path:
        """Write it in a form that other programs read, its rows streamed.

        Args:
            form: extxyz, ase-db, schnetpack-db, pyg, hdf5, csv, huggingface, croissant ...
            out: file or folder to write; by default beside the set, or here if it travels with hemdata.
            force: replace what stands there.

        Raises:
            CallError: if there is no such form, the set does not fit into it, or something stands there already.

        Example:
            >>> hd.Set.open("test-groups@gfn2-xtb").export("extxyz", "groups.extxyz").name
            'groups.extxyz'
        """
        from hemdata.forms.export import export

        return export(self.folder, form, out, force)

    @kinds_checked
    def split(
        self,
        fractions: tuple[float, float, float] = (0.8, 0.1, 0.1),
        *,
        seed: int = 0,
        by: Literal["molecule", "scaffold", "size"] = "molecule",
    ) -> Split:
        """Deal its molecules with an energy to training, validation and test; one molecule never stands on two sides.

        Args:
            fractions: for training, validation and test; positive, with sum 1.
            seed: another seed, another split.
            by: what keeps the sides apart: identity alone, ring scaffolds, or the number of heavy atoms.

        Raises:
            DataError: for fewer than three molecules with an energy.

        Example:
            >>> sides = hd.Set.open("test-groups@gfn2-xtb").split(by="size")
            >>> max(sides.train["n_heavy"].to_pylist()) <= min(sides.test["n_heavy"].to_pylist())
            True
        """
        from hemdata.door.split import dealt

        return dealt(self.table(), fractions, seed, by)
