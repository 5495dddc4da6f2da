"""Figures whose table stands behind them: a dot plot of rates by subgroup, and the texts of its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from linkage.diagnostics.group_counts import MISSED
from linkage.report.charts import DotPlot, plot_of
from linkage.report.error_facts import CLEAR, ErrorTable, GroupError
from linkage.report.words import count, percent, variable

MARKS = {"higher": "more often", "lower": "less often"}


@dataclass(frozen=True)
class Figure:
    """A plot (None: there is nothing to draw) and its table as texts, the first of a line its heading; the columns from
    `first_number` on stand to the right. `marks`: by subgroup, what stands beside it in words. `note` says of whom
    nothing can be told."""

    title: str
    plot: DotPlot | None
    caption: str
    headers: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    marks: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Impact:
    """A group that is told apart from its reference, and what a statistic that is seen only through links would show of
    the two if nothing else differed: `ratio`, of the group to the reference."""

    variable: str
    group: GroupError
    reference: GroupError

    @property
    def ratio(self) -> float:
        """Recall of the group by that of the reference."""
        return self.group.recall / self.reference.recall


def error_figures(tables: Sequence[ErrorTable], metric: str) -> list[Figure]:
    """A figure for each subgroup variable of a metric."""
    return [_error_figure(table) for table in tables if table.metric == metric]


def _error_figure(table: ErrorTable) -> Figure:
    what, of = ("Missed", "Pairs of one child") if table.metric == MISSED else ("False", "Joined pairs")
    lines = [_error_line(group) for group in table.groups]
    total = table.total
    lines.append(("all", count(total.linked), count(total.records), percent(total.rate), _interval(total.lo, total.hi),
                  "", ""))  # fmt: skip
    title = variable(table.variable)
    return Figure(
        title, plot_of([group.rate for group in table.groups], total),
        f"{what} pairs by {title.lower()} ({table.basis}), against the group named under the ratio",
        (title, what, of, "Rate", "95% interval (Wilson)", "Ratio", "What can be said"), tuple(lines),
        {group.rate.subgroup: MARKS[group.evidence] for group in table.groups if group.evidence in MARKS},
        f"Too few pairs to say anything: {', '.join(table.few)}." if table.few else "",
    )  # fmt: skip


def _error_line(group: GroupError) -> tuple[str, ...]:
    rate = group.rate
    ratio = "" if group.ratio is None else f"{group.ratio:.2f} ({_end(group.ratio_lo)} to {_end(group.ratio_hi)})"
    said = f"{group.evidence}" if group.evidence else "compared with" if group.reference == rate.subgroup else ""
    against = f" than {group.reference}" if group.evidence in CLEAR else ""
    return (rate.subgroup, count(rate.linked), count(rate.records), percent(rate.rate), _interval(rate.lo, rate.hi),
            ratio, said + against)  # fmt: skip


def impacts(tables: Sequence[ErrorTable]) -> list[Impact]:
    """Groups that are missed more or less often than their reference, the strongest effect on a statistic first."""
    found = []
    for table in tables:
        own = {group.rate.subgroup: group for group in table.groups}
        found += [
            Impact(table.variable, group, own[group.reference])
            for group in table.groups
            if table.metric == MISSED and group.evidence in CLEAR and own[group.reference].recall > 0
        ]
    return sorted(found, key=lambda item: (item.ratio, item.variable, item.group.rate.subgroup))


def _interval(lo: float, hi: float) -> str:
    return f"{percent(lo)} to {percent(hi)}"


def _end(value: float | None) -> str:
    return "not bounded" if value is None else f"{value:.2f}"
