"""QM9: both published forms, against the real members and the traps that others fell into."""

import json
import re
import subprocess
import sys
import tarfile
from importlib.metadata import distribution
from itertools import islice
from pathlib import Path

import pytest
from published_forms import qm9_archive, qm9_cells, qm9_folder, qm9_member, real, write_uncharacterized

from hemdata.catalog import dataset
from hemdata.curate.build import build
from hemdata.curate.compose import compose
from hemdata.errors import DataError
from hemdata.identity import Geometry, superposed
from hemdata.sources import Raw, Record, Rejected, Source, open_source

CARD = dataset("qm9")
METHANE = """5
gdb 1\t157.7118\t157.70997\t157.70699\t0.\t13.21\t-0.3877\t0.1171\t0.5048\t35.3641\t0.044749\t-40.47893\t-40.476062\t\
-40.475117\t-40.498597\t6.469\t
C\t-0.0126981359\t 1.0858041578\t 0.0080009958\t-0.535689
H\t 0.002150416\t-0.0060313176\t 0.0019761204\t 0.133921
H\t 1.0117308433\t 1.4637511618\t 0.0002765748\t 0.133922
H\t-0.540815069\t 1.4475266138\t-0.8766437152\t 0.133923
H\t-0.5238136345\t 1.4379326443\t 0.9063972942\t 0.133923
1341.307\t1341.3284\t1341.365\t1562.6731\t1562.7453\t3038.3205\t3151.6034\t3151.6788\t3151.7078
C\tC\t
InChI=1S/CH4/h1H4\tInChI=1S/CH4/h1H4
"""


@pytest.fixture(scope="module")
def rows() -> Source:
    return open_source(CARD)


@pytest.fixture(scope="module")
def first(rows: Source) -> dict[str, Record]:
    """The first 600 rows of qm9pack, parsed, by id."""
    return {m.source_id: m for m in map(rows.parse, islice(rows.raws(), 600))}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A folder of members made from qm9pack's first 40 rows."""
    return open_source(CARD, qm9_folder(tmp_path_factory.mktemp("qm9") / "members"))


def parsed_by_id(source: Source) -> dict[str, Record]:
    found = {}
    for raw in source.raws():
        try:
            molecule = source.parse(raw)
        except Rejected:
            continue
        found[molecule.source_id] = molecule
    return found


def refusal(source: Source, text: str, where: str = "dsgdb9nsd_000001.xyz") -> Rejected:
    with pytest.raises(Rejected) as caught:
        source.parse(Raw(where, text))
    return caught.value


def test_methane_as_published_figshare_978904(made: Source) -> None:
    """gdb_1: U at 0 K -40.47893 and zero-point energy 0.044749 hartree, so -40.523679 without it."""
    molecule = made.parse(Raw("dsgdb9nsd_000001.xyz", METHANE))
    assert molecule.energy_hartree == pytest.approx(-40.523679, abs=1e-9)
    assert molecule.atomic_numbers == [6, 1, 1, 1, 1]
    assert molecule.positions is not None
    assert molecule.positions[:4] == [-0.0126981359, 1.0858041578, 0.0080009958, 0.002150416]
    assert (molecule.charge, molecule.multiplicity, molecule.flags) == (0, 1, [])
    assert molecule.properties["cv_cal_mol_k"] == 6.469
    assert molecule.properties["rotational_a_ghz"] == 157.7118
    assert len(molecule.properties["frequencies_cm1"]) == 9


def test_qm9pack_gives_the_same_methane(made: Source, first: dict[str, Record]) -> None:
    assert first["gdb_1"] == without_relaxed(made.parse(Raw("dsgdb9nsd_000001.xyz", METHANE)))


def without_relaxed(molecule: Record) -> Record:
    """A record of the official form, less what qm9pack lacks."""
    molecule.properties.update(smiles_relaxed=None, inchi_relaxed=None)
    return molecule


