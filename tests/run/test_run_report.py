"""`report` on a finished run: both pages again; and what the public one of a real run may not hold."""

from __future__ import annotations

import csv
import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import html

import linkage.diagnose
import linkage.stages
from linkage.errors import InputError, RefusedError, UsageError
from linkage.report import write_reports_again

ALLOWED = {"95", "0", "5", "10", "20", "50", "80", "90", "100"}  # of intervals, ends of axes, and the profile's name
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "run")
    return tmp_path / "run"


def numbers(text: str) -> set[str]:
    return {f"{Decimal(found.replace(',', '')).normalize():f}" for found in NUMBER.findall(text)}


def pages(run: Path) -> dict[str, bytes]:
    return {name: (run / name).read_bytes() for name in ("report.html", "public/report.html")}


def test_both_pages_are_made_again_to_the_same_bytes_and_nothing_else_changes(copied: Path) -> None:
    before = pages(copied)
    others = {path: path.read_bytes() for path in copied.rglob("*") if path.is_file() and path.suffix != ".html"}
    for name in before:
        (copied / name).unlink()
    made = write_reports_again(copied)
    assert pages(copied) == before
    assert (made.report, made.public) == (copied / "report.html", copied / "public" / "report.html")
    assert {
        path: path.read_bytes() for path in copied.rglob("*") if path.is_file() and path.suffix != ".html"
    } == others


def test_the_public_page_of_a_run_has_no_number_that_its_tables_do_not_have(whole: Path) -> None:
    tables = "\n".join(path.read_text(encoding="utf-8") for path in (whole / "public").glob("*.csv"))
    known = {*numbers(tables), *(f"{(Decimal(n) * 100).normalize():f}" for n in numbers(tables))}
    page = html.document_fromstring((whole / "public" / "report.html").read_text(encoding="utf-8"))
    said = " ".join([*page.find("body").itertext(), *(e.get("aria-label") or "" for e in page.iter())])
    assert len(numbers(said)) > 30
    assert not numbers(said) - known - ALLOWED


def test_what_a_public_table_hides_is_nowhere_in_its_lines_of_the_page(whole: Path) -> None:
    public, exact = (
        list(csv.DictReader((whole / folder / "match_rate.csv").read_text(encoding="utf-8").splitlines()))
        for folder in ("public", "diagnostics")
    )
    page = html.document_fromstring((whole / "public" / "report.html").read_text(encoding="utf-8"))
    lines = {
        (details.findtext("summary"), h3.text_content(), table.findtext("caption"), row[0].text_content()):
            [cell.text_content() for cell in row]
        for details in page.get_element_by_id("rates").find_class("pair")
        for h3, plots in zip(details.iter("h3"), details.find_class("plots"), strict=True)
        for table in plots.iter("table")
        for row in table.find("tbody")
    }  # fmt: skip
    hidden = 0
    for told, counted in zip(public, exact, strict=True):
        if told["linked_status"] != "confidential" or told["subgroup_var"] == "all":
            continue
        own, other = ("source_l", "source_r") if told["side"] == "l" else ("source_r", "source_l")
        asked = f"Of the records of {told[own]}, how many have a partner in {told[other]}"
        found = [
            line
            for (_, question, caption, group), line in lines.items()
            if question == asked and group == told["subgroup"] and caption.lower().endswith(_title(told))
        ]
        assert found
        assert all(line[1] == "c" and line[3] == "c" for line in found)
        assert counted["rate"] not in " ".join(map(str, found))
        hidden += 1
    assert hidden


def _title(row: dict[str, str]) -> str:
    titles = {"sen": "special educational needs", "fsm": "free school meals"}
    return titles.get(row["subgroup_var"], row["subgroup_var"])


def test_where_the_public_tables_are_refused_there_is_no_public_page(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> dict[str, int]:
        raise RefusedError("Counts that must not be told could be worked out from the public tables.")

    monkeypatch.setattr(linkage.stages, "publish", refuse)
    monkeypatch.setattr(linkage.diagnose, "diagnostics", lambda _: {})
    with pytest.raises(RefusedError):
        linkage.diagnose.diagnose(copied, threads=2)
    assert not (copied / "public" / "report.html").exists()


def test_what_is_no_run_says_so(copied: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no finished run"):
        write_reports_again(tmp_path / "nowhere")
    shutil.rmtree(copied / "public")
    assert write_reports_again(copied).public is None
    (copied / "run.duckdb").write_bytes(b"no database at all")
    with pytest.raises(UsageError, match="cannot be opened"):
        write_reports_again(copied)
    (copied / "run.duckdb").unlink()
    with pytest.raises(UsageError, match="no working tables"):
        write_reports_again(copied)
    (copied / "manifest.json").write_text("[", encoding="utf-8")
    with pytest.raises(InputError, match="manifest"):
        write_reports_again(copied)
