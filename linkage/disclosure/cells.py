"""Tables as an intruder sees them: counts, and the sums that hold between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from linkage.diagnostics.subgroups import ALL
from linkage.disclosure.descriptions import Row, Table

Name = tuple[str, ...]  # measure, place, subgroup variable, subgroup


@dataclass(frozen=True)
class Nesting:
    """One subgroup is the sum of others: `children` of `child_var` make up `parent` of `parent_var`."""

    parent_var: str
    parent: str
    child_var: str
    children: tuple[str, ...]


@dataclass(frozen=True)
class Relation:
    """The first cell is the sum of the others; `is_row` where the last of them is printed nowhere."""

    total: int
    parts: tuple[int, ...]
    is_row: bool

    @property
    def cells(self) -> tuple[int, ...]:
        """Total and parts."""
        return (self.total, *self.parts)


@dataclass
class Cells:
    """All counts of some tables, each once, by number: names, true values, and the relations between them.

    `implied` are printed nowhere, but follow from two that are; each with the one of these to hide for it. `shares` are
    parts of a group that has somebody in it: there 0 says that none of the group are, and its complement that all are.
    """

    names: list[Name] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    numbers: dict[Name, int] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    implied: dict[int, int] = field(default_factory=dict)
    shares: set[int] = field(default_factory=set)
    of_cell: defaultdict[int, list[Relation]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: Name, value: int) -> int:
        """The number of a cell; a count that is in two tables must be the same in both."""
        assert value >= 0, f"a count below zero: {name[0]}"
        number = self.numbers.setdefault(name, len(self.names))
        if number == len(self.names):
            self.names.append(name)
            self.values.append(value)
        assert self.values[number] == value, f"two tables disagree: {name[0]} by {name[-2]}"
        return number

    def relate(self, total: int, parts: Sequence[int], *, is_row: bool) -> None:
        """A sum that holds; asserted on the true values, so that a table that does not add up is never published."""
        assert self.values[total] == sum(self.values[part] for part in parts), (
            f"{self.names[total][0]} by {self.names[parts[0]][-2]} does not add up"
        )
        relation = Relation(total, tuple(parts), is_row)
        self.relations.append(relation)
        for cell in relation.cells:
            self.of_cell[cell].append(relation)


def name_of(table: Table, column: str, row: Row) -> Name:
    """The name of the cell that a count column of a row shows."""
    count = next(count for count in table.counts if count.column == column)
    return (count.measure, *count.place(row), *table.group_of(row))


def cells_of(tables: Iterable[tuple[Table, Sequence[Row]]], nestings: Sequence[Nesting] = ()) -> Cells:
    """The cells of all tables together, so that a count hidden in one is not found in another."""
    cells = Cells()
    adding: dict[Name, defaultdict[str, dict[str, int]]] = {}
    nesting: set[Name] = set()
    for table, rows in tables:
        for row in rows:
            var, group = table.group_of(row)
            for count in table.counts:
                value = row[count.column]
                if value is None:
                    continue
                name = name_of(table, count.column, row)
                number = cells.add(name, int(value))
                if count.adds_up:
                    adding.setdefault(name[:-2], defaultdict(dict))[var][group] = number
                if count.nests:
                    nesting.add(name[:-2])
            _add_differences(cells, table, row)
    for place, groups in adding.items():
        _add_sums(cells, groups, nestings if place in nesting else ())
    return cells


def _add_differences(cells: Cells, table: Table, row: Row) -> None:
    for difference in table.differences:
        if row[difference.whole] is None or row[difference.part] is None:
            continue
        whole, part = (cells.numbers[name_of(table, column, row)] for column in (difference.whole, difference.part))
        name = (difference.name, *cells.names[whole], *cells.names[part])
        if name in cells.numbers:
            continue
        rest = cells.add(name, cells.values[whole] - cells.values[part])
        cells.implied[rest] = whole if difference.hides_whole else part
        if cells.values[whole] and difference.tells_of_all:
            cells.shares |= {part, rest}
        cells.relate(whole, (part, rest), is_row=True)


def _add_sums(cells: Cells, groups: defaultdict[str, dict[str, int]], nestings: Sequence[Nesting]) -> None:
    total = groups.get(ALL, {}).get(ALL)
    for var, members in groups.items():
        if total is not None and var != ALL:
            cells.relate(total, tuple(members.values()), is_row=False)
    for nesting in nestings:
        parent = groups.get(nesting.parent_var, {}).get(nesting.parent)
        held = groups.get(nesting.child_var, {})
        children = tuple(held[child] for child in nesting.children if child in held)
        if parent is not None and children:
            cells.relate(parent, children, is_row=False)
