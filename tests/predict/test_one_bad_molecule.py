"""One bad molecule never loses the others: it is a row with its reason."""

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from ase.build import molecule as g2
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from hemdata import cli
from hemdata.molecules import Molecule, Unread
from hemdata.predict.asked import Asked, _standard_input, how_many, wanted
from hemdata.predict.find import load_all
from hemdata.predict.geometry import smiles_of
from hemdata.predict.predict import Question, predict
from hemdata.predict.predicted import Predicted
from hemdata.shards import read
from hemdata.train.fit import fit_network
from hemdata.train.fitted import Fitted
from hemdata.train.training_run import TrainingRun

WATER = "3\n\nO 0.0 0.0 0.11{tiny}\nH 0.0 0.76 -0.47\nH 0.0 -0.76 -0.47\n"
BAD = {
    "nan": "3\n\nO 0 0 nan\nH 0 0.76 -0.47\nH 0 -0.76 -0.47\n",
    "ghost": "2\n\nX 0 0 0\nH 0 0 1\n",
    "one place": "3\n\nO 0 0 0.11\nH 0 0.76 -0.47\nH 0 0.76 -0.47\n",
    "cell": '1\nLattice="3 0 0 0 3 0 0 0 3"\nHe 0 0 0\n',
    "element": "2\n\nQq 0 0 0\nH 0 0 1\n",
    "foreign element": "2\n\nCl 0 0 0\nH 0 0 1.27\n",
    "charged": "4\ncharge=1\nO 0 0 0.1\nH 0 0.9 -0.3\nH 0.8 -0.45 -0.3\nH -0.8 -0.45 -0.3\n",
}


