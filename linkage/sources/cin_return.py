"""CIN census as XML, one return per authority and year.

Element names are those of the DfE's schemas for collection years 2017 to 2026; what changed in them over the years is
taken as it comes: `GenderCurrent` became `Sex` in 2025, `CINPlanDates` came in 2022.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from linkage.errors import InputError
from linkage.findings import found
from linkage.project import SourceSpec
from linkage.sources.cells import append, trim
from linkage.sources.files import SourceFile, year_in_name
from linkage.sources.kinds import another_kind
from linkage.sources.xmlfile import Element, elements, leaf_texts, local_name, named
from linkage.sql import Connection, execute, ident
from linkage.tables import EVENT_COLUMNS, Extract, events_table, rows_table

FIELDS = ("la_child_id", "upn", "former_upn", "dob", "expected_dob", "death_date", "sex", "ethnicity", "disability",
          "authority", "cin", "cpp", "uasc")  # fmt: skip
ROW_NAMES = ("file", "row", "key", "rank", "year", *FIELDS)
BATCH = 20_000  # children held in memory at a time

WHAT = "a CIN census return (XML with the root element Message)"
# Assessment factor "unaccompanied asylum-seeking child" of the CIN code list.
UASC_FACTOR = "9A"
_TRUE = frozenset({"1", "true", "t", "y", "yes"})
_OLD_SEX_CODES = frozenset("0129")

Row = tuple[object, ...]
Event = tuple[str, str, str | None, str | None, str | None]


@dataclass(frozen=True)
class _Return:
    """Whose return a file is; `year` is the one in which the collection's year ends."""

    authority: str
    year: int


@dataclass
class _Read:
    """Rows and events that are not written yet, and what was met so far."""

    rows: list[Row] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)


def load_returns(con: Connection, spec: SourceSpec, files: Sequence[SourceFile]) -> Extract:
    """Read returns, in constant memory. A row is a `Child` element; a later year speaks louder.

    Children without LAchildID are excluded (`no_key`). Raises InputError where neither the file, the project nor the
    file name says whose return and of which year it is.
    """
    _create(con, spec.name)
    read = _Read()
    for file in files:
        for _ in _read_file(file, spec, read):
            _write(con, spec.name, read)
    _write(con, spec.name, read)
    return Extract(
        source=spec.name,
        rows=rows_table(spec.name),
        fields=FIELDS,
        events=events_table(spec.name),
        date_formats=dict.fromkeys(("dob", "expected_dob", "death_date", "date_from", "date_to"), "iso"),
        excluded=dict(read.excluded),
        findings=tuple(found(code, spec.name, count) for code, count in sorted(read.met.items()) if count),
    )


def _create(con: Connection, source: str) -> None:
    fields = ", ".join(f"{ident(name)} varchar" for name in FIELDS)
    execute(con, f"create or replace table {ident(rows_table(source))} "
                 f"(file varchar, row bigint, key varchar, rank integer, year integer, {fields})")  # fmt: skip
    events = ", ".join(f"{ident(name)} varchar" for name in EVENT_COLUMNS)
    execute(con, f"create or replace table {ident(events_table(source))} ({events})")


def _write(con: Connection, source: str, read: _Read) -> None:
    append(con, rows_table(source), ROW_NAMES, read.rows)
    append(con, events_table(source), EVENT_COLUMNS, read.events)
    read.rows.clear()
    read.events.clear()


def _read_file(file: SourceFile, spec: SourceSpec, read: _Read) -> Iterator[None]:
    """Read a return into `read`; pauses whenever a batch is full."""
    whose: _Return | None = None
    row = 0
    seen_children = False
    for element in elements(file, "Message", ("Header", "Child", "Children"), WHAT):
        name = local_name(element)
        if name == "Header":
            whose = _whose(element, file, spec, read)
        elif name == "Children":
            seen_children = True
        else:
            whose = whose or _whose(None, file, spec, read)
            row += 1
            _read_child(element, file, row, whose, read)
            if len(read.rows) >= BATCH:
                yield
    if not row:
        if not seen_children:
            raise another_kind(file, WHAT)
        read.met["FI005"] += 1


# --- the header ----------------------------------------------------------------------------------


def _whose(header: Element | None, file: SourceFile, spec: SourceSpec, read: _Read) -> _Return:
    """Authority and year of a return: from its header, else from the project, else from the file name."""
    stated: dict[str, str] = {}
    for part in header if header is not None else ():
        stated = {**leaf_texts(part), **stated}
    if stated.get("Collection", "CIN").upper() != "CIN":
        raise another_kind(file, WHAT)
    authority = stated.get("LEA", "")
    if not re.fullmatch(r"\d{3}", authority):
        in_name = re.search(r"(?<!\d)(\d{3})(?!\d)", file.path.name)
        authority = spec.authority or (in_name.group(1) if in_name else "")
        read.met["FI008"] += 1
    year = _year(stated, read) or spec.year or year_in_name(file.path.name)
    if not authority or year is None:
        missing = 'authority = "301"' if not authority else "year = 2024"
        raise InputError("The return does not say whose it is.", where=f"{file.name}: Header",
                         expected="LEA and ReferenceDate in the header",
                         remedy=f"add `{missing}` to [sources.{spec.name}] in the project file")  # fmt: skip
    return _Return(authority, year)


