"""Deterministic passes: the rules of the packs, in order, each on what the earlier ones left.

Writes `links_deterministic` (record_id_l, record_id_r, rule_no, rule): one row per linked pair, the first rule
that found it; and rows of `conflicts_of_passes` (kind, record_id_l, record_id_r, detail, action) for every guard that
fired and every key that was not unique where the rule wants it to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linkage.match.guards import PREDICATES, join_upns_sql, same_name_sql
from linkage.match.pool import POOL, is_seeking_sql, mark_linked, may_meet_sql, sides_sql, still_open_sql
from linkage.packs import Rule
from linkage.sql import Connection, Step, count, ident, literal, rows, run_steps, scratch_step, table_step
from linkage.tables import CONFLICTS_OF_PASSES, LINKS_DETERMINISTIC

FOUND = "pass_pairs"


@dataclass(frozen=True)
class PassCount:
    """What one pass did: pairs found, linked, held by a guard, and left because the key was shared."""

    rule: str
    found: int
    linked: int
    held: int
    shared: int


def run_passes(con: Connection, rules: Sequence[Rule]) -> tuple[PassCount, ...]:
    """Run the rules in order; a pass whose fields no source holds is skipped."""
    run_steps(con, empty_tables())
    counts: list[PassCount] = []
    for number, rule in enumerate(rules):
        if not _can_fire(con, rule):
            continue
        run_steps(con, pass_steps(rule, number))
        counts.append(_count_pass(con, rule))
        if counts[-1].linked:
            mark_linked(con, number)
    return tuple(counts)


def empty_tables() -> tuple[Step, ...]:
    """`links_deterministic` and `conflicts_of_passes`, with the contradictions met when rows were folded."""
    return (
        Step(
            LINKS_DETERMINISTIC,
            f"""create or replace table {LINKS_DETERMINISTIC}
            (record_id_l bigint, record_id_r bigint, rule_no smallint, rule varchar)""",
        ),
        table_step(
            CONFLICTS_OF_PASSES,
            """
            select 'one_key_two_children' as kind, record_id_l, record_id_r, detail, 'kept_apart' as action
            from fold_conflicts""",
        ),
    )


def pass_steps(rule: Rule, number: int) -> tuple[Step, ...]:
    """The steps of one pass: find, judge, link, and write down what was held and what was shared."""
    return (
        scratch_step(FOUND, judged_pairs_sql(rule)),
        *((twin_present_step(),) if "twin_present" in rule.unless else ()),
        Step(
            LINKS_DETERMINISTIC,
            f"""
            insert into {LINKS_DETERMINISTIC}
            select record_id_l, record_id_r, {number}, {literal(rule.id)}
            from {FOUND} where len(fired) = 0 and not is_shared
            order by record_id_l, record_id_r""",
        ),
        Step(
            CONFLICTS_OF_PASSES,
            f"""
            insert into {CONFLICTS_OF_PASSES}
            select case when len(fired) > 0 then 'agree_but_contradict' else 'key_not_unique' end,
              record_id_l, record_id_r,
              {literal(rule.id)} || ': ' || array_to_string(fired, ', ') || case when len(fired) > 0 and is_shared
                then ', ' else '' end || case when is_shared then 'shared_key' else '' end,
              case when len(fired) > 0 then 'held' else 'left_to_model' end
            from {FOUND} where len(fired) > 0 or is_shared
            order by record_id_l, record_id_r""",
        ),
    )


def judged_pairs_sql(rule: Rule) -> str:
    """Pairs that agree on the rule's key and may still be linked: record_id_l, record_id_r, fired, is_shared."""
    guards = ", ".join(f"case when {PREDICATES[name]} then {literal(name)} end" for name in rule.unless)
    requires = "".join(f"\n            and {PREDICATES[name]}" for name in rule.require)
    keys = keys_of(rule)
    return f"""
        with keys as ({keys.sql}{"" if rule.identifiers else f" and {is_seeking_sql('p')}"}),
        pairs as (
          select distinct l.record_id as record_id_l, r.record_id as record_id_r,
            l.source_no as source_no_l, r.source_no as source_no_r
          from keys kl
          join keys kr on {keys.equal}
          join {POOL} l on l.record_id = kl.record_id
          join {POOL} r on r.record_id = kr.record_id
          where {sides_sql()} and {still_open_sql()}{requires} and {may_meet_sql()}),
        counted as (
          select p.record_id_l, p.record_id_r, {_shared_sql(rule)} as is_shared
          from pairs p)
        select p.record_id_l, p.record_id_r,
          case when {_nothing_differs_sql(rule)} then []::varchar[]
            else list_filter([{guards or "null"}], lambda g: g is not null)::varchar[] end as fired,
          p.is_shared
        from counted p
        join {POOL} l on l.record_id = p.record_id_l
        join {POOL} r on r.record_id = p.record_id_r{join_upns_sql() if "different_upn" in rule.unless else ""}"""


