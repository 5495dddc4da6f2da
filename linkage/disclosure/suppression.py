"""Which counts to hide: those that are too small, then enough others that no hidden one can be worked out."""

from __future__ import annotations

from collections.abc import Collection

from linkage.disclosure.audit import Leak, blocks_of, leaks_of, unknown_cells
from linkage.disclosure.cells import Cells, Relation
from linkage.disclosure.profiles import Profile

SMALL, IMPLIED, CLASS, SECONDARY, EARLIER = (
    "small count", "small count implied", "all or none of a group", "would give another away", "hidden in a release",
)  # fmt: skip


def sensitive_cells(cells: Cells, profile: Profile) -> dict[int, str]:
    """Cells whose value must not be told, implied ones too, and why."""
    found = {}
    for cell, value in enumerate(cells.values):
        if 0 < value < profile.threshold:
            found[cell] = IMPLIED if cell in cells.implied else SMALL
        elif value == 0 and cell in cells.shares and profile.hide_classes:
            found[cell] = CLASS
    return found


def hidden_cells(cells: Cells, profile: Profile, hidden_before: Collection[int] = ()) -> dict[int, str]:
    """Printed cells to hide, each with its reason; what cells of an earlier release hid stays hidden.

    Primary: sensitive cells; for an implied one, a cell that it follows from. Secondary: until the audit finds nothing,
    each leak is mended by hiding the smallest count that can take up the slack, in a sum that pins the leaking cell
    down. Hiding everything is always safe, so that this ends.
    """
    sensitive = sensitive_cells(cells, profile)
    hidden = dict.fromkeys(hidden_before, EARLIER)
    for cell, reason in sensitive.items():
        hidden[cells.implied.get(cell, cell)] = reason
    changed: set[int] | None = None
    while leaks := leaks_of(cells, hidden, {*hidden, *sensitive}, profile.threshold, only=changed):
        changed = _mend(cells, hidden, leaks, profile.threshold)
    return hidden


def _mend(cells: Cells, hidden: dict[int, str], leaks: list[Leak], width: int) -> set[int]:
    """Hide one more cell for each leak that no other of this round has helped; returns what was hidden."""
    unknown = unknown_cells(cells, hidden)
    block_of = {cell: block for block in map(frozenset, blocks_of(cells, unknown)) for cell in block}
    added: set[int] = set()
    helped: set[Relation] = set()
    for leak in leaks:
        near = _sums_near(cells, leak.cell, unknown)
        if not helped.isdisjoint(near):
            continue
        choice = _complement(cells, hidden, near, unknown, width) or _complement(
            cells, hidden, _sums_of_block(cells, block_of.get(leak.cell, frozenset({leak.cell}))), unknown, width
        )
        if choice is None:
            continue  # what was left to hide for it has been hidden for another leak of this round
        cell, relation = choice
        hidden[cell] = SECONDARY
        added.add(cell)
        helped.add(relation)
    assert added, "a block with nothing left to hide cannot leak"
    return added


def _sums_near(cells: Cells, leak: int, unknown: Collection[int]) -> list[Relation]:
    """Sums over subgroups of the leaking cell, and of the unknown cells in its row."""
    rows = [relation for relation in cells.of_cell[leak] if relation.is_row]
    beside = {leak, *(cell for row in rows for cell in row.cells if cell in unknown)}
    return [relation for cell in sorted(beside) for relation in cells.of_cell[cell] if not relation.is_row]


def _sums_of_block(cells: Cells, block: Collection[int]) -> list[Relation]:
    return [relation for cell in sorted(block) for relation in cells.of_cell[cell]]


def _complement(
    cells: Cells, hidden: Collection[int], relations: list[Relation], unknown: Collection[int], width: int
) -> tuple[int, Relation] | None:
    """The best printed cell of these sums to hide, and the sum it is in; None if all of them are hidden.

    Sums with one unknown cell come first: they tell it outright. Then parts before totals, cells that can move by the
    width before those that cannot, small before large; zeros last, as they free nothing.
    """
    choices = []
    for relation in relations:
        pinned = sum(cell in unknown for cell in relation.cells) == 1
        for cell in relation.cells:
            if cell in hidden or cell in cells.implied:
                continue
            value, is_loose = cells.values[cell], _slack(cells, cell) >= width
            rank = (not pinned, value == 0, cell == relation.total, not is_loose, value if is_loose else -value, cell)
            choices.append((rank, cell, relation))
    if not choices:
        return None
    _, cell, relation = min(choices, key=lambda choice: choice[0])
    return cell, relation


def _slack(cells: Cells, cell: int) -> int:
    """How far the cell can fall, or the implied count beside it."""
    rests = [relation.parts[-1] for relation in cells.of_cell[cell] if relation.is_row]
    return min([cells.values[cell], *(cells.values[rest] for rest in rests)])
