"""Postcodes of schools, children's homes and crowds carry no weight and block no pair; those of big families do."""

from __future__ import annotations

import pytest
from tiny_run import Row, load, rules_on

from linkage.match.communal import COMMUNAL
from linkage.match.pool import POOL, make_pool
from linkage.sql import Connection, connect, rows

CROWD = "ZZ9 9ZZ"


def children(crowd: int, *, one_surname: bool = False) -> list[Row]:
    """Eighty homes of two children each, and a crowd at one postcode."""
    own = [{"surname": f"S{n}", "postcode": f"ZZ{n // 2} 1AA"} for n in range(160)]
    together = [{"surname": "ONE" if one_surname else f"C{n}", "postcode": CROWD} for n in range(crowd)]
    return [{"source": "left", "key": f"{n:03}", **row} for n, row in enumerate(own + together)]


@pytest.mark.parametrize(
    ("crowd", "one_surname", "is_communal"),
    # The mean of the homes is (160 + n) / 81: 23 records are just over ten times 2.26, 22 just under ten times 2.25.
    [(23, False, True), (22, False, False), (60, True, False), (60, False, True)],
)
def test_a_crowd_is_no_home(con: Connection, crowd: int, one_surname: bool, is_communal: bool) -> None:
    load(con, children(crowd, one_surname=one_surname))
    make_pool(con)
    assert rows(con, f"from {COMMUNAL}") == ([(CROWD, "crowd")] if is_communal else [])
    left = 0 if is_communal else crowd
    assert rows(con, f"select count(*) from {POOL} where postcode = '{CROWD}'") == [(left,)]
    assert rows(con, f"select count(*) from {POOL} where sector = 'ZZ9 9'") == [(left,)]


def test_a_few_in_a_small_source_are_no_crowd(con: Connection) -> None:
    load(con, [{"source": "left", "key": f"{n}", "surname": f"S{n}", "postcode": CROWD} for n in range(19)])
    make_pool(con)
    assert rows(con, f"from {COMMUNAL}") == []


def test_a_record_with_another_home_keeps_that(con: Connection) -> None:
    listed = children(30)
    listed[-1] |= {"other_postcodes": "ZZ5 1AA"}
    load(con, listed)
    make_pool(con)
    kept = rows(con, f"select postcode, postcodes from {POOL} where surname = 'C29'")
    assert kept == [(None, ["ZZ5 1AA"])]


@pytest.mark.parametrize(
    ("kind", "placed", "reason"), [("school", 1, "school"), ("placement", 8, "childrens_home"), ("placement", 7, None)]
)
def test_what_a_source_calls_a_school_or_a_placement_of_many_is_no_home(
    con: Connection, kind: str, placed: int, reason: str | None
) -> None:
    load(con, children(0))
    con.execute("create table addresses (record_id bigint, kind varchar, postcode varchar, precision varchar)")
    con.execute(f"insert into addresses select range, '{kind}', 'ZZ1 1AA', 'full' from range({placed})")
    con.execute("insert into addresses select range, 'home', 'ZZ2 1AA', 'full' from range(50)")
    make_pool(con)
    assert rows(con, f"from {COMMUNAL}") == ([("ZZ1 1AA", reason)] if reason else [])


def test_children_of_one_home_without_names_are_not_taken_for_one() -> None:
    """The guard at work: one birth date, sex and postcode make a link where the postcode is a home's, and none here."""
    pair = [{"source": source, "key": "x", "dob": "2012-03-09", "sex": "F", "postcode": CROWD}
            for source in ("left", "right")]  # fmt: skip
    alone = [row for row in children(0) if row["postcode"] != CROWD]
    assert len(rules_on(alone + pair).rule_links) == 1
    crowd = [{**row, "dob": "2009-01-01"} for row in children(40)]
    assert len(rules_on(crowd + pair).rule_links) == 0


def test_the_order_of_records_changes_nothing() -> None:
    found = []
    for shuffle in (1, 2):
        with connect(memory="1GB") as con:
            load(con, children(40), shuffle=shuffle)
            make_pool(con)
            found.append(rows(con, f"select * from {COMMUNAL} order by all"))
    assert found[0] == found[1]
