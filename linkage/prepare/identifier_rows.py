"""The run's `identifiers`: every identifier of every record, with its scope and what it is worth."""

from __future__ import annotations

from collections.abc import Sequence

from linkage.findings import found
from linkage.identifiers import (
    CHECKED_SCHEMES,
    NATIONAL,
    SCHEMES,
    STATUS_ORDER,
    Scheme,
    digits_sql,
    status_sql,
    value_sql,
)
from linkage.prepare.folding import RECORD_KEYS, ROW_RECORDS, SHARED_ROW_RECORDS
from linkage.prepare.inputs import Input, union_all, working_table
from linkage.prepare.rows import authority_sql, number_text_sql
from linkage.sql import Connection, Step, ident, literal, rows, table_step
from linkage.tables import IDENTIFIERS, RECORDS, Finding

SHARED_VALUES = "prepare__shared_values"

# A number that records with more different birth dates than this share in one source is nobody's.
MOST_BIRTH_DATES = 5


def identifier_steps(inputs: Sequence[Input]) -> list[Step]:
    """Makes `identifiers`; reads the sources' rows and `records`.

    Columns: record_id, scheme, scope (`national`, or an authority, UKPRN or supply), value (NULL for a placeholder, so
    that it can agree with nothing), status, raw (the first of several spellings). Key: record_id, scheme, scope, value;
    where a record has a value more than once, the better status wins.
    """
    return [
        table_step(IDENTIFIERS, _identifiers_sql(inputs)),
        working_table(SHARED_VALUES, _shared_values_sql()),
        Step("identifiers that many children share", _refuse_shared_values_sql()),
    ]


def _identifiers_sql(inputs: Sequence[Input]) -> str:
    selects = [
        select
        for source in inputs
        for scheme in SCHEMES
        for select in _scheme_selects(source, scheme, [field for field in scheme.fields if source.has(field)])
    ]
    empty = (
        "null::bigint as record_id, null::varchar as scheme, null::varchar as scope, null::varchar as value, "
        "null::varchar as status, null::varchar as raw"
    )
    return union_all(selects, empty=empty)


def _scheme_selects(source: Input, scheme: Scheme, fields: Sequence[str]) -> list[str]:
    """The identifiers of one scheme in one source.

    A record of one row has one value of a scheme with one field; all others may hold a value twice.
    """
    if not fields:
        return []
    if len(fields) == 1:
        several = _field_values_sql(source, scheme, fields[0], SHARED_ROW_RECORDS)
        return [_field_values_sql(source, scheme, fields[0], RECORD_KEYS), _once_sql([several])]
    return [_once_sql([_field_values_sql(source, scheme, field, ROW_RECORDS) for field in fields])]


def _once_sql(selects: Sequence[str]) -> str:
    order = f"[{', '.join(literal(status) for status in STATUS_ORDER)}]"
    values = "\nunion all\n".join(selects)
    return f"""
select record_id, scheme, scope, value, {order}[min(list_position({order}, status))] as status, min(raw) as raw
from ({values})
group by record_id, scheme, scope, value"""


def _field_values_sql(source: Input, scheme: Scheme, field: str, row_records: str) -> str:
    """What one field of a source holds, for the rows in a table (source_no, row_no, record_id)."""
    return f"""
select
    record_id,
    {literal(scheme.name)} as scheme,
    scope,
    case when status <> 'placeholder' then value end as value,
    status,
    raw
from (
    select record_id, scope, raw, value, {status_sql(field, "value", "digits")} as status
    from (
        select *, {digits_sql(scheme.name, "value")} as digits
        from (
            select
                records.record_id,
                {_scope_sql(source, scheme)} as scope,
                rows.{field} as raw,
                {value_sql(scheme.name, f"rows.{field}")} as value
            from {ident(source.extract.rows)} as rows
            join {row_records} as records on records.source_no = {source.number} and records.row_no = rows.rowid
        )
        where value is not null
    )
)"""


def _scope_sql(source: Input, scheme: Scheme) -> str:
    """SQL: within what the values compare; where it is not known, within the supply of the source."""
    known = None
    if scheme.scope == "national":
        return literal(NATIONAL)
    if scheme.scope == "authority":
        known = authority_sql(source)
    if scheme.scope == "provider" and source.has("ukprn"):
        known = number_text_sql("rows.ukprn")
    supply = literal(source.supply)
    return f"coalesce({known}, {supply})" if known else supply


def _shared_values_sql() -> str:
    """Values with a check that records of too many birth dates hold in one source."""
    schemes = ", ".join(literal(name) for name in sorted(CHECKED_SCHEMES))
    return f"""
select
    records.source_no,
    held.scheme,
    held.value,
    count(distinct held.record_id) as record_count
from {IDENTIFIERS} as held
-- Few values are frequent at all; only their records are looked up.
join (
    select scheme, value
    from {IDENTIFIERS}
    where scheme in ({schemes}) and value is not null
    group by scheme, value
    having count(*) > {MOST_BIRTH_DATES}
) as frequent on frequent.scheme = held.scheme and frequent.value = held.value
join {RECORDS} as records on records.record_id = held.record_id
group by records.source_no, held.scheme, held.value
having count(distinct records.dob) > {MOST_BIRTH_DATES}"""


def _refuse_shared_values_sql() -> str:
    return f"""
update {IDENTIFIERS} as held
set value = null, status = 'placeholder'
from {SHARED_VALUES} as shared, {RECORDS} as records
where records.record_id = held.record_id
    and records.source_no = shared.source_no
    and held.scheme = shared.scheme
    and held.value = shared.value"""


def identifier_findings(con: Connection, inputs: Sequence[Input]) -> list[Finding]:
    """Numbers that so many children of one source share that they count as placeholders."""
    shared = rows(
        con,
        f"select source_no, scheme, count(*), sum(record_count) from {SHARED_VALUES} group by all order by all",
    )
    return [
        found(
            "ID005",
            inputs[int(str(number))].extract.source,
            int(str(records)),
            str(scheme),
            detail=f"{values} values, each with more than {MOST_BIRTH_DATES} birth dates",
        )
        for number, scheme, values, records in shared
    ]
