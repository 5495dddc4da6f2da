"""What a family's word is worth: learnt from pairs whose kinds are drawn, and weighed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.second_pass.learning import MOST_BITS, RAISING, REASONS, family_bits, shares_of_reasons

TRUE = np.array([[0.02, 0.03, 0.45, 0.30, 0.20], [0.01, 0.10, 0.01, 0.02, 0.86], [0.40, 0.02, 0.50, 0.04, 0.04]])


def test_shares_are_those_that_the_pairs_were_drawn_with() -> None:
    draw = np.random.default_rng(1)
    one, sibling = draw.beta(0.4, 0.6, 20_000), draw.beta(0.3, 0.9, 20_000)
    kind = np.where(draw.random(20_000) < one, 0, np.where(draw.random(20_000) < sibling, 2, 1))
    reason = np.array([draw.choice(5, p=TRUE[k]) for k in kind])
    found = shares_of_reasons(reason, one, sibling)
    assert found.sum(axis=1) == pytest.approx(1)
    assert np.abs(found[1:] - TRUE[1:]).max() < 0.04
    # m is counted by chances, so some of the other kinds is in it: less telling than the truth, never more.
    assert 0.25 < found[0, 2] < 0.45
    assert TRUE[0, 4] < found[0, 4] < 0.45


def test_a_reason_weighs_its_log_ratio() -> None:
    bits = family_bits(np.array([2, 2, 2, 1, 4]), np.array([0.0, 0.5, 1.0, 0.0, 0.0]), TRUE)
    linked = [np.log2(0.45 / 0.01), np.log2(0.45 / (0.5 * 0.01 + 0.5 * 0.5)), 0.0]  # the last is of siblings only
    assert bits == pytest.approx([min(linked[0], MOST_BITS), *linked[1:], np.log2(0.3), np.log2(0.20 / 0.86)], abs=1e-5)


def test_two_children_of_one_household_are_never_told_from_one_by_a_sibling() -> None:
    rare_with_siblings = TRUE.copy()
    rare_with_siblings[2] = [0.90, 0.04, 0.01, 0.01, 0.04]
    assert family_bits(np.array([2, 3]), np.array([1.0, 1.0]), rare_with_siblings) == pytest.approx([0.0, 0.0])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=40))
def test_weights_are_bounded_and_keep_their_direction(pairs: list[tuple[int, float, float]]) -> None:
    reason, one, sibling = (np.array(column) for column in zip(*pairs, strict=True))
    bits = family_bits(reason, sibling, shares_of_reasons(reason, one, sibling))
    assert np.isfinite(bits).all()
    assert np.abs(bits).max() <= MOST_BITS
    raises = np.isin(np.array(REASONS)[reason], RAISING)
    assert (bits[raises] >= 0).all()
    assert (bits[~raises] <= 0).all()
