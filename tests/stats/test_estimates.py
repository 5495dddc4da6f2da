"""Pooling, capture-recapture, expected errors, resampling, calibration, shrinkage, standardisation, impact."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from linkage.stats import (
    additive_rates,
    bootstrap_ratio,
    calibration_summary,
    calibration_table,
    chapman,
    clustered_wilson,
    correct_for_recall,
    duplicate_method,
    expected_errors,
    linkage_weights,
    neyman,
    poisson_binomial_interval,
    rubin,
    shift_prior,
    shrink,
    size_for_half_width,
    spurious_disparity,
    standardise,
    stratified_rate,
    tipping_point,
    wilson,
)


def test_rubin_of_a_worked_example() -> None:
    # W = 0.04, B = 0.01, m = 5: T = 0.052, share = 0.012/0.052, df = 4/share² = 75.111
    found = rubin([0.9, 0.9, 1.0, 1.1, 1.1], [0.04] * 5)
    assert (found.estimate, found.within, found.between) == pytest.approx((1.0, 0.04, 0.01))
    assert (found.variance, found.se, found.df) == pytest.approx((0.052, 0.052**0.5, 75.1111), abs=1e-4)
    # Barnard-Rubin with 20 complete: observed = 21/23 × 20 × (1 - share) = 14.0468; 1/(1/75.1111 + 1/14.0468)
    small = rubin([0.9, 0.9, 1.0, 1.1, 1.1], [0.04] * 5, df_complete=20)
    assert small.df == pytest.approx(11.8337, abs=1e-3)
    assert small.hi - small.lo > found.hi - found.lo


def test_linkages_that_agree_add_no_uncertainty() -> None:
    found = rubin([2.0, 2.0], [0.25, 0.25])
    assert (found.variance, found.df, found.fmi) == (0.25, math.inf, 0.0)
    assert (found.lo, found.hi) == pytest.approx((2 - 0.979982, 2 + 0.979982), abs=1e-5)
    for estimates, variances in (([1.0], [1.0]), ([1.0, 2.0], [1.0]), ([1.0, 2.0], [1.0, -1.0])):
        with pytest.raises(ValueError):
            rubin(estimates, variances)


def test_chapman_of_a_worked_example() -> None:
    # (201 × 181) / 151 - 1 = 239.934; variance 201 × 181 × 50 × 30 / (151² × 152)
    found = chapman(200, 180, 150)
    assert (found.total, found.found) == (pytest.approx(239.9338, abs=1e-4), 230)
    assert found.se == pytest.approx(math.sqrt(201 * 181 * 50 * 30 / (151**2 * 152)))
    assert found.missed == pytest.approx(9.9338, abs=1e-4)
    assert 230 < found.lo < found.total < found.hi
    every = chapman(50, 50, 50)
    assert (every.total, every.lo, every.hi, every.recall) == (50, 50, 50, 1)
    assert chapman(0, 0, 0).recall is None


def test_the_duplicate_method_finds_what_made_the_counts() -> None:
    t, false, n = 0.8, 0.1, 1_000_000
    shares = (1 - t, t + (1 - t) * false, t * false + (1 - t) * false**2 / 2)
    counts = [round(n * share * math.exp(-false)) for share in shares]
    found = duplicate_method(*counts)
    assert found is not None
    assert (found.t, found.false_links, found.ppv) == pytest.approx((t, false, t / (t + false)), abs=1e-3)
    assert duplicate_method(100, 10, 50) is None
    assert duplicate_method(0, 10, 5) is None


def test_expected_errors_of_a_worked_example() -> None:
    found = expected_errors([0.9, 0.8, 1.0], [0.5, 0.1])
    assert (found.links, found.false, found.missed) == (3, pytest.approx(0.3), pytest.approx(0.6))
    assert (found.false_rate, found.missed_rate) == (pytest.approx(0.1), pytest.approx(0.6 / 3.3))
    assert found.false_sd == pytest.approx(math.sqrt(0.09 + 0.16))
    nothing = expected_errors([])
    assert (nothing.false_rate, nothing.missed_rate, nothing.false_hi) == (None, None, 0)
    with pytest.raises(ValueError):
        expected_errors([float("nan")])


@settings(deadline=None)
@given(st.integers(1, 400), st.floats(0.001, 0.999))
def test_events_of_one_chance_are_binomial(n: int, p: float) -> None:
    assert poisson_binomial_interval(np.full(n, p)) == tuple(binom.ppf([0.025, 0.975], n, p))


def test_many_events_and_few_agree() -> None:
    chances = np.linspace(0.001, 0.05, 9_000)
    lo, hi = poisson_binomial_interval(chances)  # corrected normal
    exact_lo, exact_hi = poisson_binomial_interval(chances[::3])  # exact, of a third of them
    assert lo < chances.sum() < hi
    assert exact_hi - exact_lo == pytest.approx((hi - lo) / math.sqrt(3), rel=0.05)


def test_a_bootstrap_of_independent_trials_is_like_wilson() -> None:
    found, expected = bootstrap_ratio([1.0] * 80 + [0.0] * 20, [1.0] * 100), wilson(80, 100)
    assert found is not None
    assert expected is not None
    assert (found.estimate, found.persons, found.failures) == (0.8, 100, 0)
    assert (found.lo, found.hi) == pytest.approx((expected.lo, expected.hi), abs=0.02)
    assert bootstrap_ratio([], []) is None
    assert bootstrap_ratio([0.0], [0.0]) is None


def test_a_bootstrap_draws_persons_and_not_their_pairs_and_knows_no_order() -> None:
    x, persons = [1.0] * 80 + [0.0] * 20, [i // 10 for i in range(100)]
    alone, together = bootstrap_ratio(x, [1.0] * 100), bootstrap_ratio(x, [1.0] * 100, persons)
    turned = bootstrap_ratio(x[::-1], [1.0] * 100, persons[::-1])
    assert alone is not None
    assert together is not None
    assert together == turned
    assert together.persons == 10
    assert together.hi - together.lo > 2 * (alone.hi - alone.lo)


def test_persons_whose_trials_all_agree_are_worth_one_trial_each() -> None:
    found = clustered_wilson([10.0] * 80 + [0.0] * 20, [10.0] * 100)
    assert found is not None
    assert found.estimate == 0.8
    assert found.n_eff == pytest.approx(99)  # k - 1, as the variance is estimated
    assert clustered_wilson([], []) is None
    one = clustered_wilson([3.0], [3.0])
    assert one is not None
    assert (one.hi, one.deff) == (1.0, 1.0)


def test_calibration_of_a_worked_example() -> None:
    q, y = [0.2] * 10 + [0.8] * 10, [1] * 4 + [0] * 6 + [1] * 6 + [0] * 4
    first, second = calibration_table(q, y)
    assert (first.n, first.mean_confidence, first.observed) == (10, pytest.approx(0.2), pytest.approx(0.4))
    assert (second.bin, second.observed) == (2, pytest.approx(0.6))
    expected = wilson(4, 10)
    assert expected is not None
    assert (first.lo, first.hi) == pytest.approx((expected.lo, expected.hi))
    found = calibration_summary(q, y)
    assert found is not None
    # rel = 0.2², res = 0.1², unc = 0.25; slope logit(0.6) / logit(0.8)
    parts = (found.reliability, found.resolution, found.uncertainty, found.brier, found.ece, found.mce)
    assert parts == pytest.approx((0.04, 0.01, 0.25, 0.28, 0.2, 0.2))
    assert (found.within, found.intercept) == pytest.approx((0, 0), abs=1e-9)
    assert found.slope == pytest.approx(math.log(1.5) / math.log(4))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60), st.sampled_from(["count", "width"])
)
def test_the_parts_of_a_brier_score_add_up(pairs: list[tuple[float, bool]], equal: str) -> None:
    q, y = zip(*pairs, strict=True)
    found = calibration_summary(q, y, equal=equal)
    assert found is not None
    assert found.brier == pytest.approx(found.reliability - found.resolution + found.uncertainty + found.within)
    assert 0 <= found.ece <= found.mce <= 1
    assert sum(one.n for one in calibration_table(q, y, equal=equal)) == len(pairs)


def test_a_weight_of_two_is_two_pairs_and_labels_that_confidences_separate_have_no_slope() -> None:
    twice, weighted = calibration_summary([0.3, 0.3, 0.6, 0.3], [1, 1, 0, 0]), calibration_summary(
        [0.3, 0.6, 0.3], [1, 0, 0], weight=[2, 1, 1])  # fmt: skip
    assert twice is not None
    assert weighted is not None
    assert (twice.brier, twice.ece) == pytest.approx((weighted.brier, weighted.ece))
    separate = calibration_summary([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])
    assert separate is not None
    assert separate.slope is None
    assert calibration_summary([], []) is None
    with pytest.raises(ValueError):
        calibration_table([0.5], [2])


def test_a_prior_shifts_the_odds() -> None:
    assert shift_prior(0.5, 0.5, 0.1) == pytest.approx(0.1)
    assert shift_prior(0.8, 0.2, 0.2) == pytest.approx(0.8)
    assert shift_prior(1, 0.5, 0.1) == 1


def test_shrinkage_is_the_beta_posterior_and_small_cells_move_most() -> None:
    x, n = [1, 40, 3, 60, 5, 90, 2, 100], [2, 400, 30, 500, 40, 1_000, 9, 800]
    found = shrink(x, n)
    pooled = sum(x) / sum(n)
    for cell in found:
        assert cell.prior_mean == pytest.approx(pooled)
        assert cell.shrunk == pytest.approx((cell.x + cell.prior_m * pooled) / (cell.n + cell.prior_m))
        assert cell.weight == pytest.approx(cell.prior_m / (cell.prior_m + cell.n))
        assert cell.lo < cell.shrunk < cell.hi
        assert cell.raw is not None
        assert min(cell.raw, pooled) <= cell.shrunk <= max(cell.raw, pooled)
    assert max(found, key=lambda cell: cell.weight).n == 2
    assert sum(cell.rank_prob for cell in found) == pytest.approx(1, abs=1e-9)
    with pytest.raises(ValueError):
        shrink([1], [2])


def test_a_minoritys_gap_survives_around_its_main_effect() -> None:
    sex, ethnicity = ["F", "M"] * 6, [e for e in "abcdef" for _ in range(2)]
    n = [1_000] * 10 + [30, 30]
    x = [40] * 10 + [9, 9]  # the last ethnicity is missed far more often, in few children
    means = additive_rates(x, n, {"sex": sex, "ethnicity": ethnicity})
    assert means[-1] == pytest.approx(0.3, abs=0.01)
    assert means[0] == pytest.approx(0.04, abs=0.002)
    assert shrink(x, n, means)[-1].shrunk > 0.25
    assert shrink(x, n)[-1].shrunk < shrink(x, n, means)[-1].shrunk
    assert additive_rates([0, 0], [5, 5], {"sex": ["F", "M"]}) == [0, 0]


def test_standardising_to_the_same_mix_changes_nothing_and_says_what_it_cannot_speak_for() -> None:
    cells = {"young": (80, 100), "old": (90, 100)}
    same = standardise(cells, {"young": 100, "old": 100})
    assert same is not None
    assert (same.rate, same.unsupported_share) == (pytest.approx(0.85), 0)
    part = standardise(cells, {"young": 60, "old": 20, "unknown": 20})
    assert part is not None
    assert part.rate == pytest.approx(0.75 * 0.8 + 0.25 * 0.9)
    assert part.se == pytest.approx(math.sqrt(0.75**2 * 0.16 / 100 + 0.25**2 * 0.09 / 100))
    assert (part.unsupported_share, part.bound_lo, part.bound_hi) == pytest.approx((0.2, 0.66, 0.86))
    assert standardise(cells, {"unknown": 5}) is None
    every = standardise({"young": (50, 50)}, {"young": 1})
    assert every is not None
    assert every.hi == 1.0
    assert 0.9 < every.lo < 1


def test_a_stratified_sample_of_a_worked_example() -> None:
    # N = 1000: 0.9 × 0.95 + 0.1 × 0.5; V = 0.81 (1 - 100/900) 0.0475/99 + 0.01 (1 - 0.5) 0.25/49
    found = stratified_rate([900, 100], [100, 50], [95, 25])
    assert found is not None
    assert found.rate == pytest.approx(0.905)
    assert found.se**2 == pytest.approx(0.81 * 8 / 9 * 0.0475 / 99 + 0.01 * 0.5 * 0.25 / 49)
    every = stratified_rate([10], [10], [9])
    assert every is not None
    assert (every.lo, every.hi, every.se) == (0.9, 0.9, 0)
    with pytest.raises(ValueError):
        stratified_rate([10, 10], [5, 0], [5, 0])


def test_neyman_reads_most_where_least_is_known_and_wastes_nothing() -> None:
    assert neyman([1_000, 1_000], [0.5, 0.9], 400, fewest=0) == [250, 150]  # 0.5 to 0.3
    assert neyman([1_000, 20, 1_000], [0.5, 0.5, 0.999], 300) == [250, 20, 30]
    assert neyman([50, 50], [0.5, 0.5], 1_000) == [50, 50]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3_000), st.floats(0, 1)), min_size=1, max_size=8), st.integers(0, 2_000))
def test_neyman_keeps_within_its_limits(strata: list[tuple[int, float]], total: int) -> None:
    sizes, rates = (list(side) for side in zip(*strata, strict=True))
    given_ = neyman(sizes, rates, total)
    assert all(min(size, 30) <= n <= size for n, size in zip(given_, sizes, strict=True))
    least = sum(min(size, 30) for size in sizes)
    if any(0.001 < rate < 0.999 and size for size, rate in strata):
        assert sum(given_) <= max(total, least)


def test_the_size_for_a_width_is_the_smallest() -> None:
    n = size_for_half_width(0.9, 0.02)
    enough = wilson(round(0.9 * n), n)
    assert enough is not None
    assert enough.hi - enough.lo <= 0.04
    assert 860 <= n <= 870  # 0.9 × 0.1 × (1.96 / 0.02)² = 864


def test_a_spurious_disparity_of_the_worked_example() -> None:
    found = spurious_disparity({"a": 0.95, "b": 0.85, "none": 0.0})
    assert found["b"]["a"] == pytest.approx(0.894737, abs=1e-6)
    assert found["a"]["a"] == 1
    assert found["a"]["none"] is None


def test_a_rate_is_corrected_for_recall() -> None:
    found = correct_for_recall(90, 1_000, 0.9, variance_of_recall=0.0001, false_rate=0.01)
    assert found is not None
    assert found.estimate == pytest.approx(0.099)
    assert found.se == pytest.approx(0.099 * math.sqrt(0.91 / 90 + 0.0001 / 0.81))
    assert found.lo < 0.099 < found.hi
    nobody = correct_for_recall(0, 100, 0.5)
    assert nobody is not None
    assert (nobody.estimate, nobody.hi) == (0, 0.06)
    assert correct_for_recall(1, 10, 0.0) is None


def test_a_tipping_point_of_a_worked_example() -> None:
    found = tipping_point(0.9, 0.2, 0.25)
    assert found.p_unlinked_needed == pytest.approx(0.7)
    assert (found.ratio_needed, found.or_needed) == (pytest.approx(3.5), pytest.approx(0.7 / 0.3 / 0.25))
    assert (found.manski_lo, found.manski_hi) == pytest.approx((0.18, 0.28))
    assert found.can_tip
    assert not tipping_point(0.9, 0.2, 0.5).can_tip
    assert tipping_point(1.0, 0.2, 0.25).p_unlinked_needed is None


@settings(deadline=None)
@given(st.floats(0, 0.99), st.floats(0, 1), st.floats(0, 1))
def test_a_conclusion_can_tip_only_inside_the_bounds(share: float, p: float, value: float) -> None:
    found = tipping_point(share, p, value)
    assert found.can_tip == (value - found.manski_lo >= -1e-12 and value <= found.manski_hi) or (
        min(abs(value - found.manski_lo), abs(value - found.manski_hi)) < 1e-9
    )


def test_weights_let_the_linked_speak_for_those_like_them() -> None:
    sex = ["F"] * 100 + ["M"] * 100
    linked = [True] * 80 + [False] * 20 + [True] * 40 + [False] * 60
    found = linkage_weights(pd.DataFrame({"sex": sex}), linked)
    girl, boy = found.weights[0], found.weights[100]
    assert girl is not None
    assert boy is not None
    assert (girl, boy) == (pytest.approx(0.6 / 0.8, rel=0.01), pytest.approx(0.6 / 0.4, rel=0.01))
    assert found.weights[-1] is None
    assert 80 * girl == pytest.approx(40 * boy, rel=0.01)  # half girls, as in the whole
    assert found.n_eff < 120
    with pytest.raises(ValueError):
        linkage_weights(pd.DataFrame({"sex": ["F", "M"]}), [True, True])
    with pytest.raises(ValueError):
        linkage_weights(pd.DataFrame({"age": [1.0, None]}), [True, False])
