"""What a study is and where it is from, as its page tells it: title and question, numbers, versions, levels."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hemdata.analysis.tables import Tables
from hemdata.errors import HemdataError
from hemdata.report.words import listed, number, whole
from hemdata.study.rows import Rows

QUESTION = "Which training set makes a network's energies trustworthy for these molecules?"


def said_by_card(study_folder: Path, study: str) -> tuple[str, str]:
    """Title and question of the study's card, which stands with the run, or ships; without one its name, and ours."""
    from hemdata import catalog

    kept = study_folder / f"{study}.yaml"
    try:
        card = catalog.study(kept if kept.is_file() else study)
    except HemdataError:
        return study, QUESTION
    return card.title, card.question


def facts(rows: Rows, tables: Tables, labels: Mapping[str, str], networks: list[str]) -> list[tuple[str, str]]:
    """The study in numbers, for the head of the page."""
    sets = sorted(tables.mae["training_set"].unique())
    sizes = sorted(tables.summary["training_size"].unique())
    size = whole(sizes[0]) if len(sizes) == 1 else f"{whole(sizes[0])} to {whole(sizes[-1])}"
    counts = tables.mae.drop_duplicates("group")
    levels = sorted(rows.cells["level"].unique().to_pylist())
    seeds = sorted(tables.summary["n_seeds"].unique())
    return [
        ("Training sets", listed([labels.get(name, name) for name in sets])),
        ("Molecules trained on", size),
        ("Networks", listed([labels.get(name, name) for name in networks])),
        ("Seeds", str(seeds[0]) if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"),
        ("Test molecules", f"{counts['n_molecules'].sum()} in {len(counts)} groups"),
        ("Level of theory", listed(levels)),
    ]


def provenance(rows: Rows, levels: Mapping[str, str]) -> dict[str, Any]:
    """What it takes to repeat the study."""
    cells = rows.cells.to_pylist()
    versions: dict[str, set[str]] = {}
    for cell in cells:
        for name, version in json.loads(cell["versions"]).items():
            versions.setdefault(name, set()).add(str(version))
    return {
        "cells": cells,
        "versions": sorted((name, ", ".join(sorted(found))) for name, found in versions.items()),
        "levels": [(name, levels.get(name)) for name in sorted({cell["level"] for cell in cells})],
        "seeds": sorted({cell["seed"] for cell in cells}),
        "devices": sorted({cell["device"] for cell in cells}),
        "hours": number(sum(cell["seconds"] for cell in cells) / 3600),
        "rows": {
            "predictions": rows.predictions.num_rows,
            "cells": rows.cells.num_rows,
            "curves": rows.curves.num_rows,
        },
    }


def level_hashes(study_folder: Path) -> dict[str, str]:
    """Hash of each level of theory, from the settings that a cell keeps beside its rows."""
    hashes = {}
    for path in sorted((study_folder / "cells").glob("*/settings.json")):
        level = json.loads(path.read_text(encoding="utf-8")).get("level")
        if isinstance(level, dict) and "name" in level and "hash" in level:
            hashes[str(level["name"])] = str(level["hash"])
    return hashes
