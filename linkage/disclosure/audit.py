"""An intruder with a linear programme: how far can each hidden count move while all that is shown stays?

The intruder is given the exact value of every count that is shown, rounded or not, so that no protection rests on
rounding. Counts that are shown are constants and drop out; what is left falls apart into small blocks.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from linkage.cluster.components import label_components
from linkage.disclosure.cells import Cells, Relation

NEAR = 1e-6  # of a child
ROOM = 10  # thresholds by which a count may move at most: more makes no difference to the answer

WORTH_ANOTHER_ROUND = 0.8  # of the cells still tight: fewer are cleared together than one by one


@dataclass(frozen=True)
class Leak:
    """A hidden count that can be had back: the smallest and largest value it can have.

    `cell` is its number in the cells, -1 where what leaks is no count. Never print the ends: they are the secret.
    """

    cell: int
    what: str
    lo: float
    hi: float


def leaks_of(
    cells: Cells, hidden: Collection[int], guarded: Collection[int], width: int, *, only: Collection[int] | None = None
) -> list[Leak]:
    """The `guarded` cells whose range is narrower than `width`, in the order of their numbers.

    `hidden` are the printed cells that are not shown. Guarded cells that are shown, or follow from cells that are, have
    no range at all. With `only`, just the blocks that hold one of these cells are looked at.
    """

    def leak(cell: int, seen: Free) -> Leak:
        return Leak(cell, f"{cells.names[cell][0]} by {cells.names[cell][-2]}", *seen.ends(cell))

    unknown = unknown_cells(cells, hidden)
    blocks = [block for block in blocks_of(cells, unknown) if only is None or not block.isdisjoint(only)]
    free = Free(cells, sorted(cell for block in blocks for cell in block), width)
    wanted = sorted(cell for cell in guarded if only is None or cell in free.column)
    tight, before = [cell for cell in wanted if cell in free.column], math.inf
    while tight and len(tight) < before * WORTH_ANOTHER_ROUND:
        before = len(tight)
        free.pull_apart(tight)
        tight = [cell for cell in tight if not free.is_loose(cell)]
    narrow = {cell for cell in wanted if not free.is_loose(cell)}
    leaks = [leak(cell, free) for cell in narrow if cell not in unknown]
    stiff = [block for block in blocks if not narrow.isdisjoint(block)]
    alone = Free(cells, sorted(cell for block in stiff for cell in block), width)
    for one_of_each in zip_longest(*(sorted(narrow & block) for block in stiff)):
        alone.reach([cell for cell in one_of_each if cell is not None])
    leaks += [leak(cell, alone) for cell in narrow & unknown if not alone.is_loose(cell)]
    return sorted(leaks, key=lambda found: found.cell)


class Free:
    """Unknown cells and the sums that bind them: how far each was seen to move, down and up from its true value.

    Every solution of one programme is a table that fits all that is shown, and so tells something of every cell: most
    cells are cleared without a programme of their own.
    """

    def __init__(self, cells: Cells, order: Sequence[int], width: int) -> None:
        self.column = {cell: index for index, cell in enumerate(order)}
        self._values, self._width = cells.values, width
        relations = dict.fromkeys(relation for cell in order for relation in cells.of_cell[cell])
        self._sums = _matrix(list(relations), self.column)
        values = np.array([cells.values[cell] for cell in order], dtype=float)
        self._bounds = np.column_stack([-np.minimum(values, ROOM * width), np.full(len(order), ROOM * width)])
        self._low, self._high = np.zeros(len(order)), np.zeros(len(order))

    def is_loose(self, cell: int) -> bool:
        """Whether the cell was seen to move through the whole width."""
        place = self.column.get(cell)
        return place is not None and bool(self._high[place] - self._low[place] >= self._width - NEAR)

    def ends(self, cell: int) -> tuple[float, float]:
        """Smallest and largest value that the cell was seen to take; its own where it cannot move at all."""
        place, value = self.column.get(cell), float(self._values[cell])
        return (value, value) if place is None else (value + self._low[place], value + self._high[place])

    def pull_apart(self, asked: Sequence[int]) -> None:
        """Pull some cells up and others down, so that any two are pulled apart once."""
        places = np.array([self.column[cell] for cell in asked], dtype=np.intp)
        for bit in range(len(places).bit_length()):
            goal = np.zeros(len(self.column))
            goal[places] = np.where(np.arange(len(places)) >> bit & 1, 1.0, -1.0)
            self._move(goal)
            self._move(-goal)

    def reach(self, asked: Sequence[int]) -> None:
        """Pull cells, of a block one at most, as far down and up as they go: two programmes, exact for each of them."""
        for sign in (1.0, -1.0):
            if tight := [self.column[cell] for cell in asked if not self.is_loose(cell)]:
                goal = np.zeros(len(self.column))
                goal[tight] = sign
                self._move(goal)

    def _move(self, goal: NDArray[np.float64]) -> None:
        """One programme: the moves that bring the goal furthest down. Not to move at all is always possible."""
        from scipy.optimize import linprog  # a quarter of a second that no command but a run should wait for

        held = {"A_eq": self._sums, "b_eq": np.zeros(self._sums.shape[0])} if self._sums.shape[0] else {}
        solved = linprog(goal, bounds=self._bounds, method="highs", **held)
        assert solved.status == 0, "the table as it is is always a solution"
        np.minimum(self._low, solved.x, out=self._low)
        np.maximum(self._high, solved.x, out=self._high)


def unknown_cells(cells: Cells, hidden: Collection[int]) -> set[int]:
    """Hidden cells, and the implied ones that take a hidden cell to work out."""
    shut = set(hidden)
    rows = (relation for relation in cells.relations if relation.is_row)
    return shut | {row.parts[-1] for row in rows if row.total in shut or row.parts[0] in shut}


def blocks_of(cells: Cells, unknown: Collection[int]) -> list[set[int]]:
    """Unknown cells that sums tie together, in the order of their smallest numbers."""
    order = sorted(unknown)
    place = {cell: index for index, cell in enumerate(order)}
    ties = [
        (place[one], place[other])
        for relation in cells.relations
        for one, other in pairwise(cell for cell in relation.cells if cell in place)
    ]
    left, right = np.array(ties, dtype=np.int64).reshape(-1, 2).T
    blocks: defaultdict[int, set[int]] = defaultdict(set)
    for cell, label in zip(order, label_components(len(order), left, right).tolist(), strict=True):
        blocks[label].add(cell)
    return list(blocks.values())


def _matrix(relations: Sequence[Relation], column: dict[int, int]) -> csr_array:
    entries = [
        (row, column[cell], -1.0 if cell == relation.total else 1.0)
        for row, relation in enumerate(relations)
        for cell in relation.cells
        if cell in column
    ]
    rows, columns, signs = zip(*entries, strict=True) if entries else ((), (), ())
    return csr_array((signs, (rows, columns)), shape=(len(relations), len(column)))
