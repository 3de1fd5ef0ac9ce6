"""hemdata: which training set makes a neural network's energies trustworthy for your molecules, and why?

The stages, in the order data flow: catalog, schema, levels, identity, shards, sources, curate, label,
train, study, report, cli. A module imports only from stages before its own.
"""

from importlib.metadata import version

__version__ = version("hemdata")
