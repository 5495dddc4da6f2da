"""Groups that must not hold certain people together: the surest ties are kept, and those that break a rule are cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Clash = Callable[[set[int], set[int]], bool]
"""Whether two groups of persons must not become one."""


@dataclass(frozen=True)
class Tie:
    """A relation that would bring two persons into one group."""

    left: int
    right: int
    confidence: float


def part(ties: Iterable[Tie], clash: Clash) -> tuple[Tie, ...]:
    """The ties to cut, so that no group clashes: greedy, from the surest tie down, equal ones by person.

    A heuristic: no clash is left, though another choice may cost less evidence. The order given changes nothing.
    """
    group: dict[int, set[int]] = {}
    refused: list[Tie] = []
    for tie in sorted(ties, key=lambda t: (-t.confidence, t.left, t.right)):
        left = group.setdefault(tie.left, {tie.left})
        right = group.setdefault(tie.right, {tie.right})
        if left is right:
            continue
        if clash(left, right):
            refused.append(tie)
            continue
        left |= right
        for person in right:
            group[person] = left
    return tuple(tie for tie in refused if group[tie.left] is not group[tie.right])
