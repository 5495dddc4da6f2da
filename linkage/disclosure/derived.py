"""What follows from public numbers alone, worked out from these: so it tells nothing that they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from linkage.disclosure.profiles import NOT_APPLICABLE, ROUNDED, ROUNDS_TO_ZERO, SHOWN, STATUS_OF, half_up
from linkage.disclosure.shaping import STATUS_SUFFIX, PublicRow

IMPACT = "disparity_impact"
STEP = "0.01"
LABELS = ("truth_source", "profile")


def impact_of(errors: Sequence[PublicRow]) -> list[PublicRow]:
    """The public `disparity_impact`, of the public rows of missed pairs: one row per group that has a reference.

    `ratio_if_nothing_differs` is recall of the group by that of its reference, of the rates as they are shown;
    `ratio_lo` and `ratio_hi` take the end of one interval with the other end of the other, so that they are wider than
    an interval of 95%. Where a rate is hidden, so are all three.
    """
    groups = {(row["subgroup_var"], row["subgroup"]): row for row in errors}
    return [
        _impact(row, groups[row["subgroup_var"], row["reference"]])
        for row in errors
        if row["reference"] and row["reference"] != row["subgroup"]
    ]


def _impact(row: PublicRow, reference: PublicRow) -> PublicRow:
    found: PublicRow = {name: row[name] for name in ("subgroup_var", "subgroup", "reference")}
    ends = {"ratio_if_nothing_differs": ("rate", "rate"), "ratio_lo": ("hi", "lo"), "ratio_hi": ("lo", "hi")}
    for name, (own, other) in ends.items():
        text, status = _ratio(row, own, reference, other)
        found |= {name: text, name + STATUS_SUFFIX: status}
    return found | {name: row[name] for name in LABELS}


def _ratio(row: Mapping[str, str], own: str, reference: Mapping[str, str], other: str) -> tuple[str, str]:
    recalls = []
    for rates, column in ((row, own), (reference, other)):
        text, status = rates[column], rates[column + STATUS_SUFFIX]
        if status not in (SHOWN, ROUNDED, STATUS_OF[ROUNDS_TO_ZERO]):
            return text, status
        recalls.append(Decimal(1) if text == ROUNDS_TO_ZERO else 1 - Decimal(text))
    recall, base = recalls
    if not base:
        return NOT_APPLICABLE, STATUS_OF[NOT_APPLICABLE]
    return f"{half_up(recall / base, STEP):f}", ROUNDED
