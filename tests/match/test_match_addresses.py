"""House and street tell the home where a side has no postcode, and are not counted beside one."""

from __future__ import annotations

import pytest
from tiny_run import Row, child_model, load, people, run_all, run_rules

from linkage.sql import Connection, rows

HOMES = """
    source | key | forename | surname    | dob        | postcode | address_line
    left   | 1   | PETRA    | ARKWRIGHT  | 2011-02-03 | {left}   | 12 MILL LANE
    right  | 1   | PETRA    | UNDERHILL  | 2011-03-02 | {right}  | {line}
"""


@pytest.mark.parametrize(
    ("left", "right", "line", "level"),
    [
        ("", "", "12 MILL LANE", 0),
        ("ZZ1 1AA", "", "12 MILL LANE", 0),
        ("", "", "FLAT 3 12 MILL LANE EASTON", 1),
        ("", "", "12 MILL LANE EASTON", 1),
        ("", "", "12 MILL LNE", 2),
        ("", "", "12A MILL LANE", 2),
        ("", "", "4 ALPHA HOUSE 12 MILL", 5),
        ("", "", "7 QUARRY MILL", 6),
        ("", "", "7 QUARRY ROAD", 7),
        ("", "", "", -1),
    ],
)
def test_an_address_is_compared_where_a_postcode_is_missing(con, left: str, right: str, line: str, level: int) -> None:
    # The pair is a candidate by address and forename, whatever the surname and the birth date; or by forename alone.
    run = run_all(load(con, people(HOMES.format(left=left, right=right, line=line))), spec=child_model())
    scores = run.scores("left:1", "right:1")
    assert (scores["level_address"] == level) if level == 0 else (not scores or scores["level_address"] == level)


def test_it_is_not_counted_beside_two_postcodes(con) -> None:
    listed = people(HOMES.format(left="ZZ1 1AA", right="ZZ1 1AA", line="12 MILL LANE"))
    run = run_all(load(con, listed), spec=child_model())
    scores = run.scores("left:1", "right:1")
    assert scores["level_postcode"] == 0
    assert scores["level_address"] == -1


def test_a_word_is_telling_where_few_hold_it(con: Connection) -> None:
    # LANE and EASTON are in eleven addresses, MILL in ten, the house in one; with a postcode an address is not asked.
    listed: list[Row] = [
        {"source": "left", "key": f"{n}", "address_line": f"{n + 20} {'MILL' if n < 10 else 'ROOK'} LANE EASTON"}
        for n in range(11)
    ]
    assert telling(con, listed)["0"] == ["20", "MILL"]
    assert telling(con, listed)["10"] == ["30", "ROOK"]


def test_telling_words_are_of_all_addresses_where_one_lacks_a_postcode_and_of_none_where_none_does(con) -> None:
    listed: list[Row] = [
        {"source": "left", "key": "1", "address_line": "3 ROOK LANE", "postcode": "ZZ1 1AA"},
        {"source": "left", "key": "2", "address_line": "4 MILL LANE", "postcode": "ZZ1 1AB"},
    ]
    assert telling(con, listed) == {"1": None, "2": None}
    more: list[Row] = [*listed, {"source": "right", "key": "3", "address_line": "ROOK 3"}]
    assert telling(con, more) == {"1": ["3", "LANE", "ROOK"], "2": ["4", "LANE", "MILL"], "3": ["3", "ROOK"]}


def telling(con: Connection, listed: list[Row]) -> dict[str, list[str] | None]:
    """Telling words of each record of the pool, by key."""
    run_rules(load(con, listed))
    return dict(rows(con, "select r.key, p.address_telling from pool p join records r using (record_id) order by all"))
