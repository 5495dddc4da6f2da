"""Three yearly runs of an England that ages, moves and is returned again; and a child adopted before the third."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import networkx
import pytest
from three_years import ThreeYears

from linkage.cluster.events import forward, replay_sql
from linkage.cluster.registry import registry_log
from linkage.diagnostics.explain import explain_pair, explain_record
from linkage.errors import RefusedError
from linkage.project import read_project
from linkage.run import run_project

Told = dict[str, dict[str, Any]]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def counts(run: Path) -> Told:
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    return {stage["stage"]: stage["counts"] for stage in manifest["stages"]}


def persons(run: Path) -> dict[tuple[str, str], str]:
    with duckdb.connect() as con:
        found = con.execute(f"select source, key, person_id from '{run}/persons.parquet'").fetchall()
    assert len({row[:2] for row in found}) == len(found)
    return {(source, key): person for source, key, person in found}


@pytest.mark.parametrize("at", [1, 2])
def test_ids_last_for_records_of_both_years_and_the_log_explains_the_rest(years: ThreeYears, at: int) -> None:
    before, now = persons(years.runs[at - 1]), persons(years.runs[at])
    both = before.keys() & now.keys()
    moved = [name for name in both if before[name] != now[name]]
    assert len(both) > 500
    assert len(moved) <= 0.005 * len(both)
    told = counts(years.runs[at])["persons"]
    assert (told["known_records"], told["kept_ids"]) == (len(both), len(both) - len(moved))
    with registry_log(years.registry) as con:
        found = con.execute(f"""
            select person_id_from, person_id_to from registry_log
            where run_no = {at + 1} and event in ('merge', 'split', 'transfer')""").fetchall()
    assert sorted(found) == sorted((before[name], now[name]) for name in moved)


def test_the_log_replays_to_the_registry_and_to_the_last_run(years: ThreeYears) -> None:
    with registry_log(years.registry) as con:
        log = sorted(con.execute(replay_sql()).fetchall())
        assert log == sorted(con.execute(f"from '{years.registry}/registry.parquet'").fetchall())
        ids = sorted(set(persons(years.runs[0]).values()))[:50]
        led = forward(con, ids)
    assert sorted(person for _, _, person in log) == sorted(persons(years.runs[2]).values())
    assert sum(led[person] == (person,) for person in ids) >= 45  # the others are gone or were told apart


def test_pairs_of_unchanged_records_are_not_compared_again(years: ThreeYears) -> None:
    third = counts(years.runs[2])
    assert third["overrides"]["known_pairs"] > 0
    with duckdb.connect(str(years.runs[2] / "run.duckdb"), read_only=True) as con:
        # Pairs that a rule finds are weighed in every run: their evidence is what the rule's precision is known by.
        left = """known_pairs k semi join candidates using (record_id_l, record_id_r)
            anti join links_deterministic using (record_id_l, record_id_r)
            anti join conflicts_of_passes using (record_id_l, record_id_r)"""
        known = con.execute(f"select count(*) from {left}").fetchall()[0][0]
        same = con.execute(f"""select count(*) from (select * from {left}) k
            join scored_pairs s using (record_id_l, record_id_r) where s.evidence_bits = k.evidence_bits""").fetchall()
    candidates = third["candidates"]["pairs"]
    assert same[0][0] == known > 0
    assert third["score"]["pairs_of_model"] <= candidates - known


def test_a_run_that_is_resumed_when_finished_is_not_entered_twice(years: ThreeYears) -> None:
    project = years.registry.parent / "year_3" / "linkage.toml"
    run_project(read_project(project), out=years.runs[2], resume=True)
    assert sorted(path.name for path in (years.registry / "runs").iterdir()) == ["000001", "000002", "000003"]


def test_pre_and_post_adoption_identities_meet_in_no_output(years: ThreeYears, con: duckdb.DuckDBPyConnection) -> None:
    run = years.runs[2]
    found = {f"{source}:{key}": person for (source, key), person in persons(run).items()}
    one, other = (found[name] for name in years.apart)
    assert one != other
    of = {
        name: [record for record, person in found.items() if person == who] for name, who in (("l", one), ("r", other))
    }
    for table in ("links", "conflicts"):  # links, and what a clerical sample is drawn from
        for left, right in con.execute(f"""select source_l || ':' || key_l, source_r || ':' || key_r
                                       from '{run}/{table}.parquet'""").fetchall():  # fmt: skip
            assert {found.get(left), found.get(right)} != {one, other}
    relations = con.execute(f"select person_id_l, person_id_r from '{run}/relationships.parquet'").fetchall()
    graph = networkx.Graph(relations)
    assert not (one in graph and other in graph and networkx.has_path(graph, one, other))
    assert con.execute(f"""select unit_id from '{run}/families.parquet' where person_id in ('{one}', '{other}')
                       group by unit_id having count(distinct person_id) > 1""").fetchall() == []  # fmt: skip
    for text in ("report.html", "log.jsonl", "manifest.json"):
        assert not any(name.split(":")[1] in (run / text).read_text(encoding="utf-8") for name in years.apart)
    for left in of["l"]:
        for right in of["r"]:
            with pytest.raises(RefusedError):
                explain_pair(run, left, right)
    told = explain_record(run, years.apart[0]).as_text()
    assert not any(record in told for record in of["r"])
    told = explain_record(run, years.apart[1]).as_text()
    assert not any(record in told for record in of["l"])


def test_pre_and_post_adoption_identities_are_compared_and_counted_nowhere(years: ThreeYears) -> None:
    with duckdb.connect(str(years.runs[2] / "run.duckdb"), read_only=True) as con:
        ends = con.execute("select record_id_l, record_id_r from never_link").fetchall()
        assert len(ends) == 1
        found = con.execute("""
            select table_name from duckdb_columns() where column_name in ('record_id_l', 'record_id_r')
            group by table_name having count(*) = 2""").fetchall()
        tables = [table for (table,) in found]
        assert {"links", "scored_pairs", "candidates", "decided_pairs"} <= set(tables)
        for table in sorted(set(tables) - {"never_link"}):
            met = con.execute(f"select count(*) from {table} where (record_id_l, record_id_r) = (?, ?)", ends[0])
            assert met.fetchall() == [(0,)], table
