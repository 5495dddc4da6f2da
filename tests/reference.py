"""A naive linker in plain Python: what the rules of a pack mean, without SQL, masks or hashes.

Written from the words of the glossary and of the packs, to be read beside `linkage/match`; it compares every record
with every other. Records are dicts with the columns of `records` and a list of identifiers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import jellyfish

from linkage.packs import Rule

DIFFERENT_NAME, DIFFERENT_KEY, LETTERS_TO_A_SLIP = 0.80, 0.70, 5


@dataclass(frozen=True)
class Identifier:
    """An identifier of a record."""

    scheme: str
    scope: str
    value: str
    status: str


@dataclass(frozen=True)
class Child:
    """A record, as the rules see it."""

    record_id: int
    source_no: int
    forename: str | None = None
    surname: str | None = None
    forename_phonetic: str | None = None
    surname_phonetic: str | None = None
    forename_key: str | None = None
    surname_key: str | None = None
    forenames: frozenset[str] = frozenset()
    surnames: frozenset[str] = frozenset()
    forename_keys: frozenset[str] = frozenset()
    surname_keys: frozenset[str] = frozenset()
    dob: date | None = None
    dob_precision: str | None = None
    expected_dob: date | None = None
    postcode: str | None = None
    sex: str | None = None
    ethnicity_5: str | None = None
    identifiers: tuple[Identifier, ...] = ()


@dataclass
class Linked:
    """Links (left, right, rule) and conflicts (kind, left, right, detail, action)."""

    links: dict[tuple[int, int], str] = field(default_factory=dict)
    conflicts: set[tuple[str, int, int, str, str]] = field(default_factory=set)


def dob_conflict(
    left: date | None, left_precision: str | None, right: date | None, right_precision: str | None
) -> bool:
    """Two known birth dates that differ by more than one slip of the pen, as far as both are known."""
    if left is None or right is None:
        return False
    known = {left_precision, right_precision}
    if "year" in known:
        return left.year != right.year
    if "month" in known:
        return (left.year, left.month) != (right.year, right.month)
    same_parts = [left.year == right.year, left.month == right.month, left.day == right.day].count(True)
    swapped = (left.year, left.month, left.day) == (right.year, right.day, right.month)
    return not (same_parts >= 2 or swapped)


def link(
    children: Sequence[Child],
    rules: Sequence[Rule],
    *,
    groups: Mapping[str, str],
    unique: frozenset[int] = frozenset(),
    within: frozenset[int] = frozenset(),
) -> Linked:
    """Run the rules in order; `groups` maps a UPN to the smallest of one child, `unique` and `within` are sources."""
    found = Linked()
    for rule in rules:
        pairs = [
            (left, right)
            for left, right in _pairs(children, within)
            if _is_open(left, right, found, children, unique)
            and _agrees(left, right, rule, children, groups)
            and all(REQUIRED[name](left, right) for name in rule.require)
        ]
        new: dict[tuple[int, int], str] = {}
        for left, right in pairs:
            ends = (left.record_id, right.record_id)
            fired = [name for name in rule.unless if _fires(name, left, right, children, groups)]
            shared = ["shared_key"] if _is_shared(left, right, pairs, rule.unique) else []
            if fired:
                detail = ", ".join(fired + shared)
                found.conflicts.add(("agree_but_contradict", *ends, f"{rule.id}: {detail}", "held"))
            elif shared:
                found.conflicts.add(("key_not_unique", *ends, f"{rule.id}: shared_key", "left_to_model"))
            else:
                new[ends] = rule.id
        # Links of a pass count only once the pass is over.
        found.links |= new
    return found


def _pairs(children: Sequence[Child], within: frozenset[int]) -> Iterable[tuple[Child, Child]]:
    """Every pair that may be: of two sources, or of one source whose own records are linked."""
    ordered = sorted(children, key=lambda child: (child.source_no, child.record_id))
    for left, right in combinations(ordered, 2):
        if left.source_no < right.source_no or left.source_no in within:
            yield left, right


def _is_open(left: Child, right: Child, found: Linked, children: Sequence[Child], unique: frozenset[int]) -> bool:
    """A side lacks a link into the other's source, and no side has one into a source that holds children once."""
    source = {child.record_id: child.source_no for child in children}

    def has_link_into(child: Child, source_no: int) -> bool:
        others = [right for left, right in found.links if left == child.record_id]
        others += [left for left, right in found.links if right == child.record_id]
        return any(source[other] == source_no for other in others)

    left_has, right_has = has_link_into(left, right.source_no), has_link_into(right, left.source_no)
    closed = (left_has and right.source_no in unique) or (right_has and left.source_no in unique)
    return not closed and not (left_has and right_has)


