"""Constraints on a person, and the repair of components that break one.

A person may not hold two records of a source declared unique, two different valid permanent UPNs that no former
UPN connects, nor a pair on the never-link list. Only components that break a rule are rebuilt: their links are
taken from the surest to the least sure, and a link that would break a rule is cut. Each cut is a conflict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Member:
    """What the constraints need of a record: the unique source it is in (None: not unique), its UPN groups."""

    record_id: int
    unique_source: int | None
    upn_groups: frozenset[int]
    never: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Edge:
    """An accepted link inside a component."""

    record_id_l: int
    record_id_r: int
    confidence: float
    match_weight: float
    is_manual: bool = False


@dataclass(frozen=True)
class Cut:
    """A link that was cut, and the code of the rule it would have broken."""

    edge: Edge
    reason: str


@dataclass
class _Group:
    """A growing person: what it holds so far."""

    members: set[int]
    unique_sources: set[int] = field(default_factory=set)
    upn_groups: set[int] = field(default_factory=set)
    never: set[int] = field(default_factory=set)

    def broken_by(self, other: _Group) -> str | None:
        """The rule that joining the other group would break, if any."""
        if self.never & other.members or other.never & self.members:
            return "never_link"
        if self.unique_sources & other.unique_sources:
            return "two_records_of_a_unique_source"
        if self.upn_groups and other.upn_groups and not self.upn_groups & other.upn_groups:
            return "two_valid_upns"
        return None

    def absorb(self, other: _Group) -> None:
        """Take the other group in."""
        self.members |= other.members
        self.unique_sources |= other.unique_sources
        self.upn_groups |= other.upn_groups
        self.never |= other.never


def repair(members: Sequence[Member], edges: Iterable[Edge]) -> tuple[Cut, ...]:
    """The links to cut so that no group breaks a rule: greedy, from the surest link down.

    What a person decided comes first and is not cut. Ties are broken by record ids, so the result
    does not depend on the order given. Greedy is a heuristic: it never
    leaves a broken rule, but another cut may cost less evidence.
    """
    group = {
        member.record_id: _Group(
            {member.record_id},
            set() if member.unique_source is None else {member.unique_source},
            set(member.upn_groups),
            set(member.never),
        )
        for member in members
    }
    cuts: list[Cut] = []
    surest_first = sorted(
        edges, key=lambda e: (not e.is_manual, -e.confidence, -e.match_weight, e.record_id_l, e.record_id_r)
    )
    for edge in surest_first:
        left, right = group[edge.record_id_l], group[edge.record_id_r]
        if left is right:
            continue
        reason = left.broken_by(right)
        if reason is not None and not edge.is_manual:
            cuts.append(Cut(edge, reason))
            continue
        left.absorb(right)
        for record_id in right.members:
            group[record_id] = left
    return _cuts_between(cuts, group)


def _cuts_between(cuts: Sequence[Cut], group: dict[int, _Group]) -> tuple[Cut, ...]:
    """Of the links that were refused, those whose ends are in different groups in the end."""
    return tuple(cut for cut in cuts if group[cut.edge.record_id_l] is not group[cut.edge.record_id_r])
