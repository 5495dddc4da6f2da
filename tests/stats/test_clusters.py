"""Partitions compared: a worked example, scikit-learn and a naive reference, invariants."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, mutual_info_score

from linkage.stats import cluster_scores

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=14)


def test_scores_of_a_worked_example() -> None:
    # truth {1,2,3} {4,5}; made {1,2} {3,4,5}
    found = cluster_scores(dict.fromkeys("123", "a") | dict.fromkeys("45", "b"),
                           dict.fromkeys("12", "x") | dict.fromkeys("345", "y"))  # fmt: skip
    assert found is not None
    assert (found.pairwise.tp, found.pairwise.fp, found.pairwise.fn) == (2, 2, 2)
    # 1, 2: 1 of 1; 3: 1/3; 4, 5: 2/3
    assert found.bcubed_precision == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3) / 5)
    assert found.bcubed_recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert found.cluster_precision is not None
    assert found.cluster_precision.estimate == 0
    assert found.closest_recall == found.closest_precision == pytest.approx(2 / 3)  # 2/3 each
    assert (found.over_merged, found.over_split, found.splits, found.merges) == (1, 1, 1, 1)
    bits = 3 / 5 * (1 / 3 * math.log2(3) + 2 / 3 * math.log2(1.5))
    assert (found.over_merge_bits, found.over_split_bits) == pytest.approx((bits, bits))


@settings(deadline=None)
@given(LABELS)
def test_scores_agree_with_other_implementations(labels: list[tuple[int, int]]) -> None:
    truth, made = ([pair[side] for pair in labels] for side in (0, 1))
    found = cluster_scores(dict(enumerate(truth)), dict(enumerate(made)))
    assert found is not None
    pairs = [(truth[i] == truth[j], made[i] == made[j]) for i, j in combinations(range(len(labels)), 2)]
    assert found.pairwise.tp == sum(both == (True, True) for both in pairs)
    assert found.pairwise.fp == sum(both == (False, True) for both in pairs)
    assert found.pairwise.fn == sum(both == (True, False) for both in pairs)
    assert found.adjusted_rand == pytest.approx(adjusted_rand_score(truth, made))
    shared = mutual_info_score(truth, made) / math.log(2)
    assert found.over_merge_bits == pytest.approx(mutual_info_score(truth, truth) / math.log(2) - shared, abs=1e-9)
    assert found.over_split_bits == pytest.approx(mutual_info_score(made, made) / math.log(2) - shared, abs=1e-9)
    naive = [
        len({i for i in range(len(labels)) if truth[i] == truth[k] and made[i] == made[k]}) / made.count(made[k])
        for k in range(len(labels))
    ]
    assert found.bcubed_precision == pytest.approx(sum(naive) / len(naive))


@settings(deadline=None)
@given(LABELS)
def test_the_other_way_round_precision_is_recall_and_merging_is_splitting(labels: list[tuple[int, int]]) -> None:
    truth, made = (dict(enumerate(pair[side] for pair in labels)) for side in (0, 1))
    one, other = cluster_scores(truth, made), cluster_scores(made, truth)
    assert one is not None
    assert other is not None
    assert one.bcubed_precision == pytest.approx(other.bcubed_recall)
    assert one.closest_precision == pytest.approx(other.closest_recall)
    assert one.over_merge_bits == pytest.approx(other.over_split_bits)
    assert (one.over_merged, one.splits) == (other.over_split, other.merges)
    perfect = cluster_scores(truth, truth)
    assert perfect is not None
    assert (perfect.bcubed_f1, perfect.adjusted_rand, perfect.variation_of_information_bits) == (1, 1, 0)


def test_no_records_have_no_score_and_others_records_are_refused() -> None:
    assert cluster_scores({}, {}) is None
    with pytest.raises(ValueError):
        cluster_scores({1: "a"}, {2: "a"})
