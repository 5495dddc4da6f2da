"""Families: persons, family units and unborn children of a synthetic England against its truth.

All returns, termly addresses and a case system that holds mothers' ids of some; the judge is the engine's `evaluate`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import linkage_synth
from contestants import Limits, engine_command, engine_environment
from measuring import measure
from persons_families import FORMATS

from linkage.diagnostics.evaluation import evaluate
from linkage.diagnostics.unborn_scores import HELD

BCUBED_TARGET, BIRTH_FAMILY_TARGET, UNBORN_TARGET = 0.99, 0.95, 0.98
BY = ("mothers_id", "unit_size", "lone_parent", "multi_home", "care_experienced", "ethnicity_group")
MOST_SECONDS = 4 * 3600.0
Row = dict[str, Any]


def run(data: Path, limits: Limits, *, children: Sequence[int], seed: int = 1) -> list[Row]:
    """One row for each size: what `evaluate` says, seconds and peak memory of the run."""
    found = []
    for size in sorted(children):
        scratch = data / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        print(f"making an England of {size:,} children", flush=True)
        linkage_synth.generate(scratch / "world", children=size, seed=seed, formats=FORMATS)
        command = engine_command(scratch / "world" / "linkage-all.toml", scratch / "run", limits)
        measured = measure(command, most_seconds=MOST_SECONDS, environment=engine_environment())
        found.append({"children": size, "seed": seed, **judged(scratch / "run", scratch / "world" / "truth"),
                      **vars(measured)})  # fmt: skip
        shutil.rmtree(scratch)
        print(as_markdown(found[-1:]), flush=True)
    return found


def judged(folder: Path, truth: Path) -> Row:
    """What the tables need of the run's evaluation, and its seconds by stage."""
    told = evaluate(folder, truth).as_dict()
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {
        "persons": [item for item in told["partitions"]
                    if (item["source_l"], item["subgroup_var"]) == ("all", "all")],
        "families": [item for item in told["families"] if item["subgroup_var"] in ("all", *BY)],
        "unborn": told["unborn_to_born"],
        "stages": manifest["timings"]["seconds"],
    }  # fmt: skip


def as_markdown(rows: Sequence[Row]) -> str:
    """For each size the targets, then units by who the children are, then unborn to born."""
    return "\n\n".join("\n".join(_told(row)) for row in rows)


def _told(row: Row) -> Iterable[str]:
    stages = row["stages"]
    yield (f"**{row['children']:,} children, seed {row['seed']}** (run {row['wall_seconds']:.0f} s, "
           f"{row['peak_mib']:,.0f} MiB; stage `persons` {stages['persons']:.1f} s, `families` "
           f"{stages['families']:.1f} s)")  # fmt: skip
    yield from ("", "| | found | target | met |", "|---|---:|---:|---|", *_targets(row), "")
    yield "| unit | of | group | children | precision | recall | F1 | over-merged | over-split |"
    yield "|---|---|---|---:|---:|---:|---:|---:|---:|"
    yield from map(_family_cells, row["families"])
    yield from ("", "| unborn to born: both sides hold | found | false | missed | precision (95%) | recall (95%) |",
                "|---|---:|---:|---:|---:|---:|")  # fmt: skip
    for item in row["unborn"]:
        yield (f"| {HELD[item['held']]} | {item['tp']:,} | {item['fp']:,} | {item['fn']:,} "
               f"| {_rate(item, 'precision')} | {_rate(item, 'recall')} |")  # fmt: skip


def _targets(row: Row) -> Iterable[str]:
    persons = {item["measure"]: item for item in row["persons"]}
    for name, target in (("bcubed_f1", BCUBED_TARGET), ("bcubed_precision", None), ("bcubed_recall", None)):
        item = persons[name]
        told = f"{item['estimate']:.4f} ({item['lo']:.4f}–{item['hi']:.4f})"
        yield _target_line(f"persons, {name.replace('_', ' ')} (95%)", told, item["estimate"], target)
    for name in ("over_merged", "over_split"):
        item = persons[name]
        told = f"{item['estimate']:.4f} ({item['lo']:.4f}–{item['hi']:.4f})"
        yield _target_line(f"persons, {name.replace('_', '-')} (95%)", told, item["estimate"], None)
    for item in row["families"]:
        if (item["unit_rule"], item["subgroup_var"]) == ("birth_family", "mothers_id"):
            target = BIRTH_FAMILY_TARGET if item["subgroup"] == "held" else None
            yield _target_line(f"`birth_family`, mother's id {item['subgroup']}: B-cubed F1", f"{item['f1']:.4f}",
                               item["f1"], target)  # fmt: skip
    for item in row["unborn"]:
        if item["held"] == "all":
            yield _target_line("unborn to born, precision (95%)", _rate(item, "precision"), item["precision"],
                               UNBORN_TARGET)  # fmt: skip


def _target_line(what: str, told: str, found: float | None, target: float | None) -> str:
    if target is None:
        return f"| {what} | {told} | | |"
    met = "yes" if found is not None and found >= target else "**no**"
    return f"| {what} | {told} | {target} | {met} |"


def _family_cells(item: Row) -> str:
    rates = ("precision", "recall", "f1", "over_merged", "over_split")
    return (f"| `{item['unit_rule']}` | {item['subgroup_var'].replace('_', ' ')} | {item['subgroup']} "
            f"| {item['children']:,} | " + " | ".join(f"{item[rate]:.4f}" for rate in rates) + " |")  # fmt: skip


def _rate(item: Row, name: str) -> str:
    if item[name] is None:
        return ""
    return f"{item[name]:.4f} ({item[f'{name}_lo']:.3f}–{item[f'{name}_hi']:.3f})"
