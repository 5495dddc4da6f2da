"""The sections on errors, from tables made by hand: what stands in them, where they are not, and where things are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from linkage.diagnostics.match_rate import match_rate
from linkage.report import write_report
from linkage.report.curves import SweepPoint, reliability_places, sweep_chart
from linkage.report.funnel_facts import Funnel, Segment, segments
from linkage.report.residue_facts import residue_of
from linkage.sql import Connection, connect
from linkage.stats import CalibrationBin
from tests.diagnostics.small_run import SUBGROUPS, make_run
from tests.report.made_errors import fill_errors, write_masked


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("project") / "run")


@pytest.fixture(scope="module")
def con(run: Path) -> Iterator[Connection]:
    with connect(run / "run.duckdb") as made:
        match_rate(made, SUBGROUPS)
        yield made


def page_of(con: Connection, run: Path) -> Any:
    write_report(con, json.loads((run / "manifest.json").read_text()), run / "report.html")
    return html.document_fromstring((run / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(con: Connection, run: Path) -> Any:
    fill_errors(con)
    write_masked(run / "diagnostics")
    return page_of(con, run)


def cells(page: Any, caption: str) -> list[list[str]]:
    table = next(t for t in page.iter("table") if t.findtext("caption").startswith(caption))
    return [[cell.text_content().strip() for cell in row] for row in table.find("tbody")]


def said(page: Any, section: str) -> str:
    return " ".join(page.get_element_by_id(section).text_content().split())


def test_missed_pairs_stand_behind_their_plot_and_few_are_named_without_a_rate(page: Any) -> None:
    assert cells(page, "Missed pairs by ethnicity") == [
        ["White British", "60", "600", "10.0%", "7.8% to 12.7%", "", "compared with"],
        ["Gypsy/Roma", "60", "200", "30.0%", "24.1% to 36.7%", "3.00 (2.20 to 4.10)", "higher than White British"],
        ["Irish", "8", "200", "4.0%", "2.0% to 7.7%", "0.40 (0.20 to 0.80)", "not enough evidence"],
        ["all", "130", "1,009", "12.9%", "11.0% to 15.1%", "", ""],
    ]
    assert "Too few pairs to say anything: Too few." in said(page, "missed")
    rows = page.get_element_by_id("missed").find_class("row")
    assert [" ".join(row.text_content().split()) for row in rows] == [
        "White British10.0%", "Gypsy/Roma more often30.0%", "Irish4.0%", "5 to 960.0%", "10 to 1595.0%"]  # fmt: skip


def test_recall_of_children_without_an_identifier_stands_with_those_who_were_missed(page: Any) -> None:
    assert cells(page, "Recall of children without an identifier by age") == [
        ["5 to 9", "50", "60.0%", "40.0% to 80.0%", "0.0%", "60.0% to 60.0%"],
        ["10 to 15", "500", "95.0%", "90.0% to 98.0%", "5.0%", "90.2% to 95.2%"],
        ["all", "956", "90.0%", "85.0% to 94.0%", "10.0%", "81.0% to 91.0%"],
    ]
    told = said(page, "missed")
    assert "as far as there are children with one who are like them, is 90.0% (95% interval 85.0% to 94.0%)" in told
    assert "For 10.0% of them there is nobody like them to go by" in told
    assert "Too few pairs to say anything: 16 and 17." in told
    assert "probably missed more often" not in told
    figure = next(f for f in page.iter("figure") if f.find("figcaption").get("id") == "plot-residue-1")
    # An axis from 50 to 100%: 5 to 9 in grey, as it rests on 50 pairs, its interval from 40% cut to it.
    assert [row.get("class") for row in figure.find_class("row")] == ["row few", "row"]
    assert [path.get("d") for path in figure.find_class("interval")] == ["M0.0 10H60.0", "M80.0 10H96.0"]


def test_where_nothing_was_carried_over_nothing_is_said_of_children_without_an_identifier(tmp_path: Path) -> None:
    assert residue_of(tmp_path) is None
    write_masked(tmp_path)
    text = (tmp_path / "masked_validation.csv").read_text(encoding="utf-8")
    (tmp_path / "masked_validation.csv").write_text(text.replace("956,0.9,", "9,,"), encoding="utf-8")
    assert residue_of(tmp_path) is None


def test_the_headline_says_who_was_missed_and_what_it_may_do(page: Any) -> None:
    told = said(page, "headline")
    assert "Of 1,009 pairs known to be one child, 12.9% were not found once their identifier was hidden." in told
    assert "Ethnicity, Gypsy/Roma: 30.0% missed, against 10.0% of White British." in told
    assert "For 2 comparisons of groups there is not enough evidence." in told
    # Recall 0.7 against 0.9.
    assert "would be 0.78 times as frequent for Gypsy/Roma as for White British (ethnicity)" in told
    assert "between 20.0% and 40.0% whatever the unlinked are like" in told


def test_what_it_may_do_to_a_finding(page: Any) -> None:
    assert cells(page, "Groups that are missed") == [
        ["Ethnicity", "Gypsy/Roma", "White British", "70.0%", "90.0%", "0.78 to 1"]]  # fmt: skip
    assert cells(page, "Statistics that the project names") == [
        ["SEN among <children> in need", "1,000", "80.0%", "25.0%", "20.0%", "40.0%", "30.0%", "50.0%"]]  # fmt: skip
    assert "no evidence of no difference" in said(page, "impact")


def test_the_worst_served_is_named_as_far_as_it_is_told(page: Any) -> None:
    assert cells(page, "The worst served of the children") == [
        ["Age", "18 and over, 1 to 4", "4", "75.0%", "97.0%"],
        ["Sex", "not enough evidence", "2", "91.0%", "92.0%"],
    ]


def test_the_funnel_is_told_by_stage_group_and_source(page: Any) -> None:
    stages = [" ".join(row.text_content().split()) for row in page.get_element_by_id("funnel").find_class("row")][:6]
    assert stages == ["Known to be one child100 100.0%", "Hold enough in common90 90.0%", "Looked at80 80.0%",
                      "Weighed as likely70 70.0%", "Linked60 60.0%", "One person in the end55 55.0%"]  # fmt: skip
    assert cells(page, "Known pairs by stage and sex") == [
        ["F", "60", "55", "50", "45", "40", "40", "66.7%", "too few fields"],
        ["M", "40", "35", "30", "25", "20", "15", "37.5%", "too few fields"],
    ]
    assert cells(page, "Known pairs by stage and pair of sources")[0][0] == "census and cin"
    assert cells(page, "Records by how far") == [
        ["census", "cin", "4", "no model", "3", "3", "2", "2", "50.0%", ""]]  # fmt: skip


def test_other_thresholds_stand_behind_their_curves(page: Any) -> None:
    assert cells(page, "Links, persons, expected precision") == [
        ["0.5", "900", "8,100", "97.00%", "99.00%"], ["0.95, this run", "850", "8,150", "99.00%", "96.00%"],
        ["0.99", "700", "8,300", "99.90%", "81.00%"]]  # fmt: skip


def test_confidence_is_shown_with_and_without_calibration(page: Any) -> None:
    assert len(page.get_element_by_id("validation").find_class("reliability")) == 2
    # Of the pairs of records 0, 1 and 2 the first two are one child.
    assert [row[0] for row in cells(page, "3 pairs that the model weighed, by calibrated")] == [
        "30.0%",
        "60.0%",
        "90.0%",
    ]
    assert [row[2].split()[0] for row in cells(page, "3 pairs that the model weighed, by as the model")] == [
        "100.0%", "100.0%", "0.0%"]  # fmt: skip


def test_every_drawing_of_them_is_hidden_from_or_named_for_who_cannot_see_it(page: Any) -> None:
    for drawing in page.iter("svg"):
        assert drawing.get("aria-hidden") == "true" or drawing.get("aria-label")
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert {link.get("href")[1:] for link in page.iter("a")} <= set(ids)
    assert all(label in ids for element in page.iter() if (label := element.get("aria-labelledby")))


def test_without_hidden_identifiers_it_says_what_the_numbers_rest_on(con: Connection, run: Path, page: Any) -> None:
    fill_errors(con, basis="expected from confidences")
    con.execute("delete from diagnostics__funnel where unit <> 'record'")
    other = page_of(con, run)
    assert "those that the confidences themselves foretell" in said(other, "missed")
    assert "12.9% of the true pairs among those compared were missed" in said(other, "headline")
    assert "nobody knows how many have a partner to be found" in said(other, "funnel")


def test_a_section_without_a_row_is_not_there(con: Connection, run: Path, page: Any) -> None:
    for table in ("error_by_subgroup", "threshold_sweep", "tipping_point", "funnel"):
        con.execute(f"delete from diagnostics__{table}")
    other = page_of(con, run)
    ids = {element.get("id") for element in other.iter()}
    assert not ids & {"missed", "impact", "sweep", "funnel"}
    assert "Who was missed" not in other.text_content()


def test_curves_stand_at_the_log_odds_of_their_thresholds() -> None:
    points = [SweepPoint(0.1, 0.9, 1.0, False), SweepPoint(0.5, 0.95, 0.96, True), SweepPoint(0.9, None, 0.9, False)]
    chart = sweep_chart(points)
    assert chart is not None
    assert chart.low == 0.9
    assert [(at.x, at.y) for at in chart.precision] == [(0.0, 100.0), (50.0, 50.0)]
    assert [(at.x, at.y) for at in chart.recall] == [(0.0, 0.0), (50.0, 40.0), (100.0, 100.0)]
    assert chart.run == 50.0
    assert chart.ticks == (("0.1", 0.0), ("0.5", 50.0), ("0.9", 100.0))
    assert sweep_chart(points[:1]) is None


def test_a_bin_stands_at_its_confidence_and_at_what_came_true() -> None:
    (place,) = reliability_places([CalibrationBin(1, 40, 0.25, 0.75, 0.6, 0.85)])
    assert (place.x, place.y, place.lo, place.hi) == (25.0, 25.0, 40.0, 15.0)


def test_a_bar_is_all_of_a_group_found_first_and_then_lost_from_the_last_stage_on() -> None:
    funnel = Funnel("all", "all", "", "sex", "F", (100, 90, 90, 70, 60, 55), "scored")
    assert funnel.lost == (("comparable", 10), ("blocked", 0), ("scored", 20), ("accepted", 10), ("survived", 5))
    assert segments(funnel) == (
        Segment("found", 0.0, 55.0), Segment("survived", 55.0, 5.0), Segment("accepted", 60.0, 10.0),
        Segment("scored", 70.0, 20.0), Segment("comparable", 90.0, 10.0))  # fmt: skip
