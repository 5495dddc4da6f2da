"""Beyond reach: records whose evidence could not single out a person, even if every field they hold agreed.

Where a source holds a month of birth and a school and nothing else, most of its children cannot be told from one
another; that no link was made says nothing of whether they are in the other source. So they are counted, with the
reason, beside the link rate.

Written to `diagnostics__beyond_reach`, one row per source, other source, reason and fields that cannot be compared.
`records` of the source are without a link of a rule into the other; reasons, the first that holds:
`identifier` (a valid identifier of a scheme and scope that the other source holds too: in reach), `nothing_to_compare`,
`too_little_evidence` (below review at best), `review_at_best` (below acceptance at best), `not_alone` (enough, but
another record of its own source is the same in all that is compared), `within_reach`.

At best: every field that the record holds and that occurs in the other source agrees at its top level, at the weight
of a value of usual frequency, and one record of the other source is the child: prior odds of 1 to its records.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkage.diagnostics.match_rate import write_csv
from linkage.match.best_evidence import DERIVED, agreeing_sql, at_usual_frequency, reaches_sql
from linkage.match.evidence import compared_columns, weighed_sql
from linkage.match.parameters import Parameters
from linkage.match.pool import POOL, source_bit_sql
from linkage.packs import ModelSpec
from linkage.sql import Connection, Step, ident, literal, rows, run_steps, scratch_step, table_step
from linkage.tables import IDENTIFIERS, SOURCES

BEYOND_REACH = "diagnostics__beyond_reach"
COMPARABLE = "comparable_records"
COLUMNS = ("source", "other", "reason", "not_compared", "records", "of")
ORDER = "source_no, other_no, reason_no, not_compared"
REASONS = (
    "identifier", "nothing_to_compare", "too_little_evidence", "review_at_best", "not_alone", "within_reach",
)  # fmt: skip
PRECISIONS = ("day", "month", "year")


def beyond_reach(con: Connection, spec: ModelSpec, parameters: Parameters, *, accept: float, review: float) -> None:
    """Make `diagnostics__beyond_reach` from the pool, the identifiers and the model's parameters; and
    `comparable_records`, which the funnel reads."""
    run_steps(con, (shared_schemes_step(), seekers_step(spec), held_step(spec)))
    run_steps(con, (best_pairs_step(spec), best_evidence_step(spec, parameters), comparable_step(accept)))
    alone = [_alone_sql(spec, held) for held in _held_sets(con, spec)]
    run_steps(con, (scratch_step("reach_alone", " union all ".join(alone)),))
    run_steps(con, (beyond_reach_step(accept=accept, review=review),))
    broken = rows(
        con,
        f"""
        select source from {BEYOND_REACH} group by source, other, "of" having sum(records) <> "of"
        order by source""",
    )
    assert not broken, "the reasons do not add up to the records without a link"


def shared_schemes_step() -> Step:
    """`reach_schemes` (record_id, id_mask): a bit for each source that holds a valid identifier of a scheme and scope
    that the record holds one of."""
    return scratch_step(
        "reach_schemes",
        f"""
        with held as (
          select distinct i.record_id, i.scheme, coalesce(i.scope, '') as scope, p.source_bit
          from {IDENTIFIERS} i join {POOL} p on p.record_id = i.record_id
          where i.status = 'valid'),
        masks as (select scheme, scope, bit_or(source_bit) as mask from held group by scheme, scope)
        select record_id, bit_or(mask) as id_mask
        from held join masks using (scheme, scope) group by record_id""",
    )


def seekers_step(spec: ModelSpec) -> Step:
    """`reach_records`: per record its masks, and `pattern`: which compared columns it holds, how precise its date."""
    flags = " || ".join(f"({ident(column)} is not null)::tinyint::varchar" for column in _columns(spec))
    return scratch_step(
        "reach_records",
        f"""
        select p.record_id, p.source_no, p.linked_mask, coalesce(s.id_mask, 0::uhugeint) as id_mask,
          {flags} || coalesce(p.dob_precision, '') as pattern
        from {POOL} p left join reach_schemes s on s.record_id = p.record_id""",
    )


def held_step(spec: ModelSpec) -> Step:
    """`reach_held`: per source, which compared columns occur in it, and its most precise birth date."""
    flags = ", ".join(f"bool_or({ident(column)} is not null) as {ident(column)}" for column in _columns(spec))
    return scratch_step(
        "reach_held",
        f"""
        select source_no, source_bit, is_within, count(*) as records, {flags},
          min(dob_precision) as best_precision
        from {POOL} group by source_no, source_bit, is_within""",
    )  # "day" < "month" < "year" as texts, too


def best_pairs_step(spec: ModelSpec) -> Step:
    """`reach_pairs`: one record for each pattern of a source, beside itself as the other source would know it."""
    agreeing = agreeing_sql(spec, holds="h.{}", precision="h.best_precision")
    return scratch_step(
        "reach_pairs",
        f"""
        with ones as (
          select source_no, pattern, min(record_id) as record_id from reach_records group by source_no, pattern)
        select o.source_no, o.pattern, h.source_no as other_no, {agreeing}
        from ones o
        join {POOL} l on l.record_id = o.record_id
        join reach_held h on h.source_no <> o.source_no or h.is_within""",
    )


def best_evidence_step(spec: ModelSpec, parameters: Parameters) -> Step:
    """`reach_best`: per source, pattern and other source the most bits there can be, and what cannot be compared."""
    keys = ("source_no", "pattern", "other_no")
    topics = sorted(frozenset[str]().union(*(item.topics for item in spec.comparison)))
    silent = ", ".join(
        f"case when {' and '.join(_silent(item.name) for item in spec.comparison if topic in item.topics)}"
        f" then {literal(topic)} end"
        for topic in topics
    )
    spoken = " or ".join(f"not {_silent(item.name)}" for item in spec.comparison)
    return scratch_step(
        "reach_best",
        f"""
        select {", ".join(keys)}, evidence_bits, {spoken} as is_compared,
          array_to_string(list_filter([{silent}], lambda t: t is not null), ', ') as not_compared
        from ({weighed_sql(at_usual_frequency(spec), parameters, keys, "select * from reach_pairs")})""",
    )


def comparable_step(accept: float) -> Step:
    """`comparable_records` (record_id, mask): a bit for each source into which the record could be linked at all, by
    the fields that both hold or by an identifier."""
    return scratch_step(
        COMPARABLE,
        f"""
        with masks as (
          select b.source_no, b.pattern, bit_or(h.source_bit) as mask
          from reach_best b join reach_held h on h.source_no = b.other_no
          where {reaches_sql("b.evidence_bits", "h.records", accept)} group by b.source_no, b.pattern),
        named as (
          select *, id_mask - (id_mask & {source_bit_sql("source_no")}) as of_others from reach_records)
        select r.record_id, coalesce(m.mask, 0::uhugeint) | r.of_others as mask
        from named r left join masks m using (source_no, pattern)""",
    )


def _silent(comparison: str) -> str:
    return f"{ident('level_' + comparison)} = -1"


def beyond_reach_step(*, accept: float, review: float) -> Step:
    """`diagnostics__beyond_reach`, from the counts of records alone and not alone, and the best there can be."""
    names = " ".join(f"when {literal(reason)} then {number}" for number, reason in enumerate(REASONS))
    return table_step(
        BEYOND_REACH,
        f"""
        with judged as (
          select a.source_no, a.other_no, a.records,
            case when a.has_identifier then 'identifier'
              when not b.is_compared then 'nothing_to_compare'
              when not {reaches_sql("b.evidence_bits", "h.records", review)} then 'too_little_evidence'
              when not {reaches_sql("b.evidence_bits", "h.records", accept)} then 'review_at_best'
              when not a.is_alone and a.source_no <> a.other_no then 'not_alone'
              else 'within_reach' end as reason,
            case when a.has_identifier then '' else b.not_compared end as not_compared
          from reach_alone a
          join reach_best b on b.source_no = a.source_no and b.pattern = a.pattern and b.other_no = a.other_no
          join reach_held h on h.source_no = a.other_no),
        counted as (
          select source_no, other_no, reason, not_compared, sum(records)::bigint as records
          from judged group by all)
        select c.source_no, c.other_no, l.source, r.source as other, c.reason,
          case c.reason {names} end as reason_no, c.not_compared, c.records,
          sum(c.records) over (partition by c.source_no, c.other_no)::bigint as "of"
        from counted c
        join {SOURCES} l on l.source_no = c.source_no
        join {SOURCES} r on r.source_no = c.other_no
        order by {ORDER}""",
    )


def write_beyond_reach(con: Connection, folder: Path) -> int:
    """Write `beyond_reach.csv` into the folder of diagnostics; returns its rows."""
    return write_csv(con, BEYOND_REACH, COLUMNS, ORDER, folder / "beyond_reach.csv")


def _columns(spec: ModelSpec) -> tuple[str, ...]:
    """What a pattern is made of: the compared columns that are no other form of a column beside them."""
    return tuple(column for column in compared_columns(spec) if column not in (*DERIVED, "dob_precision"))


def _held_sets(con: Connection, spec: ModelSpec) -> Sequence[tuple[tuple[str, ...], str, tuple[int, ...]]]:
    """Sources that hold the same columns at the same precision: columns, precision, source numbers."""
    names = _columns(spec)
    listed = ", ".join(ident(name) for name in names)
    found: dict[tuple[tuple[str, ...], str], list[int]] = {}
    for source_no, precision, *flags in rows(
        con, f"select source_no, coalesce(best_precision, ''), {listed} from reach_held order by source_no"
    ):
        held = tuple(name for name, flag in zip(names, flags, strict=True) if flag)
        found.setdefault((held, str(precision)), []).append(int(str(source_no)))
    return [(held, precision, tuple(numbers)) for (held, precision), numbers in found.items()]


def _alone_sql(spec: ModelSpec, held: tuple[tuple[str, ...], str, tuple[int, ...]]) -> str:
    """Records without a link into each of some sources that hold the same columns, alone in these columns or not."""
    names, precision, sources = held
    same = ["p.source_no"]  # hashed: to bring a country's names and addresses into order would take most of the memory
    for name in names:
        is_cut = name == "dob" and precision != "day"
        same.append(f"date_trunc({literal(precision)}, p.dob)" if is_cut else f"p.{ident(name)}")
    return f"""
        select r.source_no, r.pattern, h.source_no as other_no, r.is_alone,
          (r.id_mask & h.source_bit) <> 0 and h.source_no <> r.source_no as has_identifier,
          sum(r.records)::bigint as records
        from (
          select source_no, pattern, linked_mask, id_mask, is_alone, count(*) as records
          from (
            select r.*, count(*) over (partition by hash({", ".join(same)})) = 1 as is_alone
            from reach_records r join {POOL} p on p.record_id = r.record_id)
          group by all) r
        join reach_held h on h.source_no in ({", ".join(map(str, sources))})
          and (h.source_no <> r.source_no or h.is_within)
        where (r.linked_mask & h.source_bit) = 0
        group by all"""
