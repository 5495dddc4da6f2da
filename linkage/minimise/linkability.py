"""Linkability: what the records of a source still say about whom they are, counted before and after.

Reads `records`, `identifiers` and `sources`, so that one measure serves the data as they came and the copy as its
receiver reads it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from linkage.identifiers import SCHEMES
from linkage.match.deterministic import run_passes
from linkage.match.pool import make_pool
from linkage.minimise.choices import CODES, NEVER
from linkage.minimise.copies import PSEUDONYMS, USABLE
from linkage.packs import Rule
from linkage.schema import SUBGROUP_PREFIX
from linkage.sql import Connection, columns, ident, literal, rows, run_steps, table_step
from linkage.tables import IDENTIFIERS, LINKS_DETERMINISTIC, RECORDS, SOURCES

PAIRS = "minimise__pairs"
# Fields that tell children apart where identifiers do not, as SQL over `r`. Unknown is a value like any other.
LINKING: dict[str, tuple[str, ...]] = {
    "forename": ("r.forename",),
    "surname": ("r.surname",),
    "dob": ("r.dob", "r.dob_precision"),
    "postcode": ("coalesce(r.postcode, r.sector, r.district)",),
    "sex": ("r.sex",),
    "ethnicity": ("coalesce(r.ethnicity, r.ethnicity_5)",),
    "school_urn": ("r.school_urn",),
}
# Issued by one system, which can give the number to another child; all others follow the child.
LOCAL = tuple(scheme.name for scheme in SCHEMES if scheme.scope in ("authority", "provider"))

BITS_DECIMALS = 2


@dataclass(frozen=True)
class Linkability:
    """Counts of the records of one source.

    `lasting` hold a usable identifier that follows the child, `identified` any usable one. `alone`, `few` and `many`
    share their combination of linking fields with no other record of the source, with 1 to 3, with 4 or more.
    `bits` is the entropy of that combination, log2(records) at most, which is what singles out everybody. `lost` are
    the records that nothing identifies: they hold no identifier and are not alone.
    """

    records: int
    lasting: int
    identified: int
    alone: int
    few: int
    many: int
    bits: float
    bits_needed: float
    lost: int


@dataclass(frozen=True)
class Known:
    """In how many records a field is known; of an identifier, how many have its pseudonym; of others, the entropy."""

    records: int
    hashed: int | None = None
    bits: float | None = None


FieldFacts = dict[tuple[str, str], Known]  # by source and field


def linkability(con: Connection) -> dict[str, Linkability]:
    """The linkability of every source, in the order of the project."""
    combination = ", ".join(sql for parts in LINKING.values() for sql in parts)
    local = ", ".join(map(literal, LOCAL))
    usable = ", ".join(map(literal, USABLE))
    found = rows(
        con,
        f"""
        with held as (
          select record_id, bool_or(scheme not in ({local})) as lasting
          from {IDENTIFIERS} where value is not null and status in ({usable})
          group by record_id),
        combinations as (
          select r.source_no, count(*) as size, count(h.record_id) as identified,
            count(*) filter (h.lasting) as lasting
          from {RECORDS} r left join held h on h.record_id = r.record_id
          group by r.source_no, {combination})
        select s.source, size, sum(size), sum(identified), sum(lasting)
        from combinations join {SOURCES} s using (source_no)
        group by s.source_no, s.source, size
        order by s.source_no, size""",
    )
    sizes: dict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
    for source, *counts in found:
        size, records, identified, lasting = (int(str(count)) for count in counts)
        sizes[str(source)].append((size, records, identified, lasting))
    return {source: linkability_of(listed) for source, listed in sizes.items()}


def linkability_of(sizes: Sequence[tuple[int, int, int, int]]) -> Linkability:
    """The counts from (size of the combination, records, identified, lasting), one for each size."""
    total = sum(records for _, records, _, _ in sizes)
    return Linkability(
        records=total,
        lasting=sum(lasting for *_, lasting in sizes),
        identified=sum(identified for _, _, identified, _ in sizes),
        alone=sum(records for size, records, *_ in sizes if size == 1),
        few=sum(records for size, records, *_ in sizes if 2 <= size <= 4),
        many=sum(records for size, records, *_ in sizes if size >= 5),
        bits=_entropy([(size, records) for size, records, *_ in sizes], total),
        bits_needed=round(math.log2(total), BITS_DECIMALS),
        lost=sum(records - identified for size, records, identified, _ in sizes if size > 1),
    )


def _entropy(sizes: Sequence[tuple[int, int]], total: int) -> float:
    """Shannon's entropy in bits, from (size of a class, records in classes of that size)."""
    return round(math.fsum(records / total * math.log2(total / size) for size, records in sizes), BITS_DECIMALS)


