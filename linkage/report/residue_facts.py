"""What the report says of children without an identifier: recall of masked validation, carried over to them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.diagnostics.made_tables import rows_of_csv
from linkage.diagnostics.masked_validation import of_one_pool
from linkage.diagnostics.subgroups import ALL
from linkage.report.charts import plot_of
from linkage.report.evidence_facts import Rate
from linkage.report.figures import Figure
from linkage.report.words import count, percent, variable
from linkage.schema import UNKNOWN

MASKED = "masked_validation.csv"
HEADERS = ("Pairs found of these", "Recall", "95% interval", "Nobody like them", "Whatever those are like")


@dataclass(frozen=True)
class Residue:
    """Recall of everybody without an identifier (0 to 1), the share that it says nothing of, and a figure by subgroup
    variable."""

    total: Rate
    unsupported: float | None
    figures: tuple[Figure, ...]


def residue_of(diagnostics: Path) -> Residue | None:
    """Of `masked_validation.csv` in a folder of diagnostics, in the residual pool where it was run; None where nothing
    was validated, or recall of everybody could not be carried over."""
    told = of_one_pool(rows_of_csv(diagnostics / MASKED))
    whole = next((row for row in told if row["subgroup_var"] == ALL), None)
    if whole is None or not whole["recall_std_to_residue"]:
        return None
    names = dict.fromkeys(row["subgroup_var"] for row in told if row["recall_std_to_residue"])
    return Residue(
        _rate(whole),
        float(whole["unsupported_share"]) if whole["unsupported_share"] else None,
        tuple(_figure(name, [row for row in told if row["subgroup_var"] == name], whole)
              for name in names if name != ALL),
    )  # fmt: skip


def _figure(name: str, rows: Sequence[Mapping[str, str]], whole: Mapping[str, str]) -> Figure:
    title = variable(name)
    drawn = sorted((row for row in rows if row["recall_std_to_residue"]), key=lambda row: _place(row["subgroup"]))
    few = [row["subgroup"] for row in rows if not row["recall_std_to_residue"]]
    return Figure(
        title, plot_of([_rate(row) for row in drawn], _rate(whole)),
        f"Recall of children without an identifier by {title.lower()}", (title, *HEADERS),
        tuple(_line(row) for row in (*drawn, whole)),
        note=f"Too few pairs to say anything: {', '.join(few)}." if few else "",
    )  # fmt: skip


def _place(subgroup: str) -> tuple[bool, int, str]:
    """Where a group stands: by its first number, as ages do, then by name; those of whom it is not known last."""
    number = re.match(r"\d+", subgroup)
    return (subgroup == UNKNOWN, int(number.group()) if number else 0, subgroup)


def _line(row: Mapping[str, str]) -> tuple[str, ...]:
    rate = _rate(row)
    return (row["subgroup"], count(rate.records), percent(rate.rate), _between(row["std_lo"], row["std_hi"]),
            percent(float(row["unsupported_share"])) if row["unsupported_share"] else "",
            _between(row["bound_lo"], row["bound_hi"]))  # fmt: skip


def _between(lo: str, hi: str) -> str:
    return f"{percent(float(lo))} to {percent(float(hi))}" if lo and hi else ""


def _rate(row: Mapping[str, str]) -> Rate:
    """Recall as a rate of the pairs that were found of these children."""
    recall, lo, hi = (float(row[name] or row["recall_std_to_residue"])
                      for name in ("recall_std_to_residue", "std_lo", "std_hi"))  # fmt: skip
    found = int(float(row["residue_found"] or 0))
    return Rate(row["subgroup"], found, found, recall, lo, hi)
