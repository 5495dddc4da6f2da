"""Components that break a rule: which they are, and what the repair needs to know of them.

Reads `components`, the decided pairs, `pool`, `record_upns` and `never_link`. Makes `apart_pairs` (record_id_l,
record_id_r, reason: records of one component that must not be in one person) and `broken_components` (component).
"""

from __future__ import annotations

from collections.abc import Mapping

from linkage.cluster.components import COMPONENTS
from linkage.cluster.constraints import BIRTH_DATES, BOTH_TWINS, NEVER_LINK, Edge, Member
from linkage.match.guards import PREDICATES, same_name_sql, twin_pattern_sql
from linkage.match.pool import POOL, RECORD_UPNS
from linkage.match.twinless import TWINLESS
from linkage.sql import Connection, Step, count, has_table, rows, run_steps, scratch_step
from linkage.tables import DECIDED

APART = "apart_pairs"
BROKEN = "broken_components"


def find_broken(con: Connection, *, all_rules: bool) -> None:
    """Make `apart_pairs` and `broken_components`; without `all_rules` only never-link pairs count."""
    run_steps(con, (apart_step(con, all_rules=all_rules), scratch_step(BROKEN, broken_sql(all_rules=all_rules))))


def apart_step(con: Connection, *, all_rules: bool) -> Step:
    """`apart_pairs`: never-link pairs, twins, and birth dates that no slip and no name reconciles.

    Only components with two birth dates or two forenames are looked at pair by pair. Two records with a link of their
    own that no guard held are not twins: the link was made in view of both forenames. In one source they are. Where a
    twinless source holds both, two of one surname are neither twins nor siblings (`are_in_twinless_sql`).
    """
    never = f"""
        select n.record_id_l, n.record_id_r, '{NEVER_LINK}' as reason
        from never_link n
        join {COMPONENTS} l on l.record_id = n.record_id_l
        join {COMPONENTS} r on r.record_id = n.record_id_r and r.component = l.component"""
    if not all_rules:
        return scratch_step(APART, never)
    return scratch_step(
        APART,
        f"""
        with suspects as (
          select c.component from {COMPONENTS} c join {POOL} p on p.record_id = c.record_id
          group by c.component having count(distinct p.dob) > 1 or count(distinct p.forename) > 1),
        members as (
          select c.component, p.* from {COMPONENTS} c join suspects using (component)
          join {POOL} p on p.record_id = c.record_id),
        judged as (
          select l.record_id as record_id_l, r.record_id as record_id_r, l.source_no = r.source_no as is_one_source,
            case when {same_name_sql("l", "r", "surname")} and {are_in_twinless_sql(con)} then null
              when {twin_pattern_sql()} then '{BOTH_TWINS}'
              when {incompatible_birth_dates_sql()} then '{BIRTH_DATES}' end as reason
          from members l join members r on r.component = l.component and r.record_id > l.record_id)
        {never}
        union all
        select j.record_id_l, j.record_id_r, j.reason
        from judged j
        left join {DECIDED} k
          on k.record_id_l = j.record_id_l and k.record_id_r = j.record_id_r and k.decision = 'link'
        where j.reason is not null
          and (j.reason <> '{BOTH_TWINS}' or j.is_one_source or k.record_id_l is null)
          and not exists (
            select 1 from never_link n where n.record_id_l = j.record_id_l and n.record_id_r = j.record_id_r)""",
    )


def are_in_twinless_sql(con: Connection) -> str:
    """Does a twinless source hold both children, if they are two: both records, or one and a link of the other?"""
    if not has_table(con, TWINLESS) or not count(con, TWINLESS):
        return "false"
    linked = f"""
        select k.record_id_l as record_id, p.source_no from {DECIDED} k
        join {POOL} p on p.record_id = k.record_id_r where k.decision = 'link'
        union all
        select k.record_id_r, p.source_no from {DECIDED} k
        join {POOL} p on p.record_id = k.record_id_l where k.decision = 'link'"""
    here = f"select source_no from {TWINLESS}"
    return f"""(l.source_no in ({here}) and (r.source_no = l.source_no or (r.record_id, l.source_no) in ({linked}))
              or r.source_no in ({here}) and (l.record_id, r.source_no) in ({linked}))"""


def incompatible_birth_dates_sql() -> str:
    """Birth dates differ by more than one slip, and no forename speaks for one child.

    1 January stands for a year in many records, of unaccompanied children above all: beside one, as beside a date known
    to the year, only years that are not next to each other are incompatible.
    """
    conflict = f"({PREDICATES['forename_and_dob_conflict']} or {PREDICATES['dob_conflict_without_names']})"
    is_a_year = " or ".join(f"{side}.dob_day_of_year = 101 or {side}.dob_precision = 'year'" for side in ("l", "r"))
    return f"({conflict} and not (({is_a_year}) and abs(l.dob_year - r.dob_year) <= 1))"


def broken_sql(*, all_rules: bool) -> str:
    """Components that hold a pair that must stay apart, two records of a unique source, or unconnected UPNs."""
    apart = f"select distinct c.component from {APART} a join {COMPONENTS} c on c.record_id = a.record_id_l"
    if not all_rules:
        return apart
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
        {apart}"""


def read_members(con: Connection, *, all_rules: bool) -> dict[int, list[Member]]:
    """The members of each broken component, by component, in the order of their records."""
    apart = _apart(con)
    members: dict[int, list[Member]] = {}
    for component, record_id, source_no, is_unique, groups in rows(con, _members_sql()):
        record = int(str(record_id))
        unique = int(str(source_no)) if is_unique and all_rules else None
        upns = frozenset(groups) if isinstance(groups, list) and all_rules else frozenset()
        members.setdefault(int(str(component)), []).append(Member(record, unique, upns, apart.get(record, {})))
    return members


def read_edges(con: Connection) -> dict[int, list[Edge]]:
    """The accepted links of each broken component, by component, in the order of their records."""
    edges: dict[int, list[Edge]] = {}
    for component, left, right, confidence, weight, is_manual in rows(con, _edges_sql()):
        edges.setdefault(int(str(component)), []).append(
            Edge(int(str(left)), int(str(right)), float(str(confidence)), float(str(weight)), bool(is_manual))
        )
    return edges


def _apart(con: Connection) -> Mapping[int, dict[int, str]]:
    """For each record, the records that it must not meet, and why."""
    found: dict[int, dict[int, str]] = {}
    for left, right, reason in rows(con, f"select record_id_l, record_id_r, reason from {APART} order by all"):
        found.setdefault(int(str(left)), {})[int(str(right))] = str(reason)
        found.setdefault(int(str(right)), {})[int(str(left))] = str(reason)
    return found


def _members_sql() -> str:
    return f"""
        select c.component, p.record_id, p.source_no, p.is_unique, u.upn_groups
        from {BROKEN} b
        join {COMPONENTS} c using (component)
        join {POOL} p on p.record_id = c.record_id
        left join {RECORD_UPNS} u on u.record_id = p.record_id
        order by c.component, p.record_id"""


def _edges_sql() -> str:
    return f"""
        select c.component, k.record_id_l, k.record_id_r, k.confidence, coalesce(k.match_weight, 0),
          k.stage = 'manual'
        from {BROKEN} b
        join {COMPONENTS} c using (component)
        join {DECIDED} k on k.record_id_l = c.record_id and k.decision = 'link'
        order by c.component, k.record_id_l, k.record_id_r"""
