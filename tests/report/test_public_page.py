"""The public page: of the public tables, and of nothing else."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from linkage.report import write_public_report
from tests.report.made_errors import write_public

ALLOWED = {"95", "0", "50", "100", "10", "80", "90"}  # of intervals, ends of axes, and the name of the profile
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def numbers_of(folder: Path) -> set[str]:
    """Every number of the tables, as it is and as a percentage."""
    found: set[str] = set()
    for path in folder.glob("*.csv"):
        for row in csv.reader(path.read_text(encoding="utf-8").splitlines()):
            for cell in row:
                for text in NUMBER.findall(cell):
                    number = Decimal(text.replace(",", ""))
                    found |= {f"{number.normalize():f}", f"{(number * 100).normalize():f}"}
    return found


def told_by(page: Any) -> list[str]:
    """Every number that a reader of the page sees or hears."""
    heard = " ".join(element.get("aria-label") or "" for element in page.iter())
    seen = " ".join(page.find("body").itertext())
    return [f"{Decimal(text.replace(',', '')).normalize():f}" for text in NUMBER.findall(f"{seen} {heard}")]


@pytest.fixture
def public(tmp_path: Path) -> Path:
    folder = write_public(tmp_path / "public")
    assert write_public_report(folder)
    return folder


@pytest.fixture
def page(public: Path) -> Any:
    return html.document_fromstring((public / "report.html").read_text(encoding="utf-8"))


def test_every_number_of_the_page_is_one_of_the_tables(public: Path, page: Any) -> None:
    told = told_by(page)
    assert len(told) > 60
    assert not set(told) - numbers_of(public) - ALLOWED


def test_what_is_hidden_has_its_symbol_and_no_dot(page: Any) -> None:
    table = next(t for t in page.iter("table") if t.findtext("caption") == "Missed pairs by ethnicity")
    lines = [[cell.text_content() for cell in row] for row in table.find("tbody")]
    assert lines == [
        ["White <British>", "3,370", "11,710", "28.8%", "27.9% to 29.6%", "z", "z"],
        ["Gypsy/Roma", "100", "250", "40%", "30% to 50%", "1.4 (1.4 to 1.4)", "higher than White <British>"],
        ["Traveller", "c", "30", "c", "c", "c", "c"],
        ["Irish", "20", "60", "u", "u", "1.1 (1.1 to 1.1)", "not enough evidence"],
        ["all", "4,670", "16,360", "28.5%", "27.8% to 29.3%", "z", "z"],
    ]
    section = page.get_element_by_id("missed")
    assert [row.text_content() for row in section.find_class("row")] == [
        "White <British>28.8%", "Gypsy/Roma more often40%", "Gypsy/Roma70%"]  # fmt: skip
    assert "Not shown, see the table: Traveller, Irish." in section.text_content()
    assert "hidden, as it or another number could point to a child" in page.get_element_by_id("symbols").text_content()


def test_recall_of_children_without_an_identifier_and_what_is_withheld(page: Any) -> None:
    told = " ".join(page.get_element_by_id("missed").text_content().split())
    assert "90% of their pairs are found (95% interval 85% to 95%)" in told
    assert "probably missed more often" not in told
    table = next(t for t in page.iter("table") if (t.findtext("caption") or "").startswith("Recall of children"))
    assert [[cell.text_content() for cell in row] for row in table.find("tbody")] == [
        ["Gypsy/Roma", "100", "250", "70%", "65% to 75%"],
        ["Irish", "100", "250", "u", "u"],
        ["all", "100", "250", "90%", "85% to 95%"],
    ]
    listed = page.get_element_by_id("withheld").find(".//dl")
    assert [item.text_content() for item in listed] == ["name_agreement, whole", "groups told by their <names>"]


def test_what_it_may_do_to_a_finding_is_told_of_groups_that_are_told_apart(page: Any) -> None:
    rows = page.get_element_by_id("impact").find(".//tbody")
    assert [[cell.text_content() for cell in row] for row in rows] == [
        ["Ethnicity: Gypsy/Roma", "0.84 to 1", "0.71 and 0.98", "White <British>"]]  # fmt: skip


def test_the_page_needs_nothing_else_and_says_what_it_is(public: Path, page: Any) -> None:
    text = (public / "report.html").read_text(encoding="utf-8")
    assert not list(page.iter("script"))
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)|@import|url\(|https?:""", text)
    assert "Sources: cin, census." in page.text_content()
    assert "28.5% of the pairs of records of one child were missed" in page.text_content()
    assert "Ethnicity, Gypsy/Roma: 40% missed, against 28.8% of White <British>." in page.text_content()
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert {link.get("href")[1:] for link in page.iter("a")} <= set(ids)


def test_the_same_tables_give_the_same_bytes_and_none_gives_no_page(public: Path) -> None:
    before = (public / "report.html").read_bytes()
    assert write_public_report(public)
    assert (public / "report.html").read_bytes() == before
    for table in public.glob("*.csv"):
        table.unlink()
    assert not write_public_report(public)
    assert list(public.iterdir()) == []
    assert not write_public_report(public / "nowhere")
