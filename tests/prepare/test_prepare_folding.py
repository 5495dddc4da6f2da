"""Folding: which rows become one record, whose value it takes, and which rows stay apart."""

from __future__ import annotations

from datetime import date
from typing import Any

from prepare_sources import Prepare, Source

from linkage.prepare.contradictions import MOST_IDENTITIES, split_key

AMY = {"forename": "Amy", "surname": "Jones", "dob": "2012-05-03", "sex": "F"}
BEN = {"forename": "Ben", "surname": "Okafor", "dob": "2014-11-20", "sex": "M"}


def test_rows_of_one_key_become_one_record(prepare: Prepare) -> None:
    made = prepare(a=[{"key": "K", **AMY}, {"key": "K", **AMY}, {"key": "L", **BEN}])
    assert made.values("record_id", "key", "row_count", "forename") == [(0, "K", 2, "AMY"), (1, "L", 1, "BEN")]
    assert [(r["row"], r["record_id"]) for r in made.table("source_rows", "row")] == [(1, 0), (2, 0), (3, 1)]


def test_one_key_in_two_sources_is_two_records(prepare: Prepare) -> None:
    made = prepare(a=[{"key": "K"}, {"key": "K"}], b=[{"key": "K"}])
    assert made.values("record_id", "source_no", "source", "key") == [(0, 0, "a", "K"), (1, 1, "b", "K")]


def test_each_field_comes_from_the_highest_rank_that_has_it(prepare: Prepare) -> None:
    made = prepare(
        a=[
            {"key": "K", "rank": 3, "forename": "Amy", "sex": "U"},
            {"key": "K", "rank": 2, "forename": "Amie", "sex": "F", "ethnicity": "NOBT"},
            {"key": "K", "rank": 1, "ethnicity": "WBRI", "dob": "2012-05"},
        ]
    )
    columns = ("forename", "sex", "sex_raw", "sex_why", "ethnicity", "dob", "dob_precision")
    assert made.values(*columns) == [("AMY", "F", "F", None, "WBRI", date(2012, 5, 1), "month")]


def test_a_refused_text_is_kept_where_no_row_has_a_value(prepare: Prepare) -> None:
    made = prepare(a=[{"key": "K", "rank": 1, "sex": None}, {"key": "K", "sex": "0"}])
    assert made.values("sex", "sex_raw", "sex_why") == [(None, "0", "not_recorded")]


def test_rows_of_equal_rank_are_settled_by_what_they_say(prepare: Prepare) -> None:
    rows = [{"key": "K", "forename": "Amy"}, {"key": "K", "forename": "Aimee"}]
    assert prepare(a=rows).values("forename") == prepare(a=rows[::-1]).values("forename") == [("AIMEE",)]


def test_names_postcodes_and_identifiers_of_all_rows_are_kept(prepare: Prepare) -> None:
    made = prepare(
        a=[
            {"key": "K", "rank": 1, "surname": "Jones", "postcode": "M1 1AE", "upn": "B801200005001"},
            {"key": "K", "surname": "Smith", "postcode": "LS1 4AP", "upn": "H801200001001"},
        ]
    )
    assert made.values("surname", "surnames") == [("JONES", ["JONES", "SMITH"])]
    assert made.values("postcode", "postcodes") == [("M1 1AE", ["LS1 4AP", "M1 1AE"])]
    assert [row["value"] for row in made.table("identifiers")] == ["B801200005001", "H801200001001"]


def test_rows_whose_names_and_birth_dates_differ_stay_apart(prepare: Prepare) -> None:
    made = prepare(a=[{"key": "K", "rank": 1, **BEN}, {"key": "K", "rank": 2, **AMY}, {"key": "K", **AMY}])
    assert made.values("key", "row_count", "forename") == [("K", 2, "AMY"), ("K#2", 1, "BEN")]
    assert made.table("fold_conflicts") == [
        {"record_id_l": 0, "record_id_r": 1, "detail": "names_and_dob_differ"},
    ]
    assert [(r["row"], r["record_id"]) for r in made.table("source_rows", "row")] == [(1, 1), (2, 0), (3, 0)]
    assert [(f.code, f.count) for f in made.findings] == [("FO002", 1)]


def test_three_children_under_one_key_are_three_records(prepare: Prepare) -> None:
    cal = {"forename": "Cal", "surname": "Novak", "dob": "2009-01-31"}
    made = prepare(a=[{"key": "K", "rank": 0, **cal}, {"key": "K", "rank": 2, **AMY}, {"key": "K", "rank": 1, **BEN}])
    assert made.values("key", "forename") == [("K", "AMY"), ("K#2", "BEN"), ("K#3", "CAL")]
    assert len(made.table("fold_conflicts")) == 3


def test_a_key_that_a_split_gives_is_never_one_that_the_source_has(prepare: Prepare) -> None:
    made = prepare(a=[{"key": "K", "rank": 1, **AMY}, {"key": "K", **BEN}, {"key": "K#2"}])
    assert made.values("key") == [("K",), ("K#2",), ("K#3",)]


