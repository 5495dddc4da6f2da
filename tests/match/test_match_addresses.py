"""House and street tell the home where a side has no postcode, and are not counted beside one."""

from __future__ import annotations

import pytest
from tiny_run import child_model, load, people, run_all

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
        ("", "", "7 QUARRY ROAD", 5),
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
