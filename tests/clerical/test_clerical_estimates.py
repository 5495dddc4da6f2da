"""Weighted estimates: by hand, against the whole population, over many draws; readers; the map of confidence."""

from __future__ import annotations

import math

import numpy as np
import pytest

from linkage.clerical.design import Design, design_of_half_width, design_of_size
from linkage.clerical.draw import KNOWN_MATCH, KNOWN_NON_MATCH, Drawn, readings, sample_strata
from linkage.clerical.estimates import PRECISION, RECALL, TOO_LITTLE, Estimate, estimates, read_strata
from linkage.clerical.readers import agreement, reader_errors
from linkage.clerical.recalibration import recalibration
from linkage.errors import RefusedError, UsageError
from linkage.sql import connect
from linkage.stats import stratified_recall
from tests.clerical.sample_by_hand import fill_frame, key_of, pairs_of, stratum

YES, NO, UNSURE = "yes", "no", "cannot tell"


def of(found: tuple[Estimate, ...], metric: str, group: str = "all") -> Estimate:
    return next(item for item in found if (item.metric, item.subgroup) == (metric, group))


def test_a_worked_example() -> None:
    # Found: 1,000 pairs of which 19 of 20 are right, 100 of which 8 of 10. Left: 50 pairs of which 2 of 10 are links.
    strata = (stratum(0, 1_000), stratum(1, 100), stratum(2, 50, found=False))
    key = key_of(strata, [*pairs_of(0, 20), *pairs_of(1, 10), *pairs_of(2, 10)])
    told = [YES] * 19 + [NO] + [YES] * 8 + [NO] * 2 + [YES] * 2 + [NO] * 8
    found = estimates(read_strata(key, dict(enumerate(told, start=1))), "all")
    precision, recall = of(found, PRECISION), of(found, RECALL)
    assert precision.est == pytest.approx((950 + 80) / 1_100)
    variance = (10 / 11) ** 2 * 0.98 * 0.95 * 0.05 / 19 + (1 / 11) ** 2 * 0.9 * 0.8 * 0.2 / 9
    assert precision.se == pytest.approx(math.sqrt(variance))
    assert recall.est == pytest.approx(1_030 / 1_040)
    left = 50**2 * 0.8 * 0.2 * 0.8 / 9
    whole = ((10 / 1_040) ** 2 * variance * 1_100**2 + (1_030 / 1_040) ** 2 * left) / 1_040**2
    assert recall.se == pytest.approx(math.sqrt(whole))
    assert (precision.pairs, precision.read, recall.pairs, recall.read) == (1_100, 30, 1_150, 40)
    assert (precision.lo_unsure, precision.hi_unsure) == (precision.est, precision.est)


def test_what_nobody_could_tell_is_left_out_and_makes_the_range() -> None:
    strata = (stratum(0, 1_000), stratum(1, 100, found=False))
    key = key_of(strata, [*pairs_of(0, 20), *pairs_of(1, 20)])
    told = [YES] * 15 + [NO] + [UNSURE] * 4 + [YES] * 2 + [NO] * 14 + [UNSURE] * 4
    found = estimates(read_strata(key, dict(enumerate(told, start=1))), "all")
    precision, recall = of(found, PRECISION), of(found, RECALL)
    assert (precision.est, precision.lo_unsure, precision.hi_unsure) == (15 / 16, 15 / 20, 19 / 20)
    assert precision.unsure == 4
    assert recall.lo_unsure == pytest.approx(750 / (750 + 30))
    assert recall.hi_unsure == pytest.approx(950 / (950 + 10))


def test_too_few_readings_or_a_stratum_nobody_could_tell_is_no_evidence() -> None:
    strata = (stratum(0, 1_000, group="F"), stratum(1, 1_000, group="M"))
    key = key_of(strata, [*pairs_of(0, 9), *pairs_of(1, 20)], by="sex")
    told = [YES] * 9 + [UNSURE] * 20
    found = estimates(read_strata(key, dict(enumerate(told, start=1))), "sex")
    assert {item.status for item in found} == {TOO_LITTLE}
    assert all(item.est is None and item.lo is None for item in found)


