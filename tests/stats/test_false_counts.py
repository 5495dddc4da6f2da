"""How many pairs are false together, against laws that scipy knows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom, poisson

from linkage.stats import Cause, FalseCount, false_count

TAILS = [0.025, 0.975]


@settings(max_examples=30, deadline=None)
@given(st.floats(0.001, 300.0), st.integers(1, 9))
def test_persons_apart_under_a_known_precision_are_poisson_in_whole_persons(mean: float, size: int) -> None:
    found = false_count(10**9, [Cause({size: mean})])
    lo, hi = size * poisson.ppf(TAILS, mean / size)
    assert (found.lo, found.hi) == (lo, hi)
    assert found.sd == pytest.approx(math.sqrt(size * mean))


@settings(max_examples=30, deadline=None)
@given(st.floats(0.001, 300.0), st.floats(0.2, 50.0))
def test_an_estimated_precision_makes_it_negative_binomial(mean: float, shape: float) -> None:
    found = false_count(10**9, [Cause({1: mean}, shape)])
    lo, hi = nbinom.ppf(TAILS, shape, shape / (shape + mean))
    assert (found.lo, found.hi) == (lo, hi)
    assert found.sd == pytest.approx(nbinom.std(shape, shape / (shape + mean)))


def test_one_false_link_assumed_and_none_seen_is_geometric() -> None:
    # P(n) = 1/2^(n+1): F(4) = 0.969, F(5) = 0.984.
    assert false_count(1_000, [Cause({1: 1.0}, 1.0)]) == FalseCount(1.0, math.sqrt(2), 0, 5)


def test_causes_add_up() -> None:
    random = np.random.default_rng(3)
    causes = [Cause({1: 1.5, 6: 3.0}, 2.0), Cause({3: 4.0}, 0.5)]
    worth = random.gamma(2.0, 1 / 2.0, 400_000)
    drawn = random.poisson(1.5 * worth) + 6 * random.poisson(0.5 * worth)
    drawn += 3 * random.poisson(4 / 3 * random.gamma(0.5, 2.0, len(worth)))
    found = false_count(10_000, causes)
    assert (found.mean, found.sd) == (8.5, pytest.approx(drawn.std(), rel=0.02))
    assert (found.lo, found.hi) == pytest.approx(np.quantile(drawn, TAILS, method="inverted_cdf"), abs=1)


def test_bounds_and_large_counts() -> None:
    assert false_count(5, []) == FalseCount(0.0, 0.0, 0, 0)
    assert false_count(2, [Cause({6: 5.0}, 0.5)]).hi == 2
    many = false_count(10**9, [Cause({1: 5_000.0})])
    assert (many.lo, many.hi) == pytest.approx(poisson.ppf(TAILS, 5_000), abs=1)
