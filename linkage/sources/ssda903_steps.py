"""SSDA903: the SQL from the staged rows of a return to the tables of a source."""

from __future__ import annotations

from linkage.sources.cells import without_point_zero
from linkage.sources.dates import parsed
from linkage.sql import Step, ident, table_step
from linkage.tables import addresses_table, events_table, rows_table

# Episodes that end in adoption: granted with consent dispensed with or not.
ADOPTED = ("E11", "E12")

# What a part of a return adds to the rank of a row; the rest of the rank is the year.
BY_PART = 10_000

KEY = "authority || '/' || child"


def table_steps(source: str, stage: str) -> tuple[Step, ...]:
    return (_rows_step(source, stage), _addresses_step(source, stage), _events_step(source, stage))


def _rows_step(source: str, stage: str) -> Step:
    """Rows, with the child's latest home postcode and whether the child is in the UASC file on each of them."""
    latest = f"coalesce({parsed('decom')}, timestamp '0001-01-01'), coalesce(decom, ''), home_post"
    return table_step(rows_table(source), f"""
with known as (select *, {KEY} as key from {ident(stage)} where child is not null),
homes as (select key, arg_max(home_post, row({latest})) as postcode from known
          where home_post is not null group by key),
unaccompanied as (select distinct key from known where part = 'uasc')
select file, row, key, cast(rank as integer) as rank,
       cast(nullif(rank % {BY_PART}, 0) as integer) as year, child as la_child_id, upn, dob, sex, ethnicity,
       homes.postcode as postcode, authority, 'true' as cla,
       case when unaccompanied.key is not null then 'true' end as uasc
from known left join homes using (key) left join unaccompanied using (key)
where row is not null
order by file, row""")  # fmt: skip


def _addresses_step(source: str, stage: str) -> Step:
    """Home postcode from the start of an episode, placement postcode for as long as the episode lasts."""
    return table_step(addresses_table(source), f"""
select distinct {KEY} as key, kind, postcode, cast(null as varchar) as address_line, cast(null as varchar) as uprn,
       valid_from, valid_to
from (
    select authority, child, 'home' as kind, home_post as postcode, decom as valid_from,
           cast(null as varchar) as valid_to
    from {ident(stage)} where part = 'episodes'
    union all
    select authority, child, 'placement', pl_post, decom, dec from {ident(stage)} where part = 'episodes'
)
where child is not null and postcode is not null
order by all""")  # fmt: skip


def _events_step(source: str, stage: str) -> Step:
    """Episodes, adoptions, and children who are mothers: MC_DOB is the birth of her child, never the child's own."""
    adopted = ", ".join(f"'{code}'" for code in ADOPTED)
    return table_step(events_table(source), f"""
select {KEY} as key, 'episode' as kind, coalesce(ls, '') || '|' || coalesce(place, '') as code,
       decom as date_from, dec as date_to
from {ident(stage)} where part = 'episodes' and child is not null
union all
select {KEY}, 'adopted', rec, dec, null
from {ident(stage)} where part = 'episodes' and child is not null and upper(rec) in ({adopted})
union all
select distinct {KEY}, 'mother_of', mother, mc_dob, null
from {ident(stage)} where child is not null
  and (mc_dob is not null or {without_point_zero('lower(mother)')} in ('1', 'true', 'y', 'yes'))
order by all""")  # fmt: skip
