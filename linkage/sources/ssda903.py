"""Format `ssda903`: the return on looked-after children, as CSV files or as XML.

CSV files are told apart by their columns, because their names differ between tools; further columns do no harm.
The XML form holds the same under other names (`CHILDID`, `PL`) and is brought into the same staging tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from linkage.errors import InputError
from linkage.project import SourceSpec
from linkage.sources.cells import (
    append,
    create_stage,
    drop_stages,
    number,
    stage_table,
    trim,
    without_point_zero,
)
from linkage.sources.contract import Format
from linkage.sources.csvfile import CsvFile, read_header
from linkage.sources.dates import ISO_OR_DAYFIRST, declared_format, parsed
from linkage.sources.files import SourceFile, find_files, year_in_name
from linkage.sources.findings import found, summed
from linkage.sources.xmlfile import Element, elements, leaf_texts, named
from linkage.sql import Connection, Step, execute, ident, run_steps, table_step
from linkage.tables import Extract, Finding, addresses_table, events_table, rows_table

FIELDS = ("la_child_id", "upn", "dob", "sex", "ethnicity", "postcode", "authority", "cla", "uasc")

# Columns that tell the files of a return, in the order in which they speak for a child: the header first.
# Source: the DfE's specification of the return for 2015/16 to 2026/27.
LAYOUTS: Mapping[str, frozenset[str]] = {
    "header": frozenset({"CHILD", "SEX", "DOB", "ETHNIC", "UPN"}),
    "uasc": frozenset({"CHILD", "DOB", "DUC"}),
    "oc2": frozenset({"CHILD", "DOB", "SDQ_SCORE"}),
    "oc3": frozenset({"CHILD", "DOB", "IN_TOUCH"}),
    "adoption": frozenset({"CHILD", "DOB", "DATE_INT", "DATE_MATCH"}),
    "placed_for_adoption": frozenset({"CHILD", "DOB", "DATE_PLACED"}),
    "previous_permanence": frozenset({"CHILD", "DOB", "PREV_PERM"}),
    "reviews": frozenset({"CHILD", "DOB", "REVIEW"}),
    "missing": frozenset({"CHILD", "DOB", "MISSING", "MIS_START"}),
    "social_workers": frozenset({"CHILD", "DOB", "SW_ID"}),
    "deprivation_of_liberty": frozenset({"CHILD", "DOB", "DOLO_START"}),
    "episodes": frozenset({"CHILD", "DECOM", "LS"}),
}
# Staged column -> column of the CSV files. URN is Ofsted's number of the provider, never a school, and is left.
COLUMNS: Mapping[str, str] = {
    "child": "CHILD", "upn": "UPN", "dob": "DOB", "sex": "SEX", "ethnicity": "ETHNIC", "mother": "MOTHER",
    "mc_dob": "MC_DOB", "decom": "DECOM", "dec": "DEC", "ls": "LS", "place": "PLACE", "rec": "REC",
    "home_post": "HOME_POST", "pl_post": "PL_POST",
}  # fmt: skip
SUFFIXES = (".csv", ".txt", ".xml")
STAGED = ("file", "row", "rank", "part", "authority", *COLUMNS)
# Episodes that end in adoption: granted with consent dispensed with or not.
ADOPTED = ("E11", "E12")
BATCH = 20_000
WHAT = "an SSDA903 return: CSV files with the columns of the return, or XML with the root element EXPSSDA903"


def load(con: Connection, spec: SourceSpec, folder: Path) -> Extract:
    """Read a return. Every row of every known file that names a child is a row; the header speaks loudest.

    Rows without CHILD are excluded (`no_key`). In the XML form a row is a `CHILD` element. Raises InputError where no
    file is one of a return, or where neither the project nor a folder says whose return it is.
    """
    stage = stage_table(spec.name, "return")
    create_stage(con, stage, {name: "bigint" if name in ("row", "rank") else "varchar" for name in STAGED})
    files = find_files(spec, folder, SUFFIXES)
    findings: list[Finding] = []
    parts: set[str] = set()
    for file in files:
        if file.suffix == ".xml":
            _stage_xml(con, file, spec, stage)
            parts.add("header")
            continue
        csv_file = read_header(file)
        part = layout_of(csv_file)
        if part is None:
            findings.append(found("SRC004", spec.name, 1))
            continue
        parts.add(part)
        findings += _stage_csv(con, csv_file, spec, stage, part)
    if not parts:
        raise _unknown(files[0], spec)
    if "header" not in parts:
        findings.append(found("SRC005", spec.name, 1))
    excluded = number(con, f"select count(*) from {ident(stage)} where child is null")
    run_steps(con, _steps(spec.name, stage))
    findings += _repeated_headers(con, spec.name, stage)
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


def layout_of(csv_file: CsvFile) -> str | None:
    """Which file of a return the columns belong to, or None."""
    return next((part for part, telling in LAYOUTS.items() if csv_file.header.has(telling)), None)


def authority_of(file: SourceFile, spec: SourceSpec) -> str:
    """The authority of a file: from the project, else from the nearest folder whose name is three digits."""
    folders = PurePosixPath(file.name).parts[:-1]
    in_folder = next((name for name in reversed(folders) if re.fullmatch(r"\d{3}", name)), None)
    if spec.authority is None and in_folder is None:
        raise InputError("Nothing says which authority the return is from.", where=file.name,
                         expected="a folder named by the authority's three digits, or the authority in the project",
                         remedy=f'add `authority = "301"` to [sources.{spec.name}]')  # fmt: skip
    return spec.authority or str(in_folder)


def _unknown(file: SourceFile, spec: SourceSpec) -> InputError:
    layouts = "; ".join(f"{part}: {', '.join(sorted(telling))}" for part, telling in LAYOUTS.items()
                        if part in ("header", "episodes", "uasc"))  # fmt: skip
    return InputError("No file has the columns of an SSDA903 return.", where=f"{file.name} (source {spec.name!r})",
                      expected=f"files with at least these columns: {layouts}",
                      remedy="check `path` and `format` in the project file")  # fmt: skip


def rank_of(part: str, file: SourceFile) -> int:
    """The header outranks other files; among files of one part the later year in the name does."""
    by_part = len(LAYOUTS) - tuple(LAYOUTS).index(part)
    return by_part * 10_000 + (year_in_name(file.name) or 0)


# --- staging -------------------------------------------------------------------------------------


def _stage_csv(con: Connection, csv_file: CsvFile, spec: SourceSpec, stage: str, part: str) -> tuple[Finding, ...]:
    file = csv_file.file
    one = stage_table(spec.name, "file")
    places = {name: csv_file.header.position(column) for name, column in COLUMNS.items()}
    wanted = {name: at for name, at in places.items() if at is not None}
    noted = csv_file.stage(con, one, wanted)
    cells = ", ".join(
        f"{without_point_zero('child')} as child" if name == "child" else ident(name) for name in wanted
    )
    execute(con, f"insert into {ident(stage)} by name\n"
                 f"select $file as file, row, $rank as rank, $part as part, $authority as authority, {cells}\n"
                 f"from {ident(one)} order by row",
            {"file": file.name, "rank": rank_of(part, file), "part": part,
             "authority": authority_of(file, spec)})  # fmt: skip
    drop_stages(con, [one])
    return noted


def _stage_xml(con: Connection, file: SourceFile, spec: SourceSpec, stage: str) -> None:
    """Stage a `header` row per child, `episodes` and `uasc` rows without a number: these are no rows of the file."""
    authority, rank = authority_of(file, spec), rank_of("header", file)
    records: list[tuple[object, ...]] = []
    for row, child in enumerate(elements(file, "EXPSSDA903", ("CHILD",), WHAT), start=1):
        records += _xml_records(child, (file.name, row, rank), authority)
        if len(records) >= BATCH:
            append(con, stage, STAGED, records)
            records.clear()
    append(con, stage, STAGED, records)


def _xml_records(child: Element, place: tuple[str, int, int], authority: str) -> Iterable[tuple[object, ...]]:
    header: dict[str, str] = {}
    for part in named(child, "HEADER"):
        header = {**leaf_texts(part), **header}
    own_id = re.sub(r"^(\d+)\.0+$", r"\1", header.get("CHILDID") or header.get("CHILD") or "") or None
    file, row, rank = place
    values = {**header, "CHILD": own_id}
    yield (file, row, rank, "header", authority, *(values.get(column) for column in COLUMNS.values()))
    if own_id is None:
        return
    if header.get("UASC", "0").lower() in ("1", "true", "y", "yes") or "DUC" in header:
        yield (None, None, None, "uasc", authority, own_id, *[None] * (len(COLUMNS) - 1))
    for part in named(child, "EPISODE"):
        episode: dict[str, str | None] = {**leaf_texts(part)}
        episode = {**episode, "PLACE": episode.get("PL", episode.get("PLACE")), "CHILD": own_id}
        yield (None, None, None, "episodes", authority, *(trim(episode.get(column)) for column in COLUMNS.values()))


# --- from the staging table to the tables of a source --------------------------------------------

_KEY = "authority || '/' || child"


def _steps(source: str, stage: str) -> tuple[Step, ...]:
    return (_rows_step(source, stage), _addresses_step(source, stage), _events_step(source, stage))


def _rows_step(source: str, stage: str) -> Step:
    """Rows, with the child's latest home postcode and whether the child is in the UASC file on each of them."""
    latest = f"coalesce({parsed('decom')}, timestamp '0001-01-01'), coalesce(decom, ''), home_post"
    return table_step(rows_table(source), f"""
with known as (select *, {_KEY} as key from {ident(stage)} where child is not null),
homes as (select key, arg_max(home_post, row({latest})) as postcode from known
          where home_post is not null group by key),
unaccompanied as (select distinct key from known where part = 'uasc')
select file, row, key, cast(rank as integer) as rank, child as la_child_id, upn, dob, sex, ethnicity,
       homes.postcode as postcode, authority, 'true' as cla,
       case when unaccompanied.key is not null then 'true' end as uasc
from known left join homes using (key) left join unaccompanied using (key)
where row is not null
order by file, row""")  # fmt: skip


