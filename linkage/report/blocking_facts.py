"""What the report says of blocking: the share of known pairs that would have been compared."""

from __future__ import annotations

from dataclasses import dataclass

from linkage.match.blocking_recall import ALL_RULES, BLOCKING_RECALL
from linkage.sql import Connection, has_table, rows
from linkage.stats import wilson


@dataclass(frozen=True)
class KnownPairs:
    """Pairs of two sources that an identifier linked, how many of them the blocking rules find too, and the share with
    its 95% interval (0 to 1)."""

    source_l: str
    source_r: str
    pairs: int
    found: int
    lo: float
    hi: float

    @property
    def share(self) -> float:
        """Found of all."""
        return self.found / self.pairs


def known_pairs(con: Connection) -> tuple[KnownPairs, ...]:
    """Pairs of sources in the order of the project; none where no identifier linked a pair, or there is no model."""
    if not has_table(con, BLOCKING_RECALL):
        return ()
    found = rows(
        con,
        f"""
        select l.source, r.source, b.pairs, b.found
        from {BLOCKING_RECALL} b
        join sources l on l.source_no = b.source_no_l
        join sources r on r.source_no = b.source_no_r
        where b.block_no = {ALL_RULES} order by b.source_no_l, b.source_no_r""",
    )
    return tuple(_known(str(left), str(right), int(str(pairs)), int(str(n))) for left, right, pairs, n in found)


def _known(left: str, right: str, pairs: int, found: int) -> KnownPairs:
    interval = wilson(found, pairs)
    lo, hi = (interval.lo, interval.hi) if interval else (0.0, 1.0)
    return KnownPairs(left, right, pairs, found, lo, hi)
