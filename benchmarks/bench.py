"""`make bench`: what the engine is measured by, beside plain Splink and recordlinkage.

Usage: python benchmarks/bench.py [--only quality] [--children 20000,200000] [--docs]
Parts: quality, two_tables, loading, calibration, recall_intervals, persons, families, scale; each prints its tables
and writes benchmarks/data/PART.json.
LINKAGE_ENGINE=PATH:PATH/synthetic measures the engine of another checkout.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import calibration
import families_quality
import loading
import pages
import persons_families
import quality
import recall_intervals
import scale
import two_tables
from contestants import Limits

DATA = Path(__file__).parent / "data"
PARTS = ("quality", "two_tables", "loading", "calibration", "recall_intervals", "persons", "families", "scale")


def parts(options: argparse.Namespace, limits: Limits) -> dict[str, tuple[Callable[[], Any], Callable[[Any], str]]]:
    """For each part what measures it and what writes its result down."""
    children = [int(size) for size in options.children.split(",")]
    people, persons = ([int(size) for size in listed.split(",")] for listed in (options.people, options.persons))
    return {
        "quality": (lambda: quality.run(DATA, limits, children=children), quality.as_markdown),
        "two_tables": (
            lambda: two_tables.run(DATA, limits, records=options.records, runs=options.runs),
            two_tables.as_markdown,
        ),
        "loading": (lambda: loading.run(DATA, limits, rows=options.rows), loading.as_markdown),
        "calibration": (lambda: calibration.run(DATA, limits, seeds=options.seeds), calibration.as_markdown),
        "recall_intervals": (
            lambda: recall_intervals.run(DATA, limits, seeds=options.seeds),
            recall_intervals.as_markdown,
        ),
        "persons": (lambda: persons_families.run(DATA, limits, persons=persons), persons_families.as_markdown),
        "families": (lambda: families_quality.run(DATA, limits, children=children), families_quality.as_markdown),
        "scale": (lambda: scale.run(DATA, limits, people=people), scale.as_markdown),
    }


def main() -> None:
    """Run the parts asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=PARTS)
    parser.add_argument("--children", default="20000,200000", help="quality, families: sizes of the synthetic England")
    parser.add_argument("--records", type=int, default=two_tables.RECORDS, help="two_tables: records of each file")
    parser.add_argument("--runs", type=int, default=3, help="two_tables: how often")
    parser.add_argument("--rows", type=int, default=loading.ROWS, help="loading: rows of the CSV file")
    parser.add_argument("--seeds", type=int, default=20, help="calibration and recall_intervals: how many Englands")
    parser.add_argument("--persons", default="100000,1000000", help="persons: how many")
    parser.add_argument("--people", default="100000,300000", help="scale: pupils")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--docs", action="store_true", help="put the tables into docs/benchmarks.md")
    options = parser.parse_args()
    limits = Limits(threads=options.threads, memory=options.memory)
    DATA.mkdir(exist_ok=True)
    for name, (run, as_markdown) in parts(options, limits).items():
        if options.only and name not in options.only:
            continue
        result = run()
        (DATA / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        text = f"{pages.settings(limits)}\n\n{as_markdown(result)}"
        print(f"\n{text}\n", flush=True)
        if options.docs:
            pages.refresh(name, text)


if __name__ == "__main__":
    main()
