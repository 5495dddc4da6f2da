"""Repair of components that break a rule: never leaves one broken, and cuts what costs least evidence."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.cluster.constraints import Cut, Edge, Member
from linkage.cluster.repair import bits
from linkage.cluster.repair import repair as repaired


def member(record_id: int, *, unique: int | None = None, upns: Iterable[int] = (), never: Iterable[int] = ()) -> Member:
    return Member(record_id, unique, frozenset(upns), dict.fromkeys(never, "never_link"))


def repair(members: Sequence[Member], edges: Iterable[Edge]) -> tuple[Cut, ...]:
    found = repaired(members, edges)
    assert found.is_exact  # nine records are a small component
    return found.cuts


def cost(edges: Iterable[Edge]) -> float:
    """The evidence of links, in bits."""
    return sum(bits(edge) for edge in edges)


def cheapest(members: Sequence[Member], edges: Sequence[Edge]) -> float:
    """The least evidence that a set of cuts costs, of all sets that leave no broken rule: by trying every one."""
    least = float("inf")
    for choice in range(1 << len(edges)):
        cut = [edge for place, edge in enumerate(edges) if choice >> place & 1]
        if cost(cut) < least and not any(
            is_broken(group, members) for group in groups(members, edges, [Cut(edge, "") for edge in cut])
        ):
            least = cost(cut)
    return least


def groups(members: Sequence[Member], edges: Iterable[Edge], cuts: Iterable[Cut] = ()) -> list[set[int]]:
    """The persons that are left once links are cut."""
    graph = networkx.Graph()
    graph.add_nodes_from(item.record_id for item in members)
    graph.add_edges_from((edge.record_id_l, edge.record_id_r) for edge in edges)
    graph.remove_edges_from((cut.edge.record_id_l, cut.edge.record_id_r) for cut in cuts)
    return [set(part) for part in networkx.connected_components(graph)]


def is_broken(group: set[int], members: Sequence[Member]) -> bool:
    """Does the group hold a unique source twice, a pair that must not meet, or UPNs that nothing connects?"""
    inside = [item for item in members if item.record_id in group]
    sources = [item.unique_source for item in inside if item.unique_source is not None]
    holders = [item.upn_groups for item in inside if item.upn_groups]
    connected = networkx.Graph()
    connected.add_nodes_from(range(len(holders)))
    connected.add_edges_from((a, b) for a, b in combinations(range(len(holders)), 2) if holders[a] & holders[b])
    return (
        len(set(sources)) < len(sources)
        or any(set(item.apart) & group for item in inside)
        or (len(holders) > 0 and not networkx.is_connected(connected))
    )


@st.composite
def components(draw: st.DrawFn, *, most_upns: int = 1, most_links: int = 36) -> tuple[list[Member], list[Edge]]:
    """Up to nine records with few sources and UPNs, and links between some of them."""
    size = draw(st.integers(2, 9))
    pairs = list(combinations(range(size), 2))
    never = draw(st.sets(st.sampled_from(pairs), max_size=2))
    members = [
        member(
            record,
            unique=draw(st.none() | st.integers(0, 2)),
            upns=draw(st.sets(st.integers(1, 3), max_size=most_upns)),
            never={a + b - record for a, b in never if record in (a, b)},
        )
        for record in range(size)
    ]
    linked = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=min(len(pairs), most_links)))
    levels = st.sampled_from([0.95, 0.97, 0.99, 0.999])
    edges = [Edge(left, right, draw(levels), draw(st.sampled_from([5.0, 10.0]))) for left, right in sorted(linked)]
    return members, edges


@given(components())
def test_no_group_that_is_left_breaks_a_rule(component: tuple[list[Member], list[Edge]]) -> None:
    members, edges = component
    cuts = repair(members, edges)
    assert not any(is_broken(group, members) for group in groups(members, edges, cuts))


@given(components(most_upns=3))
def test_no_group_that_is_left_breaks_a_rule_where_records_hold_several_upns(
    component: tuple[list[Member], list[Edge]],
) -> None:
    members, edges = component
    cuts = repair(members, edges)
    assert not any(is_broken(group, members) for group in groups(members, edges, cuts))


@given(components())
def test_nothing_is_cut_where_nothing_is_broken(component: tuple[list[Member], list[Edge]]) -> None:
    members, edges = component
    if not any(is_broken(group, members) for group in groups(members, edges)):
        assert repair(members, edges) == ()


def test_two_upns_may_wait_for_the_record_that_connects_them() -> None:
    # 3 and 6 hold different UPNs and only 7 holds both. The link of 3 and 6 costs more than the known cut, of 0 and 3.
    members = [member(0, upns=[3]), member(3, upns=[1]), member(6, upns=[2]), member(7, upns=[1, 2])]
    edges = [Edge(0, 3, 0.95, 5.0), Edge(3, 6, 0.95, 10.0), Edge(3, 7, 0.95, 5.0)]
    assert [cut.edge for cut in repair(members, edges)] == [edges[0]]


@given(components(), st.integers(0, 10**6))
def test_the_order_of_members_and_links_changes_nothing(component: tuple[list[Member], list[Edge]], seed: int) -> None:
    members, edges = component
    draw = random.Random(seed)
    others, other_edges = draw.sample(members, len(members)), draw.sample(edges, len(edges))
    assert repair(members, edges) == repair(others, other_edges)


@given(components())
def test_any_cut_link_put_back_would_break_a_rule(component: tuple[list[Member], list[Edge]]) -> None:
    members, edges = component
    cuts = repair(members, edges)
    for cut in cuts:
        left = [other for other in cuts if other is not cut]
        assert any(is_broken(group, members) for group in groups(members, edges, left))


@settings(max_examples=60, deadline=None)
@given(components(most_upns=2, most_links=8))
def test_no_other_cut_costs_less_evidence(component: tuple[list[Member], list[Edge]]) -> None:
    members, edges = component
    assert cost(cut.edge for cut in repair(members, edges)) == pytest.approx(cheapest(members, edges))


@given(components(most_upns=2))
def test_the_heuristic_for_large_components_leaves_nothing_broken_and_never_beats_the_exact_cut(
    component: tuple[list[Member], list[Edge]],
) -> None:
    members, edges = component
    found = repaired(members, edges, most_groups=0)
    assert not any(is_broken(group, members) for group in groups(members, edges, found.cuts))
    assert cost(cut.edge for cut in found.cuts) >= cost(cut.edge for cut in repair(members, edges)) - 1e-9
    assert found.is_exact == (not found.cuts)


@given(components())
def test_both_ends_of_a_cut_are_in_different_groups(component: tuple[list[Member], list[Edge]]) -> None:
    members, edges = component
    cuts = repair(members, edges)
    found = groups(members, edges, cuts)
    for cut in cuts:
        assert not any({cut.edge.record_id_l, cut.edge.record_id_r} <= group for group in found)


@given(components(), st.data())
def test_what_a_person_decided_is_never_cut(component: tuple[list[Member], list[Edge]], data: st.DataObject) -> None:
    members, edges = component
    chosen = data.draw(st.sets(st.integers(0, max(0, len(edges) - 1)), max_size=3))
    given_edges = [replace(edge, is_manual=number in chosen) for number, edge in enumerate(edges)]
    cuts = repair(members, given_edges)
    assert not any(cut.edge.is_manual for cut in cuts)
    # What still breaks a rule holds a decision of a person.
    for group in groups(members, given_edges, cuts):
        inside = [edge for edge in given_edges if {edge.record_id_l, edge.record_id_r} <= group]
        assert not is_broken(group, members) or any(edge.is_manual for edge in inside)


def test_of_a_decision_and_a_surer_link_that_exclude_each_other_the_decision_stays() -> None:
    members = [member(0, unique=1), member(1), member(2, unique=1)]
    edges = [Edge(0, 1, 0.9999, 20), Edge(1, 2, 0.999, 0, is_manual=True)]
    assert repair(members, edges) == (Cut(edges[0], "two_records_of_a_unique_source"),)


def test_the_weakest_link_of_a_chain_between_two_upns_is_cut() -> None:
    members = [member(0, upns=[1]), member(1), member(2), member(3, upns=[2])]
    edges = [Edge(0, 1, 0.99, 9), Edge(1, 2, 0.96, 7), Edge(2, 3, 0.98, 8)]
    assert repair(members, edges) == (Cut(edges[1], "two_valid_upns"),)


def test_of_links_that_are_equally_sure_the_one_of_less_evidence_is_cut() -> None:
    members = [member(0, unique=1), member(1), member(2, unique=1)]
    edges = [Edge(0, 1, 0.99, 8), Edge(1, 2, 0.99, 9)]
    assert repair(members, edges) == (Cut(edges[0], "two_records_of_a_unique_source"),)


def test_of_links_that_are_equal_in_all_the_later_one_is_cut() -> None:
    members = [member(0, unique=1), member(1), member(2, unique=1)]
    edges = [Edge(0, 1, 0.99, 9), Edge(1, 2, 0.99, 9)]
    assert repair(members, edges) == (Cut(edges[1], "two_records_of_a_unique_source"),)


def test_records_that_must_not_meet_are_parted_though_no_link_joins_them() -> None:
    members = [member(0, never=[2]), member(1), member(2, never=[0])]
    edges = [Edge(0, 1, 0.99, 9), Edge(1, 2, 0.98, 9)]
    assert repair(members, edges) == (Cut(edges[1], "never_link"),)


def test_two_upns_that_a_record_between_them_holds_both_are_no_contradiction() -> None:
    members = [member(0, upns=[1]), member(1, upns=[1, 2]), member(2, upns=[2])]
    edges = [Edge(0, 2, 0.99, 9), Edge(0, 1, 0.98, 9), Edge(1, 2, 0.97, 9)]
    assert repair(members, edges) == ()


def test_one_strong_link_goes_where_two_weaker_ones_say_more() -> None:
    # Greedy takes the surest link first (0 and 1), and has to give up both of the others for it.
    members = [member(0, unique=1), member(1), member(2, unique=1), member(3)]
    edges = [Edge(0, 1, 0.98, 9), Edge(1, 2, 0.97, 9), Edge(1, 3, 0.97, 9), Edge(2, 3, 0.97, 9)]
    assert repair(members, edges) == (Cut(edges[0], "two_records_of_a_unique_source"),)


def test_a_large_component_is_cut_exactly_where_all_but_a_weak_link_is_strong() -> None:
    # Two children of forty records each, whole but for one link between them.
    members = [member(record, upns=[record // 40]) for record in range(80)]
    edges = [Edge(a, b, 0.99, 9) for a, b in combinations(range(80), 2) if a // 40 == b // 40 and b - a < 4]
    weak = Edge(3, 50, 0.96, 5)
    assert repair(members, [*edges, weak]) == (Cut(weak, "two_valid_upns"),)