def _addresses_step(source: str, stage: str) -> Step:
    """Home postcode from the start of an episode, placement postcode for as long as the episode lasts."""
    return table_step(addresses_table(source), f"""
select distinct {_KEY} as key, kind, postcode, cast(null as varchar) as address_line, cast(null as varchar) as uprn,
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
select {_KEY} as key, 'episode' as kind, coalesce(ls, '') || '|' || coalesce(place, '') as code,
       decom as date_from, dec as date_to
from {ident(stage)} where part = 'episodes' and child is not null
union all
select {_KEY}, 'adopted', rec, dec, null
from {ident(stage)} where part = 'episodes' and child is not null and upper(rec) in ({adopted})
union all
select distinct {_KEY}, 'mother_of', mother, mc_dob, null
from {ident(stage)} where child is not null
  and (mc_dob is not null or {without_point_zero('lower(mother)')} in ('1', 'true', 'y', 'yes'))
order by all""")  # fmt: skip


def _date_formats(con: Connection, stage: str) -> dict[str, str]:
    """Day first, as the return prescribes, or ISO, as cleaned files have it; whichever the columns hold."""
    declared = declared_format(con, stage, "dob", ISO_OR_DAYFIRST)
    episodes = declared_format(con, stage, "decom", ISO_OR_DAYFIRST)
    for name in ("valid_from", "valid_to", "date_from", "date_to") if episodes else ():
        declared[name] = episodes["decom"]
    return declared


def _repeated_headers(con: Connection, source: str, stage: str) -> list[Finding]:
    repeated = number(con, f"select count(*) - count(distinct {_KEY}) from {ident(stage)} "
                           "where part = 'header' and child is not null")  # fmt: skip
    return [found("SRC003", source, repeated, field="la_child_id")] if repeated else []


FORMAT = Format(
    name="ssda903",
    title="SSDA903 return on looked-after children",
    files="the CSV files of a return, or its XML form; a file, a folder (with a folder per authority) or a glob",
    suffixes=SUFFIXES,
    key="LA/CHILD",
    fields=FIELDS,
    notes=(
        "CSV files are told apart by their columns, whatever their names; further columns do no harm.",
        "The authority is from the project, else from a folder named by its three digits.",
        "Every row that names a child is a row; the header file speaks for the child where files differ.",
        "A child in the UASC file is an unaccompanied asylum-seeking child (uasc).",
        "HOME_POST is a home address, PL_POST a placement; the latest home is the record's postcode.",
        "URN is Ofsted's number of the provider and is never taken for a school.",
        "MC_DOB is the birth date of the child of a looked-after mother: the event mother_of, never a birth date.",
        "Events: episode (code: legal status|placement), adopted, mother_of.",
    ),
    load=load,
)
