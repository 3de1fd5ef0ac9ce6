"""catalog: reads and checks the cards of datasets/, schemas/, pipelines/ and models/.

Its names are those of `__init__.pyi`, each imported when it is asked for: to list cards takes no card model.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
