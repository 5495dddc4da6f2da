"""The CIN and CLA tables of the NPD: the SQL from their variables to keys, rows and events."""

from __future__ import annotations

from linkage.sources.cells import number
from linkage.sources.npd_social_care_layout import Extracted
from linkage.sources.supplies import end_year, opaque
from linkage.sql import Connection, Step, ident, table_step
from linkage.tables import events_table, rows_table


def code_is_child(con: Connection, stage: str) -> bool:
    """Whether CHILD_LA_CODE_ANON names children and not authorities, told by its values.

    An authority has many children: it is one where there are less than half as many codes as ids of children or,
    where there are no such ids, as pupil matching references.
    """
    codes, ids, pmrs = (
        number(con, f"select count(distinct {name}) from {ident(stage)} where code is not null")
        for name in ("code", "child", "pmr")
    )
    return 2 * codes >= (ids or pmrs)


def key_steps(stage: str, keyed: str, kind: Extracted, *, by_code: bool) -> tuple[Step, ...]:
    """Makes the staged rows with `key`, `anonymised` (LA/CHILD) and `other_pmr`, the one PMR of the same child.

    `by_code` says that the children's ids are in the column `code`, and not the authorities.
    A row without a PMR takes it from other rows of the same child in the table of the year, or of the same authority's
    child, where these have exactly one. An authority may give an id to another child, as when its system changes, so
    that birth and sex must not differ (`is_other` where they do).
    """
    whole = ", ".join(f"coalesce({name}, '')" for name in kind.variables)
    child, place = opaque("code" if by_code else "child"), "la"
    if "code" in kind.variables and not by_code:
        place = "coalesce(la, code)"
    select = f"""
with plain as (select * replace ({opaque("pmr")} as pmr, {child} as child, {place} as la) from {ident(stage)}),
named as (
    select *, coalesce(la, '-') || '/' || child as anonymised, coalesce(year, '-') || '/' || table_id as of_year,
           {kind.birth} as birth, {_SEX} as known_sex
    from plain
),
of_child as (
    select anonymised, {_only("pmr")} as pmr, list(distinct birth) filter (birth is not null) as births,
           list(distinct known_sex) filter (known_sex is not null) as sexes
    from named where anonymised is not null and pmr is not null group by anonymised
),
in_year as (select of_year, {_only("pmr")} as pmr, {_only("anonymised")} as anonymised
            from named where of_year is not null group by of_year),
known as (
    select named.* exclude (anonymised), coalesce(named.anonymised, in_year.anonymised) as anonymised,
           coalesce(in_year.pmr, case when {_AGREES}
                                      then of_child.pmr end) as other_pmr,
           named.pmr is null and in_year.pmr is null and of_child.pmr is not null
               and not ({_AGREES}) as is_other
    from named
    left join in_year on in_year.of_year = named.of_year
    left join of_child on of_child.anonymised = coalesce(named.anonymised, in_year.anonymised)
),
nobody as (
    select file, row, '~' || left(md5(whole), 12) || case when copy > 1 then '.' || copy else '' end as key
    from (select file, row, whole, row_number() over (partition by whole order by file, row) as copy
          from (select file, row, concat_ws(chr(31), {whole}) as whole from known
                where coalesce(pmr, other_pmr, anonymised, table_id) is null))
)
select known.*, coalesce(pmr, other_pmr, anonymised, 'table:' || of_year, nobody.key) as key
from known left join nobody using (file, row)"""
    return (Step(keyed, f"create or replace temp table {ident(keyed)} as{select}"),)


# Sex in the codes of all years; NULL for those that say that it is not known, as before birth.
_SEX = """case upper(regexp_replace(sex, '[.]0$', '')) when '1' then 'M' when 'M' then 'M'
    when '2' then 'F' when 'F' then 'F' end"""


# Whether a row can be the child of `of_child`: sex and birth are known for it, or not known for either. A row without a
# birth may be of a child who was not born yet: then the child was born in the year before the end of its own or later.
_AGREES = f"""(coalesce(list_contains(of_child.sexes, named.known_sex), true) and case
    when of_child.births is null then true
    when named.birth is not null then list_contains(of_child.births, named.birth)
    else coalesce(left(list_max(of_child.births), 4) >= cast({end_year("named.year")} - 1 as varchar), true) end)"""


def _only(name: str) -> str:
    """SQL: the value of a group that has just one; NULL where it has none or several."""
    return f"case when count(distinct {name}) = 1 then min({name}) end"


def table_steps(source: str, keyed: str, kind: Extracted) -> tuple[Step, ...]:
    """Steps that make the row table and the event table."""
    fields = ",\n       ".join(f"{kind.values.get(name, name)} as {ident(name)}" for name in kind.fields)
    year = f"coalesce({end_year('year')}, file_year)"
    rows = f"""
select file, row, key, cast({year} as integer) as rank, cast(nullif({year}, 0) as integer) as year,
       {fields}
from {ident(keyed)}
order by file, row"""
    events = "\nunion\n".join(
        f"select key, '{event.kind}' as kind, cast({event.code} as varchar) as code, {event.date_from} as date_from, "
        f"cast({event.date_to} as varchar) as date_to\nfrom {ident(keyed)} where {event.condition}"
        for event in kind.events
    )
    return (table_step(rows_table(source), rows), table_step(events_table(source), events + "\norder by all"))
