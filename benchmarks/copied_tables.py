"""A run's clean tables and judged pairs several times over: as many countries side by side, of one make.

Usage: python copied_tables.py RUN_FOLDER WORKING.duckdb COPIES
Every copy has record numbers, keys, identifiers, ids of kin, postcodes, properties and authorities of its own, so that
no two copies have anything in common but names and birth dates. What matching found is copied, not found again.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb

_OWN = "{0} || '~' || copy as {0}"  # no identifier, postcode or code holds this character
_PAIR = {"record_id_l": "record_id_l + shift as record_id_l", "record_id_r": "record_id_r + shift as record_id_r"}
_RECORD = {"record_id": "record_id + shift as record_id"}
_PLACE = {name: _OWN.format(name) for name in ("postcode", "uprn")}

COPIED: Mapping[str, Mapping[str, str]] = {
    "records": {
        **_RECORD, **_PLACE, "key": _OWN.format("key"), "authority": _OWN.format("authority"),
        "postcodes": "list_transform(postcodes, lambda one: one || '~' || copy) as postcodes",
    },
    "identifiers": {**_RECORD, "scope": _OWN.format("scope"), "value": _OWN.format("value")},
    "relation_keys": {**_RECORD, "scope": _OWN.format("scope"), "value": _OWN.format("value")},
    "upn_groups": {"value": _OWN.format("value"), "group_upn": _OWN.format("group_upn")},
    "addresses": {**_RECORD, **_PLACE},
    "events": _RECORD,
    "decided_pairs": _PAIR,
    "scored_pairs": _PAIR,
    "candidates": _PAIR,
    "links_deterministic": _PAIR,
    "never_link": _PAIR,
    "must_link": _PAIR,
    "conflicts_of_passes": _PAIR,
    "conflicts_of_decisions": _PAIR,
}  # fmt: skip


def copy_tables(run: Path, working: Path, copies: int) -> None:
    """Write the tables that persons and families are made from into a new database."""
    with duckdb.connect(str(working)) as con:
        con.execute("set preserve_insertion_order = true")
        con.execute(f"attach '{run / 'run.duckdb'}' as run (read_only)")
        con.execute("create table sources as select * from run.sources")
        con.execute("set variable records = (select count(*) from run.records)")
        for table, changed in COPIED.items():
            con.execute(f"""
                create table {table} as
                select * exclude (copy, shift) replace ({", ".join(changed.values())})
                from run.{table} cross join (
                  select copy, copy * getvariable('records') as shift from range({copies}) as c(copy))
                order by copy, run.{table}.rowid""")


if __name__ == "__main__":
    copy_tables(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
