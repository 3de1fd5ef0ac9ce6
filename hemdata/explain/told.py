"""An explanation in words and tables for a terminal."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from rich.table import Table

from hemdata.explain.atoms import AtomPart
from hemdata.explain.explain import ExplainedMolecule, Explanation

SHOWN = 10


def heading(found: Explanation) -> Iterator[str]:
    """What was asked of which models, and how it was answered."""
    many = len(found.molecules)
    what = f"{many} molecules" if many > 1 else found.molecules[0].id
    mae = "" if found.mae_kcal_mol is None or many == 1 else f", mean absolute error {found.mae_kcal_mol:.2f} kcal/mol"
    name = f"{found.asked}: {what}" if what != found.asked else what
    yield f"{name} by {'; '.join(found.models)}, at {found.level}{mae}."
    if found.exact:
        yield f"Each of the {found.training_molecules:,} training molecules left out of the model itself, exactly."
    else:
        yield (
            f"Each of the {found.training_molecules:,} training molecules left out of a ridge on the network's "
            f"gradients, which stands in for training it again (it is {found.stand_in_kcal_mol:.1f} kcal/mol from the "
            "network on these molecules)."
        )


def said_of(one: ExplainedMolecule) -> str:
    """The prediction of one molecule, and what is known of it."""
    spread = "" if one.spread_kcal_mol is None else f" (spread {one.spread_kcal_mol:.2f})"
    known = ""
    if one.error_kcal_mol is not None:
        known = f"; reference {one.reference_kcal_mol:.2f}, error {one.error_kcal_mol:+.2f}"
    return f"Predicted {one.predicted_kcal_mol:.2f} kcal/mol{spread}{known}."


def rows_table(found: Explanation, shown: int = SHOWN) -> Table:
    """The training molecules by weight."""
    with_error = found.mae_kcal_mol is not None
    table = _table("training molecule", "SMILES", "prediction moves by", *(["error grows by"] if with_error else []))
    for row in found.rows.head(shown).to_dict("records"):
        cells = [moved(found, row)]
        cells += [f"{row['error_kcal_mol']:+.2f}"] if with_error else []
        table.add_row(row["id"], row["smiles"] or "-", *cells)
    return table


def kinds_table(found: Explanation, shown: int = SHOWN) -> Table:
    """Kinds of training molecules left out as a whole."""
    with_error = found.mae_kcal_mol is not None
    table = _table("all training molecules with", "molecules", "prediction moves by",
                   *(["error grows by"] if with_error else []))  # fmt: skip
    for row in found.kinds.head(shown).to_dict("records"):
        cells = [f"{row['molecules']:.0f}", moved(found, row)]
        table.add_row(row["kind"], *cells, *([f"{row['error_kcal_mol']:+.2f}"] if with_error else []))
    return table


def moved(found: Explanation, row: Mapping[Hashable, Any]) -> str:
    """By how much predictions change: of one molecule with its sign, of several their mean size."""
    if len(found.molecules) == 1:
        return f"{row['change_kcal_mol']:+.2f}"
    return f"{row['moved_kcal_mol']:.2f}"


def molecules_table(found: Explanation, shown: int = SHOWN) -> Table:
    """The molecules of a group, and what each rests on."""
    table = _table("molecule", "rests on", "predicted", "error", "without it")
    for each in found.molecules[:shown]:
        first = each.carriers[0]
        error = "-" if each.error_kcal_mol is None else f"{each.error_kcal_mol:+.2f}"
        table.add_row(each.id, first.id, f"{each.predicted_kcal_mol:.2f}", error, f"{first.change_kcal_mol:+.2f}")
    return table


def atoms_table(molecule: ExplainedMolecule) -> Table:
    """Each heavy atom with its hydrogens."""
    with_error = molecule.error_kcal_mol is not None
    heads = ["atom", "surroundings seen", "nearest in training", "energy", "less the usual"]
    table = _table(*heads, *(["likely part of the error"] if with_error else []))
    for atom in molecule.atoms:
        usual = "-" if atom.usual_kcal_mol is None else f"{atom.energy_kcal_mol - atom.usual_kcal_mol:+.1f}"
        near = f"{atom.nearest[0].id}, atom {atom.nearest[0].atom}" if atom.nearest else "-"
        cells = [f"{atom.energy_kcal_mol:.1f}", usual]
        cells += [f"{atom.error_kcal_mol:+.1f}"] if with_error and atom.error_kcal_mol is not None else []
        table.add_row(f"{atom.symbol} {atom.atom}", surroundings(atom), near, *cells)
    return table


def surroundings(atom: AtomPart) -> str:
    """How far around an atom training has shown the same, and how often."""
    if atom.radius < 0:
        return "never"
    bonds = {0: "the atom alone", 1: "1 bond around"}.get(atom.radius, f"{atom.radius} bonds around")
    return f"{bonds}, in {atom.molecules:,} molecule{'' if atom.molecules == 1 else 's'}"


def sentences(found: Explanation) -> Iterator[str]:
    """What the numbers are."""
    one = len(found.molecules) == 1
    yield (
        "kcal/mol. Prediction moves by: the change of the prediction when the training molecule is left out"
        + ("" if one else ", mean size over the molecules")
        + "."
    )
    if found.mae_kcal_mol is not None:
        yield (
            "Error grows by: of the mean absolute error; above zero, the training molecule helps, below it misleads."
            if not one
            else "Error grows by: above zero, the training molecule helps this prediction, below it misleads."
        )


def _table(*heads: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head in heads:
        words = head in ("training molecule", "SMILES", "molecule", "atom", "rests on", "surroundings seen",
                         "nearest in training", "all training molecules with")  # fmt: skip
        table.add_column(head, justify="left" if words else "right")
    return table
