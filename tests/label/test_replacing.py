"""Labels that stand are replaced by those of the same molecules or more; by anything else only with force."""

import json
from pathlib import Path

import pytest
from command_line import hemdata

from hemdata.errors import CallError, DataError
from hemdata.label.asked import Asked
from hemdata.label.dataset import label_dataset, plan_labels
from hemdata.label.how import Files
from hemdata.molecules import Said
from hemdata.shards import read


def label(path: Path, **how: object) -> list[str]:
    done = label_dataset(path, data=path.parents[1], workers=0, **how)  # type: ignore[arg-type]
    return [str(id) for id in read(done.folder, ["id"])["id"].to_pylist()]


def file(folder: Path, place: str, text: str) -> Path:
    path = folder / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_more_molecules_take_the_place_of_fewer_and_nothing_else_does(tmp_path: Path) -> None:
    mine = file(tmp_path, "a/mine.smi", "O water\n[H][H] hydrogen\n")
    assert label(mine) == ["mine:water", "mine:hydrogen"] == label(mine)
    mine.write_text("N ammonia\nO water\n[H][H] hydrogen\n")
    assert len(label(mine)) == 3
    for text, lost in (
        ("O water\n[H][H] hydrogen\n", "1 of 3 molecules that are not asked for now, as mine:ammonia"),
        ("N ammonia\nO water\nC hydrogen\n", "1 of 3 molecules that are not asked for now, as mine:hydrogen"),
        ("N x\nO y\n[H][H] z\n", "3 of 3 molecules"),
    ):
        other = file(tmp_path, "b/Mine.smi", text)  # another file of the same name
        with pytest.raises(CallError, match="would be lost") as refused:
            label(other)
        assert lost in str(refused.value)
        assert "--force" in str(refused.value)
    for how in ({"conformers": 2}, {"n": 2}, {"accuracy": "reference"}):
        with pytest.raises(CallError, match="would be lost"):
            label(mine, **how)
    assert len(label(mine, n=2, force=True)) == 2


def test_a_plan_refuses_what_the_run_refuses(tmp_path: Path) -> None:
    """It said that everything is finished where the same command without --dry-run ended in an error."""
    mine = file(tmp_path, "a/mine.smi", "O water\n[H][H] hydrogen\n")
    place = ("--data", tmp_path, "--on", "0")
    assert hemdata("label", mine, *place).returncode == 0
    for words in (["--part", "1/2"], ["-n", "1"], ["--conformers", "2"], ["--time-limit", "soon"]):
        ended = [hemdata("label", mine, *place, *words, *more) for more in ((), ("--dry-run",))]
        assert [its.returncode for its in ended] == [2, 2]
        assert ended[0].stderr == ended[1].stderr != ""
        assert ended[1].stdout == ""
    mine.write_text("O water\n")
    fewer = hemdata("label", mine, *place, "--dry-run")
    assert fewer.returncode == 2
    assert "would be lost" in fewer.stderr
    forced = hemdata("label", mine, *place, "--dry-run", "--force")
    assert (forced.returncode, "Everything is finished" in forced.stdout) == (0, True)
    assert len(read(tmp_path / "mine@gfn2-xtb")) == 2


def test_columns_and_sets_of_another_name_are_not_lost_either(tmp_path: Path) -> None:
    mine = file(tmp_path, "a/mine.smi", "[H][H] hydrogen\n")
    label(mine, enthalpy=True)
    with pytest.raises(CallError, match="would be lost") as refused:
        label(mine)
    assert "--enthalpy" in str(refused.value)
    with pytest.raises(CallError, match="would be lost") as refused:
        label(file(tmp_path, "a/yours.smi", "[H][H] hydrogen\n"), out=tmp_path / "mine@gfn2-xtb")
    assert "the set 'mine@gfn2-xtb'" in str(refused.value)


