"""Folding: rows that share their source's key become one record, unless they contradict each other.

Most keys occur once; their rows go straight into `records`. For the others each group of columns takes the value of
the row with the highest rank that has one; among rows of equal rank those whose content sorts first speak, so that
the order of rows in a file decides nothing. Names, postcodes and identifiers of all rows are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from linkage.identifiers import upn_shape_sql, value_sql
from linkage.prepare.inputs import ROW_KEYS, SHARED_ROWS, Input, union_all, working_table
from linkage.prepare.layout import GROUPS, LISTS, Group
from linkage.prepare.name_codes import all_keys_sql
from linkage.prepare.rows import cleaned_rows, record_columns
from linkage.prepare.splits import (
    IDENTITIES,
    IDENTITY_COLUMNS,
    SPLIT_CONFLICTS,
    SPLIT_NAMES,
    SPLITS,
    split_contradicting_keys,
)
from linkage.sql import Connection, Step, ident, run_steps, table_step

SHARED_KEYS = "prepare__shared_keys"
FOLDED = "prepare__folded"
ROW_RECORDS = "prepare__row_records"
SHARED_ROW_RECORDS = "prepare__shared_row_records"
RECORD_KEYS = "prepare__record_keys"
FOLD_CONFLICTS = "fold_conflicts"

# Larger than any number of rows, so that a row without a value comes behind all that have one.
_BEHIND = 1 << 40


def fold(con: Connection, inputs: Sequence[Input]) -> None:
    """Decides which rows make which record, and folds those that share a key.

    Makes `prepare__row_records(source_no, row_no, record_id)` for every row, and `prepare__shared_row_records` for the
    rows whose key others share; `prepare__record_keys(record_id, source_no, key, row_no, base_key, group_no)`, where
    row_no is NULL if several rows fold, and base_key and group_no are NULL if not; `prepare__folded`, the present
    columns of a record by source_no, base_key and group_no; and the run's `fold_conflicts(record_id_l, record_id_r,
    detail)`, records that stay apart under one key.
    """
    present = present_columns(inputs)
    run_steps(con, _shared_row_steps(inputs, present))
    split_contradicting_keys(con)
    run_steps(con, _record_steps(present))


def present_columns(inputs: Sequence[Input]) -> dict[str, str]:
    """The columns of a record that any source fills, with those that a contradiction is told by.

    Half of the columns are empty in a usual project; to carry them through the folding costs more than all the rest.
    """
    filled = {name for source in inputs for name in cleaned_rows(source).columns} | set(IDENTITY_COLUMNS)
    # A group folds as one, so one filled column brings the others.
    together = {name for group in GROUPS if filled & set(group.all_columns) for name in group.all_columns}
    return {name: kind for name, kind in record_columns(inputs).items() if name in filled | together}


def _shared_row_steps(inputs: Sequence[Input], present: Mapping[str, str]) -> list[Step]:
    return [
        working_table(ROW_KEYS, _row_keys_sql(inputs)),
        working_table(SHARED_KEYS, _shared_keys_sql()),
        working_table("prepare__shared_row_values", _shared_row_values_sql(inputs, present)),
        working_table(SHARED_ROWS, _ordered_rows_sql(present)),
    ]


def _row_keys_sql(inputs: Sequence[Input]) -> str:
    selects = [
        f"select {source.number} as source_no, rowid as row_no, key, rank from {ident(source.extract.rows)}"
        for source in inputs
    ]
    return union_all(selects, empty="null::integer, null::bigint, null::varchar, null::integer")


def _shared_keys_sql() -> str:
    return f"select source_no, key from {ROW_KEYS} group by source_no, key having count(*) > 1"


def _shared_row_values_sql(inputs: Sequence[Input], present: Mapping[str, str]) -> str:
    selects = []
    for source in inputs:
        upn = value_sql("upn", "rows.upn") if source.has("upn") else "null::varchar"
        selects.append(
            cleaned_rows(source).select_sql(
                present,
                before=f"{source.number} as source_no, rows.rowid as row_no, rows.key, rows.rank, {upn} as upn_text, ",
                after=f"semi join {SHARED_KEYS} as shared\n"
                f"    on shared.source_no = {source.number} and shared.key = rows.key",
            )
        )
    return "\nunion all\n".join(selects)


def _ordered_rows_sql(present: Mapping[str, str]) -> str:
    content = ", ".join(ident(name) for name in present)
    return f"""
select
    *,
    case when {upn_shape_sql("upn_text")} then upn_text end as upn,
    row_number() over (partition by source_no, key order by rank desc, {content}, upn_text) as order_no
from prepare__shared_row_values"""


def _record_steps(present: Mapping[str, str]) -> list[Step]:
    return [
        working_table("prepare__grouped_rows", _grouped_rows_sql()),
        working_table(FOLDED, _folded_sql(present)),
        working_table(RECORD_KEYS, _record_keys_sql()),
        working_table(SHARED_ROW_RECORDS, _shared_row_records_sql()),
        working_table(ROW_RECORDS, _row_records_sql()),
        table_step(FOLD_CONFLICTS, _fold_conflicts_sql()),
    ]


def _grouped_rows_sql() -> str:
    """Which group each shared row belongs to: that of the identity it has, 1 where its key is not split."""
    same = " and ".join(f"identities.{name} is not distinct from shared.{name}" for name in IDENTITY_COLUMNS)
    return f"""
select shared.*, coalesce(identities.group_no, 1) as group_no
from {SHARED_ROWS} as shared
left join (
    select identities.*, splits.group_no
    from {IDENTITIES} as identities
    join {SPLITS} as splits
        on splits.source_no = identities.source_no
        and splits.key = identities.key
        and splits.order_no = identities.order_no
) as identities on identities.source_no = shared.source_no and identities.key = shared.key and {same}"""


def _folded_sql(present: Mapping[str, str]) -> str:
    layout = {name for group in GROUPS for name in group.all_columns} | set(LISTS)
    subgroups = (Group({name: kind}, name) for name, kind in present.items() if name not in layout)
    groups = [group for group in (*GROUPS, *subgroups) if group.name in present]
    chosen = ",\n    ".join(
        f"arg_min_null({ident(name)}, {ident(_order_column(group))}) as {ident(name)}"
        for group in groups
        for name in group.all_columns
    )
    merged = ",\n    ".join(f"{_merged_sql(name)} as {name}" for name in LISTS if name in present)
    orders = ",\n        ".join(f"{_order_sql(group)} as {ident(_order_column(group))}" for group in groups)
    return f"""
select
    source_no,
    key as base_key,
    group_no,
    count(*) as row_count,
    {chosen},
    {merged}
from (
    select
        *,
        {orders}
    from prepare__grouped_rows
)
group by source_no, key, group_no"""


def _order_column(group: Group) -> str:
    return f"order_of_{group.name}"


def _order_sql(group: Group) -> str:
    """SQL: who speaks for a group of columns: rows with a value, then rows with a refused text, then the others."""
    without = f"when {ident(group.name + '_raw')} is not null then order_no + {_BEHIND} " if group.has_raw else ""
    return f"case when {ident(group.lead)} is not null then order_no {without}else order_no + {2 * _BEHIND} end"


def _merged_sql(name: str) -> str:
    values = all_keys_sql(name.removesuffix("_keys")) if name.endswith("_keys") else name
    return f"nullif(list_sort(list_distinct(flatten(list({values}) filter ({values} is not null)))), [])"


def _record_keys_sql() -> str:
    return f"""
select
    row_number() over (order by source_no, key) - 1 as record_id,
    source_no, key, row_no, base_key, group_no
from (
    select row_keys.source_no, row_keys.key, row_keys.row_no, null as base_key, null as group_no
    from {ROW_KEYS} as row_keys
    anti join {SHARED_KEYS} as shared on shared.source_no = row_keys.source_no and shared.key = row_keys.key
    union all
    select folded.source_no, coalesce(names.name, folded.base_key), null, folded.base_key, folded.group_no
    from {FOLDED} as folded
    left join {SPLIT_NAMES} as names
        on names.source_no = folded.source_no
        and names.key = folded.base_key
        and names.group_no = folded.group_no
)"""


def _shared_row_records_sql() -> str:
    return f"""
select grouped.source_no, grouped.row_no, records.record_id
from prepare__grouped_rows as grouped
join {RECORD_KEYS} as records
    on records.row_no is null
    and records.source_no = grouped.source_no
    and records.base_key = grouped.key
    and records.group_no = grouped.group_no"""


def _row_records_sql() -> str:
    return f"""
select source_no, row_no, record_id
from {RECORD_KEYS}
where row_no is not null
union all
select source_no, row_no, record_id
from {SHARED_ROW_RECORDS}"""


def _fold_conflicts_sql() -> str:
    return f"""
select l.record_id as record_id_l, r.record_id as record_id_r, conflicts.detail
from {SPLIT_CONFLICTS} as conflicts
join {RECORD_KEYS} as l
    on l.source_no = conflicts.source_no and l.base_key = conflicts.key and l.group_no = conflicts.group_no_l
join {RECORD_KEYS} as r
    on r.source_no = conflicts.source_no and r.base_key = conflicts.key and r.group_no = conflicts.group_no_r"""
