"""The page in a real browser: tables sort, points speak, themes turn, and nothing is fetched."""

import hashlib
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_static_page import FIGURES

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="no chromium or chromedriver on PATH (Debian: chromium, chromium-driver)"
)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE = "4.14.1"
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"


@pytest.fixture(scope="session")
def axe(pytestconfig: pytest.Config) -> str:
    """axe-core's script (Deque, MPL-2.0), half a megabyte: fetched from npm once and kept in pytest's cache."""
    kept = pytestconfig.cache.mkdir("axe-core") / f"axe-{AXE}.min.js"
    if not kept.is_file():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("no npm on PATH to fetch axe-core with")
        fetch = [npm, "pack", f"axe-core@{AXE}", "--silent"]
        try:
            done = subprocess.run(fetch, cwd=kept.parent, capture_output=True, text=True, timeout=60)
        except subprocess.TimeoutExpired:
            pytest.skip("npm did not fetch axe-core in a minute")
        if done.returncode:
            pytest.skip(f"npm cannot fetch axe-core: {done.stderr.strip()[-200:]}")
        archive = kept.parent / done.stdout.split()[-1]
        with tarfile.open(archive) as packed:
            script = packed.extractfile("package/axe.min.js")
            assert script is not None
            kept.write_bytes(script.read())
        archive.unlink()
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == AXE_SHA256, "axe-core is not the one that was reviewed"
    return kept.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    profile = tmp_path_factory.mktemp("profile")
    for flag in [*FLAGS, f"--user-data-dir={profile}", "--window-size=1400,1000"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser: Any, page: Path) -> Any:
    """The page, fresh and whole: of the address that stands there already `get` may come back before it is."""
    from selenium.webdriver.support.ui import WebDriverWait

    size(browser, 1400)
    browser.get("about:blank")
    browser.get(page.as_uri())
    whole = "return document.readyState === 'complete' && document.getElementById('card') !== null"
    WebDriverWait(browser, 60).until(lambda driver: driver.execute_script(whole))
    return browser


def size(browser: Any, width: int, height: int = 1000) -> None:
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def find(browser: Any, selector: str) -> list[Any]:
    return list(browser.find_elements("css selector", selector))


def test_no_console_message_and_no_request(browser: Any, page: Path) -> None:
    browser.get("about:blank")
    browser.get_log("performance")  # what the browser's own first page asked for
    browser.get(page.as_uri())
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    requests = [
        message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"
    ]
    assert page.as_uri() in requests
    assert all(url == page.as_uri() or url.startswith("data:") for url in requests), requests


def test_tables_and_figures_are_seen(opened: Any) -> None:
    assert all(table.size["height"] > 30 for table in find(opened, "main section table") if table.is_displayed())
    figures = find(opened, "svg[role=img]")
    assert len(figures) == FIGURES
    assert all(figure.size["height"] > 60 and figure.size["width"] > 150 for figure in figures)


def test_a_click_sorts_and_a_second_turns_it_round(opened: Any) -> None:
    table = find(opened, "#published table")[0]
    head = table.find_elements("css selector", "thead th")[2]

    def values() -> list[float]:
        return [float(c.get_attribute("data-value")) for c in table.find_elements("css selector", "td:nth-child(3)")]

    unsorted = values()
    button = head.find_element("css selector", "button")
    opened.execute_script("arguments[0].click()", button)
    assert values() == sorted(unsorted) != unsorted
    assert head.get_attribute("aria-sort") == "ascending"
    opened.execute_script("arguments[0].click()", button)
    assert values() == sorted(unsorted, reverse=True)
    assert head.get_attribute("aria-sort") == "descending"


