"""Dates: from text in the formats of returns, extracts and spreadsheets to a date and how much of it is known.

A date is the first day of what is known; its precision is `day`, `month` or `year`. A source's `date_formats` win;
otherwise whether the day or the month comes first is decided for each source and field from its own values (a
number above 12 is a day), and reported as a finding.

Reason codes:

    not_a_date    the text has none of the forms in `date_shapes`
    impossible    there is no such day, as 31 February
    default_date  what a system writes for "none" (1900-01-01, 9999-12-31 and others)
    out_of_range  before 1900 or after 2100
    future        later than a source of that year can know: births and deaths after the end of the next year,
                  expected births a year later
    default_day   kept with a lower precision, because the day is made up. A day of the month that more than half
                  of a source's birth dates share (at least 20, in at least 6 months of birth), as in data made
                  coarser before delivery: precision `month`. Otherwise 1 January, where it stands at least 20
                  times and more than three times as often as a day of the year should: precision `year`
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.prepare.date_shapes import (
    number_sql,
    pattern_precision,
    precision_sql,
    shape_sql,
    short_year_sql,
)
from linkage.prepare.inputs import BLANKS, Input, field_values, union_all, working_table
from linkage.schema import DATE_FIELDS
from linkage.sql import Step, ident, literal

DATES = "prepare__dates"
DATE_ORDERS = "prepare__date_orders"
ADDRESS_DATES = ("valid_from", "valid_to")
EVENT_DATES = ("date_from", "date_to")

# Written by systems and people for "none": the first days of .NET, SQL Server, Excel, Unix and of a century, the
# last day of time.
DEFAULT_DATES = (
    "0001-01-01", "1111-11-11", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1900-01-02", "1901-01-01",
    "1970-01-01", "2099-12-31", "2999-12-31", "9999-12-31",
)  # fmt: skip

EARLIEST_YEAR, LATEST_YEAR = 1900, 2100
# Last year that two digits can mean where neither the source nor a year written in full says better.
LATEST_SHORT_YEAR = 2049
# How many years after its own a source can know of.
_YEARS_AHEAD = {"dob": 1, "death_date": 1, "expected_dob": 2}

# Only births are spread so evenly over the year that a crowded day is a made-up one.
_SPREAD_FIELD = "dob"
LEAST_CROWD = 20
LEAST_MONTHS = 6
SHARED_DAY_PROPORTION = 0.5
NEW_YEAR_RATIO = 3

_FORMATS = ("iso", "dayfirst", "monthfirst", "compact")


def date_steps(inputs: Sequence[Input]) -> list[Step]:
    """Makes `prepare__dates`, one row per source, field and distinct non-blank text.

    Columns: source_no, field, raw (key); text (raw without blanks around it), date and precision (NULL where
    refused), why. Dates of addresses and events are the fields in ADDRESS_DATES and EVENT_DATES.
    """
    return [
        working_table("prepare__date_texts", _texts_sql(inputs)),
        working_table("prepare__date_numbers", _numbers_sql()),
        working_table("prepare__date_settings", _settings_sql(inputs)),
        working_table(DATE_ORDERS, _orders_sql()),
        working_table("prepare__date_values", _values_sql(inputs)),
        working_table("prepare__crowded_days", _crowded_days_sql()),
        working_table(DATES, _dates_sql()),
    ]


def _texts_sql(inputs: Sequence[Input]) -> str:
    selects = field_values(inputs, DATE_FIELDS)
    for source in inputs:
        for table, fields in (
            (source.extract.addresses, ADDRESS_DATES),
            (source.extract.events, EVENT_DATES),
        ):
            selects += [
                f"select {source.number}, {literal(field)}, {ident(field)} from {ident(table)}"
                for field in fields
                if table
            ]
    values = union_all(selects, empty="null::integer, null::varchar, null::varchar")
    return f"""
select source_no, field, raw, trim(raw, '{BLANKS}') as text, count(*) as n
from ({values}) as texts(source_no, field, raw)
where trim(raw, '{BLANKS}') <> ''
group by source_no, field, raw"""


def _numbers_sql() -> str:
    """The parts of each text as numbers; `a` and `b` are the two whose order is still open."""
    parts = ",\n".join(
        f"    {number_sql(part, text='text', shape='shape')} as {part}" for part in ("y", "m", "d", "a", "b")
    )
    return f"""
select
    source_no, field, raw, text, n, shape,
{parts},
    {short_year_sql(text="text", shape="shape")} as has_short_year,
    {precision_sql("shape")} as precision
from (select *, {shape_sql("text")} as shape from prepare__date_texts)"""


def _settings_sql(inputs: Sequence[Input]) -> str:
    settings = [
        f"select {source.number}, {literal(field)}, {literal(source.extract.date_formats.get(field))}, "
        f"{literal(source.spec.year)}"
        for source in inputs
        for field in (*DATE_FIELDS, *ADDRESS_DATES, *EVENT_DATES)
    ]
    values = union_all(settings, empty="null::integer, null::varchar, null::varchar, null::integer")
    return f"select * from ({values}) as settings(source_no, field, declared, source_year)"


def _orders_sql() -> str:
    """Per source and field: does the month come first, and what is the last year that two digits mean."""
    return f"""
select
    settings.source_no,
    settings.field,
    settings.declared,
    settings.source_year,
    coalesce(sum(numbers.n) filter (numbers.shape = 'numeric'), 0) as rows_numeric,
    coalesce(sum(numbers.n) filter (numbers.a > 12), 0) as rows_day_first,
    coalesce(sum(numbers.n) filter (numbers.b > 12), 0) as rows_month_first,
    case settings.declared
        when 'monthfirst' then true
        when 'dayfirst' then false
        else coalesce(sum(numbers.n) filter (numbers.b > 12), 0) > coalesce(sum(numbers.n) filter (numbers.a > 12), 0)
    end as month_first,
    coalesce(
        settings.source_year + 1,
        max(numbers.y) filter (
            not numbers.has_short_year and numbers.y between {EARLIEST_YEAR} and {LATEST_SHORT_YEAR}
        ),
        {LATEST_SHORT_YEAR}
    ) as latest_year
