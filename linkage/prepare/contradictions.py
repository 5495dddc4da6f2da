"""Rows of one key that cannot be one child: when two rows contradict, and into which records such a key falls.

Two rows contradict when their birth dates differ and so do their names; where the source has no names, when birth
date, sex and UPN all differ. What one of the two does not know cannot differ. An expected birth date that becomes
an actual one is a life event and no contradiction: the two are different fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Jaro-Winkler similarity from which two names may be one name spelled in two ways.
SIMILAR_NAME = 0.8

NAMES_AND_DOB = "names_and_dob_differ"
SEX_DOB_AND_UPN = "sex_dob_and_upn_differ"
SHARED_BY_MANY = "key_shared_by_many"

# Identities (distinct birth date, names, sex and UPN) of one key above which the key is no key: each stays apart,
# and the pairs, which grow with the square, are not compared.
MOST_IDENTITIES = 200


def contradiction_sql(left: str, right: str) -> str:
    """SQL: the code of the contradiction between two rows with the columns of a record and `upn`; NULL if none."""
    return (
        f"case when not ({_dob_differs_sql(left, right)}) then null "
        f"when {_names_differ_sql(left, right)} then '{NAMES_AND_DOB}' "
        f"when {left}.forenames is null and {left}.surnames is null "
        f"and {right}.forenames is null and {right}.surnames is null "
        f"and {left}.sex <> {right}.sex and {left}.upn <> {right}.upn then '{SEX_DOB_AND_UPN}' end"
    )


def _dob_differs_sql(left: str, right: str) -> str:
    """SQL: both known, and different beyond a slip: not day for month, not one digit, and as far as both are known."""
    first, second = f"{left}.dob", f"{right}.dob"
    swapped = f"(year({first}) = year({second}) and month({first}) = day({second}) and day({first}) = month({second}))"
    one_digit = f"hamming(strftime({first}, '%Y%m%d'), strftime({second}, '%Y%m%d')) <= 1"
    precisions = f"[{left}.dob_precision, {right}.dob_precision]"
    return (
        f"coalesce(case when list_contains({precisions}, 'year') then year({first}) <> year({second}) "
        f"when list_contains({precisions}, 'month') then date_trunc('month', {first}) <> date_trunc('month', {second}) "
        f"else {first} <> {second} and not {swapped} and not {one_digit} end, false)"
    )


def _names_differ_sql(left: str, right: str) -> str:
    """SQL: forenames or surnames are known on both sides, no word is shared, and none that both know is alike."""

    def unlike(name: str) -> str:
        return f"coalesce(jaro_winkler_similarity({left}.{name}, {right}.{name}) < {SIMILAR_NAME}, true)"

    both_know = " or ".join(
        f"({left}.{name} is not null and {right}.{name} is not null)" for name in ("forename", "surname")
    )
    return (
        f"(({both_know}) and not list_has_any({_words_sql(left)}, {_words_sql(right)}) "
        f"and {unlike('forename')} and {unlike('surname')})"
    )


def _words_sql(row: str) -> str:
    names = f"list_concat({row}.forenames, {row}.surnames)"
    return f"string_split(array_to_string({names}, ' '), ' ')"


@dataclass(frozen=True)
class Identity:
    """One way a key's rows describe the child; `order_no` is that of its first row and names it in its key."""

    source_no: int
    key: str
    order_no: int


@dataclass(frozen=True)
class SplitKey:
    """A key that falls into several records: the group of each identity, from 1, and the groups that contradict."""

    source_no: int
    key: str
    group_of: dict[int, int]
    conflicts: tuple[tuple[int, int, str], ...]


def split_key(source_no: int, key: str, order_nos: Sequence[int], pairs: Iterable[tuple[int, int, str]]) -> SplitKey:
    """Groups the identities of a key so that no two in a group contradict.

    Each identity in turn, in the order given (rank, then content), joins the first group that holds nothing it
    contradicts; so what says little joins the group of the highest rank.
    """
    contradicting: dict[int, set[int]] = {}
    details: dict[tuple[int, int], str] = {}
    for left, right, detail in pairs:
        contradicting.setdefault(left, set()).add(right)
        contradicting.setdefault(right, set()).add(left)
        details[min(left, right), max(left, right)] = detail
    groups: list[set[int]] = []
    group_of: dict[int, int] = {}
    for order_no in order_nos:
        against = contradicting.get(order_no, set())
        place = next((n for n, group in enumerate(groups) if not group & against), len(groups))
        if place == len(groups):
            groups.append(set())
        groups[place].add(order_no)
        group_of[order_no] = place + 1
    return SplitKey(source_no, key, group_of, _group_conflicts(group_of, details))


def split_shared_key(source_no: int, key: str, order_nos: Sequence[int]) -> SplitKey:
    """Every identity for itself, for a key that too many share; each is in conflict with the first."""
    group_of = {order_no: group for group, order_no in enumerate(order_nos, start=1)}
    conflicts = tuple((1, group, SHARED_BY_MANY) for group in range(2, len(order_nos) + 1))
    return SplitKey(source_no, key, group_of, conflicts)


def _group_conflicts(group_of: dict[int, int], details: dict[tuple[int, int], str]) -> tuple[tuple[int, int, str], ...]:
    found = {
        (min(group_of[left], group_of[right]), max(group_of[left], group_of[right]), detail)
        for (left, right), detail in details.items()
    }
    return tuple(sorted(found))
