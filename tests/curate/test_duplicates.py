"""`deduplicate: geometry`: one row of each geometry is kept, wherever it lies and however its atoms stand."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy.spatial.transform import Rotation

from hemdata.catalog import composition
from hemdata.chemistry.embed import embed
from hemdata.curate.compose import compose
from hemdata.errors import DataError
from hemdata.levels import level, with_atomization
from hemdata.schema import table_schema
from hemdata.shards import LevelName, ShardWriter, read, verify

LEFT, RIGHT, FLAT = "C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC(N)C(=O)O"


def write(data: Path, name: str, rows: dict[str, tuple[np.ndarray, np.ndarray | None, str | None]]) -> None:
    """A dataset of alanines: id to atoms, positions and InChIKey."""
    schema, its = table_schema("molecule"), level("qm9")
    table = pa.Table.from_pylist(
        [
            {
                "id": f"{name}:{row}",
                "inchikey": key,
                "atomic_numbers": z.tolist(),
                "positions": None if x is None else x.ravel().tolist(),
                "n_atoms": len(z),
                "n_heavy": int((z != 1).sum()),
                "charge": 0,
                "multiplicity": 1,
                "energy_hartree": None if x is None else -323.7,
                "level": None if x is None else "qm9",
                "geometry_level": None if x is None else "qm9",
                "flags": [],
            }
            for row, (z, x, key) in rows.items()
        ],
        schema=schema.arrow,
    )
    with ShardWriter(data / name, schema) as writer:
        writer.add(with_atomization(table, its))
        writer.finish(name, len(rows), [], [LevelName(name="qm9", hash=its.hash)])


def moved(z: np.ndarray, x: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    order = random.permutation(len(z))
    return z[order], x[order] @ Rotation.random(random_state=random).as_matrix().T + random.normal(size=3)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    key = "QNAYBMKLOCPYGJ-UHFFFAOYSA-N"  # alanine without stereo, as QM9 gives it (PubChem CID 602)
    z, left = embed(LEFT, seed=0)
    _, other = embed(LEFT, seed=3)
    mirrored = left * [1, 1, -1]
    write(tmp_path, "one", {"left": (z, left, key), "bare": (z, None, key), "unread": (z, left, None)})
    write(
        tmp_path,
        "two",
        {
            "again": (*moved(z, left, 1), key),
            "conformer": (*moved(z, other, 2), key),
            "mirror": (*moved(z, mirrored, 3), key),
            "bare": (z, None, key),
            "unread": (*moved(z, left, 4), None),
        },
    )
    return tmp_path


def kept(data: Path, **step: object) -> list[str]:
    card = {"name": "mine", "title": "Mine", "about": "made", "steps": [{"take": ["one", "two"]}, step]}
    (data / "mine.yaml").write_text(json.dumps(card))
    compose(data / "mine.yaml", data, data / "mine")
    verify(data / "mine")
    return read(data / "mine")["id"].to_pylist()


def test_a_moved_copy_goes_and_a_conformer_an_enantiomer_and_a_bare_graph_stay(data: Path) -> None:
    assert kept(data, deduplicate="geometry") == [
        "one:left", "one:bare", "one:unread", "two:conformer", "two:mirror", "two:bare",
    ]  # fmt: skip


def test_a_mirror_image_goes_where_that_is_asked_for(data: Path) -> None:
    ids = kept(data, deduplicate="geometry", mirror=True)
    assert "two:mirror" not in ids
    assert "two:conformer" in ids


def test_mirror_belongs_to_geometry_alone(data: Path) -> None:
    with pytest.raises(DataError, match="card is wrong"):
        kept(data, deduplicate="inchikey", mirror=True)
    assert composition("alqm9-gfn2-xtb").steps[1].mirror is False