def _nothing_differs_sql(rule: Rule) -> str:
    """The pair agrees on all that guards look at: most pairs do, and guards cost more than these equalities."""
    fields = ("forename", "surname", "dob", "sex", "ethnicity_5")
    claims = [f"l.{field} is not distinct from r.{field}" for field in fields]
    if "different_upn" in rule.unless:
        claims.append(f"not {PREDICATES['different_upn']}")
    return " and ".join(claims)


def _shared_sql(rule: Rule) -> str:
    """Is the key held by more than one record of a side where the rule wants it unique?"""
    rivals_l = "count(*) over (partition by p.record_id_l, p.source_no_r) > 1"
    rivals_r = "count(*) over (partition by p.record_id_r, p.source_no_l) > 1"
    return {"none": "false", "left": rivals_l, "right": rivals_r, "both": f"({rivals_l} or {rivals_r})"}[rule.unique]


@dataclass(frozen=True)
class Keys:
    """The key of a rule: a select of record_id and key columns, and the join condition between `kl` and `kr`."""

    sql: str
    equal: str
    columns: tuple[str, ...]


def keys_of(rule: Rule) -> Keys:
    """The key of a rule; a record that lacks a part of it has none."""
    if rule.identifiers:
        return Keys(_identifier_keys_sql(rule), "kr.scope = kl.scope and kr.value = kl.value", ("scope", "value"))
    columns = tuple(f"k{number}" for number in range(len(rule.fields)))
    parts = ", ".join(f"p.{ident(field)} as {column}" for field, column in zip(rule.fields, columns, strict=True))
    known = " and ".join(f"p.{ident(field)} is not null" for field in rule.fields)
    exact = " and p.dob_precision = 'day'" if "dob" in rule.fields else ""
    equal = " and ".join(f"kr.{column} = kl.{column}" for column in columns)
    return Keys(f"select p.record_id, {parts} from {POOL} p where {known}{exact}", equal, columns)


def _identifier_keys_sql(rule: Rule) -> str:
    scheme = rule.identifiers[0]
    if scheme == "upn_group":
        return """
          select distinct i.record_id, '' as scope, coalesce(g.group_upn, i.value) as value
          from identifiers i left join upn_groups g on g.value = i.value
          where i.scheme = 'upn' and i.status in ('valid', 'temporary', 'former')
            and (g.value is not null or i.value in (
              select value from identifiers where scheme = 'upn' and status in ('temporary', 'former')))"""
    statuses = ", ".join(literal(status) for status in rule.statuses)
    return f"""
          select i.record_id, coalesce(i.scope, '') as scope, i.value
          from identifiers i where i.scheme = {literal(scheme)} and i.status in ({statuses})"""


