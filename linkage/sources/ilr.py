"""Format `ilr`: the individualised learner record, one XML return per provider and submission.

Elements are found by their local names, because the namespace has another name each year. The published schemas are
strict, files on their way are not: whatever is missing, too long or unknown does no harm.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from linkage.errors import InputError
from linkage.findings import found, noted
from linkage.project import SourceSpec
from linkage.sources.cells import append, number
from linkage.sources.contract import Format, XmlForm
from linkage.sources.files import SourceFile, year_in_name
from linkage.sources.kinds import another_kind
from linkage.sources.xmlfile import Element, elements, leaf_texts, local_name, named
from linkage.sql import Connection, execute, ident
from linkage.tables import (
    ADDRESS_COLUMNS,
    EVENT_COLUMNS,
    Extract,
    Finding,
    addresses_table,
    events_table,
    rows_table,
)

FIELDS = ("learner_ref", "uln", "forename", "surname", "dob", "postcode", "address_line", "sex", "ethnicity", "sen",
          "fsm", "disability")  # fmt: skip
SUFFIXES = (".xml",)
ROW_NAMES = ("file", "row", "key", "rank", "year", "ukprn", *FIELDS)
BATCH = 20_000  # learners held in memory at a time

WHAT = "an ILR return (XML with the root element Message)"
# LLDDHealthProb: 1 yes, 2 no, 9 not provided.
DISABILITY: Mapping[str, str] = {"1": "Y", "2": "N"}
# LearnerFAM types. Source: ESFA's guidance on the field LearnFAMCode, 2020 to 2021.
PLAN, SPECIAL_NEEDS, FREE_MEALS = "EHC", "SEN", "FME"

Row = tuple[object, ...]
Event = tuple[str, str, str | None, str | None, str | None]
Address = tuple[str, str, str | None, str | None, str | None, str | None, str | None]


@dataclass(frozen=True)
class _Return:
    """Whose return a file is; of several, a later year speaks louder, then one that was prepared later."""

    ukprn: str
    rank: int

    @property
    def year(self) -> int | None:
        """Year in which the collection's year ends; None where nothing says so."""
        return self.rank // 10_000 or None


@dataclass
class _Read:
    """What is not written yet, and what was met so far."""

    rows: list[Row] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)


def load(con: Connection, spec: SourceSpec, files: Sequence[SourceFile]) -> Extract:
    """Read the returns of a source, in constant memory. A row is a `Learner` element.

    Learners without LearnRefNumber are excluded (`no_key`). Raises InputError where neither the file nor its name says
    which provider it is from.
    """
    _create(con, spec.name)
    read = _Read()
    for file in files:
        for _ in _read_file(file, spec, read):
            _write(con, spec.name, read)
    _write(con, spec.name, read)
    lost = _leave_out_strangers(con, spec.name)
    return Extract(
        source=spec.name,
        rows=rows_table(spec.name),
        fields=FIELDS,
        addresses=addresses_table(spec.name),
        events=events_table(spec.name),
        date_formats=dict.fromkeys(("dob", "valid_from", "valid_to", "date_from", "date_to"), "iso"),
        excluded=dict(read.excluded),
        findings=(
            *_repeated(con, spec.name),
            *(found("FI005", spec.name, count) for code, count in read.met.items() if code == "FI005"),
            *noted("FI014", spec.name, lost),
            *noted("ID017", spec.name, read.met["ID017"], "learner_ref"),
            *noted("FI008", spec.name, read.met["FI008"]),
        ),
    )


def _create(con: Connection, source: str) -> None:
    fields = ", ".join(f"{ident(name)} varchar" for name in ("ukprn", *FIELDS))
    execute(con, f"create or replace table {ident(rows_table(source))} "
                 f"(file varchar, row bigint, key varchar, rank integer, year integer, {fields})")  # fmt: skip
    for table, names in ((addresses_table(source), ADDRESS_COLUMNS), (events_table(source), EVENT_COLUMNS)):
        listed = ", ".join(f"{ident(name)} varchar" for name in names)
        execute(con, f"create or replace table {ident(table)} ({listed})")


