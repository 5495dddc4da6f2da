"""Hopes: what little sources can be linked by, with every number by hand; and against what a run then finds."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

from little_sources import checked, table, upn

from linkage.diagnostics.readiness import Readiness
from linkage.diagnostics.readiness.evidence import Evidence
from linkage.diagnostics.readiness.hopes import COARSE, JOIN, NAMED, NOTHING, TOO_LITTLE, UNNAMED, Hope

NAMED_HEADER = "ref,forename,surname,dob,sex,upn"
LEFT = [
    NAMED_HEADER,
    f"1,Ann,Ash,2010-05-01,F,{upn(1)}",
    f"2,Bea,Birch,2010-06-01,F,{upn(2)}",
    "3,Cis,Cedar,2010-07-01,F,",
    "4,,,,M,",
]
RIGHT = [
    NAMED_HEADER,
    f"1,Ann,Ash,2010-05-01,F,{upn(1)}",
    f"2,Ann,Ashe,2010-05-01,F,{upn(1)}",
    "3,Cis,Cedar,2010-07-01,F,",
    f"4,Dee,,,F,{upn(9)}",
]


def only(ready: Readiness) -> Hope:
    (hope,) = ready.hopes
    return hope


def rules(ready: Readiness) -> dict[str, Evidence]:
    return {item.name: item for item in ready.evidence if item.kind == "rule"}


def two(folder: Path, left: list[str], right: list[str], *, more: str = "", link: str = "") -> Readiness:
    """A check of two tables whose columns are named after the fields."""
    sources = (table("left", left[0], more=more), table("right", right[0], more=more))
    return checked(folder, *sources, files={"left.csv": left, "right.csv": right}, link=link)


def test_an_identifier_in_common_is_a_join_with_its_pairs_at_most(tmp_path: Path) -> None:
    ready = two(tmp_path, LEFT, RIGHT)
    hope = only(ready)
    assert (hope.verdict, hope.strongest, hope.links_at_most, hope.identifiers) == (JOIN, "upn", 2, "upn")
    by_upn = rules(ready)["upn"]
    assert (by_upn.records_l, by_upn.percent_l, by_upn.records_r, by_upn.percent_r) == (2, 50.0, 3, 75.0)
    assert (by_upn.values_in_common, by_upn.pairs_at_most) == (1, 2)  # one record on the left, two on the right
    by_name = rules(ready)["name_dob_sex"]
    assert (by_name.records_l, by_name.records_r, by_name.values_in_common, by_name.pairs_at_most) == (3, 3, 2, 2)


def test_records_beyond_reach_are_counted_with_what_they_lack(tmp_path: Path) -> None:
    hope = only(two(tmp_path, LEFT, RIGHT))
    assert (hope.records_l, hope.reach_l, hope.beyond_l) == (4, 3, 1)
    assert (
        hope.why_l == "the other source has no home postcode; no identifier in common, no full name, no day of birth 1"
    )
    # Dee has a UPN of the kind that both hold: that nobody on the left has hers is not known of her before linking.
    assert (hope.reach_r, hope.beyond_r, hope.why_r) == (4, 0, "")


def test_names_and_birth_dates_without_an_identifier(tmp_path: Path) -> None:
    left = [line.rsplit(",", 1)[0] for line in LEFT]
    hope = only(two(tmp_path, left, RIGHT))
    assert (hope.verdict, hope.strongest, hope.links_at_most) == (NAMED, "name_dob_sex", 2)
    assert hope.said.startswith("links by names and birth date")


def test_an_identifier_that_both_hold_and_nobody_shares_is_no_join(tmp_path: Path) -> None:
    left, right = ["ref,pmr,sex", "1,aB1,F", "2,aB2,F"], ["ref,pmr,sex", "1,zZ1,F"]
    hope = only(two(tmp_path, left, right, more='supply = "one"\n'))
    assert (hope.verdict, hope.identifiers, hope.links_at_most) == (TOO_LITTLE, "pmr", None)
    assert (hope.beyond_l, hope.beyond_r) == (2, 1)
    assert "both hold pmr, and no value is in both" in hope.said


def test_ids_of_two_supplies_are_not_compared(tmp_path: Path) -> None:
    lines = ["ref,pmr,surname", "1,aB1,Ash"]
    apart = only(two(tmp_path, lines, lines))
    together = only(two(tmp_path, lines, lines, more='supply = "one"\n'))
    assert (apart.verdict, together.verdict, together.links_at_most) == (TOO_LITTLE, JOIN, 1)


def test_birth_date_and_home_link_where_a_side_has_no_names(tmp_path: Path) -> None:
    left = ["ref,dob,postcode,sex", "1,2010-05-01,M1 1AE,F", "2,2010-06-01,,F"]
    right = ["ref,surname,dob,postcode,sex", "1,Ash,2010-05-01,M1 1AE,F", "2,Birch,,M1 1AE,F"]
    ready = two(tmp_path, left, right)
    hope = only(ready)
    assert (hope.verdict, hope.strongest, hope.links_at_most) == (UNNAMED, "dob_postcode_sex", 1)
    assert (hope.beyond_l, hope.beyond_r) == (1, 1)
    assert hope.why_l == "the other source has no identifier in common, no full name; no home postcode 1"
    assert hope.why_r == "the other source has no identifier in common, no full name; no day of birth 1"


def test_a_rule_for_missing_names_is_no_evidence_where_all_have_names(tmp_path: Path) -> None:
    lines = ["ref,surname,dob,postcode,sex", "1,Ash,2010-05-01,M1 1AE,F"]
    assert "dob_postcode_sex" not in rules(two(tmp_path, lines, lines))


def test_months_of_birth_and_sex_are_too_little_for_the_model(tmp_path: Path) -> None:
    lines = ["ref,dob,sex", "1,2010-05,F", "2,2010-06,M"]
    hope = only(two(tmp_path, lines, lines))
    assert (hope.verdict, hope.reach_l, hope.beyond_l) == (TOO_LITTLE, 0, 2)
    assert "both hold month of birth, sex" in hope.said


def test_months_of_birth_and_homes_can_be_compared_with_months_alone(tmp_path: Path) -> None:
    months = ["ref,dob,postcode", "1,2010-05,M1 1AE"]
    assert only(two(tmp_path, months, months)).verdict == COARSE  # the block on birth date and postcode
    days = ["ref,dob,postcode", "1,2010-05-07,M1 1AE"]
    assert only(two(tmp_path, months, days)).verdict == TOO_LITTLE


def test_nothing_in_common(tmp_path: Path) -> None:
    hope = only(two(tmp_path, ["ref,upn", f"1,{upn(1)}"], ["ref,surname", "1,Ash"]))
    assert (hope.verdict, hope.fields, hope.said) == (NOTHING, "", "nothing in common: no link can be made")


def test_without_a_model_only_the_rules_reach(tmp_path: Path) -> None:
    lines = ["ref,forename,surname,dob", "1,Ann,Ash,2010-05-01"]
    assert only(two(tmp_path, lines, lines)).verdict == NAMED
    hope = only(two(tmp_path, lines, lines, link='model = "none"\n'))
    assert (hope.verdict, hope.beyond_l) == (TOO_LITTLE, 1)  # both rules on names want a postcode or a sex


def test_a_source_within_itself_counts_each_pair_once(tmp_path: Path) -> None:
    lines = ["ref,surname,upn", f"1,Ash,{upn(1)}", f"2,Ash,{upn(1)}", f"3,Ash,{upn(1)}", f"4,Ash,{upn(2)}"]
    ready = checked(tmp_path, table("a", lines[0]), files={"a.csv": lines}, link='within = ["a"]\n')
    hope = only(ready)
    assert (hope.source_l, hope.source_r, hope.links_at_most) == ("a", "a", 3)
    assert rules(ready)["upn"].values_in_common == 1


def test_one_source_has_nothing_to_hope_for(tmp_path: Path) -> None:
    ready = checked(tmp_path, table("a", "ref,surname"), files={"a.csv": ["ref,surname", "1,Ash"]})
    assert (ready.hopes, ready.evidence) == ((), ())


def test_the_first_rule_of_a_run_finds_what_the_check_says_at_most_and_no_rule_more(
    linkage, demo, tmp_path: Path
) -> None:
    assert linkage("check", demo.project, "--out", tmp_path).code == 0
    at_most: dict[str, int] = defaultdict(int)
    with (tmp_path / "evidence.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            at_most[line["name"]] += int(line["pairs_at_most"] or 0)
    passes = json.loads((demo.run / "manifest.json").read_text(encoding="utf-8"))["passes"]
    assert passes[0]["found"] == at_most[passes[0]["rule"]] > 0
    assert [item["rule"] for item in passes if item["found"] > at_most[item["rule"]]] == []
