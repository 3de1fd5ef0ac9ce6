"""train: splits, batches, baselines, and the networks' own libraries under one trainer.

Importing this package brings neither torch nor any network's library; fitting and loading do.
"""

from hemdata.train.calculator import ModelCalculator
from hemdata.train.fitted import CurveRow, Fitted, Progress
from hemdata.train.molecules import Molecules
from hemdata.train.networks import fit_network, load, networks
from hemdata.train.splits import Split, split

__all__ = [
    "CurveRow",
    "Fitted",
    "ModelCalculator",
    "Molecules",
    "Progress",
    "Split",
    "fit_network",
    "load",
    "networks",
    "split",
]