def _write(con: Connection, source: str, read: _Read) -> None:
    append(con, rows_table(source), ROW_NAMES, read.rows)
    append(con, addresses_table(source), ADDRESS_COLUMNS, read.addresses)
    append(con, events_table(source), EVENT_COLUMNS, read.events)
    for listed in (read.rows, read.addresses, read.events):
        listed.clear()


def _leave_out_strangers(con: Connection, source: str) -> int:
    """Take destinations out of learners who are in no return of the source; how many there were."""
    strangers = (f"from {ident(events_table(source))} where kind = 'destination' "
                 f"and key not in (select key from {ident(rows_table(source))})")  # fmt: skip
    lost = number(con, f"select count(*) {strangers}")
    if lost:
        execute(con, f"delete {strangers}")
    return lost


def _repeated(con: Connection, source: str) -> list[Finding]:
    shared = number(con, f"select count(*) - count(distinct (file, key)) from {ident(rows_table(source))}")
    return [found("FO001", source, shared, field="learner_ref")] if shared else []


def _read_file(file: SourceFile, spec: SourceSpec, read: _Read) -> Iterator[None]:
    """Read a return into `read`; pauses whenever a batch is full."""
    header: dict[str, str] = {}
    whose: _Return | None = None
    row = 0
    tags = ("Header", "LearningProvider", "Learner", "LearnerDestinationandProgression")
    for element in elements(file, "Message", tags, WHAT):
        name = local_name(element)
        if name == "Header":
            header |= _header(element, file)
        elif name == "LearningProvider":
            header |= leaf_texts(element)
        else:
            whose = whose or _whose(header, file, spec, read)
            if name == "Learner":
                row += 1
                _read_learner(element, file, row, whose, read)
            else:
                read.events += _destinations(element, whose)
            if len(read.rows) >= BATCH:
                yield
    if not row:
        if not {"UKPRN", "Collection"} & set(header):
            raise another_kind(file, WHAT)
        read.met["FI005"] += 1


# --- the header ----------------------------------------------------------------------------------


def _header(element: Element, file: SourceFile) -> dict[str, str]:
    stated: dict[str, str] = {}
    for part in element:
        stated = {**leaf_texts(part), **stated}
    if stated.get("Collection", "ILR").upper() != "ILR":
        raise another_kind(file, WHAT)
    return stated


def _whose(header: Mapping[str, str], file: SourceFile, spec: SourceSpec, read: _Read) -> _Return:
    """Provider and year of a return: from the file, else from the project, else from the file name."""
    named_so = re.search(r"(?<!\d)(\d{8})-(\d{4})(?!\d)", file.path.name)
    ukprn = header.get("UKPRN") or (named_so.group(1) if named_so else None)
    year = _end_year(header.get("Year"))
    read.met["FI008"] += "UKPRN" not in header or year is None
    if year is None:
        year = spec.year or _end_year(named_so.group(2) if named_so else None) or year_in_name(file.path.name) or 0
    if ukprn is None:
        raise InputError("The return does not say which provider it is from.", where=f"{file.name}: LearningProvider",
                         expected="UKPRN in LearningProvider or in the header",
                         remedy="give the file the name of a return, as in ILR-10000001-2324-20240601-120000-01.xml, "
                                "with the provider's UKPRN")  # fmt: skip
    return _Return(ukprn, year * 10_000 + _days_into(year, header.get("FilePreparationDate")))


def _end_year(text: str | None) -> int | None:
    """Year in which a collection's year ends: `1819` is 2019."""
    digits = re.fullmatch(r"(\d\d)(\d\d)", text or "")
    return 2000 + int(digits.group(2)) if digits and (int(digits.group(1)) + 1) % 100 == int(digits.group(2)) else None


def _days_into(year: int, date: str | None) -> int:
    """Days from the first of August in which a collection's year begins, as a number of four digits."""
    try:
        prepared = dt.date.fromisoformat((date or "")[:10])
    except ValueError:
        return 0
    return min(max((prepared - dt.date(max(year, 2) - 1, 8, 1)).days, 0), 9_999)


# --- a learner -----------------------------------------------------------------------------------


