"""Recall of the children without identifiers: what a run says by subgroup, and the truth, over synthetic Englands.

The truth is what `masked_validation.csv` estimates as `recall_std_to_residue`: of all true pairs of a record without a
trusted identifier and a record of the same child that holds one, in cells within reach
(`linkage.diagnostics.residue_recall`), the share that the run has in one person; by the subgroup of the record without.
Pairs out of reach and pairs of two records that both lack identifiers are counted beside it.

A supported cell is a subgroup for which the run gives the estimate. It has a handful of true pairs, so that only some
shares can be: the interval covers if the true number found lies in it, its ends rounded outward to whole pairs. Without
the rounding no interval covers a cell of which all pairs were found, since its upper end is below 1; the others are
counted so as well.
"""

from __future__ import annotations

import csv
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import linkage_synth
import numpy as np
from contestants import Limits, engine_command, engine_environment
from measuring import measure
from recall_ranking import FEWEST_RANKED, Cell, as_lines, ranking, worst_named

from linkage.diagnostics.evaluation import run_views, sources_step
from linkage.diagnostics.finished import read_manifest
from linkage.diagnostics.masked_validation import groups_step
from linkage.diagnostics.residue_recall import CELL, residue_steps
from linkage.diagnostics.subgroups import ALL
from linkage.diagnostics.truth import load_truth
from linkage.match.priors import PRIORS
from linkage.sql import Connection, connect, execute, ident, literal, rows, run_steps
from linkage.tables import IDENTIFIERS, LINKS_DETERMINISTIC, PERSONS, RECORDS, SOURCES
from linkage.validation.persons import HIDDEN
from linkage.validation.rerun import KNOWN, PAIRS

CHILDREN = 20_000
MODE = "residual_pool"
TARGET = 0.9  # of the supported cells
WORKING = (SOURCES, RECORDS, IDENTIFIERS, PERSONS, LINKS_DETERMINISTIC, HIDDEN, KNOWN, PAIRS, PRIORS)
OUTSIDE = ("within reach", "out of reach", "both without an identifier")


def run(data: Path, limits: Limits, *, seeds: int) -> dict[str, Any]:
    """Make, link and judge so many Englands, one after the other."""
    scratch = data / "scratch"
    cells: list[Cell] = []
    outside = {kind: [0, 0] for kind in OUTSIDE}
    for number in range(1, seeds + 1):
        shutil.rmtree(scratch, ignore_errors=True)
        linkage_synth.generate(scratch / "world", children=CHILDREN, seed=number)
        command = engine_command(scratch / "world" / "linkage.toml", scratch / "run", limits)
        measure(command, most_seconds=limits.most_seconds, environment=engine_environment())
        found, counts = judge(number, scratch / "run", scratch / "world" / "truth")
        shutil.rmtree(scratch)
        cells += found
        for kind, (x, n) in counts.items():
            outside[kind][0] += x
            outside[kind][1] += n
        print(f"seed {number:2}: {sum(c.is_covered for c in found)} of {len(found)} intervals cover", flush=True)
    return {"children": CHILDREN, "seeds": seeds, "cells": [asdict(cell) for cell in cells], "outside": outside}


def judge(seed: int, run_folder: Path, truth: Path) -> tuple[list[Cell], dict[str, tuple[int, int]]]:
    """The supported cells of a run beside the truth; true pairs found and in all, by whether they are spoken for."""
    manifest = read_manifest(run_folder)
    names = [str(name) for name in manifest["configuration"]["diagnostics"]["subgroups"]]
    accept = float(manifest["configuration"]["link"]["accept"])
    con = connect()
    try:
        execute(con, f"attach {literal(str(run_folder / 'run.duckdb'))} as working (read_only)")
        for table in WORKING:
            execute(con, f"create view {table} as from working.{table}")
        run_steps(con, (groups_step(names, ""), *residue_steps(con, accept), *run_views(run_folder)))
        run_steps(con, (sources_step(con, manifest["configuration"]),))
        load_truth(con, truth)
        _true_pairs(con)
        outside = {str(kind): (int(str(x)), int(str(n))) for kind, x, n in rows(con, """
            select kind, sum(is_found::integer), count(*) from true_pairs group by kind order by kind""")}  # fmt: skip
        with (run_folder / "diagnostics" / "masked_validation.csv").open(encoding="utf-8", newline="") as file:
            told = {(row["subgroup_var"], row["subgroup"]): row for row in csv.DictReader(file)
                    if row["pool_mode"] == MODE and row["recall_std_to_residue"]}  # fmt: skip
        cells = []
        for variable in (ALL, *names):
            column = literal(ALL) if variable == ALL else ident("v_" + variable)
            for subgroup, x, n in rows(con, f"""
                select {column}, sum(is_found::integer), count(*) from true_pairs
                where kind = 'within reach' group by all order by all"""):  # fmt: skip
                row = told.get((variable, str(subgroup)))
                if row is not None:
                    estimate, lo, hi = (float(row[name]) for name in ("recall_std_to_residue", "std_lo", "std_hi"))
                    cells.append(Cell(
                        seed, variable, str(subgroup), estimate, lo, hi, int(str(n)), int(str(x)), **_place(row)
                    ))  # fmt: skip
        return cells, outside
    finally:
        con.close()