def test_recall_where_nothing_was_missed_or_found_is_not_certain() -> None:
    all_found = stratified_recall([(1_000, 100, 100)], [(1_000, 50, 0)])
    assert all_found is not None
    assert (all_found.rate, all_found.hi) == (1, 1)
    assert 0.9 < all_found.lo < 0.95  # Wilson's upper end of 0 in 50 is 0.07: 1000 / 1070
    none = stratified_recall([(1_000, 50, 0)], [(1_000, 100, 100)])
    assert none is not None
    assert (none.rate, none.lo) == (0, 0)
    assert none.hi > 0.05
    assert stratified_recall([(10, 10, 0)], [(10, 10, 0)]) is None
    every = stratified_recall([(10, 10, 8)], [(5, 5, 2)])
    assert every is not None
    assert (every.rate, every.lo, every.hi, every.se) == (0.8, 0.8, 0.8, 0)


# A population by strata: pairs, and the chance that one is a person. Which ones are is fixed by its place.
POPULATION = ((3_000, 0.99), (400, 0.9), (60, 0.7), (200, 0.5), (900, 0.06))
STRATA = tuple(
    stratum(number, pairs, found=number < 3, expected=share) for number, (pairs, share) in enumerate(POPULATION)
)


def is_one(pair: Drawn) -> bool:
    number, place = divmod(pair.record_id_l, 100_000)
    return bool(np.random.default_rng([number, place]).random() < POPULATION[number][1])


def whole_population() -> tuple[float, float]:
    """Precision and recall of the whole population."""
    true = [
        sum(is_one(Drawn(n * 100_000 + at, 0, "sampled", n, "all", None)) for at in range(pairs))
        for n, (pairs, _) in enumerate(POPULATION)
    ]
    return sum(true[:3]) / sum(pairs for pairs, _ in POPULATION[:3]), sum(true[:3]) / sum(true)


def test_over_many_samples_estimates_are_unbiased_and_intervals_hold_the_truth() -> None:
    design = design_of_size(STRATA, 400)
    truth = dict(zip((PRECISION, RECALL), whole_population(), strict=True))
    seen: dict[str, list[Estimate]] = {PRECISION: [], RECALL: []}
    answers_of: dict[int, bool] = {}
    with connect(threads=1) as con:
        fill_frame(con, design)
        for seed in range(150):
            pairs = sample_strata(con, design, seed=seed)
            for pair in pairs:
                answers_of.setdefault(pair.record_id_l, is_one(pair))
            key = key_of(STRATA, pairs)
            assert key.sizes == design.sizes
            told = {item.number: YES if answers_of[item.pair.record_id_l] else NO for item in key.readings}
            for item in estimates(read_strata(key, told), "all"):
                seen[item.metric].append(item)
    for metric, found in seen.items():
        values = np.array([item.est for item in found], dtype=float)
        assert abs(values.mean() - truth[metric]) < 4 * values.std() / math.sqrt(len(values)), metric
        covered = sum(item.lo <= truth[metric] <= item.hi for item in found)  # type: ignore[operator]
        assert covered >= 0.9 * len(found), metric


def test_who_reads_the_whole_population_knows_the_truth() -> None:
    design = design_of_size(STRATA, sum(pairs for pairs, _ in POPULATION))
    assert design.sizes == tuple(pairs for pairs, _ in POPULATION)
    with connect(threads=1) as con:
        fill_frame(con, design)
        key = key_of(STRATA, sample_strata(con, design, seed=5))
    told = {item.number: YES if is_one(item.pair) else NO for item in key.readings}
    found = estimates(read_strata(key, told), "all")
    for item, truth in zip(found, whole_population(), strict=True):
        assert item.est == pytest.approx(truth)
        assert (item.se, item.lo, item.hi) == (0, pytest.approx(truth), pytest.approx(truth))