def _read_learner(learner: Element, file: SourceFile, row: int, whose: _Return, read: _Read) -> None:
    values = leaf_texts(learner)
    reference = values.get("LearnRefNumber")
    if reference is None:
        read.excluded["no_key"] += 1
        return
    key = f"{whose.ukprn}/{reference}"
    codes = {(leaf.get("LearnFAMType", "").upper(), leaf.get("LearnFAMCode"))
             for leaf in map(leaf_texts, named(learner, "LearnerFAM"))}  # fmt: skip
    types = {kind for kind, _ in codes}
    aims = [leaf_texts(part) for part in named(learner, "LearningDelivery")]
    read.rows.append((
        file.name, row, key, whose.rank, whose.year, whose.ukprn,
        reference, values.get("ULN"), values.get("GivenNames"), values.get("FamilyName"), values.get("DateOfBirth"),
        values.get("Postcode"), values.get("AddLine1"), values.get("Sex"), values.get("Ethnicity"),
        "E" if PLAN in types else "K" if SPECIAL_NEEDS in types else None, "true" if FREE_MEALS in types else None,
        DISABILITY.get(values.get("LLDDHealthProb", "")),
    ))  # fmt: skip
    read.addresses += _addresses(key, values, aims)
    read.events += _aims(key, aims)
    read.events += _earlier(key, values, whose, read)


def _addresses(key: str, values: Mapping[str, str], aims: list[dict[str, str]]) -> Iterator[Address]:
    """The home now and, where it is another, the one before enrolment: left at the latest when the first aim began."""
    now, before = values.get("Postcode"), values.get("PostcodePrior")
    if now:
        yield key, "home", now, values.get("AddLine1"), None, None, None
    if before and before != now:
        began = min((aim["LearnStartDate"] for aim in aims if "LearnStartDate" in aim), default=None)
        yield key, "home", before, None, None, None, began


def _aims(key: str, aims: list[dict[str, str]]) -> Iterator[Event]:
    for aim in aims:
        yield key, "learning_aim", aim.get("LearnAimRef"), aim.get("LearnStartDate"), aim.get("LearnActEndDate")


def _earlier(key: str, values: Mapping[str, str], whose: _Return, read: _Read) -> Iterator[Event]:
    """What the learner was called before. A record has one provider, so that a reference at another is an event."""
    if before := values.get("PrevLearnRefNumber"):
        read.met["ID017"] += 1
        yield key, "previous_learner_ref", f"{values.get('PrevUKPRN', whose.ukprn)}/{before}", None, None
    elif provider := values.get("PrevUKPRN"):
        yield key, "previous_provider", provider, None, None
    if merged := values.get("PMUKPRN"):
        yield key, "provider_before_merger", merged, None, None


def _destinations(part: Element, whose: _Return) -> Iterator[Event]:
    key = f"{whose.ukprn}/{leaf_texts(part).get('LearnRefNumber', '')}"
    for outcome in map(leaf_texts, named(part, "DPOutcome")):
        code = f"{outcome.get('OutType', '')}|{outcome.get('OutCode', '')}"
        yield key, "destination", code, outcome.get("OutStartDate"), outcome.get("OutEndDate")


FORMAT = Format(
    name="ilr",
    what="an ILR return",
    title="Individualised learner record (ILR): returns of colleges and training providers",
    files="XML returns of any year, one per provider and submission; a file, a folder or a glob",
    suffixes=SUFFIXES,
    key="UKPRN/LearnRefNumber",
    fields=FIELDS,
    notes=(
        "A row is a Learner element; of several returns a later year speaks, then one that was prepared later.",
        "GivenNames, which may hold all given names, is the forename; there is no UPN.",
        "ULN is kept as it is, the temporary 9999999999 too; it counts as a placeholder.",
        "Postcode is the home, PostcodePrior an earlier one that ended when the first learning aim began.",
        "disability is LLDDHealthProb; sen is E with an EHC plan and K with SEN among LearnerFAM; fsm is FME.",
        "Events: learning_aim (code: LearnAimRef), destination (code: type|code), previous_learner_ref (code: "
        "UKPRN/reference), previous_provider, provider_before_merger.",
        "National Insurance numbers, telephone numbers and e-mail addresses are not read.",
        "Files with a DOCTYPE are refused; memory does not grow with the file.",
    ),
    load=load,
    part_of=lambda header, title: None,
    xml=XmlForm("Message", rows=("Learner",), collections=("ILR",), telling=("ESFA/ILR", "<LearningProvider")),
)
