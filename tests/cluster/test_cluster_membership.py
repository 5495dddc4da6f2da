"""How sure persons are, against every world in which each link holds or not."""

from __future__ import annotations

from itertools import combinations, product

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.cluster.bridges import bridges_of
from linkage.cluster.membership import EXACT_RECORDS, membership

Links = list[tuple[int, int, float]]


def weighed(person: list[int], links: Links, seed: int = 1) -> tuple[list[float], list[float]]:
    left, right, sure = (np.array([link[at] for link in links]) for at in range(3))
    found = membership(np.array(person, np.int64), left.astype(np.int64), right.astype(np.int64),
                       sure.astype(np.float64), seed=seed)  # fmt: skip
    return found.membership.tolist(), found.person.tolist()


def by_all_worlds(records: int, links: Links) -> tuple[list[float], float]:
    """Each record's expected share of the others, and the chance of one piece, by adding up every world."""
    share, whole = [0.0] * records, 0.0
    for world in product((True, False), repeat=len(links)):
        graph = networkx.Graph()
        graph.add_nodes_from(range(records))
        chance = 1.0
        for (left, right, sure), holds in zip(links, world, strict=True):
            chance *= sure if holds else 1 - sure
            if holds:
                graph.add_edge(left, right)
        for part in networkx.connected_components(graph):
            for record in part:
                share[record] += chance * (len(part) - 1) / (records - 1)
        whole += chance * networkx.is_connected(graph)
    return share, whole


@st.composite
def persons(draw: st.DrawFn) -> tuple[int, Links]:
    """A connected graph of two to five records with at most eight links."""
    records = draw(st.integers(2, 5))
    tree = [(draw(st.integers(0, record - 1)), record) for record in range(1, records)]
    others = [pair for pair in combinations(range(records), 2) if pair not in tree]
    more = draw(st.lists(st.sampled_from(others), unique=True, max_size=8 - len(tree))) if others else []
    return records, [(*pair, draw(st.sampled_from([0.5, 0.9, 0.97, 0.999]))) for pair in sorted([*tree, *more])]


@settings(max_examples=60, deadline=None)
@given(persons())
def test_confidences_are_those_of_all_worlds_added_up(graph: tuple[int, Links]) -> None:
    records, links = graph
    share, whole = by_all_worlds(records, links)
    belongs, person = weighed([0] * records, links)
    assert belongs == pytest.approx(share, abs=2e-6)
    assert person == pytest.approx([whole] * records, abs=2e-6)


def test_in_a_tree_it_is_the_product_along_the_path() -> None:
    belongs, person = weighed([5, 5, 5], [(0, 1, 0.9), (1, 2, 0.8)])
    assert belongs == pytest.approx([(0.9 + 0.72) / 2, (0.9 + 0.8) / 2, (0.72 + 0.8) / 2])
    assert person == pytest.approx([0.72] * 3)


def test_persons_of_every_size_stand_side_by_side_and_do_not_touch() -> None:
    belongs, person = weighed([0, 1, 0, 3, 1, 5], [(0, 2, 0.9), (1, 4, 0.6)])
    assert belongs == person == pytest.approx([0.9, 0.6, 0.9, 1.0, 0.6, 1.0])


def test_nothing_with_another_record_is_certain() -> None:
    assert weighed([0, 0], [(0, 1, 1.0)])[1] == [0.999999] * 2


def test_a_large_person_is_drawn_near_the_truth_and_the_same_for_the_same_seed() -> None:
    size = EXACT_RECORDS + 4
    ring: Links = [(place, (place + 1) % size, 0.97) for place in range(size)]
    ring = [(min(a, b), max(a, b), sure) for a, b, sure in ring]
    belongs, person = weighed([0] * size, ring)
    # A ring hangs together while at most one of its links fails.
    whole = 0.97**size + size * 0.03 * 0.97 ** (size - 1)
    assert person[0] == pytest.approx(whole, abs=0.04)
    assert weighed([0] * size, ring) == (belongs, person)
    assert weighed([0] * size, ring, seed=2) != (belongs, person)


def test_what_never_failed_in_the_draws_is_not_certain() -> None:
    size = EXACT_RECORDS + 1
    sure: Links = [(a, b, 0.9999) for a, b in combinations(range(size), 2)]
    assert weighed([0] * size, sure)[1] == pytest.approx([1 - 1 / 1002] * size, abs=1e-6)


def test_no_links_and_no_records() -> None:
    empty = np.zeros(0, np.int64)
    assert membership(empty, empty, empty, np.zeros(0), seed=1).membership.tolist() == []


@settings(max_examples=60, deadline=None)
@given(persons())
def test_bridges_are_the_links_without_which_two_groups_of_several_are_left(graph: tuple[int, Links]) -> None:
    drawn = networkx.Graph([(left, right) for left, right, _ in graph[1]])
    expected = []
    for left, right, _ in graph[1]:
        rest = drawn.copy()
        rest.remove_edge(left, right)
        parts = sorted(len(part) for part in networkx.connected_components(rest))
        if len(parts) == 2 and parts[0] >= 2:
            expected.append((left, right))
    assert sorted(bridges_of(drawn)) == expected