def test_geometries_without_a_smiles_are_the_same_if_their_file_or_their_atoms_are(tmp_path: Path) -> None:
    one = file(tmp_path, "a/h2.xyz", "2\n\nH 0 0 0\nH 0 0 0.74\n")
    assert label(one, geometry="given") == ["h2:1"]
    assert label(file(tmp_path, "b/h2.xyz", "2\nthe same\nH 0 0 0\nH 0 0 0.74\n"), geometry="given") == ["h2:1"]
    for text in ("2\n\nH 0 0 0\nH 0 0 0.75\n", "2\ncharge=1\nH 0 0 0\nH 0 0 0.74\n"):
        with pytest.raises(CallError, match="would be lost"):
            label(file(tmp_path, "b/h2.xyz", text), geometry="given")
    with pytest.raises(CallError, match="would be lost"):
        label(one, geometry="given", said=Said(charge=1))


def test_a_file_may_not_bear_the_name_of_a_dataset_and_greek_names_are_two(tmp_path: Path) -> None:
    for name in ("qm9", "Azoxy", "test-groups"):
        with pytest.raises(CallError, match="bears the name of a dataset"):
            label(file(tmp_path, f"a/{name}.smi", "O\n"))
    assert label(file(tmp_path, "a/α.smi", "O w\n")) == ["alpha:w"]
    assert label(file(tmp_path, "a/β.smi", "[H][H] w\n")) == ["beta:w"]


def test_what_does_not_read_is_told_at_once_and_stands_among_the_rejected(tmp_path: Path) -> None:
    path = file(tmp_path, "a/mine.smi", "O w\nC1CC b\n[H][H] h\nCC(C d\n")
    told: list[str] = []
    done = label_dataset(path, data=tmp_path, workers=0, note=told.append)
    (remark,) = told
    assert "A SMILES does not parse (line 2): C1CC" in remark
    assert "A SMILES does not parse (line 4): CC(C" in remark
    assert (done.manifest.counts.read, done.manifest.counts.accepted) == (4, 2)
    assert done.manifest.counts.rejected == {"A SMILES does not parse.": 2}
    with pytest.raises(DataError, match="2 entries do not read"):
        label(file(tmp_path, "a/bad.smi", "C1CC b\nCC(C d\n"))


@pytest.mark.parametrize("key", ["energy", "REF_energy", "energy_hartree"])
def test_energies_of_a_file_that_are_not_taken_are_told_once_before_anything_is_computed(
    key: str, tmp_path: Path
) -> None:
    atoms = "H 0 0 0\nH 0 0 0.74\n"
    frames = [f'2\nProperties=species:S:1:pos:R:3 {key}=-31.{n} pbc="F F F"\n{atoms}' for n in range(2)]
    path = file(tmp_path, "a/mine.xyz", "".join([*frames, f"2\nenergy=unknown\n{atoms}"]))
    told: list[str] = []
    plan_labels(Asked(path), files=Files(tmp_path), note=told.append)
    (remark,) = told
    assert remark.startswith(f"2 molecules of {path} have an energy there ({key}), which is not taken")
    assert f"`hemdata import {path}`" in remark


def test_the_state_that_is_said_is_that_of_the_labels(tmp_path: Path) -> None:
    """GFN2-xTB energies of an ammonium and a hydroxide, whose files said so and were not heard."""
    atoms = "N 0 0 0\nH .59 .59 .59\nH -.59 -.59 .59\nH -.59 .59 -.59\nH .59 -.59 -.59\n"
    for name, comment, said in (("a", "charge=1", Said()), ("b", "1 1", Said()), ("c", "", Said(charge=1))):
        path = file(tmp_path, f"a/{name}.xyz", f"5\n{comment}\n{atoms}")
        (row,) = read(label_dataset(path, data=tmp_path, workers=0, geometry="given", said=said).folder).to_pylist()
        assert (row["charge"], row["multiplicity"]) == (1, 1)
        assert row["energy_hartree"] == pytest.approx(-4.494698, abs=1e-6)
    told: list[str] = []
    path = file(tmp_path, "a/d.xyz", f"5\n\n{atoms}")
    label_dataset(path, data=tmp_path, workers=0, geometry="given", note=told.append)
    assert "taken as neutral radicals" in told[0]
    assert "line 1: d:1" in told[0]
    hydroxide = file(tmp_path, "a/oh.xyz", "2\ncharge=-1 spin=1\nO 0 0 0\nH 0 0 0.965\n")
    (row,) = read(label_dataset(hydroxide, data=tmp_path, workers=0, geometry="given").folder).to_pylist()
    assert row["energy_hartree"] == pytest.approx(-4.681524, abs=1e-6)
    with pytest.raises(CallError, match="are for a file"):
        label_dataset("neuro", data=tmp_path, said=Said(charge=1))


