"""Rows of a mapped table that are no children: without a key, blank, notes and totals, headers that are repeated."""

from __future__ import annotations

from collections.abc import Sequence

from linkage.schema import DATE_FIELDS, IDENTIFIER_FIELDS
from linkage.sources.cells import number
from linkage.sql import Connection, execute, ident, literal

# What a line under a table begins with; of words of a cell only these are ever looked for.
_TOTAL = r"^(?:grand |sub[- ]?)?totals?\b.*$"


def drop_repeated_headers(con: Connection, stage: str, names: Sequence[tuple[str, str]]) -> int:
    """Take the rows out of a staged table that say its column names again; how many there were.

    `names` are staged columns with their headings. A table of one column has none: it cannot be told from a value.
    """
    if len(names) < 2:
        return 0
    same = " and ".join(f"coalesce(lower({ident(column)}) = {literal(name.lower())}, false)" for column, name in names)
    return _drop(con, stage, same)


def exclude(con: Connection, table: str, fields: Sequence[str], *, keyed: bool) -> dict[str, int]:
    """Take rows out of the row table that belong to no child, and count them by reason.

    `no_key` without the declared key; where none is declared, `blank` without any mapped value; `note` for what stands
    below the last row with two values: one value that is no identifier and no date, or a total.
    """
    blank = " and ".join(f"{ident(name)} is null" for name in fields)
    excluded = {"no_key" if keyed else "blank": _drop(con, table, "key is null" if keyed else blank)}
    excluded["note"] = _drop(con, table, _note(table, fields, keyed=keyed))
    return {reason: count for reason, count in excluded.items() if count}


def _note(table: str, fields: Sequence[str], *, keyed: bool) -> str:
    """SQL: whether a row is a note or a total under the table of its file.

    None are where no row has two values: then the one value may be all that there is of a child.
    """
    said = [*(("key",) if keyed else ()), *fields]
    if len(said) < 2:
        return "false"
    filled = " + ".join(f"({ident(name)} is not null)::int" for name in said)
    telling = [name for name in fields if name in IDENTIFIER_FIELDS or name in DATE_FIELDS]
    tells = " or ".join(f"{ident(name)} is not null" for name in telling) or "false"
    total = " or ".join(f"regexp_full_match(lower({ident(name)}), {literal(_TOTAL)})" for name in said)
    below = (f"row > (select max(row) from {ident(table)} t where t.file = {ident(table)}.file "
             f"and {filled} > 1 and not coalesce({total}, false))")  # fmt: skip
    return f"{below} and (({filled} = 1 and not ({tells})) or coalesce({total}, false))"


def _drop(con: Connection, table: str, condition: str) -> int:
    rows = number(con, f"select count(*) from {ident(table)} where {condition}")
    if rows:
        execute(con, f"delete from {ident(table)} where {condition}")
    return rows
