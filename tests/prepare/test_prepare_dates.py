"""Dates: forms, order of day and month, refusals, and days that are made up."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prepare_sources import Prepare, Source, prepared

from linkage.sql import connect

SPEC = [
    # raw, date, precision, why (of a source of 2024)
    ("2012-01-21", "2012-01-21", "day", None),
    (" 2012-1-2 ", "2012-01-02", "day", None),
    ("2012-01-21 00:00:00", "2012-01-21", "day", None),
    ("2012-01-21T10:30:00Z", "2012-01-21", "day", None),
    ("2012/01/21", "2012-01-21", "day", None),
    ("2012-Jan-21 00:00:00", "2012-01-21", "day", None),
    ("21/01/2012", "2012-01-21", "day", None),
    ("1/2/2012", "2012-02-01", "day", None),
    ("1.2.12", "2012-02-01", "day", None),
    ("1/2/25", "2025-02-01", "day", None),
    ("1/2/98", "1998-02-01", "day", None),
    ("21-Jan-2012", "2012-01-21", "day", None),
    ("21JAN2012", "2012-01-21", "day", None),
    ("21st January 2012", "2012-01-21", "day", None),
    ("3 Sept 2012", "2012-09-03", "day", None),
    ("January 5, 2012", "2012-01-05", "day", None),
    ("20120121", "2012-01-21", "day", None),
    ("40929", "2012-01-21", "day", None),
    ("40929.0", "2012-01-21", "day", None),
    ("29/02/2012", "2012-02-29", "day", None),
    ("2012-01", "2012-01-01", "month", None),
    ("01/2012", "2012-01-01", "month", None),
    ("Jan-2012", "2012-01-01", "month", None),
    ("2012", "2012-01-01", "year", None),
    ("31/02/2012", None, None, "impossible"),
    ("29/02/2011", None, None, "impossible"),
    ("2012-13-01", None, None, "impossible"),
    ("00/00/2012", None, None, "impossible"),
    ("1900-01-01", None, None, "default_date"),
    ("01/01/1901", None, None, "default_date"),
    ("1970-01-01", None, None, "default_date"),
    ("1970-01", "1970-01-01", "month", None),
    ("1970", "1970-01-01", "year", None),
    ("31/12/9999", None, None, "default_date"),
    ("1899-05-05", None, None, "out_of_range"),
    ("2101-01-01", None, None, "out_of_range"),
    ("2026-01-01", None, None, "future"),
    ("21 Foo 2012", None, None, "not_a_date"),
    ("not known", None, None, "not_a_date"),
    ("12345678", None, None, "not_a_date"),
]


def test_each_date_becomes_what_the_table_says(prepare: Prepare) -> None:
    rows = [{"dob": raw, "key": f"{n:03}"} for n, (raw, *_) in enumerate(SPEC)]
    made = prepare(a=Source(rows, settings={"year": 2024}))
    expected = [
        (raw.strip(), date.fromisoformat(day) if day else None, precision, why) for raw, day, precision, why in SPEC
    ]
    assert made.values("dob_raw", "dob", "dob_precision", "dob_why") == expected


def test_a_number_above_twelve_decides_that_the_month_comes_first(prepare: Prepare) -> None:
    made = prepare(a=[{"dob": "01/21/2012"}, {"dob": "02/03/2012"}], b=[{"dob": "02/03/2012"}])
    assert made.values("dob") == [(date(2012, 1, 21),), (date(2012, 2, 3),), (date(2012, 3, 2),)]
    found = [(f.code, f.source, f.field, f.count) for f in made.findings]
    assert found == [("DT013", "a", "dob", 2), ("DT012", "b", "dob", 1)]


def test_dates_in_both_orders_are_read_as_most_of_them_are_and_reported(prepare: Prepare) -> None:
    made = prepare(a=[{"dob": "21/01/2012"}, {"dob": "22/01/2012"}, {"dob": "01/23/2012"}])
    assert made.values("dob", "dob_why")[2] == (None, "impossible")
    assert ("DT014", 1) in [(f.code, f.count) for f in made.findings]


@pytest.mark.parametrize(
    ("declared", "raw", "expected"),
    [
        ("monthfirst", "02/03/2012", date(2012, 2, 3)),
        ("dayfirst", "02/03/2012", date(2012, 3, 2)),
        ("%m.%d.%Y", "02.03.2012", date(2012, 2, 3)),
        ("%d%m%Y", "02032012", date(2012, 3, 2)),
        ("compact", "20120302", date(2012, 3, 2)),
    ],
)
def test_a_declared_format_wins(prepare: Prepare, declared: str, raw: str, expected: date) -> None:
    made = prepare(a=Source([{"dob": raw}], date_formats={"dob": declared}))
    assert made.values("dob") == [(expected,)]
    assert made.findings == ()


def test_a_pattern_without_a_day_gives_a_month(prepare: Prepare) -> None:
    made = prepare(a=Source([{"dob": "201203"}], date_formats={"dob": "%Y%m"}))
    assert made.values("dob", "dob_precision") == [(date(2012, 3, 1), "month")]


def test_two_digit_years_follow_the_years_that_the_source_writes_in_full(prepare: Prepare) -> None:
    made = prepare(a=[{"dob": "1/2/2015"}, {"dob": "1/2/15"}, {"dob": "1/2/16"}])
    assert made.values("dob") == [(date(2015, 2, 1),), (date(2015, 2, 1),), (date(1916, 2, 1),)]


def _births(n: int) -> list[date]:
    """Birth dates spread over the years, none of them on 1 January."""
    days = (date(2008, 1, 2) + timedelta(days=11 * place) for place in range(n))
    return [day if (day.month, day.day) != (1, 1) else day + timedelta(days=1) for day in days]


def test_a_crowded_first_of_january_is_known_to_the_year_only(prepare: Prepare) -> None:
    made = prepare(a=[{"dob": day.isoformat()} for day in [*_births(300), *[date(2012, 1, 1)] * 20]])
    new_years = [r for r in made.records if r["dob"] == date(2012, 1, 1)]
    assert {(r["dob_precision"], r["dob_why"]) for r in new_years} == {("year", "default_day")}
    others = {r["dob_precision"] for r in made.records if r["dob"] != date(2012, 1, 1)}
    assert others == {"day"}
    assert [(f.code, f.count) for f in made.findings] == [("DT015", 20)]


def test_a_first_of_january_that_is_rare_enough_stays_a_day(prepare: Prepare) -> None:
    made = prepare(a=[{"dob": day.isoformat()} for day in [*_births(300), *[date(2012, 1, 1)] * 19]])
    assert {r["dob_precision"] for r in made.records} == {"day"}


@pytest.mark.parametrize("day_of_month", [1, 15])
def test_data_made_coarser_to_one_day_of_the_month_is_known_to_the_month(prepare: Prepare, day_of_month: int) -> None:
    made = prepare(a=[{"dob": day.replace(day=day_of_month).isoformat()} for day in _births(200)])
    assert {(r["dob_precision"], r["dob_why"]) for r in made.records} == {("month", "default_day")}
    assert {r["dob"].day for r in made.records} == {1}


def test_a_default_date_of_an_address_means_that_it_has_not_ended(prepare: Prepare) -> None:
    address = {"key": "1", "kind": "home", "postcode": "M1 1AE", "valid_from": "2020-01-01", "valid_to": "9999-12-31"}
    made = prepare(a=Source([{"key": "1"}], addresses=[address]))
    (row,) = made.table("addresses")
    assert (row["valid_from"], row["valid_to"]) == (date(2020, 1, 1), None)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.dates(date(1990, 1, 2), date(2024, 12, 31)), min_size=1, max_size=15, unique=True),
    st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%Y-%b-%d 00:00:00", "%d-%b-%Y", "%Y%m%d", "%d %B %Y"]),
)
def test_a_date_is_read_as_it_was_written(days: list[date], form: str) -> None:
    with connect() as con:
        rows = [{"dob": day.strftime(form), "key": f"{n:02}"} for n, day in enumerate(days)]
        made = prepared(con, {"a": Source([*rows, {"dob": date(1990, 1, 31).strftime(form), "key": "99"}])})
        assert [record["dob"] for record in made.records][:-1] == days