def _year(stated: dict[str, str], read: _Read) -> int | None:
    """Year of the reference date: `Year` is seen to lag behind it by one."""
    dated = re.match(r"(?:19|20)\d\d", stated.get("ReferenceDate", ""))
    named_year = re.fullmatch(r"(?:19|20)\d\d", stated.get("Year", ""))
    if dated and named_year and dated.group() != named_year.group():
        read.met["FI009"] += 1
    chosen = dated or named_year
    return int(chosen.group()) if chosen else None


# --- a child -------------------------------------------------------------------------------------


def _read_child(child: Element, file: SourceFile, row: int, whose: _Return, read: _Read) -> None:
    values = leaf_texts(child)
    details = []
    disabilities: list[str] = []
    for part in child:
        match local_name(part):
            case "ChildIdentifiers" | "ChildCharacteristics":
                values.update(leaf_texts(part))
                disabilities += [text for group in named(part, "Disabilities")
                                 for item in group if (text := trim(item.text))]  # fmt: skip
                read.met["FI010"] += any(trim(leaf.tail) for leaf in part)
            case "CINdetails":
                details.append(part)
            case _:
                pass
    own_id = values.get("LAchildID")
    if own_id is None:
        read.excluded["no_key"] += 1
        return
    key = f"{whose.authority}/{own_id}"
    events = [event for part in details for event in _events(key, part)]
    if reason := values.get("UPNunknown"):
        events.append((key, "upn_unknown", reason, None, None))
    read.events += events
    read.rows.append((
        file.name, row, key, whose.year, whose.year,
        own_id, values.get("UPN"), values.get("FormerUPN"),
        values.get("PersonBirthDate"), values.get("ExpectedPersonBirthDate"), values.get("PersonDeathDate"),
        values.get("Sex") or values.get("GenderCurrent"), values.get("Ethnicity"), ",".join(disabilities) or None,
        whose.authority, "true", _flag(any(event[1] == "cpp" for event in events)), _flag(_is_uasc(events)),
    ))  # fmt: skip
    read.met["ID007"] += "UPN" in values and "UPNunknown" in values
    read.met["DT019"] += "PersonBirthDate" in values and "ExpectedPersonBirthDate" in values
    read.met["CD002"] += values.get("Sex") in _OLD_SEX_CODES


def _flag(known: bool) -> str | None:
    """`true` or not known: that a return does not say so is no proof of the contrary in another year."""
    return "true" if known else None


def _is_uasc(events: list[Event]) -> bool:
    return any(kind == "assessment" and code is not None and UASC_FACTOR in code.split(",")
               for _, kind, code, _, _ in events)  # fmt: skip


def _events(key: str, details: Element) -> Iterator[Event]:
    """The dated things of one referral (`CINdetails`)."""
    own = leaf_texts(details)
    referred, closed = own.get("CINreferralDate"), own.get("CINclosureDate")
    yield key, "referral", own.get("PrimaryNeedCode"), referred, closed
    if own.get("ReferralNFA", "").lower() in _TRUE:
        yield key, "no_further_action", None, referred, None
    if "ReasonForClosure" in own:
        yield key, "closure", own["ReasonForClosure"], closed, None
    for part in details:
        match local_name(part):
            case "Assessments":
                dates = leaf_texts(part)
                yield (key, "assessment", _factors(part),
                       dates.get("AssessmentActualStartDate"), dates.get("AssessmentAuthorisationDate"))  # fmt: skip
            case "CINPlanDates":
                dates = leaf_texts(part)
                yield key, "cin_plan", None, dates.get("CINPlanStartDate"), dates.get("CINPlanEndDate")
            case "Section47":
                yield key, "s47", None, leaf_texts(part).get("S47ActualStartDate"), None
            case "ChildProtectionPlans":
                plan = leaf_texts(part)
                abuse = plan.get("LatestCategoryOfAbuse") or plan.get("InitialCategoryOfAbuse")
                yield key, "cpp", abuse, plan.get("CPPstartDate"), plan.get("CPPendDate")
            case _:
                pass


def _factors(assessment: Element) -> str | None:
    """Codes of the factors, with commas between."""
    listed = [text for group in named(assessment, "FactorsIdentifiedAtAssessment")
              for factor in group if (text := trim(factor.text))]  # fmt: skip
    return ",".join(listed) or None
