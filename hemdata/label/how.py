"""How molecules are labelled, and the files that a run reads and writes: what travels together is one value."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hemdata.errors import CallError
from hemdata.levels import START_LEVEL

Missing = Literal["compute", "compute failed", "refuse", "reject"]
"""What becomes of labels that the store does not hold: all are computed; just what failed is, the rest
being rejected rows; none is, and they are an error; none is, and they are rejected rows."""


@dataclass(frozen=True)
class How:
    """How molecules are labelled.

    Attributes:
        level_name: level of theory of the energies.
        geometry: level of theory of the geometries, or `given`: those that the dataset or file has.
        accuracy: `label`, or `reference` for plainly converged single points.
        conformers: how many are embedded of each SMILES; the lowest by force field is relaxed.
        enthalpy: harmonic frequencies too, and from them the enthalpy of formation as columns.
        frequencies: with `enthalpy`, the level of the frequencies, by default that which the level's card names.
        corrected: with `enthalpy`, also less the level's atom equivalents, which its card carries.
        stability: whether the wave functions are stable, as columns; for levels of density functionals.

    Raises:
        CallError: for frequencies or a correction without an enthalpy.
    """

    level_name: str = START_LEVEL
    geometry: str = START_LEVEL
    accuracy: str = "label"
    conformers: int = 1
    enthalpy: bool = False
    frequencies: str | None = None
    corrected: bool = False
    stability: bool = False

    def __post_init__(self) -> None:
        if (self.frequencies or self.corrected) and not self.enthalpy:
            raise CallError("--frequencies and --corrected belong to --enthalpy.", fix="Add --enthalpy.")


@dataclass(frozen=True)
class Files:
    """The files of a labelling run.

    Attributes:
        data: folder of the built and labelled sets.
        store: the label store, by default `data`/labels.sqlite.
        out: folder of the labelled shards, by default `data`/<name>@<level>, and @<geometry> where that is not
            GFN2-xTB's.
    """

    data: Path = Path("data")
    store: Path | None = None
    out: Path | None = None

    @property
    def labels(self) -> Path:
        """The label store."""
        return self.store or self.data / "labels.sqlite"
