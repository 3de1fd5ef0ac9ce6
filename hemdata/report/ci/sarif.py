"""Findings as SARIF 2.1.0 (OASIS), which code hosts show beside a change."""

import json
from importlib.metadata import version
from typing import Any

from hemdata.curate.lint.run import Linted, checks

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(found: Linted, folder: str) -> str:
    """The findings as text; a row is a logical location in the set's manifest.

    Args:
        folder: of the set, as it shall be named.
    """
    every = [each for family in checks().values() for each in family if each.code in found.made]
    rules = [
        {
            "id": each.code,
            "shortDescription": {"text": each.says},
            "help": {"text": each.advice},
            "defaultConfiguration": {"level": each.severity},
        }
        for each in every
    ]
    place = {each.code: number for number, each in enumerate(every)}
    results: list[dict[str, Any]] = []
    for finding in found.findings:
        artifact = {"artifactLocation": {"uri": f"{folder}/manifest.json"}}
        rows = [{"name": name, "kind": "element"} for name in finding.ids]
        results.append(
            {
                "ruleId": finding.code,
                "ruleIndex": place[finding.code],
                "level": finding.severity,
                "message": {"text": ": ".join(filter(None, (", ".join(finding.ids), finding.evidence)))},
                "locations": [{"physicalLocation": artifact} | ({"logicalLocations": rows} if rows else {})],
                "partialFingerprints": {"rows/v1": "|".join((finding.code, *sorted(finding.ids)))},
            }
        )
    driver = {
        "name": "hemdata lint",
        "version": version("hemdata"),
        "rules": rules,
    }
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "utf16CodeUnits"}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"
