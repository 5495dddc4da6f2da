"""What each source holds: rows and records, completeness and validity of fields and identifiers, by return too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.diagnostics.coverage import COVERAGE
from linkage.identifiers import STATUS_ORDER
from linkage.prepare.by_return import FIELDS_BY_RETURN, UNKNOWN_AUTHORITY
from linkage.sql import Connection, count, ident, literal, rows
from linkage.tables import IDENTIFIERS, RECORDS, SOURCES, Extract

# Fields with a reason beside what was refused, and those without; with the column that tells whether one is known.
CLEANED = {
    "forename": "forename", "surname": "surname", "dob": "dob", "expected_dob": "expected_dob", "postcode": "district",
    "sex": "sex", "ethnicity": "ethnicity",
}  # fmt: skip
OTHER_FIELDS = ("authority", "school_urn", "language", "sen", "fsm")
# Fields that may be known in part: the condition for it.
COARSE = {"dob": "dob_precision <> 'day'", "postcode": "postcode_precision <> 'full'"}


@dataclass(frozen=True)
class SourceCount:
    """Rows read, records after folding, returns it holds, and rows left out by reason.

    `years` is as in `2022-2024`, empty where nothing says it; `folded` counts records of several rows, `most_rows` the
    rows of the largest.
    """

    source: str
    format: str
    years: str
    authorities: int
    files: int
    rows: int
    records: int
    folded: int
    most_rows: int
    excluded: int
    reasons: str


@dataclass(frozen=True)
class FieldCount:
    """How many records hold a usable value of a field, how many none, and how many one that was refused, by reason.

    `known`, `blank` and `refused` add up to `records`; of the known, `coarse` are known in part: a birth date to the
    month or year, a postcode to the sector or district.
    """

    source: str
    field: str
    records: int
    known: int
    coarse: int
    blank: int
    refused: int
    percent: float
    reasons: str


@dataclass(frozen=True)
class ReturnCount:
    """The same for one year and authority of a source that holds several; year None where nothing says it."""

    source: str
    year: int | None
    authority: str
    field: str
    records: int
    known: int
    blank: int
    refused: int
    percent: float


@dataclass(frozen=True)
class IdentifierCount:
    """Records that hold an identifier with a status, and its values: all, and those that several records share.

    A record with two values of one scheme counts under each status it has; `percent` is of the source's records.
    """

    source: str
    scheme: str
    status: str
    records: int
    percent: float
    values: int
    shared_values: int


def percentage(part: int, whole: int) -> float:
    """Per cent, one decimal; never 100.0 or 0.0 by rounding, so that a gap of one record shows."""
    if not whole:
        return 0.0
    rounded = round(100 * part / whole, 1)
    return 99.9 if rounded == 100 and part < whole else 0.1 if rounded == 0 and part else rounded


def count_sources(con: Connection, extracts: Sequence[Extract]) -> list[SourceCount]:
    """One per source, in the order of the project; needs `diagnostics__coverage`."""
    facts = {
        str(source): tuple(int(str(number)) for number in numbers)
        for source, *numbers in rows(
            con,
            f"select source, count(*), count(*) filter (row_count > 1), max(row_count) from {RECORDS} group by source",
        )
    }
    covered = {
        str(source): (first, last, int(str(authorities)))
        for source, first, last, authorities in rows(
            con,
            f"select source, min(year), max(year), count(distinct authority) "
            f"filter (authority <> {literal(UNKNOWN_AUTHORITY)}) from {COVERAGE} group by source",
        )
    }
    formats = {str(source): str(name) for source, name in rows(con, f"select source, format from {SOURCES}")}
    counted = []
    for extract in extracts:
        records, folded, most = facts.get(extract.source, (0, 0, 0))
        first, last, authorities = covered.get(extract.source, (None, None, 0))
        files = rows(con, f"select count(distinct file) from {ident(extract.rows)}")[0][0]
        counted.append(
            SourceCount(
                source=extract.source,
                format=formats[extract.source],
                years="" if first is None else str(first) if first == last else f"{first}-{last}",
                authorities=authorities,
                files=int(str(files)),
                rows=count(con, extract.rows),
                records=records,
                folded=folded,
                most_rows=most,
                excluded=sum(extract.excluded.values()),
                reasons=", ".join(f"{why} {n:,}" for why, n in sorted(extract.excluded.items())),
            )
        )
    return counted


def count_fields(con: Connection) -> list[FieldCount]:
    """One per source and field that the source has a text of, in the order of sources and fields; reads `records`."""
    found: list[tuple[int, FieldCount]] = []
    for field, lead in {**CLEANED, **dict(zip(OTHER_FIELDS, OTHER_FIELDS, strict=True))}.items():
        why = f"r.{ident(field + '_why')}" if field in CLEANED else "null::varchar"
        is_refused = f"r.{lead} is null and {why} is not null"
        sql = f"""
            with counted as (
              select source_no, source, count(*) as records, count(r.{lead}) as known,
                count(*) filter (r.{lead} is not null and {COARSE.get(field, "false")}) as coarse,
                count(*) filter ({is_refused}) as refused
              from {RECORDS} r group by all),
            reasons as (
              select source_no, string_agg(reason || ' ' || n, ', ' order by n desc, reason) as listed
              from (select source_no, {why} as reason, count(*) as n from {RECORDS} r where {is_refused} group by all)
              group by source_no)
            select source_no, source, records, known, coarse, refused, coalesce(listed, '')
            from counted left join reasons using (source_no)
            where known + refused > 0"""
        for number, source, *numbers, reasons in rows(con, sql):
            records, known, coarse, refused = (int(str(n)) for n in numbers)
            blank = records - known - refused
            found.append((int(str(number)), FieldCount(
                str(source), field, records, known, coarse, blank, refused, percentage(known, records), str(reasons),
            )))  # fmt: skip
    return [item for _, item in sorted(found, key=lambda pair: pair[0])]


def count_returns(con: Connection) -> list[ReturnCount]:
    """One per source, year, authority and field, of sources that hold several returns; see `prepare.by_return`."""
    sql = f"""
        select s.source, f.year, f.authority, f.field, f.records, f.known, f.refused
        from {FIELDS_BY_RETURN} f join {SOURCES} s using (source_no)
        where (f.source_no, f.field) in (
          select source_no, field from {FIELDS_BY_RETURN} group by all having sum(known + refused) > 0)
        order by f.source_no, f.field, f.year nulls first, f.authority"""
    counted = []
    for source, year, authority, field, *numbers in rows(con, sql):
        records, known, refused = (int(str(n)) for n in numbers)
        blank = records - known - refused
        counted.append(ReturnCount(
            str(source), None if year is None else int(str(year)), str(authority), str(field), records, known, blank,
            refused, percentage(known, records),
        ))  # fmt: skip
    return counted


def count_identifiers(con: Connection) -> list[IdentifierCount]:
    """One per source, scheme and status; placeholders have no values."""
    sql = f"""
        with held as (
          select r.source_no, i.scheme, i.status, i.scope, i.value, count(distinct i.record_id) as holders
          from {IDENTIFIERS} i join {RECORDS} r using (record_id)
          where i.value is not null
          group by all),
        values_held as (
          select source_no, scheme, status, count(*) as n, count(*) filter (holders > 1) as shared
          from held group by all),
        records_held as (
          select r.source_no, i.scheme, i.status, count(distinct i.record_id) as records
          from {IDENTIFIERS} i join {RECORDS} r using (record_id) group by all),
        sizes as (select source_no, source, count(*) as records from {RECORDS} group by all)
        select z.source, h.scheme, h.status, h.records, z.records, coalesce(v.n, 0), coalesce(v.shared, 0)
        from records_held h
        join sizes z using (source_no)
        left join values_held v using (source_no, scheme, status)
        order by h.source_no, h.scheme,
          list_position([{_status_order()}], h.status)"""
    counted = []
    for source, scheme, status, *numbers in rows(con, sql):
        records, size, values, shared = (int(str(n)) for n in numbers)
        counted.append(IdentifierCount(
            str(source), str(scheme), str(status), records, percentage(records, size), values, shared,
        ))  # fmt: skip
    return counted


def _status_order() -> str:
    return ", ".join(literal(status) for status in STATUS_ORDER)
