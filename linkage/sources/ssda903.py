"""Format `ssda903`: the return on looked-after children, as CSV files, as XML, or as an extract of the NPD.

CSV files are told apart by their columns, because their names differ between tools; further columns do no harm.
The XML form holds the same under other names (`CHILDID`, `PL`) and is brought into the same staging tables.
The extract of the National Pupil Database (CLA) has no id of the authority's and is a form of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from linkage.findings import found, summed
from linkage.project import SourceSpec
from linkage.sources import npd_social_care
from linkage.sources.authorities import authority_of
from linkage.sources.cells import (
    append,
    create_stage,
    drop_stages,
    number,
    stage_table,
    trim,
    without_point_zero,
)
from linkage.sources.columns import Header
from linkage.sources.contract import Format, Part, XmlForm
from linkage.sources.dates import ISO_OR_DAYFIRST, declared_format
from linkage.sources.files import SourceFile, year_in_name
from linkage.sources.forms import one_form, with_findings
from linkage.sources.grids import Grid, read_grid
from linkage.sources.kinds import WrongKindError
from linkage.sources.ssda903_steps import BY_PART, KEY, table_steps
from linkage.sources.xmlfile import Element, elements, leaf_texts, named
from linkage.sql import Connection, execute, ident, run_steps
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
SUFFIXES = (".csv", ".txt", ".xml", ".parquet")
STAGED = ("file", "row", "rank", "part", "authority", *COLUMNS)
BATCH = 20_000
WHAT = "an SSDA903 return: CSV files with the columns of the return, or XML with the root element EXPSSDA903"


def load(con: Connection, spec: SourceSpec, files: Sequence[SourceFile]) -> Extract:
    """Read a return. Every row of every known file that names a child is a row; the header speaks loudest.

    Rows without CHILD are excluded (`no_key`), but for those of the NPD's extract. In the XML form a row is a `CHILD`
    element. Raises InputError where no file is one of a return, where files are of a return and of an extract, or
    where neither the project nor a folder says whose return it is.
    """
    returns: list[tuple[str, SourceFile, Grid | None]] = []
    extracts: list[Grid] = []
    for file in files:
        if file.suffix == ".xml":
            returns.append(("header", file, None))
            continue
        grid = read_grid(file, None, ())
        part = layout_of(grid.header)
        if part is not None:
            returns.append((part, file, grid))
        elif npd_social_care.is_extract(grid.header, npd_social_care.CLA):
            extracts.append(grid)
    if not returns and not extracts:
        raise _unknown(files[0])
    one_form(spec, {"SSDA903 returns": returns, "NPD extracts": extracts})
    left_out = len(files) - len(returns) - len(extracts)
    extract = npd_social_care.load(con, spec, extracts, npd_social_care.CLA) if extracts else None
    extract = extract or _load_returns(con, spec, returns)
    return with_findings(extract, [found("FI006", spec.name, left_out)] if left_out else [])


def _load_returns(con: Connection, spec: SourceSpec, files: Iterable[tuple[str, SourceFile, Grid | None]]) -> Extract:
    """Read the files of a return; each comes with the part of the return that it is, and as a table if it is none."""
    stage = stage_table(spec.name, "return")
    create_stage(con, stage, {name: "bigint" if name in ("row", "rank") else "varchar" for name in STAGED})
    findings: list[Finding] = []
    parts: set[str] = set()
    for part, file, grid in files:
        parts.add(part)
        if grid is None:
            _stage_xml(con, file, spec, stage)
        else:
            findings += _stage_table(con, file, grid, spec, stage, part)
    if "header" not in parts:
        findings.append(found("FI007", spec.name, 1))
    excluded = number(con, f"select count(*) from {ident(stage)} where child is null")
    run_steps(con, table_steps(spec.name, stage))
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


def layout_of(header: Header) -> str | None:
    """Which file of a return the columns belong to, or None."""
    return next((part for part, telling in LAYOUTS.items() if header.has(telling)), None)


def _unknown(file: SourceFile) -> WrongKindError:
    layouts = "; ".join(f"{part}: {', '.join(sorted(telling))}" for part, telling in LAYOUTS.items()
                        if part in ("header", "episodes", "uasc"))  # fmt: skip
    return WrongKindError("No file has the columns of an SSDA903 return.", file=file,
                      expected=f"files with at least these columns: {layouts}")  # fmt: skip


def rank_of(part: str, file: SourceFile) -> int:
    """The header outranks other files; among files of one part the later year in the name does."""
    by_part = len(LAYOUTS) - tuple(LAYOUTS).index(part)
    return by_part * BY_PART + (year_in_name(file.name) or 0)


# --- staging -------------------------------------------------------------------------------------


def _stage_table(
    con: Connection, file: SourceFile, grid: Grid, spec: SourceSpec, stage: str, part: str
) -> tuple[Finding, ...]:
    one = stage_table(spec.name, "file")
    places = {name: grid.header.position(column) for name, column in COLUMNS.items()}
    wanted = {name: at for name, at in places.items() if at is not None}
    noted = grid.stage(con, one, wanted)
    cells = ", ".join(f"{without_point_zero('child')} as child" if name == "child" else ident(name) for name in wanted)
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


def _date_formats(con: Connection, stage: str) -> dict[str, str]:
    """Day first, as the return prescribes, or ISO, as cleaned files have it; whichever the columns hold."""
    declared = declared_format(con, stage, "dob", ISO_OR_DAYFIRST)
    episodes = declared_format(con, stage, "decom", ISO_OR_DAYFIRST)
    for name in ("valid_from", "valid_to", "date_from", "date_to") if episodes else ():
        declared[name] = episodes["decom"]
    return declared


def _repeated_headers(con: Connection, source: str, stage: str) -> list[Finding]:
    repeated = number(con, f"select count(*) - count(distinct {KEY}) from {ident(stage)} "
                           "where part = 'header' and child is not null")  # fmt: skip
    return [found("FO001", source, repeated, field="la_child_id")] if repeated else []


def part_of(header: Header, title: str) -> Part | None:
    """A file of a return, or the extract of the NPD."""
    layout = layout_of(header)
    return Part(layout.replace("_", " ")) if layout else npd_social_care.part_of(header, npd_social_care.CLA)


FORMAT = Format(
    name="ssda903",
    what="an SSDA903 return",
    title="Looked-after children: SSDA903 return, or CLA extract of the NPD",
    files="the CSV files of a return, or its XML form, or an extract of the National Pupil Database; a file, a folder "
          "(with a folder per authority) or a glob",
    suffixes=SUFFIXES,
    key="LA/CHILD; in an NPD extract the pupil matching reference",
    fields=tuple(dict.fromkeys((*FIELDS, *npd_social_care.CLA.fields))),
    notes=(
        "CSV files are told apart by their columns, whatever their names; further columns do no harm.",
        "The authority is from the project, else from a folder named by its three digits.",
        "Every row that names a child is a row; the header file speaks for the child where files differ.",
        "A child in the UASC file is an unaccompanied asylum-seeking child (uasc).",
        "HOME_POST is a home address, PL_POST a placement; the latest home is the record's postcode.",
        "URN is Ofsted's number of the provider and is never taken for a school.",
        "MC_DOB is the birth date of the child of a looked-after mother: the event mother_of, never a birth date.",
        "Events: episode (code: legal status|placement), adopted, mother_of.",
        "An NPD extract has a birth date only where the supply has year and month of birth; LEO's has none.",
        *npd_social_care.NOTES,
    ),
    load=load,
    part_of=part_of,
    xml=XmlForm("EXPSSDA903", rows=("CHILD",)),
)  # fmt: skip
