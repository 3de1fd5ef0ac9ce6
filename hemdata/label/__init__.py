"""label: reference geometries and energies on Dask workers, kept in a store that forgets nothing finished."""

from hemdata.label.apart import Limits
from hemdata.label.calculation import Calculation, Result, Stage, calculate, calculation_for, stages
from hemdata.label.dataset import Labelled, label_dataset
from hemdata.label.run import Outcome, label
from hemdata.label.store import LabelStore

__all__ = [
    "Calculation",
    "LabelStore",
    "Labelled",
    "Limits",
    "Outcome",
    "Result",
    "Stage",
    "calculate",
    "calculation_for",
    "label",
    "label_dataset",
    "stages",
]
