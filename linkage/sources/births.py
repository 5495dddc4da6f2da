"""Birth dates where there is no name beside them: cut to the month, and different between the rows of a child."""

from __future__ import annotations

from linkage.findings import found
from linkage.sources.cells import number
from linkage.sources.dates import parsed
from linkage.sql import Connection, ident, literal
from linkage.tables import Finding, rows_table

_FIRST = r"\d{4}-\d{2}-01"
FIRST_OF_MONTH = "%Y-%m-01"  # without a code for the day, so that `prepare` takes the date as known to the month


def cut_to_month(con: Connection, table: str, column: str) -> dict[str, str]:
    """The column with `FIRST_OF_MONTH` where all of its dates are on the first of their month; else empty."""
    cut = number(con, f"select cast(bool_and(regexp_full_match({column}, {literal(_FIRST)})) as integer) "
                      f"from {ident(table)} where {column} is not null")  # fmt: skip
    return {column: FIRST_OF_MONTH} if cut else {}


def differing_births(con: Connection, source: str) -> list[Finding]:
    """The finding that rows of one child have different birth dates: without names, folding cannot tell them apart."""
    differing = f"select key from {ident(rows_table(source))} group by key having count(distinct {parsed('dob')}) > 1"
    children = number(con, f"select count(*) from ({differing})")
    return [found("DT017", source, children, field="dob")] if children else []
