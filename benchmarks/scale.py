"""Scale: whole runs on an England of so many pupils, and how time grows with them.

The sources are two school censuses, two CIN censuses (the synthetic England has no third), the looked-after children's
return, the learners' record and the early help list, in the proportions of the synthetic England, and of 2 million
learners for 9 million census records most are adults. Seconds of stages are those of the run's manifest.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import linkage_synth
from adult_learners import add_adults
from contestants import Limits, engine_command, engine_environment
from measuring import measure

CHILDREN_PER_PUPIL = 1 / 0.58  # the others are too young, have left, or are in no state school
LEARNERS_PER_PUPIL = 2 / 4.5  # 2 million, where two censuses have 9 million pupils between them
EXPONENT_TARGET = 1.15
MOST_SECONDS = 4 * 3600.0
Row = dict[str, Any]


def run(data: Path, limits: Limits, *, people: Sequence[int]) -> list[Row]:
    """One row for each size: records by source, seconds and peak memory of the run, seconds of its stages."""
    found = []
    for pupils in sorted(people):
        scratch = data / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        children = round(pupils * CHILDREN_PER_PUPIL)
        print(f"making an England of {children:,} children", flush=True)
        linkage_synth.generate(scratch / "world", children=children, seed=1, formats={"ilr"})
        add_adults(scratch / "world", learners=round(LEARNERS_PER_PUPIL * pupils))
        command = engine_command(scratch / "world" / "linkage-all.toml", scratch / "run", limits)
        measured = measure(command, most_seconds=MOST_SECONDS, environment=engine_environment())
        found.append({"pupils": pupils, "children": children, **_told(scratch / "run"), **vars(measured)})
        shutil.rmtree(scratch)
        print(_cells(found[-1]), flush=True)
    return found


def _told(folder: Path) -> Row:
    """What the run says of itself: records by source, seconds by stage; and the size of its folder."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    persons = folder / "persons.parquet"
    records = dict(
        duckdb.execute(f"select source, count(*) from read_parquet('{persons}') group by 1 order by 1").fetchall()
    )
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return {"records": records, "stages": manifest["timings"]["seconds"], "mebibytes": size >> 20}


def exponents(rows: Sequence[Row], seconds: str) -> list[float]:
    """Of each step from one size to the next: by which power of the records the seconds grow."""
    return [
        math.log(larger[seconds] / smaller[seconds]) / math.log(_all(larger) / _all(smaller))
        for smaller, larger in pairwise(rows)
    ]


def _all(row: Row) -> int:
    return sum(row["records"].values())


def as_markdown(rows: Sequence[Row]) -> str:
    """A line for each size, the exponents, and the seconds of the stages."""
    stages = list(rows[0]["stages"])
    lines = [
        "| pupils | records | whole run s | processor s | peak MiB | run folder MB |",
        "|---:|---:|---:|---:|---:|---:|",
        *map(_cells, rows),
        "",
    ]
    if len(rows) > 1:
        told = ", ".join(
            f"{smaller['pupils']:,} to {larger['pupils']:,} pupils: {wall:.2f} (processor seconds {cpu:.2f})"
            for (smaller, larger), wall, cpu in zip(
                pairwise(rows), exponents(rows, "wall_seconds"), exponents(rows, "cpu_seconds"), strict=True
            )
        )
        lines += [f"Growth exponent of the whole run, target {EXPONENT_TARGET}: {told}.", ""]
    by_stage = (" | ".join([stage, *(f"{row['stages'].get(stage, 0):.1f}" for row in rows)]) for stage in stages)
    return "\n".join([
        *lines,
        "| stage, s | " + " | ".join(f"{row['pupils']:,} pupils" for row in rows) + " |",
        "|---|" + "---:|" * len(rows),
        *(f"| {cells} |" for cells in by_stage),
        "",
        "Records of the largest: " + ", ".join(f"{name} {n:,}" for name, n in rows[-1]["records"].items()) + ".",
    ])  # fmt: skip


def _cells(row: Row) -> str:
    return (f"| {row['pupils']:,} | {_all(row):,} | {row['wall_seconds']:.1f} | {row['cpu_seconds']:.1f} "
            f"| {row['peak_mib']:,.0f} | {row['mebibytes']:,} |")  # fmt: skip
