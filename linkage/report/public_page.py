"""The page for the public: made of the public tables, read back from their files, and of nothing else.

So it cannot say what they do not: no name of the project, no count that they hide, no rate more exact than theirs.
Every number on it is one of a table, a share as a percentage; a symbol stands where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from linkage.diagnostics.subgroups import ALL
from linkage.disclosure import NOT_PUBLISHED, PROFILES, public_tables
from linkage.disclosure.profiles import STATUS_OF
from linkage.report.charts import plot_of
from linkage.report.curves import SweepChart, SweepPoint, sweep_chart
from linkage.report.evidence_facts import Rate
from linkage.report.figures import MARKS, Figure
from linkage.report.page import environment
from linkage.report.words import pair_of_sources, variable

PAGE = "report.html"
RATIO = "ratio_if_nothing_differs"
MOST_PAIRS = 24  # pairs of sources whose rates are drawn; all of them are in match_rate.csv
Value = str | int | float
Row = Mapping[str, Value]
Figured = Callable[[str, list[Row]], Figure]
MEANINGS = {
    "confidential": "hidden, as it or another number could point to a child",
    "not applicable": "there is nothing to say here",
    "not available": "not counted",
    "rounds to zero": "more than nothing, but would be rounded to it",
    "low reliability": "too few children for a share; the counts are beside it",
}  # fmt: skip


@dataclass(frozen=True)
class PairOfSources:
    """Figures of two sources: for each side what is asked and its figures by subgroup."""

    name: str
    sides: tuple[tuple[str, tuple[Figure, ...]], ...]


def write_public_report(public: Path) -> bool:
    """Write `report.html` beside the public tables in a folder; returns whether there is one.

    Without a table there is none, and one that an earlier diagnosis left is removed. The same tables give the same
    bytes.
    """
    tables = public_tables(public)
    page = public / PAGE
    if not any(rows for name, rows in tables.items() if name != NOT_PUBLISHED):
        page.unlink(missing_ok=True)
        return False
    part = page.with_name(page.name + ".part")
    html = environment().get_template("public.html.j2").render(public_context(tables))
    part.write_text(html, encoding="utf-8", newline="\n")
    part.replace(page)
    return True


def public_context(tables: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Everything the template asks for, of the tables alone."""
    errors, rates = tables.get("error_by_subgroup", ()), tables.get("match_rate", ())
    profile = str(next(row["profile"] for rows in tables.values() for row in rows))
    pairs = list(dict.fromkeys((str(row["source_l"]), str(row["source_r"])) for row in rates))
    return {
        "sources": list(dict.fromkeys(source for pair in pairs for source in pair)),
        "profile": PROFILES[profile].title if profile in PROFILES else profile,
        "symbols": [(symbol, status, MEANINGS[status]) for symbol, status in STATUS_OF.items()],
        "missed_of_all": next((row for row in errors if row["subgroup_var"] == ALL), None),
        "basis": str(errors[0]["truth_source"]) if errors else "",
        "missed": _by_variable(errors, _missed_figure),
        "residue": [figure for figure in _by_variable(_residue(tables), RESIDUE) if figure.plot],
        "residue_of_all": next((row for row in _residue(tables) if row["subgroup_var"] == ALL), None),
        "impacts": _impacts(tables.get("disparity_impact", ()), errors),
        "withheld": tables.get(NOT_PUBLISHED, ()),
        "said": [_said(row, errors) for row in errors if row.get("evidence") == "higher"],
        "pairs": [_pair(pair, rates) for pair in pairs[:MOST_PAIRS]],
        "more_pairs": len(pairs) > MOST_PAIRS,
        "sweep": _sweep(tables.get("threshold_sweep", ())),
        "sweep_headers": ("Threshold", "Precision", "Recall among the compared"),
        "sweep_lines": [
            (f"{row['threshold']}{', this linkage' if row['is_run'] == 'true' else ''}", shown(row["precision"]),
             shown(row["recall_given_candidates"]))
            for row in tables.get("threshold_sweep", ())
        ],
        "implausible": _by_variable(tables.get("implausible", ()), IMPLAUSIBLE),
        "differences": [(row, f"{row['std_diff']}") for row in tables.get("linked_vs_unlinked", ())],
        "tipping": list(tables.get("tipping_point", ())),
        "shown": shown, "told": told, "name_of": variable,
    }  # fmt: skip


