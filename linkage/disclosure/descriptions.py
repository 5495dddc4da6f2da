"""What disclosure control has to know of a table: which columns count children, and what follows from what.

Every column that is to be published is named; one that is not is left out. The diagnostics themselves are described in
`linkage.disclosure.published`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from linkage.diagnostics.subgroups import ALL

Value = str | int | float | None
Row = Mapping[str, Value]
Place = Callable[[Row], tuple[str, ...]]


def by(*columns: str) -> Place:
    """A place that is told by the values of columns."""
    return lambda row: tuple(str(row[column]) for column in columns)


@dataclass(frozen=True)
class Count:
    """A column that counts children.

    `measure` names what is counted and `place` where, subgroup aside: two columns, of one table or of several, with the
    same measure and place are the same number, and hiding one hides both. Counts of the subgroups of a variable add up
    to the one of `all`, if `adds_up`; subgroups that are made of others do so in counts of records, not in counts of
    pairs or persons, whose subgroup may be that of another record (`nests`).
    """

    column: str
    measure: str
    place: Place
    adds_up: bool = True
    nests: bool = True


@dataclass(frozen=True)
class Difference:
    """`whole` - `part` (columns of counts) in one row: a count that nobody prints and everybody can take.

    `name` says what it counts. If it, or the part, is 0, then all or none of a group are something, which tells of
    everybody in it (class disclosure) if `tells_of_all`. Where the count is too small, the part is hidden, or the whole
    if `hides_whole`: the one that other tables need less.
    """

    whole: str
    part: str
    name: str
    tells_of_all: bool = True
    hides_whole: bool = False


@dataclass(frozen=True)
class Rate:
    """A share that follows from two counts of the same row, and the columns of its interval.

    The rate is rounded half up, the ends of the interval outwards, so that rounding never makes it too narrow. What it
    is rounded to depends on the denominator, or on the number in `sized_by`, which is not published.
    """

    column: str
    numerator: str
    denominator: str
    lo: str = "lo"
    hi: str = "hi"
    sized_by: str | None = None


@dataclass(frozen=True)
class Figure:
    """A column that follows from counts of its row and, where `reference` names a column, of the row of that subgroup.

    A number is rounded to `step` (any p value, ratio or mean); a text, without a step, is shown as it is. It is hidden
    where any of the counts is.
    """

    column: str
    counts: tuple[str, ...]
    step: str | None = None
    reference: str | None = None


def every_row(row: Row) -> bool:
    """All rows of a table."""
    return bool(row)


def as_they_are(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows of a table that needs nothing done to it."""
    return rows


@dataclass(frozen=True)
class Table:
    """A diagnostic: `name` without .csv, columns that place a row, and all other columns that are to be published.

    Only rows of which `only` holds are published, with the columns that `prepared` gives them: counts that follow from
    others, named as another table has them.
    """

    name: str
    dimensions: tuple[str, ...]
    counts: tuple[Count, ...]
    differences: tuple[Difference, ...] = ()
    rates: tuple[Rate, ...] = ()
    figures: tuple[Figure, ...] = ()
    labels: tuple[str, ...] = ()  # texts that say nothing of children, such as the name of a method
    subgroup_var: str = "subgroup_var"
    subgroup: str = "subgroup"
    only: Callable[[Row], bool] = every_row
    prepared: Callable[[Sequence[Row]], Sequence[Row]] = as_they_are

    def group_of(self, row: Row) -> tuple[str, str]:
        """Variable and subgroup of a row; the total of a table without subgroups."""
        return str(row.get(self.subgroup_var, ALL)), str(row.get(self.subgroup, ALL))