def test_all_published_members_at_hand_equal_their_rows(first: dict[str, Record]) -> None:
    source = open_source(CARD, real("qm9"))
    members = {m.source_id: m for m in map(source.parse, source.raws())}
    assert len(members) == 20
    for name, molecule in members.items():
        assert molecule.properties["smiles_relaxed"]
        assert first[name] == without_relaxed(molecule), name


def test_qm9packs_smiles_is_the_first_of_the_two(first: dict[str, Record]) -> None:
    """gdb_18 is published as CC(C)=O (GDB) and CC(=O)C (relaxed): which of them qm9pack has, the card says."""
    text = (real("qm9") / "dsgdb9nsd_000018.xyz").read_text()
    assert text.split("\n")[-3].split() == ["CC(C)=O", "CC(=O)C"]
    assert first["gdb_18"].smiles == "CC(C)=O"


def test_archive_folder_and_rows_agree(tmp_path: Path, made: Source, first: dict[str, Record]) -> None:
    archive = parsed_by_id(open_source(CARD, qm9_archive(tmp_path)))
    assert list(archive) == [f"gdb_{number}" for number in range(1, 41)]
    assert archive == parsed_by_id(made)
    for name, molecule in archive.items():
        assert first[name] == without_relaxed(molecule)


def test_uncharacterized_ids_count_from_one(made: Source) -> None:
    """gdb_58 is out; two well-known code bases took the list for 0-based and removed the wrong 3,054."""
    raws = {raw.where: raw for raw in made.raws()}
    assert refusal(made, raws["dsgdb9nsd_000058.xyz"].content, "dsgdb9nsd_000058.xyz").reason == "uncharacterized"
    assert made.parse(Raw("dsgdb9nsd_000059.xyz", METHANE.replace("gdb 1\t", "gdb 59\t"))).source_id == "gdb_59"


def test_qm9pack_left_out_the_right_molecules(first: dict[str, Record]) -> None:
    assert "gdb_58" not in first
    assert "gdb_59" in first


def test_qm9packs_fourth_table_is_not_more_molecules(rows: Source) -> None:
    """qm9_polarizability.csv repeats the 130,831 rows: a reader of every CSV file would have each molecule twice."""
    package = Path(str(distribution("qm9pack").locate_file("qm9pack/data")))
    assert {path.name for path in package.glob("*.csv")} - {path.name for path in rows.paths} == {  # type: ignore[attr-defined]
        "qm9_polarizability.csv"
    }
    with (package / "qm9_polarizability.csv").open(encoding="utf-8") as file:
        again = {line.split(",", 1)[0] for line in islice(file, 1, 500)}
    ours = {raw.content.split(",", 1)[0] for raw in islice(rows.raws(), 2_000)}
    assert len(again & ours) > 400


