"""What happened to persons between the registry and this run, as events; and the registry as their replay.

An event that moves a record names it by its pseudonym, with the person it left (`person_id_from`) and the one it came
to (`person_id_to`); NULL: none.

    create      a new record is in a new person
    extend      a new record joined a known person
    merge       all of a person's records came to another known person
    split       some of a person's records became a person of their own
    transfer    a record went from one known person to another, in any other way
    retire      a record is no longer delivered; or, without a record, an id has no records left (to: where most went)
    never_link  two records (`record`, `other_record`) were put on the never-link list
    lift        they were taken off it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from linkage.cluster.inheritance import INHERITED
from linkage.sql import Connection, Step, rows, run_steps, scratch_step, table_step
from linkage.tables import PERSONS

EVENTS = "person_events"
COLUMNS = ("event_no", "event", "cause", "person_id_from", "person_id_to", "source", "record", "other_record")
LOG = "registry_log"  # the events of all earlier runs, with run_no


def make_events(con: Connection, *, changed: str | None) -> dict[str, int]:
    """Make `person_events` from `persons`, `inherited_ids` and what `cluster.registry` read; returns counts.

    `changed` is `rules` or `model` where these are not what they were; where none of a person's records is new or
    changed, that is the cause. Counted are events, the records that were known, and those that kept their ids.
    """
    run_steps(con, (_moves_step(), _asleep_step(), _touched_step(), _causes_step(changed), _events_step()))
    known, kept = rows(con, """
        select count(*), count(*) filter (person_id_from = person_id_to) from moves
        where person_id_from is not null and person_id_to is not null""")[0]  # fmt: skip
    events = {f"event_{event}": int(str(n)) for event, n in rows(
        con, f"select event, count(*) from {EVENTS} group by event order by event")}  # fmt: skip
    return {"known_records": int(str(known)), "kept_ids": int(str(kept)), **events}


def _moves_step() -> Step:
    """`moves`: every record of this run, and every one that is no longer delivered, with both of its persons."""
    return scratch_step("moves", f"""
        select k.record, k.source, k.person_id as person_id_from, p.person_id as person_id_to,
          k.person_id is null or not k.is_same as is_data
        from known_records k join {PERSONS} p on p.record_id = k.record_id
        union all
        select m.record, m.source, m.person_id, null, true
        from registry_members m
        where m.source in (select source from sources)
          and not exists (select 1 from known_records k where k.record = m.record)""")  # fmt: skip


def _asleep_step() -> Step:
    """`asleep`: members of sources that this run does not have; they go where their person went.

    They stay where the id stays; where it ends, they follow most of its records (of equal shares to the smallest id).
    """
    return scratch_step("asleep", f"""
        with ways as (
          select person_id_from, person_id_to, count(*) as n from moves
          where person_id_from is not null and person_id_to is not null group by all),
        followed as (
          select person_id_from, arg_min(person_id_to, (-n, person_id_to)) as person_id_to from ways group by 1)
        select m.record, m.source, m.person_id as person_id_from,
          case when i.person_id is not null then m.person_id else coalesce(f.person_id_to, m.person_id) end
            as person_id_to
        from registry_members m
        left join (select distinct person_id from {INHERITED}) i on i.person_id = m.person_id
        left join followed f on f.person_id_from = m.person_id
        where m.source not in (select source from sources)""")  # fmt: skip


def _touched_step() -> Step:
    """`touched_persons`: ids, old and new, in whom a record is new, changed or gone, or was decided upon."""
    return scratch_step("touched_persons", f"""
        with decided as (
          select distinct p.person_id, k.person_id as was
          from (select record_id_l as record_id from must_link union select record_id_r from must_link
                union select record_id_l from never_link union select record_id_r from never_link) o
          join {PERSONS} p on p.record_id = o.record_id
          join known_records k on k.record_id = o.record_id),
        told as (
          select unnest([person_id, was]) as person_id, 'override' as why from decided
          union
          select unnest([person_id_from, person_id_to]), 'data' from moves where is_data)
        select person_id, max(why) as why from told where person_id is not null group by person_id""")  # fmt: skip


def _causes_step(changed: str | None) -> Step:
    """`caused_moves`: what moved, with its event and cause."""
    return scratch_step(
        "caused_moves",
        """
        with every as (
          select record, source, person_id_from, person_id_to from moves
          union all
          select record, source, person_id_from, person_id_to from asleep),
        living as (select distinct person_id_to as person_id from every where person_id_to is not null),
        ways as (
          select person_id_from, count(distinct person_id_to) as n from every
          where person_id_from is not null and person_id_to is not null group by 1)
        select e.*,
          case when e.person_id_from is null and i.person_id is not null then 'extend'
            when e.person_id_from is null then 'create'
            when e.person_id_to is null then 'retire'
            when i.person_id is null then 'split'
            when l.person_id is null and w.n = 1 then 'merge'
            else 'transfer' end as event,
          case when e.person_id_from is null or e.person_id_to is null then 'data'
            else coalesce(f.why, t.why, $changed, 'data') end as cause
        from every e
        left join (select distinct person_id from registry_ids) i on i.person_id = e.person_id_to
        left join living l on l.person_id = e.person_id_from
        left join ways w on w.person_id_from = e.person_id_from
        left join touched_persons f on f.person_id = e.person_id_from
        left join touched_persons t on t.person_id = e.person_id_to
        where e.person_id_from is distinct from e.person_id_to""",
        {"changed": changed},
    )


def _events_step() -> Step:
    return table_step(EVENTS, """
        with ended as (
          select m.person_id_from, m.person_id_to, count(m.person_id_to) as n, min(m.cause) as cause
          from caused_moves m
          where m.person_id_from is not null
            and not exists (select 1 from moves s where s.person_id_to = m.person_id_from)
            and not exists (select 1 from asleep s where s.person_id_to = m.person_id_from)
          group by m.person_id_from, m.person_id_to),
        told as (
          select event, cause, person_id_from, person_id_to, source, record, null as other_record from caused_moves
          union all
          select 'retire', min(cause), person_id_from,
            arg_min(person_id_to, (-n, person_id_to)) filter (n > 0), null, null, null
          from ended group by person_id_from
          union all
          select event, 'override', null, null, null, record, other_record from never_changes)
        select row_number() over (order by record is null, event, person_id_to, person_id_from, record, other_record)
            as event_no, *
        from told order by event_no""")  # fmt: skip


def replay_sql(log: str = LOG) -> str:
    """The registry as a log of events makes it from empty: record, source, person_id of every record that is left."""
    return f"""
        select record, arg_max(source, (run_no, event_no)) as source,
          nullif(arg_max(coalesce(person_id_to, ''), (run_no, event_no)), '') as person_id
        from {log} where record is not null and event not in ('never_link', 'lift')
        group by record
        having arg_max(coalesce(person_id_to, ''), (run_no, event_no)) <> ''"""


def never_sql(log: str = LOG) -> str:
    """The pairs that the log holds on the never-link list: record, other_record."""
    return f"""
        select record, other_record from {log} where event in ('never_link', 'lift')
        group by record, other_record having arg_max(event, (run_no, event_no)) = 'never_link'"""


def forward(con: Connection, person_ids: Iterable[str], log: str = LOG) -> Mapping[str, tuple[str, ...]]:
    """The ids under which the records are now that ever were a person's, for each id; none where all are gone.

    None either where two of these persons must never meet: an old id does not tell who a child became.
    """
    return _resolved(con, person_ids, f"""
        select distinct e.person_id as asked, n.person_id as found
        from ({_ever_sql(log)}) e join ({replay_sql(log)}) n on n.record = e.record
        where e.person_id not in ({_parted_sql(log)})""")  # fmt: skip


def backward(con: Connection, person_ids: Iterable[str], log: str = LOG) -> Mapping[str, tuple[str, ...]]:
    """The ids that the records of a person of today ever had, its own among them, for each id.

    Without those that a person had in common with whom it must never meet now.
    """
    return _resolved(con, person_ids, f"""
        select distinct n.person_id as asked, e.person_id as found
        from ({_ever_sql(log)}) e join ({replay_sql(log)}) n on n.record = e.record
        where e.person_id not in ({_parted_sql(log)})""")  # fmt: skip


def _ever_sql(log: str) -> str:
    """Every person that a record was ever in."""
    return f"""select distinct record, person_id_to as person_id from {log}
        where person_id_to is not null and record is not null"""


def _parted_sql(log: str) -> str:
    """Ids that persons had in common who must never meet, and do not use any longer for both."""
    return f"""
        with now as ({replay_sql(log)}), never as ({never_sql(log)}),
        apart as (
          select l.person_id as one, r.person_id as other
          from never n join now l on l.record = n.record join now r on r.record = n.other_record),
        had as (
          select distinct e.person_id, n.person_id as now
          from ({_ever_sql(log)}) e join now n on n.record = e.record)
        select a.person_id from had a join had b on b.person_id = a.person_id
        join apart on apart.one = a.now and apart.other = b.now"""


def _resolved(con: Connection, person_ids: Iterable[str], sql: str) -> Mapping[str, tuple[str, ...]]:
    asked = sorted(set(person_ids))
    found: dict[str, list[str]] = {person_id: [] for person_id in asked}
    for person_id, other in rows(
        con, f"select asked, found from ({sql}) where asked in (select unnest($asked)) order by all", {"asked": asked}
    ):
        found[str(person_id)].append(str(other))
    return {person_id: tuple(others) for person_id, others in found.items()}
