"""Rows as they are published: symbols for what is hidden, rounded numbers for the rest, a status beside each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from linkage.disclosure.cells import Name, name_of
from linkage.disclosure.descriptions import Figure, Rate, Row, Table, Value
from linkage.disclosure.profiles import (
    CONFIDENTIAL,
    LOW_RELIABILITY,
    NOT_APPLICABLE,
    NOT_AVAILABLE,
    ROUNDED,
    ROUNDS_TO_ZERO,
    SHOWN,
    STATUS_OF,
    Profile,
    half_up,
)

PublicRow = dict[str, str]
Groups = Mapping[tuple[tuple[str, ...], tuple[str, str]], Row]  # by place, variable and subgroup
STATUS_SUFFIX = "_status"
PROFILE_COLUMN = "profile"


def public_rows(table: Table, rows: Sequence[Row], hidden: Collection[Name], profile: Profile) -> list[PublicRow]:
    """The rows with the cells of these names hidden, all columns as text; what the description does not name is left
    out.

    Beside each column that follows from children there is `NAME_status`: shown, rounded, or what its symbol means. A
    hidden cell is `c` whatever it was hidden for, and so is a rate or figure that follows from it.
    """
    groups = {(_place(table, row), table.group_of(row)): row for row in rows}
    return [_public_row(table, row, groups, hidden, profile) for row in rows]


def _place(table: Table, row: Row) -> tuple[str, ...]:
    """The dimensions of a row, subgroup aside."""
    return tuple(str(row[name]) for name in table.dimensions if name not in (table.subgroup_var, table.subgroup))


def _public_row(table: Table, row: Row, groups: Groups, hidden: Collection[Name], profile: Profile) -> PublicRow:
    counts = {count.column: count for count in table.counts}
    rates = {column: rate for rate in table.rates for column in (rate.column, rate.lo, rate.hi)}
    figures = {figure.column: figure for figure in table.figures}
    base = profile.base_of(table.group_of(row)[0])
    found: PublicRow = {}
    for column, value in row.items():
        if column in table.dimensions or column in table.labels:
            found[column] = "" if value is None else str(value)
            continue
        if column in counts:
            text, status = _count(value, name_of(table, column, row) in hidden, base)
        elif column in rates:
            text, status = _rate(table, row, rates[column], column, hidden, profile)
        elif column in figures:
            text, status = _figure(table, row, figures[column], value, groups, hidden)
        else:
            continue
        found |= {column: text, column + STATUS_SUFFIX: status}
    return {**found, PROFILE_COLUMN: profile.name}


def _symbol(symbol: str) -> tuple[str, str]:
    return symbol, STATUS_OF[symbol]


def _count(value: Value, is_hidden: bool, base: int) -> tuple[str, str]:
    if value is None:
        return _symbol(NOT_AVAILABLE)
    if is_hidden:
        return _symbol(CONFIDENTIAL)
    return _number(int(value), Decimal(base)) if base > 1 else (str(value), SHOWN)


def _rate(
    table: Table, row: Row, rate: Rate, column: str, hidden: Collection[Name], profile: Profile
) -> tuple[str, str]:
    children, value = row[rate.denominator], row[column]
    if children is None:
        return _symbol(NOT_AVAILABLE)
    if any(name_of(table, count, row) in hidden for count in (rate.numerator, rate.denominator)):
        return _symbol(CONFIDENTIAL)
    if value is None:
        return _symbol(NOT_AVAILABLE if int(children) else NOT_APPLICABLE)
    # Of the rounded denominator, so that the step itself tells nothing that the row does not.
    size = children if rate.sized_by is None else min(children, row[rate.sized_by] or 0, key=float)
    step = profile.step_of(int(half_up(size, profile.base_of(table.group_of(row)[0]))))
    if step is None:
        return _symbol(LOW_RELIABILITY)
    if column == rate.column:
        return _number(value, step)
    outwards = ROUND_FLOOR if column == rate.lo else ROUND_CEILING
    return f"{(Decimal(str(value)) / step).quantize(Decimal(1), rounding=outwards) * step:f}", ROUNDED


def _figure(
    table: Table, row: Row, figure: Figure, value: Value, groups: Groups, hidden: Collection[Name]
) -> tuple[str, str]:
    behind = [row]
    if figure.reference is not None and row[figure.reference] is not None:
        behind.append(groups[_place(table, row), (table.group_of(row)[0], str(row[figure.reference]))])
    if any(name_of(table, column, one) in hidden for one in behind for column in figure.counts):
        return _symbol(CONFIDENTIAL)
    if value is None:
        return _symbol(NOT_APPLICABLE)
    return (str(value), SHOWN) if figure.step is None else _number(value, Decimal(figure.step))


def _number(value: str | int | float, step: Decimal) -> tuple[str, str]:
    rounded = half_up(value, step)
    if not rounded and Decimal(str(value)):
        return _symbol(ROUNDS_TO_ZERO)
    return f"{rounded:f}", ROUNDED
