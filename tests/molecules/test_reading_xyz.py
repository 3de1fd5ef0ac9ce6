"""XYZ: charge and spin of the comment, elements and numbers in every usual notation, and what is refused by line."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hemdata.errors import DataError
from hemdata.identity import identify
from hemdata.molecules import Molecule, Said, Unread, entries, read_molecules

WATER = ["O 0 0 0.1173", "H 0 0.7572 -0.4692", "H 0 -0.7572 -0.4692"]
AMMONIUM = ["N 0 0 0", "H .59 .59 .59", "H -.59 -.59 .59", "H -.59 .59 -.59", "H .59 -.59 -.59"]
HYDROXIDE = ["O 0 0 0", "H 0 0 0.965"]
DIOXYGEN = ["O 0 0 0", "O 0 0 1.21"]


def frame(atoms: Sequence[str], comment: str = "") -> str:
    return "\n".join([str(len(atoms)), comment, *atoms, ""])


def read(tmp_path: Path, text: str, said: Said = Said()) -> list[Molecule]:  # noqa: B008
    path = tmp_path / "mine.xyz"
    path.write_text(text, encoding="utf-8")
    return read_molecules(path, said)


def refused(tmp_path: Path, text: str) -> Unread:
    path = tmp_path / "mine.xyz"
    path.write_text(text, encoding="utf-8")
    (found,) = entries(path)
    assert isinstance(found, Unread)
    return found


@pytest.mark.parametrize(
    ("atoms", "comment", "state"),
    [
        (AMMONIUM, "charge=1", (1, 1)),
        (AMMONIUM, "1 1", (1, 1)),
        (AMMONIUM, "Charge = +1, made by hand", (1, 1)),
        (AMMONIUM, "charge: 1; mult: 1", (1, 1)),
        (AMMONIUM, "charge 1 multiplicity 1", (1, 1)),
        (AMMONIUM, "total_charge=1+", (1, 1)),
        (AMMONIUM, 'title="it says charge=5" charge="1"', (1, 1)),
        (AMMONIUM, "it's charge=1.0 isn't it", (1, 1)),
        (AMMONIUM, 'id="x:charge=3 of 4" charge=1', (1, 1)),
        (AMMONIUM, "ammonia and a hydrogen atom", (0, 2)),
        (HYDROXIDE, 'charge=-1 spin=1 Properties=species:S:1:pos:R:3 pbc="F F F"', (-1, 1)),
        (HYDROXIDE, "charge=-1 spin=0", (-1, 1)),
        (HYDROXIDE, "spin=1", (0, 2)),
        (HYDROXIDE, "spin=2", (0, 2)),
        (HYDROXIDE, "0 2", (0, 2)),
        (HYDROXIDE, 'x="" charge=-1', (-1, 1)),
        (DIOXYGEN, "multiplicity=3", (0, 3)),
        (DIOXYGEN, "spin=2", (0, 3)),
        (DIOXYGEN, "spin=3", (0, 3)),
        (DIOXYGEN, "uhf=2", (0, 3)),
        (DIOXYGEN, "0 3", (0, 3)),
        (DIOXYGEN, "E=-150.1 d=1.21", (0, 3)),  # its ground state
        (DIOXYGEN, "multiplicity=1", (0, 1)),
    ],
)
def test_charge_and_multiplicity_of_the_comment(
    tmp_path: Path, atoms: list[str], comment: str, state: tuple[int, int]
) -> None:
    (molecule,) = read(tmp_path, frame(atoms, comment))
    assert (molecule.charge, molecule.multiplicity) == state


@pytest.mark.parametrize(
    ("atoms", "comment", "reason"),
    [
        (AMMONIUM, "charge=1 multiplicity=2", "do not go together"),
        (AMMONIUM, "charge=one", "no whole number"),
        (AMMONIUM, "charge=0.5", "no whole number"),
        (AMMONIUM, "charge=1 total_charge=0", "said twice"),
        (AMMONIUM, "charge=1 charge=2", "said twice"),
        (AMMONIUM, "1 1 ammonium", "may say"),
        (AMMONIUM, "1 2", "may say"),
        (WATER, 'Lattice="3 0 0 0 3 0 0 0 3" Properties=species:S:1:pos:R:3 pbc="T T T"', "periodic"),
        (WATER, 'Lattice="3 0 0 0 3 0 0 0 3"', "periodic"),
        (WATER, 'pbc="F F T"', "periodic"),
        (WATER, "coordinates in Bohr", "in bohr"),
        (WATER, "units=bohr", "in bohr"),
        (WATER, "Properties=pos:R:3", "Properties"),
    ],
)
def test_a_comment_that_contradicts_itself_or_tells_of_no_molecule_is_refused(
    tmp_path: Path, atoms: list[str], comment: str, reason: str
) -> None:
    found = refused(tmp_path, frame(atoms, comment))
    assert reason in found.reason
    assert (found.where or "").endswith("line 2")


def test_the_call_says_what_no_frame_says_and_contradicts_none(tmp_path: Path) -> None:
    two = frame(AMMONIUM) + frame(AMMONIUM, "charge=1")
    assert [m.charge for m in read(tmp_path, two, Said(charge=1))] == [1, 1]
    with pytest.raises(DataError, match="charge is said twice"):
        read(tmp_path, two, Said(charge=0))
    (triplet,) = read(tmp_path, frame(DIOXYGEN), Said(multiplicity=3))
    assert triplet.multiplicity == 3


@pytest.mark.parametrize(
    "atoms",
    [
        ["8 0 0 0.1173", "1 0 0.7572 -0.4692", "1 0 -0.7572 -0.4692"],
        ["O 0.0D+00 0d0 1.173D-01", "H 0 7.572D-01 -4.692d-1", "H 0 -7.572Q-01 -.4692"],
        ["O 1.1*^-17 0 0.1173", "H 0 0.7572 -0.4692", "H 0 -7.572*^-1 -0.4692"],
        ["O1 0 0 0.1173", "H2 0 0.7572 -0.4692", "H12 0 -0.7572 -0.4692"],
        ["o 0 0 0.1173 -0.4", "h 0 0.7572 -0.4692 0.2", "H 0 -0.7572 -0.4692 0.2"],
        ["O\t0\t0\t0.1173", "H 0 7.572E-01 -4692e-4", "  H 0 -0.7572 -0.4692  "],
    ],
)
def test_elements_and_numbers_in_every_usual_notation(tmp_path: Path, atoms: list[str]) -> None:
    (molecule,) = read(tmp_path, "\ufeff" + frame(atoms, "water").replace("\n", "\r\n"))
    assert molecule.atomic_numbers == [8, 1, 1]
    assert molecule.positions == pytest.approx([0, 0, 0.1173, 0, 0.7572, -0.4692, 0, -0.7572, -0.4692])


def test_columns_stand_where_the_properties_say(tmp_path: Path) -> None:
    atoms = ["1 0 0 0 9.9 F", "2 0 0 0.92 9.9 H"]
    (molecule,) = read(tmp_path, frame(atoms, "Properties=number:I:1:pos:R:3:weight:R:1:species:S:1"))
    assert (molecule.atomic_numbers, molecule.positions) == ([9, 1], [0, 0, 0, 0, 0, 0.92])
    assert "no atom" in refused(tmp_path, frame(WATER, "Properties=species:S:1:pos:R:3:forces:R:3")).reason


@pytest.mark.parametrize(
    ("atom", "reason"),
    [
        ("X 0 0 1", "ghost"),
        ("Bq 0 0 1", "ghost"),
        ("0 0 0 1", "ghost"),
        ("Gh(O) 0 0 1", "ghost"),
        ("@O 0 0 1", "ghost"),
        ("Tv 0 0 1", "ghost"),
        ("D 0 0 1", "Isotopes"),
        ("Qq 0 0 1", "no such element"),
        ("119 0 0 1", "no such element"),
        ("H 0 0 nan", "no finite number"),
        ("H 0 0 inf", "no finite number"),
        ("H 0 0 1_0", "no finite number"),
        ("H 0 0 0,5", "no finite number"),
        ("H 0 0", "no atom"),
    ],
)
def test_an_atom_that_is_none_is_refused_with_its_line_and_the_next_frame_read(
    tmp_path: Path, atom: str, reason: str
) -> None:
    path = tmp_path / "mine.xyz"
    path.write_text(frame([*HYDROXIDE, atom]) + frame(WATER), encoding="utf-8")
    bad, good = entries(path)
    assert isinstance(bad, Unread)
    assert reason in bad.reason
    assert (bad.where or "").endswith("line 5")
    assert isinstance(good, Molecule)
    assert good.id == "mine:2"


def test_blank_lines_between_frames_swallow_nothing(tmp_path: Path) -> None:
    text = "\n\n" + frame(WATER, "first") + "\n" + frame(HYDROXIDE, "second charge=-1") + "\n \n" + frame(WATER)
    assert [len(m.atomic_numbers) for m in read(tmp_path, text)] == [3, 2, 3]
    assert read(tmp_path, "") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("4\n\n" + "\n".join(WATER) + "\n", "line 6"),
        ("4\n\n" + "\n".join(WATER) + "\n" + frame(WATER), "line 6"),
        ("2\n\n" + "\n".join(WATER) + "\n", "line 5"),
        ("3\n\nO 0 0 0\n\nH 0 0 1\nH 0 1 0\n", "line 4"),
        ("water\n\nO 0 0 0\n", "line 1"),
        ("0\n\n", "line 1"),
        ("3\n", "line 3"),
    ],
)
def test_a_count_that_does_not_fit_is_refused_with_the_line(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(DataError, match="XYZ file does not read") as wrong:
        read(tmp_path, text)
    assert str(wrong.value.where).endswith(line)


def test_coordinates_that_are_no_molecule_in_angstrom_are_refused(tmp_path: Path) -> None:
    assert "on top" in refused(tmp_path, frame([*WATER[:2], WATER[1]])).reason
    bohr = ["O 0 0 0.2217", "H 0 1.4309 -0.8867", "H 0 -1.4309 -0.8867"]
    assert "seem to be in bohr" in refused(tmp_path, frame(bohr)).reason
    assert read(tmp_path, frame(bohr, "units=angstrom stretched"))
    assert read(tmp_path, frame(["Ar 0 0 0", "Ar 0 0 3.76"]))  # an atom that bonds to none tells nothing
    assert read(tmp_path, frame(["H 0 0 0"]))
    numbered = ["1 8 0 0 0.1173", "2 1 0 0.7572 -0.4692", "3 1 0 -0.7572 -0.4692"]
    assert "numbers in their order" in refused(tmp_path, frame(numbered)).reason


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scale=st.floats(0.97, 1.04),
    which=st.sampled_from(["CCO", "C#N", "[NH4+]", "OO", "FF", "N#N", "[H][H]", "CS", "ClC(Cl)Br"]),
)
def test_bohr_is_doubted_of_every_bonded_molecule_and_angstrom_of_none(
    tmp_path: Path, scale: float, which: str
) -> None:
    from hemdata.chemistry.embed import embed
    from hemdata.units import BOHR_ANGSTROM

    identity = identify(which)
    assert identity is not None
    z, x = embed(which, 0)
    for unit, doubted in ((1.0, False), (BOHR_ANGSTROM, True)):
        atoms = [f"{n} {a!r} {b!r} {c!r}" for n, (a, b, c) in zip(z.tolist(), (x * scale / unit).tolist(), strict=True)]
        path = tmp_path / "mine.xyz"
        path.write_text(frame(atoms, f"charge={identity.charge}"))
        (found,) = entries(path)
        assert isinstance(found, Unread) == doubted, found


NUMBERS = st.floats(-1e6, 1e6, allow_nan=False) | st.sampled_from([1e-17, -1e-5, 1e-300, -0.0, 123456.789])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    atoms=st.lists(st.tuples(st.integers(1, 36), NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=6),
    charge=st.integers(-3, 3),
    more=st.integers(0, 1),
    name=st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=15)
    | st.sampled_from(["charge=5", "a,charge=5", "1", "bohr", 'x"', "pbc=T"]),
    dataset=st.sampled_from(["mine", "charge", "q", "pbc", "units", "2", "lattice"]),
)
def test_frames_come_back_to_the_last_bit(
    tmp_path: Path, atoms: list[tuple[int, float, float, float]], charge: int, more: int, name: str, dataset: str
) -> None:
    """Numbers however small or large, ions and radicals, and any name, as hemdata itself writes them."""
    from hemdata.forms.xyz import comment_of, frame_of

    protons = sum(z for z, *_ in atoms)
    multiplicity = 1 + (protons - charge) % 2 + 2 * more
    assume(protons - charge >= multiplicity - 1)
    row = {
        "id": f"{dataset}:{'_'.join(name.split()) or 1}",
        "charge": charge,
        "multiplicity": multiplicity,
        "atomic_numbers": [each[0] for each in atoms],
    }
    path = tmp_path / "mine.xyz"
    z, x = [each[0] for each in atoms], [list(each[1:]) for each in atoms]
    path.write_text("".join(frame_of(z, x, comment_of(row)) for _ in range(2)), encoding="utf-8")
    for number, found in enumerate(entries(path), 1):
        if isinstance(found, Unread):
            assert "on top" in found.reason or "bohr" in found.reason, found
            continue
        assert number
        assert found.atomic_numbers == z
        assert found.positions == [value for place in x for value in place]
        assert (found.charge, found.multiplicity) == (charge, multiplicity)


def test_every_name_that_the_reader_knows_the_writer_avoids() -> None:
    from hemdata.forms.xyz import KEYS
    from hemdata.molecules.state import NAMES

    assert set(NAMES) <= KEYS


@pytest.mark.parametrize(
    ("comment", "called"),
    [
        ("id=one name=two", "one"),
        ("name=two title=three", "two"),
        ('charge=0 Name="heavy water"', "heavy_water"),
        ("mol_id=7", "7"),
        ("title=three", "three"),
        ('id="" name=two', "two"),
        ("name=", "1"),
        ("filename=a.xyz", "1"),
    ],
)
def test_a_molecule_is_called_by_the_names_that_import_knows(tmp_path: Path, comment: str, called: str) -> None:
    """The keys, and which of two goes first, are those of `hemdata.forms.shared.frames.ROLES`."""
    assert [each.id for each in read(tmp_path, frame(WATER, comment))] == [f"mine:{called}"]
