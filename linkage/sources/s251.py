"""Format `s251`: the placement-level return on what placements of looked-after children cost (Section 251)."""

from __future__ import annotations

from collections.abc import Sequence

from linkage.findings import found, summed
from linkage.project import SourceSpec
from linkage.sources.authorities import (
    authority_in_suffix,
    authority_number,
    authority_of,
    stated_authority,
    unknown_suffix,
    without_suffix,
)
from linkage.sources.births import differing_births
from linkage.sources.cells import create_stage, drop_stages, number, stage_table, without_point_zero
from linkage.sources.columns import Header
from linkage.sources.contract import Format, Part
from linkage.sources.dates import ISO_OR_DAYFIRST, declared_format
from linkage.sources.files import SourceFile, year_in_name
from linkage.sources.grids import SUFFIXES, Grid, read_grid
from linkage.sources.headings import Found, Layout, find_by_words, find_compacted, stage_columns
from linkage.sources.kinds import WrongKindError
from linkage.sql import Connection, Step, execute, ident, run_steps, table_step
from linkage.tables import Extract, Finding, addresses_table, events_table, rows_table

FIELDS = ("la_child_id", "dob", "sex", "ethnicity", "postcode", "authority", "sen", "disability", "cla", "uasc")

LAYOUT: Layout = {
    "child": ("child id", "child unique id", "childid"),
    "dob": ("date of birth", "dob"),
    "sex": ("gender", "sex"),
    "ethnicity": ("ethnicity",),
    "disability": ("disability",),
    "uasc": ("is the child uasc", "uasc"),
    "ehcp": ("does the child have an ehcp", "ehcp"),
    "legal": ("legal status",),
    "started": ("placement start date",),
    "ended": ("placement end date",),
    "place": ("placement type",),
    "home_postcode": ("home postcode",),
    "placement_postcode": ("placement postcode",),
}
# What regional platforms add, under these headings and no other.
ADDED: Layout = {"la": ("la",), "year": ("year",), "quarter": ("quarter",)}
# Known, and of no use for linkage; `Ofsted URN` is the number of a provider and never a school's.
UNUSED = (
    "category of need", "date of last assessment", "number of missing episodes in current period of care",
    "date of start of current care period", "reason for placement change", "number of placements in the last 12 months",
    "number of placements in last 12 months", "number of placements in current care period", "provider type",
    "procurement platform", "procurement framework", "ofsted urn", "la of placement",
    "total committed cost accrued fy to date", "total committed cost accrued in fy to date",
    "contribution from social care provider s", "contribution from health provider s",
    "contribution from education provider s", *ADDED,
)  # fmt: skip
# What a header row is looked for by.
_HEADINGS = ("Child ID", "Date of birth", "Gender", "Ethnicity", "Disability", "Is the child UASC", "Legal status",
             "Placement start date", "Placement end date", "Placement type", "Home postcode",
             "Placement postcode")  # fmt: skip
_PLACEMENT = ("started", "ended", "place", "placement_postcode", "home_postcode", "legal")
_YES = "regexp_full_match(ehcp, 'y|yes|true|1|a\\) yes', 'i')"


def load(con: Connection, spec: SourceSpec, files: Sequence[SourceFile]) -> Extract:
    """Read the placements of a source; a row is a placement, and those of one child fold.

    Rows without Child ID are excluded (`no_key`). Raises InputError where no file has children and placements, or
    where nothing says whose they are.
    """
    stage = stage_table(spec.name, "placements")
    create_stage(con, stage, {"file": "varchar", "row": "bigint", "file_year": "bigint", "stated": "varchar",
                              **dict.fromkeys((*LAYOUT, *ADDED), "varchar")})  # fmt: skip
    findings: list[Finding] = []
    read = 0
    for file in files:
        grid = read_grid(file, spec.sheet, _HEADINGS)
        columns = find_by_words(grid.header, LAYOUT, UNUSED)
        if not _is_return(columns):
            findings.append(found("FI006", spec.name, 1))
            continue
        read += 1
        findings += _stage_file(con, spec, file, grid, columns, stage)
    if not read:
        raise _no_return(files[0])
    excluded = number(con, f"select count(*) from {ident(stage)} where child is null")
    execute(con, f"delete from {ident(stage)} where child is null")
    _check_authorities(con, stage, files, spec)
    run_steps(con, _steps(spec.name, stage))
    findings += differing_births(con, spec.name)
    if unknown := number(con, f"select count(*) from {ident(stage)} where {unknown_suffix('child')}"):
        findings.append(found("ID008", spec.name, unknown, field="la_child_id"))
    extract = Extract(
        source=spec.name,
        rows=rows_table(spec.name),
        fields=FIELDS,
        addresses=addresses_table(spec.name),
        events=events_table(spec.name),
        date_formats=_date_formats(con, stage),
        excluded={"no_key": excluded} if excluded else {},
        findings=summed(findings),
    )
    drop_stages(con, [stage])
    return extract


def _is_return(columns: Found) -> bool:
    places = columns.places
    return "child" in places and bool({"started", "placement_postcode", "place"} & set(places))


