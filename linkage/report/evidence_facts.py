"""What the report says of rates, weights and evidence. A working table that a run lacks gives nothing."""

from __future__ import annotations

from dataclasses import dataclass

from linkage.diagnostics.match_rate import MATCH_RATE
from linkage.diagnostics.subgroups import ALL
from linkage.match.calibration import RULE_PRECISION
from linkage.match.judge import JUDGED
from linkage.match.parameters import MODEL_PARAMETERS
from linkage.match.training_check import TRAINING_CHECK
from linkage.sql import Connection, has_table, rows
from linkage.tables import LINKS

BIN_BITS = 2  # width of a bar of the histogram of weights
LEAST_BITS, MOST_BITS = -10, 40  # weights beyond go into the bar at the end


@dataclass(frozen=True)
class Rate:
    """A link rate with its interval (0 to 1), of one subgroup."""

    subgroup: str
    linked: int
    records: int
    rate: float
    lo: float
    hi: float


@dataclass(frozen=True)
class RateTable:
    """Link rates of one side of a pair of sources, by one subgroup variable; `total` is of all its records."""

    source_l: str
    source_r: str
    side: str
    variable: str
    total: Rate
    rates: tuple[Rate, ...]

    @property
    def own(self) -> str:
        """The source whose records are counted."""
        return self.source_l if self.side == "l" else self.source_r

    @property
    def other(self) -> str:
        """The source in which a partner is looked for."""
        return self.source_r if self.side == "l" else self.source_l


@dataclass(frozen=True)
class WeightBars:
    """Pairs by weight: counts of one decision, bar by bar from LEAST_BITS up."""

    decision: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """Pairs of this decision that have a weight."""
        return sum(self.counts)


@dataclass(frozen=True)
class Level:
    """A level of a comparison as the run scored with it; h None where the model knows no households, m_without_upn None
    where m does not come from labels or no pair without a UPN showed the level."""

    comparison: str
    label: str
    m: float
    u: float
    bits: float
    m_basis: str
    u_basis: str
    h: float | None
    m_without_upn: float | None = None


@dataclass(frozen=True)
class RuleWorth:
    """Estimated precision (0 to 1) of a rule, and what it rests on."""

    rule: str
    precision: float
    basis: str


def rate_tables(con: Connection) -> tuple[RateTable, ...]:
    """Link rates in the order of sources, sides and subgroup variables."""
    found = rows(
        con,
        f"""
        select source_l, source_r, side, subgroup_var, subgroup, linked, records, rate, lo, hi from {MATCH_RATE}
        order by source_no_l, source_no_r, side, var_no, subgroup_no, subgroup""",
    )
    tables: dict[tuple[str, str, str, str], list[Rate]] = {}
    for left, right, side, variable, subgroup, linked, records, rate, lo, hi in found:
        row = Rate(str(subgroup), int(str(linked)), int(str(records)), *(float(str(end)) for end in (rate, lo, hi)))
        tables.setdefault((str(left), str(right), str(side), str(variable)), []).append(row)
    return tuple(
        RateTable(left, right, side, variable, tables[left, right, side, ALL][0], tuple(rates))
        for (left, right, side, variable), rates in tables.items()
        if variable != ALL
    )


def weight_bars(con: Connection) -> tuple[WeightBars, ...]:
    """Pairs by weight: links, pairs for review, and pairs that were weighed and left. The weakest are not weighed."""
    bins = (MOST_BITS - LEAST_BITS) // BIN_BITS
    place = f"least({bins - 1}, greatest(0, floor((w.match_weight - ({LEAST_BITS})) / {BIN_BITS})))::integer"
    left = ""
    if has_table(con, JUDGED):
        left = f"""
          union all
          select j.match_weight, 'left' from {JUDGED} j
          where not exists (
            select 1 from {LINKS} k where k.record_id_l = j.record_id_l and k.record_id_r = j.record_id_r)"""
    found = rows(
        con,
        f"""
        select w.decision, {place} as bar, count(*)
        from (select match_weight, decision from {LINKS}{left}) w
        where w.match_weight is not null group by all order by all""",
    )
    counts = {(str(decision), int(str(bar))): int(str(n)) for decision, bar, n in found}
    return tuple(
        WeightBars(decision, tuple(counts.get((decision, bar), 0) for bar in range(bins)))
        for decision in ("link", "review", "left")
        if any(key[0] == decision for key in counts)
    )


def levels(con: Connection) -> tuple[Level, ...]:
    """The model's levels in their order; none where the run had no model."""
    if not has_table(con, MODEL_PARAMETERS):
        return ()
    others = "null::double as m_without_upn", ""
    if has_table(con, TRAINING_CHECK):
        others = "c.m_without_upn", f"left join {TRAINING_CHECK} c using (comparison, level_no)"
    found = rows(
        con,
        f"""
        select p.comparison, p.label, p.m, p.u, p.bits, p.m_basis, p.u_basis, p.h, {others[0]}
        from {MODEL_PARAMETERS} p {others[1]} order by p.rowid""",
    )
    return tuple(
        Level(str(comparison), str(label), float(str(m)), float(str(u)), float(str(bits)), str(m_basis), str(u_basis),
              *(None if value is None else float(str(value)) for value in (h, m_without_upn)))
        for comparison, label, m, u, bits, m_basis, u_basis, h, m_without_upn in found
    )  # fmt: skip


def rule_worths(con: Connection) -> dict[str, RuleWorth]:
    """Precision of every rule that linked a pair, by its id."""
    if not has_table(con, RULE_PRECISION):
        return {}
    found = rows(con, f"select rule, precision, basis from {RULE_PRECISION}")
    return {str(rule): RuleWorth(str(rule), float(str(precision)), str(basis)) for rule, precision, basis in found}