def test_pointing_at_a_molecule_shows_it(opened: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    card = find(opened, "#card")[0]
    assert not card.is_displayed()
    figure = find(opened, "svg[data-panel]")[0]
    panel = json.loads(figure.get_attribute("data-panel"))
    data = json.loads(find(opened, "#data")[0].get_attribute("textContent"))
    place = next(i for i, point in enumerate(data["models"]["painn"]["qm9"]["azoxy"]) if point)
    reference, predicted, error = data["models"]["painn"]["qm9"]["azoxy"][place]
    plot = panel["plots"][1]
    left, top, width, height = plot["box"]
    (x0, x1), (y0, y1) = plot["x"], plot["y"]
    x = left + width * (reference - x0) / (x1 - x0)
    y = top + height * (y1 - (predicted - reference)) / (y1 - y0)
    opened.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", figure)
    _, _, across, down = map(float, figure.get_dom_attribute("viewBox").split())
    scale = figure.size["width"] / across
    ActionChains(opened).move_to_element_with_offset(
        figure, round((x - across / 2) * scale), round((y - down / 2) * scale)
    ).perform()
    assert card.is_displayed()
    shown = {entry[0] for entry in data["molecules"]["azoxy"]}
    assert card.find_element("css selector", "b").text in shown
    assert card.find_element("css selector", "code").text in data["drawings"]
    assert card.find_element("css selector", "svg path").get_attribute("d")
    if data["molecules"]["azoxy"][place][0] == card.find_element("css selector", "b").text:
        assert f"{error:.1f}" in card.text


def test_the_keyboard_steps_through_the_molecules(opened: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    figure, card = find(opened, "svg[data-panel]")[1], find(opened, "#card")[0]
    opened.execute_script("arguments[0].focus()", figure)
    figure.send_keys(Keys.ARROW_RIGHT)
    first = card.text
    assert "kcal/mol" in first
    for _ in range(6):
        figure.send_keys(Keys.ARROW_RIGHT)
    assert card.text != first
    figure.send_keys(Keys.ESCAPE)
    assert not card.is_displayed()


def test_the_theme_turns_and_figures_follow(opened: Any) -> None:
    def colours() -> tuple[str, str]:
        script = "const f = (s) => getComputedStyle(document.querySelector(s));"
        body = opened.execute_script(script + "return f('body').backgroundColor")
        words = opened.execute_script(script + "return f('svg[role=img] text').fill")
        return body, words

    before = colours()
    opened.execute_script("document.querySelector('.theme').click()")
    after = colours()
    assert before[0] != after[0]
    assert before[1] != after[1]
    opened.execute_script("document.querySelector('.theme').click()")
    assert colours() == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_systems_theme_is_taken(browser: Any, page: Path, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(page.as_uri())
    browser.execute_script("localStorage.clear()")
    browser.get(page.as_uri())
    assert browser.execute_script("return document.documentElement.dataset.theme") == scheme
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("width", [320, 420, 800, 1400])
def test_no_screen_is_too_narrow(opened: Any, width: int) -> None:
    size(opened, width)
    assert opened.execute_script("return document.documentElement.scrollWidth") <= width


def test_it_reads_without_its_script(browser: Any, page: Path, tmp_path: Path) -> None:
    import re

    plain = tmp_path / "plain.html"
    plain.write_text(re.sub(r"<script.*?</script>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL))
    browser.get(plain.as_uri())
    assert all(figure.size["height"] > 60 for figure in find(browser, "svg[role=img]"))
    assert all(link.get_attribute("href").startswith("data:application/gzip") for link in find(browser, ".downloads a"))


def test_it_prints(opened: Any) -> None:
    printed = opened.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.7})
    assert len(printed["data"]) > 50_000


@pytest.mark.parametrize(
    ("theme", "width"), [pytest.param("light", 1400, marks=pytest.mark.slow), ("dark", 1400), ("light", 420)]
)
def test_axe_finds_nothing_that_bars_a_person(opened: Any, axe: str, theme: str, width: int) -> None:
    size(opened, width)
    opened.execute_script(
        "document.documentElement.dataset.theme = arguments[0];"
        "document.querySelectorAll('details').forEach((one) => { one.open = true; });",
        theme,
    )
    told = violations(opened, axe)
    assert told == []
    opened.execute_script("document.querySelector('main').append(document.createElement('img'))")
    assert [name for name, _ in violations(opened, axe)] == ["image-alt"]  # it does look


def violations(browser: Any, axe: str) -> list[tuple[str, list[str]]]:
    """Rules that the page breaks, and where."""
    browser.execute_script(axe)
    browser.set_script_timeout(60)
    found = browser.execute_async_script(
        "const done = arguments[0]; axe.run({resultTypes: ['violations']}).then(done, (e) => done({error: String(e)}));"
    )
    assert "error" not in found, found
    return [(one["id"], [str(node["target"]) for node in one["nodes"]][:4]) for one in found["violations"]]
