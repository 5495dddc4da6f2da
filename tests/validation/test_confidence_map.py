"""The map: what it learns, from whom, and what it may claim."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM
from tiny_run import child_model

from linkage.match.confidence_map import MAPS, fit_map, make_maps_if_none
from linkage.match.two_upns import one_child, share_of_second_numbers
from linkage.sql import Connection, execute, rows, run_steps
from linkage.validation.learning import FOLDED, FOLDS, LEARNT, learn_map
from linkage.validation.rerun import PAIRS, empty_results


def test_it_is_logistic_regression_with_the_prior_as_offset_where_pairs_are_many() -> None:
    draw = np.random.default_rng(3)
    evidence, prior = draw.normal(14, 6, 40_000), draw.normal(-13, 1, 40_000)
    odds = 3 + 0.6 * evidence + prior
    same = (draw.random(40_000) < 1 / (1 + np.exp2(-odds))).astype(float)
    found = fit_map(evidence, prior, same, np.zeros(40_000))
    design = np.column_stack([np.ones(40_000), evidence * np.log(2)])
    intercept, slope = GLM(same, design, family=Binomial(), offset=prior * np.log(2)).fit().params
    assert found.slope == pytest.approx(slope, abs=2e-3)
    assert found.intercept_bits[0] == pytest.approx(intercept / np.log(2), abs=3e-2)
    assert (found.least, found.most) == (1 / 40_002, 1 - 1 / 40_002)


def test_a_set_of_known_fields_has_a_level_of_its_own_as_far_as_pairs_say() -> None:
    draw = np.random.default_rng(4)
    evidence, known = draw.normal(14, 6, 40_000), draw.integers(0, 2, 40_000)
    odds = np.where(known == 1, 1.5, -1.5) + evidence - 13.0
    same = (draw.random(40_000) < 1 / (1 + np.exp2(-odds))).astype(float)
    found = fit_map(evidence, np.full(40_000, -13.0), same, known.astype(float))
    assert found.intercept_bits[1] - found.intercept_bits[0] == pytest.approx(3, abs=0.15)
    few = slice(0, 30)
    little = fit_map(evidence[few], np.full(30, -13.0), same[few], known[few].astype(float))
    assert abs(little.intercept_bits[1] - little.intercept_bits[0]) < 3
    # A set that nothing was seen of lies between those that were.
    assert found.intercept_bits[0] < found.intercept_bits[2] < found.intercept_bits[1]


def test_children_with_a_second_number_do_not_make_evidence_worth_less() -> None:
    # One in fifty pairs of one child holds two numbers, and is told as two.
    draw = np.random.default_rng(5)
    evidence = draw.normal(16, 5, 40_000)
    is_one = draw.random(40_000) < 1 / (1 + np.exp2(-(0.8 * evidence + 2 - 13)))
    same = (is_one & (draw.random(40_000) >= 0.02)).astype(float)
    naive, knowing = (fit_map(evidence, np.full(40_000, -13.0), same, np.zeros(40_000), second_numbers=share)
                      for share in (0.0, 0.02))  # fmt: skip
    assert knowing.slope == pytest.approx(0.8, abs=0.03)
    assert naive.slope < knowing.slope - 0.05


def test_evidence_is_never_worth_more_than_it_says() -> None:
    draw = np.random.default_rng(6)
    evidence = draw.normal(14, 3, 20_000)
    same = (draw.random(20_000) < 1 / (1 + np.exp2(-(1.5 * evidence - 20)))).astype(float)
    assert fit_map(evidence, np.full(20_000, -13.0), same, np.zeros(20_000)).slope == 1.0


def test_few_pairs_move_it_little_and_never_against_the_evidence() -> None:
    evidence = np.linspace(5, 25, 12)
    turned = fit_map(evidence, np.full(12, -15.0), (evidence < 15).astype(float), np.zeros(12))
    assert turned.slope > 0
    only_matches = fit_map(evidence, np.full(12, -15.0), np.ones(12), np.zeros(12))
    assert 0.5 < only_matches.slope < 1.5


def learnable(con: Connection, *, matches: int, others: int, flip_fold: int | None = None) -> None:
    """Pairs of two sources, one of a third; persons 10 n and 10 n + 5 meet in the pairs of two persons."""
    execute(con, "create or replace table sources as select * from (values (0, 'a', false), (1, 'b', false), "
                 "(2, 'c', false)) t(source_no, source, is_within)")  # fmt: skip
    execute(con, "create or replace table records as select range as record_id, "
                 "if(range = 1, 2, range % 2)::smallint as source_no from range(20000)")  # fmt: skip
    execute(con, "create or replace table hidden_persons as select record_id, record_id // 10 * 10 + "
                 "if(record_id % 10 >= 5, 5, 0) as person, [1::ubigint] as schemes from records")  # fmt: skip
    run_steps(con, empty_results())
    make_maps_if_none(con)
    execute(con, f"delete from {MAPS}")
    for number in range(matches):
        _insert(con, 10 * number, 10 * number + 1, True, 14.0 + number % 9)
    for number in range(others):
        _insert(con, 10 * number + 2, 10 * number + 7, False, 6.0 + number % 9)
    if flip_fold is not None:
        learn_map(con, child_model(), pool_mode="residual_pool", second_numbers=0.0)
        execute(
            con,
            f"""update {PAIRS} set same = not same where record_id_l in (
            select h.record_id from hidden_persons h join {FOLDED} f using (person) where fold = {flip_fold})""",
        )


def _insert(con: Connection, left: int, right: int, same: bool, evidence: float) -> None:
    for rerun in (0, 1):  # a pair that both reruns saw counts once
        execute(con, f"insert into {PAIRS} values ('residual_pool', {rerun}, {left}, {right}, {same}, {evidence}, "
                     "3, -13, 0, 0.5, null, null, null, false)")  # fmt: skip


@pytest.mark.parametrize(("matches", "others", "is_learnt"), [(100, 5, True), (99, 40, False), (400, 4, False)])
def test_nothing_is_calibrated_on_too_few_pairs(con: Connection, matches: int, others: int, is_learnt: bool) -> None:
    learnable(con, matches=matches, others=others)
    learnt = learn_map(con, child_model(), pool_mode="residual_pool", second_numbers=0.0)
    assert (learnt.matches, learnt.non_matches) == (matches, others)
    assert (learnt.map is not None) == is_learnt
    assert bool(rows(con, f"from {MAPS}")) == is_learnt


def test_ties_and_bare_pairs_teach_the_map_nothing(con: Connection) -> None:
    learnable(con, matches=300, others=40)
    before = learn_map(con, child_model(), pool_mode="residual_pool", second_numbers=0.0)
    for number, (rival_bits, is_bare) in enumerate([(9.0, "false")] * 60 + [(0.0, "true")] * 60):
        left, right = 12_000 + 20 * number, 12_000 + 20 * number + 11
        execute(con, f"insert into {PAIRS} values ('residual_pool', 0, {left}, {right}, false, 28, 3, -13, "
                     f"{rival_bits}, 0.5, null, null, null, {is_bare})")  # fmt: skip
    after = learn_map(con, child_model(), pool_mode="residual_pool", second_numbers=0.0)
    assert after.map is not None
    assert before.map is not None
    assert (after.map.slope, after.map.intercept_bits[3]) == (before.map.slope, before.map.intercept_bits[3])


def test_sources_without_pairs_of_their_own_borrow_the_map_and_stay_modelled(con: Connection) -> None:
    learnable(con, matches=200, others=50)
    learn_map(con, child_model(), pool_mode="residual_pool", second_numbers=0.0)
    found = rows(con, f"select distinct source_no_l, source_no_r, basis, slope from {MAPS} order by all")
    assert [row[:3] for row in found] == [(0, 1, "calibrated"), (0, 2, "modelled"), (1, 2, "modelled")]
    assert len({row[3] for row in found}) == 1


def test_nobody_is_in_the_map_that_judges_them(con: Connection) -> None:
    learnable(con, matches=300, others=120)
    learnt = learn_map(con, child_model(), pool_mode="residual_pool", second_numbers=0.0)
    torn = rows(
        con,
        f"""select 1 from {PAIRS} p join hidden_persons l on l.record_id = p.record_id_l
            join hidden_persons r on r.record_id = p.record_id_r
            join {FOLDED} fl on fl.person = l.person join {FOLDED} fr on fr.person = r.person
            where fl.fold <> fr.fold""",
    )
    assert not torn, "persons who meet in a pair are in one fold"
    assert {fold for (fold,) in rows(con, f"select distinct fold from {FOLDED}")} == set(range(FOLDS))
    learnable(con, matches=300, others=120, flip_fold=2)
    flipped = learn_map(con, child_model(), pool_mode="residual_pool", second_numbers=0.0)
    assert flipped.by_fold[2] == learnt.by_fold[2], "the labels of a fold do not reach the map that judges it"
    assert all(flipped.by_fold[fold] != learnt.by_fold[fold] for fold in (0, 1, 3, 4))


def test_confidences_are_told_under_the_prior_that_was_true_of_the_pairs(con: Connection) -> None:
    learnable(con, matches=300, others=120)
    learnt = learn_map(con, child_model(), pool_mode="residual_pool", second_numbers=0.0)
    found = rows(con, f"""
        select c.modelled, c.calibrated, c.evidence_bits, f.fold from {LEARNT} c
        join hidden_persons h on h.record_id = c.record_id_l join {FOLDED} f on f.person = h.person""")  # fmt: skip
    assert len(found) == 420
    for told in found:
        modelled, calibrated, evidence, fold = (float(str(value)) for value in told)
        own = learnt.by_fold[int(fold)]
        odds = 2 ** (own.intercept_bits[3] + own.slope * evidence - 13)  # the pairs' prior, not the rerun's 0.5
        assert modelled == pytest.approx(2 ** (evidence - 13) / (1 + 2 ** (evidence - 13)), abs=1e-6)
        assert calibrated == pytest.approx(min(max(odds / (1 + odds), own.least), own.most), abs=1e-5)


def test_without_a_map_nothing_is_told_as_calibrated(con: Connection) -> None:
    learnable(con, matches=99, others=40)
    learn_map(con, child_model(), pool_mode="residual_pool", second_numbers=0.0)
    assert rows(con, f"select distinct calibrated from {LEARNT}") == [(None,)]


def test_a_second_number_is_told_from_a_second_child_by_the_odds_of_the_fields() -> None:
    # Forty pairs beyond doubt and five of even odds beside 9,960 that agree: e = 40 / 10,000, and the five are two.
    odds = np.array([20.0] * 40 + [0.0] * 5)
    share = share_of_second_numbers(odds, 9_960)
    assert share == pytest.approx(0.00405, abs=5e-5)
    chances = one_child(odds, share)
    assert chances[:40] == pytest.approx(1, abs=1e-3)
    assert chances[40:] == pytest.approx(share / (1 + share))