def _place(row: Mapping[str, str]) -> dict[str, Any]:
    """The shrunk recall and its place, where the run gives them."""
    if not row["recall_shrunk"]:
        return {}
    return {"shrunk": float(row["recall_shrunk"]), "rank_lo": int(row["rank_lo"]), "rank_hi": int(row["rank_hi"]),
            "may_be_worst": row["may_be_worst"] == "true"}  # fmt: skip


def _true_pairs(con: Connection) -> None:
    """`true_pairs`: a record without an identifier with another of its child, the first one's groups, whether found."""
    execute(
        con,
        f"""
        create or replace temp table true_pairs as
        with told as (
          select s.*, j.true_person, m.* exclude (record_id, source_no)
          from residue_side s join masked_groups m on m.record_id = s.record_id
          join records r on r.record_id = s.record_id join judged j on j.source_no = r.source_no and j.key = r.key)
        select i.* exclude (person), i.person_no = o.person_no as is_found,
          case when o.is_residue then 'both without an identifier' when c.cell is null then 'out of reach'
            else 'within reach' end as kind
        from told i join told o on o.true_person = i.true_person and o.source_no <> i.source_no
        left join residue_cells c on c.pool_mode = '{MODE}'
          and c.cell = {CELL}
        where i.is_residue""",
    )


def as_markdown(result: dict[str, Any]) -> str:
    """Coverage, bias and ranking, then by variable, then what the estimate does not speak of."""
    cells = [Cell(**cell) for cell in result["cells"]]
    variables = list(dict.fromkeys(cell.variable for cell in cells))
    covered = sum(cell.is_covered for cell in cells)
    ranks, (right, of) = ranking(cells), worst_named(cells)
    lines = [
        f"{result['seeds']} Englands of {result['children']:,} children, all returns, at defaults.\n",
        "| | found | target |",
        "|---|---:|---:|",
        f"| supported cells whose interval covers the truth | {covered} of {len(cells)} "
        f"({covered / max(len(cells), 1):.1%}) | {TARGET:.0%}: {_met(covered >= TARGET * len(cells))} |",
        f"| the same, ends not rounded, of the cells where a pair was missed | {_strict(cells)} | |",
        f"| of groups of {FEWEST_RANKED} true pairs or more, the truly worst is among the two told as worst "
        f"| {right} of {of} | |",
        "",
        "| by | cells | cover | not rounded, a pair missed | mean bias | mean width | groups | rank correlation "
        "| worst by truth | worst told |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---|---|",
        *(_variable_line(variable, [c for c in cells if c.variable == variable], ranks) for variable in variables),
        "",
        *as_lines(cells),
        "",
        "| true pairs of a record without an identifier | pairs | found |",
        "|---|---:|---:|",
        *(f"| {kind} | {n:,} | {x / n if n else 0:.1%} |" for kind, (x, n) in result["outside"].items()),
    ]
    return "\n".join(lines)


def _variable_line(variable: str, own: Sequence[Cell], ranks: dict[str, tuple[int, float, str, str]]) -> str:
    groups, rho, true, told = ranks.get(variable, ("", math.nan, "", ""))
    bias, width = np.mean([c.estimate - c.true for c in own]), np.mean([c.hi - c.lo for c in own])
    return (f"| {variable} | {len(own)} | {np.mean([c.is_covered for c in own]):.1%} "
            f"| {_strict(own)} | {bias:+.3f} | {width:.3f} | {groups} "
            f"| {'' if math.isnan(rho) else f'{rho:.2f}'} | {true} | {told} |")  # fmt: skip


def _strict(cells: Sequence[Cell]) -> str:
    """Cells whose share lies in the interval as it stands. Where all was found no share does: the end is below 1."""
    missed = [cell.is_strictly_covered for cell in cells if cell.found < cell.pairs]
    return f"{sum(missed)} of {len(missed)} ({np.mean(missed):.1%})" if missed else ""


def _met(is_met: bool) -> str:
    return "met" if is_met else "**missed**"
