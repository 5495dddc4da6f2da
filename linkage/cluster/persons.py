"""Persons: accepted links become a partition of all records, singletons included.

Writes `persons` (record_id, person_no, person_id, person_size, confidence, flags), `links` (the decided pairs, links
that were cut set to `review`) and `conflicts` (those of all stages, the cuts among them).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from linkage.cluster.components import label_components
from linkage.cluster.constraints import Cut, Edge, Member, repair
from linkage.errors import RefusedError
from linkage.match.pool import POOL, RECORD_UPNS
from linkage.sql import Connection, Step, count, rows, run_steps, scratch_step, table_step
from linkage.tables import CONFLICTS, CONFLICTS_OF_DECISIONS, CONFLICTS_OF_PASSES, DECIDED, LINKS, PERSONS, RECORDS

COMPONENTS = "components"
LARGEST_COMPONENT = 5_000  # a person with more records than this is a mistake in the data, not a child


@dataclass(frozen=True)
class PersonCount:
    """Persons made, those of more than one record, the largest, and links cut to keep the rules."""

    persons: int
    linked_persons: int
    largest: int
    cuts: int


def make_persons(con: Connection, *, run_key: str) -> PersonCount:
    """Make `persons` from `links`; `run_key` makes ids opaque and different from those of any other run."""
    _label(con, DECIDED)
    cuts = _repair_broken(con)
    _apply_cuts(con, cuts)
    if cuts:
        _label(con, LINKS)
    run_steps(con, (person_step(run_key),))
    made = rows(
        con,
        f"""
        select count(*), count(*) filter (person_size > 1), coalesce(max(person_size), 0)
        from (select person_no, max(person_size) as person_size from {PERSONS} group by person_no)""",
    )[0]
    persons, linked, largest = (int(str(value)) for value in made)
    return PersonCount(persons, linked, largest, len(cuts))


def _label(con: Connection, links: str) -> None:
    """`components` (record_id, component: its smallest record id) of the accepted links."""
    records = count(con, RECORDS)
    edges = con.execute(
        f"select record_id_l, record_id_r from {links} where decision = 'link' order by 1, 2"
    ).fetchnumpy()
    label = label_components(records, np.asarray(edges["record_id_l"]), np.asarray(edges["record_id_r"]))
    labelled = pa.table({"record_id": np.arange(records, dtype=np.int64), "component": label})
    con.register("labelled", labelled)
    run_steps(con, (scratch_step(COMPONENTS, "select record_id, component from labelled order by record_id"),))
    con.unregister("labelled")


def broken_components_sql() -> str:
    """Components that hold two records of a unique source, unconnected UPNs, or a never-link pair."""
    return f"""
        with linked as (
          select component from {COMPONENTS} group by component having count(*) > 1),
        members as (
          select c.component, p.record_id, p.source_no, p.is_unique
          from {COMPONENTS} c join linked using (component) join {POOL} p on p.record_id = c.record_id)
        select component from members where is_unique group by component, source_no having count(*) > 1
        union
        select m.component from members m join {RECORD_UPNS} u on u.record_id = m.record_id
        group by m.component having min(u.upn_groups[1]) <> max(u.upn_groups[-1])
        union
        select l.component
        from never_link n
        join {COMPONENTS} l on l.record_id = n.record_id_l
        join {COMPONENTS} r on r.record_id = n.record_id_r and r.component = l.component"""


def _repair_broken(con: Connection) -> list[Cut]:
    """Repair each broken component by itself; returns the cuts, in the order of the components."""
    run_steps(con, (scratch_step("broken_components", broken_components_sql()),))
    _refuse_giants(con)
    never = _never(con)
    members: dict[int, list[Member]] = {}
    for component, record_id, source_no, is_unique, groups in rows(con, _members_sql()):
        unique = int(str(source_no)) if is_unique else None
        upns = frozenset(groups) if isinstance(groups, list) else frozenset()
        record = int(str(record_id))
        members.setdefault(int(str(component)), []).append(Member(record, unique, upns, never.get(record, frozenset())))
    edges: dict[int, list[Edge]] = {}
    for component, left, right, confidence, weight, is_manual in rows(con, _edges_sql()):
        edges.setdefault(int(str(component)), []).append(
            Edge(int(str(left)), int(str(right)), float(str(confidence)), float(str(weight)), bool(is_manual))
        )
    return [cut for component in sorted(members) for cut in repair(members[component], edges.get(component, []))]


def _never(con: Connection) -> Mapping[int, frozenset[int]]:
    """For each record on the never-link list, the records it must not meet."""
    listed: dict[int, set[int]] = {}
    for left, right in rows(con, "select record_id_l, record_id_r from never_link"):
        listed.setdefault(int(str(left)), set()).add(int(str(right)))
        listed.setdefault(int(str(right)), set()).add(int(str(left)))
    return {record: frozenset(others) for record, others in listed.items()}


def _members_sql() -> str:
    return f"""
        select c.component, p.record_id, p.source_no, p.is_unique, u.upn_groups
        from broken_components b
        join {COMPONENTS} c using (component)
        join {POOL} p on p.record_id = c.record_id
        left join {RECORD_UPNS} u on u.record_id = p.record_id
        order by c.component, p.record_id"""


def _edges_sql() -> str:
    return f"""
        select c.component, k.record_id_l, k.record_id_r, k.confidence, coalesce(k.match_weight, 0),
          k.stage = 'manual'
        from broken_components b
        join {COMPONENTS} c using (component)
        join {DECIDED} k on k.record_id_l = c.record_id and k.decision = 'link'
        order by c.component, k.record_id_l, k.record_id_r"""


def _refuse_giants(con: Connection) -> None:
    largest = rows(con, f"select coalesce(max(n), 0) from (select count(*) as n from {COMPONENTS} group by component)")
    size = int(str(largest[0][0]))
    if size > LARGEST_COMPONENT:
        raise RefusedError(
            f"One component of links joins {size:,} records.",
            where="the accepted links",
            expected=f"at most {LARGEST_COMPONENT:,} records in a person",
            remedy="look for an identifier or a key that many children share (linkage check), and correct it",
        )


def _apply_cuts(con: Connection, cuts: list[Cut]) -> None:
    """Make `links` and `conflicts`: cut links stay for review, flagged, and each is a conflict."""
    table = pa.table({
        "record_id_l": pa.array([cut.edge.record_id_l for cut in cuts], pa.int64()),
        "record_id_r": pa.array([cut.edge.record_id_r for cut in cuts], pa.int64()),
        "reason": pa.array([cut.reason for cut in cuts], pa.string()),
    })  # fmt: skip
    con.register("cuts", table)
    run_steps(
        con,
        (
            scratch_step("cut_links", "select * from cuts order by record_id_l, record_id_r"),
            table_step(
                LINKS,
                f"""
                select d.* exclude (decision, flags), if(c.reason is null, d.decision, 'review') as decision,
                  if(c.reason is null, d.flags, list_append(d.flags, c.reason)) as flags
                from {DECIDED} d
                left join cut_links c on c.record_id_l = d.record_id_l and c.record_id_r = d.record_id_r""",
            ),
            table_step(
                CONFLICTS,
                f"""
                select * from {CONFLICTS_OF_PASSES}
                union all
                select * from {CONFLICTS_OF_DECISIONS}
                union all
                select 'person_breaks_a_rule', record_id_l, record_id_r, reason, 'cut' from cut_links""",
            ),
        ),
    )
    con.unregister("cuts")


def person_step(run_key: str) -> Step:
    """`persons`: ids are a hash of the run's key and a running number, never of anything a child carries.

    confidence: for a record with links, the surest of them; a record by itself is its own person, 1.
    """
    salt = hashlib.sha256(run_key.encode()).hexdigest()
    return table_step(
        PERSONS,
        f"""
        with sizes as (
          select component, count(*) as person_size, row_number() over (order by component) as person_no
          from {COMPONENTS} group by component),
        sureness as (
          select record_id, max(confidence) as confidence
          from (select record_id_l as record_id, confidence from {LINKS} where decision = 'link'
                union all
                select record_id_r, confidence from {LINKS} where decision = 'link')
          group by record_id),
        pending as (
          select distinct record_id
          from (select record_id_l as record_id from {LINKS} where decision = 'review'
                union all
                select record_id_r from {LINKS} where decision = 'review')),
        cut as (
          select distinct unnest([record_id_l, record_id_r]) as record_id from {CONFLICTS}
          where kind = 'person_breaks_a_rule')
        select c.record_id, s.person_no,
          'p_' || left(md5($salt || s.person_no), 20) as person_id,
          s.person_size::integer as person_size,
          coalesce(u.confidence, 1.0) as confidence,
          list_filter([case when x.record_id is not null then 'link_cut' end,
                       case when p.record_id is not null then 'review_pending' end], lambda f: f is not null) as flags
        from {COMPONENTS} c
        join sizes s on s.component = c.component
        left join sureness u on u.record_id = c.record_id
        left join pending p on p.record_id = c.record_id
        left join cut x on x.record_id = c.record_id""",
        {"salt": salt},
    )
