"""hemdata: which training set makes a neural network's energies trustworthy for your molecules, and why?

    import hemdata as hd

    qm9 = hd.Set.build("qm9")
    mine = hd.Set.label("my.smi", level="pc9")
    model = hd.Model.fit("painn", mine, folder="m")
    model.predict("CCO").frame()
    hd.Study("demo").run().results().report("report.html")

The names in `__all__` are promised: they stay and mean the same until a new major version. All else may change. Nothing
is imported before it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hemdata import units
    from hemdata.door.catalogue import catalogue
    from hemdata.door.improvement import Improvement
    from hemdata.door.level import Level
    from hemdata.door.model import Model, Predictions
    from hemdata.door.set import Set
    from hemdata.door.split import Split
    from hemdata.door.study import Results, Study
    from hemdata.errors import CallError, DataError, HemdataError

    __version__: str

_HOMES = {
    "CallError": "errors",
    "DataError": "errors",
    "HemdataError": "errors",
    "Improvement": "door.improvement",
    "Level": "door.level",
    "Model": "door.model",
    "Predictions": "door.model",
    "Results": "door.study",
    "Set": "door.set",
    "Split": "door.split",
    "Study": "door.study",
    "catalogue": "door.catalogue",
}

__all__ = [
    "CallError",
    "DataError",
    "HemdataError",
    "Improvement",
    "Level",
    "Model",
    "Predictions",
    "Results",
    "Set",
    "Split",
    "Study",
    "__version__",
    "catalogue",
    "units",
]


def __getattr__(name: str) -> Any:
    """A promised name, imported when it is asked for the first time."""
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("hemdata")
    elif name == "units":
        value = import_module("hemdata.units")
    elif name in _HOMES:
        value = getattr(import_module(f"hemdata.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module 'hemdata' has no attribute '{name}'")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