def shown(value: Value) -> str:
    """A share as a percentage with the decimals that the table has; a symbol as it is."""
    if isinstance(value, str):
        return value
    return f"{(Decimal(str(value)) * 100).normalize():f}%"


def told(value: Value) -> str:
    """A count with commas, a number as the table has it; a symbol as it is."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def _by_variable(rows: Sequence[Row], figure: Figured) -> list[Figure]:
    """A figure for each subgroup variable; the line of all closes each."""
    whole = [row for row in rows if row["subgroup_var"] == ALL]
    names = dict.fromkeys(str(row["subgroup_var"]) for row in rows if row["subgroup_var"] != ALL)
    return [figure(name, [row for row in rows if row["subgroup_var"] == name] + whole) for name in names]


def _missed_figure(name: str, rows: list[Row]) -> Figure:
    title = variable(name)
    lines = [
        (str(row["subgroup"]), told(row["wrong"]), told(row["n"]), shown(row["rate"]), _interval(row),
         _ratio(row), _evidence(row))
        for row in rows
    ]  # fmt: skip
    headers = (title, "Missed", "Pairs of one child", "Share missed", "95% interval", "Ratio", "What can be said")
    marks = {str(row["subgroup"]): MARKS[str(row["evidence"])] for row in rows if row.get("evidence") in MARKS}
    return _figure(title, f"Missed pairs by {title.lower()}", headers, lines, rows, ("wrong", "n"), marks)


def _share_figure(caption: str, headers: tuple[str, str, str], counts: tuple[str, str]) -> Figured:
    """What makes a figure of a share: of `counts`, part and whole."""

    def figure(name: str, rows: list[Row]) -> Figure:
        title = variable(name)
        lines = [(str(row["subgroup"]), *(told(row[count]) for count in counts), shown(row["rate"]), _interval(row))
                 for row in rows]  # fmt: skip
        return _figure(title, f"{caption} by {title.lower()}", (title, *headers, "95% interval"), lines, rows, counts)

    return figure


IMPLAUSIBLE = _share_figure(
    "Implausible persons", ("Implausible", "Persons who could be", "Share"), ("flagged", "at_risk")
)
LINK_RATE = _share_figure("Link rates", ("Linked", "Records", "Link rate"), ("linked", "records"))


RESIDUE = _share_figure(
    "Recall of children without an identifier", ("Missed of those with one", "Pairs of these", "Recall"),
    ("missed", "m_masked"),
)  # fmt: skip


def _residue(tables: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Masked validation with recall carried over to children without an identifier as its rate, groups as missed pairs
    have them."""
    found = {(row["subgroup_var"], row["subgroup"]): row for row in tables.get("masked_validation", ())}
    order = [(row["subgroup_var"], row["subgroup"]) for row in tables.get("error_by_subgroup", ())]
    return [{**row, "rate": row["recall_std_to_residue"], "lo": row["std_lo"], "hi": row["std_hi"]}
            for key in order if (row := found.get(key))]  # fmt: skip


def _impacts(rows: Sequence[Row], errors: Sequence[Row]) -> list[Row]:
    """Groups that are missed more or less often than their reference, as far as the ratio is told; strongest first."""
    clear = {(row["subgroup_var"], row["subgroup"]) for row in errors if row.get("evidence") in MARKS}
    told = [
        row
        for row in rows
        if (row["subgroup_var"], row["subgroup"]) in clear
        and all(isinstance(row[name], float) for name in (RATIO, "ratio_lo", "ratio_hi"))
    ]
    return sorted(told, key=lambda row: float(row[RATIO]))


