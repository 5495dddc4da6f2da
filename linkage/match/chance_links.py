"""How many links of a rule are two children of one name who happen to share a birthday.

Children who agree on all that a rule asks for but the day of birth, and were born in one year on different days, are
two children, but for a slip of the pen. A namesake born that year shares the day with one in 364 of those who do not.
So what the rule links by chance can be counted from what it does not link: pairs on other days of the year, over 364.
It holds for rules that ask for both names: twins share a birthday for another reason, and not their forenames.
"""

from __future__ import annotations

from linkage.match.pool import POOL
from linkage.packs import Rule
from linkage.sql import Connection, ident, rows
from linkage.tables import LINKS_DETERMINISTIC

OTHER_DAYS = 364.0
NAMED = ("forename", "surname", "dob")


def chance_links(con: Connection, rule: Rule) -> float | None:
    """Expected links by chance among pairs that no earlier rule had closed; None for a rule this cannot be said of."""
    if rule.identifiers or not set(NAMED) <= set(rule.fields):
        return None
    others = ", ".join(f"p.{ident(field)}" for field in rule.fields if field != "dob")
    known = " and ".join(f"p.{ident(field)} is not null" for field in rule.fields)
    found = rows(
        con,
        f"""
        with earlier as (
          select d.record_id_l, d.record_id_r, l.source_no as source_no_l, r.source_no as source_no_r
          from {LINKS_DETERMINISTIC} d
          join {POOL} l on l.record_id = d.record_id_l join {POOL} r on r.record_id = d.record_id_r
          where d.rule_no < coalesce((select min(rule_no) from {LINKS_DETERMINISTIC} where rule = $rule), 0)),
        closed as (
          select record_id_l as record_id, source_no_r as other from earlier
          union
          select record_id_r, source_no_l from earlier),
        keyed as (
          select p.record_id, p.source_no, hash({others}) as face, year(p.dob) as born, p.dob
          from {POOL} p where {known} and p.dob_precision = 'day'),
        held as (select face, born, dob, source_no, count(*) as n from keyed group by all),
        shut as (
          select k.face, k.born, k.dob, k.source_no, c.other, count(*) as n
          from keyed k join closed c on c.record_id = k.record_id group by all),
        of_year as (select face, born, source_no, sum(n) as n from held group by all),
        shut_of_year as (select face, born, source_no, other, sum(n) as n from shut group by all),
        all_pairs as (
          select (select coalesce(sum(l.n * r.n), 0) from of_year l
                  join of_year r on r.face = l.face and r.born = l.born and r.source_no > l.source_no)
            - (select coalesce(sum(l.n * r.n), 0) from held l
               join held r on r.face = l.face and r.dob = l.dob and r.source_no > l.source_no) as n),
        shut_pairs as (
          select (select coalesce(sum(l.n * r.n), 0) from shut_of_year l
                  join shut_of_year r on r.face = l.face and r.born = l.born
                    and r.source_no = l.other and r.other = l.source_no and r.source_no > l.source_no)
            - (select coalesce(sum(l.n * r.n), 0) from shut l
               join shut r on r.face = l.face and r.dob = l.dob
                 and r.source_no = l.other and r.other = l.source_no and r.source_no > l.source_no) as n)
        select greatest(a.n - s.n, 0) from all_pairs a, shut_pairs s""",
        {"rule": rule.id},
    )
    return float(str(found[0][0])) / OTHER_DAYS
