"""Never-link pairs meet nowhere, whatever joins them; units hold persons; the order of rows changes nothing."""

from __future__ import annotations

import random
from itertools import combinations
from typing import Any

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import Families, Home, families_of, people

from linkage.families.kin import Tie, part
from linkage.families.rules import UNITS
from linkage.sql import Connection, connect, rows

FOUR = """
    key   | forename | surname | dob        | mother_id
    born  | ANN      | OAK     | 2010-03-01 | M1
    later | JOY      | ELM     | 2010-03-02 | M1
    ben   | BEN      | OAK     | 2012-03-01 | M1
    cat   | CAT      | ELM     | 2014-03-01 | M1
    """


def test_an_adopted_child_is_two_persons_whom_no_brother_brings_together(con: Connection) -> None:
    homes: list[Home] = [("born", "home", "u1", None, "2012-06-01"), ("ben", "home", "u1", None, None),
                         ("ben", "home", "u2", "2013-01-01", None),
                         ("later", "home", "u2", "2013-01-01", None)]  # fmt: skip
    made = families_of(con, FOUR, homes=homes, never=[("born", "later")])
    graph = nx.Graph([pair[:2] for pair in made.relations])
    assert not (graph.has_node("born") and graph.has_node("later") and nx.has_path(graph, "born", "later"))
    for rule in UNITS:
        assert not any({"born", "later"} <= set(unit) for unit in made.units(rule))
    assert made.refused[("relationships", "never_link")] >= 1


def test_without_the_list_they_are_one_family(con: Connection) -> None:
    assert families_of(con, FOUR).units("birth_family") == [["ben", "born", "cat", "later"]]


World = tuple[list[dict[str, Any]], list[Home], list[tuple[str, str]]]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to a dozen persons with few mothers, surnames and homes, so that they meet; and pairs who must not."""
    size = draw(st.integers(2, 12))
    world = []
    for at in range(size):
        person = {"key": f"k{at:02d}", "forename": f"N{chr(65 + draw(st.integers(0, 8)))}",
                  "surname": draw(st.sampled_from(("OAK", "ELM"))),
                  "dob": f"{2008 + draw(st.integers(0, 9))}-0{draw(st.integers(1, 9))}-01"}  # fmt: skip
        for key, values in (("mother_id", ("M1", "M2")), ("father_id", ("F1", "F2")), ("sex", ("F", "M"))):
            if draw(st.booleans()):
                person[key] = draw(st.sampled_from(values))
        world.append(person)
    names = [str(person["key"]) for person in world]
    homes: list[Home] = [
        (who, draw(st.sampled_from(("home", "home", "placement"))),
         draw(st.sampled_from(("AB1 2CD u1", "AB1 2CD u2", "AB1 3CD"))),
         draw(st.sampled_from((None, "2019-01-01"))), draw(st.sampled_from((None, "2021-01-01"))))
        for who in names if draw(st.booleans())
    ]  # fmt: skip
    pairs = list(combinations(names, 2))
    never = draw(st.lists(st.sampled_from(pairs), max_size=2, unique=True))
    return world, homes, never


def made_of(world: World, order: int = 0, threads: int = 1) -> dict[str, Any]:
    """Relations and units of a world by the names of persons, and the number of each unit member."""
    listed, homes, never = world
    shuffled = list(homes)
    random.Random(order).shuffle(shuffled)
    with connect(memory="1GB", threads=threads) as con:
        made: Families = families_of(con, listed, homes=shuffled, never=never)
        return {
            "relations": made.rows("*"), "members": made.rows("*", "family_members"), "by_name": made.relations,
            "units": {rule: made.units(rule) for rule in UNITS},
        }  # fmt: skip


@settings(max_examples=6, deadline=None)
@given(worlds())
def test_whatever_the_world_never_pairs_stay_apart_and_units_hold_persons(world: World) -> None:
    made = made_of(world)
    graph = nx.Graph([pair[:2] for pair in made["by_name"]])
    for left, right in world[2]:
        assert not (left in graph and right in graph and nx.has_path(graph, left, right))
        assert not any({left, right} <= set(unit) for units in made["units"].values() for unit in units)
    names = {str(person["key"]) for person in world[0]}
    assert all(set(unit) <= names and len(unit) > 1 for units in made["units"].values() for unit in units)


@settings(max_examples=3, deadline=None)
@given(worlds(), st.integers(1, 99))
def test_the_order_of_rows_and_the_threads_change_nothing(world: World, order: int) -> None:
    assert made_of(world) == made_of(world, order, threads=2)


Ties = list[tuple[int, int, int]]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(1, 9)), max_size=20), st.integers(0, 999))
def test_what_is_left_after_cutting_never_clashes_and_the_order_does_not_matter(listed: Ties, order: int) -> None:
    ties = [Tie(min(a, b), max(a, b), q / 10) for a, b, q in listed if a != b]
    enemies = {(0, 1), (2, 5)}

    def clash(group: set[int], other: set[int]) -> bool:
        return any({a, b} & group and {a, b} & other for a, b in enemies)

    cut = part(ties, clash)
    graph = nx.Graph([(tie.left, tie.right) for tie in ties if tie not in cut])
    assert not any(a in graph and b in graph and nx.has_path(graph, a, b) for a, b in enemies)
    random.Random(order).shuffle(ties)
    assert set(part(ties, clash)) == set(cut)


def test_unit_ids_are_opaque_and_of_their_run(con: Connection) -> None:
    families_of(con, people(FOUR))
    ids = [str(unit) for (unit,) in rows(con, "select distinct unit_id from family_members")]
    assert ids
    assert all(unit.startswith("f_") and len(unit) == 22 for unit in ids)
