"""The pages of `hemdata lint --html` and `hemdata suspects --html` in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from own_files import molecules
from test_page import axe, browser, find, pytestmark, size, violations  # noqa: F401

from hemdata.assess.suspects.screen import Screen, Suspect
from hemdata.curate.lint.check import Finding
from hemdata.curate.lint.run import Linted, checks
from hemdata.report.page.findings import DRAWN, lint_page
from hemdata.report.page.suspects import suspects_page

BAD = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module", params=["lint", "suspects"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp(request.param) / f"{request.param}.html"
    rows = molecules("test-groups@gfn2-xtb", 60)
    if request.param == "lint":
        every = [its for family in checks().values() for its in family]
        codes = sorted(its.code for its in every)
        severity = {its.code: its.severity for its in every}
        wrong = [Finding(code, severity[code], (row["id"],), BAD) for code in codes[:2] for row in rows[: DRAWN + 1]]
        wrong += [Finding(codes[2], severity[codes[2]], (rows[0]["id"], rows[1]["id"]), "two")]
        return lint_page(
            Linted("mine", 60, wrong, codes, {"L01": ["split"]}, 3), {r["id"]: r["smiles"] for r in rows}, out
        )
    judged = {0: ("confirmed", 12.5, "zero-point energy left in"), 1: ("cleared", 0.01, None)}
    told = [
        Suspect(BAD if i == 3 else row["id"], row["smiles"], row["energy_hartree"], (-1) ** i * (70.0 - i),
                9.0 - i / 10, 0.9 - i / 80, *judged.get(i, ()))
        for i, row in enumerate(rows)
    ]  # fmt: skip
    return suspects_page(Screen("mine", "gfn2-xtb", told, {"no energy": 2}, 1.4), out)


@pytest.fixture
def opened(browser: Any, page: Path) -> Any:  # noqa: F811
    size(browser, 1400)
    browser.get("about:blank")
    browser.get(page.as_uri())
    return browser


def test_the_console_is_silent_and_molecules_are_drawn(opened: Any) -> None:
    assert opened.get_log("browser") == []
    drawings = find(opened, ".molecules li svg")
    assert len(drawings) > 40
    assert all(drawing.size["height"] > 40 for drawing in drawings)
    assert find(opened, "main img") == []  # what a row is called is text
    assert BAD in find(opened, "main")[0].text
    assert "`" not in find(opened, "main")[0].text


def test_the_table_has_the_rows_and_a_click_sorts_it(opened: Any, page: Path) -> None:
    heads = find(opened, "#overview thead th")
    column = 3 if page.stem == "lint" else 2

    def values() -> list[float]:
        cells = find(opened, f"#overview td:nth-child({column})")
        return [float(cell.get_attribute("data-value")) for cell in cells]

    before = values()
    assert len(before) == (3 if page.stem == "lint" else 2 + 30 + 28)
    opened.execute_script("arguments[0].click()", heads[column - 1].find_element("css selector", "button"))
    assert values() == sorted(before) != before
    assert heads[column - 1].get_attribute("aria-sort") == "ascending"


@pytest.mark.parametrize("width", [320, 1400])
def test_no_screen_is_too_narrow(opened: Any, width: int) -> None:
    size(opened, width)
    assert opened.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_that_bars_a_person(opened: Any, axe: str, theme: str) -> None:  # noqa: F811
    opened.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
    assert violations(opened, axe) == []
