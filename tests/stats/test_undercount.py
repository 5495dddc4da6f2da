"""Recall from what was found, by hand and against draws from a world whose recall is known."""

from __future__ import annotations

import numpy as np
import pytest

from linkage.stats import recall_of_found


def test_by_hand() -> None:
    # One cell: 80 of 99 masked pairs of as many persons were found, one pair more with the expected 0.81: r = 0.8081.
    told = recall_of_found(
        {"c": 40}, ["c"] * 99, range(99), [1.0] * 80 + [0.0] * 19, [1.0] * 99, presumed={"c": 60.0},
        expected={"c": 0.81},
    )  # fmt: skip
    r = 80.81 / 100
    missed = 41 * (1 - r) / (1 / 60 + r)
    assert told is not None
    assert told.pairs == pytest.approx(40 + missed)
    assert told.rate == pytest.approx(40 / (40 + missed))
    own = missed + 41 * (1 - r) ** 2 / (1 / 60 + r) ** 2
    slope = 41 * (1 + 1 / 60) / (1 / 60 + r) ** 2
    sample = slope**2 / 100**2 * (80 * (1 - r) ** 2 + 19 * r**2)
    lent = slope**2 / 100**2 * 0.81 * 0.19 / 2  # the one pair stands for a rate that may be another
    assert told.se == pytest.approx(told.rate * np.sqrt(own + sample + lent) / told.pairs)
    assert told.lo < told.rate < told.hi


def test_the_heavier_the_expected_rate_the_closer_recall_is_to_it() -> None:
    told = [
        recall_of_found({"c": 40}, ["c"] * 20, range(20), [1.0] * 10 + [0.0] * 10, [1.0] * 20, presumed={"c": 60.0},
                        expected={"c": 0.9}, weight=weight)
        for weight in (1.0, 20.0, 1e12)
    ]  # fmt: skip
    rates, errors = zip(*((one.rate, one.se) for one in told if one is not None), strict=True)
    assert rates[0] < rates[1] < rates[2] == pytest.approx(40 / (40 + 41 * 0.1 / (1 / 60 + 0.9)))
    own = 41 * 0.1 / (1 / 60 + 0.9)
    assert errors[0] > errors[1] > errors[2] == pytest.approx(rates[2] ** 2 / 40 * np.sqrt(own + own**2 / 41))


def test_nothing_found_is_no_rate_and_an_untried_cell_is_told() -> None:
    assert recall_of_found({"c": 0}, ["c"], [1], [1.0], [1.0], presumed={"c": 3.0}) is None
    assert recall_of_found({"d": 9}, ["c"], [1], [1.0], [1.0], presumed={}) is None
    told = recall_of_found({"c": 6, "d": 2}, ["c"] * 2, [1, 2], [1.0, 1.0], [1.0, 1.0], presumed={"c": 6.0})
    assert told is not None
    assert told.unsupported == 0.25


def test_where_little_can_be_found_the_presumed_pairs_count_and_the_interval_is_wide() -> None:
    # Of cell d a tenth is found; nothing was, of twenty pairs presumed: it may hide many, and the interval says so.
    cells, recovered = ["c"] * 200 + ["d"] * 200, [1.0] * 190 + [0.0] * 10 + [1.0] * 20 + [0.0] * 180
    without, told = (
        recall_of_found({"c": 50, "d": 0}, cells, range(400), recovered, [1.0] * 400, presumed={"c": 55.0, "d": pairs})
        for pairs in (0.0, 20.0)
    )
    assert without is not None
    assert told is not None
    assert told.rate < without.rate
    assert told.hi - told.lo > 2 * (without.hi - without.lo)


def standard_error(*, persons: list[int], cluster: float = 1.0) -> float:
    """Of 80 found, where 80 of 100 masked pairs were, of the persons given."""
    recovered = [1.0] * 80 + [0.0] * 20
    told = recall_of_found(
        {"c": 80}, ["c"] * 100, persons, recovered, [1.0] * 100, presumed={"c": 100.0}, cluster=cluster
    )
    assert told is not None
    return told.se


def test_pairs_of_one_person_stand_together() -> None:
    alone = standard_error(persons=list(range(100)))
    assert standard_error(persons=[n // 5 for n in range(100)]) > 1.3 * alone, "masked persons of five pairs"
    assert standard_error(persons=list(range(100)), cluster=5.0) > 1.3 * alone, "persons of the target with five"


def test_the_interval_covers_as_often_as_it_says() -> None:
    draw = np.random.default_rng(5)
    covered = 0
    for _ in range(400):
        sample = {"good": (150, 0.95), "poor": (80, 0.5)}
        cells = [cell for cell, (n, _) in sample.items() for _ in range(n)]
        recovered = np.concatenate([draw.random(n) < r for n, r in sample.values()]).astype(float)
        found = {"good": int(draw.binomial(60, 0.95)), "poor": int(draw.binomial(40, 0.5))}
        told = recall_of_found(found, cells, range(230), recovered, np.ones(230), presumed={"good": 70.0, "poor": 30.0})
        assert told is not None
        true = sum(found.values()) / 100
        covered += told.lo <= true <= told.hi
    assert covered / 400 > 0.93
