"""The reports as a browser without a network shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from linkage.diagnostics.match_rate import match_rate
from linkage.report import write_public_report, write_report
from linkage.sql import connect
from tests.diagnostics.small_run import SUBGROUPS, make_run
from tests.report.browser import Browser, browser_path, offline_browser
from tests.report.made_errors import fill_errors, write_masked, write_public

PATH = browser_path()
pytestmark = pytest.mark.skipif(PATH is None, reason="no chromium on PATH")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = make_run(tmp_path_factory.mktemp("project") / "run")
    with connect(run / "run.duckdb") as con:
        match_rate(con, SUBGROUPS)
        fill_errors(con)
        write_masked(run / "diagnostics")
        write_report(con, json.loads((run / "manifest.json").read_text()), run / "report.html")
    return run / "report.html"


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_public(tmp_path_factory.mktemp("public") / "public")
    write_public_report(folder)
    return folder / "report.html"


@pytest.fixture(params=["secure", "public"])
def opened(request: pytest.FixtureRequest, report: Path, public: Path) -> Path:
    return public if request.param == "public" else report


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert PATH is not None
    with offline_browser(PATH, tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.mark.parametrize("width", [400, 1200])
def test_it_opens_without_a_request_or_a_word_on_the_console_and_never_scrolls_sideways(
    browser: Browser, opened: Path, report: Path, width: int
) -> None:
    browser.open(opened.as_uri(), width=width)
    assert browser.value("document.querySelectorAll('h2').length") == (19 if opened == report else 7)
    asked = [e["params"]["request"]["url"] for e in browser.events if e.get("method") == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith("data:")] == [opened.as_uri()]
    said = [e for e in browser.events if e.get("method") in ("Log.entryAdded", "Runtime.consoleAPICalled",
                                                             "Runtime.exceptionThrown")]  # fmt: skip
    assert said == []
    browser.value("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.value("document.documentElement.scrollWidth") <= width


DRAWN = """[...document.querySelectorAll('section svg')].filter(s => {
  const at = s.getBoundingClientRect(); return s.checkVisibility() && (at.width < 20 || at.height < 5) }).length"""


@pytest.mark.parametrize("width", [400, 1200])
def test_every_chart_has_room_and_stays_within_the_window(browser: Browser, opened: Path, width: int) -> None:
    browser.open(opened.as_uri(), width=width)
    browser.value("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.value(DRAWN) == 0
    outside = f"""[...document.querySelectorAll('figure svg')].filter(s => {{
      const at = s.getBoundingClientRect(); return at.left < 0 || at.right > {width} }}).length"""
    assert browser.value(outside) == 0
    curves = browser.value("document.querySelector('.curves .framed > svg').getBoundingClientRect().height")
    assert curves > 100


def test_printed_everything_is_open(browser: Browser, opened: Path) -> None:
    browser.open(opened.as_uri(), width=1200)
    shown = "[...document.querySelectorAll('details table')].every(t => t.checkVisibility())"
    assert browser.value(shown) is False
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.value(shown) is True
    browser.call("Emulation.setEmulatedMedia", media="")
