"""Both pages of a run, `report.html` and `public/report.html`; and both made again from a run that is finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from linkage.diagnostics.finished import read_manifest, working_tables
from linkage.report.page import write_report
from linkage.report.public_page import PAGE, write_public_report
from linkage.sql import Connection

STAGE = "report"  # of a run; what its page tells of stages ends before it
PUBLIC = "public"


@dataclass(frozen=True)
class Reports:
    """Where the pages are; `public` None where there is no public table to make one of."""

    report: Path
    public: Path | None


def write_reports(con: Connection, manifest: Mapping[str, Any], run: Path) -> Reports:
    """Write both pages into the folder of a run, from its working tables, its manifest and its public tables."""
    write_report(con, before_report(manifest), run / PAGE)
    is_public = write_public_report(run / PUBLIC)
    return Reports(run / PAGE, run / PUBLIC / PAGE if is_public else None)


def write_reports_again(run: Path) -> Reports:
    """Both pages of a finished run, the same bytes as the run made; nothing else of it changes.

    Raises UsageError where there is no finished run or its working tables were discarded, InputError where its manifest
    is broken.
    """
    manifest = read_manifest(run)
    with working_tables(run) as con:
        return write_reports(con, manifest, run)


def before_report(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest as it was when the run wrote its report: later stages had not been done."""
    stages = list(takewhile(lambda item: item["stage"] != STAGE, manifest.get("stages", ())))
    return {**manifest, "stages": stages}