from prepare__date_settings as settings
left join prepare__date_numbers as numbers
    on numbers.source_no = settings.source_no and numbers.field = settings.field
group by settings.source_no, settings.field, settings.declared, settings.source_year"""


def _values_sql(inputs: Sequence[Input]) -> str:
    """Each text's date, NULL where there is no such day, and the reason for the first refusal."""
    return f"""
select
    source_no, field, raw, text, n,
    coalesce(declared_precision, precision) as precision,
    coalesce(declared_date, written_date) as date,
    case
        when declared_date is null and (shape is null or year is null or month is null) then 'not_a_date'
        when coalesce(declared_date, written_date) is null then 'impossible'
        when coalesce(declared_precision, precision) = 'day'
            and coalesce(declared_date, written_date) in ({_default_dates_sql()}) then 'default_date'
        when year(coalesce(declared_date, written_date)) not between {EARLIEST_YEAR} and {LATEST_YEAR}
        then 'out_of_range'
        when year(coalesce(declared_date, written_date)) > source_year + {_years_ahead_sql()} then 'future'
    end as why
from (
    select
        *,
        try_cast(printf('%04d-%02d-%02d', year, month, day) as date) as written_date
    from (
        select
            numbers.source_no, numbers.field, numbers.raw, numbers.text, numbers.n, numbers.shape,
            numbers.precision,
            orders.source_year,
            {_declared_sql(inputs, "try_strptime(numbers.text, {pattern})::date")} as declared_date,
            case when declared_date is not null then {_declared_sql(inputs, "{precision}")} end as declared_precision,
            case
                when not numbers.has_short_year then numbers.y
                when 2000 + numbers.y <= greatest(orders.latest_year, 2000) then 2000 + numbers.y
                else 1900 + numbers.y
            end as year,
            case
                when numbers.shape = 'numeric' then if(orders.month_first, numbers.a, numbers.b)
                when numbers.precision = 'year' then 1
                else numbers.m
            end as month,
            case
                when numbers.shape = 'numeric' then if(orders.month_first, numbers.b, numbers.a)
                when numbers.precision <> 'day' then 1
                else numbers.d
            end as day
        from prepare__date_numbers as numbers
        join {DATE_ORDERS} as orders
            on orders.source_no = numbers.source_no and orders.field = numbers.field
    )
)"""


def _declared_sql(inputs: Sequence[Input], template: str) -> str:
    """SQL: the template for each source and field with a strptime pattern, NULL for all others.

    DuckDB wants the pattern as a constant, so that there is one branch for each.
    """
    cases = " ".join(
        f"when numbers.source_no = {source.number} and numbers.field = {literal(field)} then "
        + template.format(pattern=literal(pattern), precision=literal(pattern_precision(pattern)))
        for source in inputs
        for field, pattern in source.extract.date_formats.items()
        if pattern not in _FORMATS
    )
    return f"case {cases} end" if cases else "null"


def _default_dates_sql() -> str:
    return ", ".join(f"date '{day}'" for day in DEFAULT_DATES)


def _years_ahead_sql() -> str:
    cases = " ".join(f"when {literal(field)} then {years}" for field, years in _YEARS_AHEAD.items())
    return f"case field {cases} end"


def _crowded_days_sql() -> str:
    """Days that are made up: (source_no, month, day), month NULL where the day of every month is."""
    return f"""
with births as (
    select source_no, date, n
    from prepare__date_values
    where field = '{_SPREAD_FIELD}' and why is null and precision = 'day'
),
totals as (
    select source_no, sum(n) as total, count(distinct date_trunc('month', date)) as months
    from births
    group by source_no
),
shared_days as (
    select births.source_no, day(births.date) as day
    from births
    join totals on totals.source_no = births.source_no
    where totals.months >= {LEAST_MONTHS}
    group by births.source_no, day(births.date), totals.total
    having sum(births.n) >= {LEAST_CROWD} and sum(births.n) > {SHARED_DAY_PROPORTION} * totals.total
),
crowded_new_years as (
    select births.source_no
    from births
    join totals on totals.source_no = births.source_no
    where month(births.date) = 1 and day(births.date) = 1
    group by births.source_no, totals.total
    having sum(births.n) >= {LEAST_CROWD} and sum(births.n) > {NEW_YEAR_RATIO} * totals.total / 365.25
)
select source_no, null::integer as month, day from shared_days
union all
select source_no, 1, 1 from crowded_new_years
where source_no not in (select source_no from shared_days)"""


def _dates_sql() -> str:
    return f"""
select
    dates.source_no,
    dates.field,
    dates.raw,
    dates.text,
    dates.n,
    case
        when dates.why is not null then null
        when crowded.source_no is not null then cast(date_trunc('month', dates.date) as date)
        else dates.date
    end as date,
    case
        when dates.why is not null then null
        when crowded.source_no is null then dates.precision
        when crowded.month is null then 'month'
        else 'year'
    end as precision,
    case when crowded.source_no is not null then 'default_day' else dates.why end as why
from prepare__date_values as dates
left join prepare__crowded_days as crowded
    on dates.field = '{_SPREAD_FIELD}'
    and dates.why is null
    and dates.precision = 'day'
    and crowded.source_no = dates.source_no
    and crowded.day = day(dates.date)
    and (crowded.month is null or crowded.month = month(dates.date))"""
