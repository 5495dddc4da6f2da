"""What the report says of errors by subgroup and of what they do to a finding. A table that a run lacks gives none."""

from __future__ import annotations

from dataclasses import dataclass

from linkage.diagnostics.error_by_subgroup import DISPARITY
from linkage.diagnostics.group_counts import MISSED
from linkage.diagnostics.impact import TIPPING
from linkage.diagnostics.made_tables import NOT_ENOUGH, TOLD
from linkage.diagnostics.subgroups import ALL
from linkage.diagnostics.threshold_sweep import SWEEP
from linkage.report.curves import SweepPoint
from linkage.report.evidence_facts import Rate
from linkage.sql import Connection, has_table, literal, rows

CLEAR = ("higher", "lower")  # what `evidence` says of a group that is told apart from its reference


@dataclass(frozen=True)
class GroupError:
    """Pairs of a group that are wrong (`rate.linked` of `rate.records`), and how that compares with the reference; the
    ratio is None where it was not, or could not be, compared."""

    rate: Rate
    reference: str
    ratio: float | None
    ratio_lo: float | None
    ratio_hi: float | None
    evidence: str

    @property
    def recall(self) -> float:
        """1 less the rate: of missed pairs, the share that was found."""
        return 1 - self.rate.rate


@dataclass(frozen=True)
class ErrorTable:
    """Errors of one metric by one subgroup variable; `few` are groups with too few pairs to say anything."""

    metric: str
    variable: str
    basis: str
    total: Rate
    groups: tuple[GroupError, ...]
    few: tuple[str, ...]


@dataclass(frozen=True)
class Tipping:
    """A named statistic: the share of records that are linked, its value among them (0 to 1), what it is at least and
    at most whatever the unlinked are like, and what they would have to be like for the decision to turn (None: no
    decision was named)."""

    name: str
    records: int
    linked_share: float
    p_linked: float
    manski_lo: float
    manski_hi: float
    decision: float | None
    needed: float | None
    can_tip: bool | None


def error_tables(con: Connection) -> tuple[ErrorTable, ...]:
    """By metric (missed first) and subgroup variable, in their order; none where the total itself cannot be told."""
    if not has_table(con, DISPARITY):
        return ()
    found = rows(
        con,
        f"""
        select metric, subgroup_var, subgroup, wrong, n, rate, lo, hi, reference, ratio, ratio_lo, ratio_hi, evidence,
          truth_source, status
        from {DISPARITY} order by cell_no""",
    )
    groups: dict[tuple[str, str], list[GroupError]] = {}
    few: dict[tuple[str, str], list[str]] = {}
    basis: dict[str, str] = {}
    for metric, variable, subgroup, wrong, n, rate, lo, hi, reference, *ends, evidence, truth, status in found:
        key = str(metric), str(variable)
        basis[key[0]] = str(truth)
        if status != TOLD:
            few.setdefault(key, []).append(str(subgroup))
            continue
        own = Rate(str(subgroup), int(str(wrong)), int(str(n)), *(_told(value) for value in (rate, lo, hi)))
        ratio, least, most = (_number(value) for value in ends)
        group = GroupError(own, str(reference or ""), ratio, least, most, str(evidence or ""))
        groups.setdefault(key, []).append(group)
    return tuple(
        ErrorTable(metric, variable, basis[metric], groups[metric, ALL][0].rate, tuple(own),
                   tuple(few.get((metric, variable), ())))
        for (metric, variable), own in groups.items()
        if variable != ALL and (metric, ALL) in groups
    )  # fmt: skip


def not_enough(con: Connection) -> int:
    """Comparisons of missed pairs of which there is too little evidence to say anything."""
    if not has_table(con, DISPARITY):
        return 0
    sql = f"select count(*) from {DISPARITY} where metric = {literal(MISSED)} and evidence = {literal(NOT_ENOUGH)}"
    return int(str(rows(con, sql)[0][0]))


def sweep_points(con: Connection) -> tuple[SweepPoint, ...]:
    """Thresholds in order; none where nothing was weighed."""
    if not has_table(con, SWEEP):
        return ()
    found = rows(
        con,
        f"""select threshold, precision, recall_given_candidates, is_run, links, persons
            from {SWEEP} order by threshold""",
    )
    return tuple(
        SweepPoint(float(str(threshold)), _number(precision), _number(recall), bool(is_run), int(str(links)),
                   int(str(persons)))
        for threshold, precision, recall, is_run, links, persons in found
    )  # fmt: skip


def tipping_points(con: Connection) -> tuple[Tipping, ...]:
    """The named statistics, over all records, in the order of the project; none where none is named or can be told."""
    if not has_table(con, TIPPING):
        return ()
    found = rows(
        con,
        f"""
        select estimand, records, linked_share, p_linked, manski_lo, manski_hi, decision_value, p_unlinked_needed,
          can_tip
        from {TIPPING} where subgroup_var = {literal(ALL)} and status = {literal(TOLD)} order by cell_no""",
    )
    return tuple(
        Tipping(str(name), int(str(n)), _told(share), _told(p), _told(lo), _told(hi), _number(decision),
                _number(needed), None if can_tip is None else bool(can_tip))
        for name, n, share, p, lo, hi, decision, needed, can_tip in found
    )  # fmt: skip


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _told(value: object) -> float:
    return float(str(value))
