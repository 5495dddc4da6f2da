"""Groups compared, intersections, operating points, and what linkage error does to an answer."""

from __future__ import annotations

import pytest
from error_run import World, working

from linkage.diagnostic_settings import StatisticSpec
from linkage.diagnostics.closure import make_closure
from linkage.diagnostics.error_by_subgroup import COLUMNS, error_by_subgroup
from linkage.diagnostics.expected_by_subgroup import expected_errors
from linkage.diagnostics.group_counts import Counts, GroupCount, group_counts
from linkage.diagnostics.impact import disparity_impact, named_statistics
from linkage.diagnostics.intersections import intersections
from linkage.diagnostics.operating_points import operating_points
from linkage.diagnostics.threshold_sweep import threshold_sweep
from linkage.errors import ProjectError
from linkage.sql import Connection, rows
from linkage.stats import holm, minimum_detectable_ratio, newcombe, risk_ratio, sidak_level

GROUPS = {"White British": (200, 10_000), "Indian": (60, 1_500), "Chinese": (0, 12), "unknown": (90, 1_000)}


def counts_of(metric: str = "missed") -> Counts:
    whole = (sum(x for x, _ in GROUPS.values()), sum(n for _, n in GROUPS.values()))
    groups = [GroupCount(metric, "all", "all", *whole)]
    groups += [GroupCount(metric, "ethnicity", name, *counts) for name, counts in GROUPS.items()]
    return Counts(metric, "masked validation", "residual_pool", tuple(groups))


def told(con: Connection, named: dict[str, str]) -> dict[str, dict[str, object]]:
    threshold_sweep(con, accept=0.95)
    make_closure(con, ("ethnicity",))
    error_by_subgroup(con, (counts_of(), counts_of("false")), named)
    found = rows(con, "select * exclude (cell_no) from diagnostics__error_by_subgroup where metric = 'missed'")
    names = list(COLUMNS)
    return {str(row[2]): dict(zip(names, row, strict=True)) for row in found}


EMPTY = World([(0, 0, "F"), (1, 1, "F")])


def test_a_group_is_held_against_the_reference_that_was_named_before_the_run() -> None:
    with working(EMPTY) as con:
        found = told(con, {"ethnicity": "WBRI"})
    indian, level = found["Indian"], sidak_level(3)
    ratio, difference = risk_ratio(60, 1_500, 200, 10_000, level), newcombe(60, 1_500, 200, 10_000, level)
    assert ratio is not None
    assert difference is not None
    assert indian["rate"] == pytest.approx(0.04)
    assert indian["ratio"] == pytest.approx(2.0)
    assert (indian["ratio_lo"], indian["ratio_hi"]) == pytest.approx((ratio.lo, ratio.hi), abs=1e-6)
    assert (indian["diff_lo"], indian["diff_hi"]) == pytest.approx((difference.lo, difference.hi), abs=1e-6)
    assert indian["excess"] == pytest.approx(30)  # 60 - 1,500 x 0.02
    assert (indian["evidence"], indian["simultaneous"], indian["q_bh"]) == ("higher", True, None)
    p = [found[name]["p"] for name in ("Indian", "Chinese", "unknown")]
    assert [found[name]["p_holm"] for name in ("Indian", "Chinese", "unknown")] == pytest.approx(holm(p), abs=1e-6)  # type: ignore[arg-type]
    assert found["White British"]["ratio"] is None
    assert found["White British"]["family_id"] is None


def test_an_underpowered_group_says_so_and_unknown_is_a_group() -> None:
    with working(EMPTY) as con:
        found = told(con, {"ethnicity": "White British"})
    detectable = minimum_detectable_ratio(12, 10_000, 0.02, level=sidak_level(3))
    assert found["Chinese"]["evidence"] == "not enough evidence"
    assert found["Chinese"]["mdr"] == pytest.approx(detectable, abs=1e-6)
    assert found["unknown"]["evidence"] == "higher"


def test_without_a_named_reference_it_is_exploration_against_the_largest_known_group() -> None:
    with working(EMPTY) as con:
        found = told(con, {})
    assert found["Indian"]["reference"] == "White British"
    assert found["Indian"]["p_holm"] is None
    assert found["Indian"]["q_bh"] is not None
    assert found["Indian"]["family_id"] == "exploration: missed"
    assert found["Indian"]["simultaneous"] is False


@pytest.mark.parametrize("named", [{"ethnicity": "Wite British"}, {"hair": "red"}])
def test_a_reference_that_there_is_not_is_refused(named: dict[str, str]) -> None:
    with working(EMPTY) as con, pytest.raises(ProjectError):
        told(con, named)


def sexes_world() -> World:
    """300 girls and 300 boys, each linked at 0.96; a hundred more pairs of boys weighed at 0.6."""
    records = [(side, n, "F" if n < 300 else "M") for n in range(600) for side in (0, 1)]
    records += [(side, 600 + 2 * n + side, "M") for n in range(100) for side in (0, 1)]
    return World(
        records,
        links=[(2 * n, 2 * n + 1, 0.96, "modelled") for n in range(600)],
        others=[(1200 + 2 * n, 1201 + 2 * n, 0.6) for n in range(100)],
    )


