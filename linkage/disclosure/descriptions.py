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


def every_row(row: Row) -> bool:
    """All rows of a table."""
    return bool(row)


@dataclass(frozen=True)
class Table:
    """A diagnostic: `name` without .csv, columns that place a row, and all other columns that are to be published.

    Only rows of which `only` holds are published.
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


def is_one(column: str, value: str) -> Callable[[Row], bool]:
    """Rows with a value in a column."""
    return lambda row: str(row[column]) == value


_PAIR_COUNTS = by("metric", "truth_source")

# Missed pairs only. Beside the false ones of the same group they could be worked out: of pairs that the confidences
# foretell, those that are true are the same in both. For the same reason expected_errors is not published.
ERROR_TABLE = Table(
    name="error_by_subgroup",
    dimensions=("metric", "subgroup_var", "subgroup"),
    counts=(
        Count("wrong", "wrong pairs", _PAIR_COUNTS, nests=False),
        Count("n", "pairs", _PAIR_COUNTS, nests=False),
    ),
    differences=(Difference("n", "wrong", "right pairs"),),
    rates=(Rate("rate", "wrong", "n"),),
    figures=(
        *(Figure(column, ("wrong", "n"), "0.1", "reference") for column in ("ratio", "ratio_lo", "ratio_hi")),
        Figure("excess", ("wrong", "n"), "10", "reference"),
        Figure("evidence", ("wrong", "n"), None, "reference"),
    ),
    labels=("method", "reference", "truth_source", "unit"),
    only=is_one("metric", "missed"),
)

# One scenario, the sum of all: persons who show several would tell small counts by subtraction.
IMPLAUSIBLE_TABLE = Table(
    name="implausible",
    dimensions=("rule", "subgroup_var", "subgroup"),
    counts=(
        Count("flagged", "implausible persons", by("rule"), nests=False),
        Count("at_risk", "persons who could be implausible", by("rule"), nests=False),
    ),
    differences=(Difference("at_risk", "flagged", "persons not implausible"),),
    rates=(Rate("rate", "flagged", "at_risk"),),
    labels=("method", "unit"),
    only=is_one("rule", "any"),
)

# Rates of everybody, to a hundredth, and no counts: thresholds beside one another would tell the links between them.
SWEEP_TABLE = Table(
    name="threshold_sweep",
    dimensions=("threshold",),
    counts=(),
    figures=(Figure("precision", (), "0.01"), Figure("recall_given_candidates", (), "0.01")),
    labels=("confidence_basis", "is_run"),
)

# One difference a variable; its levels would tell counts that match_rate hides.
LINKED_TABLE = Table(
    name="linked_vs_unlinked",
    dimensions=("source", "other", "variable", "level"),
    counts=(),
    figures=(Figure("std_diff", (), "0.01"), Figure("flag", ())),
    labels=("eligibility_basis", "status"),
    only=is_one("level", "all levels"),
)

FEWEST_FOR_A_SHARE = 1_000  # records of whom a share to a hundredth tells no count under ten


def _is_large_total(row: Row) -> bool:
    return str(row["subgroup_var"]) == ALL and int(str(row["records"])) >= FEWEST_FOR_A_SHARE


TIPPING_TABLE = Table(
    name="tipping_point",
    dimensions=("estimand",),
    counts=(),
    figures=tuple(
        Figure(column, (), "0.01")
        for column in ("linked_share", "p_linked", "p_unlinked_needed", "ratio_needed", "manski_lo", "manski_hi")
    ),
    labels=("decision_value", "status"),
    only=_is_large_total,
)

TABLES: tuple[Table, ...] = (
    MATCH_RATE_TABLE, ERROR_TABLE, IMPLAUSIBLE_TABLE, SWEEP_TABLE, LINKED_TABLE, TIPPING_TABLE,
)  # fmt: skip
