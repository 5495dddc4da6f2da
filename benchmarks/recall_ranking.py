"""Whether a run ranks the groups rightly whose children without identifiers it serves worst, against the truth.

Two truths. The pairs of one England: what the run in fact found, of five to sixty pairs of a small group, so that which
group is the worst is half chance. And the pairs of all Englands together: the rate that a group has in the long run,
which is what a reader takes a ranking to be about. Where one truth is asked for it is the second; both are told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from operator import attrgetter

from scipy.stats import spearmanr

from linkage.diagnostics.subgroups import ALL

FEWEST_RANKED = 30  # true pairs of a group that is ranked by the truth of one England, or of all together


@dataclass(frozen=True)
class Cell:
    """One supported subgroup of one England: the estimate and its interval, and the true pairs and how many found.

    `shrunk` and its place among the groups of the variable are None, 0 and false where the run gives none.
    """

    seed: int
    variable: str
    subgroup: str
    estimate: float
    lo: float
    hi: float
    pairs: int
    found: int
    shrunk: float | None = None
    rank_lo: int = 0
    rank_hi: int = 0
    may_be_worst: bool = False

    @property
    def true(self) -> float:
        """The true recall."""
        return self.found / self.pairs

    @property
    def is_covered(self) -> bool:
        """Whether the number found lies in the interval, its ends rounded outward to whole pairs."""
        return math.floor(self.lo * self.pairs + 1e-9) <= self.found <= math.ceil(self.hi * self.pairs - 1e-9)

    @property
    def is_strictly_covered(self) -> bool:
        """Whether the true share lies in the interval as it stands."""
        return self.lo - 1e-6 <= self.true <= self.hi + 1e-6


def ranking(
    cells: Sequence[Cell], told_as: Callable[[Cell], float] = attrgetter("estimate")
) -> dict[str, tuple[int, float, str, str]]:
    """By variable: groups, Spearman's correlation of estimate and truth over all seeds, and the worst group of each.

    A group's pairs of all Englands are taken together, its estimates weighted by them: one England has too few.
    """
    told = {}
    for variable in dict.fromkeys(cell.variable for cell in cells if cell.variable != ALL):
        own = [cell for cell in cells if cell.variable == variable]
        groups = {name: [c for c in own if c.subgroup == name] for name in sorted({c.subgroup for c in own})}
        groups = {name: of for name, of in groups.items() if sum(c.pairs for c in of) >= FEWEST_RANKED}
        if len(groups) < 2:
            continue
        true = {name: sum(c.found for c in of) / sum(c.pairs for c in of) for name, of in groups.items()}
        made = {name: sum(told_as(c) * c.pairs for c in of) / sum(c.pairs for c in of) for name, of in groups.items()}
        rho = float(spearmanr(list(true.values()), list(made.values())).statistic)
        told[variable] = len(groups), rho, min(true, key=lambda n: (true[n], n)), min(made, key=lambda n: (made[n], n))
    return told


def worst_named(cells: Sequence[Cell]) -> tuple[int, int]:
    """In how many Englands and variables the truly worst group with enough pairs is among the estimated worst two."""
    right = of = 0
    for seed, variable in sorted({(c.seed, c.variable) for c in cells if c.variable != ALL}):
        own = [c for c in cells if (c.seed, c.variable) == (seed, variable) and c.pairs >= FEWEST_RANKED]
        if len(own) < 3:  # of two groups both are the worst two
            continue
        worst = min(own, key=lambda c: (c.true, c.subgroup))
        right += worst in sorted(own, key=lambda c: (c.estimate, c.subgroup))[:2]
        of += 1
    return right, of


Group = tuple[str, str]  # variable, subgroup


def long_run(cells: Sequence[Cell]) -> dict[Group, float]:
    """True recall by variable and subgroup over all Englands, of groups that have enough pairs there."""
    found: dict[Group, list[int]] = {}
    for cell in cells:
        told = found.setdefault((cell.variable, cell.subgroup), [0, 0])
        told[0] += cell.found
        told[1] += cell.pairs
    return {group: x / n for group, (x, n) in found.items() if n >= FEWEST_RANKED}


@dataclass(frozen=True)
class Named:
    """Of one England and variable: the groups, those of them that may be the worst, and whether the worst is one."""

    variable: str
    groups: int
    named: int
    is_right: bool
    is_right_in_the_long_run: bool

    @property
    def is_claim(self) -> bool:
        """Whether it says anything: the report does with at most half of the groups."""
        return 2 * self.named <= self.groups


def named_worst(cells: Sequence[Cell]) -> list[Named]:
    """What each England says of who is served worst, by variable. Of groups that are equally bad one is enough."""
    truth, told = long_run(cells), []
    for seed, variable in sorted({(c.seed, c.variable) for c in cells if c.shrunk is not None}):
        own = [c for c in cells if (c.seed, c.variable) == (seed, variable) and c.shrunk is not None]
        named = {c.subgroup for c in own if c.may_be_worst}
        worst = {c.subgroup for c in own if c.true == min(other.true for other in own)}
        rates = {c.subgroup: truth[variable, c.subgroup] for c in own if (variable, c.subgroup) in truth}
        lasting = min(rates, key=lambda name: (rates[name], name), default="")
        told.append(Named(variable, len(own), len(named), bool(named & worst), lasting in named))
    return told


def said_to_differ(cells: Sequence[Cell]) -> tuple[int, int, int, int]:
    """Pairs of groups of one England whose ranks' intervals part; of how many the order is the true one.

    By the pairs of that England, and by those of all, where both have enough there: (parted, right, parted, right).
    """
    truth = long_run(cells)
    counts = [0, 0, 0, 0]
    for one, other in combinations([c for c in cells if c.shrunk is not None], 2):
        if (one.seed, one.variable) != (other.seed, other.variable):
            continue
        low, high = (one, other) if one.rank_hi < other.rank_lo else (other, one)
        if low.rank_hi >= high.rank_lo:
            continue
        counts[0] += 1
        counts[1] += low.true < high.true
        lasting = [truth.get((c.variable, c.subgroup)) for c in (low, high)]
        if lasting[0] is not None and lasting[1] is not None:
            counts[2] += 1
            counts[3] += lasting[0] < lasting[1]
    return counts[0], counts[1], counts[2], counts[3]


def as_lines(cells: Sequence[Cell]) -> list[str]:
    """Two tables: what is named and said to differ, all in all; and by variable."""
    told = named_worst(cells)
    shrunk = ranking([c for c in cells if c.shrunk is not None], lambda cell: float(cell.shrunk or 0.0))
    parted, right, lasting, lasting_right = said_to_differ(cells)
    claims, alone = [one for one in told if one.is_claim], [one for one in told if one.named == 1]
    by_variable: Mapping[str, list[Named]] = {
        variable: [one for one in told if one.variable == variable]
        for variable in dict.fromkeys(c.variable for c in told)
    }
    return [
        "| who is served worst, by Englands and variables | | by the pairs of that England | by those of all |",
        "|---|---:|---:|---:|",
        _named_line("the worst is among those told as possibly worst", told),
        _named_line("the same, where these are at most half of the groups", claims),
        _named_line("the same, where it is one group", alone),
        f"| two groups whose ranks' intervals part are in that order | {parted} | {_of(right, parted)} "
        f"| {_of(lasting_right, lasting)} |",
        "",
        "| by | Englands | mean groups | mean possibly worst | the worst is among them | in the long run | said at all "
        "| rank correlation, shrunk | worst by truth | worst told, shrunk |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---|---|",
        *(_variable_line(variable, own, shrunk) for variable, own in by_variable.items()),
    ]


def _named_line(what: str, told: Sequence[Named]) -> str:
    right, lasting = (sum(getattr(one, name) for one in told) for name in ("is_right", "is_right_in_the_long_run"))
    return f"| {what} | {len(told)} | {_of(right, len(told))} | {_of(lasting, len(told))} |"


def _variable_line(variable: str, own: Sequence[Named], shrunk: Mapping[str, tuple[int, float, str, str]]) -> str:
    _, rho, true, told = shrunk.get(variable, ("", math.nan, "", ""))
    right, lasting = (sum(getattr(one, name) for one in own) for name in ("is_right", "is_right_in_the_long_run"))
    groups, named = (sum(getattr(one, name) for one in own) / len(own) for name in ("groups", "named"))
    return (f"| {variable} | {len(own)} | {groups:.1f} | {named:.1f} | {_of(right, len(own))} "
            f"| {_of(lasting, len(own))} | {sum(one.is_claim for one in own)} "
            f"| {'' if math.isnan(rho) else f'{rho:.2f}'} | {true} | {told} |")  # fmt: skip


def _of(right: int, all_of_them: int) -> str:
    return f"{right} of {all_of_them}" if all_of_them else ""
