"""An intruder with a linear programme: how far can each hidden count move while all that is shown stays?

The intruder is given the exact value of every count that is shown, rounded or not, so that no protection rests on
rounding. Counts that are shown are constants and drop out; what is left falls apart into small blocks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from linkage.disclosure.cells import Cells, Relation

NEAR = 1e-6  # of a child
ROOM = 10  # thresholds by which a count may move at most: more makes no difference to the answer


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
    wanted = sorted(guarded)
    found: dict[int, tuple[float, float]] = {}
    unknown = unknown_cells(cells, hidden)
    for block in blocks_of(cells, unknown):
        asked = [cell for cell in wanted if cell in block]
        if asked and (only is None or not block.isdisjoint(only)):
            found |= _narrow(cells, block, asked, width)
    if only is None:
        found |= {cell: (0.0, 0.0) for cell in wanted if cell not in unknown}
    what = [f"{name[0]} by {name[-2]}" for name in cells.names]
    return [
        Leak(cell, what[cell], cells.values[cell] + down, cells.values[cell] + up)
        for cell, (down, up) in sorted(found.items())
    ]  # fmt: skip


def unknown_cells(cells: Cells, hidden: Collection[int]) -> set[int]:
    """Hidden cells, and the implied ones that take a hidden cell to work out."""
    shut = set(hidden)
    rows = (relation for relation in cells.relations if relation.is_row)
    return shut | {row.parts[-1] for row in rows if row.total in shut or row.parts[0] in shut}


def blocks_of(cells: Cells, unknown: Collection[int]) -> Iterator[set[int]]:
    """Unknown cells that sums tie together."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(sorted(unknown))
    for relation in cells.relations:
        held = [cell for cell in relation.cells if cell in unknown]
        graph.add_edges_from(pairwise(held))
    yield from nx.connected_components(graph)


def _narrow(cells: Cells, block: set[int], asked: Sequence[int], width: int) -> dict[int, tuple[float, float]]:
    """Cells of the block that cannot move through `width`, with how far down and up they can.

    Every solution of one programme is a table that fits all that is shown, and so tells something of every cell: most
    cells are cleared without a programme of their own.
    """
    order = sorted(block)
    column = {cell: index for index, cell in enumerate(order)}
    relations = dict.fromkeys(relation for cell in order for relation in cells.of_cell[cell])
    sums = _matrix(list(relations), column)
    values = np.array([cells.values[cell] for cell in order], dtype=float)
    bounds = np.column_stack([-np.minimum(values, ROOM * width), np.full(len(order), ROOM * width)])
    low, high = np.zeros(len(order)), np.zeros(len(order))

    def move(goal: NDArray[np.float64]) -> None:
        moved = _extreme(sums, bounds, goal)
        np.minimum(low, moved, out=low)
        np.maximum(high, moved, out=high)

    places = np.array([column[cell] for cell in asked])
    for goal in _goals(places, len(order)):
        move(goal)
    narrow = {}
    for cell, place in zip(asked, places, strict=True):
        for sign in (-1.0, 1.0):
            if high[place] - low[place] < width - NEAR:
                move(sign * np.eye(1, len(order), place)[0])
        if high[place] - low[place] < width - NEAR:
            narrow[cell] = (float(low[place]), float(high[place]))
    return narrow


def _goals(places: NDArray[np.intp], length: int) -> Iterator[NDArray[np.float64]]:
    """Goals that pull some cells up and others down, so that any two cells are pulled apart by one of them."""
    for bit in range(len(places).bit_length() if len(places) > 1 else 0):
        goal = np.zeros(length)
        goal[places] = np.where(np.arange(len(places)) >> bit & 1, 1.0, -1.0)
        yield goal
        yield -goal


def _matrix(relations: Sequence[Relation], column: dict[int, int]) -> csr_array:
    entries = [
        (row, column[cell], -1.0 if cell == relation.total else 1.0)
        for row, relation in enumerate(relations)
        for cell in relation.cells
        if cell in column
    ]
    rows, columns, signs = zip(*entries, strict=True) if entries else ((), (), ())
    return csr_array((signs, (rows, columns)), shape=(len(relations), len(column)))


def _extreme(sums: csr_array, bounds: NDArray[np.float64], goal: NDArray[np.float64]) -> NDArray[np.float64]:
    """The moves of all cells that bring the goal furthest down. Not to move at all is always possible."""
    equalities = {"A_eq": sums, "b_eq": np.zeros(sums.shape[0])} if sums.shape[0] else {}
    solved = linprog(goal, bounds=bounds, method="highs", **equalities)
    assert solved.status == 0, "the table as it is is always a solution"
    return np.asarray(solved.x)
