"""The page of an explanation: molecules with their atoms coloured, and beside them what training they rest on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hemdata.explain.atoms import AtomPart
from hemdata.explain.explain import ExplainedMolecule, Explanation
from hemdata.explain.told import moved, surroundings
from hemdata.report.page.drawings import draw, placed
from hemdata.report.page.written import page_text, write_page

CARRIERS, KINDS, MOLECULES = 12, 12, 12
RADIUS = 10.5  # of the disc behind an atom, in units of the drawing


def explained_page(found: Explanation, out: Path) -> Path:
    """Write the page of an explanation; the same explanation makes the same page.

    Raises:
        DataError: if it cannot be written.
    """
    text = page_text(
        "explained.html.j2",
        found=found,
        one=len(found.molecules) == 1,
        with_error=found.mae_kcal_mol is not None,
        headline=_headline(found),
        rows=[_row(found, row) for row in found.rows.head(CARRIERS).to_dict("records")],
        kinds=[_row(found, row) for row in found.kinds.head(KINDS).to_dict("records")],
        molecules=[_molecule(each) for each in found.molecules[:MOLECULES]],
        more=len(found.molecules) - MOLECULES,
    )
    write_page(out, text)
    return out


def coloured(smiles: str, values: Sequence[tuple[int, float, str]], limit: float) -> str | None:
    """A drawing with a disc behind each atom, the fuller the larger its value; one colour above zero, one below.

    Args:
        smiles: of the molecule.
        values: atom (counted from 0), value, and what a pointer over it is told.
        limit: the value of a full disc.
    """
    found = placed(smiles)
    if found is None:
        return None
    svg, places = found
    discs = []
    for atom, value, told in values:
        x, y = places[atom]
        strength = min(1.0, abs(value) / limit) if limit > 0 else 0.0
        kind = "up" if value > 0 else "down"
        discs.append(
            f"<circle class='{kind}' cx='{x:.1f}' cy='{y:.1f}' r='{RADIUS}' fill-opacity='{0.75 * strength:.2f}'>"
            f"<title>{told}</title></circle>"
        )
    opened, _, rest = svg.partition(">")
    return f"{opened}>{''.join(discs)}{rest}"


def _headline(found: Explanation) -> str:
    if len(found.molecules) > 1:
        first = found.rows.iloc[0]
        mae = "" if found.mae_kcal_mol is None else f", with a mean absolute error of {found.mae_kcal_mol:.1f} kcal/mol"
        return f"{len(found.molecules)} molecules{mae}; they rest most on {first['id']}."
    (one,) = found.molecules
    error = "" if one.error_kcal_mol is None else f", {_signed(one.error_kcal_mol)} off"
    return f"{one.predicted_kcal_mol:.1f} kcal/mol{error}; it rests most on {one.carriers[0].id}."


def _row(found: Explanation, row: dict[Any, Any]) -> dict[str, Any]:
    """A training molecule, or a kind of them."""
    error = row["error_kcal_mol"]
    return {
        "name": row.get("id") or row["kind"],
        "smiles": row.get("smiles"),
        "svg": draw(row["smiles"]) if row.get("smiles") else None,
        "molecules": f"{row['molecules']:.0f}" if "molecules" in row else None,
        "moved": moved(found, row).replace("-", "−"),
        "error": None if error != error else _signed(error, 2),
    }


def _molecule(each: ExplainedMolecule) -> dict[str, Any]:
    """A molecule in words and drawings."""
    beyond = [(a.atom - 1, a.energy_kcal_mol - (a.usual_kcal_mol or 0.0), _told(a)) for a in each.atoms]
    known = [value for value, a in zip(beyond, each.atoms, strict=True) if a.usual_kcal_mol is not None]
    errors = [(a.atom - 1, a.error_kcal_mol, _told(a)) for a in each.atoms if a.error_kcal_mol is not None]
    return {
        "id": each.id,
        "smiles": each.smiles,
        "predicted": f"{each.predicted_kcal_mol:.1f}",
        "reference": None if each.reference_kcal_mol is None else f"{each.reference_kcal_mol:.1f}",
        "error": None if each.error_kcal_mol is None else _signed(each.error_kcal_mol),
        "spread": None if each.spread_kcal_mol is None else f"{each.spread_kcal_mol:.1f}",
        "usual": _figure(each.smiles, known),
        "errors": _figure(each.smiles, errors),
        "carriers": [(c.id, draw(c.smiles), _signed(c.change_kcal_mol)) for c in each.carriers],
        "atoms": [
            {
                "name": f"{atom.symbol} {atom.atom}",
                "seen": surroundings(atom),
                "energy": f"{atom.energy_kcal_mol:.1f}",
                "beyond": None if atom.usual_kcal_mol is None else _signed(atom.energy_kcal_mol - atom.usual_kcal_mol),
                "error": None if atom.error_kcal_mol is None else _signed(atom.error_kcal_mol),
                "nearest": [
                    (near.id, coloured(near.smiles, [(near.atom - 1, -1.0, f"{near.energy_kcal_mol:.1f} kcal/mol")], 1))
                    for near in atom.nearest[:2]
                ],
            }
            for atom in each.atoms
        ],
    }


def _figure(smiles: str | None, values: Sequence[tuple[int, float, str]]) -> dict[str, Any] | None:
    if smiles is None or not values:
        return None
    limit = max(abs(value) for _, value, _ in values)
    return {"svg": coloured(smiles, values, limit), "limit": f"{limit:.1f}"}


def _told(atom: AtomPart) -> str:
    usual = "" if atom.usual_kcal_mol is None else f", usual {atom.usual_kcal_mol:.1f}"
    error = "" if atom.error_kcal_mol is None else f", likely part of the error {_signed(atom.error_kcal_mol)}"
    return f"{atom.symbol} {atom.atom}: {atom.energy_kcal_mol:.1f} kcal/mol{usual}{error}"


def _signed(x: float, digits: int = 1) -> str:
    return f"{x:+.{digits}f}".replace("-", "−")
