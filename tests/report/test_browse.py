"""The page of a built set in a real browser, narrow and wide, light and dark; its drawings for terminals."""

from pathlib import Path
from typing import Any

import pytest
from made_shards import write
from test_page import CHROMIUM, DRIVER, browser, find, size  # noqa: F401

from hemdata.report.page.browse import browse
from hemdata.report.page.drawings import standing_alone
from hemdata.report.terminal import braille, image, protocol
from hemdata.shards import read_manifest

in_browser = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no chromium or chromedriver on PATH")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("browse") / "made-up"
    write(made)
    return made


@pytest.fixture(scope="module")
def set_page(folder: Path) -> Path:
    return browse(folder)


def test_the_page_states_every_count_and_is_the_same_twice(folder: Path, set_page: Path, tmp_path: Path) -> None:
    text, manifest = set_page.read_text(encoding="utf-8"), read_manifest(folder)
    assert browse(folder, tmp_path / "again.html").read_text(encoding="utf-8") == text
    for reason, count in manifest.counts.rejected.items():
        assert f"{reason}: {count:,}" in text
    assert all(shard.sha256 in text for shard in manifest.shards)


@in_browser
@pytest.mark.parametrize("width", [360, 1300])
def test_nothing_overflows_and_the_console_is_silent(browser: Any, set_page: Path, width: int) -> None:  # noqa: F811
    size(browser, width)
    browser.get(set_page.as_uri())
    assert browser.get_log("browser") == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    background = "return getComputedStyle(document.body).backgroundColor"
    before = browser.execute_script(background)
    find(browser, ".theme")[0].click()
    assert browser.execute_script(background) != before
    find(browser, ".theme")[0].click()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "xterm-kitty", "TMUX": "1"}, None),
    ],
)
def test_a_terminal_gets_an_image_only_if_it_says_so(environment: dict[str, str], expected: str | None) -> None:
    assert protocol(environment, True) == expected
    assert protocol(environment, False) is None


def test_a_molecule_in_letters_and_as_an_image() -> None:
    nitromethane = braille("C[N+](=O)[O-]", 40, 12) or ""
    assert "N+" in nitromethane
    assert "O-" in nitromethane
    assert all(len(line) <= 40 for line in nitromethane.splitlines())
    assert "CH4" in (braille("C") or "")
    assert braille("nonsense") is None
    assert (image("CCO", "kitty") or "").startswith("\x1b_Ga=T,f=100,")
    assert (image("CCO", "iterm2") or "").startswith("\x1b]1337;File=inline=1")
    assert "xmlns" in (standing_alone("CCO") or "")
