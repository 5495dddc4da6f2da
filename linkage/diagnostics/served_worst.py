"""Which groups of children without an identifier may be the ones that a run serves worst.

A list of groups by recall is read as a league table, and its foot is mostly a small group's bad luck. So groups are
ranked by shrunk recall with intervals for their ranks, and the worst is told as a set: the smallest that holds it with
95% (`linkage.stats.places`). Where the set is more than half of the groups, nothing is told. Source: H. Goldstein and
D. J. Spiegelhalter, J. R. Stat. Soc. A 159 (1996) 385-443.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from linkage.diagnostics.made_tables import NOT_ENOUGH, TOLD, keep_table
from linkage.diagnostics.residue_recall import Group, ResidueRecall
from linkage.sql import Connection

SERVED_WORST = "diagnostics__served_worst"
COLUMNS = {
    "pool_mode": "text", "subgroup_var": "text", "subgroup": "text", "recall_std_to_residue": "number",
    "recall_shrunk": "number", "rank_lo": "count", "rank_hi": "count", "chance_worst": "number",
    "may_be_worst": "flag", "status": "text",
}  # fmt: skip


def keep_served_worst(con: Connection, residue: Mapping[Group, ResidueRecall]) -> None:
    """Make `diagnostics__served_worst`, one row per pool mode, variable and subgroup that has a place.

    `status` is the variable's: told, or not enough evidence. The same figures are in `masked_validation.csv`.
    """
    groups_of = Counter(group[:2] for group, one in residue.items() if one.place)
    named_of = Counter(group[:2] for group, one in residue.items() if one.place and one.place.may_be_lowest)
    cells: list[dict[str, object]] = []
    for group, one in sorted(residue.items()):
        if one.recall is None or one.shrunk is None or one.place is None:
            continue
        mode, variable, subgroup = group
        is_told = 2 * named_of[group[:2]] <= groups_of[group[:2]]
        cells.append(
            {"pool_mode": mode, "subgroup_var": variable, "subgroup": subgroup,
             "recall_std_to_residue": one.recall.rate, "recall_shrunk": one.shrunk.rate, "rank_lo": one.place.lo,
             "rank_hi": one.place.hi, "chance_worst": one.place.chance_lowest,
             "may_be_worst": one.place.may_be_lowest, "status": TOLD if is_told else NOT_ENOUGH}
        )  # fmt: skip
    keep_table(con, SERVED_WORST, COLUMNS, cells)
