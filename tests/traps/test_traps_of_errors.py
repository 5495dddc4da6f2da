"""Traps 8, 9, 13, 18 and 19: expected errors, shrinkage, order, and too little evidence."""

from __future__ import annotations

from math import inf

from error_run import World, working
from tiny_run import child_model, load, run_all, town

from linkage.diagnostics.closure import make_closure
from linkage.diagnostics.error_by_subgroup import COLUMNS, error_by_subgroup
from linkage.diagnostics.expected_by_subgroup import expected_errors
from linkage.diagnostics.group_counts import Counts, GroupCount
from linkage.diagnostics.threshold_sweep import threshold_sweep
from linkage.sql import connect, rows
from linkage.stats import additive_rates, shrink
from linkage.stats.comparisons import NO_CLEAR_DIFFERENCE, NOT_ENOUGH_EVIDENCE


def expected(world: World) -> tuple[float, float, int]:
    """Expected false links, expected missed pairs, and pairs joined."""
    with working(world) as con:
        make_closure(con, ())
        expected_errors(con)
        found = rows(con, """select exp_false, exp_missed_in_candidates, n_links from diagnostics__expected_errors
            where source_l = 'all' and subgroup_var = 'all'""")[0]  # fmt: skip
    false, missed, links = (float(str(value)) for value in found)
    return false, missed, int(links)


def test_trap_8_several_candidates_of_a_record_are_never_more_than_one_child() -> None:
    """Trap 8, confidences added over candidates: of four at 0.4 in a source that holds a child once, one is missed."""
    records = [(0, 0, None), *((1, n, None) for n in range(1, 5))]
    candidates = [(0, n, 0.4) for n in range(1, 5)]
    once = expected(World(records, others=candidates, unique=frozenset({1})))
    assert once[1] <= 1.0
    linked = World([*records, (1, 0, None)], links=[(0, 5, 0.9, "modelled")], others=candidates, unique=frozenset({1}))
    false, missed, _ = expected(linked)
    assert (round(false, 6), round(missed, 6)) == (0.1, 0.1), "its own link leaves a tenth for all others"


def test_trap_9_pairs_that_follow_from_links_are_claims_and_count() -> None:
    """Trap 9, closure not scored: two links of 0.9 and 0.8 claim three pairs, the third as sure as their chain."""
    chain = World([(0, 0, None), (1, 0, None), (2, 0, None)], links=[(0, 1, 0.9, "modelled"), (1, 2, 0.8, "modelled")])
    false, _, links = expected(chain)
    assert links == 3
    assert round(false, 6) == round(0.1 + 0.2 + (1 - 0.72), 6)


def test_trap_13_shrinkage_leaves_a_minoritys_gap_standing() -> None:
    """Trap 13, a true gap shrunk away: a small group that is missed in both sexes keeps its rate, raw beside it."""
    factors = {"sex": ["F", "M"] * 6, "ethnicity": [name for name in "abcdef" for _ in range(2)]}
    missed, pairs = [40] * 10 + [9, 9], [1_000] * 10 + [30, 30]
    told = shrink(missed, pairs, additive_rates(missed, pairs, factors))
    for cell in told[-2:]:
        assert cell.raw == 0.3
        assert cell.shrunk > 0.25
        assert cell.lo > 0.1, "above all that is known of the others"
    assert max(cell.hi for cell in told[:-2]) < 0.1
    assert sum(cell.rank_prob for cell in told[-2:]) > 0.9


def test_trap_18_the_order_of_rows_and_the_threads_change_no_answer() -> None:
    """Trap 18, answers that move with row order or threads: a town with slips, linked twice, is one town."""
    listed = [dict(row) for row in town(30, seed=4)]
    for number, row in enumerate(listed):
        if row["source"] == "right" and number % 4 == 0:
            row["forename"] = f"{row['forename']}A"
    answers = []
    for threads, shuffle in ((1, None), (2, 7)):
        with connect(memory="1GB", threads=threads) as con:
            run = run_all(load(con, listed, shuffle=shuffle), spec=child_model())
            answers.append(
                (run.decided, run.conflicts, rows(con, "select record_id, person_id from persons order by 1"))
            )
    assert answers[0] == answers[1]
    assert len(answers[0][0]) > 20


def test_trap_19_a_small_group_is_never_said_to_be_like_the_others() -> None:
    """Trap 19, no bias from an underpowered cell: nobody missed of twelve is not enough evidence, with the smallest
    ratio that would have been seen; nobody is told that there is no difference."""
    groups = {"White British": (200, 10_000), "Irish": (0, 12), "Roma": (1, 40), "Indian": (200, 10_000)}
    counted = [GroupCount("missed", "ethnicity", name, *counts) for name, counts in groups.items()]
    total = GroupCount("missed", "all", "all", *(sum(each) for each in zip(*groups.values(), strict=True)))
    with working(World([(0, 0, "F"), (1, 1, "F")])) as con:
        threshold_sweep(con, accept=0.95)
        make_closure(con, ("ethnicity",))
        error_by_subgroup(con, (Counts("missed", "masked validation", "residual_pool", (total, *counted)),), {})
        told = {str(row[2]): dict(zip(COLUMNS, row, strict=True))
                for row in rows(con, "select * exclude (cell_no) from diagnostics__error_by_subgroup")}  # fmt: skip
    for name in ("Irish", "Roma"):
        assert told[name]["evidence"] == NOT_ENOUGH_EVIDENCE
        assert 2 < float(str(told[name]["mdr"])) < inf
    assert told["Indian"]["evidence"] == NO_CLEAR_DIFFERENCE, "of ten thousand it can be said"
