"""`hemdata lint`: contradictions inside a built set."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from hemdata.cli.app import command, out
from hemdata.door.progress import bar

SHOWN = 3
STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


@command(
    "lint",
    "hemdata lint qm9\nhemdata lint mine --fail-on warning --junit lint.xml --sarif lint.sarif\n"
    "hemdata lint mine --json > lint.json\nhemdata lint mine --baseline lint.json\nhemdata lint --checks",
)
def lint(
    name: Annotated[str | None, typer.Argument(metavar="SET", help="A built set (DATA/NAME), or its folder.")] = None,
    fail_on: Annotated[
        str, typer.Option(help="Exit with 1 at findings of this severity or a graver one: error, warning, note, never.")
    ] = "error",
    only: Annotated[list[str], typer.Option(help="These checks alone, as V02, or V for a family.")] = [],  # noqa: B006
    split: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column that says the side of a split; default `split`.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="An earlier --json: tell what is new since.")
    ] = None,
    all_findings: Annotated[
        bool, typer.Option("--all", help="Tell known defects too, which the register (datasets/defects) has.")
    ] = False,
    page: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page, molecules drawn.")] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JUnit's XML for CI.")] = None,
    sarif: Annotated[Path | None, typer.Option(metavar="FILE", help="Write SARIF 2.1.0 for CI.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: every finding.")] = False,
    list_checks: Annotated[bool, typer.Option("--checks", help="List the checks, and do nothing else.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; by default one a core.")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the built datasets.")] = Path("data"),
) -> None:
    """Find rows whose own columns contradict each other; no quantum chemistry."""
    from hemdata.catalog.defects import of_rows
    from hemdata.curate.lint.check import SEVERITIES
    from hemdata.curate.lint.run import baseline as read_baseline
    from hemdata.curate.lint.run import checks
    from hemdata.curate.lint.run import lint as look
    from hemdata.errors import CallError
    from hemdata.shards import find, read_manifest

    if list_checks:
        for family, its in checks().items():
            out.print(family, style="bold")
            for each in its:
                out.print(f"  {each.code}  {each.severity:<8}{each.says}")
        return
    if name is None:
        raise CallError("There is no set to lint.", fix="Give a built set's name or its folder.")
    if fail_on not in (*SEVERITIES, "never"):
        raise CallError("There is no such severity.", expected=f"{', '.join(SEVERITIES)} or never", got=fail_on)
    folder = find(name, data)
    known = read_baseline(baseline) if baseline else set()
    with bar(f"lint {name}", read_manifest(folder).counts.accepted, shown=not as_json) as step:
        found = look(folder, split=split, only=only, workers=workers, progress=lambda n: step(n, ""))
    registers = [] if all_findings else of_rows(id for finding in found.findings for id in finding.ids)
    found = found.without(known.union(*(its.findings() for its in registers)))
    if page is not None:
        from hemdata.report.page.findings import lint_page

        ids = {id for finding in found.findings for id in finding.ids[:1]}
        lint_page(found, _smiles(folder, ids), page)
    if junit is not None:
        from hemdata.report.ci.junit import junit as as_junit

        _write(junit, as_junit(found, fail_on))
    if sarif is not None:
        from hemdata.report.ci.sarif import sarif as as_sarif

        _write(sarif, as_sarif(found, str(folder)))
    if as_json:
        print(json.dumps(found.as_data(), indent=1))
    else:
        every = {each.code: each for family in checks().values() for each in family}
        for code, number in found.counts.items():
            check = every[code]
            out.print(code, style=STYLES[check.severity], end="")
            out.print(f" {number:,} {check.severity}{'s' if number > 1 else ''}: {check.says}")
            for finding in [one for one in found.findings if one.code == code][:SHOWN]:
                out.print(f"     {': '.join(filter(None, (', '.join(finding.ids), finding.evidence)))}")
            if number > SHOWN:
                out.print(f"     and {number - SHOWN:,} more (--json, --html)")
            out.print(f"     {check.advice}", style="dim")
        skipped = f", {len(found.not_made)} not made for want of columns ({', '.join(found.not_made)})"
        told = f"{found.rows:,} rows, {len(found.made)} checks{skipped if found.not_made else ''}: "
        told += f"{len(found.findings):,} finding{'' if len(found.findings) == 1 else 's'}, "
        told += f"{found.at_least('error'):,} of them errors"
        out.print(f"{told}{f'; {found.known:,} more are known' if found.known else ''}.")
    if fail_on != "never" and found.at_least(fail_on):
        raise SystemExit(1)


def _smiles(folder: Path, ids: Iterable[str]) -> dict[str, str | None]:
    from hemdata.curate.describe import rows

    with rows(folder) as ask:
        found = ask("SELECT id, coalesce(canonical_smiles, smiles) FROM rows WHERE list_contains(?, id)", sorted(ids))
    return dict(found)


def _write(path: Path, text: str) -> None:
    from hemdata.report.page.written import write_page

    write_page(path, text)
