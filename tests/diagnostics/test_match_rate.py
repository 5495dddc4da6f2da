"""Link rates of a run made by hand (`small_run`), and their totals on runs made at random."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.diagnostics.match_rate import match_rate, write_match_rate
from linkage.errors import ProjectError
from linkage.sql import Connection, connect, rows
from linkage.stats import wilson
from tests.diagnostics.small_run import SUBGROUPS, fill_working


@pytest.fixture
def con() -> Iterator[Connection]:
    made = connect(threads=1)
    fill_working(made)
    yield made
    made.close()


def rates(con: Connection, variable: str) -> dict[tuple[str, str], tuple[object, object]]:
    sql = "select side, subgroup, linked, records from diagnostics__match_rate where subgroup_var = $variable"
    return {(str(s), str(g)): (linked, n) for s, g, linked, n in rows(con, sql, {"variable": variable})}


def test_link_rates_count_records_with_a_partner_on_each_side(con: Connection) -> None:
    match_rate(con, SUBGROUPS)
    assert rates(con, "all") == {("l", "all"): (2, 4), ("r", "all"): (2, 3)}
    assert rates(con, "sex") == {
        ("l", "F"): (1, 3), ("l", "M"): (1, 1), ("r", "F"): (1, 1), ("r", "M"): (1, 1), ("r", "unknown"): (0, 1),
    }  # fmt: skip


def test_refused_ethnicity_is_unknown_and_has_its_own_row(con: Connection) -> None:
    match_rate(con, SUBGROUPS)
    assert rates(con, "ethnicity") == {
        ("l", "White British"): (1, 1), ("l", "Indian"): (1, 2), ("l", "unknown"): (0, 1),
        ("r", "White British"): (1, 1), ("r", "Indian"): (1, 1), ("r", "unknown"): (0, 1),
    }  # fmt: skip


def test_ages_are_taken_on_31_august_of_the_latest_births(con: Connection) -> None:
    # Latest birth 12 December 2012, so ages on 31 August 2012: 2 years, 1 year, and one not yet born.
    match_rate(con, SUBGROUPS)
    assert rates(con, "age") == {
        ("l", "not yet born"): (0, 1), ("l", "1 to 4"): (2, 3), ("r", "1 to 4"): (2, 2), ("r", "unknown"): (0, 1),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("born", "band"),
    [("2011-09-01", "under 1"), ("2011-08-31", "1 to 4"), ("2007-09-01", "1 to 4"), ("2007-08-31", "5 to 9"),
     ("2002-08-31", "10 to 15"), ("1996-09-01", "10 to 15"), ("1996-08-31", "16 and 17"),
     ("1994-08-31", "18 and over")],
)  # fmt: skip
def test_a_band_begins_on_the_birthday(con: Connection, born: str, band: str) -> None:
    con.execute("update records set dob = ?::date where record_id = 0", [born])
    match_rate(con, ("age",))
    assert ("l", band) in rates(con, "age")


def test_a_named_column_is_a_subgroup(con: Connection) -> None:
    match_rate(con, ("favourite",))
    assert rates(con, "favourite")["l", "pink"] == (0, 1)
    assert rates(con, "favourite")["l", "unknown"] == (2, 3)


@pytest.mark.parametrize("name", ["forename", "dob", "postcode", "key", "hair"])
def test_a_personal_field_or_an_unknown_name_is_refused(con: Connection, name: str) -> None:
    with pytest.raises(ProjectError, match=name):
        match_rate(con, (name,))


def test_all_wrong_subgroups_are_said_at_once(con: Connection) -> None:
    with pytest.raises(ProjectError) as caught:
        match_rate(con, ("sexx", "hair"))
    assert len(caught.value.faults) == 2
    assert "nearest: 'sex'" in caught.value.faults[0].expected


def test_within_a_source_a_partner_is_another_record_of_it(con: Connection) -> None:
    con.execute("update sources set is_within = true where source = 'census'")
    con.execute("update persons set person_no = 1, person_size = 3 where record_id = 2")
    match_rate(con, ("sex",))
    found = rows(con, "select side, linked, records from diagnostics__match_rate "
                      "where source_r = 'census' and subgroup_var = 'all'")  # fmt: skip
    assert found == [("l", 2, 4)]


def test_the_csv_has_the_columns_of_the_contract_in_a_fixed_order(con: Connection, tmp_path: Path) -> None:
    match_rate(con, SUBGROUPS)
    written = write_match_rate(con, tmp_path)
    first = (tmp_path / "match_rate.csv").read_bytes()
    lines = list(csv.DictReader(first.decode().splitlines()))
    assert len(lines) == written
    assert list(lines[0]) == ["source_l", "source_r", "side", "subgroup_var", "subgroup", "linked", "records",
                              "rate", "lo", "hi", "method"]  # fmt: skip
    assert [lines[0][name] for name in ("source_l", "side", "subgroup_var", "linked", "records")] == [
        "census", "l", "all", "2", "4"]  # fmt: skip
    expected = wilson(2, 4)
    assert expected is not None
    assert float(lines[0]["lo"]) == pytest.approx(expected.lo, abs=1e-6)
    assert lines[0]["method"] == "wilson"
    con.execute("set threads = 4")
    match_rate(con, SUBGROUPS)
    write_match_rate(con, tmp_path)
    assert (tmp_path / "match_rate.csv").read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["match_rate.csv"]


RECORDS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6), st.sampled_from(["M", "F", None])), max_size=25)


@settings(max_examples=25, deadline=None)
@given(RECORDS, st.sets(st.integers(0, 2)))
def test_rates_are_those_of_a_naive_count(records: list[tuple[int, int, str | None]], within: set[int]) -> None:
    con = connect(threads=1)
    try:
        con.execute("create table sources (source_no utinyint, source varchar, is_within boolean)")
        con.executemany("insert into sources values (?, ?, ?)", [(n, f"s{n}", n in within) for n in range(3)])
        con.execute("create table records (record_id bigint, source_no utinyint, sex varchar)")
        con.execute("create table persons (record_id bigint, person_no bigint)")
        for number, (source, person, sex) in enumerate(records):
            con.execute("insert into records values (?, ?, ?)", [number, source, sex])
            con.execute("insert into persons values (?, ?)", [number, person])
        match_rate(con, ("sex",))
        sql = "select source_l, source_r, side, subgroup_var, subgroup, linked, records from diagnostics__match_rate"
        found = {tuple(row[:5]): row[5:] for row in rows(con, sql)}
    finally:
        con.close()
    assert found == naive_rates(records, within)


def naive_rates(
    records: list[tuple[int, int, str | None]], within: set[int]
) -> dict[tuple[object, ...], tuple[object, ...]]:
    counts: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
    sources_of: dict[int, Counter[int]] = defaultdict(Counter)
    for source, person, _ in records:
        sources_of[person][source] += 1
    for source, person, sex in records:
        for other in range(3):
            if other == source and source not in within:
                continue
            has_partner = sources_of[person][other] > (1 if other == source else 0)
            left, right, side = (source, other, "l") if source <= other else (other, source, "r")
            for group in (("all", "all"), ("sex", sex or "unknown")):
                cell = counts[f"s{left}", f"s{right}", side, *group]
                cell[0] += has_partner
                cell[1] += 1
    return {key: tuple(cell) for key, cell in counts.items()}
