"""Format `sen2`: the return on requests for and holders of an education, health and care plan, ages 0 to 25.

It comes as XML, or as the tables that the DfE's COLLECT exports; both are brought into the same staging tables.
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.findings import found, summed
from linkage.project import SourceSpec
from linkage.sources.cells import drop_stages, number
from linkage.sources.columns import Header, compact
from linkage.sources.contract import Format, Part, XmlForm
from linkage.sources.csvfile import CsvFile, read_header
from linkage.sources.dates import EXPORT, ISO_OR_DAYFIRST, declared_format
from linkage.sources.files import SourceFile
from linkage.sources.kinds import WrongKindError
from linkage.sources.sen2_export import TABLE_IDS, has_persons, stage_export
from linkage.sources.sen2_steps import FIELDS, Stages, create_stages, table_steps
from linkage.sources.sen2_xml import stage_return
from linkage.sql import Connection, execute, ident, run_steps
from linkage.tables import Extract, Finding, events_table, rows_table

SUFFIXES = (".xml", ".csv")
_TABLES = (".csv", ".txt", ".tsv", ".tab")


def load(con: Connection, spec: SourceSpec, files: Sequence[SourceFile]) -> Extract:
    """Read returns and exports; a row is a person of them.

    Persons with no number, name or birth date are excluded (`no_key`). Raises InputError where no file has persons,
    or where nothing says which authority or, in the XML form, collection a file is of.
    """
    stages = Stages.of(spec.name)
    create_stages(con, stages)
    findings: list[Finding] = []
    tables: list[CsvFile] = []
    for file in files:
        if file.suffix in _TABLES:
            tables.append(read_header(file))
        else:
            findings += stage_return(con, file, spec, stages)
    if len(tables) == len(files) and not has_persons(tables):
        raise _no_persons(files[0])
    findings += stage_export(con, tables, spec, stages)
    excluded = _exclude_nobody(con, stages)
    run_steps(con, table_steps(spec.name, stages))
    findings += _made_keys(con, spec.name)
    extract = Extract(
        source=spec.name,
        rows=rows_table(spec.name),
        fields=FIELDS,
        events=events_table(spec.name),
        date_formats=_date_formats(con, stages),
        excluded={"no_key": excluded} if excluded else {},
        findings=summed(findings),
    )
    drop_stages(con, stages.all())
    return extract


def _exclude_nobody(con: Connection, stages: Stages) -> int:
    nobody = "coalesce(upn, uln, surname, forename, dob) is null"
    rows = number(con, f"select count(*) from {ident(stages.persons)} where {nobody}")
    execute(con, f"delete from {ident(stages.persons)} where {nobody}")
    return rows


def _made_keys(con: Connection, source: str) -> Sequence[Finding]:
    made = number(con, f"select count(*) from {ident(rows_table(source))} where contains(key, '/~')")
    return [found("FO004", source, made, field="upn")] if made else []


def _date_formats(con: Connection, stages: Stages) -> dict[str, str]:
    """The format of the birth dates holds for all dates: both forms write them in one way."""
    declared = declared_format(con, stages.persons, "dob", {**ISO_OR_DAYFIRST, **EXPORT})
    return {name: how for how in declared.values() for name in ("dob", "date_from", "date_to")}


def _no_persons(file: SourceFile) -> WrongKindError:
    return WrongKindError("No file has the persons of a SEN2 return.", file=file,
                      expected="XML with the root element Message, or the exported table `person` with the columns "
                               "persontableid, surname, forename, personbirthdate and upn")  # fmt: skip


def part_of(header: Header, title: str) -> Part | None:
    """A table of an export: the persons, or what its column of numbers is called after."""
    names = {compact(name) for name in header.names}
    if not names & TABLE_IDS:
        return None
    own = [name.lower().split("orderseq")[0] for name in header.names if "orderseq" in name.lower()]
    return Part("persons" if {"surname", "personbirthdate"} & names else own[0] if own else "table")


FORMAT = Format(
    name="sen2",
    what="a SEN2 return",
    title="SEN2: education, health and care plans, person level",
    files="XML returns, or the tables of a COLLECT export as CSV files; a file, a folder or a glob",
    suffixes=SUFFIXES,
    key="LA/UPN; LA/ULN where there is no UPN; LA/~HASH of the person's fields where there is neither",
    fields=FIELDS,
    notes=(
        "The return has no id of the authority's own, and persontableid is a number of one export only; so the key is "
        "the UPN, else the ULN, else a hash of names and birth date (of all that is known where one of these is not).",
        "A UPN or ULN that only says there is none (UN1, 9999999999) makes no key.",
        "Authority and year are from the header or the table `sen2`, else from the project, else the authority from a "
        "folder named by three digits and the year from the file name; a later year speaks for a person.",
        "Sex is from Sex or GenderCurrent, in the codes of any year.",
        "sen is E where the person has an active plan, or a named plan that has not ceased.",
        "school_urn is the placement that has not ended, of the first rank.",
        "UPNunknown is an event, never an identifier.",
        "Tables join inside of one folder and one export, which the file name tells (Blade-Export_DATE_person.csv).",
        "Events: ehc_request, ehc_assessment, ehc_plan (code: reason it ceased), ehc_active (code: authority it came "
        "from), ehc_placement (code: URN), sen_need (code: type), upn_unknown.",
    ),
    load=load,
    part_of=part_of,
    xml=XmlForm("Message", rows=("Person",), collections=("SEN2",), telling=("<Persons",)),
)
