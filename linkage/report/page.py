"""The page: facts of a run put into words, and written as one HTML file. The same run gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from linkage.report import charts, evidence_facts, facts, words
from linkage.report.headline import headline_of
from linkage.schema import UNKNOWN
from linkage.sql import Connection

MOST_RATE_TABLES = 24  # pairs of sources whose rates are drawn; all of them are in match_rate.csv


@dataclass(frozen=True)
class RateFigure:
    """A table of link rates and its plot."""

    table: evidence_facts.RateTable
    plot: charts.DotPlot
    title: str

    @property
    def is_known(self) -> bool:
        """Whether any record has a known subgroup; where none has, there is nothing to draw."""
        return any(rate.subgroup != UNKNOWN for rate in self.table.rates)


def write_report(con: Connection, manifest: Mapping[str, Any], path: Path) -> None:
    """Write the report of a run, from its working tables and its manifest (timings are not shown), to `path`.

    Holds counts, rates, codes and names of sources and settings; no key and no value of a record. Small counts are
    not suppressed: it is for the secure setting.
    """
    html = environment().get_template("page.html.j2").render(context_of(con, manifest))
    part = path.with_name(path.name + ".part")
    part.write_text(html, encoding="utf-8", newline="\n")
    part.replace(path)


def environment() -> jinja2.Environment:
    """The templates of this folder, everything escaped, and an unknown name an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        count=words.count, percent=words.percent, plain=words.plain, bits=words.bits, small=words.small, code=words.code
    )
    return made


def context_of(con: Connection, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Everything the template asks for."""
    link = manifest.get("configuration", {}).get("link", {})
    pairs = facts.pairs_of_sources(con)
    worths = evidence_facts.rule_worths(con)
    levels = evidence_facts.levels(con)
    context = {
        "project": manifest.get("project", {}),
        "run_id": manifest.get("run_id", ""),
        "accept": float(link.get("accept", 0.95)),
        "review": float(link.get("review", 0.5)),
        "sources": facts.source_sizes(con),
        "pairs": pairs,
        "sureness": facts.sureness(con),
        "figures": _figures(evidence_facts.rate_tables(con), pairs),
        "more_pairs": max(0, len(pairs) - MOST_RATE_TABLES),
        "histograms": [charts.histogram(weights) for weights in evidence_facts.weight_bars(con)],
        "levels": [(level, charts.evidence_bar(level.bits)) for level in levels],
        "rules": [(item, worths.get(str(item["rule"]))) for item in manifest.get("passes", ())],
        "blocks": list(manifest.get("blocks", ())),
        "sizes": _with_bars(facts.person_sizes(con)),
        "large": facts.largest_persons(con),
        "conflicts": facts.conflict_counts(con),
        "findings": list(manifest.get("findings", ())),
        "excluded": {source: reasons for source, reasons in manifest.get("excluded", {}).items() if reasons},
        "doubts": [words.doubt(str(text)) for text in manifest.get("doubts", ())],
        "stages": [(item["stage"], words.counts_of_stage(item["counts"])) for item in manifest.get("stages", ())],
        "versions": dict(manifest.get("versions", {})),
        "hashes": words.flattened(manifest.get("hashes", {})),
        "settings": words.flattened({**manifest.get("configuration", {}), "seed": manifest.get("seed", "")}),
        "charts": charts,
        "words": words,
        "largest_group": facts.SIZES_SHOWN,
    }
    return {**context, "headline": headline_of(context)}


def _figures(
    tables: Sequence[evidence_facts.RateTable], pairs: Sequence[facts.PairOfSources]
) -> list[tuple[str, list[tuple[str, list[RateFigure]]]]]:
    """Figures by pair of sources and side, those with most links first where there are too many to draw."""
    drawn = sorted(pairs, key=lambda pair: (-pair.links, pair.source_l, pair.source_r))[:MOST_RATE_TABLES]
    found = []
    for pair in (pair for pair in pairs if pair in drawn):
        sides = []
        for side in ("l", "r"):
            own = [t for t in tables if (t.source_l, t.source_r, t.side) == (pair.source_l, pair.source_r, side)]
            if own:
                asked = words.rate_question(own[0])
                sides.append((asked, [RateFigure(t, charts.dot_plot(t), words.variable(t.variable)) for t in own]))
        if sides:
            found.append((words.pair_of_sources(pair.source_l, pair.source_r), sides))
    return found


def _with_bars(sizes: Sequence[facts.PersonSize]) -> list[tuple[facts.PersonSize, float]]:
    return list(zip(sizes, charts.share_bars([item.persons for item in sizes]), strict=True))