def test_qm9pack_is_read_and_not_imported() -> None:
    """Its import needs pkg_resources, which newer installations lack."""
    code = (
        "import sys; sys.modules['qm9pack'] = None; sys.modules['pkg_resources'] = None\n"
        "from hemdata.catalog import dataset; from hemdata.sources import open_source\n"
        "source = open_source(dataset('qm9')); print(source.parse(next(iter(source.raws()))).source_id)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.stdout == "gdb_1\n", ended.stderr


def test_qm9pack_is_whole_and_lacks_exactly_the_published_list(rows: Source) -> None:
    ids = {int(match[1]) for raw in rows.raws() if (match := re.match(r'"dsgdb9nsd_(\d+)', raw.content))}
    assert len(ids) == CARD.accepted == 130_831
    listed = open_source(CARD, real("qm9")).uncharacterized  # type: ignore[attr-defined]
    assert len(listed) == 3_054
    assert ids | listed == set(range(1, 133_886))
    assert not ids & listed


@pytest.mark.parametrize(
    ("name", "smiles", "frequencies"),
    [("gdb_4", "C#C", 7), ("gdb_23", "C#CC#C", 13), ("gdb_24", "C#CC#N", 10), ("gdb_486", "N#CC#CC#N", 13)],
)
def test_linear_molecules_whose_positions_are_not_json(
    first: dict[str, Record], name: str, smiles: str, frequencies: int
) -> None:
    molecule = first[name]
    assert molecule.smiles == smiles
    assert molecule.positions is not None
    assert molecule.atomic_numbers is not None
    assert all(y == 0.0 for y in molecule.positions[1::3])
    assert len(molecule.properties["frequencies_cm1"]) == frequencies == 3 * len(molecule.atomic_numbers) - 5
    cell = next(islice(qm9_cells(), [*first].index(name), None))[7]
    with pytest.raises(json.JSONDecodeError):
        json.loads(cell)


def test_of_two_runs_frequencies_the_second_is_kept(first: dict[str, Record]) -> None:
    """gdb_29 (but-2-yne) is published with 48 frequencies for 10 atoms: twice 24."""
    molecule = first["gdb_29"]
    assert molecule.flags == ["frequencies_twice"]
    frequencies = molecule.properties["frequencies_cm1"]
    assert len(frequencies) == 24
    assert frequencies[0] == 23.6091
    half_quanta_hartree = sum(frequencies) / 2 / 219474.6313632
    assert half_quanta_hartree == pytest.approx(molecule.properties["zpve_hartree"], abs=2e-6)


TWICE = {125113: 125115, 128977: 129002, 131918: 131922, 132707: 132711}


def test_rows_that_repeat_an_earlier_ones_geometry(rows: Source) -> None:
    """Two drawings of one molecule (gdb_131918 and gdb_131922 are nitropyrazine) relaxed to one geometry."""
    wanted, found = {*TWICE, *TWICE.values()}, {}
    for raw in rows.raws():
        match = re.match(r'"dsgdb9nsd_(\d+)', raw.content)
        if match and int(match[1]) in wanted:
            molecule = rows.parse(raw)
            assert molecule.atomic_numbers is not None
            assert molecule.positions is not None
            found[int(match[1])] = molecule.smiles, Geometry(molecule.atomic_numbers, molecule.positions)
    for first, second in TWICE.items():
        assert found[first][0] != found[second][0]
        assert superposed(found[first][1], found[second][1]) is not None
    assert superposed(found[131918][1], found[132707][1]) is None


@pytest.mark.slow
def test_94_rows_repeat_an_earlier_ones_geometry_as_the_card_says(tmp_path: Path) -> None:
    build("qm9", out=tmp_path / "qm9")
    for mirror, repeated in ((False, 94), (True, 121)):
        steps = [{"take": ["qm9"]}, {"deduplicate": "geometry", "mirror": mirror}]
        card = {"name": "once", "title": "Once", "about": "Each geometry once.", "steps": steps}
        (tmp_path / "once.yaml").write_text(json.dumps(card))
        counts = compose(tmp_path / "once.yaml", tmp_path, force=True).manifest.counts
        assert counts.accepted == 130_831 - repeated
        assert f"{repeated} " in " ".join(CARD.defects)


def test_powers_of_ten_in_mathematicas_notation(made: Source) -> None:
    molecule = made.parse(Raw("dsgdb9nsd_000001.xyz", METHANE.replace(" 0.0019761204", "-8.48*^-6")))
    assert molecule.positions is not None
    assert molecule.positions[5] == -8.48e-6


def test_smiles_differ_is_set_by_another_graph_and_not_by_stereo(made: Source) -> None:
    other = METHANE.replace("\tInChI=1S/CH4/h1H4", "\tInChI=1S/CH4/h1H3")
    assert made.parse(Raw("x", other)).flags == ["smiles_differ"]
    stereo = METHANE.replace("\tInChI=1S/CH4/h1H4", "\tInChI=1S/CH4/h1H4/t1-/m0/s1")
    assert made.parse(Raw("x", stereo)).flags == []


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("5\n", "6\n", "wrong atom count"),
        ("5\n", "4\n", "wrong atom count"),
        ("5\n", "five\n", "not in XYZ form"),
        ("5\n", "-5\n", "not in XYZ form"),
        ("5\n", "99999\n", "wrong atom count"),
        (" 0.0019761204", " nan", "not a finite number"),
        (" 0.0019761204", " inf", "not a finite number"),
        (" 0.0019761204", " 0.00x", "not a number"),
        ("\t-40.47893\t", "\tNaN\t", "not a finite number"),
        ("\t-40.47893\t", "\t?\t", "not a number"),
        ("\t-40.47893\t", "\t", "not a QM9 member"),
        ("1341.307\t", "nan\t", "not a finite number"),
        ("1341.307\t", "", "wrong number of frequencies"),
        ("\nH\t", "\nXx\t", "unknown element"),
        ("\nH\t", "\nU\t", "unknown element"),
        ("gdb 1\t", "gdb one\t", "not a QM9 member"),
        ("gdb 1\t", "gdb 2\t", "not the id of its file"),
        ("gdb 1\t", "PubChemQS 1\t", "not a QM9 member"),
        ("C\tC\t\n", "C\n", "not a QM9 member"),
        ("InChI=1S/CH4/h1H4\tInChI=1S/CH4/h1H4\n", "", "not in XYZ form"),
        ("InChI=1S/CH4/h1H4\t", "XXX\t", "not in XYZ form"),
        ("C\tC\t", "\ufffd\tC", "not UTF-8 text"),
        ("-0.535689\nH", "\nH", "wrong atom count"),
    ],
)
def test_a_spoiled_member_is_refused_for_its_reason(made: Source, before: str, after: str, reason: str) -> None:
    assert before in METHANE
    assert refusal(made, METHANE.replace(before, after, 1)).reason == reason


