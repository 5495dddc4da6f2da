"""`make bench`: this engine and plain Splink on the same two files, one process each, in turn.

Usage: python benchmarks/bench.py [--records 1000000] [--runs 3] [--threads 2] [--memory 4GB]
Prints wall time, peak memory and F1 of both, and their ratios; writes benchmarks/data/bench.json.
Unix only: peak memory is what the kernel says of each finished process.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
from linkage_synth import two_tables

HERE = Path(__file__).parent
DATA = HERE / "data"


@dataclass(frozen=True)
class Measured:
    """One process: wall seconds, processor seconds, peak memory in MiB."""

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float


def measure(command: list[str]) -> Measured:
    """Run a process to its end."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"failed: {' '.join(command)}\n{errors.decode()[-2000:]}")
    return Measured(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def scores(person_sql: str, truth: Path) -> dict[str, float]:
    """Precision, recall and F1 of the pairs across the two sources that share a person."""
    found = duckdb.sql(f"""
        with found as ({person_sql}),
        truth as (select source, key, person from read_csv('{truth}', all_varchar = true)),
        joined as (select t.source, t.person, f.found from truth t join found f using (source, key)),
        a as (select * from joined where source = 'a'), b as (select * from joined where source = 'b')
        select count(*) filter (a.person = b.person), count(*),
          (select count(*) from a join b using (person))
        from a join b using (found)""").fetchall()[0]
    both, claimed, true = found
    precision, recall = both / claimed, both / true
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / (precision + recall)}


def main() -> None:
    """Make the files once, run both in turn, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="4GB")
    options = parser.parse_args()
    folder = DATA / f"two_tables_{options.records}"
    if not (folder / "truth.csv").exists():
        shutil.rmtree(folder, ignore_errors=True)
        print(f"making two files of {options.records:,} records")
        two_tables(folder, records=options.records, seed=20260101)
    ours, theirs = DATA / "run", DATA / "splink.parquet"
    limits = ["--threads", str(options.threads), "--memory", options.memory]
    ours_command = [
        str(Path(sys.executable).with_name("linkage")),
        "run",
        str(folder / "linkage.toml"),
        "--out",
        str(ours),
    ]
    splink_command = [sys.executable, str(HERE / "plain_splink.py"), str(folder), str(theirs)]
    measured: dict[str, list[Measured]] = {"linkage": [], "plain Splink": []}
    for number in range(options.runs):
        shutil.rmtree(ours, ignore_errors=True)
        measured["linkage"].append(measure([*ours_command, *limits]))
        theirs.unlink(missing_ok=True)
        measured["plain Splink"].append(measure([*splink_command, str(options.threads), options.memory]))
        print(f"run {number + 1} of {options.runs} done")
    quality = {
        "linkage": scores(
            f"select source, key, person_id as found from read_parquet('{ours}/persons.parquet')", folder / "truth.csv"
        ),
        "plain Splink": scores(
            f"select source_dataset as source, unique_id as key, cluster_id as found from read_parquet('{theirs}')",
            folder / "truth.csv",
        ),
    }
    report(measured, quality, options.records)


def report(measured: dict[str, list[Measured]], quality: dict[str, dict[str, float]], records: int) -> None:
    """Print medians and ratios, pair by pair; keep them as JSON."""
    print(f"\ntwo files of {records:,} records, {os.cpu_count()} processors\n")
    print(f"{'':14}{'wall s (min–max)':>24}{'cpu s':>9}{'peak MiB':>10}{'precision':>11}{'recall':>9}{'F1':>9}")
    for name, runs in measured.items():
        wall = [run.wall_seconds for run in runs]
        timing = f"{statistics.median(wall):.1f} ({min(wall):.1f}–{max(wall):.1f})"
        q = quality[name]
        print(f"{name:14}{timing:>24}{statistics.median(run.cpu_seconds for run in runs):>9.1f}"
              f"{max(run.peak_mib for run in runs):>10.0f}{q['precision']:>11.5f}{q['recall']:>9.5f}"
              f"{q['f1']:>9.5f}")  # fmt: skip
    pairs = list(zip(measured["linkage"], measured["plain Splink"], strict=True))
    wall_ratio = statistics.median(ours.wall_seconds / theirs.wall_seconds for ours, theirs in pairs)
    peak_ratio = statistics.median(ours.peak_mib / theirs.peak_mib for ours, theirs in pairs)
    print(f"\nlinkage / plain Splink: wall {wall_ratio:.2f}, peak memory {peak_ratio:.2f}")
    result = {"records": records, "wall_ratio": wall_ratio, "peak_ratio": peak_ratio, "quality": quality,
              "measured": {name: [vars(run) for run in runs] for name, runs in measured.items()}}  # fmt: skip
    (DATA / "bench.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
