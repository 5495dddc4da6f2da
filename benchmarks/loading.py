"""Loading: how fast large files become clean records, and whether the memory of an XML return stays constant."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from contestants import HERE, Limits, engine_environment
from large_files import write_cin_xml, write_wide_csv
from measuring import measure

ROWS = 10_000_000
CSV_MEMORY = "6GB"
CSV_TARGET_SECONDS = 120
XML_MEBIBYTES = (100, 500)
XML_TARGET_SECONDS = 180
Row = dict[str, Any]


def run(data: Path, limits: Limits, *, rows: int = ROWS, xml_mebibytes: Sequence[int] = XML_MEBIBYTES) -> list[Row]:
    """One row for each file; files are made, loaded and deleted."""
    files: list[tuple[str, Callable[[Path], Path], str, int | None]] = [
        (f"CSV, {rows:,} rows, 40 columns", lambda folder: write_wide_csv(folder, rows), CSV_MEMORY,
         CSV_TARGET_SECONDS if rows == ROWS else None),
        *((f"CIN census XML, {size:,} MB", lambda folder, size=size: write_cin_xml(folder, size), limits.memory,
           XML_TARGET_SECONDS if size == max(XML_MEBIBYTES) else None) for size in xml_mebibytes),
    ]  # fmt: skip
    found = []
    for title, write, memory, target in files:
        scratch = data / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        print(f"making {title}", flush=True)
        path = write(scratch)
        told = {"file": title, "mebibytes": path.stat().st_size >> 20, "memory": memory, "target_seconds": target}
        found.append(told | _load(scratch, limits, memory))
        shutil.rmtree(scratch)
        print(_cells(found[-1]), flush=True)
    return found


def _load(folder: Path, limits: Limits, memory: str) -> Row:
    result = folder / "loaded.json"
    command = [
        sys.executable, str(HERE / "load_only.py"), str(folder / "linkage.toml"), str(folder / "run.duckdb"),
        str(result), str(limits.threads), memory,
    ]  # fmt: skip
    measured = measure(command, most_seconds=limits.most_seconds, environment=engine_environment())
    told: Row = json.loads(result.read_text(encoding="utf-8"))
    return told | vars(measured)


def as_markdown(rows: Sequence[Row]) -> str:
    """A line for each file; where the target was missed, the statements that took longest."""
    lines = [
        "| | file MB | rows | records | load s | prepare s | whole s | processor s | target s | peak MiB | limit |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
        *map(_cells, rows),
    ]
    for row in rows:
        if row["target_seconds"] and row["wall_seconds"] > row["target_seconds"]:
            hot = "; ".join(f"`{sql}` {seconds:.1f}" for sql, seconds in row["hottest"])
            lines += ["", f"**Missed**: {row['file']}. The statements that took longest, in seconds: {hot}."]
    return "\n".join(lines)


def _cells(row: Row) -> str:
    return (
        f"| {row['file']} | {row['mebibytes']:,} | {row['rows']:,} | {row['records']:,} | {row['load_seconds']:.1f} "
        f"| {row['prepare_seconds']:.1f} | {row['wall_seconds']:.1f} | {row['cpu_seconds']:.1f} "
        f"| {row['target_seconds'] or ''} | {row['peak_mib']:,.0f} | {row['memory']} |"
    )
