"""Total energies of a cheap level that a study keeps in its folder: a file for each set of molecules.

    LEVEL-HASH.f8    keys of the calculations (32 bytes each), energies (8 bytes each, hartree), their SHA-256

HASH is of the keys in their order. In files of earlier versions the energies stand alone: they serve for the same
molecules in the same order, the others for any molecule that they hold.
"""

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemdata.files import whole

KEY, ENERGY = 32, 8  # bytes, of a calculation
DIGEST = 32  # bytes of SHA-256


def path_of(folder: Path, level_name: str, keys: Sequence[str]) -> Path:
    """The file of some calculations at a level."""
    return folder / f"{level_name}-{_hash(keys)}.f8"


def read_energies(path: Path, number: int) -> NDArray[np.float64] | None:
    """The so many energies of a file; None where it is missing or not as it was written."""
    body = _body(path)
    if body is None or len(body) not in (number * ENERGY, number * (KEY + ENERGY)):
        return None
    return np.frombuffer(body[len(body) - number * ENERGY :], dtype="<f8")


def write_energies(path: Path, keys: Sequence[str], energies: NDArray[np.float64]) -> None:
    """Write the energies of calculations, whole or not at all."""
    body = b"".join(map(bytes.fromhex, keys)) + energies.astype("<f8").tobytes()
    with whole(path) as temporary:
        temporary.write_bytes(body + hashlib.sha256(body).digest())


def find_energies(folder: Path, wanted: Collection[str]) -> dict[str, float]:
    """The energies of calculations by their keys, of those that any file of the folder holds."""
    found: dict[str, float] = {}
    lacking = set(wanted)
    for path in sorted(folder.glob("*.f8")):
        if not lacking:
            break
        its = {key: energy for key, energy in _by_key(path).items() if key in lacking}
        found |= its
        lacking -= its.keys()
    return found


def _by_key(path: Path) -> dict[str, float]:
    """All that a file holds; nothing of one without keys, which are known by the hash in its name."""
    body = _body(path)
    if body is None or len(body) % (KEY + ENERGY):
        return {}
    number = len(body) // (KEY + ENERGY)
    keys = [body[i * KEY : (i + 1) * KEY].hex() for i in range(number)]
    if not path.stem.endswith(_hash(keys)):
        return {}
    return dict(zip(keys, np.frombuffer(body[number * KEY :], dtype="<f8").tolist(), strict=True))


def _body(path: Path) -> bytes | None:
    """What a file holds before its SHA-256; None where it is missing or damaged."""
    try:
        held = path.read_bytes()
    except FileNotFoundError:
        return None
    body, digest = held[:-DIGEST], held[-DIGEST:]
    return body if hashlib.sha256(body).digest() == digest else None


def _hash(keys: Sequence[str]) -> str:
    """Of keys in their order, which hold geometry, level and the engine's version."""
    return hashlib.sha256("".join(keys).encode()).hexdigest()[:16]
