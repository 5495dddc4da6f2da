"""What was decided about the dates of each source, told to the user: never a date, always a count."""

from __future__ import annotations

from collections.abc import Sequence

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
        order, proof, counter = (
            ("month", month_evidence, day_evidence) if month_first else ("day", day_evidence, month_evidence)
        )
        meaning = f"dates like 1/2/2003 were read with the {order} first; {proof} rows prove it"
        findings.append(Finding(f"dates_{order}_first", source, int(str(numeric)), meaning, str(field)))
        if counter:
            meaning = (
                "rows whose day and month stand in the other order than most of the source; they were refused: "
                "declare a format or mend the file"
            )
            findings.append(Finding("dates_mixed_order", source, int(str(counter)), meaning, str(field)))
    return findings


def _crowd_findings(con: Connection, inputs: Sequence[Input]) -> list[Finding]:
    crowds = rows(
        con,
        f"select source_no, field, precision, sum(n) from {DATES} where why = 'default_day' group by all order by all",
    )
    return [
        Finding(
            "default_days",
            inputs[int(str(number))].extract.source,
            int(str(n)),
            f"birth dates on a day that is far too frequent; they count as known to the {precision} only",
            str(field),
        )
        for number, field, precision, n in crowds
    ]
