"""The report as a browser without a network shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from linkage.diagnostics.match_rate import match_rate
from linkage.report import write_report
from linkage.sql import connect
from tests.diagnostics.small_run import SUBGROUPS, make_run
from tests.report.browser import Browser, browser_path, offline_browser

PATH = browser_path()
pytestmark = pytest.mark.skipif(PATH is None, reason="no chromium on PATH")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = make_run(tmp_path_factory.mktemp("project") / "run")
    with connect(run / "run.duckdb") as con:
        match_rate(con, SUBGROUPS)
        write_report(con, json.loads((run / "manifest.json").read_text()), run / "report.html")
    return run / "report.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert PATH is not None
    with offline_browser(PATH, tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.mark.parametrize("width", [400, 1200])
def test_it_opens_without_a_request_or_a_word_on_the_console(browser: Browser, report: Path, width: int) -> None:
    browser.open(report.as_uri(), width=width)
    assert browser.value("document.querySelectorAll('h2').length") == 15
    asked = [e["params"]["request"]["url"] for e in browser.events if e.get("method") == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    said = [e for e in browser.events if e.get("method") in ("Log.entryAdded", "Runtime.consoleAPICalled",
                                                             "Runtime.exceptionThrown")]  # fmt: skip
    assert said == []


@pytest.mark.parametrize("width", [400, 1200])
def test_the_page_itself_never_scrolls_sideways(browser: Browser, report: Path, width: int) -> None:
    browser.open(report.as_uri(), width=width)
    browser.value("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.value("document.documentElement.scrollWidth") <= width


def test_printed_everything_is_open(browser: Browser, report: Path) -> None:
    browser.open(report.as_uri(), width=1200)
    shown = "[...document.querySelectorAll('details table')].every(t => t.checkVisibility())"
    assert browser.value(shown) is False
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.value(shown) is True
    browser.call("Emulation.setEmulatedMedia", media="")
