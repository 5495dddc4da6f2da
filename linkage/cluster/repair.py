"""Repair of a component that breaks a rule: the cut that costs least evidence.

A link's evidence is the log2 of the odds that it is right, from its confidence; what a person decided cannot be cut.
The cut is exact where at most `EXACT_GROUPS` groups are left once all is joined that no best cut can part; else it is
greedy, from the surest link down, a heuristic that never leaves a broken rule, but may cut more than it must.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from linkage.cluster.constraints import Cut, Edge, Group, Member, groups_of, has_two_upns

EXACT_GROUPS = 10  # all partitions of ten groups are looked through in a tenth of a second
LEAST_BITS = 0.001  # of any link: where links are accepted under even odds, none is free to cut
MOST_SURE = 1e-9
MICRO, MILLI = 1_000_000, 1_000
WEIGHT_BITS = 40  # room for the sum of all match weights of a component, in thousandths


@dataclass(frozen=True)
class Repair:
    """The links to cut, in the order of their records, and whether no other cut costs less evidence."""

    cuts: tuple[Cut, ...]
    is_exact: bool


def repair(members: Sequence[Member], edges: Iterable[Edge], *, most_groups: int = EXACT_GROUPS) -> Repair:
    """The links to cut so that no group that is left breaks a rule.

    Of cuts that cost the same evidence, that of the least match weight; then that of later records: so neither the
    order of members nor that of links matters. Records that a person joined may break a rule among themselves.
    """
    listed = sorted(edges, key=lambda edge: (edge.record_id_l, edge.record_id_r))
    costs = costs_of(listed)
    groups = groups_of(members)
    for edge in listed:
        if edge.is_manual:
            _join(groups, edge)
    greedy = _greedy(_copied(groups), listed)
    most = sum(costs[edge] for edge in listed if greedy[edge.record_id_l] is not greedy[edge.record_id_r])
    if most == 0:
        return Repair((), is_exact=True)
    _join_what_stays(groups, listed, costs, most)
    distinct = _distinct(groups)
    if len(distinct) > most_groups:
        return Repair(_cuts(greedy, listed), is_exact=False)
    places = {record: place for place, group in enumerate(distinct) for record in group.members}
    weights: dict[tuple[int, int], int] = {}
    for edge in listed:
        ends = sorted((places[edge.record_id_l], places[edge.record_id_r]))
        if ends[0] != ends[1]:
            weights[ends[0], ends[1]] = weights.get((ends[0], ends[1]), 0) + costs[edge]
    for block in best_partition(distinct, weights):
        joined = distinct[block[0]]
        for place in block[1:]:
            joined.absorb(distinct[place])
        for record in joined.members:
            groups[record] = joined
    return Repair(_cuts(groups, listed), is_exact=True)


def bits(edge: Edge) -> float:
    """The evidence of a link: log2 of the odds that it is right."""
    sure = min(max(edge.confidence, MOST_SURE), 1 - MOST_SURE)
    return max(math.log2(sure / (1 - sure)), LEAST_BITS)


def costs_of(edges: Sequence[Edge]) -> dict[Edge, int]:
    """What it costs to cut each link, as one number: its evidence, then its match weight, then its place.

    Whole numbers, so that sums do not depend on their order and no two cuts cost the same.
    """
    shift = len(edges)
    return {
        edge: (round(bits(edge) * MICRO) << (WEIGHT_BITS + shift))
        + (round(max(edge.match_weight, 0.0) * MILLI) << shift)
        + (1 << (shift - 1 - place))
        for place, edge in enumerate(edges)
    }


def best_partition(groups: Sequence[Group], weights: Mapping[tuple[int, int], int]) -> list[tuple[int, ...]]:
    """The partition of the groups into blocks that hang together and break no rule, and that cuts least weight.

    By dynamic programming over sets of groups: the best partition of a set is the best choice of the block that holds
    its first group, and the best partition of what remains.
    """
    size = len(groups)
    worth = _worth_of_blocks(groups, weights)
    blocks: list[list[tuple[int, int]]] = [[] for _ in range(size)]
    for block, kept in worth.items():
        blocks[(block & -block).bit_length() - 1].append((block, kept))
    best: list[tuple[int, int] | None] = [(0, 0)] * (1 << size)
    for every in range(1, 1 << size):
        first = (every & -every).bit_length() - 1
        choices = [
            (kept + rest[0], block)
            for block, kept in blocks[first]
            if block & ~every == 0 and (rest := best[every & ~block]) is not None
        ]
        best[every] = max(choices, default=None)  # None: a group of these is whole only with one that is not among them
    found, left = [], (1 << size) - 1
    while left:
        whole = best[left]
        assert whole is not None, "what a known cut leaves breaks no rule"
        block = whole[1]
        found.append(tuple(place for place in range(size) if block >> place & 1))
        left &= ~block
    return found


def _worth_of_blocks(groups: Sequence[Group], weights: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """Every set of groups, as a bit mask, that hangs together and breaks no rule, and the weight it keeps."""
    size = len(groups)
    near, hostile = [0] * size, [0] * size
    for left, right in weights:
        near[left] |= 1 << right
        near[right] |= 1 << left
    for left in range(size):
        for right in range(left + 1, size):
            if groups[left].clash(groups[right]) is not None:
                hostile[left] |= 1 << right
                hostile[right] |= 1 << left
    worth: dict[int, int] = {}
    for block in range(1, 1 << size):
        inside = [place for place in range(size) if block >> place & 1]
        if any(hostile[place] & block for place in inside) or not _hangs_together(block, near):
            continue
        if not has_two_upns([groups[place] for place in inside]):
            worth[block] = sum(kept for (left, right), kept in weights.items() if block >> left & block >> right & 1)
    return worth


def _hangs_together(block: int, near: Sequence[int]) -> bool:
    reached, edge = 0, block & -block
    while edge:
        place = edge & -edge
        reached |= place
        edge = (edge | near[place.bit_length() - 1]) & block & ~reached
    return reached == block


def _greedy(groups: dict[int, Group], edges: Sequence[Edge]) -> dict[int, Group]:
    """Groups joined from the surest link down; a link that would break a rule joins nothing.

    Again from the top where a link joined something: it may have brought what connects two UPNs.
    """
    surest_first = sorted(edges, key=lambda e: (-e.confidence, -e.match_weight, e.record_id_l, e.record_id_r))
    is_done = False
    while not is_done:
        is_done = True
        for edge in surest_first:
            left, right = groups[edge.record_id_l], groups[edge.record_id_r]
            if left is not right and left.broken_by(right) is None:
                _join(groups, edge)
                is_done = False
    return groups


def _join_what_stays(groups: dict[int, Group], edges: Sequence[Edge], costs: Mapping[Edge, int], most: int) -> None:
    """Join groups whose links together cost more than a cut that is known: no best cut parts them."""
    while True:
        between: dict[tuple[int, int], int] = {}
        sample: dict[tuple[int, int], Edge] = {}
        for edge in edges:
            one, two = sorted((id(groups[edge.record_id_l]), id(groups[edge.record_id_r])))
            if one != two:
                between[one, two] = between.get((one, two), 0) + costs[edge]
                sample.setdefault((one, two), edge)
        staying = [sample[ends] for ends, cost in between.items() if cost > most]
        if not staying:
            return
        for edge in staying:
            if groups[edge.record_id_l] is not groups[edge.record_id_r]:
                _join(groups, edge)


def _join(groups: dict[int, Group], edge: Edge) -> None:
    left, right = groups[edge.record_id_l], groups[edge.record_id_r]
    if left is right:
        return
    left.absorb(right, is_manual=edge.is_manual)
    for record in right.members:
        groups[record] = left


def _distinct(groups: Mapping[int, Group]) -> list[Group]:
    """The groups, each once, in the order of their smallest records."""
    return sorted({id(group): group for group in groups.values()}.values(), key=lambda group: min(group.members))


def _copied(groups: Mapping[int, Group]) -> dict[int, Group]:
    copies = {id(group): group.copy() for group in _distinct(groups)}
    return {record: copies[id(group)] for record, group in groups.items()}


def _cuts(groups: Mapping[int, Group], edges: Sequence[Edge]) -> tuple[Cut, ...]:
    """The links between different groups, each with the rule that joining the two would break."""
    cuts = []
    for edge in edges:
        left, right = groups[edge.record_id_l], groups[edge.record_id_r]
        if left is not right:
            reason = left.broken_by(right)
            assert reason is not None, "a link is cut only where a rule would break"
            cuts.append(Cut(edge, reason))
    return tuple(cuts)
