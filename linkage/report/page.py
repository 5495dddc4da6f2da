"""The page: facts of a run put into words, and written as one HTML file. The same run gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from linkage.report.blocking_facts import known_pairs
from linkage.report.charts import (
    FEW_RECORDS,
    DotPlot,
    dot_plot,
    evidence_bar,
    histogram,
    place_of_confidence,
    share_bars,
    ticks,
)
from linkage.report.error_sections import error_sections
from linkage.report.evidence_facts import LEAST_BITS, RateTable, levels, rate_tables, rule_worths, weight_bars
from linkage.report.facts import (
    SIZES_SHOWN,
    PairOfSources,
    PersonSize,
    conflict_counts,
    largest_persons,
    pairs_of_sources,
    person_sizes,
    source_sizes,
    sureness,
)
from linkage.report.family_facts import relation_counts, unit_counts
from linkage.report.headline import headline_of
from linkage.report.name_facts import has_groups, names_of_groups
from linkage.report.reach_facts import reaches
from linkage.report.residue_facts import residue_of
from linkage.report.validation_facts import masked_funnels
from linkage.report.words import (
    bits,
    code,
    count,
    counts_of_stage,
    detail,
    doubt,
    flattened,
    pair_of_sources,
    percent,
    plain,
    rate_question,
    small,
    variable,
)
from linkage.schema import UNKNOWN
from linkage.sql import Connection

MOST_RATE_TABLES = 24  # pairs of sources whose rates are drawn; all of them are in match_rate.csv


@dataclass(frozen=True)
class RateFigure:
    """A table of link rates and its plot."""

    table: RateTable
    plot: DotPlot
    title: str

    @property
    def is_known(self) -> bool:
        """Whether any record has a known subgroup; where none has, there is nothing to draw."""
        return any(rate.subgroup != UNKNOWN for rate in self.table.rates)


@dataclass(frozen=True)
class PairFigures:
    """Figures of two sources: for each side what is asked, and a figure for each subgroup variable."""

    name: str
    is_open: bool
    sides: list[tuple[str, list[RateFigure]]]


def write_report(con: Connection, manifest: Mapping[str, Any], path: Path) -> None:
    """Write the report of a run, from its working tables and its manifest (timings are not shown), to `path`.

    Recall of children without an identifier is read from `diagnostics/` beside it. Holds counts, rates, codes and names
    of sources and settings; no key and no value of a record. Small counts are not suppressed: it is for the secure
    setting.
    """
    html = (
        environment()
        .get_template("page.html.j2")
        .render({**context_of(con, manifest), "residue": residue_of(path.parent / "diagnostics")})
    )
    part = path.with_name(path.name + ".part")
    part.write_text(html, encoding="utf-8", newline="\n")
    part.replace(path)


def environment() -> jinja2.Environment:
    """The templates of this folder, all text escaped, and an unknown name an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        count=count, percent=percent, plain=plain, bits=bits, small=small, code=code, detail=detail,
        variable=variable,
    )  # fmt: skip
    made.globals.update(
        few_records=FEW_RECORDS, weakest_bits=-LEAST_BITS, ticks=ticks(), place_of_confidence=place_of_confidence,
        largest_group=SIZES_SHOWN,
    )  # fmt: skip
    return made


def context_of(con: Connection, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Everything the template asks for."""
    link = manifest.get("configuration", {}).get("link", {})
    found = pairs_of_sources(con)
    worths = rule_worths(con)
    names = names_of_groups(con)
    context = {
        "project": {"name": "", "purpose": "", **manifest.get("project", {})},
        "run_id": manifest.get("run_id", ""),
        "accept": float(link.get("accept", 0.95)),
        "review": float(link.get("review", 0.5)),
        "sources": source_sizes(con),
        "pairs": found,
        "sureness": sureness(con),
        "figures": _figures(rate_tables(con), found),
        "more_pairs": max(0, len(found) - MOST_RATE_TABLES),
        "reaches": reaches(con),
        "funnels": masked_funnels(con),
        "histograms": [histogram(weights) for weights in weight_bars(con)],
        "levels": [(level, evidence_bar(level.bits)) for level in levels(con)],
        "names": names if has_groups(names) else (),
        "rules": [(item, worths.get(str(item["rule"]))) for item in manifest.get("passes", ())],
        "blocks": list(manifest.get("blocks", ())),
        "known_pairs": known_pairs(con),
        "sizes": _with_bars(person_sizes(con)),
        "large": largest_persons(con),
        "relations": relation_counts(con),
        "units": unit_counts(con),
        "conflicts": conflict_counts(con),
        "findings": list(manifest.get("findings", ())),
        "excluded": {source: reasons for source, reasons in manifest.get("excluded", {}).items() if reasons},
        "doubts": [doubt(str(text)) for text in manifest.get("doubts", ())],
        "made": next((item["counts"] for item in manifest.get("stages", ()) if item["stage"] == "persons"), {}),
        **error_sections(con),
        "repairs": bool(link.get("repair", True)),
        "stages": [(item["stage"], counts_of_stage(item["counts"])) for item in manifest.get("stages", ())],
        "versions": dict(manifest.get("versions", {})),
        "hashes": flattened(manifest.get("hashes", {})),
        "settings": flattened({**manifest.get("configuration", {}), "seed": manifest.get("seed", "")}),
    }
    return {**context, "headline": headline_of(context)}


def _figures(tables: Sequence[RateTable], pairs: Sequence[PairOfSources]) -> list[PairFigures]:
    """Figures of the pairs of sources with most links, in the order of the sources; the largest is open."""
    drawn = sorted(pairs, key=lambda pair: (-pair.links, pair.source_l, pair.source_r))[:MOST_RATE_TABLES]
    found = []
    for pair in (pair for pair in pairs if pair in drawn):
        own = [table for table in tables if (table.source_l, table.source_r) == (pair.source_l, pair.source_r)]
        sides = [
            (rate_question(of_side[0]), [RateFigure(t, dot_plot(t), variable(t.variable)) for t in of_side])
            for side in ("l", "r")
            if (of_side := [table for table in own if table.side == side])
        ]
        if sides:
            found.append(PairFigures(pair_of_sources(pair.source_l, pair.source_r), pair == drawn[0], sides))
    return found


def _with_bars(sizes: Sequence[PersonSize]) -> list[tuple[PersonSize, float]]:
    return list(zip(sizes, share_bars([item.persons for item in sizes]), strict=True))
