"""Coverage: against direct counting, drawing by hand, and the environments the study itself counts by."""

import gzip
import random
from collections import Counter
from pathlib import Path

import pytest

from hemdata.choose.coverage import Coverage, coverage, saturation
from hemdata.choose.pool import Barred, Candidate, chunks, place
from hemdata.choose.targets import Target, by_group, targets
from hemdata.curate.build import build
from hemdata.errors import CallError
from hemdata.identity import atom_environments, environments_of, flat_graph, identify, share_unseen
from hemdata.identity.molecule import parsed


def of(pool: Path, *groups: str, **how: int) -> Coverage:
    return coverage(pool, by_group(targets(groups)), workers=1, **how)


@pytest.fixture(scope="module")
def sugars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Molecules akin to the saccharides, two test molecules among them and one line that is none."""
    path = tmp_path_factory.mktemp("pool") / "sugars.smi"
    path.write_text(
        "OCCO\nOCC(O)CO glycerol\nOCC=O\nNCC(=O)O glycine\nC1CCOC1\nCC(O)C=O\nbenzene\nO=CC(O)CO\nCCO\nCCO\n"
    )
    return path


def test_shares_are_those_that_the_study_counts_by(sugars: Path) -> None:
    told = of(sugars, "saccharides", "neuro")
    assert (told.molecules, told.unreadable, told.barred) == (10, 1, 2)  # glycine, and glyceraldehyde without stereo
    kept = [line.split()[0] for line in sugars.read_text().splitlines()]
    kept = [smiles for smiles in kept if smiles not in ("NCC(=O)O", "O=CC(O)CO", "benzene")]
    for row in told.shown:
        group = targets([row.group])
        seen = environments_of(kept, row.radius)
        wanted = environments_of((target.smiles for target in group), row.radius)
        assert (row.environments, row.seen) == (len(wanted), len(wanted & seen))
        unseen = [share_unseen(target.smiles, seen, row.radius) for target in group]
        assert row.molecules_seen == unseen.count(0.0)
        sizes = [len(atom_environments(target.smiles)) for target in group]
        assert row.atoms - row.atoms_seen == round(sum(u * n for u, n in zip(unseen, sizes, strict=True)))  # type: ignore[operator]
        assert sum(row.unseen.values()) == row.atoms - row.atoms_seen


def test_an_environment_counts_as_seen_in_as_many_molecules_as_asked(sugars: Path) -> None:
    once, twice = (of(sugars, "saccharides", times=times).shown[0] for times in (1, 2))
    assert 0 < twice.seen < once.seen


def test_the_nearest_molecule_and_the_distance_of_shares(tmp_path: Path) -> None:
    """A set that holds the group's own chemistry is near it; one that shares nothing is at distance one."""
    mine = tmp_path / "mine.smi"
    mine.write_text("CCCCCCCO a\nCCCCCCCCO b\n")
    same, other = tmp_path / "same.smi", tmp_path / "other.smi"
    same.write_text("CCCCCCO\nCCCCCCCCCO\n")
    other.write_text("FC(F)(F)F\n")
    near, far = (of(path, str(mine)).distances[0] for path in (same, other))
    assert near.nearest < 0.2
    assert near.environments < 0.1
    assert far.environments == pytest.approx(1)
    assert far.nearest == pytest.approx(1)
    assert far.farthest[0] in ("mine:a", "mine:b")


def test_shards_a_file_and_a_compressed_file_tell_the_same(tmp_path: Path) -> None:
    build("neuro", out=tmp_path / "data" / "neuro")
    lines = "".join(f"{target.canonical_smiles}\n" for target in targets(["neuro"]))
    (tmp_path / "neuro.smi").write_text(lines)
    with gzip.open(tmp_path / "neuro.smi.gz", "wt") as file:
        file.write(lines)
    pools = [place("neuro", tmp_path / "data"), tmp_path / "neuro.smi", tmp_path / "neuro.smi.gz"]
    told = [of(pool, "saccharides").as_data() | {"pool": ""} for pool in pools]
    assert told[0] == told[1] == told[2]
    assert told[0]["barred"] == 35  # neuro is a test group itself


def test_workers_change_nothing(sugars: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hemdata.choose.pool.CHUNK", 3)
    two = coverage(sugars, by_group(targets(["saccharides"])), workers=2)
    assert two == of(sugars, "saccharides")


def test_saturation_is_the_mean_over_random_draws() -> None:
    """Oracle: 4,000 draws without replacement."""
    molecules = [{1, 2}, {1}, {1, 3}, {4}, {2, 4}, {1}, {5}, {1, 2}]
    holders = Counter(e for each in molecules for e in each)
    draw = random.Random(0)
    for times in (1, 2):
        for row in saturation(len(molecules), {1: holders}, {("group", 1): {2, 5, 9}}, times):
            distinct, share = 0, 0.0
            for _ in range(4000):
                counts = Counter(e for each in draw.sample(molecules, int(row["molecules"])) for e in each)
                seen = {e for e, number in counts.items() if number >= times}
                distinct += len(seen)
                share += len(seen & {2, 5, 9}) / 3
            assert row["environments"] == pytest.approx(distinct / 4000, abs=0.05)
            assert row["group"] == pytest.approx(share / 4000, abs=0.03)


def test_saturation_ends_at_what_the_whole_set_shows(sugars: Path) -> None:
    told = of(sugars, "saccharides")
    last = {row["radius"]: row for row in told.saturation if row["molecules"] == 7}
    for row in told.shown:
        assert last[row.radius]["environments"] == pytest.approx(told.environments[row.radius])
        assert last[row.radius]["saccharides"] == pytest.approx(row.share)
    curve = [float(row["environments"]) for row in told.saturation if row["radius"] == 1]
    assert curve == sorted(curve)


SMILES = [
    "NCC(=O)O",
    "[NH3+]CC(=O)[O-]",
    "C(C(=O)O)[15NH2]",
    "OC(=O)CN",
    "CNC(=O)O",
    "COC(N)=O",
    "CCO",
    "N[C@@H](C)C(=O)O",
]


@pytest.fixture(scope="module")
def kept_out() -> Barred:
    """Creatinine, and all test molecules, glycine among them."""
    return Barred([Target("mine:creatinine", "CN1CC(=O)N=C1N", "CN1CC(=O)N=C1N", "DDRJAANPRJIHGJ-UHFFFAOYSA-N")])


@pytest.mark.parametrize("smiles", SMILES)
def test_a_molecule_is_barred_by_its_flat_graph_whatever_its_charges_and_isotopes(
    smiles: str, kept_out: Barred
) -> None:
    """The composition is only a shortcut: the answer is that of the InChIKey."""
    one = identify(smiles)
    assert one is not None
    expected = flat_graph(one.inchikey) in ("DDRJAANPRJIHGJ", "DHMQDGOQFOQNFH")
    assert kept_out.holds(Candidate("x", smiles, None), parsed(smiles)) == expected
    assert kept_out.holds(Candidate("x", smiles, one.inchikey), parsed(smiles)) == expected


def test_a_pool_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="The set 'qm9' is not there") as refused:
        place("qm9", tmp_path)
    assert "hemdata build qm9" in str(refused.value)
    with pytest.raises(CallError, match="no such file"):
        place("none.smi.gz", tmp_path)


def test_an_empty_pool_has_shown_nothing(tmp_path: Path) -> None:
    (tmp_path / "none.smi").write_text("")
    told = of(tmp_path / "none.smi", "neuro")
    assert told.shown[0].seen == 0
    assert told.saturation == []
    assert list(chunks(tmp_path / "none.smi")) == []
