"""Which molecules are labelled: samples nest, leaks are left out first, a user's files read or say why not."""

from pathlib import Path

import pytest

from hemdata.errors import CallError, DataError
from hemdata.identity import flat_graph
from hemdata.label.calculation import Stage, Start, calculation_for, stages
from hemdata.label.jobs import POINT, RELAX
from hemdata.levels import Level, level
from hemdata.molecules import Molecule, dataset_name, read_molecules, sample


def molecules(n: int) -> list[Molecule]:
    return [Molecule(f"made:{i}", "C", "C", f"{'A' * 13}{chr(65 + i % 26)}-UHFFFAOYSA-N", 1) for i in range(n)]


def test_a_smaller_sample_is_the_beginning_of_a_larger_one_and_the_seed_decides() -> None:
    ids = {n: [m.id for m in sample(molecules(200), n, 0, set())] for n in (10, 50)}
    assert ids[50][:10] == ids[10]
    assert [m.id for m in sample(molecules(200), 10, 1, set())] != ids[10]
    assert [m.id for m in sample(reversed(molecules(200)), 10, 0, set())] == ids[10]


def test_molecules_of_other_sets_are_left_out_before_sampling_by_flat_graph() -> None:
    barred = {flat_graph("AAAAAAAAAAAAAB-UHFFFAOYSA-N")}
    kept = sample(molecules(52), 52, 0, barred)
    assert len(kept) == 50
    assert not barred & {flat_graph(m.inchikey or "") for m in kept}


def test_a_smiles_file_reads_names_triple_bonds_and_empty_lines(tmp_path: Path) -> None:
    """A reader told that # starts a comment would cut C#N to C."""
    path = tmp_path / "My molecules.smi"
    path.write_text("C#N hydrogen-cyanide\n\nO\n[CH3] methyl\n")
    read = read_molecules(path)
    assert [m.id for m in read] == ["my-molecules:hydrogen-cyanide", "my-molecules:3", "my-molecules:methyl"]
    assert read[0].inchikey == "LELOWRISYMNNSU-UHFFFAOYSA-N"  # hydrogen cyanide, PubChem CID 768
    assert [m.multiplicity for m in read] == [1, 1, 2]


def test_a_wrong_smiles_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "a.smi"
    path.write_text("C\nC1CC\n")
    with pytest.raises(DataError) as refused:
        read_molecules(path)
    assert "line 2" in str(refused.value)
    assert "C1CC" in str(refused.value)


def test_an_xyz_file_reads_all_its_molecules_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "two.xyz"
    path.write_text("1\n\nHe 0 0 0\n3\nwater\nO 0 0 0.12\nH 0 0.76 -0.48\nH 0 -0.76 -0.48\n")
    read = read_molecules(path)
    assert [m.atomic_numbers for m in read] == [[2], [8, 1, 1]]
    assert read[1].positions[2] == 0.12
    path.write_text("4\n\nO 0 0 0\n")
    with pytest.raises(DataError, match="does not read"):
        read_molecules(path)


def test_other_files_are_wrong_calls_and_names_become_dataset_names(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="not read"):
        read_molecules(tmp_path / "a.pdf")
    assert dataset_name(Path("x/Ünser Satz (1).smi")) == "unser-satz-1"


def test_a_calculation_is_addressed_by_its_content() -> None:
    gfn2, pc9 = (Stage(level(name), RELAX) for name in ("gfn2-xtb", "pc9"))
    key = calculation_for(gfn2, "CO", 0, 1).key
    assert key == calculation_for(gfn2, "CO", 0, 1, Start([], [])).key  # no positions: the geometry is made
    others = [
        calculation_for(gfn2, "CN", 0, 1),
        calculation_for(gfn2, "CO", 1, 2),
        calculation_for(pc9, "CO", 0, 1),
        calculation_for(Stage(level("gfn2-xtb"), POINT), "CO", 0, 1),
        calculation_for(gfn2, None, 0, 1, Start([6], [0.0, 0.0, 0.0])),
        calculation_for(gfn2, None, 0, 1, Start([6], [0.0, 0.0, 0.1])),
        calculation_for(pc9, "CO", 0, 1, accuracy="reference"),
    ]
    assert len({key, *(other.key for other in others)}) == 8
    od9 = level("pc9")
    renamed = Stage(Level("another-name", od9.hash, od9.atoms, od9.card), RELAX)
    assert calculation_for(renamed, "CO", 0, 1).key == calculation_for(pc9, "CO", 0, 1).key  # a level is no name


def test_a_label_is_a_chain_of_stages() -> None:
    gfn2, pc9, qm9 = (level(name) for name in ("gfn2-xtb", "pc9", "qm9"))

    def told(its: Level, geometry: Level | None) -> list[tuple[str, bool]]:
        return [(stage.level.name, stage.job.relaxes) for stage in stages(its, geometry)]

    assert told(gfn2, gfn2) == [("gfn2-xtb", True)]
    assert told(pc9, gfn2) == [("gfn2-xtb", True), ("pc9", False)]
    assert told(pc9, pc9) == [("gfn2-xtb", True), ("pc9", True)]
    assert told(qm9, pc9) == [("gfn2-xtb", True), ("pc9", True), ("qm9", False)]
    assert told(qm9, None) == [("qm9", False)]
