"""The audit of tables as they are to be published: whatever wrote them, can a hidden count be had back?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from linkage.disclosure.audit import Leak, leaks_of
from linkage.disclosure.cells import Cells, Name, Nesting, cells_of, name_of
from linkage.disclosure.descriptions import Row, Table
from linkage.disclosure.profiles import ROUNDED, ROUNDS_TO_ZERO, SHOWN, STATUS_OF, Profile
from linkage.disclosure.shaping import STATUS_SUFFIX, PublicRow, public_rows
from linkage.disclosure.suppression import sensitive_cells

TELLING = frozenset({SHOWN, ROUNDED, STATUS_OF[ROUNDS_TO_ZERO]})


def audit(
    tables: Sequence[tuple[Table, Sequence[Row]]],
    public: Mapping[str, Sequence[PublicRow]],
    profile: Profile,
    nestings: Sequence[Nesting] = (),
) -> list[Leak]:
    """What the public rows give away of the tables they were made from; nothing, if they may be published.

    A cell is known if any row of any table shows it. All that is known is taken to be exact. A leak is a sensitive or
    hidden count whose range is narrower than the profile's threshold, or a column that is not as the profile has it: a
    rate finer than allowed, or shown beside a hidden count.
    """
    cells = cells_of(tables, nestings)
    shown = _shown(cells, tables, public)
    hidden = set(range(len(cells.names))) - cells.implied.keys() - shown
    leaks = leaks_of(cells, hidden, {*hidden, *sensitive_cells(cells, profile)}, profile.threshold)
    names = {cells.names[cell] for cell in hidden}
    for table, rows in tables:
        leaks += _misshapen(table, public_rows(table, rows, names, profile), public[table.name])
    return leaks


def _shown(
    cells: Cells, tables: Sequence[tuple[Table, Sequence[Row]]], public: Mapping[str, Sequence[PublicRow]]
) -> set[int]:
    names: set[Name] = {
        name_of(table, count.column, row)
        for table, rows in tables
        for row, told in zip(rows, public[table.name], strict=True)
        for count in table.counts
        if told[count.column + STATUS_SUFFIX] in TELLING
    }
    return {cells.numbers[name] for name in names}


def _misshapen(table: Table, expected: Sequence[PublicRow], found: Sequence[PublicRow]) -> list[Leak]:
    """One leak a column that is not as the profile has it; a wrong symbol is none."""
    columns = {
        column
        for wanted, told in zip(expected, found, strict=True)
        for column in {*wanted, *told}
        if wanted.get(column) != told.get(column)
    }
    return [Leak(-1, f"{table.name}, column {column}", 0, 0) for column in sorted(columns)]
