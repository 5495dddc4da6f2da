"""What `prepare` makes of a source that was loaded from files."""

from __future__ import annotations

from typing import Any

from linkage.prepare import prepare_records
from linkage.project import SourceSpec
from linkage.sql import ident, rows


def prepared(*loaded: Any, **settings: Any) -> dict[str, list[dict[str, Any]]]:
    """The tables `records`, `identifiers` and `events` of sources; settings are those of each of them."""
    con = loaded[0].con
    extracts = [each.extract for each in loaded]
    specs = [SourceSpec(name=extract.source, format="table", path=("x",), **settings) for extract in extracts]
    prepare_records(con, specs, extracts, unique=(), within=())
    tables = {}
    for table in ("records", "identifiers", "events"):
        names = [str(row[0]) for row in rows(con, f"describe {ident(table)}")]
        listed = rows(con, f"from {ident(table)} order by all")
        tables[table] = [dict(zip(names, row, strict=True)) for row in listed]
    return tables


def by_key(tables: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """The records by their keys."""
    return {record["key"]: record for record in tables["records"]}


def of_scheme(tables: dict[str, list[dict[str, Any]]], scheme: str) -> set[tuple[str, str, str]]:
    """Key of the record, scope and value of the identifiers of a scheme."""
    keys = {record["record_id"]: record["key"] for record in tables["records"]}
    return {(keys[held["record_id"]], held["scope"], held["value"])
            for held in tables["identifiers"] if held["scheme"] == scheme}  # fmt: skip
