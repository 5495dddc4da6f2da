"""The masked copy: the records of a run in a database of their own, in memory, the held-out ones without identifiers.

Held-out records lose every identifier of every scheme, and with them all that is made of identifiers: the groups of
UPNs, the links and conflicts of identifier rules, the labels that train the model, and the guard for two UPNs. Must-
links are left out, since people look at identifiers too; never-links hold. What is copied is only `records`, whose
columns the model and the rules compare, under numbers of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from linkage.sql import Connection, Step, execute, ident, rows, run_steps, table_step
from linkage.tables import IDENTIFIERS, RECORDS, SOURCES, UPN_GROUPS
from linkage.validation.persons import HIDDEN

COPIED = "copied_records"  # record_id, of_run (the run's record_id), is_held


def run_database(con: Connection) -> str:
    """The database of the run as the SQL of an attached one names it, quoted."""
    return f"{ident(str(rows(con, 'select current_database()')[0][0]))}.main"


@contextmanager
def masked_copy(con: Connection, name: str, *, held: str) -> Iterator[Connection]:
    """A connection whose tables are the masked copy; gone afterwards. `held` is a condition on `hidden_persons` h."""
    run = run_database(con)
    copy = con.cursor()
    execute(copy, f"attach ':memory:' as {ident(name)}")
    execute(copy, f"use {ident(name)}")
    try:
        run_steps(copy, copy_steps(run, held))
        yield copy
    finally:
        copy.close()
        execute(con, f"detach {ident(name)}")


def copy_steps(run: str, held: str) -> tuple[Step, ...]:
    """The tables that matching starts from, of the database `run`."""
    pair = "select 0::bigint as record_id_l, 0::bigint as record_id_r"
    return (
        table_step(SOURCES, f"from {run}.{SOURCES} order by source_no"),
        table_step(
            COPIED,
            f"""
            select (row_number() over (order by h.record_id) - 1)::bigint as record_id, h.record_id as of_run,
              h.person is not null and ({held}) as is_held
            from {run}.{HIDDEN} h where h.sample order by h.record_id""",
        ),
        table_step(
            RECORDS,
            f"""
            select c.record_id, r.* exclude (record_id)
            from {run}.{RECORDS} r join {COPIED} c on c.of_run = r.record_id order by c.record_id""",
        ),
        table_step(
            IDENTIFIERS,
            f"""
            select c.record_id, i.* exclude (record_id)
            from {run}.{IDENTIFIERS} i join {COPIED} c on c.of_run = i.record_id
            where not c.is_held order by c.record_id, i.scheme, i.scope, i.value""",
        ),
        table_step(
            UPN_GROUPS,
            f"""
            with kept as (
              select * from {run}.{UPN_GROUPS} where value in (select value from {IDENTIFIERS} where scheme = 'upn'))
            select value, min(value) over (partition by group_upn) as group_upn from kept order by value""",
        ),
        table_step("fold_conflicts", f"{pair}, '' as detail limit 0"),
        table_step("must_link", f"{pair} limit 0"),
        table_step(
            "never_link",
            f"""
            select l.record_id as record_id_l, r.record_id as record_id_r
            from {run}.never_link n
            join {COPIED} l on l.of_run = n.record_id_l join {COPIED} r on r.of_run = n.record_id_r order by all""",
        ),
    )
