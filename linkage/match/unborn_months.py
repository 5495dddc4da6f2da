"""Months of birth, known or expected: a key under which due records meet only the records that may be their children.

Without it every due record of an authority would be held against all of the authority's records, of whom nearly all
were born in other years.
"""

from __future__ import annotations

from linkage.match.guards import MOST_DAYS_EARLY, MOST_DAYS_LATE, day_after_birth_sql
from linkage.match.pool import POOL
from linkage.sql import Step, scratch_step

MONTHS = "unborn_months"


def months_step() -> Step:
    """`unborn_months` (record_id, is_due, month): the months in which a due record's child may be born, and those in
    which the child of any record was, or is due: what fits (`born_as_expected_sql`) has a month in common."""
    return scratch_step(
        MONTHS,
        f"""
        with due as (
          select record_id, expected_dob - {MOST_DAYS_EARLY} as earliest, expected_dob + {MOST_DAYS_LATE} as latest
          from {POOL} semi join due_records using (record_id)),
        spans as (
          select record_id, true as is_due, earliest, latest from due
          union all
          select record_id, false, coalesce(dob, expected_dob) as earliest,
            coalesce({day_after_birth_sql("p")} - interval 1 day, expected_dob) as latest
          from {POOL} p
          where latest >= (select min(earliest) from due) and earliest <= (select max(latest) from due))
        select record_id, is_due, unnest(generate_series(
          date_trunc('month', earliest), date_trunc('month', latest), interval 1 month))::date as month
        from spans""",
    )