@pytest.fixture(scope="module")
def folder(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = read(labelled / "neuro@gfn2-xtb")
    folder = tmp_path_factory.mktemp("model")
    fit_network("dressed-atoms", None, rows, rows, TrainingRun(folder, seed=0))
    return folder


class Told(Fitted):
    """Asked for energies alone."""

    def atom_energies(self, molecules):
        raise NotImplementedError

    def features(self, molecules, by_atom=False):
        raise NotImplementedError


def hemdata(*words: object, stdin: str | None = None) -> tuple[int, str]:
    _standard_input.cache_clear()
    ended = CliRunner().invoke(cli.commands(), [str(word) for word in words], input=stdin, env={"TERM": "dumb"})
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return ended.exit_code, ended.output


@pytest.mark.parametrize("kind", BAD)
def test_the_frames_around_a_bad_one_have_their_energies(kind: str, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "three.xyz").write_text(WATER.format(tiny="") + BAD[kind] + WATER.format(tiny="1e-05"))
    first, bad, last = predict(load_all([folder]), wanted(str(tmp_path / "three.xyz")), workers=0)
    assert bad.atomization_energy_kcal_mol is None
    assert bad.reason
    assert bad.smiles is None
    assert first.atomization_energy_kcal_mol == last.atomization_energy_kcal_mol is not None
    code, output = hemdata("predict", folder, tmp_path / "three.xyz", "--workers", 0, "--json")
    assert code == 1
    told = json.loads(output[output.index("{") : output.rindex("}") + 1], parse_constant=pytest.fail)
    assert [bool(each["failed"]) for each in told["molecules"]] == [False, True, False]


def test_frames_before_a_break_of_the_file_are_predicted_and_the_break_is_told(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.xyz").write_text(WATER.format(tiny="") + "5\n\nH 0 0 0\n")
    first, rest = predict(load_all([folder]), wanted(str(tmp_path / "broken.xyz")), workers=0)
    assert first.atomization_energy_kcal_mol is not None
    assert "line" in str(rest.reason)


@settings(max_examples=40, deadline=None)
@given(st.floats(-1e-3, 1e-3), st.sampled_from(["H2O", "CH3CH2OH", "CH3NO2", "C4H4NH", "HCN"]), st.integers(0, 2))
def test_a_geometry_shows_its_smiles_however_small_or_large_its_coordinates_are(
    tiny: float, name: str, axis: int
) -> None:
    """Text of a coordinate below 1e-4 has an exponent, which RDKit's reader of XYZ does not take."""
    atoms = g2(name)
    atoms.positions[0, axis] += tiny
    expected = {"H2O": "O", "CH3CH2OH": "CCO", "CH3NO2": "C[N+](=O)[O-]", "C4H4NH": "c1cc[nH]c1", "HCN": "C#N"}[name]
    for far in (0.0, 1e6):
        assert smiles_of(atoms.numbers.tolist(), (atoms.positions + far).ravel().tolist()) == expected


def test_a_molecule_without_an_energy_at_the_level_below_does_not_take_its_batch_along(folder: Path) -> None:
    class OfOneKind(Told):
        """As a model of a difference, whose level below may fail for a molecule."""

        def predict(self, molecules):
            from hemdata.errors import DataError

            sizes = pa.compute.list_value_length(molecules["atomic_numbers"]).to_numpy()
            if (sizes == 2).any():
                raise DataError("A molecule has no energy at 'hf'.", where="0")
            return 100.0 * sizes

    (model,) = load_all([folder])
    asked = [_molecule(name) for name in ("H2O", "N2", "HCN")]
    water, nitrogen, cyanide = predict([OfOneKind(model.about)], asked, workers=0)
    assert (water.each_kcal_mol, cyanide.each_kcal_mol) == ((300.0,), (300.0,))
    assert "no energy at 'hf'" in str(nitrogen.reason)


def test_an_energy_that_is_no_number_is_no_energy(folder: Path) -> None:
    class NotANumber(Told):
        def predict(self, molecules):
            return [float("nan")] * len(molecules)

    (model,) = load_all([folder])
    (said,) = predict([NotANumber(model.about)], [_molecule("H2O")], workers=0)
    assert said.atomization_energy_kcal_mol is None
    assert "no finite energy" in str(said.reason)


def test_the_test_groups_exported_as_xyz_are_predicted_as_from_their_shards(
    folder: Path, labelled: Path, tmp_path: Path
) -> None:
    from hemdata.forms.export import export

    export(labelled / "test-groups@gfn2-xtb", "xyz", tmp_path / "groups.xyz")
    (model,) = load_all([folder])
    rows = read(labelled / "test-groups@gfn2-xtb")
    said = predict([model], wanted(str(tmp_path / "groups.xyz")), anyway=True, workers=0)
    assert [each.each_kcal_mol[0] for each in said] == pytest.approx(model.predict(rows), abs=1e-9)
    assert how_many([str(tmp_path / "groups.xyz")]) == len(rows) == len(said)


def test_elements_and_charges_that_training_had_not_are_refused_unless_asked_for(folder: Path) -> None:
    code, output = hemdata("predict", folder, "CS", "--workers", 0)
    assert code == 1
    assert "No training molecule had S" in output
    assert "--anyway" in output
    code, output = hemdata("predict", folder, "CS", "[NH4+]", "--workers", 0, "--anyway")
    assert code == 0
    assert "CS: no training molecule had S" in output
    assert "[NH4+]: charge +1; no training molecule had it" in output


def test_charges_that_training_had_are_predicted(folder: Path, labelled: Path, tmp_path: Path) -> None:
    rows = read(labelled / "neuro@gfn2-xtb").slice(0, 34)
    at = rows.schema.get_field_index("charge")
    charged = rows.set_column(at, "charge", pa.array([0, 1] * 17, rows.schema.field(at).type))
    fit_network("dressed-atoms", None, charged, charged, TrainingRun(tmp_path, seed=0))
    models = load_all([tmp_path])
    assert Question([models[0].about]).domain.charges == {0, 1}
    ammonium, hydroxide = (_molecule(name, charge) for name, charge in (("NH3", 1), ("OH", -1)))
    one, other = predict(models, [_with_charge(ammonium, 1, 2), _with_charge(hydroxide, -1, 1)], workers=0)
    assert one.atomization_energy_kcal_mol is not None
    assert "charge -1" in str(other.reason)


def test_brackets_of_smiles_and_names_are_in_the_table(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "names.xyz").write_text(WATER.format(tiny="").replace("\n\n", '\nid="pyrrole[nh]"\n', 1))
    code, output = hemdata("predict", folder, tmp_path / "names.xyz", "[bold]C", "--workers", 0)
    assert code == 1  # of the second
    assert "names:pyrrole[nh]" in output
    assert output.count("[bold]C") >= 2


def test_standard_input_is_read_as_smiles_or_as_xyz(folder: Path) -> None:
    code, output = hemdata("predict", folder, "-", "--workers", 0, stdin=WATER.format(tiny=""))
    assert code == 0
    assert "stdin:1" in output
    code, output = hemdata("predict", folder, "-", "--workers", 0, stdin="O water\nC1CC broken\n")
    assert code == 1
    assert "stdin:water" in output
    assert "stdin:broken: A SMILES does not parse (line 2)" in output


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_after_ctrl_c_the_same_command_goes_on_to_the_same_bytes(
    suffix: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "many.xyz").write_text("".join(WATER.format(tiny=f"{n}") for n in range(10)) + BAD["nan"])
    call = ("predict", folder, tmp_path / "many.xyz", "--workers", 0, "--batch-size", 4, "--out")
    whole, stopped = tmp_path / f"whole{suffix}", tmp_path / f"stopped{suffix}"
    assert hemdata(*call, whole)[0] == 1
    answered, batches = Question.answered, []

    def until_ctrl_c(self: Question, models: Sequence[Fitted], batch: object) -> list[Predicted]:
        if len(batches) == 2:
            raise KeyboardInterrupt
        batches.append(batch)
        return answered(self, models, batch)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Question, "answered", until_ctrl_c)
        code, output = hemdata(*call, stopped)
    assert code == 130
    assert "Stopped after 8 molecules" in output
    assert not stopped.exists()
    seen: list[int] = []
    monkeypatch.setattr(Question, "answered", lambda *given: seen.append(len(given[2].asked)) or answered(*given))
    assert hemdata(*call, stopped)[0] == 1
    assert seen == [3]
    assert stopped.read_bytes() == whole.read_bytes()
    assert hemdata(*call, stopped)[0] == 2  # a file that is there is not replaced


def test_batches_depend_on_the_molecules_alone_and_large_ones_are_not_kept_waiting(folder: Path) -> None:
    question = Question([load_all([folder])[0].about], batch_size=100)
    small, middling, large = (Molecule("m", "C", "C", None, n) for n in (2, 20, 60))
    given = _molecule("H2O")
    assert [len(batch) for batch in question.batches([given] * 250)] == [100, 100, 50]
    assert [len(batch) for batch in question.batches([small] * 150)] == [100, 50]
    assert [len(batch) for batch in question.batches([middling] * 10)] == [7, 3]  # 20 squared is a part of WORK
    assert [len(batch) for batch in question.batches([large, large])] == [1, 1]
    assert [len(batch) for batch in question.batches([Unread("u", "C1CC", "It does not parse.")] * 3)] == [3]


def test_no_frequencies_are_computed_unless_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hemdata.predict import geometry

    asked: list[Asked] = []
    monkeypatch.setattr(geometry, "thermal", lambda one, *_: asked.append(one) or geometry.Thermal(reason="none here"))
    models = load_all([folder])
    (plain,) = predict(models, [_molecule("H2O")], workers=0)
    assert (plain.no_formation, asked) == ("not asked for", [])
    (with_it,) = predict(models, [_molecule("H2O")], enthalpy=True, workers=0)
    assert (with_it.no_formation, len(asked)) == ("none here", 1)


def _molecule(name: str, charge: int = 0) -> Molecule:
    atoms = g2(name)
    z = atoms.numbers.tolist()
    multiplicity = 1 + (sum(z) - charge) % 2
    return Molecule(name, None, None, None, 1, charge, multiplicity, z, atoms.positions.ravel().tolist())


def _with_charge(one: Molecule, charge: int, multiplicity: int) -> Molecule:
    from dataclasses import replace

    return replace(one, charge=charge, multiplicity=multiplicity)
