"""Households on a day: largest sets who all live together, read from the table that a run wrote."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.errors import UsageError
from linkage.families import household_at
from linkage.families.households import label_cliques
from linkage.sql import connect, execute, rows

Relation = tuple[str, str, str | None, str | None]


def written(folder: Path, relations: list[Relation]) -> Path:
    """A run's folder with relationships."""
    folder.mkdir(exist_ok=True)
    with connect(memory="1GB") as con:
        execute(con, """create table r (person_id_l varchar, person_id_r varchar, relation varchar, evidence varchar,
            confidence double, valid_from date, valid_to date)""")  # fmt: skip
        for left, right, begin, end in relations:
            con.execute(
                "insert into r values (?, ?, 'lives_with', 'same_address', 0.9, ?, ?)", [left, right, begin, end]
            )
        con.execute("insert into r values ('a', 'z', 'sibling', 'same_mother', 0.9, null, null)")
        execute(con, f"copy r to '{folder / 'relationships.parquet'}'")
    return folder


def households(run: Path, on: str) -> list[list[str]]:
    found: dict[int, list[str]] = {}
    for line in household_at(run, date.fromisoformat(on)).to_pylist():
        found.setdefault(line["household_no"], []).append(line["person_id"])
    return sorted(found.values())


def test_a_child_with_two_homes_is_in_two_households(tmp_path: Path) -> None:
    run = written(tmp_path / "run", [("a", "b", None, None), ("a", "c", None, None), ("b", "c", None, None),
                                     ("c", "d", None, None)])  # fmt: skip
    assert households(run, "2024-01-01") == [["a", "b", "c"], ["c", "d"]]


def test_households_change_with_the_day(tmp_path: Path) -> None:
    run = written(tmp_path / "run", [("a", "b", "2020-01-01", "2022-01-01"), ("b", "c", "2022-01-01", None)])
    assert households(run, "2019-12-31") == []
    assert households(run, "2021-12-31") == [["a", "b"]]
    assert households(run, "2022-01-01") == [["b", "c"]]


def test_what_is_known_of_one_day_counts_on_that_day(tmp_path: Path) -> None:
    run = written(tmp_path / "run", [("a", "b", "2020-01-01", "2020-01-01")])
    assert (households(run, "2020-01-01"), households(run, "2020-01-02")) == ([["a", "b"]], [])


def test_a_folder_without_relationships_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no relationships"):
        household_at(tmp_path, date(2024, 1, 1))


@settings(max_examples=12, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1]), max_size=20))
def test_cliques_are_those_of_networkx(ties: set[tuple[int, int]]) -> None:
    with connect(memory="1GB") as con:
        execute(con, "create table ties (person_no_l bigint, person_no_r bigint)")
        for tie in sorted(ties):
            con.execute("insert into ties values (?, ?)", list(tie))
        label_cliques(con, "ties", "cliques")
        found: dict[object, set[int]] = {}
        for clique, person in rows(con, "select clique_no, person_no from cliques"):
            found.setdefault(clique, set()).add(int(str(person)))
    expected = {frozenset(clique) for clique in nx.find_cliques(nx.Graph(list(ties)))} if ties else set()
    assert {frozenset(clique) for clique in found.values()} == expected
    assert len(found) == len(expected)
