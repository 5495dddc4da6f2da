"""The masked copy and the rerun: nothing that is made of a held-out identifier may be left in them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tiny_run import child_model, load, packs, run_rules, town

from linkage.match.parameters import read_sampled_u
from linkage.match.pool import RECORD_UPNS
from linkage.match.stages import find_candidates
from linkage.match.training import train
from linkage.sql import Connection, execute, rows, run_steps
from linkage.tables import DECIDED, IDENTIFIERS, LINKS_DETERMINISTIC, PERSONS, SCORED
from linkage.validation.masked import masked_copy, run_database
from linkage.validation.persons import HIDDEN, find_hidden_persons
from linkage.validation.rerun import empty_results, link_again, tell_outcome, tell_pairs


def misspelt_town(children: int) -> list[dict[str, Any]]:
    """A town whose right-hand records have errors, so that rules leave something to the model; some have a ULN too."""
    draw = random.Random(7)
    listed = [dict(row) for row in town(children, seed=3)]
    for number, row in enumerate(listed):
        if row["source"] == "right" and number % 5 == 0:
            row["forename"] = str(row["forename"])[:-1] + draw.choice("XYZ")
        if row["source"] == "right" and number % 7 == 0:
            row["dob"] = f"{row['dob'][:8]}{draw.randint(1, 28):02}"
        if number % 3 == 0:
            row["uln"] = "9" + row["upn"][1:]
    return listed


def prepared(con: Connection) -> Connection:
    """A run as far as its training, with its hidden persons."""
    run_rules(load(con, misspelt_town(250)))
    find_candidates(con, child_model(), max_pairs=1_000_000)
    train(con, child_model(), packs().rules, seed=1)
    find_hidden_persons(con, seed=1)
    run_steps(con, empty_results())
    return con


def rerun_tables(con: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every table of a rerun with one half held out, to the last digit."""
    with masked_copy(con, "masked_test", held="h.half = 0") as copy:
        link_again(copy, packs(), child_model(), sampled=read_sampled_u(con), accept=0.95, review=0.5, seed=1,
                   max_pairs=1_000_000)  # fmt: skip
        tell_pairs(copy, child_model(), run=run_database(con), pool_mode="residual_pool", rerun=0)
        tell_outcome(copy, child_model(), run=run_database(con), pool_mode="residual_pool", rerun=0, accept=0.95,
                     seed=1)  # fmt: skip
        return {table: rows(copy, f"from {table} order by all")
                for table in (SCORED, DECIDED, PERSONS, "model_parameters", "source_pair_priors")}  # fmt: skip


def test_held_out_records_have_no_identifier_and_no_link_through_one(con: Connection) -> None:
    prepared(con)
    by_identifier = ", ".join(f"'{rule.id}'" for rule in packs().rules if rule.identifiers)
    with masked_copy(con, "masked_test", held="h.half = 0") as copy:
        link_again(copy, packs(), child_model(), sampled=read_sampled_u(con), accept=0.95, review=0.5, seed=1,
                   max_pairs=1_000_000)  # fmt: skip
        held = rows(copy, "select count(*) from copied_records where is_held")[0][0]
        assert isinstance(held, int)
        assert 150 < held < 350, "half of 500 records"
        for table, column in ((IDENTIFIERS, "record_id"), (RECORD_UPNS, "record_id")):
            assert not rows(copy, f"select 1 from {table} t join copied_records c on c.record_id = t.{column} "
                                  "where c.is_held")  # fmt: skip
        linked = rows(
            copy,
            f"""select count(*) filter (l.is_held or r.is_held), count(*) filter (not l.is_held and not r.is_held)
                from {LINKS_DETERMINISTIC} d join copied_records l on l.record_id = d.record_id_l
                join copied_records r on r.record_id = d.record_id_r where d.rule in ({by_identifier})""",
        )[0]
        assert linked[0] == 0
        assert linked[1] > 50, "the others keep theirs"
    assert not rows(con, "select 1 from duckdb_databases() where database_name = 'masked_test'")


def test_permuting_the_hidden_identifiers_changes_nothing(con: Connection) -> None:
    """The leak test of methods 2.3: who held which identifier does not reach a rerun, to the last bit."""
    prepared(con)
    before = rerun_tables(con)
    found = rows(con, "select count(*) filter (same), count(*) filter (not same) from masked_pairs")[0]
    records = [
        int(str(r)) for (r,) in rows(con, f"select record_id from {HIDDEN} where half = 0 and person is not null")
    ]
    shuffled = records[:]
    random.Random(5).shuffle(shuffled)
    execute(con, "create table swapped (record_id bigint, other bigint)")
    con.executemany("insert into swapped values (?, ?)", list(zip(records, shuffled, strict=True)))
    execute(con, f"update {IDENTIFIERS} i set record_id = s.other from swapped s where s.record_id = i.record_id")
    # The labels follow the identifiers; who is held out does not.
    execute(
        con,
        f"""create or replace table {HIDDEN} as
        select h.* replace (coalesce(o.person, h.person) as person) from {HIDDEN} h
        left join swapped s on s.other = h.record_id left join {HIDDEN} o on o.record_id = s.record_id""",
    )
    execute(con, "delete from masked_pairs")
    assert rerun_tables(con) == before
    after = rows(con, "select count(*) filter (same), count(*) filter (not same) from masked_pairs")[0]
    assert after != found, "the labels were moved, or the test shows nothing"


@pytest.mark.parametrize("seed", [1, 2])
def test_persons_hang_together_through_any_trusted_identifier(con: Connection, seed: int) -> None:
    load(con, [
        {"source": "a", "key": "1", "upn": "A1", "uln": "U1"},
        {"source": "b", "key": "1", "uln": "U1"},
        {"source": "b", "key": "2", "la_child_id": "L1", "upn": "A2"},
        {"source": "c", "key": "1", "la_child_id": "L1"},
        {"source": "c", "key": "2", "upn": "A3", "former_upn": "A1"},
        {"source": "c", "key": "3", "invalid_upn": "A1"},
    ])  # fmt: skip
    execute(con, "create table never_link as select 0::bigint as record_id_l, 0::bigint as record_id_r limit 0")
    assert find_hidden_persons(con, seed=seed) == 2
    found = dict(rows(con, f"select record_id, person from {HIDDEN}"))
    assert found == {0: 0, 1: 0, 2: 2, 3: None, 4: 0, 5: None}, "a local number makes nobody known"
    halves = dict(rows(con, f"select record_id, half from {HIDDEN}"))
    assert halves[0] == halves[1] == halves[4]
    execute(con, "insert into never_link values (1, 4)")
    assert find_hidden_persons(con, seed=seed) == 1, "who must never meet is nobody's example"
