"""Link rates written down by hand, as a run's diagnostics have them."""

from __future__ import annotations

from collections.abc import Mapping

from linkage.disclosure.descriptions import Row
from linkage.stats import wilson

Groups = Mapping[str, Mapping[str, tuple[int, int]]]  # variable -> subgroup -> linked, records


def link_rates(groups: Groups, source_l: str = "cin", source_r: str = "census", side: str = "l") -> list[Row]:
    """Rows of two sources with their total, which is that of the first variable."""
    first = next(iter(groups.values())).values()
    total = {"all": {"all": (sum(x for x, _ in first), sum(n for _, n in first))}}
    rows: list[Row] = []
    for var, members in {**total, **groups}.items():
        for group, (linked, records) in members.items():
            interval = wilson(linked, records)
            ends = (None, None, None) if interval is None else (interval.estimate, interval.lo, interval.hi)
            rows.append(
                {"source_l": source_l, "source_r": source_r, "side": side, "subgroup_var": var, "subgroup": group,
                 "linked": linked, "records": records, "rate": ends[0], "lo": ends[1], "hi": ends[2],
                 "method": "wilson"}
            )  # fmt: skip
    return rows
