"""A level of numbers alone is declared and never computed; no coupled cluster is a level of density functionals."""

import re
from pathlib import Path

import pytest
from command_line import hemdata

from hemdata.chemistry.engines import engine
from hemdata.errors import CallError, DataError
from hemdata.levels import level

HANDBOOK = (Path(__file__).parents[2] / "docs/levels.md").read_text(encoding="utf-8")


def test_the_handbooks_card_is_one_and_is_not_computed(tmp_path: Path) -> None:
    block = re.search(r"```yaml\n(# hf-limit.yaml.*?)```", HANDBOOK, re.S)
    assert block is not None
    (tmp_path / "hf-limit.yaml").write_text(block[1], encoding="utf-8")
    its = level(tmp_path / "hf-limit.yaml")
    assert its.atoms[8] == -74.809398
    with pytest.raises(CallError, match="runs no program"):
        engine(its)


@pytest.mark.parametrize(
    "words",
    [
        ("levels", "gap", "numbers", "pc9", "azoxy"),
        ("levels", "gap", "pc9", "numbers", "azoxy"),
        ("levels", "bridge", "numbers", "pc9"),
        ("levels", "bridge", "pc9", "numbers", "--labels", "azoxy"),
        ("verify", "azoxy@numbers"),
    ],
)
def test_no_command_is_told_that_would_label_at_it(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`hemdata label azoxy --level numbers` was the advice, which is refused."""
    monkeypatch.setenv("HEMDATA_CARDS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pipelines" / "levels").mkdir(parents=True)
    (tmp_path / "pipelines" / "levels" / "numbers.yaml").write_text(
        "name: numbers\ntitle: t\nabout: a\nengine: data\nmethod: HF/CBS\natoms_hartree: {H: -0.5}\natoms_source: s\n"
    )
    told = hemdata(*words)
    assert "'numbers': its energies can only be imported" in told.stderr
    assert "hemdata label" not in told.stderr


def test_coupled_cluster_is_no_method_of_the_density_functional_engine(tmp_path: Path) -> None:
    (tmp_path / "cc.yaml").write_text(
        "name: cc\ntitle: t\nabout: a\nengine: pyscf\nmethod: dlpno-ccsd(t)\nbasis: {name: cc-pvdz}\n"
        "angular: spherical\ngrid_level: 4\natoms_hartree: {H: -0.5}\natoms_source: s\n"
    )
    with pytest.raises(DataError, match="engine: data"):
        level(tmp_path / "cc.yaml")