def test_expected_counts_stand_in_where_nothing_was_validated_and_masked_ones_where_it_was() -> None:
    with working(sexes_world()) as con:
        make_closure(con, ("sex",))
        expected_errors(con)
        missed, false = group_counts(con, ("sex",))
        assert missed.basis == "expected from confidences"
        assert [(group.subgroup, group.x, group.n) for group in missed.of("sex")] == [("F", 0, 288), ("M", 60, 348)]
        assert [(group.subgroup, group.x, group.n) for group in false.of("sex")] == [("F", 12, 300), ("M", 12, 300)]
        con.execute("create table masked_known as select 'residual_pool' as pool_mode, 0 as rerun, 0::bigint as "
                    "record_id_l, 1::bigint as record_id_r, false as recovered")  # fmt: skip
        con.execute("create table masked_joined as select 'residual_pool' as pool_mode, 0 as rerun, 0::bigint as "
                    "record_id_l, 1::bigint as record_id_r, true as same")  # fmt: skip
        missed, false = group_counts(con, ("sex",))
        assert (missed.basis, missed.of("sex")) == ("masked validation", (GroupCount("missed", "sex", "F", 1, 1),))
        assert false.of("sex") == (GroupCount("false", "sex", "F", 0, 1),)


def test_operating_points_are_shown_for_each_group() -> None:
    with working(sexes_world()) as con:
        threshold_sweep(con, accept=0.95)
        make_closure(con, ("sex",))
        operating_points(con, ("sex",), accept=0.95)
        found = {(str(row[0]), str(row[1])): row[2:] for row in rows(con, """
            select policy, subgroup, threshold, recall, n_links, delta_true_links, delta_false_links
            from diagnostics__operating_points""")}  # fmt: skip
    # Of boys 288 of 348 expected true pairs are linked, of all 576 of 636: boys get there by taking the pairs at 0.6.
    assert found["one threshold", "M"] == (0.96, pytest.approx(288 / 348, abs=1e-6), 300, 0.0, 0.0)
    assert found["equal recall", "M"] == (0.6, 1.0, 400, pytest.approx(60), pytest.approx(40))
    assert found["equal recall", "F"][2] == 300
    assert found["equal share of false links", "M"][0] == 0.96


def test_few_cells_are_not_shrunk_and_raw_stands_beside_shrunk() -> None:
    with working(sexes_world()) as con:
        make_closure(con, ("sex", "ethnicity"))
        intersections(con, ("sex", "ethnicity"), ("sex", "ethnicity"), seed=1)
        assert rows(con, "select cell, n, missed, status from diagnostics__intersections order by cell_no") == [
            ("F, unknown", 288, 0, "not enough evidence"), ("M, unknown", 348, 60, "not enough evidence")]  # fmt: skip
        for number in range(5):
            con.execute("update records set ethnicity = ? where sex is not null and record_id // 2 % 5 = ?",
                        [f"G{number}", number])  # fmt: skip
        make_closure(con, ("sex", "ethnicity"))
        intersections(con, ("sex", "ethnicity"), ("sex", "ethnicity"), seed=1)
        found = rows(con, "select raw, shrunk, lo, hi, status from diagnostics__intersections")
    assert len(found) == 10
    assert all(status == "told" and lo <= shrunk <= hi for _, shrunk, lo, hi, status in found)  # type: ignore[operator]


def test_the_matrix_is_the_ratio_of_recalls() -> None:
    with working(EMPTY) as con:
        disparity_impact(con, counts_of())
        found = rows(con, """
            select recall, recall_of_reference, ratio_if_nothing_differs from diagnostics__disparity_impact
            where subgroup = 'unknown' and reference = 'White British'""")  # fmt: skip
    assert found == [(0.91, 0.98, pytest.approx(0.91 / 0.98, abs=1e-6))]


def test_the_tipping_point_and_the_bounds_of_a_named_statistic() -> None:
    # Of 80 records 40 are linked; of these 30 are seen as F there. For half of all to be F the unlinked need a quarter.
    records = [(0, n, "F" if n % 2 else "M") for n in range(80)] + [(1, n, "F" if n < 30 else "M") for n in range(40)]
    item = StatisticSpec(name="girls", of="s0", seen_in="s1", where={"sex": ("F",)}, decision=0.5)
    with working(World(records)) as con:
        make_closure(con, ("sex",))
        named_statistics(con, ("sex",), [item])
        whole = rows(con, """select records, linked, counted, linked_share, p_linked, p_unlinked_needed, ratio_needed,
            manski_lo, manski_hi, can_tip from diagnostics__tipping_point where subgroup_var = 'all'""")  # fmt: skip
        adjusted = rows(con, "select naive, adjusted, n_linked, status from diagnostics__adjusted_statistics")
        with pytest.raises(ProjectError, match="hair"):
            named_statistics(con, ("sex",), [item.model_copy(update={"where": {"hair": ("red",)}})])
    assert whole == [(80, 40, 30, 0.5, 0.75, 0.25, pytest.approx(1 / 3, abs=1e-6), 0.375, 0.875, True)]
    assert adjusted == [(0.75, pytest.approx(0.75, abs=1e-3), 40, "told")]
