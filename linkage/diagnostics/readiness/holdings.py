"""Holdings: which of the things that rules and the model compare a record holds, and how many records hold each mix.

A million records are a few hundred mixes, so that what rules and blocks can reach is sums over these and costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from linkage.match.pool import POOL
from linkage.packs import Block, Packs, Rule
from linkage.sql import Connection, columns, ident, literal, rows
from linkage.tables import IDENTIFIERS

DAY, MONTH = "dob:day", "dob:month"
# What is told of every source, whether the packs ask for it or not.
FIELDS = (
    "forename", "surname", "dob_month", "dob_year", "postcode", "sector", "district", "sex", "ethnicity", "authority",
    "school_urn",
)  # fmt: skip
NAMES = frozenset({"forename", "surname"})
# Statuses through which `upn_group` finds a child's other UPN.
_GROUP_STATUSES = ("valid", "temporary", "former")

Held = frozenset[str]
Need = Callable[[Held], bool]


@dataclass(frozen=True)
class Holdings:
    """Of each source, by number, the mixes of things held, and how many records have each.

    A thing is a column of the pool that is known, `dob:day` or `dob:month` for a birth date to the day or the month,
    or `SCHEME:STATUS` for an identifier that has a value.
    """

    mixes: Mapping[int, Mapping[Held, int]]

    def count(self, source_no: int, need: Need) -> int:
        """Records of a source that meet a need."""
        return sum(n for held, n in self.mixes.get(source_no, {}).items() if need(held))

    def records(self, source_no: int) -> int:
        """All records of a source."""
        return sum(self.mixes.get(source_no, {}).values())


def read_holdings(con: Connection, packs: Packs) -> Holdings:
    """The holdings of all sources; reads `pool` and `identifiers`, one pass over each."""
    known = columns(con, POOL)
    asked = [name for rule in packs.rules for name in rule.fields]
    if packs.model is not None:
        asked += [name for block in packs.model.block for side in block.sides for name in side]
    names = list(dict.fromkeys(name for name in (*FIELDS, *asked) if name in known and name != "dob"))
    tests = {name: f"p.{ident(name)} is not null" for name in names}
    tests |= {DAY: "coalesce(p.dob_precision = 'day', false)", MONTH: "coalesce(p.dob_precision = 'month', false)"}
    pairs = rows(
        con, f"select distinct scheme, status from {IDENTIFIERS} where value is not null order by scheme, status"
    )
    things = [*tests, *(f"{scheme}:{status}" for scheme, status in pairs)]
    at_field = " | ".join(f"(({test})::bigint << {number})" for number, test in enumerate(tests.values()))
    at_id = " ".join(
        f"when i.scheme = {literal(str(scheme))} and i.status = {literal(str(status))} then 1::bigint << {number}"
        for number, (scheme, status) in enumerate(pairs, start=len(tests))
    )
    held = f"case {at_id} end" if pairs else "0::bigint"
    sql = f"""
        with ids as (
          select i.record_id, bit_or({held}) as mask
          from {IDENTIFIERS} i where i.value is not null group by i.record_id)
        select p.source_no, ({at_field}) | coalesce(ids.mask, 0) as mask, count(*)
        from {POOL} p left join ids using (record_id)
        group by all order by all"""
    mixes: dict[int, dict[Held, int]] = {}
    for source_no, mask, n in rows(con, sql):
        mix = frozenset(thing for number, thing in enumerate(things) if int(str(mask)) >> number & 1)
        mixes.setdefault(int(str(source_no)), {})[mix] = int(str(n))
    return Holdings(mixes)


def rule_need(rule: Rule) -> Need:
    """What a record must hold for a rule to find it."""
    fields = {DAY if name == "dob" else name for name in rule.fields}
    if "dob_agrees" in rule.require:
        fields.add("dob_year")
    if not rule.identifiers:
        return lambda held: fields <= held
    scheme = rule.identifiers[0]
    statuses: Iterable[str] = _GROUP_STATUSES if scheme == "upn_group" else rule.statuses
    wanted = {f"{'upn' if scheme == 'upn_group' else scheme}:{status}" for status in statuses}
    return lambda held: fields <= held and not wanted.isdisjoint(held)


def without_names(held: Held) -> bool:
    """Whether a record holds no name at all."""
    return NAMES.isdisjoint(held)


def block_needs(blocks: Sequence[Block]) -> list[tuple[Need, Need]]:
    """What the two records of a pair must hold for the model to compare them, one pair of needs a way.

    Birth dates can be equal where both are known to the day, or both to the month.
    """
    ways: list[tuple[Need, Need]] = []
    for block in blocks:
        left, right = block.sides
        for one, other in dict.fromkeys(((left, right), (right, left))):
            for day in dict.fromkeys((DAY, MONTH) if "dob" in (*one, *other) else (DAY,)):
                ways.append((_all_of(one, day), _all_of(other, day)))
    return ways


def _all_of(names: Sequence[str], day: str) -> Need:
    wanted = {day if name == "dob" else name for name in names}
    return lambda held: wanted <= held
