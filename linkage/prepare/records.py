"""The run's `records`: cleaned rows of keys that occur once, and the folded ones, under one dense number."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from linkage.prepare.folding import FOLDED, RECORD_KEYS, ROW_RECORDS, present_columns
from linkage.prepare.inputs import Input
from linkage.prepare.rows import cleaned_rows, record_columns
from linkage.sql import Step, ident, literal, table_step
from linkage.tables import RECORDS, ROWS, SOURCES


def source_steps(inputs: Sequence[Input], *, unique: Collection[str], within: Collection[str]) -> list[Step]:
    """Makes `sources(source_no, source, format, is_unique, is_within)`, one row per source of the project."""
    listed = "\nunion all\n".join(
        f"select {source.number}::smallint as source_no, {literal(source.extract.source)} as source, "
        f"{literal(source.spec.format)} as format, {source.extract.source in unique} as is_unique, "
        f"{source.extract.source in within} as is_within"
        for source in inputs
    )
    return [table_step(SOURCES, listed)]


def record_steps(inputs: Sequence[Input]) -> list[Step]:
    """Makes `records`, key record_id, with the columns of docs/architecture.md, and `source_rows`, their records."""
    return [
        table_step(RECORDS, _records_sql(inputs)),
        table_step(ROWS, _source_rows_sql(inputs)),
    ]


def _records_sql(inputs: Sequence[Input]) -> str:
    types = record_columns(inputs)
    present = present_columns(inputs)
    singles = [
        cleaned_rows(source).select_sql(
            types,
            before=f"records.record_id, {source.number}::smallint as source_no, "
            f"{literal(source.extract.source)} as source, records.key, 1::bigint as row_count,\n    ",
            after=f"join {RECORD_KEYS} as records\n"
            f"    on records.source_no = {source.number} and records.row_no = rows.rowid",
        )
        for source in inputs
    ]
    columns = ",\n    ".join(
        f"folded.{ident(name)}" if name in present else f"null::{kind}" for name, kind in types.items()
    )
    folded = f"""
select
    records.record_id, records.source_no::smallint, sources.source, records.key, folded.row_count,
    {columns}
from {FOLDED} as folded
join {RECORD_KEYS} as records
    on records.row_no is null
    and records.source_no = folded.source_no
    and records.base_key = folded.base_key
    and records.group_no = folded.group_no
join {SOURCES} as sources on sources.source_no = folded.source_no"""
    return "\nunion all\n".join([*singles, folded])


def _source_rows_sql(inputs: Sequence[Input]) -> str:
    return "\nunion all\n".join(
        f"select {source.number}::smallint as source_no, rows.file, rows.row, records.record_id\n"
        f"from {ident(source.extract.rows)} as rows\n"
        f"join {ROW_RECORDS} as records on records.source_no = {source.number} and records.row_no = rows.rowid"
        for source in inputs
    )
