"""Duplicates inside one source: rows that say the same, identifiers of several records, records that look alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.sql import Connection, columns, ident, rows
from linkage.tables import IDENTIFIERS, RECORDS, SOURCES, Extract

ROWS_ALIKE = "rows_alike"
IDENTIFIER = "identifier"
ALIKE = {
    "names_dob_postcode": ("forename", "surname", "dob", "postcode"),
    "names_dob": ("forename", "surname", "dob"),
}

# Columns of a row table that say where a row stands and not what it says.
_PLACE = ("file", "row", "rank", "year")


@dataclass(frozen=True)
class DuplicateCount:
    """Groups of rows or records that are equal in something, and how many are in these groups.

    `rows_alike`: rows of one file equal in all that is read, the key too (usual where a source has a row for each
    event). `identifier`: records that hold the same valid value of a scheme. `names_dob_postcode` and `names_dob`:
    records with equal forename, surname, birth date to the day (and home postcode).
    """

    source: str
    kind: str
    of: str
    groups: int
    members: int


def count_duplicates(con: Connection, extracts: Sequence[Extract]) -> list[DuplicateCount]:
    """All that there are, in the order of sources; kinds without one are left out."""
    counted = [_rows_alike(con, extract) for extract in extracts]
    counted += _same_identifier(con)
    for kind, fields in ALIKE.items():
        counted += _records_alike(con, kind, fields)
    order = [extract.source for extract in extracts]
    return sorted((item for item in counted if item.groups), key=lambda item: order.index(item.source))


def _rows_alike(con: Connection, extract: Extract) -> DuplicateCount:
    said = ", ".join(ident(name) for name in columns(con, extract.rows) if name not in _PLACE)
    groups, members = rows(
        con,
        f"select count(*), coalesce(sum(n), 0) from (select count(*) as n from {ident(extract.rows)} "
        f"group by file, hash({said}) having n > 1)",
    )[0]
    return DuplicateCount(extract.source, ROWS_ALIKE, "", int(str(groups)), int(str(members)))


def _same_identifier(con: Connection) -> list[DuplicateCount]:
    sql = f"""
        with held as (
          select r.source_no, i.scheme, i.scope, i.value, count(distinct i.record_id) as n
          from {IDENTIFIERS} i join {RECORDS} r using (record_id)
          where i.status = 'valid'
          group by all having n > 1)
        select s.source, h.scheme, count(*), sum(h.n)
        from held h join {SOURCES} s using (source_no)
        group by s.source_no, s.source, h.scheme order by s.source_no, h.scheme"""
    return [
        DuplicateCount(str(source), IDENTIFIER, str(scheme), int(str(groups)), int(str(members)))
        for source, scheme, groups, members in rows(con, sql)
    ]


def _records_alike(con: Connection, kind: str, fields: Sequence[str]) -> list[DuplicateCount]:
    known = " and ".join(f"{field} is not null" for field in fields)
    sql = f"""
        select source, count(*), sum(n)
        from (
          select source_no, source, count(*) as n from {RECORDS}
          where {known} and dob_precision = 'day'
          group by source_no, source, {", ".join(fields)} having n > 1)
        group by source_no, source order by source_no"""
    return [
        DuplicateCount(str(source), kind, "", int(str(groups)), int(str(members)))
        for source, groups, members in rows(con, sql)
    ]
