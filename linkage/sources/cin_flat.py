"""CIN census as the flat file that regional platforms make of the returns: a row per dated event of a child.

Every row repeats what is known of the child and of the thing that the event belongs to. Ids bear the authority
(`1234_BAR`), and dates of birth are cut to the month, written as its first day.
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.errors import InputError
from linkage.findings import found, summed
from linkage.project import SourceSpec
from linkage.sources.authorities import (
    authority_in_suffix,
    authority_number,
    unknown_suffix,
    without_suffix,
)
from linkage.sources.births import FIRST_OF_MONTH, cut_to_month
from linkage.sources.cells import create_stage, drop_stages, number, stage_table, without_point_zero
from linkage.sources.cin_return import FIELDS, UASC_FACTOR
from linkage.sources.columns import Header
from linkage.sources.dates import ISO_OR_DAYFIRST, declared_format
from linkage.sources.files import year_in_name
from linkage.sources.grids import Grid
from linkage.sources.headings import Layout, find_compacted, stage_columns
from linkage.sql import Connection, Step, execute, ident, literal, run_steps, table_step
from linkage.tables import Extract, Finding, events_table, rows_table

LAYOUT: Layout = {
    "child": ("lachildid",), "date": ("date",), "type": ("type",),
    "referred": ("cinreferraldate",), "need": ("primaryneedcode",), "no_action": ("referralnfa",),
    "closed": ("cinclosuredate",), "reason": ("reasonforclosure",),
    "assessed": ("assessmentactualstartdate",), "authorised": ("assessmentauthorisationdate",),
    "factors": ("factors", "assessmentfactors"),
    "planned": ("cinplanstartdate",), "planned_to": ("cinplanenddate",), "s47": ("s47actualstartdate",),
    "cpp": ("cppstartdate",), "cpp_to": ("cppenddate",),
    "abuse": ("latestcategoryofabuse",), "first_abuse": ("initialcategoryofabuse",),
    "upn": ("upn",), "former_upn": ("formerupn",), "unknown": ("upnunknown",),
    "dob": ("personbirthdate",), "expected_dob": ("expectedpersonbirthdate",), "death_date": ("persondeathdate",),
    "sex": ("sex",), "gender": ("gendercurrent",), "ethnicity": ("ethnicity",),
    "disability": ("disabilities", "disability"), "la": ("la", "lea"), "year": ("year",),
}  # fmt: skip
_TELLING = ("child", "date", "type")

# Type of a row -> kind, code and dates of its event; `alone` says that the thing has another row that tells it whole.
_EVENTS: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("CINreferralDate", "referral", "need", "coalesce(referred, date)", "closed", "true"),
    ("CINreferralDate", "no_further_action", "null", "coalesce(referred, date)", "null",
     "lower(no_action) in ('1', '1.0', 'true', 't', 'y', 'yes')"),
    ("CINclosureDate", "closure", "reason", "coalesce(closed, date)", "null", "reason is not null"),
    ("AssessmentActualStartDate", "assessment", "factors", "coalesce(assessed, date)", "authorised", "true"),
    ("AssessmentAuthorisationDate", "assessment", "factors", "null", "coalesce(authorised, date)", "assessed is null"),
    ("CINPlanStartDate", "cin_plan", "null", "coalesce(planned, date)", "planned_to", "true"),
    ("CINPlanEndDate", "cin_plan", "null", "null", "coalesce(planned_to, date)", "planned is null"),
    ("S47ActualStartDate", "s47", "null", "coalesce(s47, date)", "null", "true"),
    ("CPPstartDate", "cpp", "coalesce(abuse, first_abuse)", "coalesce(cpp, date)", "cpp_to", "true"),
    ("CPPendDate", "cpp", "coalesce(abuse, first_abuse)", "null", "coalesce(cpp_to, date)", "cpp is null"),
)  # fmt: skip
# Types of rows that give no event of their own.
_OTHER_TYPES = ("CPPreviewDate", "DateOfInitialCPC", "PersonDeathDate")


def is_flat(header: Header) -> bool:
    """Whether a table has the columns of the flat file."""
    return set(_TELLING) <= set(find_compacted(header, LAYOUT))


def load_flat(con: Connection, spec: SourceSpec, grids: Sequence[Grid]) -> Extract:
    """Read flat files; every row of a child is a row, and the later year speaks.

    Rows without LAchildID are excluded (`no_key`). Raises InputError where an id has no authority behind it and
    neither the row nor the project names one.
    """
    stage = stage_table(spec.name, "flat")
    create_stage(con, stage, {"file": "varchar", "row": "bigint", "file_year": "bigint", "stated": "varchar",
                              **dict.fromkeys(LAYOUT, "varchar")})  # fmt: skip
    findings: list[Finding] = []
    for grid in grids:
        constants = {"file": grid.name, "file_year": year_in_name(grid.name) or spec.year or 0,
                     "stated": spec.authority}  # fmt: skip
        places = find_compacted(grid.header, LAYOUT)
        findings += stage_columns(con, spec.name, grid, stage, places, constants)
    excluded = number(con, f"select count(*) from {ident(stage)} where child is null")
    execute(con, f"delete from {ident(stage)} where child is null")
    if number(con, f"select count(*) from {ident(stage)} where {_AUTHORITY} is null and not {unknown_suffix('child')}"):
        raise _no_authority(grids[0], spec)
    run_steps(con, (_rows_step(spec.name, stage), _events_step(spec.name, stage)))
    formats = _date_formats(con, stage)
    findings += _findings(con, spec.name, stage, formats)
    drop_stages(con, [stage])
    return Extract(
        source=spec.name,
        rows=rows_table(spec.name),
        fields=FIELDS,
        events=events_table(spec.name),
        date_formats=formats,
        excluded={"no_key": excluded} if excluded else {},
        findings=summed(findings),
    )


def _no_authority(grid: Grid, spec: SourceSpec) -> InputError:
    return InputError("Nothing says which authority a child is of.", where=grid.name,
                      expected="ids such as 1234_BAR or 1234_822, or the authority's number in the column LA",
                      remedy=f'add `authority = "301"` to [sources.{spec.name}]')  # fmt: skip


# --- from the staging table to the tables of a source --------------------------------------------

_AUTHORITY = f"coalesce({authority_in_suffix('child')}, {authority_number('la')}, stated)"
_CHILD = without_point_zero(without_suffix("child"))
# An id whose suffix nobody knows is good as it is: it names its authority in a way of its own.
_KEY = f"coalesce({_AUTHORITY} || '/', '') || {_CHILD}"


def _rows_step(source: str, stage: str) -> Step:
    year = r"coalesce(try_cast(regexp_extract(year, '\d{4}') as integer), file_year)"
    return table_step(rows_table(source), f"""
