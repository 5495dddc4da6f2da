"""Findings about the records: what `prepare` refused, by reason, and values that it took and that cannot be right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from linkage.diagnostics.coverage import COVERAGE
from linkage.diagnostics.readiness.duplicates import DuplicateCount
from linkage.findings import found, noted
from linkage.prepare.dates import LEAST_CROWD
from linkage.prepare.places import EVENTS
from linkage.project import SourceSpec
from linkage.sql import Connection, literal, rows
from linkage.tables import IDENTIFIERS, RECORDS, SOURCES, Finding

# Reason code of a refused value -> code of the finding, by fields.
_REFUSED: tuple[tuple[tuple[str, ...], dict[str, str]], ...] = (
    (("dob", "expected_dob", "death_date"), {
        "not_a_date": "DT001", "impossible": "DT002", "default_date": "DT003", "out_of_range": "DT004",
        "future": "DT005"}),
    (("forename", "middle_names", "surname"), {"placeholder": "NM001", "not_a_name": "NM002"}),
    (("postcode",), {"not_a_postcode": "PL001", "pseudo_postcode": "PL002"}),
    (("sex", "ethnicity"), {"unknown_code": "CD001"}),
)  # fmt: skip
_STATUSES = {"invalid": "ID001", "placeholder": "ID002", "temporary": "ID003"}

# Services for children end at 25 (care leavers; education, health and care plans). These formats hold adults too.
OLDEST_YEARS = 25
_WITH_ADULTS = ("ilr", "lilr", "leo")
# Formats whose ids are of several persons by nature.
_LOOKUPS = ("leo",)
# A pregnancy may be known nine months before birth; what is a year earlier is not of this child.
_EARLIEST_EVENT_DAYS = 366
# Expected births: those due in the year before the source's, as far as a return of its last day can know.
_MONTHS_AHEAD = 9
# A value is crowded where at least LEAST_CROWD records have it, and this many times as many as have a value on
# average. Children of one block of flats or one busy day are fewer.
_CROWD_TIMES = {"dob": 5, "postcode": 10}


def record_findings(
    con: Connection, specs: Sequence[SourceSpec], duplicates: Sequence[DuplicateCount], *, today: dt.date
) -> list[Finding]:
    """All findings about records and identifiers; `today` stands for the year of a source that nothing tells."""
    return [
        *_refused(con),
        *_identifiers(con),
        *_shared(specs, duplicates),
        *_dates(con, specs, today),
        *_early_events(con),
        *_crowds(con, "dob", "DT009", "dob_precision = 'day' and dob_why is null"),
        *_crowds(con, "postcode", "PL003", "true"),
        *_coarse(con),
    ]


def _refused(con: Connection) -> list[Finding]:
    findings = []
    for fields, codes in _REFUSED:
        for field in fields:
            sql = f"""
                select source, {field}_why, count(*) from {RECORDS}
                where {field} is null and {field}_why is not null
                group by source_no, source, {field}_why order by source_no, {field}_why"""
            findings += [
                found(codes[str(why)], str(source), int(str(n)), field)
                for source, why, n in rows(con, sql) if str(why) in codes
            ]  # fmt: skip
    return findings


def _identifiers(con: Connection) -> list[Finding]:
    sql = f"""
        select r.source, i.scheme, i.status, count(distinct i.record_id)
        from {IDENTIFIERS} i join {RECORDS} r using (record_id)
        where i.status in ({", ".join(map(literal, _STATUSES))})
        group by r.source_no, r.source, i.scheme, i.status order by r.source_no, i.scheme, i.status"""
    return [
        found(_STATUSES[str(status)], str(source), int(str(n)), str(scheme))
        for source, scheme, status, n in rows(con, sql)
    ]


def _shared(specs: Sequence[SourceSpec], duplicates: Sequence[DuplicateCount]) -> list[Finding]:
    lookups = {spec.name for spec in specs if spec.format in _LOOKUPS}
    findings = []
    for item in duplicates:
        if item.kind == "identifier" and item.source not in lookups:
            findings.append(found("ID004", item.source, item.members, item.of, detail=f"{item.groups:,} values"))
        if item.kind == "names_dob_postcode":
            findings.append(found("FO007", item.source, item.members, detail=f"{item.groups:,} groups"))
    return findings


def _dates(con: Connection, specs: Sequence[SourceSpec], today: dt.date) -> list[Finding]:
    """Dates against each other and against the end of the source's latest year."""
    adults = ", ".join(literal(spec.name) for spec in specs if spec.format in _WITH_ADULTS) or "''"
    sql = f"""
        with ends as (
          select s.source_no, s.source, max(c.year) as year,
            coalesce(make_date(max(c.year), 12, 31), $today::date) as last_day
          from {SOURCES} s left join {COVERAGE} c using (source_no) group by all)
        select e.source,
          count(*) filter (r.dob > e.last_day),
          count(*) filter (e.source not in ({adults})
            and r.dob + to_years({OLDEST_YEARS + 1}) <= e.last_day),
          count(*) filter (r.death_date < r.dob),
          count(*) filter (e.year is not null and r.dob is null and (
            r.expected_dob < make_date(e.year - 1, 1, 1)
            or r.expected_dob > e.last_day + to_months({_MONTHS_AHEAD})))
        from ends e join {RECORDS} r using (source_no)
        group by e.source_no, e.source order by e.source_no"""
    codes = (("DT006", "dob"), ("DT007", "dob"), ("DT008", "death_date"), ("DT010", "expected_dob"))
    return [
        finding
        for source, *numbers in rows(con, sql, {"today": today})
        for (code, field), n in zip(codes, numbers, strict=True)
        for finding in noted(code, str(source), int(str(n)), field)
    ]


def _early_events(con: Connection) -> list[Finding]:
    sql = f"""
        select r.source, count(distinct r.record_id)
        from {EVENTS} e join {RECORDS} r using (record_id)
        where e.date_from < r.dob - to_days({_EARLIEST_EVENT_DAYS})
        group by r.source_no, r.source order by r.source_no"""
    return [found("DT011", str(source), int(str(n)), "dob") for source, n in rows(con, sql)]


def _crowds(con: Connection, field: str, code: str, condition: str) -> list[Finding]:
    """Values that stand out by far; how many there are is told, and which is not."""
    sql = f"""
        with held as (
          select source_no, source, {field}, count(*) as n from {RECORDS}
          where {field} is not null and {condition} group by all),
        means as (select source_no, avg(n) as mean from held group by source_no)
        select source, count(*), sum(n)
        from held join means using (source_no)
        where n >= {LEAST_CROWD} and n > {_CROWD_TIMES[field]} * mean
        group by source_no, source order by source_no"""
    return [
        found(code, str(source), int(str(n)), field, detail=f"{int(str(values)):,} values")
        for source, values, n in rows(con, sql)
    ]


def _coarse(con: Connection) -> list[Finding]:
    sql = f"""
        select source, count(*) filter (dob_precision <> 'day'), count(*) filter (postcode_precision <> 'full')
        from {RECORDS} group by source_no, source order by source_no"""
    return [
        finding
        for source, births, homes in rows(con, sql)
        for finding in (
            *noted("DT020", str(source), int(str(births)), "dob"),
            *noted("PL004", str(source), int(str(homes)), "postcode"),
        )
    ]