def _pair(pair: tuple[str, str], rates: Sequence[Row]) -> PairOfSources:
    left, right = pair
    sides = []
    for side, own, other in (("l", left, right), ("r", right, left)):
        rows = [row for row in rates if (row["source_l"], row["source_r"], row["side"]) == (left, right, side)]
        if rows:
            asked = f"Of the records of {own}, how many have a partner in {other}"
            sides.append((asked, tuple(_by_variable(rows, LINK_RATE))))
    return PairOfSources(pair_of_sources(left, right), tuple(sides))


def _figure(
    title: str, caption: str, headers: tuple[str, ...], lines: Sequence[tuple[str, ...]], rows: Sequence[Row],
    counts: tuple[str, str], marks: Mapping[str, str] | None = None,
) -> Figure:  # fmt: skip
    """Drawn are the groups whose rate is a number, beside the line of all where that is one too."""
    groups = [row for row in rows if row["subgroup_var"] != ALL]
    drawn = {str(row["subgroup"]): rate for row in groups if (rate := _rate(row, counts)) is not None}
    whole = next((rate for row in rows if row["subgroup_var"] == ALL and (rate := _rate(row, counts))), None)
    left_out = [str(row["subgroup"]) for row in groups if str(row["subgroup"]) not in drawn]
    values = {str(row["subgroup"]): shown(row["rate"]) for row in groups}
    plot = plot_of(list(drawn.values()), whole, values) if drawn and whole else None
    note = f"Not shown, see the table: {', '.join(left_out)}." if left_out else ""
    return Figure(title, plot, caption, headers, tuple(lines), marks or {}, note)


def _rate(row: Row, counts: tuple[str, str]) -> Rate | None:
    """The rate of a row, where it and its interval are told."""
    part, whole = (row[name] for name in counts)
    numbers = [row[name] for name in ("rate", "lo", "hi")]
    if not isinstance(whole, int) or any(isinstance(value, str) for value in numbers):
        return None
    rate, lo, hi = (float(value) for value in numbers)
    return Rate(str(row["subgroup"]), part if isinstance(part, int) else 0, whole, rate, max(lo, 0.0), min(hi, 1.0))


def _interval(row: Row) -> str:
    lo, hi = row["lo"], row["hi"]
    return str(lo) if isinstance(lo, str) else f"{shown(lo)} to {shown(hi)}"


def _ratio(row: Row) -> str:
    ratio = row.get("ratio", "")
    return str(ratio) if isinstance(ratio, str) else f"{ratio} ({row['ratio_lo']} to {row['ratio_hi']})"


def _evidence(row: Row) -> str:
    said = str(row.get("evidence", ""))
    return f"{said} than {row['reference']}" if said in MARKS else said


def _said(row: Row, rows: Sequence[Row]) -> str:
    """What is said first of a group that is missed more often: its share beside that of its reference, where both are
    told."""
    group = f"{variable(str(row['subgroup_var']))}, {row['subgroup']}"
    other = next((one for one in rows if (one["subgroup_var"], one["subgroup"])
                  == (row["subgroup_var"], row["reference"])), None)  # fmt: skip
    if other is None or isinstance(row["rate"], str) or isinstance(other["rate"], str):
        return f"{group}: missed more often than {row['reference']}."
    return f"{group}: {shown(row['rate'])} missed, against {shown(other['rate'])} of {row['reference']}."


def _sweep(rows: Sequence[Row]) -> SweepChart | None:
    def number(value: Value) -> float | None:
        return None if isinstance(value, str) else float(value)

    return sweep_chart([
        SweepPoint(float(row["threshold"]), number(row["precision"]), number(row["recall_given_candidates"]),
                   row["is_run"] == "true")
        for row in rows
    ])  # fmt: skip
