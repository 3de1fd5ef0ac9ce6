"""Parts of a library, without all that importing the whole of it takes."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


@contextmanager
def parts_of(library: str, rooms: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """A block in which modules of a library are imported unchanged, but not what its `__init__` imports beside them.

    SchNetPack's imports the trainer, the data sets and molecular dynamics, which takes longer than to predict a
    molecule. After the block the library is as if it was never imported, so that another import brings the whole.

    Args:
        library: its name; where it is imported already, the whole is used.
        rooms: packages inside, and the modules whose names each of them offers.

    Raises:
        ModuleNotFoundError: if it is not installed.
    """
    if library in sys.modules:
        yield
        return
    found = find_spec(library)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named '{library}'", name=library)
    try:
        _room(library, list(found.submodule_search_locations))
        for room, modules in rooms.items():
            package = _room(f"{library}.{room}", [f"{found.submodule_search_locations[0]}/{room}"])
            for module in modules:
                offered = import_module(f"{package.__name__}.{module}")
                vars(package).update({name: getattr(offered, name) for name in offered.__all__})
        yield
    finally:
        for name in [name for name in sys.modules if name == library or name.startswith(f"{library}.")]:
            del sys.modules[name]


def _room(name: str, places: list[str]) -> ModuleType:
    """A package that has nothing in it yet."""
    package = sys.modules[name] = ModuleType(name)
    package.__path__ = places
    parent, _, own = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], own, package)
    return package
