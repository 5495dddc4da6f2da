"""What families say of persons: two persons of one family, born on one day, who may be one child that linkage missed.

Only a hint: most have been compared already and are held apart by a guard, which no family outweighs
(`linkage.second_pass` looks at homes and parents' ids itself, before persons are made).
"""

from __future__ import annotations

from linkage.families.claims import CLAIMS
from linkage.families.relations import NEVER
from linkage.families.rules import FamilyRules
from linkage.sql import Connection, run_steps, table_step

HINTS = "family_hints"
IDS = frozenset({"mother_id", "father_id", "family_id"})


def make_hints(con: Connection, packs: FamilyRules) -> None:
    """Make `family_hints`: person_no_l, person_no_r, evidence, rules.

    Pairs that a rule on siblings refused because nothing tells the two apart: the same birth date (or the next day),
    and no difference in forename or sex. `evidence` is `key` where an id of their mother, father or family agrees, else
    `name_and_home`; `rules` is how many rules met them. Never-link pairs are left out.
    """
    keyed = [number for number, rule in enumerate(packs.rules) if IDS & set(rule.match)]
    run_steps(con, (table_step(HINTS, f"""
        select c.person_no_l, c.person_no_r,
          case when bool_or(list_contains({keyed}::integer[], c.rule_no)) then 'key'
            else 'name_and_home' end as evidence,
          count(distinct c.rule_no) as rules
        from {CLAIMS} c
        anti join {NEVER} n on n.person_no_l = c.person_no_l and n.person_no_r = c.person_no_r
        where c.refusal = 'perhaps_same_child'
        group by c.person_no_l, c.person_no_r order by c.person_no_l, c.person_no_r"""),))  # fmt: skip
