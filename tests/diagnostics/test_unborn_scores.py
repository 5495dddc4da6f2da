"""Unborn to born, counted by hand on five children: who is found, and what both sides held."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from linkage.diagnostics.unborn_scores import unborn_scores
from linkage.sql import Connection, connect, execute

# key before and after, true child before and after, person before and after, mothers' and families' scopes
CHILDREN = (
    ("found, mother's id", 1, 1, "p", "p", [9], [9], None, None),
    ("missed, mother's id", 2, 2, "q", "r", [9], [9], [9], [9]),
    ("found, another authority's family", 3, 3, "s", "s", None, None, [8], [9]),
    ("missed, family's id", 4, 4, "t", "u", [9], None, [9], [9]),
    ("false, nothing held", 5, 6, "v", "v", None, None, None, None),
)


@pytest.fixture
def con() -> Connection:
    con = connect(memory="1GB")
    execute(con, "attach ':memory:' as working")
    execute(con, "create table run_sources as select * from (values (0, 'before', false), (1, 'after', false)) "
                 "s(source_no, source, is_within)")  # fmt: skip
    execute(con, "create table judged (source_no integer, key varchar, person varchar, true_person integer)")
    execute(con, "create table working.records (record_id bigint, source varchar, key varchar, dob date, "
                 "expected_dob date)")  # fmt: skip
    execute(con, "create table working.mothers_and_families (record_id bigint, mother_scopes ubigint[], "
                 "family_scopes ubigint[])")  # fmt: skip
    for number, (key, *sides) in enumerate(CHILDREN):
        for side, source in enumerate(("before", "after")):
            true, person, mothers, families = sides[side::2]
            record, dob = 2 * number + side, "2024-05-01" if side else None
            con.execute("insert into judged values (?, ?, ?, ?)", [side, key, person, true])
            con.execute("insert into working.records values (?, ?, ?, ?, '2024-05-01')", [record, source, key, dob])
            con.execute("insert into working.mothers_and_families values (?, ?, ?)", [record, mothers, families])
    return con


def test_pairs_before_and_after_birth_by_what_both_sides_hold(con: Connection) -> None:
    assert {item.held: astuple(item.counts)[:3] for item in unborn_scores(con)} == {
        "all": (2, 1, 2), "mother": (1, 0, 1), "family": (0, 0, 1), "neither": (1, 1, 0),
    }  # fmt: skip


def test_without_the_models_table_nothing_is_known_to_be_held(con: Connection) -> None:
    execute(con, "drop table working.mothers_and_families")
    assert [item.held for item in unborn_scores(con)] == ["all", "neither"]


def test_a_run_without_due_dates_has_no_line(con: Connection) -> None:
    execute(con, "update working.records set expected_dob = null")
    assert unborn_scores(con) == ()