def _stage_file(
    con: Connection, spec: SourceSpec, file: SourceFile, grid: Grid, columns: Found, stage: str
) -> list[Finding]:
    constants = {"file": grid.name, "file_year": spec.year or year_in_name(file.name) or 0,
                 "stated": stated_authority(file, spec)}  # fmt: skip
    places = {**columns.places, **find_compacted(grid.header, ADDED)}
    findings = stage_columns(con, spec.name, grid, stage, places, constants)
    if columns.unknown:
        findings.append(found("FI011", spec.name, columns.unknown))
    return findings + [found("FI012", spec.name, 1, field=name) for name in columns.missing]


def _check_authorities(con: Connection, stage: str, files: Sequence[SourceFile], spec: SourceSpec) -> None:
    """Raise the error of `authority_of` where rows have no authority at all."""
    if number(con, f"select count(*) from {ident(stage)} where {_AUTHORITY} is null"):
        for file in files:
            authority_of(file, spec)


def _no_return(file: SourceFile) -> WrongKindError:
    return WrongKindError(
        "No file has the columns of an S251 return on placements.",
        file=file,
        expected="the column `Child ID`, and `Placement start date` or `Placement postcode`",
    )


# --- from the staging table to the tables of a source --------------------------------------------

# A suffix counts where it is London's letters or what the row itself says of its authority: ids may hold an underscore.
_SUFFIX = authority_in_suffix("child")
_IS_SUFFIX = (f"coalesce({_SUFFIX} is not null and (right(child, 1) not between '0' and '9' "
              f"or {_SUFFIX} = coalesce({authority_number('la')}, stated)), false)")  # fmt: skip
_CHILD = without_point_zero(f"case when {_IS_SUFFIX} then {without_suffix('child')} else child end")
_AUTHORITY = f"coalesce(case when {_IS_SUFFIX} then {_SUFFIX} end, {authority_number('la')}, stated)"
_KEY = f"{_AUTHORITY} || '/' || {_CHILD}"


def _steps(source: str, stage: str) -> tuple[Step, ...]:
    return (_rows_step(source, stage), _addresses_step(source, stage), _events_step(source, stage))


def _rows_step(source: str, stage: str) -> Step:
    """Placements; the later year speaks, then the later quarter."""
    year = r"coalesce(try_cast(regexp_extract(year, '\d{4}') as integer), file_year)"
    quarter = r"coalesce(try_cast(nullif(regexp_extract(quarter, '\d'), '') as integer), 0)"
    return table_step(rows_table(source), f"""
select file, row, {_KEY} as key, cast({year} * 10 + {quarter} as integer) as rank,
       cast(nullif({year}, 0) as integer) as year, {_CHILD} as la_child_id,
       dob, sex, ethnicity, home_postcode as postcode, {_AUTHORITY} as authority,
       case when {_YES} then 'E' end as sen, disability,
       case when legal is not null then 'true' end as cla, uasc
from {ident(stage)}
order by file, row""")  # fmt: skip


def _addresses_step(source: str, stage: str) -> Step:
    """The home that the child came from, and the place of the placement for as long as it lasts."""
    return table_step(addresses_table(source), f"""
select distinct {_KEY} as key, kind, postcode, cast(null as varchar) as address_line, cast(null as varchar) as uprn,
       valid_from, valid_to
from (
    select *, 'home' as kind, home_postcode as postcode, started as valid_from, cast(null as varchar) as valid_to
    from {ident(stage)}
    union all
    select *, 'placement', placement_postcode, started, ended from {ident(stage)}
)
where postcode is not null
order by all""")  # fmt: skip


def _events_step(source: str, stage: str) -> Step:
    return table_step(events_table(source), f"""
select distinct {_KEY} as key, 'episode' as kind, coalesce(legal, '') || '|' || coalesce(place, '') as code,
       started as date_from, ended as date_to
from {ident(stage)} where coalesce(started, ended, legal, place) is not null
order by all""")  # fmt: skip


def _date_formats(con: Connection, stage: str) -> dict[str, str]:
    """Day first, as the return prescribes; real dates of a workbook are ISO text."""
    declared = declared_format(con, stage, "dob", ISO_OR_DAYFIRST) or {"dob": "dayfirst"}
    return {**declared, **dict.fromkeys(("valid_from", "valid_to", "date_from", "date_to"), "dayfirst")}


def part_of(header: Header, title: str) -> Part | None:
    """Placements, where a table has the ids of children and at least three of the columns of a placement."""
    places = find_by_words(header, LAYOUT, UNUSED).places
    placed = [name for name in _PLACEMENT if name in places]
    return Part("placements", len(placed) > 3) if "child" in places and len(placed) > 2 else None


FORMAT = Format(
    name="s251",
    what="an S251 return",
    title="Section 251 return on placements of looked-after children",
    files="CSV files or workbooks with a row per placement; a file, a folder or a glob",
    suffixes=SUFFIXES,
    key="LA/Child ID",
    fields=FIELDS,
    notes=(
        "The authority is the one behind the id (1234_BAR, 1234_822), else in the column LA, else from the project or "
        "a folder named by three digits.",
        "Zeros in front of an id stay, the `.0` of a spreadsheet goes; regional platforms may have lost zeros before.",
        "Home postcode is a home address, Placement postcode a placement; Ofsted URN is never taken for a school.",
        "cla is true where a legal status is given; sen is E where the child has an EHCP.",
        "Headings are found by their words; columns that are missing or not known are reported.",
        "Events: episode (code: legal status|placement type).",
    ),
    load=load,
    part_of=part_of,
    headings=_HEADINGS,
)
