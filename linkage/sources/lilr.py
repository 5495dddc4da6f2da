"""Format `lilr`: the learner and aim tables of the longitudinal ILR, as LEO has them: pseudonyms and no birth date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from linkage.findings import found, noted, summed
from linkage.project import SourceSpec
from linkage.sources import leo
from linkage.sources.cells import create_stage, drop_stages, number, stage_table
from linkage.sources.columns import Header, compact
from linkage.sources.contract import Format, Part
from linkage.sources.dates import ISO_OR_DAYFIRST, declared_format
from linkage.sources.files import SourceFile, year_in_name
from linkage.sources.grids import Grid
from linkage.sources.supplies import SUFFIXES, end_year, known_tables, missing_code, no_table, opaque, unscoped
from linkage.sql import Connection, Step, execute, ident, run_steps, table_step
from linkage.tables import Extract, Finding, addresses_table, events_table, rows_table

Kind = Literal["learners", "aims"]

_IDS: Mapping[str, tuple[str, ...]] = {
    "external_id": ("externalid",), "learner_id": ("learnerid", "learnrefnumber"),
    "provider": ("ukprnanon", "ukprn"), "year": ("year", "academicyear"),
}  # fmt: skip
# Staged column -> its names, compacted; the first that is there is taken.
COLUMNS: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    "learners": {
        **_IDS, "recordid": ("recordid",), "uln": ("uln",), "sex": ("sex", "gender"), "ethnicity": ("ethnicity",),
        "lldd": ("lldd",), "postcode": ("currentpstcode",), "postcode_prior": ("priorpstcode",),
    },
    # Names of the dates of an aim are not confirmed; these are the ones of the ILR and their plain forms.
    "aims": {
        **_IDS, "aim": ("learnaimref", "aimref", "aimtype"), "starts": ("learnstartdate", "aimstartdate", "startdate"),
        "ends": ("learnactenddate", "aimenddate", "enddate"),
    },
}  # fmt: skip
AIMS_TELL = frozenset({"aimtype", "aimrankinyear", "learnaimref"})

FIELD_SQL: dict[str, str] = {
    "pseudonym": "pseudonym", "learner_ref": "learner_id", "ukprn": "provider", "uln": "uln", "sex": "sex",
    "ethnicity": "ethnicity", "disability": "case lldd when '1' then 'Y' when '2' then 'N' end", "postcode": "postcode",
}  # fmt: skip
_STAGED_AS = {"pseudonym": ("recordid", "external_id"), "learner_ref": ("learner_id",), "ukprn": ("provider",),
              "disability": ("lldd",)}  # fmt: skip

WHAT = "a table of learners of the longitudinal ILR"
EXPECTED = "a column external_id or learner_id with ukprn_anon"


@dataclass(frozen=True)
class Layout:
    """Which table a file is, and where its columns are."""

    kind: Kind
    columns: Mapping[str, int]


def load(con: Connection, spec: SourceSpec, files: Sequence[SourceFile]) -> Extract:
    """Read the tables of a supply. A row is a row of a learners table; aims become events of their learners.

    Rows without external_id and without learner_id are excluded (`no_key`). Raises InputError where no file has
    learners.
    """
    stages: dict[Kind, str] = {kind: stage_table(spec.name, kind) for kind in COLUMNS}
    for kind, columns in COLUMNS.items():
        create_stage(con, stages[kind], {"file": "varchar", "row": "bigint", "file_year": "integer",
                                         **dict.fromkeys(columns, "varchar")})  # fmt: skip
    tables, findings = known_tables(files, layout_of, spec.name)
    layouts = [layout for _, layout in tables]
    if not any(layout.kind == "learners" for layout in layouts):
        raise no_table(files[0], what=WHAT, columns=EXPECTED)
    for grid, layout in tables:
        findings += _stage(con, grid, layout, spec, stages[layout.kind])

    there = {column for layout in layouts if layout.kind == "learners" for column in layout.columns}
    names = tuple(name for name in FIELD_SQL if there.intersection(_STAGED_AS.get(name, (name,))))
    run_steps(con, _steps(spec.name, stages, names))
    learners = ident(stages["learners"])
    excluded = number(con, f"select count(*) from {learners} where {_key_sql()} is null")
    missing = number(con, f"select count(*) from {learners} where {missing_code('recordid')}")
    undated = [layout for layout in layouts if layout.kind == "aims" and "starts" not in layout.columns]
    extract = Extract(
        source=spec.name,
        rows=rows_table(spec.name),
        fields=tuple(name for name in names if name != "ukprn"),
        addresses=addresses_table(spec.name),
        events=events_table(spec.name),
        date_formats=_date_formats(con, stages["aims"]),
        excluded={"no_key": excluded} if excluded else {},
        findings=(
            *summed(findings),
            *unscoped(spec, "pseudonym"),
            *noted("ID011", spec.name, missing, "pseudonym"),
            *noted("FI015", spec.name, _lost_aims(con, spec.name, stages["aims"])),
            *noted("FI016", spec.name, len(undated)),
        ),
    )  # fmt: skip
    drop_stages(con, stages.values())
    return extract


def layout_of(header: Header) -> Layout | None:
    """The layout that the column names tell, whatever their case; None for no table of learners or aims."""
    places: dict[str, int] = {}
    for at, name in enumerate(header.names):
        places.setdefault(compact(name), at)
    kind: Kind = "aims" if AIMS_TELL & set(places) else "learners"
    found_at = {staged: next((places[name] for name in names if name in places), None)
                for staged, names in COLUMNS[kind].items()}  # fmt: skip
    columns = {staged: at for staged, at in found_at.items() if at is not None}
    by_provider = "learner_id" in columns and "ukprnanon" in places
    return Layout(kind, columns) if "external_id" in columns or by_provider else None


def _stage(con: Connection, grid: Grid, layout: Layout, spec: SourceSpec, stage: str) -> list[Finding]:
    one = stage_table(spec.name, "file")
    noticed = list(grid.stage(con, one, layout.columns))
    execute(con, f"insert into {ident(stage)} by name\n"
                 f"select $file as file, $year as file_year, * from {ident(one)} order by row",
            {"file": grid.name, "year": spec.year or year_in_name(grid.name)})  # fmt: skip
    if not number(con, f"select count(*) from {ident(one)}"):
        noticed.append(found("FI005", spec.name, 1))
    drop_stages(con, [one])
    return noticed


# --- from the staging tables to the tables of a source -------------------------------------------

_YEAR = f"coalesce({end_year('year', one_year='starts')}, file_year)"


_BY_PROVIDER = f"{opaque('provider')} || '/' || {opaque('learner_id')} || coalesce('/' || {_YEAR}, '')"


def _key_sql() -> str:
    """SQL: the key of a learner in a year. A reference alone is no key: providers give it again in another year."""
    return f"coalesce({opaque('external_id')}, {_BY_PROVIDER})"


def _steps(source: str, stages: Mapping[Kind, str], names: tuple[str, ...]) -> tuple[Step, ...]:
    listed = ", ".join(f"{FIELD_SQL[name]} as {ident(name)}" for name in names)
    learners, aims = ident(stages["learners"]), ident(stages["aims"])
    # An external_id must not be taken for a RECORDID that is the same number.
    pseudonym = f"coalesce({opaque('recordid')}, 'external_id:' || {opaque('external_id')})"
    rows = table_step(rows_table(source), f"""
