"""Twins are held back where a source shows that it can hold them, and where pairs that look like them are few."""

from __future__ import annotations

import random

import pytest
from tiny_run import FIRST, LAST, Row, child_model, load, people, run_all

from linkage.match.pool import make_pool
from linkage.match.twinless import MOST_TWINS, UNSEEN_TWINS
from linkage.match.twins import SEEN_TWINS, twins_steps
from linkage.sql import Connection, rows, run_steps

RENAMED = 80  # children with quite another forename in the second source, at the same home
FAMILIES = LAST[:10]


def child(source: str, number: int, forename: str, draw: random.Random) -> Row:
    day = f"{2006 + number % 11}-{number % 12 + 1:02}-{number % 28 + 1:02}"
    return {"source": source, "key": f"{number:04}", "forename": forename, "dob": day, "sex": "F",
            "surname": f"{FAMILIES[number % 10]} {FAMILIES[number // 10 % 10]} {'ABCDEFGHIJ'[number // 100]}",
            "postcode": f"ZZ{number % 90} {number % 9}{draw.choice('AB')}{draw.choice('DE')}"}  # fmt: skip


def renamed(twins: int, *, of: int = 300) -> list[Row]:
    """`of` children in two sources, the first of them under another forename; the last `twins` have a twin in both."""
    found: list[Row] = []
    for number in range(of):
        name, other = FIRST[number % 20], FIRST[(number + 7) % 20]
        for source in ("left", "right"):
            same = child(source, number, name, random.Random(number))
            found.append(same | {"forename": other} if number < RENAMED and source == "right" else same)
            if number >= of - twins:
                found.append(same | {"key": f"t{number}", "forename": other})
    return found


def linked_of_renamed(con: Connection, twins: int) -> int:
    run = run_all(load(con, renamed(twins)), rules=(), spec=child_model(), trains=True)
    return sum(run.together(f"left:{number:04}", f"right:{number:04}") for number in range(RENAMED))


def test_pairs_that_twins_are_too_few_for_are_linked(con: Connection) -> None:
    # Eighty pairs look like twins; of 300 children without a twin in either file three at most can have one.
    assert UNSEEN_TWINS <= MOST_TWINS * RENAMED
    assert linked_of_renamed(con, twins=0) == RENAMED


def test_pairs_that_twins_may_be_are_held(con: Connection) -> None:
    assert linked_of_renamed(con, twins=20) == 0


@pytest.mark.parametrize("twins", [1, 2])
def test_a_twin_that_is_seen_is_held_whatever_the_others_are(con: Connection, twins: int) -> None:
    run = run_all(load(con, renamed(twins, of=400)), rules=(), spec=child_model(), trains=True)
    assert not run.together("left:0399", "right:t399")
    assert run.together("left:0399", "right:0399")


def test_a_single_pair_is_held(con: Connection) -> None:
    listed = people("""
        source | key | forename | surname   | dob        | sex | postcode
        left   | 1   | PETRA    | ARKWRIGHT | 2011-02-03 | F   | ZZ1 1AA
        right  | 1   | DORIS    | ARKWRIGHT | 2011-02-03 | F   | ZZ1 1AA
        """)
    run = run_all(load(con, listed), rules=(), spec=child_model(), trains=True)
    assert not run.together("left:1", "right:1")


def test_twins_are_seen_inside_their_own_source(con: Connection) -> None:
    # Alike forenames are spellings, another surname is no brother, a month of birth no birth date.
    load(con, people("""
        source | key | forename  | surname   | dob
        left   | 1   | PETRA     | ARKWRIGHT | 2011-02-03
        left   | 2   | DORIS     | ARKWRIGHT | 2011-02-03
        left   | 3   | PETRAH    | ARKWRIGHT | 2011-02-03
        left   | 4   | STELLA    | BALOGUN   | 2011-02-03
        right  | 1   | TARIQ     | BALOGUN   | 2011-02-03
        right  | 2   | IGOR      | GUPTA     | 2011-02
        right  | 3   | OTIS      | GUPTA     | 2011-02
        """))  # fmt: skip
    make_pool(con)
    run_steps(con, twins_steps())
    assert rows(con, f"from {SEEN_TWINS} order by 1") == [(0,), (1,), (2,)]
