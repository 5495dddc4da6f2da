"""The report of a run made by hand: what stands in it, what must not, and that it is one sound page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from linkage.diagnostics.match_rate import match_rate
from linkage.report import charts, write_report
from linkage.report.evidence_facts import Rate, RateTable, WeightBars
from linkage.report.facts import largest_persons
from linkage.report.headline import headline_of
from linkage.report.page import PairFigures, RateFigure
from linkage.report.words import percent, small
from linkage.sql import connect
from tests.diagnostics.small_run import CHILDREN, SUBGROUPS, make_run

SECTIONS = (
    "In short", "Counts", "Link rates by subgroup", "Beyond reach", "Validation on hidden identifiers",
    "Weights of pairs", "What each field is worth", "Rules", "Blocking", "Persons", "Families",
    "Contradictions", "Findings about the sources",
    "Doubts of the training", "Made from",
)  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_run(tmp_path_factory.mktemp("project") / "run")
    with connect(made / "run.duckdb") as con:
        match_rate(con, SUBGROUPS)
        write_report(con, json.loads((made / "manifest.json").read_text()), made / "report.html")
    return made


@pytest.fixture(scope="module")
def text(run: Path) -> str:
    return (run / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Any:
    return html.document_fromstring(text)


def cells(page: Any, caption: str) -> list[list[str]]:
    """Text of the body cells of the table with a caption that begins so."""
    table = next(t for t in page.iter("table") if t.findtext("caption").startswith(caption))
    return [[cell.text_content().strip() for cell in row] for row in table.find("tbody")]


def test_every_section_is_there_under_its_heading(page: Any) -> None:
    assert [heading.text_content() for heading in page.iter("h2")] == list(SECTIONS)
    assert page.find(".//h1").text_content() == "babies & <others>"


def test_the_headline_says_what_was_linked_how_sure_and_what_to_look_at(page: Any) -> None:
    said = " ".join(page.get_element_by_id("headline").text_content().split())
    assert "7 records of 2 sources are 5 persons." in said
    assert "4 of the records (57.1%) share a person" in said
    assert "2 links: 50.0% by rules" in said
    # 0.01 and 0.03 of a link are expected to be false: 0.04 of 2.
    assert "some 0 of the links (2.00%) may be false" in said
    assert "Pairs that wait for a person to decide: 1." in said
    assert "Blocking keys too common to compare, where links may be missed: 1." in said


def test_counts_per_source_and_pair(page: Any) -> None:
    assert cells(page, "Sources:") == [["census", "4", "4", "2", "2"], ["cin", "3", "3", "2", "1"]]
    assert cells(page, "Links by stage") == [["census", "cin", "1", "1", "0", "1", "2 of 4", "1 of 3"]]
    assert cells(page, "How sure") == [
        ["rules", "assumed", "1", "0.9900", "0.0"], ["the model", "modelled", "1", "0.9700", "0.0"]]  # fmt: skip
    assert cells(page, "Rows that were left out") == [["cin", "adult", "3"]]


def test_link_rates_stand_behind_their_plots(page: Any) -> None:
    assert cells(page, "Link rate of census into cin by sex") == [
        ["F", "1", "3", "33.3%", "6.1% to 79.2%"], ["M", "1", "1", "100.0%", "20.7% to 100.0%"],
        ["all", "2", "4", "50.0%", "15.0% to 85.0%"],
    ]  # fmt: skip
    # Nothing is drawn of a variable that no record of the side knows.
    captions = [t.findtext("caption") for t in page.iter("table")]
    assert "Link rate of census into cin by favourite" in captions
    assert "Link rate of cin into census by favourite" not in captions


def test_model_rules_blocking_conflicts_findings_and_doubts(page: Any) -> None:
    levels = cells(page, "Levels of the model")
    assert levels[0][:6] == ["forename", "same", "0.8", "0.1", "", "+3.0"]
    assert levels[1][5] == "−2.2"
    assert cells(page, "Rules in the order") == [
        ["name_and_birth", "2", "1", "1", "0", "0.9900", "assumed"],
        ["uln", "0", "0", "0", "0", "", "linked nothing"],
    ]
    assert cells(page, "Blocking rules") == [["1", "dob", "2", "6", "1", "30,000"]]
    conflict = cells(page, "Contradictions by kind")[0]
    assert conflict[0] == "likely by the evidence, and a guard held it"
    assert conflict[3] == "1"
    assert cells(page, "What was noticed") == [["cin", "dob", "1", "default dates", "dates_default"]]
    assert cells(page, "Where the model rests")[0][1] == "dob, same year, month not known"


def test_weights_are_counted_by_decision(page: Any) -> None:
    rows = cells(page, "Pairs by weight")
    assert rows == [["6", "linked", "2"], ["0", "for review", "1"], ["−10", "compared and left", "1"]]


def test_persons_are_counted_by_size(page: Any) -> None:
    assert [row[:2] for row in cells(page, "Persons by number")] == [["1", "3"], ["2", "2"]]


def test_the_largest_persons_are_told_by_their_sources(run: Path, tmp_path: Path) -> None:
    (tmp_path / "run.duckdb").write_bytes((run / "run.duckdb").read_bytes())
    with connect(tmp_path / "run.duckdb") as con:
        con.execute("update persons set person_no = 0, person_size = 4 where record_id in (0, 1, 2, 4)")
        con.execute("update persons set person_no = 9, person_size = 3 where record_id in (3, 5, 6)")
        found = largest_persons(con)
    assert [(item.size, item.sources, item.persons) for item in found] == [
        (4, "3 census, 1 cin", 1), (3, "1 census, 2 cin", 1)]  # fmt: skip


def test_a_gap_between_groups_is_pointed_at_only_where_it_is_clear_and_a_partner_is_expected() -> None:
    def said(variable: str, low: Rate, high: Rate, total: Rate) -> list[str]:
        table = RateTable("a", "b", "l", variable, total, (low, high))
        figure = RateFigure(table, charts.dot_plot(table), "Sex")
        pair = PairFigures("a and b", True, [("", [figure])])
        facts = {"sources": (), "reaches": (), "sizes": (), "sureness": (), "pairs": (), "conflicts": (), "large": (),
                 "blocks": (), "doubts": (), "findings": (), "figures": [pair]}  # fmt: skip
        return [text for _, text in headline_of(facts).look_at]

    total = rate("all", 1700, 2000, 0.83, 0.87)
    low, high = rate("F", 800, 1000, 0.77, 0.82), rate("M", 900, 1000, 0.88, 0.92)
    assert said("sex", low, high, total) == ["The link rate of a into b differs by sex: 80.0% (F) to 90.0% (M)."]
    assert said("age", low, high, total) == []
    assert said("sex", rate("F", 80, 99, 0.7, 0.85), high, total) == []
    assert said("sex", rate("F", 800, 1000, 0.7, 0.89), high, total) == []
    assert said("sex", low, high, rate("all", 400, 2000, 0.18, 0.22)) == []


def test_no_key_and_no_value_of_a_record_is_in_it(text: str) -> None:
    told = [str(value) for child in CHILDREN for value in child[3:7] if value is not None]
    assert not [value for value in (*told, "H801200001001", "01/01/1900") if value in text]


def test_timings_of_the_run_are_not_in_it(text: str) -> None:
    assert "98765" not in text


def test_the_page_needs_nothing_else_and_runs_nothing(page: Any, text: str) -> None:
    assert not list(page.iter("script"))
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)""", text)
    assert not re.findall(r"@import|url\(", text)
    assert "https:" not in text
    assert "http:" not in text


