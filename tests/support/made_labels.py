"""Made-up labels of the test groups at two levels whose difference is known."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from made_up import HARD, molecules

from hemdata.levels import level
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter
from hemdata.units import HARTREE_KCAL_MOL

BOUND = 100.0  # kcal/mol for each atom, at the level that nothing is added to
PER_ATOM = 1.25  # kcal/mol that a level binds more
OF_ELEMENT = {1: 0.5, 6: 2.0, 7: -1.0, 8: 1.5, 9: 1.0, 16: 1.0, 17: 1.0}  # kcal/mol that a level binds more


def linear(z: np.ndarray) -> float:
    """The sum of OF_ELEMENT."""
    return float(sum(OF_ELEMENT[int(n)] for n in z))


@contextmanager
def made_labels_alone() -> Iterator[None]:
    """Inside, the labels that travel with the package are not there."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("analysis.kept", "shards.sets"):
            patch.setattr(f"hemdata.{module}.label_places", list)
        yield


def make_labels(
    data: Path,
    name: str,
    more: Callable[[np.ndarray], float],
    *,
    groups: tuple[str, ...] = tuple(HARD),
    most: int = 7,
    step: float = 1.0,
    geometry: str = "gfn2-xtb",
) -> None:
    """Write test-groups@NAME with the members of up to `most` heavy atoms, made-up energies and places.

    Args:
        data: folder of labelled datasets.
        name: of the level.
        more: kcal/mol that the level binds a molecule more than BOUND for each atom, of its atomic numbers.
        groups: that are labelled.
        most: heavy atoms.
        step: angstrom between the atoms, which stand in a line.
        geometry: the level that the places are said to be of; if not GFN2-xTB, the folder bears it too.
    """
    from rdkit import Chem

    its = level(name)
    rows = []
    for group in groups:
        for one in molecules(group):
            z = np.array([a.GetAtomicNum() for a in Chem.AddHs(Chem.MolFromSmiles(one["smiles"])).GetAtoms()])
            heavy = int((z > 1).sum())
            if heavy > most:
                continue
            bound = BOUND * len(z) + more(z)
            rows.append({
                "id": one["id"], "smiles": one["smiles"], "canonical_smiles": None, "inchikey": None,
                "atomic_numbers": z.tolist(), "positions": [float(x) for i in range(len(z)) for x in (step * i, 0, 0)],
                "n_atoms": len(z), "n_heavy": heavy, "charge": 0, "multiplicity": 1,
                "energy_hartree": float(its.atom_energies()[z].sum()) - bound / HARTREE_KCAL_MOL,
                "atomization_energy_kcal_mol": bound, "level": name, "geometry_level": geometry, "flags": [],
            })  # fmt: skip
    folder = f"test-groups@{name}" + ("" if geometry == "gfn2-xtb" else f"@{geometry}")
    with ShardWriter(data / folder, table_schema("molecule")) as writer:
        writer.add(pa.Table.from_pylist(rows, schema=table_schema("molecule").arrow))
        writer.finish("test-groups", len(rows), [], [LevelName(name=name, hash=its.hash)], {})
