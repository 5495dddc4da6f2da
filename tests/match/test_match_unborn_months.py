"""Months of birth: whatever fits a due date has a month in common with it."""

from __future__ import annotations

import pytest

from linkage.match.guards import born_as_expected_sql
from linkage.match.unborn_months import MONTHS, months_step
from linkage.sql import Connection, connect, rows, run_steps

DUE = 0


@pytest.fixture(scope="module")
def con() -> Connection:
    """One child due in mid-March, and for each day from two years before to half a year after it a record born on that
    day, or in a month or year that is written as beginning on it, and one that is due on it."""
    made = connect(threads=1)
    made.execute("""
        create table pool as
        with days as (
          select unnest(generate_series(date '2010-03-15', date '2012-09-15', interval 1 day))::date as day),
        born as (select day, how from days, (values ('day'), ('month'), ('year'), ('due')) as t (how))
        select 0 as record_id, null::date as dob, null::varchar as dob_precision, date '2012-03-15' as expected_dob
        union all
        select row_number() over (order by how, day), if(how = 'due', null, day), if(how = 'due', null, how),
          if(how = 'due', day, null)
        from born""")
    made.execute(f"create table due_records as select record_id from pool where record_id = {DUE}")
    run_steps(made, (months_step(),))
    return made


def test_what_fits_a_due_date_has_a_month_in_common_with_it(con: Connection) -> None:
    fits = rows(
        con,
        f"""
        select r.record_id from pool l join pool r on r.record_id <> l.record_id
        where l.record_id = {DUE} and {born_as_expected_sql()}""",
    )
    met = rows(
        con,
        f"""
        select distinct r.record_id from {MONTHS} l join {MONTHS} r using (month)
        where l.is_due and not r.is_due and r.record_id <> {DUE}""",
    )
    assert len(fits) > 500
    assert set(fits) <= set(met)
    # No more than the rest of the months at the two ends.
    assert len(met) < len(fits) + 400
