"""Capture-recapture: links that no blocking rule brought together, from two passes that look at different things.

One pass looks by names (rules of the model that ask for names, and for neither a whole birth date nor a home), the
other by birth date or home without a name. If finding a pair by the one has nothing to do with finding it by the
other, what both found tells how many there are (Chapman). Records that are bad in one way are bad in the other, as a
rule, so that the number is a lower bound. It is reckoned within pairs of sources, and within those who moved and
those who did not where homes are known, since moving ties the passes together.

Pairs are the joined ones that no identifier found, each counted by its chance to be true (`q`), so that expected
false ones are off. A rule for rare values counts where the value is rare among all records. Not told where the model
has not both kinds of rule, or where fewer than seven pairs were found twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkage.diagnostics.closure import CLOSURE
from linkage.diagnostics.made_tables import NOT_ENOUGH, keep_table, write_kept
from linkage.diagnostics.subgroups import ALL
from linkage.match.candidates import agree_either_way_sql, lacks_any_sql
from linkage.match.pool import POOL
from linkage.packs import Block, ModelSpec, Rule
from linkage.sql import Connection, Step, ident, literal, rows, run_steps, scratch_step
from linkage.stats import chapman
from linkage.tables import LINKS_DETERMINISTIC, SOURCES

CAPTURE = "diagnostics__capture_recapture"
COLUMNS = {
    "source_l": "text", "source_r": "text", "stratum": "text", "method": "text", "pass_a": "text", "pass_b": "text",
    "a": "count", "b": "count", "m": "count", "n_hat": "number", "lo": "number", "hi": "number", "se": "number",
    "missed_hat": "number", "recall_hat": "number", "status": "text",
}  # fmt: skip
BY_NAME, BY_DATE_OR_HOME = "by name", "by birth date or home"
# Recaptures below which the estimate is unreliable: D. S. Robson and H. A. Regier, Trans. Am. Fish. Soc. 93 (1964).
FEWEST_TWICE = 7
LOWER_BOUND = "lower bound: passes that fail together leave more"
MOVED, SAME_HOME, NO_HOME = "moved", "same home", "home not known"


def capture_recapture(con: Connection, spec: ModelSpec | None, rules: Sequence[Rule]) -> None:
    """Make `diagnostics__capture_recapture`, one row per pair of sources and stratum, and the total of all strata.

    The total adds up the strata that could be told; its interval takes them as independent. Empty without both passes.
    """
    blocks = spec.block if spec is not None else ()
    passes = [[block for block in blocks if kind(block)] for kind in (is_by_name, is_by_date_or_home)]
    if not all(passes):
        keep_table(con, CAPTURE, COLUMNS, [])
        return
    run_steps(con, (found_step(passes[0], passes[1], rules),))
    cells = [
        _cell(str(left), str(right), str(stratum), *(round(float(str(n))) for n in counts))
        for left, right, stratum, *counts in rows(con, _strata_sql())
    ]
    keep_table(con, CAPTURE, COLUMNS, [*cells, *_total(cells)])


def _columns(block: Block) -> frozenset[str]:
    return frozenset(name for side in block.sides for name in side)


def _is_name(column: str) -> bool:
    return column.startswith(("forename", "surname"))


def is_by_name(block: Block) -> bool:
    """Does a rule of the model ask for names, and for neither a whole birth date nor a home?"""
    others = {name for name in _columns(block) if not _is_name(name)}
    return len(others) < len(_columns(block)) and others <= {"dob_year", "dob_month", "dob_day_of_year"}


def is_by_date_or_home(block: Block) -> bool:
    """Does a rule of the model ask for anything but names?"""
    return not any(map(_is_name, _columns(block)))


def found_step(by_name: Sequence[Block], others: Sequence[Block], rules: Sequence[Rule]) -> Step:
    """`captured_pairs`: joined pairs that no identifier found, their q, home, and by which pass they could be found."""
    trusted = ", ".join(literal(rule.id) for rule in rules if rule.identifiers) or "''"
    return scratch_step(
        "captured_pairs",
        f"""
        select l.source_no as source_no_l, r.source_no as source_no_r, c.q,
          {" or ".join(map(_agrees_sql, by_name))} as by_name, {" or ".join(map(_agrees_sql, others))} as by_other,
          case when l.postcode is null or r.postcode is null then {literal(NO_HOME)}
            when list_has_any(coalesce(l.postcodes, [l.postcode]), coalesce(r.postcodes, [r.postcode]))
            then {literal(SAME_HOME)} else {literal(MOVED)} end as stratum
        from {CLOSURE} c
        join {POOL} l on l.record_id = c.record_id_l
        join {POOL} r on r.record_id = c.record_id_r
        where c.is_joined and not exists (
          select 1 from {LINKS_DETERMINISTIC} d
          where d.record_id_l = c.record_id_l and d.record_id_r = c.record_id_r and d.rule in ({trusted}))""",
    )


def _agrees_sql(block: Block) -> str:
    lacking = f"{lacks_any_sql(block)} and " if block.missing else ""
    return f"coalesce({lacking}{agree_either_way_sql(block)}{_rare_sql(block)}, false)"


def _rare_sql(block: Block) -> str:
    """SQL: and so few records hold the left key that it makes no more pairs than the rule takes."""
    if block.most_pairs is None:
        return ""
    key = ", ".join(map(ident, block.sides[0]))
    left = ", ".join(f"l.{ident(column)}" for column in block.sides[0])
    return f""" and ({left}) in (
            select ({key}) from {POOL} group by {key} having count(*) * count(*) <= {block.most_pairs})"""


def _strata_sql() -> str:
    return f"""
        select l.source, r.source, k.stratum, coalesce(sum(q) filter (by_name), 0),
          coalesce(sum(q) filter (by_other), 0), coalesce(sum(q) filter (by_name and by_other), 0)
        from captured_pairs k
        join {SOURCES} l on l.source_no = k.source_no_l join {SOURCES} r on r.source_no = k.source_no_r
        group by l.source, r.source, k.source_no_l, k.source_no_r, k.stratum
        order by k.source_no_l, k.source_no_r, k.stratum"""


def _cell(left: str, right: str, stratum: str, a: int, b: int, m: int) -> dict[str, object]:
    both = min(a, b, m)
    cell: dict[str, object] = {"source_l": left, "source_r": right, "stratum": stratum, "method": "chapman",
                               "pass_a": BY_NAME, "pass_b": BY_DATE_OR_HOME, "a": a, "b": b, "m": both,
                               "status": NOT_ENOUGH}  # fmt: skip
    if both < FEWEST_TWICE:
        return cell
    told = chapman(a, b, both)
    return cell | {"n_hat": told.total, "lo": told.lo, "hi": told.hi, "se": told.se, "missed_hat": told.missed,
                   "recall_hat": told.recall, "status": LOWER_BOUND}  # fmt: skip


def _total(cells: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    told = [cell for cell in cells if cell["status"] == LOWER_BOUND]
    if not told:
        return []

    def sum_of(column: str) -> float:
        return sum(float(str(cell[column])) for cell in told)

    total, missed = sum_of("n_hat"), sum_of("missed_hat")
    se = sum(float(str(cell["se"])) ** 2 for cell in told) ** 0.5
    whole: dict[str, object] = {"source_l": ALL, "source_r": ALL, "stratum": "all that could be told",
                                "method": "chapman", "pass_a": BY_NAME, "pass_b": BY_DATE_OR_HOME, "n_hat": total,
                                "se": se, "missed_hat": missed, "recall_hat": 1 - missed / total if total else None,
                                "status": LOWER_BOUND}  # fmt: skip
    return [whole | {column: round(sum_of(column)) for column in ("a", "b", "m")}]


def write_capture_recapture(con: Connection, folder: Path) -> int:
    """Write `capture_recapture.csv` into the folder of diagnostics; returns its rows."""
    return write_kept(con, CAPTURE, COLUMNS, folder / "capture_recapture.csv")
