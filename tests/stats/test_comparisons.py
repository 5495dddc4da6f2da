"""Comparisons of groups: worked values, statsmodels and scikit-learn as other implementations, invariants."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from linkage.stats import (
    Comparison,
    benjamini_hochberg,
    evidence,
    excess_missed,
    holm,
    minimum_detectable_ratio,
    newcombe,
    risk_ratio,
    sidak_level,
    standardised_difference,
    standardised_difference_of_levels,
    standardised_difference_of_means,
    variance_of_standardised_difference,
    wilson,
)

GROUP = st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_newcombe_of_its_papers_example() -> None:
    # Newcombe 1998, table II (a), method 10: 56/70 - 48/80 is 0.2, 0.0524 to 0.3339
    found = newcombe(56, 70, 48, 80)
    assert found is not None
    assert (found.estimate, found.lo, found.hi) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


@settings(deadline=None)
@given(GROUP, GROUP)
def test_newcombe_is_made_of_wilsons_ends_and_turns_round(a: tuple[int, int], b: tuple[int, int]) -> None:
    found, turned = newcombe(*a, *b), newcombe(*b, *a)
    one, two = wilson(*a), wilson(*b)
    assert found is not None
    assert turned is not None
    assert one is not None
    assert two is not None
    p1, p2 = one.estimate, two.estimate
    assert found.lo == pytest.approx(p1 - p2 - math.hypot(p1 - one.lo, two.hi - p2), abs=1e-9)
    assert found.hi == pytest.approx(p1 - p2 + math.hypot(one.hi - p1, p2 - two.lo), abs=1e-9)
    assert (turned.lo, turned.hi) == pytest.approx((-found.hi, -found.lo), abs=1e-9)
    assert -1 <= found.lo <= found.hi <= 1


def test_risk_ratio_of_a_worked_example() -> None:
    # log(2) ± 1.959964 √(1/20 - 1/100 + 1/10 - 1/100) = 0.693147 ± 0.706675
    found = risk_ratio(20, 100, 10, 100)
    assert found is not None
    assert found.method == "katz"
    assert (found.estimate, found.lo, found.hi) == pytest.approx((2.0, 0.986563, 4.054481), abs=1e-5)


def test_risk_ratio_with_zeros_is_open_at_that_end_and_closed_at_the_other() -> None:
    none_of_one, none_of_other, none = risk_ratio(0, 50, 5, 50), risk_ratio(5, 50, 0, 50), risk_ratio(0, 50, 0, 50)
    assert none_of_one is not None
    assert none_of_other is not None
    assert none is not None
    assert (none_of_one.estimate, none_of_one.lo, none_of_one.method) == (0.0, 0.0, "koopman")
    assert 0.5 < none_of_one.hi < 1
    assert (none_of_other.estimate, none_of_other.hi) == (math.inf, math.inf)
    assert none_of_other.lo == pytest.approx(1 / none_of_one.hi, rel=1e-3)
    assert (none.estimate, none.lo, none.hi, none.p) == (None, 0.0, math.inf, None)
    every = risk_ratio(50, 50, 30, 30)
    assert every is not None
    assert every.method == "katz_half"
    assert every.lo < 1 < every.hi
    none_of_one_all_of_other = risk_ratio(0, 20, 30, 30)
    assert none_of_one_all_of_other is not None
    assert (none_of_one_all_of_other.lo, none_of_one_all_of_other.method) == (0.0, "katz_half")
    assert 0 < none_of_one_all_of_other.hi < 1
    assert risk_ratio(0, 0, 3, 5) is None


@settings(deadline=None)
@given(GROUP, GROUP)
def test_a_ratio_and_its_turn_are_inverse(a: tuple[int, int], b: tuple[int, int]) -> None:
    found, turned = risk_ratio(*a, *b), risk_ratio(*b, *a)
    assert found is not None
    assert turned is not None
    assert 0 <= found.lo <= found.hi
    if found.method == "katz" and found.estimate:
        assert found.lo <= found.estimate <= found.hi
        assert turned.lo * found.hi == pytest.approx(1)
        assert found.p == pytest.approx(turned.p)


def test_holm_and_benjamini_hochberg_of_a_worked_example() -> None:
    p = [0.01, None, 0.04, 0.03]
    # Holm: 3 × .01, then 2 × .03, then max(.06, 1 × .04); BH: 3 × .01 / 1, then min(3 × .03 / 2, .04), .04
    assert holm(p) == [pytest.approx(0.03), None, pytest.approx(0.06), pytest.approx(0.06)]
    assert benjamini_hochberg(p) == [pytest.approx(0.03), None, pytest.approx(0.04), pytest.approx(0.04)]
    assert holm([None]) == [None]
    assert holm([]) == []
    with pytest.raises(ValueError):
        holm([1.2])


@settings(max_examples=12, deadline=None)  # statsmodels collects garbage at every call
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values_are_those_of_statsmodels(p: list[float]) -> None:
    assert holm(p) == multipletests(p, method="holm")[1].tolist()
    assert benjamini_hochberg(p) == multipletests(p, method="fdr_bh")[1].tolist()


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values_keep_their_order_and_holm_is_stricter(p: list[float]) -> None:
    strict, loose = holm(p), benjamini_hochberg(p)
    assert all(
        a is not None and b is not None and raw <= b + 1e-12 <= a + 2e-12
        for raw, b, a in zip(p, loose, strict, strict=True)
    )
    order = sorted(range(len(p)), key=p.__getitem__)
    assert [strict[i] for i in order] == sorted(v for v in strict if v is not None)


def test_intervals_of_a_family_hold_together() -> None:
    assert sidak_level(10) ** 10 == pytest.approx(0.95)
    assert sidak_level(1) == 0.95


def test_the_minimum_detectable_ratio_is_seen_with_the_power_it_says() -> None:
    ratio = minimum_detectable_ratio(1_000, 4_000, 0.04)
    assert ratio is not None
    effect = proportion_effectsize(0.04 * ratio, 0.04)
    # statsmodels counts both tails, of which the far one adds next to nothing
    assert NormalIndPower().power(effect, 1_000, 0.05, ratio=4) == pytest.approx(0.8, abs=1e-4)
    more = minimum_detectable_ratio(10_000, 4_000, 0.04)
    assert more is not None
    assert 1 < more < ratio
    assert minimum_detectable_ratio(0, 10, 0.1) is None
    assert minimum_detectable_ratio(10, 10, 0.0) is None
    assert minimum_detectable_ratio(3, 3, 0.5) == math.inf


def test_an_underpowered_cell_never_says_that_there_is_no_difference() -> None:
    wide, narrow = Comparison(1.0, 0.4, 2.5, 0.9, "katz"), Comparison(1.0, 0.9, 1.1, 0.9, "katz")
    assert evidence(wide, 3.0) == "not enough evidence"
    assert evidence(wide, None) == "not enough evidence"
    assert evidence(None, 1.1) == "not enough evidence"
    assert evidence(risk_ratio(0, 50, 0, 50), 1.1) == "not enough evidence"
    assert evidence(narrow, 1.2) == "no clear difference"
    assert evidence(Comparison(2.0, 1.2, 3.0, 0.01, "katz"), 5.0) == "higher"
    assert evidence(Comparison(0.5, 0.2, 0.8, 0.01, "katz"), 5.0) == "lower"


def test_excess_missed_children() -> None:
    assert excess_missed(80, 1_000, 0.05) == pytest.approx(30)
    assert excess_missed(30, 1_000, 0.05) == pytest.approx(-20)


def test_standardised_differences_of_worked_examples() -> None:
    # 0.1 / √((0.25 + 0.24) / 2) and 5 / √((100 + 225) / 2)
    assert standardised_difference(50, 100, 40, 100) == pytest.approx(0.202031, abs=1e-6)
    assert standardised_difference_of_means(55, 10, 50, 15) == pytest.approx(0.392232, abs=1e-6)
    assert standardised_difference(0, 5, 0, 9) == 0
    assert standardised_difference(5, 5, 0, 9) == math.inf
    assert standardised_difference(0, 0, 1, 9) is None
    assert variance_of_standardised_difference(0.2, 100, 300) == pytest.approx(0.01 + 1 / 300 + 0.04 / 800)
    assert variance_of_standardised_difference(0.2, 0, 300) is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 500), st.integers(1, 500)), min_size=2, max_size=6))
def test_levels_in_any_order_give_the_same_difference_and_two_levels_the_binary_one(
    levels: list[tuple[int, int]],
) -> None:
    ones, twos = (list(side) for side in zip(*levels, strict=True))
    found = standardised_difference_of_levels(ones, twos)
    assert found == pytest.approx(standardised_difference_of_levels(ones[::-1], twos[::-1]), abs=1e-6)
    assert found == pytest.approx(standardised_difference_of_levels([*ones, 0], [*twos, 0]), abs=1e-6)
    binary = standardised_difference(ones[0], ones[0] + ones[1], twos[0], twos[0] + twos[1])
    assert standardised_difference_of_levels(ones[:2], twos[:2]) == pytest.approx(abs(binary or 0.0), abs=1e-6)
    assert standardised_difference_of_levels(ones, ones) == pytest.approx(0, abs=1e-6)
