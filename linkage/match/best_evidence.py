"""The best evidence there can be: that of fields alone, as if every one that both sides hold agreed.

Weights are those of values of usual frequency: what counts is which fields there are, not what stands in them.
"""

from __future__ import annotations

import math

from linkage.match.evidence import compared_columns
from linkage.packs import ModelSpec
from linkage.sql import ident, literal

# Other forms of a column, and the column.
DERIVED = {
    **{form: name for name in ("forename", "surname")
       for form in (f"{name}s", f"{name}_phonetic", f"{name}_key", f"{name}_keys")},
    "postcodes": "postcode", "ethnicity_5": "ethnicity",
}  # fmt: skip
HIGHEST = 1 - 1e-9  # confidence: that of 1 would take evidence without end


def at_usual_frequency(spec: ModelSpec) -> ModelSpec:
    """The model without term frequencies."""
    return spec.model_copy(update={"comparison": tuple(
        item.model_copy(update={"levels": tuple(level.model_copy(update={"tf": None}) for level in item.levels)})
        for item in spec.comparison)})  # fmt: skip


def agreeing_sql(spec: ModelSpec, *, holds: str, precision: str) -> str:
    """SQL: both sides' columns of a record l as if the other side agreed in all that it holds.

    `holds` is SQL with `{}` for a quoted column: whether the other side holds it; `precision` how precise its birth
    dates are.
    """
    listed = []
    for column in compared_columns(spec):
        value = _agreeing(column, holds, precision)
        listed += [f"{value} as {ident(column + side)}" for side in ("_l", "_r")]
    return ", ".join(listed)


def _agreeing(column: str, holds: str, precision: str) -> str:
    """The record's value as the other side would hold it: missing where that has none, dates as precise."""
    if column == "dob":
        cut = f"date_trunc({precision}, l.dob)::date"
        return f"case when {precision} = 'day' then l.dob when {precision} is not null then {cut} end"
    if column == "dob_precision":
        return f"greatest(l.dob_precision, {precision})"  # the coarser of the two, as texts
    return f"case when {holds.format(ident(DERIVED.get(column, column)))} then l.{ident(column)} end"


def reaches_sql(evidence_bits: str, records: str, confidence: float) -> str:
    """SQL: whether so many bits lift prior odds of one to `records` to a confidence, by the model's own odds."""
    wanted = min(confidence, HIGHEST)
    return f"({evidence_bits} - log2({records}) >= {literal(math.log2(wanted / (1 - wanted)))})"
