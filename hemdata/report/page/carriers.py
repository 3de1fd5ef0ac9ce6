"""The training molecules that help each group most, drawn."""

from typing import Any

from hemdata.analysis.reasons.molecules.carriers import MOLECULE
from hemdata.report.page.drawings import draw
from hemdata.report.tables.reason_layout import ReasonLayout
from hemdata.report.words import number

DRAWN = 2  # of each set and group


def carrier_drawings(whys: ReasonLayout, network: str) -> list[dict[str, Any]]:
    """Groups, and of each the most helpful molecules of every set: title, and molecules with id, svg and lines."""
    table = whys.of_carriers(network)
    if table.empty:
        return []
    table = table[(table["what"] == MOLECULE) & (table["error_kcal_mol"] > 0)]
    found = []
    for group, its in table.groupby("group", sort=True):
        first = its.groupby("training_set", sort=True).head(DRAWN)
        molecules = [
            {
                "id": row["name"],
                "svg": draw(row["smiles"]) if row["smiles"] else None,
                "set": whys.label(row["training_set"]),
                "error": f"+{number(row['error_kcal_mol'])}",
            }
            for row in first.to_dict("records")
        ]
        found.append({"title": whys.label(group), "molecules": molecules})
    return found
