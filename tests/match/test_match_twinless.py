"""Twins inside one source are let go only where the whole source shows that it can hold next to none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tiny_run import FIRST, LAST, Row, Run, child_model, load, run_all

from linkage.match.pool import make_pool
from linkage.match.twinless import (
    LEAST_AGREEING,
    LEAST_SPREAD,
    MOST_TWINS,
    TWINLESS,
    UNSEEN_TWINS,
    YEARS_BETWEEN_SIBLINGS,
    twinless_steps,
)
from linkage.sql import Connection, rows, run_steps

FEWEST = 60  # pairs that look like twins, of which three are one in twenty
assert UNSEEN_TWINS == MOST_TWINS * FEWEST


def child(number: int, copy: str = "a", *, forename: int = 0, years: int = 12, **other: str) -> Row:
    """A child of its own home; `forename` is how many names further on its forename stands."""
    born = f"{2000 + number % years}-{number % 12 + 1:02}-{number % 28 + 1:02}"
    return {"source": "list", "key": f"{number:04}{copy}", "forename": FIRST[(number + forename) % 20], "dob": born,
            "sex": "F", "surname": f"{LAST[number % 25]}{LAST[number // 25 % 25]}",
            "postcode": f"ZZ{number // 9 % 90} {number % 9}AA"} | other  # fmt: skip


def doubled(*, looks: int = FEWEST, agreeing: int = LEAST_AGREEING * FEWEST, **other: Any) -> list[Row]:
    """Children twice in a list, `looks` of them with another forename the second time."""
    return [
        row
        for number in range(looks + agreeing)
        for row in (child(number, **other), child(number, "b", forename=7 if number < looks else 0, **other))
    ]


def siblings(pairs: int) -> list[Row]:
    """Children of other homes, each with a sister three years older."""
    numbers = range(-pairs, 0)
    older = [child(n, "s", forename=3) | {"dob": f"{1997 + n % 12}-0{n % 9 + 1}-{n % 9 + 11}"} for n in numbers]
    return [child(n) for n in numbers] + older


def is_twinless(con: Connection, listed: Sequence[Row], **settings: Sequence[str]) -> bool:
    load(con, listed, **settings)
    make_pool(con)
    run_steps(con, twinless_steps())
    return bool(rows(con, f"from {TWINLESS}"))


def test_a_list_of_children_twice_and_no_siblings_holds_no_twins(con: Connection) -> None:
    assert is_twinless(con, doubled())


def test_a_small_list_says_nothing(con: Connection) -> None:
    assert not is_twinless(con, doubled(looks=FEWEST - 1))


def test_wrong_forenames_come_with_four_times_as_many_right_ones(con: Connection) -> None:
    assert not is_twinless(con, doubled(agreeing=LEAST_AGREEING * FEWEST - 1))


def test_a_register_of_twins_or_first_births_is_held(con: Connection) -> None:
    assert not is_twinless(con, doubled(looks=4 * FEWEST, agreeing=0))


@pytest.mark.parametrize("years", [1, 3, 5])
def test_births_of_few_years_have_twins_and_no_siblings(con: Connection, years: int) -> None:
    assert not is_twinless(con, doubled(years=years))


def test_births_of_six_years_would_show_siblings(con: Connection) -> None:
    # 300 children fall evenly on six years, and half of them have somebody born three years on.
    assert LEAST_SPREAD == 1 - YEARS_BETWEEN_SIBLINGS / 6
    assert is_twinless(con, doubled(years=6))


def test_two_cohorts_far_apart_are_two_narrow_ones(con: Connection) -> None:
    listed = [row | {"dob": f"{2001 if index % 4 < 2 else 2011}{str(row['dob'])[4:]}"}
              for index, row in enumerate(doubled())]  # fmt: skip
    assert not is_twinless(con, listed)


def test_siblings_are_no_more_than_one_in_twenty(con: Connection) -> None:
    # Of 80 pairs: 4 siblings, for whom there may be 0.06 * 4 + 3 = 3.24 twins, not more than 4.
    listed = doubled(looks=80, agreeing=320)
    assert is_twinless(con, listed + siblings(4))
    assert not is_twinless(con, listed + siblings(5))


def test_siblings_count_where_the_address_is_spelled_in_two_ways(con: Connection) -> None:
    written = {"a": "QUARRY ROAD MILLTOWN", "s": "QUARRY RD"}
    families = [{**row, "postcode": None, "address_line": f"1{row['key'][:4][1:]} {written[row['key'][-1]]}"}
                for row in siblings(9)]  # fmt: skip
    assert is_twinless(con, doubled(looks=80, agreeing=320) + [row for row in families if row["key"].endswith("a")])
    assert not is_twinless(con, doubled(looks=80, agreeing=320) + families)


def test_without_homes_nothing_tells(con: Connection) -> None:
    assert not is_twinless(con, [{**row, "postcode": None} for row in doubled()])


def test_where_most_homes_are_unknown_nothing_tells(con: Connection) -> None:
    strangers = [{**child(number), "postcode": None} for number in range(400, 1001)]
    assert is_twinless(con, doubled() + strangers[:-1])
    assert not is_twinless(con, doubled() + strangers)


def test_a_list_that_holds_each_child_once_by_declaration_holds_twins(con: Connection) -> None:
    assert not is_twinless(con, doubled(), unique=("list",))


def linked(con: Connection, listed: Sequence[Row]) -> Run:
    return run_all(load(con, listed, within=("list",)), rules=(), spec=child_model(), trains=True)


def together(run: Run, left: str, right: str, numbers: range) -> int:
    """How many of these children's two records are one person; `left` and `right` have {n} for the number."""
    persons = {record: number for number, person in enumerate(run.persons) for record in person}
    return sum(persons[left.format(n=f"{n:04}")] == persons[right.format(n=f"{n:04}")] for n in numbers)


def test_in_a_list_without_twins_other_forenames_are_linked_and_stay_in_one_person(con: Connection) -> None:
    # Ten children stand there a third time, by their first forename.
    run = linked(con, doubled(agreeing=300) + [child(number, "c") for number in range(10)])
    assert together(run, "list:{n}a", "list:{n}b", range(FEWEST)) == FEWEST
    assert together(run, "list:{n}b", "list:{n}c", range(10)) == 10


def test_in_a_list_of_families_other_forenames_are_held(con: Connection) -> None:
    run = linked(con, doubled(agreeing=300) + [child(number, "c") for number in range(10)] + siblings(30))
    assert together(run, "list:{n}a", "list:{n}b", range(FEWEST)) == 0
    assert together(run, "list:{n}a", "list:{n}c", range(10)) == 10


def test_a_twinless_list_shows_no_twins_to_another(con: Connection) -> None:
    # The register has every child once, so that the second forename has a rival there and no link of its own.
    listed = doubled()
    run = linked(con, listed + [row | {"source": "register"} for row in listed if row["key"].endswith("a")])
    assert together(run, "list:{n}b", "register:{n}a", range(FEWEST)) == FEWEST
