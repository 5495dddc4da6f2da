"""Completeness by return: how well each year and authority of a source filled its fields, before rows are folded.

Folding fills the gaps of one year from another, so that only the rows can tell which return has them. Only `check`
asks; it costs a further reading of the rows through the dictionaries of this stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.identifiers import CHECKED_SCHEMES, SCHEMES, digits_sql, status_sql, value_sql
from linkage.prepare.folding import ROW_RECORDS
from linkage.prepare.identifier_rows import SHARED_VALUES
from linkage.prepare.inputs import Input, working_table
from linkage.prepare.layout import COLUMN_TYPES
from linkage.prepare.rows import authority_sql, cleaned_rows
from linkage.sql import Connection, Step, ident, literal, rows, run_steps, table_step

FIELDS_BY_RETURN = "fields_by_return"
_RETURN_COUNTS = "prepare__return_counts"

# The fields that are counted: the column that tells whether a row has a value, by field.
LEADS = {
    "forename": "forename", "surname": "surname", "dob": "dob", "expected_dob": "expected_dob",
    "postcode": "district", "sex": "sex", "ethnicity": "ethnicity", "school_urn": "school_urn", "language": "language",
    "sen": "sen", "fsm": "fsm",
}  # fmt: skip
USABLE = ("valid", "temporary", "former")  # statuses of an identifier that a rule links by without further proof
EARLIEST, LATEST = 1990, 2100  # years that a return can be of
UNKNOWN_AUTHORITY, ODD_AUTHORITY = "unknown", "other"


def count_by_return(con: Connection, inputs: Sequence[Input]) -> None:
    """Makes `fields_by_return`, key source_no, year, authority, field: of the sources that hold several returns.

    `year` is NULL where nothing says it; `authority` is `unknown`, or `other` for a text that is no authority's code
    and may be anything. Of `records` in that return, `known` hold a usable value in one of its rows there and
    `refused` only such as were refused; the others are blank. An identifier is usable where it is valid, temporary or
    former.
    """
    run_steps(con, [table_step(FIELDS_BY_RETURN, _EMPTY)])
    for source in inputs:
        if len(rows(con, f"select distinct {_return_sql(source)} from {ident(source.extract.rows)} as rows")) > 1:
            run_steps(con, _steps(source))


_EMPTY = """
select 0::smallint as source_no, 0 as year, '' as authority, '' as field, 0::bigint as records, 0::bigint as known,
  0::bigint as refused
limit 0"""


def year_sql(source: Input) -> str:
    """SQL over `rows`: the year of the return, from the row or the project; NULL where neither has it."""
    project = literal(source.spec.year)
    year = f"coalesce(rows.year, {project})" if source.has("year") else project
    return f"case when {year} between {EARLIEST} and {LATEST} then {year} end"


def authority_label_sql(source: Input) -> str:
    """SQL over `rows`: the authority's code; never the text of a column that was taken for it by mistake."""
    known = authority_sql(source)
    if known is None:
        return literal(UNKNOWN_AUTHORITY)
    return (
        f"case when {known} is null then {literal(UNKNOWN_AUTHORITY)} "
        f"when regexp_full_match({known}, '[0-9]{{3}}|E[0-9]{{8}}') then {known} else {literal(ODD_AUTHORITY)} end"
    )


def _return_sql(source: Input) -> str:
    return f"{year_sql(source)} as year, {authority_label_sql(source)} as authority"


def _steps(source: Input) -> list[Step]:
    """Each record once for each return it is in, then counted, then one field below the other."""
    tallies = [*_field_tallies(source), *_scheme_tallies(source)]
    if not tallies:
        return []
    tests = ", ".join(
        f"bool_or({tally.known}) as k{number}, bool_or({tally.there}) as t{number}"
        for number, tally in enumerate(tallies)
    )
    counts = ", ".join(
        f"count(*) filter (k{number}) as k{number}, count(*) filter (t{number} and not coalesce(k{number}, false)) "
        f"as r{number}"
        for number in range(len(tallies))
    )
    counted = f"""
select year, authority, count(*) as records, {counts}
from (
    select year, authority, record_id, {tests}
    from ({_rows_sql(source, tallies)})
    group by year, authority, record_id
)
group by year, authority"""
    unpivoted = "\nunion all\n".join(
        f"select {source.number}, year, authority, {literal(tally.field)}, records, k{number}, r{number} "
        f"from {_RETURN_COUNTS}"
        for number, tally in enumerate(tallies)
    )
    return [
        working_table(_RETURN_COUNTS, counted),
        Step(FIELDS_BY_RETURN, f"insert into {FIELDS_BY_RETURN}\n{unpivoted}"),
    ]


@dataclass(frozen=True)
class _Tally:
    """A field that is counted: SQL for a usable value and for any text, over the columns that these need."""

    field: str
    known: str
    there: str
    columns: tuple[str, ...] = ()


def _field_tallies(source: Input) -> list[_Tally]:
    has = cleaned_rows(source).columns
    tallies = []
    for field, lead in LEADS.items():
        raw = f"{field}_raw"
        if lead in has:
            there = raw if raw in COLUMN_TYPES else lead
            columns = tuple(dict.fromkeys((lead, there)))
            tallies.append(_Tally(field, f"{lead} is not null", f"{there} is not null", columns))
    return tallies


def _scheme_tallies(source: Input) -> list[_Tally]:
    tallies = []
    for scheme in SCHEMES:
        held = [field for field in scheme.fields if source.has(field)]
        if held:
            known = " or ".join(f"({_usable_sql(source, scheme.name, field)})" for field in held)
            tallies.append(_Tally(scheme.name, known, " or ".join(f"id_{field} is not null" for field in held)))
    return tallies


def _rows_sql(source: Input, tallies: Sequence[_Tally]) -> str:
    """The rows of a source, cleaned, with their record and return, and the normal forms of their identifiers."""
    values = "".join(
        f"{value_sql(scheme.name, f'rows.{field}')} as id_{field}, "
        for scheme in SCHEMES
        for field in scheme.fields
        if source.has(field)
    )
    return cleaned_rows(source).select_sql(
        {name: COLUMN_TYPES[name] for tally in tallies for name in tally.columns},
        before=f"members.record_id, {_return_sql(source)}, {values}",
        after=f"join {ROW_RECORDS} as members on members.source_no = {source.number} and members.row_no = rows.rowid",
    )


def _usable_sql(source: Input, scheme: str, field: str) -> str:
    value = f"id_{field}"
    listed = ", ".join(literal(status) for status in USABLE)
    usable = f"{status_sql(field, value, digits_sql(scheme, value))} in ({listed})"
    if scheme not in CHECKED_SCHEMES:
        return usable
    shared = f"select value from {SHARED_VALUES} where source_no = {source.number} and scheme = {literal(scheme)}"
    return f"{usable} and {value} not in ({shared})"
