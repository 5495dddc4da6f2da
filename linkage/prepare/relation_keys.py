"""The run's `relation_keys`: what a source says of whose child a record is.

Families read it; of matching only `linkage.match.unborn`, for children who have no other key yet.
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.prepare.folding import ROW_RECORDS
from linkage.prepare.inputs import BLANKS, Input, union_all
from linkage.prepare.rows import authority_sql
from linkage.schema import RELATION_FIELDS
from linkage.sql import Step, ident, literal, table_step
from linkage.tables import RELATION_KEYS


def relation_key_steps(inputs: Sequence[Input]) -> list[Step]:
    """Makes `relation_keys`: record_id, kind, scope, value; a record may have several values of a kind.

    scope is the authority that returned the row, else the source's supply. Ids are in upper case without blanks and
    the `.0` of a spreadsheet; names of guardians in upper case, letters and single blanks.
    """
    selects = [
        _select_sql(source, field) for source in inputs for field in RELATION_FIELDS if source.has(field)
    ]  # fmt: skip
    empty = "null::bigint as record_id, null::varchar as kind, null::varchar as scope, null::varchar as value"
    return [table_step(RELATION_KEYS, f"select distinct * from ({union_all(selects, empty=empty)})")]


def _select_sql(source: Input, field: str) -> str:
    clean = _name_sql(ident(field)) if field == "guardian" else _id_sql(ident(field))
    authority = authority_sql(source) or "null"
    return f"""
select records.record_id, {literal(field)} as kind, coalesce({authority}, {literal(source.supply)}) as scope,
    {clean} as value
from {ident(source.extract.rows)} as rows
join {ROW_RECORDS} as records on records.source_no = {source.number} and records.row_no = rows.rowid
where {clean} is not null"""


def _id_sql(column: str) -> str:
    bare = f"regexp_replace(upper(trim(rows.{column}, '{BLANKS}')), '[.]0+$|[[:space:]]', '', 'g')"
    return f"nullif(regexp_replace({bare}, '^(?:0|-|N/?A|NONE|NULL|UNKNOWN|NOTKNOWN)+$', ''), '')"


def _name_sql(column: str) -> str:
    letters = f"trim(regexp_replace(upper(strip_accents(rows.{column})), '[^A-Z]+', ' ', 'g'))"
    # A title in front and one word alone say too little of who it is.
    bare = f"regexp_replace({letters}, '^(?:MR|MRS|MS|MISS|DR) ', '')"
    return f"case when contains({bare}, ' ') then {bare} end"