def _agrees(left: Child, right: Child, rule: Rule, children: Sequence[Child], groups: Mapping[str, str]) -> bool:
    if rule.identifiers:
        keys = [_identifier_keys(child, rule, children, groups) for child in (left, right)]
        return bool(keys[0] & keys[1])
    for name in rule.fields:
        if getattr(left, name) is None or getattr(left, name) != getattr(right, name):
            return False
    return "dob" not in rule.fields or left.dob_precision == right.dob_precision == "day"


def _identifier_keys(
    child: Child, rule: Rule, children: Sequence[Child], groups: Mapping[str, str]
) -> set[tuple[str, str]]:
    scheme = rule.identifiers[0]
    if scheme != "upn_group":
        return {(i.scope, i.value) for i in child.identifiers if i.scheme == scheme and i.status in rule.statuses}
    passing = {
        i.value
        for other in children
        for i in other.identifiers
        if i.scheme == "upn" and i.status in ("temporary", "former")
    }
    return {
        ("", groups.get(i.value, i.value))
        for i in child.identifiers
        if i.scheme == "upn" and i.status != "invalid" and (i.value in groups or i.value in passing)
    }


def _is_shared(left: Child, right: Child, pairs: Sequence[tuple[Child, Child]], unique: str) -> bool:
    rivals_of_left = [1 for one, other in pairs if one is left and other.source_no == right.source_no]
    rivals_of_right = [1 for one, other in pairs if other is right and one.source_no == left.source_no]
    return (unique in ("left", "both") and len(rivals_of_left) > 1) or (
        unique in ("right", "both") and len(rivals_of_right) > 1
    )


def _fires(name: str, left: Child, right: Child, children: Sequence[Child], groups: Mapping[str, str]) -> bool:
    if name == "different_upn":
        held = [
            {groups.get(i.value, i.value) for i in child.identifiers if i.scheme == "upn" and i.status == "valid"}
            for child in (left, right)
        ]
        return bool(held[0] and held[1] and not held[0] & held[1])
    if name == "twin_present":
        return GUARDS["twin_pattern"](left, right) and _twin_is_there(left, right, children)
    return GUARDS[name](left, right)


def _twin_is_there(left: Child, right: Child, children: Sequence[Child]) -> bool:
    """Beside one of the two stands a record of its source, birth date and surname that has the other's forename."""
    return any(
        third.source_no == beside.source_no
        and third.dob == beside.dob
        and _may_be_one_name(third, beside, "surname")
        and _may_be_one_name(third, other, "forename")
        for beside, other in ((left, right), (right, left))
        for third in children
        if third is not left and third is not right
    )


def _names_differ(left: Child, right: Child, name: str) -> bool:
    one, other = getattr(left, name), getattr(right, name)
    if one is None or other is None:
        return False
    keys = [getattr(child, f"{name}_key") for child in (left, right)]
    swapped = left.forenames & right.surnames and left.surnames & right.forenames
    slips = jellyfish.damerau_levenshtein_distance(one, other)
    alike = jellyfish.jaro_winkler_similarity(one, other) >= DIFFERENT_NAME and (
        " " not in one
        or " " not in other
        or jellyfish.jaro_winkler_similarity(*keys) >= DIFFERENT_KEY
        or LETTERS_TO_A_SLIP * slips <= min(len(one), len(other))
    )
    initials = any(len(text) == 1 or key[1:2] == " " for text, key in zip((one, other), keys, strict=True))
    return not (
        one == other
        or getattr(left, f"{name}_phonetic") == getattr(right, f"{name}_phonetic")
        or alike
        or _may_be_one_name(left, right, name)
        or (initials and one[0] == other[0])
        or swapped
    )


