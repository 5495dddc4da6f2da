"""How sure a family rule is, measured on the run's own data where that can be.

Three ways, the first that has enough to go by. `calibrated`: of a rule's pairs whose mothers' ids can be compared, the
share that agrees. `modelled`: births that no one mother can have had (2 to 209 days apart) occur among unrelated
children at a known rate; what a rule's pairs have of them is the false ones among them. For a looked-after mother's
birth date: how often a day on which she did not give birth leads to just one child too. Else `assumed`, as the pack has
it.
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.families.claims import CLAIMS, LEAST_DAYS_BETWEEN_BIRTHS, MOST_DAYS_BETWEEN_BIRTHS
from linkage.families.facts import FACTS, PEOPLE
from linkage.families.rules import SIBLINGS, FamilyRule
from linkage.sql import Connection, Step, literal, run_steps, scratch_step, table_step

PRECISION = "family_rule_precision"
LEAST_COMPARED = 30  # pairs from which on a share is worth more than an assumption
LEAST_EXPECTED = 20  # impossible births that unrelated children would have had, from which on their absence tells
LEAST_MOTHERS = 20
PLACEBO_DAYS = tuple(range(7, 71, 7))  # before and after the birth: the same day of the week
KEYS_OF_A_MOTHER = frozenset({"mother_id"})


def estimate_precision(con: Connection, rules: Sequence[FamilyRule]) -> None:
    """Make `family_rule_precision`: rule_no, rule, band, pairs, compared, agreed, impossible, precision, basis.

    Key rule_no, band. `precision` (0 to 1) is of pairs that nothing refused.
    """
    run_steps(con, (rules_step(rules), chance_step(), placebo_step(), precision_step()))


def rules_step(rules: Sequence[FamilyRule]) -> Step:
    """`family_rules`: what the estimate needs of the rules."""
    values = ",\n          ".join(
        f"({number}, {literal(rule.id)}, {literal(rule.relation)}, {rule.assumed_precision}, "
        f"{_is_compared(rule)}, {'impossible_births' in rule.unless}, {'birth_of_her_child' in rule.match})"
        for number, rule in enumerate(rules)
    )  # fmt: skip
    return scratch_step("family_rules", f"""
        select * from (values {values})
          as r(rule_no, rule, relation, assumed, is_compared, has_births, has_placebo)""")  # fmt: skip


def _is_compared(rule: FamilyRule) -> bool:
    """Whether mothers' ids can judge the rule: it claims a mother in common, and not from her id."""
    return rule.relation in SIBLINGS and rule.parent != "father" and not KEYS_OF_A_MOTHER & set(rule.match)


def chance_step() -> Step:
    """`family_chance`: of pairs of any two children of the run at most twenty years apart, the share impossible."""
    return scratch_step("family_chance", f"""
        with days as (select birth, count(*)::double as n from {PEOPLE} where birth is not null group by birth),
        total as (
          select sum(n) over (order by birth range between interval {LEAST_DAYS_BETWEEN_BIRTHS - 1} day preceding
                                                       and interval 2 day preceding) * n as impossible,
            sum(n) over (order by birth range between interval {MOST_DAYS_BETWEEN_BIRTHS} day preceding
                                                  and interval 1 day preceding) * n + n * (n - 1) / 2 as pairs
          from days)
        select coalesce(round(sum(impossible) / nullif(sum(pairs), 0), 6), 0) as share from total""")  # fmt: skip


def placebo_step() -> Step:
    """`family_placebo`: looked-after mothers with one child on the day told, and on average on days that were not."""
    shifts = ", ".join(f"({days}), ({-days})" for days in (0, *PLACEBO_DAYS))
    return scratch_step("family_placebo", f"""
        with told as (
          select distinct p.person_no, r.authority, e.date_from
          from events e join persons p on p.record_id = e.record_id join records r on r.record_id = e.record_id
          where e.kind = 'mother_of' and e.date_from is not null and r.authority is not null),
        shifted as (
          select t.person_no, s.days, count(distinct b.person_no) as children
          from told t cross join (select distinct days from (values {shifts}) as s(days)) s
          left join {FACTS} b on b.word = 'birth_in_authority'
            and b.value = hash(t.authority, (t.date_from + to_days(s.days::integer))::date)
          group by all)
        select count(*) filter (days = 0) as mothers,
          (count(*) filter (days = 0 and children = 1))::double / nullif(count(*) filter (days = 0), 0) as observed,
          (count(*) filter (days <> 0 and children = 1))::double / nullif(count(*) filter (days <> 0), 0) as by_chance
        from shifted""")  # fmt: skip


def precision_step() -> Step:
    """`family_rule_precision`: by rule and band of surname, a band with too few pairs as its whole rule."""
    compared = "count(*) filter (r.is_compared and c.agrees is not null and c.refusal in ('', 'other_mother'))"
    agreed = compared.replace("c.agrees is not null", "c.agrees")
    return table_step(PRECISION, f"""
        with pairs as (
          select distinct rule_no, person_no_l, person_no_r, band, coalesce(refusal, '') as refusal, agrees
          from {CLAIMS}),
        counted as (
          select c.rule_no, case when grouping(c.band) = 0 then c.band else -1 end as band,
            count(*) filter (c.refusal = '') as pairs, {compared} as compared, {agreed} as agreed,
            count(*) filter (r.has_births and c.refusal = 'impossible_births') as impossible
          from pairs c join family_rules r on r.rule_no = c.rule_no
          group by grouping sets ((c.rule_no, c.band), (c.rule_no))),
        judged as (
          select c.*, r.rule, r.assumed, h.share,
            case when c.compared >= {LEAST_COMPARED} then (c.agreed + 0.5) / (c.compared + 1) end as by_keys,
            case when r.has_births and (c.pairs + c.impossible) * h.share >= {LEAST_EXPECTED}
                 then least(c.impossible / nullif((c.pairs + c.impossible) * h.share, 0), 1) end as false_share,
            case when r.has_placebo and p.mothers >= {LEAST_MOTHERS}
                 then greatest(1 - coalesce(p.by_chance / nullif(p.observed, 0), 1), 0) end as by_placebo
          from counted c join family_rules r on r.rule_no = c.rule_no
          cross join family_chance h cross join family_placebo p),
        estimates as (
          select *,
            coalesce(by_keys, 1 - false_share * (1 - share) / (1 - false_share * share), by_placebo) as estimate,
            case when by_keys is not null then 'calibrated' else 'modelled' end as how
          from judged)
        select e.rule_no, e.rule, e.band, e.pairs, e.compared, e.agreed, e.impossible,
          round(coalesce(e.estimate, w.estimate, e.assumed), 6) as precision,
          case when e.estimate is not null then e.how when w.estimate is not null then w.how else 'assumed' end as basis
        from estimates e join estimates w on w.rule_no = e.rule_no and w.band = -1
        order by e.rule_no, e.band""")  # fmt: skip