def identifier_facts(con: Connection) -> FieldFacts:
    """In how many records of a source an identifier of each scheme is, and in how many the copy has its pseudonym."""
    found = rows(
        con,
        f"""
        select s.source, i.scheme, count(distinct i.record_id), count(distinct p.record_id)
        from {IDENTIFIERS} i
        join {RECORDS} r on r.record_id = i.record_id
        join {SOURCES} s on s.source_no = r.source_no
        left join {PSEUDONYMS} p on p.record_id = i.record_id and p.scheme = i.scheme
        where i.value is not null
        group by s.source_no, s.source, i.scheme""",
    )
    facts = {(str(source), str(scheme)): Known(int(str(n)), int(str(kept))) for source, scheme, n, kept in found}
    order = [scheme.name for scheme in SCHEMES]
    return dict(sorted(facts.items(), key=lambda item: (item[0][0], order.index(item[0][1]))))


def field_facts(con: Connection) -> FieldFacts:
    """In how many records of a source each field is known, and its entropy in bits, unknown as a value."""
    held = columns(con, RECORDS)
    fields = [field for field in (*LINKING, "expected_dob", *CODES, *NEVER) if field in held]
    fields += [name for name in held if name.startswith(SUBGROUP_PREFIX)]
    facts: FieldFacts = {}
    for field in dict.fromkeys(fields):
        parts = LINKING.get(field, (f"r.{ident(field)}",))
        found = rows(
            con,
            f"""
            select s.source, size, sum(size), sum(known)
            from (select r.source_no, count(*) as size, count({parts[0]}) as known
                  from {RECORDS} r group by {", ".join(("r.source_no", *parts))})
            join {SOURCES} s using (source_no)
            group by s.source_no, s.source, size order by s.source_no, size""",
        )
        sizes: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        for source, *counts in found:
            size, records, known = (int(str(count)) for count in counts)
            sizes[str(source)].append((size, records, known))
        for source, listed in sizes.items():
            bits = _entropy([(size, n) for size, n, _ in listed], sum(n for _, n, _ in listed))
            facts[source, field] = Known(sum(known for *_, known in listed), bits=bits)
    return facts


@dataclass(frozen=True)
class FoundPairs:
    """Pairs of two sources that the rules link: before, after, and the same pairs both times.

    `by` is `identifiers` for the rules that match an identifier, `all rules` for these and the rest.
    """

    source_l: str
    source_r: str
    by: str
    before: int
    after: int
    both: int


def find_pairs(con: Connection, rules: Sequence[Rule], *, keys: str) -> None:
    """Makes `minimise__pairs` (source_l, key_l, source_r, key_r, by_identifier): what the passes link.

    `keys` is a table of record_id and the key that names the record before and after.
    """
    make_pool(con)
    run_passes(con, rules)
    listed = ", ".join(literal(rule.id) for rule in rules if rule.identifiers) or "null"
    run_steps(
        con,
        [
            table_step(
                PAIRS,
                f"""
                select l.source as source_l, r.source as source_r,
                  case when l.source_no = r.source_no then least(kl.key, kr.key) else kl.key end as key_l,
                  case when l.source_no = r.source_no then greatest(kl.key, kr.key) else kr.key end as key_r,
                  d.rule in ({listed}) as by_identifier
                from {LINKS_DETERMINISTIC} d
                join {RECORDS} l on l.record_id = d.record_id_l
                join {RECORDS} r on r.record_id = d.record_id_r
                join {ident(keys)} kl on kl.record_id = d.record_id_l
                join {ident(keys)} kr on kr.record_id = d.record_id_r
                order by all""",
            )
        ],
    )


def compare_pairs(con: Connection, before: str, after: str) -> list[FoundPairs]:
    """Every pair of sources of the project, with what two tables of pairs hold of it and have in common."""
    names = ("source_l", "source_r", "key_l", "key_r")
    found: list[FoundPairs] = []
    for by, condition in (("identifiers", "where by_identifier"), ("all rules", "")):
        sql = f"""
            with b as (select {", ".join(names)} from {before} {condition}),
            a as (select {", ".join(names)} from {after} {condition}),
            every as (select *, 1 as in_b, 0 as in_a from b union all select *, 0, 1 from a),
            pairs as (select {", ".join(names)}, sum(in_b) as in_b, sum(in_a) as in_a from every group by all)
            select l.source, r.source, coalesce(sum(p.in_b), 0), coalesce(sum(p.in_a), 0),
              count(*) filter (p.in_b = 1 and p.in_a = 1)
            from {SOURCES} l
            join {SOURCES} r on l.source_no < r.source_no or l.source_no = r.source_no and l.is_within
            left join pairs p on p.source_l = l.source and p.source_r = r.source
            group by l.source_no, r.source_no, l.source, r.source order by l.source_no, r.source_no"""
        for source_l, source_r, *counts in rows(con, sql):
            found.append(FoundPairs(str(source_l), str(source_r), by, *(int(str(count)) for count in counts)))
    return found