def _may_be_one_name(left: Child, right: Child, name: str) -> bool:
    """An alternative in common, or the name of one is a part, a spelling or the full form of the other's."""
    if getattr(left, f"{name}s") & getattr(right, f"{name}s"):
        return True
    keys = [getattr(child, f"{name}_key") for child in (left, right)]
    if None in keys:
        return False
    return keys[0] == keys[1] or keys[1] in getattr(left, f"{name}_keys") or keys[0] in getattr(right, f"{name}_keys")


def _dobs_conflict(left: Child, right: Child) -> bool:
    return dob_conflict(left.dob, left.dob_precision, right.dob, right.dob_precision)


def _days_of(child: Child) -> list[date]:
    """Every day on which the child may have been born; none where no birth date is known."""
    if child.dob is None:
        return []
    days = [child.dob + timedelta(days=number) for number in range(366)]
    same = {"year": 1, "month": 2}.get(child.dob_precision or "day", 3)
    return [day for day in days if day.timetuple()[:same] == child.dob.timetuple()[:same]]


def _born_as_expected(left: Child, right: Child) -> bool:
    for due, other in ((left, right), (right, left)):
        if due.dob is not None or due.expected_dob is None:
            continue
        if any(-119 <= (day - due.expected_dob).days <= 28 for day in _days_of(other)):
            return True
        if other.dob is None and other.expected_dob and abs((other.expected_dob - due.expected_dob).days) <= 28:
            return True
    return False


def _names_missing(left: Child, right: Child) -> bool:
    return any(child.forename is None and child.surname is None for child in (left, right))


def _both_differ(left: Child, right: Child, name: str) -> bool:
    return None not in (getattr(left, name), getattr(right, name)) and getattr(left, name) != getattr(right, name)


def _twins(left: Child, right: Child) -> bool:
    same_dob = left.dob is not None and left.dob == right.dob and left.dob_precision == right.dob_precision == "day"
    return same_dob and _may_be_one_name(left, right, "surname") and _names_differ(left, right, "forename")


Claim = Callable[[Child, Child], bool]
REQUIRED: dict[str, Claim] = {
    "dob_agrees": lambda left, right: (
        left.dob is not None and right.dob is not None and not _dobs_conflict(left, right)
    ),
    "born_as_expected": _born_as_expected,
    "names_missing": _names_missing,
}
GUARDS: dict[str, Claim] = {
    "dob_conflict": _dobs_conflict,
    "dob_conflict_without_names": lambda left, right: _dobs_conflict(left, right) and _names_missing(left, right),
    "forename_and_dob_conflict": lambda left, right: (
        _names_differ(left, right, "forename") and _dobs_conflict(left, right)
    ),
    "names_conflict": lambda left, right: (
        _names_differ(left, right, "forename") and _names_differ(left, right, "surname")
    ),
    "name_and_sex_conflict": lambda left, right: (
        _names_differ(left, right, "forename") and _both_differ(left, right, "sex")
    ),
    "sex_conflict": lambda left, right: _both_differ(left, right, "sex"),
    "ethnicity_conflict": lambda left, right: _both_differ(left, right, "ethnicity_5"),
    "twin_pattern": _twins,
}


def children_of(records: Iterable[Mapping[str, Any]], identifiers: Iterable[Mapping[str, Any]]) -> list[Child]:
    """The rows of `records` and `identifiers` as children."""
    held: dict[int, list[Identifier]] = {}
    for item in identifiers:
        if item["value"] is not None:
            identifier = Identifier(item["scheme"], item["scope"] or "", item["value"], item["status"])
            held.setdefault(item["record_id"], []).append(identifier)
    plain = ("record_id", "source_no", "forename", "surname", "forename_phonetic", "surname_phonetic", "forename_key",
             "surname_key", "dob", "dob_precision", "expected_dob", "postcode", "sex", "ethnicity_5")  # fmt: skip
    return [
        Child(
            **{name: record[name] for name in plain},
            forenames=frozenset(record["forenames"] or ()),
            surnames=frozenset(record["surnames"] or ()),
            forename_keys=frozenset(record["forename_keys"] or ()),
            surname_keys=frozenset(record["surname_keys"] or ()),
            identifiers=tuple(held.get(record["record_id"], ())),
        )
        for record in records
    ]
