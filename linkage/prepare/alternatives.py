"""Further names of a row: what sources list beside the name itself, in the roles of a name."""

from __future__ import annotations

from collections.abc import Sequence

from linkage.prepare.inputs import Input, union_all, working_table
from linkage.prepare.name_codes import NAME_CODES, ROLES, all_keys_sql
from linkage.prepare.names import ALTERNATIVE_FIELDS
from linkage.sql import Step, ident, literal

ALTERNATIVES = "prepare__alternatives"


def alternative_steps(inputs: Sequence[Input]) -> list[Step]:
    """Makes `prepare__alternatives(source_no, row_no, forenames, surnames, forename_keys, surname_keys)`, for rows that
    list further names. Reads `prepare__name_codes`.
    """
    selects = [
        f"""
select {source.number} as source_no, listed.row_no, {_lists_sql()}
from ({" union all ".join(_unnested(source))}) as listed
join {NAME_CODES} as names on names.raw = listed.raw
group by listed.row_no"""
        for source in inputs
        if any(source.has(field) for field in ALTERNATIVE_FIELDS)
    ]
    lists = [f"{role}{ending}" for role in ROLES for ending in ("s", "_keys")]
    empty = ", ".join(["null::integer", "null::bigint", *("null::varchar[]" for _ in lists)])
    columns = ", ".join(["source_no", "row_no", *lists])
    return [working_table(ALTERNATIVES, f"select * from ({union_all(selects, empty=empty)}) as listed({columns})")]


def _lists_sql() -> str:
    return ", ".join(
        f"flatten(list({values}) filter (listed.field = {literal(role + '_alternatives')})) as {name}"
        for role in ROLES
        for name, values in ((f"{role}s", f"names.{role}s"), (f"{role}_keys", all_keys_sql(role, "names.")))
    )


def _unnested(source: Input) -> list[str]:
    return [
        f"select rowid as row_no, {literal(field)} as field, unnest({ident(field)}) as raw "
        f"from {ident(source.extract.rows)}"
        for field in ALTERNATIVE_FIELDS
        if source.has(field)
    ]
