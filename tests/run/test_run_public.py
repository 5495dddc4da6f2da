"""The public tables of a whole run."""

from __future__ import annotations

import csv
from pathlib import Path

from linkage.diagnostics.match_rate import COLUMNS
from linkage.disclosure import MATCH_RATE_TABLE, Nesting, audit, find_nestings, profile_of, public_tables
from linkage.disclosure.public import NOT_DESCRIBED, _read
from linkage.project import read_project
from linkage.sql import connect


def test_a_run_publishes_its_link_rates_and_nothing_can_be_had_back(england: Path, whole: Path) -> None:
    described = {*MATCH_RATE_TABLE.dimensions, *MATCH_RATE_TABLE.labels, "linked", "records", "rate", "lo", "hi"}
    assert set(COLUMNS) == described
    rows = _read(MATCH_RATE_TABLE, whole / "diagnostics" / "match_rate.csv")
    with (whole / "public" / "match_rate.csv").open(encoding="utf-8", newline="") as file:
        public = list(csv.DictReader(file))
    assert len(public) == len(rows) > 100
    with connect(whole / "run.duckdb", read_only=True) as con:
        nestings = find_nestings(con, read_project(england).diagnostics.subgroups)
    assert audit([(MATCH_RATE_TABLE, rows)], {"match_rate": public}, profile_of("cco10"), nestings) == []
    table = public_tables(whole / "public")["match_rate"]
    shown = [value for row in table for value in (row["linked"], row["records"]) if isinstance(value, int)]
    assert shown
    assert min(shown) >= 10


def test_what_of_a_run_is_not_published_has_a_reason(whole: Path) -> None:
    with (whole / "public" / "not_published.csv").open(encoding="utf-8", newline="") as file:
        told = {row["table"]: row for row in csv.DictReader(file)}
    names = {path.stem for path in (whole / "diagnostics").glob("*.csv")} - {"sdc_log", "statement"}
    assert names - set(told) == {"match_rate", "disparity_impact"}
    assert not [name for name, row in told.items() if row["reason"] == NOT_DESCRIBED]
    assert {row["withheld"] for row in told.values()} == {"whole", "in part"}


def test_nestings_are_found_in_the_records() -> None:
    with connect() as con:
        con.execute("""
            create table records as select * from (values ('301', 'a'), ('301', 'b'), ('302', 'c'), ('303', 'd'),
              ('304', 'd'), ('301', null), ('302', '=1'), ('301', 'a')) as t(authority, school_urn)""")
        found = find_nestings(con, ("authority", "school_urn"))
    assert set(found) == {
        Nesting("authority", "301", "school_urn", ("a", "b", "unknown")),
        Nesting("authority", "302", "school_urn", ("'=1", "c")),
        Nesting("school_urn", "d", "authority", ("303", "304")),
    }
