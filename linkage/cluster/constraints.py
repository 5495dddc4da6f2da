"""Constraints on a person: what no person may hold together.

Two records of a source declared unique; two valid permanent UPNs that no former UPN connects; and pairs that must stay
apart: a never-link pair, twins, incompatible birth dates (`cluster.clashes` finds them).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

NEVER_LINK = "never_link"
UNIQUE_SOURCE = "two_records_of_a_unique_source"
BOTH_TWINS = "both_twins"
BIRTH_DATES = "incompatible_birth_dates"
TWO_UPNS = "two_valid_upns"
REASONS = (NEVER_LINK, UNIQUE_SOURCE, BOTH_TWINS, BIRTH_DATES, TWO_UPNS)  # the first that holds is given


@dataclass(frozen=True)
class Member:
    """What the constraints need of a record.

    `unique_source` is the unique source it is in (None: not unique); `apart` maps the records that it must not meet to
    the reason.
    """

    record_id: int
    unique_source: int | None
    upn_groups: frozenset[int]
    apart: Mapping[int, str] = field(default_factory=dict)


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
class Group:
    """Records taken together. `upn_parts` are their UPNs, those together that something in the group connects.

    What the records break among themselves is not looked at, but for UPNs: a group of two parts breaks a rule.
    """

    members: set[int]
    unique_sources: set[int]
    upn_parts: tuple[frozenset[int], ...]
    apart: dict[int, str]

    @classmethod
    def of(cls, member: Member) -> Group:
        """The group of one record."""
        unique = set() if member.unique_source is None else {member.unique_source}
        parts = (member.upn_groups,) if member.upn_groups else ()
        return cls({member.record_id}, unique, parts, dict(member.apart))

    def copy(self) -> Group:
        """The same group, to be changed by itself."""
        return Group(set(self.members), set(self.unique_sources), self.upn_parts, dict(self.apart))

    def absorb(self, other: Group, *, is_manual: bool = False) -> None:
        """Take the other group in; where a person joined the two, their UPNs are one child's."""
        self.members |= other.members
        self.unique_sources |= other.unique_sources
        self.upn_parts = connected(self.upn_parts + other.upn_parts)
        if is_manual and self.upn_parts:
            self.upn_parts = (frozenset().union(*self.upn_parts),)
        self.apart |= other.apart

    def clash(self, other: Group) -> str | None:
        """The rule that is broken wherever the two groups are together, if any; UPNs are not looked at."""
        found = {reason for one, two in ((self, other), (other, self))
                 for record, reason in one.apart.items() if record in two.members}  # fmt: skip
        if self.unique_sources & other.unique_sources:
            found.add(UNIQUE_SOURCE)
        return next((reason for reason in REASONS if reason in found), None)

    def broken_by(self, other: Group) -> str | None:
        """The rule that joining just these two groups would break, if any."""
        reason = self.clash(other)
        return TWO_UPNS if reason is None and has_two_upns((self, other)) else reason


def groups_of(members: Iterable[Member]) -> dict[int, Group]:
    """Every record as a group of its own, by record id."""
    return {member.record_id: Group.of(member) for member in members}


def has_two_upns(groups: Iterable[Group]) -> bool:
    """Whether the groups together hold UPNs that nothing among them connects."""
    return len(connected(tuple(part for group in groups for part in group.upn_parts))) > 1


def connected(parts: Sequence[frozenset[int]]) -> tuple[frozenset[int], ...]:
    """Sets that overlap, joined, until none does."""
    found: list[frozenset[int]] = []
    for part in parts:
        apart = [other for other in found if not other & part]
        found = [*apart, part.union(*(other for other in found if other & part))]
    return tuple(found)
