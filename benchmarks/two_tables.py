"""Two files of a million records: time, memory and quality of the engine and plain Splink, in turn, several times."""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path
from typing import Any

import linkage_synth
from contestants import LINKAGE, SPLINK, Limits
from datasets import ROWS_OF_TRUTH, Dataset, write_dataset
from judging import judge
from measuring import Measured

RECORDS = 1_000_000
SEED = 20260101
CONTESTANTS = (LINKAGE, SPLINK)


def run(data: Path, limits: Limits, *, records: int = RECORDS, runs: int = 3) -> dict[str, Any]:
    """Make the files once, run both in turn; the last run of each is judged."""
    folder = _tables(data, records)
    dataset = _dataset(records)
    measured: dict[str, list[dict[str, float]]] = {each.name: [] for each in CONTESTANTS}
    quality = {}
    for number in range(runs):
        for contestant in CONTESTANTS:
            scratch = data / "scratch"
            measured[contestant.name].append(vars(contestant.run(folder, scratch, limits)))
            if number == runs - 1:
                quality[contestant.name] = judge(dataset, folder, contestant.clusters(scratch)).as_dict()
            shutil.rmtree(scratch)
        print(f"run {number + 1} of {runs} done", flush=True)
    return {"records": records, "quality": quality, "measured": measured}


def _dataset(records: int) -> Dataset:
    return Dataset(f"two_tables_{records}", f"Two tables of {records:,} records", "children", ("a", "b"), has_upn=True)


def _tables(data: Path, records: int) -> Path:
    folder = data / f"two_tables_{records}"
    if not (folder / "dataset.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        print(f"making two files of {records:,} records", flush=True)
        linkage_synth.two_tables(folder, records=records, seed=SEED)
        for name in ("a.csv", "b.csv"):
            _rename_key(folder / name)
        (folder / "truth").mkdir()
        (folder / "truth.csv").replace(folder / ROWS_OF_TRUTH)
        project = folder / "linkage.toml"
        told = project.read_text(encoding="utf-8").replace('key = "ref"', 'key = "key"')
        write_dataset(folder, _dataset(records))
        project.write_text(told, encoding="utf-8")  # which says that nobody is twice in a file
    return folder


def _rename_key(path: Path) -> None:
    """The generator calls the key `ref`."""
    text = path.with_suffix(".part")
    with path.open(encoding="utf-8") as old, text.open("w", encoding="utf-8") as new:
        new.write(next(old).replace("ref,", "key,", 1))
        shutil.copyfileobj(old, new)
    text.replace(path)


def as_markdown(result: dict[str, Any]) -> str:
    """Medians and ratios, pair by pair."""
    lines = [
        f"Two files of {result['records']:,} records:\n",
        "| | wall s (min–max) | processor s | peak MiB | precision | recall | F1 |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    measured = {name: [Measured(**each) for each in runs] for name, runs in result["measured"].items()}
    for name, runs in measured.items():
        wall, of = [each.wall_seconds for each in runs], result["quality"][name]
        cpu, peak = statistics.median(each.cpu_seconds for each in runs), max(each.peak_mib for each in runs)
        lines.append(
            f"| {name} | {statistics.median(wall):.1f} ({min(wall):.1f}–{max(wall):.1f}) | {cpu:.1f} | {peak:,.0f} "
            f"| {of['precision']:.5f} | {of['recall']:.5f} | {of['f1']:.5f} |"
        )
    pairs = list(zip(*(measured[each.name] for each in CONTESTANTS), strict=True))
    wall_ratio = statistics.median(ours.wall_seconds / theirs.wall_seconds for ours, theirs in pairs)
    peak_ratio = statistics.median(ours.peak_mib / theirs.peak_mib for ours, theirs in pairs)
    errors = [result["quality"][each.name]["error"] for each in CONTESTANTS]
    lines.append(f"\nlinkage / plain Splink: wall {wall_ratio:.2f}, peak memory {peak_ratio:.2f}, "
                 f"1 - F1 {errors[0] / errors[1]:.2f}")  # fmt: skip
    return "\n".join(lines)
