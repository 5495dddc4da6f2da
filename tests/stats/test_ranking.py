"""Places in a league table: rates far apart, rates alike, and how often the set named holds the lowest."""

from __future__ import annotations

import numpy as np
import pytest

from linkage.stats import places, prior_strength


def test_rates_far_apart_have_one_place_each() -> None:
    told = places([0.9, 0.5, 0.7], [5_000, 5_000, 5_000])
    assert [(one.lo, one.hi) for one in told] == [(3, 3), (1, 1), (2, 2)]
    assert [one.chance_lowest for one in told] == [0, 1, 0]
    assert [one.may_be_lowest for one in told] == [False, True, False]


def test_of_groups_alike_any_may_be_the_lowest() -> None:
    told = places([0.9] * 4, [50] * 4)
    assert [(one.lo, one.hi) for one in told] == [(1, 4)] * 4
    assert all(one.may_be_lowest for one in told)
    assert sum(one.chance_lowest for one in told) == pytest.approx(1)


def test_few_cases_of_whom_all_were_found_are_no_certainty() -> None:
    few, many = places([1.0, 0.95], [3, 2_000])
    assert (few.lo, few.hi) == (many.lo, many.hi) == (1, 2)
    assert few.may_be_lowest
    assert many.may_be_lowest
    assert places([], []) == []


def test_the_set_named_holds_the_lowest_as_often_as_it_says() -> None:
    # Groups whose rates are drawn from a prior, told by the posterior: then the chances are what they say.
    draw = np.random.default_rng(3)
    held = named = 0
    for _ in range(200):
        true = draw.beta(45, 5, size=8)
        sizes = draw.integers(20, 400, size=8)
        a = draw.binomial(sizes, true) + 45.0
        told = places(list(a / (sizes + 50)), [float(n + 50) for n in sizes])
        held += told[int(true.argmin())].may_be_lowest
        named += sum(one.may_be_lowest for one in told)
    assert held / 200 > 0.92
    assert named / 200 < 5, "and it is no set of all"


def test_a_prior_is_as_strong_as_cells_are_alike() -> None:
    draw = np.random.default_rng(4)
    sizes = np.full(200, 60)
    means = np.full(200, 0.7)
    learnt = []
    for true in (means, draw.beta(14, 6, size=200), draw.beta(0.7, 0.3, size=200)):
        learnt.append(prior_strength(draw.binomial(sizes, true), sizes, means))
    assert learnt[0] > 200
    assert 14 < learnt[1] < 28, "20"
    assert 0.7 < learnt[2] < 1.4, "1"
