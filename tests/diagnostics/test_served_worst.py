"""Who may be served worst, and when that is said."""

from __future__ import annotations

from linkage.diagnostics.residue_recall import Group, ResidueRecall
from linkage.diagnostics.served_worst import SERVED_WORST, keep_served_worst
from linkage.sql import connect, rows
from linkage.stats import FoundRecall, Place


def group(rate: float, place: Place | None) -> ResidueRecall:
    recall = FoundRecall(rate, 0.01, rate - 0.02, rate + 0.02, 100.0, 100.0, 0.0)
    return ResidueRecall(90, recall, 0.0, recall if place else None, place)


def test_it_is_told_where_at_most_half_of_the_groups_may_be_the_worst() -> None:
    mode, worst, other = "residual_pool", Place(1, 2, 0.6, True), Place(3, 4, 0.0, False)
    residue: dict[Group, ResidueRecall] = {
        (mode, "all", "all"): group(0.9, None),
        **{(mode, "age", name): group(0.9, worst if name in "ab" else other) for name in "abcd"},
        **{(mode, "sex", name): group(0.9, worst) for name in "FM"},
        (mode, "sex", "unknown"): ResidueRecall(3, None, 0.0),
    }  # fmt: skip
    with connect() as con:
        keep_served_worst(con, residue)
        told = rows(con, f"select subgroup_var, subgroup, may_be_worst, status from {SERVED_WORST} order by cell_no")
    assert told == [
        ("age", "a", True, "told"), ("age", "b", True, "told"), ("age", "c", False, "told"),
        ("age", "d", False, "told"), ("sex", "F", True, "not enough evidence"),
        ("sex", "M", True, "not enough evidence"),
    ]  # fmt: skip
