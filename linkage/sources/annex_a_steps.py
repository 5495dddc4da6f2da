"""Annex A: the SQL from the staged lists to the tables of a source."""

from __future__ import annotations

from linkage.sources.annex_a_layout import LISTS, EventColumns
from linkage.sources.cells import without_point_zero
from linkage.sql import Step, ident, literal, table_step
from linkage.tables import addresses_table, events_table, rows_table

FIELDS = ("la_child_id", "dob", "sex", "ethnicity", "disability", "authority", "cin", "cpp", "cla", "uasc")

_CHILD = without_point_zero("child")
_KEY = f"authority || '/' || {_CHILD}"
# List whose children have the flag.
_FLAGS = {"cin": 6, "cpp": 7, "cla": 8}
# Answers to a question such as `Referral NFA?`, as they begin once the letter before them (`a) Yes`) is off.
_YES = r"(?:[a-z]\) *)?(?:y|yes|true|1)(?:\.0)?"


def table_steps(source: str, stage: str) -> tuple[Step, ...]:
    """Steps that make the row, address and event tables."""
    return (_rows_step(source, stage), _addresses_step(source, stage), _events_step(source, stage))


def _rows_step(source: str, stage: str) -> Step:
    flags = ",\n       ".join(f"case when list = {at} then 'true' end as {flag}" for flag, at in _FLAGS.items())
    return table_step(rows_table(source), f"""
select file, row, {_KEY} as key, cast(rank as integer) as rank,
       cast(nullif(rank // 100, 0) as integer) as year, {_CHILD} as la_child_id,
       dob, sex, ethnicity, disability, authority,
       {flags}, uasc
from {ident(stage)}
order by file, row""")  # fmt: skip


def _addresses_step(source: str, stage: str) -> Step:
    """Where looked-after children are placed; no list knows a home."""
    return table_step(addresses_table(source), f"""
select distinct {_KEY} as key, 'placement' as kind, placement_postcode as postcode,
       cast(null as varchar) as address_line, cast(null as varchar) as uprn, placed as valid_from, closed as valid_to
from {ident(stage)} where list = 8 and placement_postcode is not null
order by all""")  # fmt: skip


def _events_step(source: str, stage: str) -> Step:
    selects = [_event_select(stage, at, event) for at, layout in LISTS.items() for event in layout.events]
    return table_step(events_table(source), "\nunion all\n".join(selects) + "\norder by all")


def _event_select(stage: str, at: int, event: EventColumns) -> str:
    """The dated things of one kind; an answered question is one only where the answer is yes."""
    columns = ", ".join(
        f"{name or 'cast(null as varchar)'} as {alias}"
        for alias, name in (("code", event.code), ("date_from", event.date_from), ("date_to", event.date_to))
    )
    asked = f" and regexp_full_match({event.needed}, {literal(_YES)}, 'i')" if event.kind == "no_further_action" else ""
    return (f"select {_KEY} as key, {literal(event.kind)} as kind, {columns}\n"
            f"from {ident(stage)} where list = {at} and {event.needed} is not null{asked}")  # fmt: skip
