"""What was decided about the dates of each source, told to the user: never a date, always a count."""

from __future__ import annotations

from collections.abc import Sequence

from linkage.findings import found
from linkage.prepare.dates import DATE_ORDERS, DATES
from linkage.prepare.inputs import Input
from linkage.sql import Connection, rows
from linkage.tables import Finding


def date_findings(con: Connection, inputs: Sequence[Input]) -> list[Finding]:
    """What was decided about the dates of each source: order of day and month, made-up days."""
    return [*_order_findings(con, inputs), *_crowd_findings(con, inputs)]


def _order_findings(con: Connection, inputs: Sequence[Input]) -> list[Finding]:
    orders = rows(
        con,
        "select source_no, field, month_first, rows_numeric, rows_day_first, rows_month_first "
        f"from {DATE_ORDERS} where rows_numeric > 0 and declared is null order by source_no, field",
    )
    findings = []
    for number, field, month_first, numeric, day_evidence, month_evidence in orders:
        source = inputs[int(str(number))].extract.source
        code, proof, counter = (
            ("DT013", month_evidence, day_evidence) if month_first else ("DT012", day_evidence, month_evidence)
        )
        findings.append(found(code, source, int(str(numeric)), str(field), detail=f"{proof} rows prove it"))
        if counter:
            findings.append(found("DT014", source, int(str(counter)), str(field)))
    return findings


def _crowd_findings(con: Connection, inputs: Sequence[Input]) -> list[Finding]:
    crowds = rows(
        con,
        f"select source_no, field, precision, sum(n) from {DATES} where why = 'default_day' group by all order by all",
    )
    return [
        found("DT015", inputs[int(str(number))].extract.source, int(str(n)), str(field), detail=f"to the {precision}")
        for number, field, precision, n in crowds
    ]