def test_a_sample_is_as_large_as_the_interval_asks_and_no_larger() -> None:
    def width(design: Design) -> float:
        assert design.recall_half_width is not None
        return max(design.precision_half_width, design.recall_half_width)

    wide, narrow = (design_of_half_width(STRATA, half) for half in (0.05, 0.02))
    assert wide.size < narrow.size < sum(pairs for pairs, _ in POPULATION)
    for design, half in ((wide, 0.05), (narrow, 0.02)):
        assert width(design) <= half
        assert width(design_of_size(STRATA, design.size * 3 // 4)) > half
    with pytest.raises(UsageError, match="share"):
        design_of_half_width(STRATA, 0.7)
    with pytest.raises(UsageError, match="too small"):
        design_of_size(STRATA, 9)
    with pytest.raises(RefusedError, match="larger than people can read"):
        design_of_size([stratum(0, 10**6)], 50_000)


def test_readings_are_shuffled_numbered_through_and_a_share_is_read_twice() -> None:
    pairs = [*pairs_of(0, 600), *pairs_of(None, 100, kind=KNOWN_MATCH)]
    found = readings(pairs, seed=1)
    first, second = ([item for item in found if item.reader == reader] for reader in (1, 2))
    assert [item.number for item in found] == list(range(1, len(found) + 1))
    assert {item.pair for item in first} == set(pairs)
    assert len(second) == len({item.pair for item in second}) == 70
    assert [item.pair for item in first] != pairs
    assert found == readings(pairs, seed=1) != readings(pairs, seed=2)


def test_agreement_of_readers_by_hand() -> None:
    key = key_of((stratum(0, 100),), pairs_of(0, 10), twice=range(10))
    first = [YES] * 6 + [NO] * 3 + [UNSURE]
    second = [YES] * 5 + [NO] * 4 + [UNSURE]
    found = agreement(key, dict(enumerate(first + second, start=1)))
    assert found.pairs == 10
    assert found.agreed is not None
    assert found.agreed.x == 9
    chance = (6 * 5 + 3 * 4 + 1) / 100
    assert found.kappa == pytest.approx((0.9 - chance) / (1 - chance))
    same = agreement(key, dict.fromkeys(range(1, 21), YES))
    assert (same.kappa, same.agreed and same.agreed.x) == (None, 10)
    nobody = agreement(key, dict.fromkeys(range(1, 11), YES))
    assert (nobody.pairs, nobody.agreed, nobody.kappa) == (0, None, None)


def test_errors_of_readers_on_planted_pairs_by_hand() -> None:
    pairs = [*pairs_of(None, 12, kind=KNOWN_MATCH, group="A"), *pairs_of(None, 6, kind=KNOWN_NON_MATCH, group="B")]
    key = key_of((stratum(0, 100),), pairs)
    told = [NO] * 3 + [YES] * 7 + [UNSURE] * 2 + [YES] + [NO] * 5
    found = {(item.kind, item.subgroup): item for item in reader_errors(key, dict(enumerate(told, start=1)))}
    assert set(found) == {(KNOWN_MATCH, "all"), (KNOWN_MATCH, "A"), (KNOWN_NON_MATCH, "all")}  # B: fewer than 10
    match, other = found[KNOWN_MATCH, "all"], found[KNOWN_NON_MATCH, "all"]
    assert match.error is not None
    assert other.error is not None
    assert (match.planted, match.unsure, match.error.x, match.error.n) == (12, 2, 3, 10)
    assert (other.error.x, other.error.n) == (1, 6)


def test_a_map_of_confidence_is_fitted_by_weight_and_refused_where_answers_cannot_tell() -> None:
    # Confidences of 0.5 and 0.9 that are right in 40% and 70% of the cases: a line through two points is exact.
    strata = (stratum(0, 1_000), stratum(1, 200, found=False))
    pairs = [*pairs_of(0, 100, confidence=0.9), *pairs_of(1, 100, confidence=0.5)]
    key = key_of(strata, pairs)
    told = [YES] * 70 + [NO] * 30 + [YES] * 40 + [NO] * 60
    found = recalibration(key, dict(enumerate(told, start=1)))
    assert found.intercept == pytest.approx(math.log(0.4 / 0.6), abs=1e-5)
    assert found.slope == pytest.approx((math.log(0.7 / 0.3) - math.log(0.4 / 0.6)) / math.log(9), abs=1e-5)
    assert dict(found.becomes)[0.9] == pytest.approx(0.7, abs=1e-5)
    assert found.slope_se is not None
    assert found.slope_se > 0
    assert recalibration(key, dict(enumerate([YES] * 195 + [NO] * 5, start=1))).slope is None
    assert "separate" in recalibration(key, dict(enumerate([YES] * 100 + [NO] * 100, start=1))).why
    # The weights matter: one confidence, half of it in a stratum five times as large.
    both = key_of(
        strata, [*pairs_of(0, 50, confidence=0.9), *pairs_of(1, 50, confidence=0.9), *pairs_of(1, 20, confidence=0.6)]
    )
    told = [YES] * 45 + [NO] * 5 + [YES] * 25 + [NO] * 25 + [YES] * 8 + [NO] * 12
    mapped = recalibration(both, dict(enumerate(told, start=1)))
    weights = (1_000 / 50, 200 / 70)
    share = (45 * weights[0] + 25 * weights[1]) / (50 * weights[0] + 50 * weights[1])
    assert dict(mapped.becomes)[0.9] == pytest.approx(share, abs=1e-4)