select file, row, key, cast(coalesce(year_end, 0) as integer) as rank, cast(year_end as integer) as year, {listed}
from (
    select * replace ({opaque('learner_id')} as learner_id, {opaque('provider')} as provider),
           {_key_sql()} as key, {_YEAR} as year_end, {pseudonym} as pseudonym
    from {learners}
)
where key is not null
order by file, row""")  # fmt: skip
    addresses = table_step(addresses_table(source), f"""
select distinct key, 'home' as kind, postcode, cast(null as varchar) as address_line, cast(null as varchar) as uprn,
       cast(null as varchar) as valid_from, cast(ended as varchar) as valid_to
from (
    select {_key_sql()} as key, postcode, null as ended from {learners}
    union all
    select {_key_sql()}, postcode_prior, (cast({_YEAR} as integer) - 1) || '-08-01' from {learners}
    where postcode_prior is distinct from postcode
)
where key is not null and postcode is not null
order by all""")  # fmt: skip
    events = table_step(events_table(source), f"""
with learners as (select min({_key_sql()}) as key, {opaque('external_id')} as external_id, {_BY_PROVIDER} as by_provider
                  from {learners} group by all),
aims as (select *, {_BY_PROVIDER} as by_provider from {aims})
select key, 'learning_aim' as kind, aim as code, starts as date_from, ends as date_to
from (
    select learners.key, aims.* from aims join learners on learners.external_id = {opaque('aims.external_id')}
    union all
    select named.key, aims.* from aims
    join (select by_provider, min(key) as key from learners group by by_provider) as named using (by_provider)
    where {opaque('aims.external_id')} is null
)
order by all""")  # fmt: skip
    return rows, addresses, events


def _lost_aims(con: Connection, source: str, aims: str) -> int:
    staged = number(con, f"select count(*) from {ident(aims)}")
    return staged - number(con, f"select count(*) from {ident(events_table(source))}")


def _date_formats(con: Connection, aims: str) -> dict[str, str]:
    declared = declared_format(con, aims, "starts", ISO_OR_DAYFIRST)
    return {name: declared["starts"] for name in ("date_from", "date_to") if declared} | {"valid_to": "iso"}


def part_of(header: Header, title: str) -> Part | None:
    """Learners or aims, where a table has three of their columns and no person of LEO."""
    layout = layout_of(header)
    return Part(layout.kind) if layout and len(layout.columns) > 2 and leo.layout_of(header) is None else None


FORMAT = Format(
    name="lilr",
    what="a table of the longitudinal ILR",
    title="Longitudinal ILR in LEO: learners and their aims, pseudonymised",
    files="CSV, TSV or Parquet tables of learners and of aims, told apart by their columns; a file, a folder or a glob",
    suffixes=SUFFIXES,
    key="external_id; without one UKPRN_ANON/LEARNER_ID/YEAR",
    fields=tuple(name for name in FIELD_SQL if name != "ukprn"),
    notes=(
        "A row of a learners table is a learner at a provider in a year; it has an external_id of its own.",
        "RECORDID is a pseudonym, which the lookups of LEO join to a person; where it is blank, external_id:VALUE is.",
        "learner_id is a learner reference within its ukprn_anon.",
        "AcAge is an age and never taken for a birth date.",
        "disability is LLDD (1 yes, 2 no). Ethnicity is in the codes of its year; those before 2011 are not mapped.",
        "Events: learning_aim (code: aim reference, else type); aims join their learners by the same key.",
        "Pseudonyms compare inside one `supply`, which the project should name.",
    ),
    load=load,
    part_of=part_of,
)
