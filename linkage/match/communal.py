"""Postcodes that say nothing of a home: of schools, children's homes and offices, found in the data.

Two children of one such postcode do not live together, so the agreement carries no weight and blocks no pair: the pool
holds the record as if it had no home.

Makes `communal_postcodes` (postcode, reason): `school` and `childrens_home` where a source says what the address is,
`crowd` where far more records of one source hold it, under many surnames, than hold a postcode there on average.
"""

from __future__ import annotations

from linkage.prepare.dates import LEAST_CROWD
from linkage.prepare.places import ADDRESSES
from linkage.sql import Connection, Step, has_table, scratch_step
from linkage.tables import RECORDS

COMMUNAL = "communal_postcodes"
# A foster carer has a few children placed in a year; from so many on it is a home for many. (Families count those who
# are there at one time; here a place is told by its year.)
CHILDREN_OF_A_HOME = 8
# A tower block holds some times as many children as a street; ten times is no place to live in.
CROWD_TIMES = 10
CROWD_SURNAMES = 0.5  # of the records of a crowd, how many surnames there are: a crowd is of no family


def communal_step(con: Connection) -> Step:
    """`communal_postcodes`, each postcode once."""
    told = _told_sql() if has_table(con, ADDRESSES) else "select null as postcode, null as reason limit 0"
    return scratch_step(
        COMMUNAL,
        f"""
        select postcode, min(reason) as reason
        from (select * from ({told}) union all select * from ({_crowds_sql()}))
        group by postcode""",
    )


def _told_sql() -> str:
    """Postcodes that a source names as a school's, and those of placements of many."""
    return f"""
        select postcode, 'school' as reason from {ADDRESSES}
        where kind = 'school' and precision = 'full' group by postcode
        union all
        select a.postcode, 'childrens_home'
        from {ADDRESSES} a join {RECORDS} r on r.record_id = a.record_id
        where a.kind = 'placement' and a.precision = 'full'
        group by a.postcode, r.source_no having count(distinct a.record_id) >= {CHILDREN_OF_A_HOME}"""


def _crowds_sql() -> str:
    return f"""
        with held as (
          select source_no, postcode, count(*) as n, count(distinct surname) as surnames
          from {RECORDS} where postcode is not null group by source_no, postcode),
        means as (select source_no, avg(n) as mean from held group by source_no)
        select h.postcode, 'crowd' as reason
        from held h join means m using (source_no)
        where h.n >= {LEAST_CROWD} and h.n > {CROWD_TIMES} * m.mean and h.surnames >= {CROWD_SURNAMES} * h.n
        group by h.postcode"""


def is_communal_sql(postcode: str) -> str:
    """Is a postcode one of these? False where it is not known."""
    return f"coalesce({postcode} in (select postcode from {COMMUNAL}), false)"
