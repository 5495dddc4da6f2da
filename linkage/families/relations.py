"""Relationships: claims become typed, dated relations between persons, each with its evidence and a confidence.

Table `relationships`: person_no_l, person_no_r, relation, evidence (rule ids joined by +), confidence (0 to 1),
confidence_basis, valid_from, valid_to, parent, rule_nos. Left is the mother, parent or carer of a directed relation,
and the smaller person_no of any other. Siblings have no dates: they would be dates of birth. Persons on the never-link
list meet in no relation, nor through any chain of relations.
"""

from __future__ import annotations

from linkage.families.claims import CLAIMS, make_claims_of_siblings
from linkage.families.kin import Tie, part
from linkage.families.labels import label_persons
from linkage.families.precision import PRECISION
from linkage.families.rules import SIBLINGS, TOGETHER, FamilyRules
from linkage.sql import Connection, Step, literal, rows, run_steps, scratch_step, table_step
from linkage.tables import PERSONS, REFUSED_RELATIONS, RELATIONSHIPS

NEVER = "family_never"
DECIMALS = 6


def make_relationships(con: Connection, packs: FamilyRules) -> None:
    """Make `relationships` from `family_claims` and `family_rule_precision`, and count what was refused."""
    run_steps(con, (never_step(), sibling_pairs_step(packs)))
    make_claims_of_siblings(con, packs.rules)
    assumed = ", ".join(f"({number}, {rule.assumed_precision})" for number, rule in enumerate(packs.rules))
    run_steps(con, (sure_claims_step(assumed), siblings_step(packs), others_step(packs)))
    run_steps(con, (Step(REFUSED_RELATIONS, refused_sql(packs)),))
    run_steps(con, (table_step("family_relations", _all_sql()),))
    keep_apart(con)


def never_step() -> Step:
    """`family_never`: persons who must not meet, both ways round."""
    return scratch_step(NEVER, f"""
        select distinct l.person_no as person_no_l, r.person_no as person_no_r
        from (select record_id_l, record_id_r from never_link
              union all select record_id_r, record_id_l from never_link) n
        join {PERSONS} l on l.record_id = n.record_id_l
        join {PERSONS} r on r.record_id = n.record_id_r
        where l.person_no <> r.person_no""")  # fmt: skip


def _confidence_sql(claims: str = "c") -> str:
    return f"round({claims}.quality * coalesce(p.precision, w.precision, a.assumed), {DECIMALS})"


def _sure_sql(assumed: str, where: str) -> str:
    return f"""
        select c.rule_no, c.person_no_l, c.person_no_r, c.valid_from, c.valid_to, {_confidence_sql()} as confidence,
          coalesce(p.basis, w.basis, 'assumed') as basis
        from {CLAIMS} c
        left join {PRECISION} p on p.rule_no = c.rule_no and p.band = c.band
        left join {PRECISION} w on w.rule_no = c.rule_no and w.band = -1
        join (values {assumed}) as a(rule_no, assumed) on a.rule_no = c.rule_no
        where c.refusal is null and {where}"""


def sibling_pairs_step(packs: FamilyRules) -> Step:
    """`family_sibling_pairs`: siblings by any rule, the surest confidence of each pair."""
    numbers = [number for number, rule in enumerate(packs.rules) if rule.makes_siblings]
    assumed = ", ".join(f"({number}, {packs.rules[number].assumed_precision})" for number in numbers) or "(-1, 0.0)"
    return scratch_step("family_sibling_pairs", f"""
        select person_no_l, person_no_r, max(confidence) as confidence
        from ({_sure_sql(assumed, "true")})
        group by all having max(confidence) >= {packs.limits.claim_from}""")  # fmt: skip


def sure_claims_step(assumed: str) -> Step:
    """`family_sure_claims`: claims that nothing refuses, never-link pairs left out, with their confidence."""
    never = f"""not exists (select 1 from {NEVER} n
            where n.person_no_l = c.person_no_l and n.person_no_r = c.person_no_r)"""
    return scratch_step("family_sure_claims", _sure_sql(assumed, never))


def _rules_values(packs: FamilyRules) -> str:
    return ", ".join(
        f"({number}, {literal(rule.id)}, {literal(rule.relation)}, {literal(rule.parent)}, "
        f"{SIBLINGS.index(rule.relation) if rule.makes_siblings else 9})"
        for number, rule in enumerate(packs.rules)
    )  # fmt: skip


def _ruled_sql(packs: FamilyRules) -> str:
    return f"""
          select c.*, r.rule, r.relation, r.parent, r.turn
          from family_sure_claims c
          join (values {_rules_values(packs)}) as r(rule_no, rule, relation, parent, turn) on r.rule_no = c.rule_no
          where c.confidence >= {packs.limits.claim_from}"""


_EVIDENCE = "string_agg(distinct rule, '+' order by rule)"
_BASIS = "arg_max(basis, (confidence, -rule_no, basis))"


