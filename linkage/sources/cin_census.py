"""Format `cin_census`: the children in need census, in any of the three forms that it reaches people in.

XML returns of authorities, the flat file of events that regional platforms make of them, and the extract of the
National Pupil Database. A source has one form.
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.findings import found
from linkage.project import SourceSpec
from linkage.sources import npd_social_care
from linkage.sources.cin_flat import is_flat, load_flat
from linkage.sources.cin_return import FIELDS, WHAT, load_returns
from linkage.sources.columns import Header
from linkage.sources.contract import Format, Part, XmlForm
from linkage.sources.files import SourceFile
from linkage.sources.forms import is_table, one_form, with_findings
from linkage.sources.grids import Grid, read_grid
from linkage.sources.kinds import WrongKindError
from linkage.sql import Connection
from linkage.tables import Extract

SUFFIXES = (".xml", ".csv", ".parquet")


def load(con: Connection, spec: SourceSpec, files: Sequence[SourceFile]) -> Extract:
    """Read the files of a source, whose form is told by what is in them; tables of no known form are left out.

    Rows without an id of the child are excluded (`no_key`), but for those of the extract. Raises InputError where
    no file is known, where files are of several forms, or where a file does not say whose it is.
    """
    returns = [file for file in files if not is_table(file)]
    flat: list[Grid] = []
    extracts: list[Grid] = []
    left_out = 0
    for file in files:
        if file in returns:
            continue
        grid = read_grid(file, None, ())
        if is_flat(grid.header):
            flat.append(grid)
        elif npd_social_care.is_extract(grid.header, npd_social_care.CIN):
            extracts.append(grid)
        else:
            left_out += 1
    if left_out == len(files):
        raise _no_form(files[0])
    one_form(spec, {"XML returns": returns, "flat files of events": flat, "NPD extracts": extracts})
    if returns:
        extract = load_returns(con, spec, returns)
    elif flat:
        extract = load_flat(con, spec, flat)
    else:
        extract = npd_social_care.load(con, spec, extracts, npd_social_care.CIN)
    return with_findings(extract, [found("FI006", spec.name, left_out)] if left_out else [])


def _no_form(file: SourceFile) -> WrongKindError:
    return WrongKindError("No file is of the CIN census.", file=file,
                      expected=f"{WHAT}, in a file that ends in .xml; or a table with the columns LAchildID, Date and "
                               "Type; or one with CIN_PupilMatchingRefAnonymous or CIN_LAchildID_Anon")  # fmt: skip


def part_of(header: Header, title: str) -> Part | None:
    """The flat file of events, or the extract of the NPD (for sure where several of its columns bear the prefix)."""
    if is_flat(header):
        return Part("events")
    return npd_social_care.part_of(header, npd_social_care.CIN)


FORMAT = Format(
    name="cin_census",
    what="a CIN census return",
    title="Children in need census, collection years 2009 to 2026",
    files="XML returns, one per authority and year; or the flat file of events of a regional platform (CSV); or an "
          "extract of the National Pupil Database; a file, a folder or a glob, several years and authorities at once",
    suffixes=SUFFIXES,
    key="LEA/LAchildID; in an NPD extract the pupil matching reference",
    fields=tuple(dict.fromkeys((*FIELDS, *npd_social_care.CIN.fields))),
    notes=(
        "A row is a Child element; where a child is in several years, the later reference date speaks for it.",
        "Authority and year are from the header, else from the project, else from the file name.",
        "UPNunknown is an event, never an identifier; a UPN beside it is kept.",
        "Sex is from Sex or GenderCurrent, in the codes of any year.",
        "cpp is true where a child protection plan is in the return, uasc where an assessment has factor 9A.",
        "Events: referral, no_further_action, closure, assessment (code: factors), cin_plan, s47, cpp, upn_unknown.",
        "Files with a DOCTYPE are refused; memory does not grow with the file.",
        "Flat file (LAchildID, Date, Type, …): a row is an event; LAchildID is read without the authority that the "
        "platform wrote behind it (1234_BAR, 1234_822); birth dates that are all on the first are known to the month.",
        *npd_social_care.NOTES,
    ),
    load=load,
    part_of=part_of,
    xml=XmlForm("Message", rows=("Child",), collections=("CIN",), telling=("LAchildID",)),
)  # fmt: skip