def test_a_row_that_says_little_joins_the_record_that_keeps_the_key(prepare: Prepare) -> None:
    made = prepare(a=[{"key": "K", "rank": 2, **AMY}, {"key": "K", "rank": 1, **BEN}, {"key": "K", "sex": "F"}])
    assert made.values("key", "row_count") == [("K", 2), ("K#2", 1)]


def _stays_together(prepare: Prepare, first: dict[str, Any], second: dict[str, Any]) -> bool:
    made = prepare(a=[{"key": "K", "rank": 1, **first}, {"key": "K", **second}])
    return len(made.records) == 1


def test_rows_that_differ_by_a_slip_or_in_one_thing_only_are_one_record(prepare: Prepare) -> None:
    other_name = {"forename": "Ben", "surname": "Okafor"}
    assert _stays_together(prepare, AMY, {**AMY, **other_name})  # same birth date
    assert _stays_together(prepare, AMY, {**AMY, "dob": "2001-01-30"})  # same names
    assert _stays_together(prepare, AMY, {**other_name, "dob": "2012-03-05"})  # day and month exchanged
    assert _stays_together(prepare, AMY, {**other_name, "dob": "2012-05-08"})  # one digit
    assert _stays_together(prepare, AMY, {**other_name, "dob": "2012"})  # year only, and the same
    assert _stays_together(prepare, AMY, {"forename": "Amy", "surname": "Okafor", "dob": "2001-01-30"})  # shared word
    assert _stays_together(prepare, AMY, {"forename": "Jonas", "surname": "Amyas", "dob": "2001-01-30"}) is False
    assert _stays_together(prepare, {**AMY, "forename": "Ben"}, {"surname": "Jhones", "dob": "2001-01-30"})  # alike
    assert _stays_together(prepare, AMY, {"dob": "2001-01-30"})  # no name to differ


def test_without_names_sex_birth_date_and_upn_must_all_differ(prepare: Prepare) -> None:
    first = {"dob": "2012-05-03", "sex": "1", "upn": "B801200005001"}
    second = {"dob": "2014-11-20", "sex": "2", "upn": "H801200001001"}
    assert not _stays_together(prepare, first, second)
    assert _stays_together(prepare, first, {**second, "upn": "UN1"})
    assert _stays_together(prepare, first, {**second, "sex": "0"})
    made = prepare(a=[{"key": "K", **first}, {"key": "K", **second}])
    assert [row["detail"] for row in made.table("fold_conflicts")] == ["sex_dob_and_upn_differ"]


def test_an_expected_birth_date_that_becomes_an_actual_one_is_no_contradiction(prepare: Prepare) -> None:
    made = prepare(
        a=[
            {"key": "K", "rank": 2, **AMY, "dob": "2012-05-03"},
            {"key": "K", "rank": 1, "forename": "Unborn", "sex": "0", "expected_dob": "2012-04-20"},
        ]
    )
    assert made.values("dob", "expected_dob", "sex") == [(date(2012, 5, 3), date(2012, 4, 20), "F")]


def test_a_key_that_too_many_share_is_no_key(prepare: Prepare) -> None:
    n = MOST_IDENTITIES + 1
    rows = [
        {
            "key": "0",
            "forename": f"F{p}",
            "surname": f"S{p}",
            "dob": f"20{p // 28 % 15 + 10}-{p % 12 + 1:02}-{p % 28 + 1:02}",
        }
        for p in range(n)
    ]
    made = prepare(a=rows)
    assert len(made.records) == n
    assert {row["detail"] for row in made.table("fold_conflicts")} == {"key_shared_by_many"}
    assert len(made.table("fold_conflicts")) == n - 1


def test_identities_join_the_first_group_that_they_do_not_contradict() -> None:
    split = split_key(0, "K", [1, 2, 3, 4], [(1, 2, "x"), (2, 3, "x")])
    assert split.group_of == {1: 1, 2: 2, 3: 1, 4: 1}
    assert split.conflicts == ((1, 2, "x"),)


def test_the_home_of_a_child_is_the_latest_of_its_addresses(prepare: Prepare) -> None:
    def home(postcode: str, start: str | None, end: str | None, kind: str = "home") -> dict[str, Any]:
        return {
            "key": "K", "kind": kind, "postcode": postcode, "address_line": f"1 {postcode} St.", "uprn": "0100.0",
            "valid_from": start, "valid_to": end,
        }  # fmt: skip

    made = prepare(
        a=Source(
            [{"key": "K"}, {"key": "L", "postcode": "B1 1AA"}],
            addresses=[
                home("M1 1AE", "2020-01-01", "2021-01-01"),
                home("LS1 4AP", "2021-01-01", None),
                home("S1 2HE", "2019-01-01", None),
                home("E1 6AN", "2022-01-01", None, "placement"),
                home("2TR", "2023-01-01", None),
            ],
        )
    )
    columns = ("postcode", "postcodes", "address_line", "uprn")
    assert made.values(*columns)[1] == ("B1 1AA", ["B1 1AA"], None, None)
    postcode, postcodes, _, uprn = made.values(*columns)[0]
    assert (postcode, postcodes, uprn) == ("LS1 4AP", ["LS1 4AP", "M1 1AE", "S1 2HE"], "100")
    assert len(made.table("addresses")) == 5
