"""A statement of the linkage, generated from the run: what GUILD asks of those who link, and a paragraph on methods.

GUILD: R. Gilbert and others, J. Public Health 40 (2018) 191-198: what is to be told at each of four steps, here data
provision, linkage, what an analysis has to allow for, and reporting. What the run does not know (how people came to
be in a source, consent, who did it) is left as a blank to fill, and said so. Counts are exact: for the secure
setting.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.diagnostics.capture_recapture import CAPTURE
from linkage.diagnostics.error_by_subgroup import DISPARITY
from linkage.diagnostics.expected_by_subgroup import EXPECTED
from linkage.diagnostics.implausible import ANY, IMPLAUSIBLE
from linkage.diagnostics.match_rate import MATCH_RATE
from linkage.diagnostics.subgroups import ALL
from linkage.match.parameters import MODEL_PARAMETERS
from linkage.report.facts import SourceSize, source_sizes
from linkage.sql import Connection, has_table, rows
from linkage.tables import LINKS

TO_FILL = "[to be filled in by the team: the run cannot know]"
PROVISION, LINKAGE, ANALYSIS, REPORTING = "1 data provision", "2 linkage", "3 analysis", "4 reporting"
METHODS = "methods"


@dataclass(frozen=True)
class Item:
    """One thing a statement says: the step of GUILD, what it is about, of which source (none: of the run)."""

    step: str
    item: str
    source: str
    text: str


def write_statement(con: Connection, manifest: Mapping[str, Any], folder: Path) -> int:
    """Write `statement.csv` (step, item, source, text) and the same as `statement.md`; returns the items."""
    items = statement_of(con, manifest)
    part = folder / "statement.csv.part"
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("step", "item", "source", "text"))
        writer.writerows((item.step, item.item, item.source, item.text) for item in items)
    part.replace(folder / "statement.csv")
    part = folder / "statement.md.part"
    part.write_text(as_markdown(items, manifest), encoding="utf-8", newline="\n")
    part.replace(folder / "statement.md")
    return len(items)


def as_markdown(items: Sequence[Item], manifest: Mapping[str, Any]) -> str:
    """The statement as a page, the paragraph on methods first."""
    lines = [f"# Linkage statement: {manifest.get('project', {}).get('name', '')}", ""]
    lines += [f"Run {manifest.get('run_id', '')}. For the secure setting: counts are exact.", ""]
    for step in (METHODS, PROVISION, LINKAGE, ANALYSIS, REPORTING):
        lines += [f"## {step.capitalize()}", ""]
        lines += [
            item.text
            if step == METHODS
            else f"- **{item.item}**{f' ({item.source})' if item.source else ''}: {item.text}"
            for item in items
            if item.step == step
        ]
        lines.append("")
    return "\n".join(lines)


def statement_of(con: Connection, manifest: Mapping[str, Any]) -> tuple[Item, ...]:
    """All items, in the order of the steps and of the sources."""
    sizes = source_sizes(con)
    return (
        Item(METHODS, "paragraph", "", methods_paragraph(con, manifest, sizes)),
        *(item for size in sizes for item in _provision(size, manifest)),
        *_linkage(con, manifest),
        *_analysis(con),
        *_reporting(manifest),
    )


def _provision(size: SourceSize, manifest: Mapping[str, Any]) -> tuple[Item, ...]:
    excluded = manifest.get("excluded", {}).get(size.source, {})
    spec = manifest.get("configuration", {}).get("sources", {}).get(size.source, {})
    left_out = "; ".join(f"{n:,} {reason.replace('_', ' ')}" for reason, n in sorted(excluded.items())) or "none"
    findings = [item for item in manifest.get("findings", ()) if item.get("source") == size.source]
    checks = "; ".join(f"{item['code']} {item['meaning']}: {item['count']:,}" for item in findings) or "none"
    flow = (f"{size.rows:,} rows are {size.records:,} children ({spec.get('format', '')}); {size.linked:,} are linked "
            f"to another record and {size.records - size.linked:,} are not. Excluded rows: {left_out}.")  # fmt: skip
    return (
        Item(PROVISION, "population and how it came about", size.source, TO_FILL),
        Item(PROVISION, "records and exclusions", size.source, flow),
        Item(PROVISION, "coverage and completeness", size.source,
             "coverage.csv has years and authorities, identifier_quality.csv every field by subgroup."),
        Item(PROVISION, "findings of quality control", size.source, checks),
    )  # fmt: skip


def _linkage(con: Connection, manifest: Mapping[str, Any]) -> tuple[Item, ...]:
    link = manifest.get("configuration", {}).get("link", {})
    passes = "; ".join(f"{item['rule']} ({item['linked']:,} links)" for item in manifest.get("passes", ()))
    blocks = "; ".join(" and ".join(item["columns"]) for item in manifest.get("blocks", ()))
    compared = (
        ", ".join(str(name) for (name,) in rows(con, f"select distinct comparison from {MODEL_PARAMETERS} order by 1"))
        if has_table(con, MODEL_PARAMETERS)
        else ""
    )
    unique = ", ".join(link.get("unique", ())) or "none"
    return (
        Item(LINKAGE, "who linked, where and under what governance", "", TO_FILL),
        Item(LINKAGE, "deterministic passes, in order", "", passes or "none"),
        Item(LINKAGE, "blocking rules", "", blocks or "none"),
        Item(LINKAGE, "fields compared", "", compared or "none"),
        Item(LINKAGE, "thresholds", "",
             f"link from a confidence of {link.get('accept')}, clerical review from {link.get('review')}"),
        Item(LINKAGE, "sources that hold a child once", "", unique),
        Item(LINKAGE, "expected errors", "", expected_words(con)),
        Item(LINKAGE, "implausible persons", "", _implausible_words(con)),
        Item(LINKAGE, "links outside the candidates", "", _capture_words(con)),
    )  # fmt: skip


def expected_words(con: Connection) -> str:
    """False and missed links that the confidences foretell, and how confidences are known."""
    found = rows(
        con,
        f"""select n_links, exp_false, false_lo, false_hi, exp_missed_in_candidates, mmr_candidates, confidence_basis
            from {EXPECTED} where source_l = '{ALL}' and subgroup_var = '{ALL}'""",
    )
    if not found:
        return "no pairs were weighed"
    links, false, lo, hi, missed, rate, basis = found[0]
    said = f"of {int(str(links)):,} pairs in persons {float(str(false)):,.1f} are expected false ({lo} to {hi})"
    said += f", and {float(str(missed)):,.1f} true pairs are expected missed among the candidates"
    said += "" if rate is None else f" ({_percent(rate)} of true pairs)"
    return f"{said}; confidences are {basis}"


def _implausible_words(con: Connection) -> str:
    found = rows(
        con, f"select at_risk, flagged, rate from {IMPLAUSIBLE} where rule = '{ANY}' and subgroup_var = '{ALL}'"
    )
    if not found:
        return "not enough evidence"
    at_risk, flagged, rate = found[0]
    share = "not enough evidence for a rate" if rate is None else f"{_percent(rate)}, a floor of false links"
    return f"{int(str(flagged)):,} of {int(str(at_risk)):,} persons who could show a contradiction do ({share})"


def _capture_words(con: Connection) -> str:
    found = rows(con, f"select missed_hat, n_hat from {CAPTURE} where source_l = '{ALL}'")
    if not found:
        return "not enough evidence from two independent passes"
    missed, total = (float(str(value)) for value in found[0])
    return f"at least {missed:,.1f} of {total:,.1f} links that no identifier found, by capture-recapture"


def _analysis(con: Connection) -> tuple[Item, ...]:
    found = rows(
        con,
        f"""select metric, subgroup_var, subgroup, reference, evidence, ratio, ratio_lo, ratio_hi, truth_source
            from {DISPARITY} where evidence in ('higher', 'lower') order by cell_no""",
    )
    unclear = rows(con, f"select count(*) from {DISPARITY} where evidence = 'not enough evidence'")[0][0]
    worse = "; ".join(
        f"{metric} {evidence} for {variable} {group} than for {reference} (ratio {_ratio(ratio)}, {_ratio(lo)} to "
        f"{_ratio(hi)}, {truth})"
        for metric, variable, group, reference, evidence, ratio, lo, hi, truth in found
    )  # fmt: skip
    return (
        Item(ANALYSIS, "groups that are missed or wrongly joined more or less often", "",
             f"{worse or 'none was seen'}; for {unclear} comparisons there is not enough evidence, which is no "
             "evidence of no difference"),
        Item(ANALYSIS, "what an analysis has to allow for", "",
             "disparity_impact.csv has the ratio that a statistic would show if nothing but linkage differed; "
             "tipping_point.csv the bounds of the named statistics; --imputations draws linkages to analyse and pool"),
        Item(ANALYSIS, "approach taken in this analysis", "", TO_FILL),
    )  # fmt: skip


def _reporting(manifest: Mapping[str, Any]) -> tuple[Item, ...]:
    versions = ", ".join(f"{name} {version}" for name, version in manifest.get("versions", {}).items())
    return (
        Item(REPORTING, "versions", "", versions),
        Item(REPORTING, "configuration and inputs", "", "manifest.json has every setting and the hash of every file"),
        Item(REPORTING, "disclosure control", "", "public/ holds the tables that may be published"),
    )


def methods_paragraph(con: Connection, manifest: Mapping[str, Any], sizes: Sequence[SourceSize]) -> str:
    """A paragraph for a methods section: sources, stages, thresholds, links, expected errors and their basis."""
    link = manifest.get("configuration", {}).get("link", {})
    stages = {str(stage): int(str(n)) for stage, n in rows(
        con, f"select stage, count(*) from {LINKS} where decision = 'link' group by stage order by stage")}  # fmt: skip
    ((least, most),) = rows(con, f"select min(rate), max(rate) from {MATCH_RATE} where subgroup_var = '{ALL}'")
    told = "" if least is None else f"from {_percent(least)} to {_percent(most)} by pair of sources (match_rate.csv)"
    version = manifest.get("versions", {}).get("linkage-engine", "")
    return (
        f"{sum(size.records for size in sizes):,} records of {len(sizes)} sources "
        f"({', '.join(size.source for size in sizes)}) were linked with linkage-engine {version}. Deterministic rules "
        f"({', '.join(link.get('rules', ()))}) made {stages.get('deterministic', 0):,} links; a Fellegi-Sunter model "
        f"({link.get('model', 'none')}), fitted on the sources themselves, made {stages.get('probabilistic', 0):,} "
        f"more from a confidence of {link.get('accept')}, and {stages.get('manual', 0):,} were made by people. "
        f"Links were joined into persons under constraints. Records with a partner: {told or 'none'}; records without "
        f"one include children who have none to be found. By the confidences, {expected_words(con)}. "
        f"{_implausible_words(con).capitalize()}."
    )


def _percent(rate: object) -> str:
    return f"{100 * float(str(rate)):.2f}%"


def _ratio(value: object) -> str:
    return "not bounded" if value is None else f"{float(str(value)):.2f}"
