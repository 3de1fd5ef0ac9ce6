"""Keeps a user's settings of other programs out of the numbers, and gives caches a folder where the home has none."""

import os
import stat
import tempfile
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path

SETTINGS = (
    "PYSCF_ARGPARSE",  # PySCF then reads the command line of the program that imports it
    "RDK_ENABLE_NONTETRAHEDRAL_STEREO", "RDK_USE_LEGACY_RING_FINDING", "RDK_USE_LEGACY_STEREO_PERCEPTION",
    "XTBHOME", "XTBPATH",  # parameter files in the place of those built in
    "MATPLOTLIBRC", "MPLBACKEND",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "NVIDIA_TF32_OVERRIDE",  # eleven bits in the place of twenty-four
)  # fmt: skip
"""Variables that change what a library computes or draws."""
BEGINNINGS = ("PL_TRAINER_",)  # Lightning takes what its caller leaves open from these, the precision among them
CACHES = {
    "MPLCONFIGDIR": ".config/matplotlib", "NUMBA_CACHE_DIR": ".cache/numba", "TRITON_HOME": ".triton",
    "WARP_CACHE_PATH": ".cache/warp",
}  # fmt: skip
"""Where libraries keep what they compile, and where in the home they do so without being told."""


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """An environment for a process that computes: without settings of libraries, with places that may be written.

    Its Python takes no modules from the current folder, where a user's own `random.py` may lie.
    """
    foreign = settings(given)
    shielded = {name: value for name, value in given.items() if name not in foreign}
    if "HEMDATA_CARDS" in shielded:
        shielded["HEMDATA_CARDS"] = str(Path(shielded["HEMDATA_CARDS"]).absolute())
    give_caches(shielded)
    return shielded | {"PYTHONSAFEPATH": "1", "PYDANTIC_DISABLE_PLUGINS": "1"}  # cards are judged by their models alone


def shield_this_process() -> None:
    """Give this process, and those that it starts, such an environment; for a program of its own, before it imports."""
    os.environ.update(environment(os.environ))
    for name in settings(os.environ):
        del os.environ[name]


def settings(given: Mapping[str, str]) -> dict[str, str]:
    """The variables of an environment that change what a library computes or draws."""
    return {name: value for name, value in given.items() if name in SETTINGS or name.startswith(BEGINNINGS)}


@contextmanager
def variables(told: Mapping[str, str]) -> Iterator[None]:
    """A block in which environment variables have these values."""
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def give_caches(given: MutableMapping[str, str] = os.environ) -> None:
    """Name a folder for the caches of libraries whose own place, in the home, cannot be written."""
    home = Path(given.get("HOME") or "~").expanduser()
    for name, inside in CACHES.items():
        usual = home / inside
        if inside.startswith(".cache/") and given.get("XDG_CACHE_HOME"):
            usual = Path(given["XDG_CACHE_HOME"]) / inside.removeprefix(".cache/")
        if name not in given and not _writable(usual):
            given[name] = str(_own_folder())


def _writable(folder: Path) -> bool:
    """Whether a folder can be written, or made; a quota that is used up shows when something is written."""
    there = next((place for place in (folder, *folder.parents) if _exists(place)), Path("/"))
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return False
    try:
        with tempfile.TemporaryFile(dir=there, buffering=0) as probe:
            probe.write(bytes(4096))
    except OSError:
        return False
    return True


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _own_folder() -> Path:
    """A folder of this user alone under the system's temporary one; the same every time, unless another has made it."""
    folder = Path(tempfile.gettempdir()) / f"hemdata-caches-{os.getuid()}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022:
        return folder
    return Path(tempfile.mkdtemp(prefix="hemdata-caches-"))