def siblings_step(packs: FamilyRules) -> Step:
    """`family_siblings`: one relation per pair, the most telling one claimed, its evidence all rules that agree."""
    return scratch_step("family_siblings", f"""
        with claimed as ({_ruled_sql(packs)})
        select person_no_l, person_no_r, arg_min(relation, turn) as relation, {_EVIDENCE} as evidence,
          max(confidence) as confidence, {_BASIS} as confidence_basis, null::date as valid_from, null::date as valid_to,
          case when bool_or(parent in ('mother', 'both')) and bool_or(parent in ('father', 'both')) then 'both'
               when bool_or(parent = 'mother') then 'mother' when bool_or(parent = 'unknown') then 'unknown'
               else 'father' end as parent,
          list_sort(list(distinct rule_no)) as rule_nos
        from claimed where turn < 9 group by person_no_l, person_no_r""")  # fmt: skip


def others_step(packs: FamilyRules) -> Step:
    """`family_others`: relations of other kinds; periods of a pair that touch or overlap become one."""
    together = ", ".join(map(literal, TOGETHER))
    return scratch_step("family_others", f"""
        with claimed as ({_ruled_sql(packs)}),
        ordered as (
          select *, coalesce(valid_from, date '0001-01-01') as starts, coalesce(valid_to, date '9999-12-31') as ends
          from claimed where turn = 9),
        begun as (
          select *, case when relation in ({together}) and starts > max(ends) over (
                      partition by person_no_l, person_no_r, relation order by starts, ends desc, rule_no
                      rows between unbounded preceding and 1 preceding) then 1 else 0 end as is_new
          from ordered),
        spelled as (
          select *, sum(is_new) over (
            partition by person_no_l, person_no_r, relation order by starts, ends desc, rule_no) as spell
          from begun)
        select person_no_l, person_no_r, relation, {_EVIDENCE} as evidence, max(confidence) as confidence,
          {_BASIS} as confidence_basis, nullif(min(starts), date '0001-01-01') as valid_from,
          nullif(max(ends), date '9999-12-31') as valid_to, min(parent) as parent,
          list_sort(list(distinct rule_no)) as rule_nos
        from spelled group by person_no_l, person_no_r, relation, spell""")  # fmt: skip


def _all_sql() -> str:
    return """
        select * from family_siblings union all select * from family_others
        order by person_no_l, person_no_r, relation, valid_from"""


def refused_sql(packs: FamilyRules) -> str:
    """Claims refused, by rule and reason; a claim of too little confidence and a never-link pair among them."""
    return f"""
        insert into {REFUSED_RELATIONS}
        with rules as (select * from (values {_rules_values(packs)}) as r(rule_no, rule, relation, parent, turn))
        select 'claim', r.rule, c.refusal, count(distinct (c.person_no_l, c.person_no_r))
        from {CLAIMS} c join rules r on r.rule_no = c.rule_no where c.refusal is not null group by all
        union all
        select 'claim', r.rule, 'too_unsure', count(distinct (c.person_no_l, c.person_no_r))
        from family_sure_claims c join rules r on r.rule_no = c.rule_no
        where c.confidence < {packs.limits.claim_from} group by all
        union all
        select 'claim', r.rule, 'never_link', count(distinct (c.person_no_l, c.person_no_r))
        from {CLAIMS} c join rules r on r.rule_no = c.rule_no
        join {NEVER} n on n.person_no_l = c.person_no_l and n.person_no_r = c.person_no_r
        where c.refusal is null group by all"""


def keep_apart(con: Connection) -> None:
    """Make `relationships`: `family_relations` without those that join, by any chain, persons who must not meet.

    The surest relations stay. Whatever part of them a view takes, of whatever date, it cannot bring the two together.
    """
    label_persons(con, "family_relations", "family_reach")
    run_steps(con, (scratch_step("family_reached", f"""
        select distinct l.component from {NEVER} n
        join family_reach l on l.person_no = n.person_no_l
        join family_reach r on r.person_no = n.person_no_r and r.component = l.component"""),))  # fmt: skip
    never: dict[int, set[int]] = {}
    for left, right in rows(con, f"select person_no_l, person_no_r from {NEVER} order by 1, 2"):
        never.setdefault(int(str(left)), set()).add(int(str(right)))
    found = rows(con, """
        select c.component, r.person_no_l, r.person_no_r, max(r.confidence)
        from family_relations r join family_reach c on c.person_no = r.person_no_l
        join family_reached d on d.component = c.component
        group by all order by c.component, r.person_no_l, r.person_no_r""")  # fmt: skip
    ties = [Tie(int(str(left)), int(str(right)), float(str(confidence))) for _, left, right, confidence in found]
    cut = part(ties, lambda group, other: bool(set().union(*(never.get(one, set()) for one in group)) & other))
    listed = ", ".join(f"({tie.left}, {tie.right})" for tie in cut) or "(null, null)"
    run_steps(con, (table_step(RELATIONSHIPS, f"""
        select r.* from family_relations r
        anti join (select * from (values {listed}) as c(l, r)) c on c.l = r.person_no_l and c.r = r.person_no_r
        order by r.person_no_l, r.person_no_r, r.relation, r.valid_from, r.valid_to"""),
        Step(REFUSED_RELATIONS, f"""
            insert into {REFUSED_RELATIONS}
            select 'chain', 'relationships', 'never_link', {len(cut)} where {len(cut)} > 0"""),
        Step("family_relations", "drop table family_relations")))  # fmt: skip
