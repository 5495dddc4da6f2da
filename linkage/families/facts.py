"""What is known of persons that relations can be claimed from: one row per person, word and value.

`family_people`: person_no, birth, sex, surname (its key), has_title (a record has a title for a surname), forenames
(keys of the names), forename_keys (those and of their parts and full names), mothers, mother_scopes, fathers,
father_scopes, houses (places), house_scopes (the postcodes that they are in).
`family_facts`: person_no, word, value (hash), valid_from, valid_to, quality. Values are hashes: they are only ever
compared with one another.
"""

from __future__ import annotations

from collections.abc import Mapping

from linkage.families.homes import HOMES, HOUSES, PLACEMENTS, home_steps
from linkage.families.rules import Limits
from linkage.identifiers import value_sql
from linkage.prepare.name_codes import all_keys_sql
from linkage.prepare.name_lists import SHARED_TITLES
from linkage.sql import Connection, Step, literal, run_steps, scratch_step
from linkage.tables import PERSONS, RECORDS, RELATION_KEYS

PEOPLE = "family_people"
FACTS = "family_facts"


def make_facts(con: Connection, limits: Limits, years: Mapping[int, int]) -> None:
    """Make `family_people`, `family_homes`, `family_placements` and `family_facts`; `years` as in `home_steps`."""
    run_steps(con, (*people_steps(), *home_steps(limits, years), housed_step(), facts_step()))


def people_steps() -> tuple[Step, ...]:
    """One row per person: what most of its records say; NULL where two things are said equally often."""
    return (
        scratch_step("family_births", _most_said_sql("dob", "r.dob_precision = 'day'")),
        scratch_step("family_sexes", _most_said_sql("sex", "r.sex is not null")),
        scratch_step("family_surnames", _most_said_sql("surname_key", "r.surname_key is not null")),
        scratch_step(PEOPLE, _people_sql()),
    )


def housed_step() -> Step:
    """`family_people` with the houses of each, for who lives in one postcode and not in one house."""
    return scratch_step(PEOPLE, f"""
        with housed as (
          select person_no, list_distinct(list(house)) as houses, list_distinct(list(postcode)) as house_scopes
          from {HOUSES} where house is not null and postcode is not null group by person_no)
        select p.*, h.houses, h.house_scopes
        from {PEOPLE} p left join housed h on h.person_no = p.person_no""")  # fmt: skip


def _most_said_sql(column: str, condition: str) -> str:
    return f"""
        with said as (
          select p.person_no, r.{column} as value, count(*) as n
          from {PERSONS} p join {RECORDS} r on r.record_id = p.record_id where {condition} group by all),
        most as (select person_no, value, n = max(n) over (partition by person_no) as is_most from said)
        select person_no, case when count(*) = 1 then min(value) end as value
        from most where is_most group by person_no"""


def _people_sql() -> str:
    titles = ", ".join(map(literal, sorted(SHARED_TITLES.split())))
    return f"""
        with names as (
          select p.person_no, list_sort(list_distinct(list(r.forename_key))) as forenames,
            list_sort(list_distinct(flatten(list({all_keys_sql("forename", "r.")})))) as forename_keys
          from {PERSONS} p join {RECORDS} r on r.record_id = p.record_id
          where r.forename_key is not null group by p.person_no),
        titled as (
          select distinct p.person_no from {PERSONS} p join {RECORDS} r on r.record_id = p.record_id
          where r.surname in ({titles})),
        parents as (
          select p.person_no,
            list_distinct(list(hash(k.scope, k.value)) filter (k.kind = 'mother_id')) as mothers,
            list_distinct(list(k.scope) filter (k.kind = 'mother_id')) as mother_scopes,
            list_distinct(list(hash(k.scope, k.value)) filter (k.kind = 'father_id')) as fathers,
            list_distinct(list(k.scope) filter (k.kind = 'father_id')) as father_scopes
          from {RELATION_KEYS} k join {PERSONS} p on p.record_id = k.record_id
          where k.kind in ('mother_id', 'father_id') group by p.person_no)
        select d.person_no, d.person_id, b.value as birth, s.value as sex, f.value as surname,
          t.person_no is not null as has_title, n.forenames, n.forename_keys, k.mothers, k.mother_scopes, k.fathers,
          k.father_scopes
        from (select distinct person_no, person_id from {PERSONS}) d
        left join family_births b on b.person_no = d.person_no
        left join family_sexes s on s.person_no = d.person_no
        left join family_surnames f on f.person_no = d.person_no
        left join titled t on t.person_no = d.person_no
        left join names n on n.person_no = d.person_no
        left join parents k on k.person_no = d.person_no"""


def facts_step() -> Step:
    """`family_facts`, from the people, their keys, homes and placements."""
    own_id, named_id = value_sql("la_child_id", "i.value"), value_sql("la_child_id", "k.value")
    of_person = f"join {PERSONS} p on p.record_id ="
    timeless = "null::date as valid_from, null::date as valid_to, max(p.confidence) as quality"
    return scratch_step(
        FACTS,
        f"""
        select p.person_no, k.kind as word,
          case when k.kind = 'guardian' then hash(k.value) else hash(k.scope, upper({named_id})) end as value,
          {timeless}
        from {RELATION_KEYS} k {of_person} k.record_id group by all
        union all
        select p.person_no, 'own_id', hash(i.scope, upper({own_id})), {timeless}
        from identifiers i {of_person} i.record_id
        where i.scheme = 'la_child_id' and i.status = 'valid' and i.value is not null group by all
        union all
        select person_no, 'birth', hash(birth), null, null, 1.0 from {PEOPLE} where birth is not null
        union all
        select p.person_no, 'surname', hash(s.surname), {timeless}
        from (select record_id, unnest({all_keys_sql("surname")}) as surname from {RECORDS}) s
        {of_person} s.record_id group by all
        union all
        select p.person_no, 'full_name', hash(r.forename || ' ' || r.surname), {timeless}
        from {RECORDS} r {of_person} r.record_id
        where r.forename is not null and r.surname is not null
          and exists (select 1 from {RELATION_KEYS} k where k.kind = 'guardian') group by all
        union all
        select p.person_no, 'birth_of_her_child', hash(r.authority, e.date_from), {timeless}
        from events e {of_person} e.record_id join {RECORDS} r on r.record_id = e.record_id
        where e.kind = 'mother_of' and e.date_from is not null and r.authority is not null group by all
        union all
        select p.person_no, 'birth_in_authority', hash(r.authority, r.dob), {timeless}
        from {RECORDS} r {of_person} r.record_id
        where r.dob_precision = 'day' and r.authority is not null and 'true' in (r.cin, r.cla)
          and exists (select 1 from events e where e.kind = 'mother_of') group by all
        union all
        select p.person_no, 'adoptive_family_id', hash(r.authority, e.code), {timeless}
        from events e {of_person} e.record_id join {RECORDS} r on r.record_id = e.record_id
        where e.kind = 'family_id' and e.code is not null group by all
        union all
        select person_no, word, place, valid_from, valid_to, quality from {HOMES}
        union all
        select person_no, word, place, valid_from, valid_to, max(quality) from {PLACEMENTS}
        where word is not null group by all""",
    )