@pytest.mark.parametrize(
    ("text", "reason"), [("", "empty file"), ("  \n\n", "empty file"), ("<html>", "not in XYZ form")]
)
def test_no_member_at_all(made: Source, text: str, reason: str) -> None:
    assert refusal(made, text).reason == reason


def test_every_cut_of_a_member_is_refused(made: Source) -> None:
    """A member that ends early anywhere before its last InChI is never taken for a molecule."""
    for end in range(METHANE.rindex("InChI=") + len("InChI=")):
        refusal(made, METHANE[:end])


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        (1, "2", "not the id of its file"),
        (1, "x", "not the id of its file"),
        (4, "6", "wrong atom count"),
        (6, "['C','H','H','H','Xx']", "unknown element"),
        (7, "[[0.,0.,1.]]", "wrong atom count"),
        (7, "[[nan,0.,1.],[1,1,1],[2,2,2],[3,3,3],[4,4,4]]", "not a finite number"),
        (7, "[[x,0.,1.],[1,1,1],[2,2,2],[3,3,3],[4,4,4]]", "not a number"),
        (8, "[0.,0.]", "wrong atom count"),
        (9, "[1.,2.]", "wrong number of frequencies"),
        (20, "nan", "not a finite number"),
        (20, "", "not a number"),
        (24, "6.469,7", "wrong number of columns"),
    ],
)
def test_a_spoiled_row_is_refused_for_its_reason(rows: Source, column: int, value: str, reason: str) -> None:
    cells = next(qm9_cells())
    cells[column] = value
    quoted = [cell if index >= 10 else f'"{cell}"' for index, cell in enumerate(cells)]
    assert refusal(rows, ",".join(quoted)).reason == reason


def test_a_member_that_is_not_utf8_is_refused_and_the_others_stay(tmp_path: Path) -> None:
    folder = qm9_folder(tmp_path / "members", rows=3)
    (folder / "dsgdb9nsd_000002.xyz").write_bytes(b"\xff\xfe4\x00")
    source = open_source(CARD, folder)
    assert list(parsed_by_id(source)) == ["gdb_1", "gdb_3"]
    assert refusal(source, list(source.raws())[1].content).reason == "not UTF-8 text"


