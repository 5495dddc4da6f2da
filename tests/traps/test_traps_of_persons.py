"""Traps 14 to 17: families that are none, identities that must stay apart, and ids that must not come back."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
from small_world import Home, families_of
from tiny_run import load
from yearly import run_year

from linkage.cluster.events import forward
from linkage.cluster.registry import registry_log
from linkage.families.rules import UNITS
from linkage.sql import Connection, execute, rows
from linkage.validation.persons import HIDDEN, find_hidden_persons

STRANGERS = """
    key | forename | surname | dob
    a   | ANN      | OAK     | 2010-03-01
    b   | BEN      | ELM     | 2012-03-01
    """
FOSTERED: list[tuple[str, str, str, str, None]] = [(who, "placement", "AB1 2CD", "2022-01-01", None) for who in "ab"]
EPISODES = [(who, "episode", "C2|U4", "2022-01-01", None) for who in "ab"]
KIN = ("sibling", "full_sibling", "half_sibling", "twin", "mother_of", "parent_of")
RECORDS = [{"source": source, "key": "1", "forename": "ANN"} for source in "abc"]


def test_trap_14_an_address_in_common_is_no_kinship(con: Connection) -> None:
    """Trap 14, family taken for address: two children of one home and two surnames live together, and no more."""
    made = families_of(con, STRANGERS, homes=[(who, "home", "AB1 2CD u1", None, None) for who in "ab"])
    assert {relation for *_, relation in made.relations} <= {"lives_with"}
    assert made.units("birth_family") == made.units("sibling_group") == []


def test_trap_15_foster_carers_are_nobodys_parents(con: Connection) -> None:
    """Trap 15, carers taken for parents: children fostered together, of one surname, have carers and no family."""
    one_name = STRANGERS.replace("ELM", "OAK")
    homes: list[Home] = [*FOSTERED, *((who, "home", "AB1 2CD u1", None, None) for who in "ab")]
    made = families_of(con, one_name, homes=homes, events=EPISODES)
    assert not [relation for *_, relation in made.relations if relation in KIN]
    assert made.units("birth_family") == []
    assert made.units("carers") == [["a", "b"]]


def test_trap_16_an_adopted_child_is_two_persons_in_every_later_run(tmp_path: Path) -> None:
    """Trap 16, adoption re-identified by closure and by the registry: once on the list, apart for good."""
    links = [("a:1", "b:1"), ("b:1", "c:1")]  # b:1 would bring the old and the new identity together
    run_year(tmp_path, RECORDS, links, number=1, never=[("a:1", "c:1")])
    later = run_year(tmp_path, RECORDS, links, number=2)
    assert later.persons["a:1"] != later.persons["c:1"]
    with registry_log(tmp_path) as con:
        led = forward(con, [later.persons["a:1"], later.persons["c:1"]])
    assert not set(led[later.persons["a:1"]]) & set(led[later.persons["c:1"]])


def test_trap_16_no_family_brings_both_identities_together(con: Connection) -> None:
    """Trap 16: nor does a mother, a brother or a sister of both, in any relation or unit."""
    made = families_of(con, """
        key   | forename | surname | dob        | mother_id
        born  | ANN      | OAK     | 2010-03-01 | M1
        later | JOY      | ELM     | 2010-03-01 | M1
        ben   | BEN      | OAK     | 2012-03-01 | M1
        """, never=[("born", "later")])  # fmt: skip
    graph = nx.Graph([pair[:2] for pair in made.relations])
    graph.add_nodes_from(("born", "later"))
    assert not nx.has_path(graph, "born", "later")
    assert not [unit for rule in UNITS for unit in made.units(rule) if {"born", "later"} <= set(unit)]


def test_trap_16_such_a_pair_is_no_missed_match(con: Connection) -> None:
    """Trap 16: who must never meet is in no denominator of recall, though one UPN is on both sides."""
    load(con, [{"source": source, "key": str(n), "upn": f"A{n}"} for source in "ab" for n in (1, 2)])
    execute(con, "create table never_link as select 0::bigint as record_id_l, 2::bigint as record_id_r")
    assert find_hidden_persons(con, seed=1) == 1
    assert dict(rows(con, f"select record_id, person is null from {HIDDEN}")) == {0: True, 1: False, 2: True, 3: False}


def test_trap_17_an_id_that_ended_in_a_merge_is_never_given_again(tmp_path: Path) -> None:
    """Trap 17, ids used again: two persons become one, part again, and a newcomer arrives: the ended id stays ended."""
    first = run_year(tmp_path, RECORDS, [("b:1", "c:1")], number=1)
    merged = run_year(tmp_path, RECORDS, [("a:1", "b:1"), ("b:1", "c:1")], number=2)
    assert len(set(merged.persons.values())) == 1
    [ended] = set(first.persons.values()) - set(merged.persons.values())
    more = sorted([*RECORDS, {"source": "d", "key": "1", "forename": "JOY"}], key=lambda row: row["source"])
    parted = run_year(tmp_path, more, [("b:1", "c:1")], number=3)
    assert len(set(parted.persons.values())) == 3
    assert ended not in parted.persons.values()
    with registry_log(tmp_path) as con:
        assert ended not in forward(con, [ended])[ended], "it leads to whom it became"
        assert forward(con, [ended])[ended]
