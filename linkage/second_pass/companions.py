"""Companions: other children of a sure person's homes and families.

`companions` (person, companion; sure persons, both ways round): records of one household in one source, or with one
mother's, father's or family's id, that are two children by their forenames or birth dates.
"""

from __future__ import annotations

from linkage.match.guards import dob_conflict_sql, forename_conflict_sql
from linkage.match.households import KEYS, LARGEST_HOUSEHOLD, keys_step
from linkage.match.pool import POOL
from linkage.packs import ModelSpec
from linkage.sql import Step, scratch_step
from linkage.tables import RELATION_KEYS

SURE = "sure_persons"  # record_id, person: its smallest record id
COMPANIONS = "companions"
PARENT_KEYS = ("mother_id", "father_id", "family_id")


def companion_steps(spec: ModelSpec) -> tuple[Step, ...]:
    """`companions`, from the homes that the model's households are made of and from relation keys.

    A source may hold a child twice, so that two records of one home are not always two children: their forenames or
    birth dates must differ. A home or an id of more than twelve is no family's.
    """
    return (
        keys_step(spec),
        scratch_step(
            "parent_keys",
            f"""
            with held as (
              select distinct k.record_id, s.person, hash(k.kind, k.scope, k.value) as parent
              from {RELATION_KEYS} k join {SURE} s on s.record_id = k.record_id
              where k.kind in {PARENT_KEYS}),
            families as (
              select parent from held group by parent having count(distinct person) between 2 and {LARGEST_HOUSEHOLD})
            select h.record_id, h.parent from held h semi join families f on f.parent = h.parent""",
        ),
        scratch_step(
            COMPANIONS,
            f"""
            with homes as (select * from {KEYS} where size between 2 and {LARGEST_HOUSEHOLD}),
            pairs as (
              select l.record_id as record_id_l, r.record_id as record_id_r
              from homes l join homes r on r.household = l.household and r.source_no = l.source_no
                and r.record_id > l.record_id
              union
              select l.record_id, r.record_id
              from parent_keys l join parent_keys r on r.parent = l.parent and r.record_id > l.record_id),
            two as (
              select sl.person as person_l, sr.person as person_r
              from pairs p
              join {POOL} l on l.record_id = p.record_id_l join {POOL} r on r.record_id = p.record_id_r
              join {SURE} sl on sl.record_id = p.record_id_l join {SURE} sr on sr.record_id = p.record_id_r
              where sl.person <> sr.person and ({forename_conflict_sql()} or {dob_conflict_sql()}))
            select person_l as person, person_r as companion from two
            union
            select person_r, person_l from two""",
        ),
    )
