"""The page of `check`: what the sources hold, what was found with its explanations, and what to hope for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.diagnostics.readiness import Readiness
from linkage.diagnostics.readiness.counts import FieldCount, ReturnCount
from linkage.diagnostics.readiness.evidence import RULE, Evidence
from linkage.diagnostics.readiness.hopes import Hope
from linkage.diagnostics.readiness.summary import Found, by_code
from linkage.findings import KINDS
from linkage.project import Project
from linkage.report.page import environment

PAGE = "check.html"
MOST_RETURNS = 100  # lines of a source's table of returns on the page; all are in the CSV file
MOST_PAIRS = 60  # pairs of sources whose evidence is on the page
STANDS_OUT = 20.0  # points of percentage below its source from which a return is pointed at
LEAST_RECORDS = 20  # a return of fewer records is not pointed at: the difference may be chance
MOST_LOW = 40


@dataclass(frozen=True)
class ReturnLine:
    """A return and the percentage of its records that know each field; None where the source's rows have none."""

    year: int | None
    authority: str
    records: int
    percents: tuple[float | None, ...]


@dataclass(frozen=True)
class ReturnTable:
    """The returns of one source with a column for each field; `more` are left out on the page."""

    source: str
    fields: tuple[str, ...]
    lines: tuple[ReturnLine, ...]
    more: int


@dataclass(frozen=True)
class Low:
    """A return that fills a field far less than its source does."""

    count: ReturnCount
    percent_of_source: float


def write_check_page(readiness: Readiness, project: Project, path: Path) -> None:
    """Write the page, one file that reads nothing from a network. Holds counts, codes and names of sources and files.

    The same readiness gives the same bytes. Small counts are shown: it is for the secure setting.
    """
    html = environment().get_template("check.html.j2").render(page_context(readiness, project))
    part = path.with_name(path.name + ".part")
    part.write_text(html, encoding="utf-8", newline="\n")
    part.replace(path)


def page_context(readiness: Readiness, project: Project) -> dict[str, Any]:
    """Everything the template asks for."""
    found = by_code(readiness.findings)
    return {
        "project": project.project,
        "readiness": readiness,
        "found": found,
        "kinds": [(title, [item for item in found if item.code.startswith(kind)]) for kind, title in KINDS.items()],
        "fields": _by_source(readiness.fields),
        "returns": return_tables(readiness.returns),
        "low": low_returns(readiness),
        "hopes": [(hope, _evidence_of(hope, readiness.evidence)) for hope in readiness.hopes[:MOST_PAIRS]],
        "more_hopes": max(0, len(readiness.hopes) - MOST_PAIRS),
        "headline": headline(readiness, found),
        "severities": {"act": "act on it", "look": "look into it", "note": "note"},
        "stands_out": STANDS_OUT,
    }


def headline(readiness: Readiness, found: Sequence[Found]) -> list[tuple[str, str]]:
    """(id of a section, sentence): what an analyst should know first."""
    sources, hopes = readiness.sources, readiness.hopes
    said = [("sources", f"{sum(s.rows for s in sources):,} rows of {len(sources):,} sources are "
                        f"{sum(s.records for s in sources):,} records.")]  # fmt: skip
    act = [item for item in found if item.severity == "act"]
    if act:
        said.append(("findings", f"To act on before linking: {', '.join(item.title.split(';')[0] for item in act)}."))
    without = [hope for hope in hopes if not hope.reach_l or not hope.reach_r]
    if without:
        said.append(("hopes", f"{len(without):,} of {len(hopes):,} pairs of sources have nothing to be linked by."))
    far = max(hopes, key=lambda h: max(_share(h.beyond_l, h.records_l), _share(h.beyond_r, h.records_r)), default=None)
    if far is not None and (far.beyond_l or far.beyond_r):
        said.append((
            "hopes",
            f"Beyond reach of any rule or model: most so between {far.source_l} ({far.beyond_l:,} of {far.records_l:,} "
            f"records) and {far.source_r} ({far.beyond_r:,} of {far.records_r:,}).",
        ))  # fmt: skip
    return said


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _by_source(fields: Sequence[FieldCount]) -> dict[str, list[FieldCount]]:
    listed: dict[str, list[FieldCount]] = {}
    for item in fields:
        listed.setdefault(item.source, []).append(item)
    return listed


def return_tables(counts: Sequence[ReturnCount]) -> list[ReturnTable]:
    """One table a source, its returns by year and authority."""
    by_source: dict[str, list[ReturnCount]] = {}
    for item in counts:
        by_source.setdefault(item.source, []).append(item)
    tables = []
    for source, items in by_source.items():
        fields = tuple(dict.fromkeys(item.field for item in items))
        lines: dict[tuple[int | None, str], dict[str, ReturnCount]] = {}
        for item in items:
            lines.setdefault((item.year, item.authority), {})[item.field] = item
        listed = tuple(
            ReturnLine(year, authority, max(item.records for item in held.values()), _percents(fields, held))
            for (year, authority), held in lines.items()
        )
        tables.append(ReturnTable(source, fields, listed[:MOST_RETURNS], max(0, len(listed) - MOST_RETURNS)))
    return tables


def _percents(fields: Sequence[str], held: Mapping[str, ReturnCount]) -> tuple[float | None, ...]:
    return tuple(held[field].percent if field in held else None for field in fields)


def low_returns(readiness: Readiness) -> list[Low]:
    """Returns that fill a field far less than their source as a whole does, the widest gap first."""
    wholes: dict[tuple[str, str], tuple[int, int]] = {}
    for item in readiness.returns:
        known, records = wholes.get((item.source, item.field), (0, 0))
        wholes[item.source, item.field] = (known + item.known, records + item.records)
    low = []
    for item in readiness.returns:
        known, records = wholes[item.source, item.field]
        whole = round(100 * _share(known, records), 1)
        if item.records >= LEAST_RECORDS and item.percent <= whole - STANDS_OUT:
            low.append(Low(item, whole))
    low.sort(key=lambda item: item.count.percent - item.percent_of_source)
    return low[:MOST_LOW]


def _evidence_of(hope: Hope, evidence: Sequence[Evidence]) -> tuple[list[Evidence], list[Evidence]]:
    own = [item for item in evidence if (item.source_l, item.source_r) == (hope.source_l, hope.source_r)]
    return [item for item in own if item.kind == RULE], [item for item in own if item.kind != RULE]
