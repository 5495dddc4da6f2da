"""Readiness: what the sources hold and what can be hoped for, before anything is linked. What `linkage check` tells."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linkage.diagnostics.coverage import coverage
from linkage.diagnostics.readiness.counts import (
    FieldCount,
    IdentifierCount,
    ReturnCount,
    SourceCount,
    count_fields,
    count_identifiers,
    count_returns,
    count_sources,
)
from linkage.diagnostics.readiness.duplicates import DuplicateCount, count_duplicates
from linkage.diagnostics.readiness.evidence import Evidence
from linkage.diagnostics.readiness.hopes import Hope, hopes
from linkage.diagnostics.readiness.implausible import record_findings
from linkage.packs import load_packs
from linkage.prepare import prepare_records
from linkage.project import Project
from linkage.sources import load_source
from linkage.sql import Connection, connect, default_memory, default_threads
from linkage.tables import Finding

__all__ = ["Readiness", "check_project"]


@dataclass(frozen=True)
class Readiness:
    """All that `check` found: counts and codes, never a value. Each part is a table, in the order of the sources."""

    sources: tuple[SourceCount, ...]
    fields: tuple[FieldCount, ...]
    returns: tuple[ReturnCount, ...]
    identifiers: tuple[IdentifierCount, ...]
    duplicates: tuple[DuplicateCount, ...]
    findings: tuple[Finding, ...]
    hopes: tuple[Hope, ...]
    evidence: tuple[Evidence, ...]

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


def check_project(project: Project, *, today: dt.date | None = None) -> Readiness:
    """Read and clean all sources, count, and hold the project's rules and model against what there is.

    Birth dates of a source of which nothing says the year are held against `today`, by default the day it is. What
    does not fit in memory spills to a private folder that is removed. Raises InputError and ProjectError as a run
    would.
    """
    packs = load_packs(project.link.rules, project.link.model, folder=project.folder)
    specs = tuple(project.sources.values())
    with _connection(project) as con:
        extracts = [load_source(con, spec, project.folder) for spec in specs]
        prepared = prepare_records(
            con, specs, extracts, unique=project.link.unique, within=project.link.within, by_return=True
        )
        coverage(con, specs, extracts)
        duplicates = count_duplicates(con, extracts)
        met = record_findings(con, specs, duplicates, today=today or dt.date.today())
        hoped, evidence = hopes(con, packs)
        return Readiness(
            sources=tuple(count_sources(con, extracts)),
            fields=tuple(count_fields(con)),
            returns=tuple(count_returns(con)),
            identifiers=tuple(count_identifiers(con)),
            duplicates=tuple(duplicates),
            findings=_sorted(
                [spec.name for spec in specs],
                [*(finding for extract in extracts for finding in extract.findings), *prepared, *met],
            ),
            hopes=tuple(hoped),
            evidence=tuple(evidence),
        )


@contextmanager
def _connection(project: Project) -> Iterator[Connection]:
    settings = project.run
    with (
        tempfile.TemporaryDirectory(prefix="linkage-check-", ignore_cleanup_errors=True) as spill,
        connect(threads=settings.threads or default_threads(), memory=settings.memory or default_memory(),
                spill=Path(spill)) as con,
    ):  # fmt: skip
        yield con


def _sorted(order: list[str], findings: list[Finding]) -> tuple[Finding, ...]:
    """By source, those of no one source first; then by code and field."""
    places = {name: place for place, name in enumerate(["", *order])}
    return tuple(sorted((f for f in findings if f.count), key=lambda f: (places[f.source], f.code, f.field)))
