"""Components against networkx, on random graphs."""

from __future__ import annotations

import networkx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage.cluster.components import label_components

graphs = st.integers(1, 40).flatmap(
    lambda size: st.tuples(
        st.just(size), st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=60)
    )
)


def labels(records: int, links: list[tuple[int, int]]) -> list[int]:
    left = np.array([one for one, _ in links], dtype=np.int64)
    right = np.array([other for _, other in links], dtype=np.int64)
    return [int(label) for label in label_components(records, left, right)]


@given(graphs)
def test_each_record_is_labelled_with_the_smallest_record_it_hangs_together_with(
    graph: tuple[int, list[tuple[int, int]]],
) -> None:
    records, links = graph
    drawn = networkx.Graph()
    drawn.add_nodes_from(range(records))
    drawn.add_edges_from(links)
    smallest = {record: min(part) for part in networkx.connected_components(drawn) for record in part}
    assert labels(records, links) == [smallest[record] for record in range(records)]


@given(graphs, st.randoms(use_true_random=False))
def test_labels_do_not_depend_on_the_order_or_direction_of_links(
    graph: tuple[int, list[tuple[int, int]]], draw: object
) -> None:
    records, links = graph
    other = [(right, left) for left, right in links]
    draw.shuffle(other)  # type: ignore[attr-defined]
    assert labels(records, links) == labels(records, other)


def test_a_link_that_stands_there_twice_is_one() -> None:
    # Counted in eight bits, 256 times one link would be none.
    assert labels(3, [(0, 2)] * 256) == [0, 1, 0]


def test_no_records_have_no_labels() -> None:
    assert labels(0, []) == []


def test_records_without_links_are_their_own() -> None:
    assert labels(3, []) == [0, 1, 2]
