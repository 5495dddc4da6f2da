"""Readiness: what the sources hold, before anything is linked. What `linkage check` prints."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linkage.prepare import prepare_records
from linkage.project import Project
from linkage.sources import load_source
from linkage.sql import (
    Connection,
    connect,
    count,
    default_memory,
    default_threads,
    ident,
    literal,
    rows,
)
from linkage.tables import Extract, Finding

CLEANED = ("forename", "surname", "dob", "postcode", "sex", "ethnicity")
OTHER_FIELDS = ("expected_dob", "authority", "school_urn", "language", "sen", "fsm")
FEWEST = 1  # a finding is shown from this many rows up


@dataclass(frozen=True)
class SourceCount:
    """Rows read, records after folding, the most rows in one record, and rows left out by reason."""

    source: str
    format: str
    rows: int
    records: int
    most_rows: int
    excluded: int
    reasons: str


@dataclass(frozen=True)
class FieldCount:
    """How many records hold a usable value of a field, how many none, and how many one that was refused, by reason."""

    source: str
    field: str
    records: int
    known: int
    blank: int
    refused: int
    reasons: str


@dataclass(frozen=True)
class IdentifierCount:
    """Values of an identifier in a source by status, and values that several records share."""

    source: str
    scheme: str
    status: str
    records: int
    shared_values: int


@dataclass(frozen=True)
class Readiness:
    """All that `check` found: counts and codes, never a value."""

    sources: tuple[SourceCount, ...]
    fields: tuple[FieldCount, ...]
    identifiers: tuple[IdentifierCount, ...]
    findings: tuple[Finding, ...]

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)

    def as_tables(self) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
        """Title, headers and lines of each table, for a terminal."""
        return [
            ("Sources", ("source", "format", "rows", "records", "most rows in one", "rows left out", "why"), [
                (s.source, s.format, f"{s.rows:,}", f"{s.records:,}", f"{s.most_rows:,}", f"{s.excluded:,}", s.reasons)
                for s in self.sources]),
            ("Fields", ("source", "field", "known", "% known", "blank", "refused", "why"), [
                (f.source, f.field, f"{f.known:,}", f"{100 * f.known / max(f.records, 1):.1f}", f"{f.blank:,}",
                 f"{f.refused:,}", f.reasons) for f in self.fields]),
            ("Identifiers", ("source", "identifier", "status", "records", "values shared by records"), [
                (i.source, i.scheme, i.status, f"{i.records:,}", f"{i.shared_values:,}") for i in self.identifiers]),
            ("Findings", ("code", "source", "field", "count", "meaning"), [
                (f.code, f.source, f.field, f"{f.count:,}", f.meaning) for f in self.findings]),
        ]  # fmt: skip


def check_project(project: Project) -> Readiness:
    """Read and clean all sources, and count. What does not fit in memory spills to a private folder that is removed.

    Raises InputError and ProjectError as a run would.
    """
    settings = project.run
    with (
        tempfile.TemporaryDirectory(prefix="linkage-check-", ignore_cleanup_errors=True) as spill,
        connect(threads=settings.threads or default_threads(), memory=settings.memory or default_memory(),
                spill=Path(spill)) as con,
    ):  # fmt: skip
        specs = tuple(project.sources.values())
        extracts = [load_source(con, spec, project.folder) for spec in specs]
        found = prepare_records(con, specs, extracts, unique=project.link.unique, within=project.link.within)
        listed = [finding for extract in extracts for finding in extract.findings] + list(found)
        return Readiness(
            tuple(_sources(con, extracts)),
            tuple(_fields(con)),
            tuple(_identifiers(con)),
            tuple(finding for finding in listed if finding.count >= FEWEST),
        )


def _sources(con: Connection, extracts: Sequence[Extract]) -> list[SourceCount]:
    facts = {str(row[0]): row[1:] for row in rows(
        con, "select source, count(*), coalesce(max(row_count), 0) from records group by source")}  # fmt: skip
    formats = {str(source): str(name) for source, name in rows(con, "select source, format from sources")}
    found = []
    for extract in extracts:
        records, most = facts.get(extract.source, (0, 0))
        found.append(
            SourceCount(
                source=extract.source,
                format=formats[extract.source],
                rows=count(con, extract.rows),
                records=int(str(records)),
                most_rows=int(str(most)),
                excluded=sum(extract.excluded.values()),
                reasons=", ".join(f"{why} {n:,}" for why, n in sorted(extract.excluded.items())),
            )
        )
    return found


def _fields(con: Connection) -> list[FieldCount]:
    found = []
    for field in (*CLEANED, *OTHER_FIELDS):
        why = f"{ident(field + '_why')}" if field in CLEANED else "null::varchar"
        sql = f"""
            with counted as (
              select source_no, source, count(*) as records, count({ident(field)}) as known,
                count(*) filter ({ident(field)} is null and {why} is not null) as refused
              from records group by all),
            reasons as (
              select source_no, string_agg(reason || ' ' || n, ', ' order by n desc, reason) as listed
              from (select source_no, {why} as reason, count(*) as n from records
                    where {why} is not null and {ident(field)} is null group by all)
              group by source_no)
            select source, {literal(field)}, records, known, refused, coalesce(listed, '')
            from counted left join reasons using (source_no)
            where known + refused > 0
            order by source_no"""
        for source, name, records, known, refused, reasons in rows(con, sql):
            n, usable, useless = int(str(records)), int(str(known)), int(str(refused))
            found.append(FieldCount(str(source), str(name), n, usable, n - usable - useless, useless, str(reasons)))
    order = [source for (source,) in rows(con, "select source from sources order by source_no")]
    return sorted(found, key=lambda item: order.index(item.source))


def _identifiers(con: Connection) -> list[IdentifierCount]:
    sql = """
        with shared as (
          select r.source_no, i.scheme, i.status, i.scope, i.value, count(distinct i.record_id) as holders
          from identifiers i join records r using (record_id)
          group by all)
        select s.source, h.scheme, h.status, sum(holders), count(*) filter (holders > 1)
        from shared h join sources s using (source_no)
        group by s.source_no, s.source, h.scheme, h.status
        order by s.source_no, h.scheme, h.status"""
    return [
        IdentifierCount(str(source), str(scheme), str(status), int(str(n)), int(str(shared)))
        for source, scheme, status, n, shared in rows(con, sql)
    ]