def test_test_molecules_given_as_geometries_are_left_out_too(tmp_path: Path) -> None:
    """Without a SMILES nobody knew them, and they stood among the training molecules."""
    from hemdata.chemistry.embed import embed

    frames = []
    for smiles in ("NCCc1ccc(O)c(O)c1", "O"):  # dopamine is a member of the group neuro
        z, x = embed(smiles, 0)
        frames += [str(len(z)), smiles, *(f"{n} {a} {b} {c}" for n, (a, b, c) in zip(z, x.tolist(), strict=True))]
    path = file(tmp_path, "a/mine.xyz", "\n".join([*frames, ""]))
    assert label(path, geometry="given", without=["neuro"]) == ["mine:2"]
    (row,) = read(tmp_path / "mine@gfn2-xtb@given").to_pylist()
    assert (row["inchikey"], row["smiles"]) == ("XLYOFNOQVPJJNP-UHFFFAOYSA-N", None)


def test_the_command_says_it_all(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from hemdata.cli import commands

    path = file(tmp_path, "a/ions.smi", "SMILES name\n[NH4+] ammonium ion\nC1CC broken\n[OH-] hydroxide\n")

    def called(*words: str) -> tuple[int, str]:
        place = ("--data", str(tmp_path), "--workers", "0", "--json")
        ended = CliRunner().invoke(commands(), ["label", str(path), *place, *words])
        return ended.exit_code, ended.output

    code, said = called()
    assert (code, "A SMILES does not parse (line 3): C1CC" in said, '"accepted": 2' in said) == (0, True, True)
    assert "A SMILES does not parse (line 3): C1CC" in called("--dry-run")[1]
    code, said = called("-n", "1")
    assert (code, "--force" in said) == (2, True)
    assert called("-n", "1", "--force")[0] == 0
    code, said = called("--charge", "1")
    assert (code, "The SMILES has another charge (line 4): [OH-], charge -1" in said) == (0, True)
    assert called("--multiplicity", "2")[0] == 1  # nothing of the file can have it


def test_the_exit_code_is_1_where_no_molecule_is_labelled(tmp_path: Path) -> None:
    """The zwitterion of glycine has no minimum in the gas: its proton moves, and it is not the molecule given."""
    from typer.testing import CliRunner

    from hemdata.cli import commands

    zwitterion = """10
glycine
N -1.109504 -0.086114 -0.262417
C 0.094842 0.015583 0.648912
C 1.375769 0.099708 -0.213681
O 1.053320 0.059445 -1.447936
O 2.466600 0.188871 0.383908
H -1.720123 0.729039 -0.229751
H -1.592745 -0.981561 -0.207214
H -0.625992 -0.062453 -1.200195
H -0.037999 0.916761 1.252408
H 0.095833 -0.879280 1.275966
"""
    water = "3\nwater\nO 0 0 0.11\nH 0 0.76 -0.47\nH 0 -0.76 -0.47\n"
    for name, text, right in (("none", zwitterion, (1, 0, 1)), ("one", zwitterion + water, (0, 1, 1))):
        path = file(tmp_path, f"a/{name}.xyz", text)
        place = ("--data", str(tmp_path), "--workers", "0")
        for words in ((), ("--json",)):
            ended = CliRunner().invoke(commands(), ["label", str(path), *place, *words])
            assert ended.exit_code == right[0], ended.output
            why = "No molecule is labelled. The relaxed molecule is not the one given."
            assert (why in ended.stderr) == (right[0] == 1)
        told = json.loads(ended.stdout)
        assert (told["accepted"], sum(told["rejected"].values())) == right[1:]
