"""What `check` found on one screen: the sources, how complete they are, what to act on, and what to hope for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linkage.diagnostics.readiness import Readiness
from linkage.diagnostics.readiness.counts import IdentifierCount, percentage
from linkage.diagnostics.readiness.hopes import Hope
from linkage.findings import CATALOGUE, Severity
from linkage.tables import Finding

Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]

MOST_HOPES = 15
MOST_FINDINGS = 20
SHOWN = ("forename", "surname", "dob", "postcode", "sex")
SEVERITIES: tuple[Severity, ...] = ("act", "look", "note")


@dataclass(frozen=True)
class Found:
    """A code of the catalogue that was met: how often, in which sources and fields."""

    code: str
    severity: Severity
    title: str
    explanation: str
    count: int
    findings: tuple[Finding, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources, each once; that of a finding about all of them is empty and left out."""
        return tuple(dict.fromkeys(finding.source for finding in self.findings if finding.source))


def by_code(findings: Iterable[Finding]) -> list[Found]:
    """The findings under their codes, what to act on first."""
    listed: dict[str, list[Finding]] = {}
    for finding in findings:
        listed.setdefault(finding.code, []).append(finding)
    found = [
        Found(code, CATALOGUE[code].severity, CATALOGUE[code].title, CATALOGUE[code].explanation,
              sum(item.count for item in items), tuple(items))
        for code, items in listed.items()
    ]  # fmt: skip
    return sorted(found, key=lambda item: (SEVERITIES.index(item.severity), item.code))


def summary_tables(readiness: Readiness) -> list[Table]:
    """Title, headers and lines of each table, for a terminal."""
    return [
        ("Sources", ("source", "format", "years", "authorities", "rows", "records", "rows left out", "why"), [
            (s.source, s.format, s.years, f"{s.authorities:,}", f"{s.rows:,}", f"{s.records:,}", f"{s.excluded:,}",
             s.reasons) for s in readiness.sources]),
        ("Known, % of records", ("source", *SHOWN, "identifiers that can link"), _known(readiness)),
        ("Findings", ("code", "do", "count", "sources", "meaning"), _findings(readiness.findings)),
        _hopes(readiness.hopes),
    ]  # fmt: skip


def _known(readiness: Readiness) -> list[tuple[str, ...]]:
    percents = {(item.source, item.field): f"{item.percent:.1f}" for item in readiness.fields}
    return [
        (s.source, *(percents.get((s.source, field), "") for field in SHOWN),
         ", ".join(usable_identifiers(readiness.identifiers, s.source, s.records)))
        for s in readiness.sources
    ]  # fmt: skip


def usable_identifiers(counts: Iterable[IdentifierCount], source: str, records: int) -> list[str]:
    """Schemes with a valid value and the percentage of records that hold one."""
    return [
        f"{item.scheme} {percentage(item.records, records):.1f}"
        for item in counts
        if item.source == source and item.status == "valid"
    ]


def _findings(findings: Sequence[Finding]) -> list[tuple[str, ...]]:
    found = by_code(findings)
    shown = [item for item in found if item.severity != "note"][:MOST_FINDINGS]
    lines: list[tuple[str, ...]]
    lines = [(f.code, f.severity, f"{f.count:,}", _few(f.sources), f.title) for f in shown]
    rest = len(found) - len(shown)
    return [*lines, ("", "", "", "", f"and {rest} more codes: see findings.csv")] if rest else lines


def _few(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} sources"


def _hopes(hopes: Sequence[Hope]) -> Table:
    """A line for each pair of sources, or for each verdict where there are too many pairs."""
    if len(hopes) <= MOST_HOPES:
        headers = ("source", "and", "links by", "strongest rule", "pairs at most", "beyond reach", "of", "beyond", "of")
        return "Hopes", headers, [
            (h.source_l, "itself" if h.source_l == h.source_r else h.source_r, h.verdict, h.strongest,
             "" if h.links_at_most is None else f"{h.links_at_most:,}", f"{h.beyond_l:,}", f"{h.records_l:,}",
             f"{h.beyond_r:,}", f"{h.records_r:,}") for h in hopes]  # fmt: skip
    verdicts = dict.fromkeys(hope.verdict for hope in hopes)
    lines: list[tuple[str, ...]]
    lines = [(verdict, f"{sum(hope.verdict == verdict for hope in hopes):,}") for verdict in verdicts]
    return "Hopes (each pair is in hopes.csv)", ("links by", "pairs of sources"), lines