def test_a_truncated_archive_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = qm9_archive(tmp_path)
    whole = path.read_bytes()
    for share in (0.3, 0.9, 0.999):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(DataError, match=r"truncated or damaged[\s\S]*dsgdb9nsd\.xyz\.tar\.bz2[\s\S]*Fetch"):
            list(open_source(CARD, path).raws())


def test_a_page_saved_as_archive_is_no_qm9(tmp_path: Path) -> None:
    write_uncharacterized(tmp_path)
    (tmp_path / "dsgdb9nsd.xyz.tar.bz2").write_text("<html>Not found</html>")
    with pytest.raises(DataError, match="no form of QM9"):
        open_source(CARD, tmp_path / "dsgdb9nsd.xyz.tar.bz2")


def test_without_the_list_it_says_where_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEMDATA_CACHE", str(tmp_path / "cache"))

    def no_network(remote: object) -> Path:
        raise DataError("could not be fetched", got="no network")

    monkeypatch.setattr("hemdata.sources.qm9.fetch", no_network)
    folder = qm9_folder(tmp_path / "q" / "members", rows=2)
    (folder / "uncharacterized.txt").unlink()
    with pytest.raises(DataError, match=r"uncharacterized[\s\S]*files/3195404"):
        open_source(CARD, folder)
    write_uncharacterized(folder.parent)
    assert len(list(open_source(CARD, folder).raws())) == 3


def test_another_list_is_refused(tmp_path: Path) -> None:
    folder = qm9_folder(tmp_path / "members", rows=2)
    listed = folder / "uncharacterized.txt"
    listed.write_text(listed.read_text().replace("  130000 ", "# 130000 "))
    with pytest.raises(DataError, match="3,053 ids"):
        open_source(CARD, folder)


def test_an_altered_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CARD.package is not None
    other = dict.fromkeys(CARD.package.files, "0" * 64)
    card = CARD.model_copy(update={"package": CARD.package.model_copy(update={"files": other})})
    with pytest.raises(DataError, match="not the one that the card names"):
        open_source(card)
    card = CARD.model_copy(update={"package": CARD.package.model_copy(update={"version": "9.9"})})
    with pytest.raises(DataError, match=r"pip install qm9pack==9\.9"):
        open_source(card)
    card = CARD.model_copy(update={"package": CARD.package.model_copy(update={"distribution": "qm9-nowhere"})})
    with pytest.raises(DataError, match="not installed"):
        open_source(card)


def test_a_folders_hash_is_what_sha256sum_gives(tmp_path: Path) -> None:
    folder = qm9_folder(tmp_path / "members", rows=4)
    names = sorted(path.name for path in folder.glob("*.xyz"))
    command = f"sha256sum {' '.join(names)} | sha256sum"
    printed = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=True).stdout
    file = open_source(CARD, folder).files[0]
    assert file.sha256 == printed.split()[0]
    assert file.name == "members/"
    assert file.bytes == sum((folder / name).stat().st_size for name in names)


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tar.xz"])
def test_the_archive_may_be_compressed_otherwise(tmp_path: Path, suffix: str, made: Source) -> None:
    members = qm9_folder(tmp_path / "members")
    write_uncharacterized(tmp_path)
    mode = {"tar": "w", "tar.gz": "w:gz", "tar.xz": "w:xz"}[suffix]
    path = tmp_path / f"qm9.{suffix}"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member in sorted(members.glob("*.xyz")):
            archive.add(member, arcname=f"./{member.name}")
    assert parsed_by_id(open_source(CARD, path)) == parsed_by_id(made)


def test_the_made_member_is_the_published_one_letter_for_letter() -> None:
    """What the tests and the benchmark make of qm9pack's rows is the published text, for the members at hand."""
    folder = real("qm9")
    for cells in islice(qm9_cells(), 17):  # from gdb_18 on the relaxed SMILES is another text
        assert qm9_member(cells) == (folder / cells[0]).read_text()
