"""What the report says of records beyond reach. A run without a model has none."""

from __future__ import annotations

from dataclasses import dataclass

from linkage.diagnostics.beyond_reach import BEYOND_REACH, REASONS
from linkage.sql import Connection, has_table, rows
from linkage.tables import SOURCES

BEYOND = frozenset({"nothing_to_compare", "too_little_evidence", "review_at_best", "not_alone"})


@dataclass(frozen=True)
class Reach:
    """Records of a source without a link by a rule into the other, by reason (in the order of REASONS)."""

    source: str
    other: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts)

    @property
    def beyond(self) -> int:
        """Those whose evidence cannot make an automatic link, whatever agrees."""
        return sum(n for reason, n in zip(REASONS, self.counts, strict=True) if reason in BEYOND)


def reaches(con: Connection) -> tuple[Reach, ...]:
    """Every source against every other, in the order of the sources."""
    if not has_table(con, BEYOND_REACH):
        return ()
    sums = ", ".join(f"coalesce(sum(records) filter (reason = '{reason}'), 0)::bigint" for reason in REASONS)
    found = rows(
        con,
        f"""
        select l.source, r.source, {sums}
        from {BEYOND_REACH} b
        join {SOURCES} l on l.source_no = b.source_no
        join {SOURCES} r on r.source_no = b.other_no
        group by l.source, l.source_no, r.source, r.source_no
        order by l.source_no, r.source_no""",
    )
    return tuple(Reach(str(source), str(other), tuple(int(str(n)) for n in counts)) for source, other, *counts in found)
