"""Coverage: which returns each source holds, by year and authority.

An authority that did not return is no missed link: rates of missed links mean something only between returns of which
both sides are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkage.diagnostics.match_rate import write_csv
from linkage.prepare.by_return import authority_label_sql, year_sql
from linkage.prepare.inputs import Input, read_inputs
from linkage.project import SourceSpec
from linkage.sql import Connection, Step, ident, literal, run_steps, table_step
from linkage.tables import Extract

COVERAGE = "diagnostics__coverage"
COLUMNS = ("source", "year", "authority", "files", "rows", "keys")
ORDER = "source_no, year nulls first, authority"


def coverage(con: Connection, specs: Sequence[SourceSpec], extracts: Sequence[Extract]) -> None:
    """Make `diagnostics__coverage` from the sources' row tables, key source_no, year, authority.

    `year` is NULL where neither the format nor the project says it; `authority` is `unknown`, or `other` for a text
    that is no authority's code. `files` and `keys` (children under the source's own key) count in that return: a file
    of several years, and a child in several returns, count in each.
    """
    run_steps(con, [coverage_step(read_inputs(con, specs, extracts))])


def coverage_step(inputs: Sequence[Input]) -> Step:
    """`diagnostics__coverage`, one pass over the rows of each source."""
    selects = "\nunion all\n".join(
        f"select {source.number}::smallint as source_no, {literal(source.extract.source)} as source, "
        f"{year_sql(source)} as year, {authority_label_sql(source)} as authority, count(distinct file) as files, "
        f"count(*) as rows, count(distinct key) as keys\nfrom {ident(source.extract.rows)} as rows group by all"
        for source in inputs
    )
    return table_step(COVERAGE, f"select * from ({selects}) order by {ORDER}")


def write_coverage(con: Connection, folder: Path) -> int:
    """Write `coverage.csv` into the folder of diagnostics; returns its rows."""
    return write_csv(con, COVERAGE, COLUMNS, ORDER, folder / "coverage.csv")
