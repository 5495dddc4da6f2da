"""Threshold sweep: what other thresholds would link, and the precision and recall that the confidences foretell there.

Recall is of what was weighed at all (`recall_given_candidates`); pairs that no block found are in neither number.
Links that a guard holds are no links at any threshold, and those a person decided are links at each. Persons are the
closure of the links before any is cut. A threshold must not be chosen by the answer that it gives.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from linkage.cluster.components import label_components
from linkage.diagnostics.made_tables import keep_table, write_kept
from linkage.match.judge import JUDGED, no_guard_holds_sql
from linkage.sql import Connection, count, rows, run_steps, scratch_step
from linkage.tables import DECIDED, RECORDS

SWEEP = "diagnostics__threshold_sweep"
FREE = "sweep_pairs"
THRESHOLDS = (0.1, 0.25, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999)
COLUMNS = {
    "threshold": "number", "links": "count", "false_links": "count", "persons": "count", "exp_false": "number",
    "precision": "number", "exp_missed_in_candidates": "number", "recall_given_candidates": "number",
    "confidence_basis": "text", "is_run": "flag",
}  # fmt: skip


def free_pairs_sql() -> str:
    """SQL: judged pairs that no guard holds and nobody decided (q, six decimals), and those that were (`is_manual`)."""
    return f"""
        select record_id_l, record_id_r, confidence::decimal(9, 6) as q, confidence_basis, false as is_manual,
          {no_guard_holds_sql()} as is_free
        from {JUDGED} j
        where not exists (select 1 from must_link m
                          where m.record_id_l = j.record_id_l and m.record_id_r = j.record_id_r)
        union all
        select record_id_l, record_id_r, confidence::decimal(9, 6), confidence_basis, true, true
        from {DECIDED} where stage = 'manual'"""


def threshold_sweep(con: Connection, *, accept: float) -> None:
    """Make `diagnostics__threshold_sweep`, one row per threshold, the run's own among them (`is_run`).

    `false_links` is `exp_false` as a whole number. Asserts that at its own threshold there are the links of the run.
    """
    run_steps(con, (scratch_step(FREE, free_pairs_sql()),))
    total = float(str(rows(con, f"select coalesce(sum(q), 0) from {FREE}")[0][0]))
    basis = rows(con, f"select string_agg(distinct confidence_basis, ', ' order by confidence_basis) from {FREE}")[0][0]
    found = con.execute(
        f"""select record_id_l, record_id_r, if(is_manual, 1, q)::double as reach, q::double as q
            from {FREE} where is_free and q >= {min(THRESHOLDS)} order by 1, 2"""
    ).fetchnumpy()
    left, right, reach, q = (np.asarray(found[name]) for name in ("record_id_l", "record_id_r", "reach", "q"))
    records, cells = count(con, RECORDS), []
    for threshold in sorted({*THRESHOLDS, round(accept, 6)}):
        taken = reach >= threshold
        links, true = int(taken.sum()), float(np.sum(np.sort(q[taken])))
        cells.append({
            "threshold": threshold, "links": links, "false_links": round(links - true),
            "persons": len(np.unique(label_components(records, left[taken], right[taken]))),
            "exp_false": links - true, "precision": true / links if links else None,
            "exp_missed_in_candidates": max(0.0, total - true),
            "recall_given_candidates": true / total if total else None, "confidence_basis": basis,
            "is_run": threshold == round(accept, 6),
        })  # fmt: skip
    keep_table(con, SWEEP, COLUMNS, cells)
    _check(con)


def _check(con: Connection) -> None:
    (swept,), (made,) = (
        rows(con, sql)[0]
        for sql in (
            f"select links from {SWEEP} where is_run",
            # A pair that stays together below the threshold is a link for what an earlier run knew.
            f"""
                select count(*) from {DECIDED}
                where decision = 'link' and confidence >= (select threshold from {SWEEP} where is_run)""",
        )
    )
    assert swept == made, "the sweep does not have the links of the run at its threshold"


def write_threshold_sweep(con: Connection, folder: Path) -> int:
    """Write `threshold_sweep.csv` into the folder of diagnostics; returns its rows."""
    return write_kept(con, SWEEP, COLUMNS, folder / "threshold_sweep.csv")