with known as (select *, {_KEY} as key from {ident(stage)}),
flags as (
    select key, bool_or(lower(type) in ('cppstartdate', 'cppenddate', 'cppreviewdate')) as cpp,
           bool_or(coalesce(list_contains(regexp_split_to_array(upper(factors), '[^A-Z0-9]+'), '{UASC_FACTOR}'), false))
               as uasc
    from known group by key
)
select file, row, key, cast({year} as integer) as rank, cast(nullif({year}, 0) as integer) as year,
       {_CHILD} as la_child_id, upn, former_upn, dob, expected_dob, death_date,
       coalesce(known.sex, gender) as sex, ethnicity, disability, {_AUTHORITY} as authority, 'true' as cin,
       case when flags.cpp then 'true' end as cpp, case when flags.uasc then 'true' end as uasc
from known join flags using (key)
order by file, row""")  # fmt: skip


def _events_step(source: str, stage: str) -> Step:
    """Events as the XML return gives them; a case that is open for years is in the file of each."""
    selects = [
        f"select {_KEY} as key, '{kind}' as kind, {code} as code, {start} as date_from, {end} as date_to\n"
        f"from {ident(stage)} where lower(type) = '{name.lower()}' and {condition}"
        for name, kind, code, start, end, condition in _EVENTS
    ]
    selects.append(f"select {_KEY}, 'upn_unknown', unknown, null, null from {ident(stage)} where unknown is not null")
    return table_step(events_table(source), "\nunion\n".join(selects) + "\norder by all")


def _date_formats(con: Connection, stage: str) -> dict[str, str]:
    declared: dict[str, str] = {}
    for name in ("dob", "expected_dob", "death_date"):
        declared |= cut_to_month(con, stage, name) or declared_format(con, stage, name, ISO_OR_DAYFIRST)
    for how in declared_format(con, stage, "date", ISO_OR_DAYFIRST).values():
        declared |= {"date_from": how, "date_to": how}
    return declared


def _findings(con: Connection, source: str, stage: str, formats: dict[str, str]) -> list[Finding]:
    types = ", ".join(literal(name.lower()) for name in (*(event[0] for event in _EVENTS), *_OTHER_TYPES))
    counts = {
        ("DT016", "dob"): number(con, f"select count(dob) from {ident(stage)}")
        if formats.get("dob") == FIRST_OF_MONTH else 0,
        ("ID008", "la_child_id"): number(con, f"select count(*) from {ident(stage)} where {unknown_suffix('child')}"),
        ("FI019", ""): number(con, f"select count(*) from {ident(stage)} "
                                    f"where type is null or lower(type) not in ({types})"),
        ("ID007", ""): number(con, f"select count(distinct {_KEY}) from {ident(stage)} "
                                    "where upn is not null and unknown is not null"),
        ("DT019", ""): number(con, f"select count(distinct {_KEY}) from {ident(stage)} "
                                    "where dob is not null and expected_dob is not null"),
    }  # fmt: skip
    return [found(code, source, count, field) for (code, field), count in counts.items() if count]
