"""What the report says of who is served worst among the children without an identifier."""

from __future__ import annotations

from dataclasses import dataclass

from linkage.diagnostics.made_tables import TOLD
from linkage.diagnostics.served_worst import SERVED_WORST
from linkage.sql import Connection, has_table, rows


@dataclass(frozen=True)
class Served:
    """One variable's groups, with the ends of their shrunk recall; `lowest` may be the worst, the likeliest first."""

    variable: str
    groups: int
    is_told: bool
    lowest: tuple[str, ...]
    recall_lo: float
    recall_hi: float


def served_worst(con: Connection) -> tuple[Served, ...]:
    """Variables by name, told in the residual pool where it was run; none where no groups could be ranked."""
    if not has_table(con, SERVED_WORST):
        return ()
    found = rows(
        con,
        f"""
        select subgroup_var, count(*), any_value(status),
          list(subgroup order by chance_worst desc, subgroup) filter (may_be_worst), min(recall_shrunk),
          max(recall_shrunk)
        from {SERVED_WORST} where pool_mode = (select max(pool_mode) from {SERVED_WORST})
        group by subgroup_var order by subgroup_var""",
    )
    return tuple(
        Served(str(name), int(str(groups)), status == TOLD, tuple(str(one) for one in _listed(named)),
               float(str(lo)), float(str(hi)))
        for name, groups, status, named, lo, hi in found
    )  # fmt: skip


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []
