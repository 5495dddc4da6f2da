"""What disclosure control has to know of a table: which columns count children, and what follows from what.

A diagnostic that is not described here is not published. Every column is named in its description; one that is not is
left out of the public table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    to the one of `all`, if `adds_up`.
    """

    column: str
    measure: str
    place: Place
    adds_up: bool = True


@dataclass(frozen=True)
class Difference:
    """`whole` - `part` (columns of counts) in one row: a count that nobody prints and everybody can take.

    `name` says what it counts. If it, or the part, is 0, then all or none of a group are something (class disclosure).
    """

    whole: str
    part: str
    name: str


@dataclass(frozen=True)
class Rate:
    """A share that follows from two counts of the same row, and the columns of its interval.

    The rate is rounded half up, the ends of the interval outwards, so that rounding never makes it too narrow.
    """

    column: str
    numerator: str
    denominator: str
    lo: str = "lo"
    hi: str = "hi"


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


@dataclass(frozen=True)
class Table:
    """A diagnostic: `name` without .csv, columns that place a row, and all other columns that are to be published."""

    name: str
    dimensions: tuple[str, ...]
    counts: tuple[Count, ...]
    differences: tuple[Difference, ...] = ()
    rates: tuple[Rate, ...] = ()
    figures: tuple[Figure, ...] = ()
    labels: tuple[str, ...] = ()  # texts that say nothing of children, such as the name of a method
    subgroup_var: str = "subgroup_var"
    subgroup: str = "subgroup"

    def group_of(self, row: Row) -> tuple[str, str]:
        """Variable and subgroup of a row; the total of a table without subgroups."""
        return str(row.get(self.subgroup_var, ALL)), str(row.get(self.subgroup, ALL))


def own_source(row: Row) -> tuple[str, ...]:
    """The source whose records a row of two sources counts: that of its side."""
    return (str(row["source_l"] if row["side"] == "l" else row["source_r"]),)


MATCH_RATE_TABLE = Table(
    name="match_rate",
    dimensions=("source_l", "source_r", "side", "subgroup_var", "subgroup"),
    counts=(
        Count("linked", "linked", by("source_l", "source_r", "side")),
        Count("records", "records", own_source),  # the same for every other source that they are linked with
    ),
    differences=(Difference("records", "linked", "unlinked"),),
    rates=(Rate("rate", "linked", "records"),),
    labels=("method",),
)

TABLES: tuple[Table, ...] = (MATCH_RATE_TABLE,)