def test_text_from_settings_is_escaped(text: str) -> None:
    assert "<others>" not in text
    assert "babies &amp; &lt;others&gt;" in text


def test_tables_and_charts_can_be_read_without_sight(page: Any) -> None:
    assert page.get("lang") == "en-GB"
    assert {"header", "nav", "main", "footer"} <= {element.tag for element in page.iter()}
    for table in page.iter("table"):
        assert table.findtext("caption")
        assert all(head.get("scope") in ("col", "row") for head in table.iter("th"))
    for drawing in page.iter("svg"):
        assert drawing.get("aria-hidden") == "true" or drawing.get("aria-label")
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    targets = [link.get("href")[1:] for link in page.iter("a")]
    assert set(targets) <= set(ids)
    assert all(label in ids for element in page.iter() if (label := element.get("aria-labelledby")))


def test_the_same_run_gives_the_same_bytes(run: Path, tmp_path: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    with connect(run / "run.duckdb", threads=4) as con:
        write_report(con, manifest, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_bytes() == (run / "report.html").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_run_without_a_model_or_a_link_has_a_report(run: Path, tmp_path: Path) -> None:
    (tmp_path / "run.duckdb").write_bytes((run / "run.duckdb").read_bytes())
    with connect(tmp_path / "run.duckdb") as con:
        for table in ("model_parameters", "rule_precision", "source_pair_priors", "scored_pairs", "judged_pairs"):
            con.execute(f"drop table {table}")
        for table in ("links", "conflicts"):
            con.execute(f"delete from {table}")
        con.execute("update persons set person_no = record_id, person_size = 1")
        match_rate(con, ())
        write_report(con, {"project": {"name": "nothing"}}, tmp_path / "report.html")
    page = html.document_fromstring((tmp_path / "report.html").read_text())
    said = page.text_content()
    assert "No pair was linked." in said
    assert "The run had no model." in said
    assert "No pair has a weight." in said


def rate(subgroup: str, linked: int, records: int, lo: float, hi: float) -> Rate:
    return Rate(subgroup, linked, records, linked / records, lo, hi)


def test_the_axis_of_a_plot_takes_in_every_rate_and_the_intervals_of_large_groups() -> None:
    total = rate("all", 1850, 2000, 0.91, 0.94)
    table = RateTable("a", "b", "l", "sex", total, (rate("F", 940, 1000, 0.92, 0.95), rate("M", 910, 1000, 0.89, 0.93)))
    plot = charts.dot_plot(table)
    assert (plot.low, plot.high) == (0.8, 1.0)
    assert (plot.dots[0].at, plot.dots[0].lo, plot.dots[0].hi) == (70.0, 60.0, 75.0)
    small_group = RateTable("a", "b", "l", "sex", total, (*table.rates, rate("unknown", 3, 4, 0.3, 0.95)))
    assert charts.dot_plot(small_group).low == 0.5
    assert charts.dot_plot(small_group).dots[2].lo == 0.0
    rare = rate("all", 10, 1000, 0.006, 0.018)
    assert charts.dot_plot(RateTable("a", "b", "l", "sex", rare, (rare,))).high == 0.05


def test_bars_of_a_histogram_stand_at_their_weights() -> None:
    counts = [0] * 25
    counts[0], counts[5] = 2, 4
    found = charts.histogram(WeightBars("link", tuple(counts)))
    assert [(bar.bits, bar.left, bar.top, bar.height, bar.pairs) for bar in found.bars] == [
        (-10, 0.0, 50.0, 50.0, 2), (0, 20.0, 0.0, 100.0, 4)]  # fmt: skip
    assert (found.most, found.total) == (4, 6)
    assert charts.place_of_confidence(0.5) == 20.0
    assert charts.place_of_confidence(1.0) == 100.0


def test_a_bar_of_evidence_goes_right_for_and_left_against() -> None:
    assert charts.evidence_bar(8) == (50.0, 25.0)
    assert charts.evidence_bar(-8) == (25.0, 25.0)
    assert charts.evidence_bar(-100) == (0.0, 50.0)


def test_a_share_is_never_rounded_to_all_or_nothing() -> None:
    shown = [percent(share) for share in (0, 0.0001, 0.5, 0.9999, 1)]
    assert shown == ["0.0%", "under 0.1%", "50.0%", "over 99.9%", "100.0%"]
    assert percent(0.99999, 2) == "over 99.99%"
    assert small(0.00003) == "0.000030"
