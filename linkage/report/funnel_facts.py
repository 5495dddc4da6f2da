"""What the report says of how far records and known pairs came. A run without the table gives nothing."""

from __future__ import annotations

from dataclasses import dataclass

from linkage.diagnostics.funnel import FUNNEL, ORDER, PAIR, RECORD, STAGES
from linkage.diagnostics.subgroups import ALL
from linkage.sql import Connection, has_table, literal, rows

# What is said of each stage, and of those who got no further than the one before it.
REACHED = {
    "start": "Known to be one child", "comparable": "Hold enough in common", "blocked": "Looked at",
    "scored": "Weighed as likely", "accepted": "Linked", "survived": "One person in the end",
}  # fmt: skip
LOST = {
    "comparable": "too few fields", "blocked": "not looked at", "scored": "weighed as unlikely",
    "accepted": "not linked", "survived": "link cut",
}  # fmt: skip


@dataclass(frozen=True)
class Funnel:
    """Counts of STAGES; comparable None where there was no model to say. `most_lost_at` a stage, or empty."""

    source_l: str
    source_r: str
    side: str
    variable: str
    subgroup: str
    counts: tuple[int | None, ...]
    most_lost_at: str

    @property
    def start(self) -> int:
        """All that set out."""
        return self.counts[0] or 0

    @property
    def survived(self) -> int:
        """Those who came all the way."""
        return self.counts[-1] or 0

    @property
    def lost(self) -> tuple[tuple[str, int], ...]:
        """Stage, and how many stopped before it."""
        found, before = [], self.start
        for stage, n in zip(STAGES[1:], self.counts[1:], strict=True):
            if n is not None:
                found.append((stage, before - n))
                before = n
        return tuple(found)

    @property
    def own(self) -> str:
        """The source whose records are counted."""
        return self.source_r if self.side == "r" else self.source_l

    @property
    def other(self) -> str:
        """The source in which a partner is looked for."""
        return self.source_l if self.side == "r" else self.source_r


@dataclass(frozen=True)
class Segment:
    """A part of a bar: where it begins and how long it is, in per cent; `stage` it did not reach, or `found`."""

    stage: str
    left: float
    width: float


@dataclass(frozen=True)
class Funnels:
    """Pairs whose identifiers were hidden over all sources, by subgroup and by pair of sources; and all records."""

    pairs: Funnel | None
    by_subgroup: tuple[tuple[str, tuple[Funnel, ...]], ...]
    by_sources: tuple[Funnel, ...]
    records: tuple[Funnel, ...]


def funnels(con: Connection) -> Funnels:
    """Of pairs, those of the residual pool where there is one."""
    if not has_table(con, FUNNEL):
        return Funnels(None, (), (), ())
    listed = ", ".join(STAGES)
    found = rows(
        con,
        f"""
        with first as (select max(pool_mode) as mode from {FUNNEL} where unit = {literal(PAIR)})
        select unit, source_l, source_r, side, subgroup_var, subgroup, coalesce(most_lost_at, ''), {listed}
        from {FUNNEL}, first where unit = {literal(RECORD)} and subgroup_var = {literal(ALL)} or pool_mode = first.mode
        order by {ORDER}""",
    )
    told = [
        (str(unit), Funnel(str(left), str(right), str(side), str(variable), str(subgroup),
                           tuple(None if n is None else int(str(n)) for n in counts), str(lost)))
        for unit, left, right, side, variable, subgroup, lost, *counts in found
    ]  # fmt: skip
    pairs = [funnel for unit, funnel in told if unit == PAIR]
    whole = [funnel for funnel in pairs if funnel.source_l == ALL]
    variables = dict.fromkeys(funnel.variable for funnel in whole if funnel.variable != ALL)
    return Funnels(
        next((funnel for funnel in whole if funnel.variable == ALL), None),
        tuple((name, tuple(funnel for funnel in whole if funnel.variable == name)) for name in variables),
        tuple(funnel for funnel in pairs if funnel.source_l != ALL and funnel.variable == ALL),
        tuple(funnel for unit, funnel in told if unit == RECORD),
    )


def segments(funnel: Funnel) -> tuple[Segment, ...]:
    """The bar of a group: those found first, then those lost, from the last stage to the first."""
    parts = [("found", funnel.survived), *reversed(funnel.lost)]
    made, left = [], 0.0
    for stage, n in parts:
        width = 100 * n / funnel.start if funnel.start else 0.0
        if n:
            made.append(Segment(stage, round(left, 2), round(width, 2)))
        left += width
    return tuple(made)