def twin_present_step() -> Step:
    """Keep the guard `twin_present` only where the twin is there.

    l and r agree on an identifier, birth date and surname but not on the forename. Where the source of l holds
    another record with this birth date and surname whose forename is r's (or the other way round), the
    identifier is on the wrong twin; where it does not, the child goes by two forenames.
    """
    return Step(
        FOUND,
        f"""
        with suspects as (
          select record_id_l, record_id_r from {FOUND} where list_contains(fired, 'twin_present')),
        confirmed as (
          select distinct s.record_id_l, s.record_id_r
          from suspects s
          join {POOL} l on l.record_id = s.record_id_l
          join {POOL} r on r.record_id = s.record_id_r
          join {POOL} t on t.dob = l.dob
          where t.record_id <> l.record_id and t.record_id <> r.record_id
            and (t.source_no = l.source_no and {same_name_sql("t", "r", "forename")}
                   and {same_name_sql("t", "l", "surname")}
                 or t.source_no = r.source_no and {same_name_sql("t", "l", "forename")}
                   and {same_name_sql("t", "r", "surname")}))
        update {FOUND} set fired = list_filter(fired, lambda g: g <> 'twin_present')
        where list_contains(fired, 'twin_present')
          and (record_id_l, record_id_r) not in (select (record_id_l, record_id_r) from confirmed)""",
    )


MASKED_KEYS = 200_000  # keys looked at by masked_precision: enough for a precision to three digits


def masked_precision(con: Connection, rules: Iterable[Rule]) -> dict[str, tuple[int, int]]:
    """Per rule on fields: (pairs whose UPNs agree, pairs with valid UPNs on both sides), as if no UPN were there.

    Where both sides of a pair of the rule hold a valid UPN, the UPN says whether the pair is one child; but for a
    second or wrong UPN, for which see `linkage.match.two_upns`. Whole keys are sampled, so that a key that is
    shared stays shared.
    """
    found: dict[str, tuple[int, int]] = {}
    for rule in rules:
        if not rule.identifiers and _can_fire(con, rule):
            sql = f"""select count(*) filter (list_has_any(upns_l, upns_r)), count(*)
                from ({masked_pairs_sql(rule, count(con, POOL))})"""
            same, both = rows(con, sql)[0]
            found[rule.id] = (int(str(same)), int(str(both)))
    return found


def masked_pairs_sql(rule: Rule, records: int) -> str:
    """Pairs that a rule would find if there were no UPN, of records with valid ones: both records, upns_l, upns_r."""
    keys = keys_of(rule)
    one_in = max(1, records // MASKED_KEYS)
    claims = [f"not {PREDICATES[name]}" for name in rule.unless if name != "different_upn"]
    claims += [*(PREDICATES[name] for name in rule.require), may_meet_sql()]
    return f"""
        with every_key as ({keys.sql}),
        keys as (select * from every_key where hash({", ".join(keys.columns)}) % {one_in} = 0),
        pairs as (
          select l.record_id as record_id_l, r.record_id as record_id_r, l.source_no as source_no_l,
            r.source_no as source_no_r, ul.upn_groups as upns_l, ur.upn_groups as upns_r
          from keys kl join keys kr on {keys.equal}
          join {POOL} l on l.record_id = kl.record_id
          join {POOL} r on r.record_id = kr.record_id{join_upns_sql()}
          where {" and ".join([sides_sql(), *claims])}),
        counted as (select p.*, {_shared_sql(rule)} as is_shared from pairs p)
        select record_id_l, record_id_r, upns_l, upns_r
        from counted where upns_l is not null and upns_r is not null and not is_shared"""


def _can_fire(con: Connection, rule: Rule) -> bool:
    """Whether any record holds what the rule matches; saves passes over schemes that are not there."""
    if rule.identifiers:
        scheme = "upn" if rule.identifiers[0] == "upn_group" else rule.identifiers[0]
        found = rows(con, "select 1 from identifiers where scheme = $scheme limit 1", {"scheme": scheme})
        return bool(found)
    known = " and ".join(f"{ident(field)} is not null" for field in rule.fields)
    return bool(rows(con, f"select 1 from {POOL} where {known} limit 1"))


def _count_pass(con: Connection, rule: Rule) -> PassCount:
    sql = f"""
        select count(*), count(*) filter (len(fired) = 0 and not is_shared), count(*) filter (len(fired) > 0),
          count(*) filter (len(fired) = 0 and is_shared)
        from {FOUND}"""
    found, linked, held, shared = (int(str(value)) for value in rows(con, sql)[0])
    return PassCount(rule.id, found, linked, held, shared)
