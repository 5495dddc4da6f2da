"""Sources written on the spot as rows of raw text, and the tables that `prepare` makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from linkage.prepare import prepare_records
from linkage.project import SourceSpec
from linkage.sql import Connection, ident, rows
from linkage.tables import ADDRESS_COLUMNS, EVENT_COLUMNS, Extract, Finding, addresses_table, events_table, rows_table

_TYPES = {
    "row": pa.int64(),
    "rank": pa.int32(),
    "forename_alternatives": pa.list_(pa.string()),
    "surname_alternatives": pa.list_(pa.string()),
}
Row = Mapping[str, Any]


@dataclass
class Source:
    """A source as rows of raw text; `key` and `rank` may be left out."""

    rows: Sequence[Row]
    addresses: Sequence[Row] = ()
    events: Sequence[Row] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    date_formats: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Prepared:
    """What `prepare` made."""

    con: Connection
    findings: tuple[Finding, ...]

    def table(self, name: str, order: str = "all") -> list[dict[str, Any]]:
        names = [str(row[0]) for row in rows(self.con, f"describe {ident(name)}")]
        return [dict(zip(names, row, strict=True)) for row in rows(self.con, f"from {ident(name)} order by {order}")]

    @property
    def records(self) -> list[dict[str, Any]]:
        return self.table("records", "record_id")

    def values(self, *columns: str) -> list[tuple[Any, ...]]:
        """Some columns of the records, in the order of record_id."""
        return [tuple(record[name] for name in columns) for record in self.records]


Prepare = Callable[..., Prepared]


def prepared(
    con: Connection,
    sources: Mapping[str, Source | Sequence[Row]],
    *,
    unique: Sequence[str] = (),
    within: Sequence[str] = (),
) -> Prepared:
    """Hand the sources over as `linkage.sources` would, and prepare them."""
    given = {name: source if isinstance(source, Source) else Source(source) for name, source in sources.items()}
    specs = [SourceSpec(name=name, format="table", path=("x",), **source.settings) for name, source in given.items()]
    extracts = [_extract(con, name, source) for name, source in given.items()]
    return Prepared(con, prepare_records(con, specs, extracts, unique=unique, within=within))


def _extract(con: Connection, name: str, source: Source) -> Extract:
    listed = [
        {"file": "file.csv", "row": number, "key": str(number), "rank": 0, **row}
        for number, row in enumerate(source.rows, start=1)
    ]
    names = list(dict.fromkeys(column for row in listed for column in row)) or ["file", "row", "key", "rank"]
    _load(con, rows_table(name), names, listed)
    if source.addresses:
        _load(con, addresses_table(name), ADDRESS_COLUMNS, source.addresses)
    if source.events:
        _load(con, events_table(name), EVENT_COLUMNS, source.events)
    return Extract(
        source=name,
        rows=rows_table(name),
        fields=tuple(names),
        addresses=addresses_table(name) if source.addresses else None,
        events=events_table(name) if source.events else None,
        date_formats=source.date_formats,
    )


def _load(con: Connection, table: str, names: Sequence[str], listed: Sequence[Row]) -> None:
    arriving = pa.table(
        {name: pa.array([row.get(name) for row in listed], _TYPES.get(name, pa.string())) for name in names}
    )
    con.register("arriving", arriving)
    con.execute(f"create or replace table {ident(table)} as from arriving")
    con.unregister("arriving")
