"""Namesakes: strangers of one whole name, who are more than its two parts would have by chance.

A forename and a surname go together: most of those called Muhammad have one of few surnames. Weighed each by itself as
if strangers drew them apart, MUHAMMAD KHAN looks rarer than he is, and his pairs surer. Two things tell how many more
there are. Within an ethnic group e strangers do draw them apart, more nearly,

    product = sum over e of P(e) P(forename | e) P(surname | e)

and the children of one whole name are there to be counted, by their birth dates. So where two records agree on the
whole name, strangers share it as often as

    share = (children + a) / (N + a / product)

and the bits of both names are less by log2(share / p), p the product of the two frequencies that they were weighed by.
`children` counts the birth dates, to the day, of records of the name, other than the two of the pair; N is the number
of children there are; a = 1/2, what is taken to be known beforehand of a rate (H. Jeffreys, Theory of Probability,
1961, 3.1). A whole name that is rarer than its parts gains nothing.
"""

from __future__ import annotations

from linkage.match.frequencies import frequency_table, rarest_share_sql
from linkage.match.pool import POOL
from linkage.packs import ModelSpec
from linkage.sql import Step, ident, scratch_step
from linkage.tables import CANDIDATES

NAMESAKES = "namesake_doubts"
NAMES = ("forename", "surname")
KNOWN_BEFOREHAND = 0.5  # a
DECIMALS = 6


def namesakes_step(spec: ModelSpec, pairs: str = CANDIDATES) -> Step:
    """`namesake_doubts` (record_id_l, record_id_r, namesake_bits, under 0): pairs of a table that share a whole name.

    None where the model does not weigh both names by how common they are.
    """
    if not set(NAMES) <= {level.tf for item in spec.comparison for level in item.levels}:
        return scratch_step(
            NAMESAKES, "select 0::bigint as record_id_l, 0::bigint as record_id_r, 0.0::double as namesake_bits limit 0"
        )
    day = "case when {0}.dob_precision = 'day' then {0}.dob end"
    weighed = " * ".join(f"greatest(f_{name}.tf_{name}, {rarest_share_sql()})" for name in NAMES)
    joins = "".join(f" join {frequency_table(name)} f_{name} on f_{name}.{name} = n.{name}" for name in NAMES)
    return scratch_step(
        NAMESAKES,
        f"""
        with named as (
          select c.record_id_l, c.record_id_r, l.forename, l.surname,
            len(list_distinct([{day.format("l")}, {day.format("r")}])) as own
          from {ident(pairs)} c
          join {POOL} l on l.record_id = c.record_id_l
          join {POOL} r on r.record_id = c.record_id_r
          where l.forename = r.forename and l.surname = r.surname),
        names as (select distinct forename, surname from named),
        told as (
          select ethnicity, forename, surname from {POOL}
          where ethnicity is not null and forename is not null and surname is not null),
        groups as (select ethnicity, count(*) as n from told group by ethnicity),
        {", ".join(_by_group_sql(name) for name in NAMES)},
        together as (
          select n.forename, n.surname, sum(f.n * s.n / g.n) * (select sum(n) from groups)
            / (any_value(f.whole) * any_value(s.whole)) as lift
          from names n
          join of_forename f on f.forename = n.forename
          join of_surname s on s.surname = n.surname and s.ethnicity = f.ethnicity
          join groups g on g.ethnicity = f.ethnicity
          group by n.forename, n.surname),
        held as (
          select n.forename, n.surname, count(*) as records,
            count(distinct p.dob) filter (p.dob_precision = 'day') as children
          from names n join {POOL} p on p.forename = n.forename and p.surname = n.surname
          group by n.forename, n.surname),
        overall as (
          select (select count(*) from {POOL} where forename is not null and surname is not null)
            * sum(children) / sum(records) as children
          from held),
        weighed as (select n.*, {weighed} as p from names n{joins}),
        rated as (
          select w.*, h.children as held, o.children, w.p * coalesce(t.lift, 1) as product
          from weighed w
          join held h on h.forename = w.forename and h.surname = w.surname
          left join together t on t.forename = w.forename and t.surname = w.surname
          cross join overall o)
        select n.record_id_l, n.record_id_r,
          round(-log2((greatest(r.held - n.own, 0) + {KNOWN_BEFOREHAND})
            / (r.children + {KNOWN_BEFOREHAND} / r.product) / r.p), {DECIMALS}) as namesake_bits
        from named n join rated r on r.forename = n.forename and r.surname = n.surname
        where namesake_bits < 0""",
    )


def _by_group_sql(name: str) -> str:
    return f"""of_{name} as (
          select t.{name}, t.ethnicity, count(*) as n, sum(n) over (partition by t.{name}) as whole
          from told t semi join names using ({name}) group by t.{name}, t.ethnicity)"""
