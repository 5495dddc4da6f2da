"""A connection, and `prepare`, which hands sources over and prepares them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from prepare_sources import Prepare, Prepared, Row, Source, prepared

from linkage.sql import Connection, connect


@pytest.fixture
def con() -> Iterator[Connection]:
    with connect(memory="1GB") as connection:
        yield connection


@pytest.fixture
def prepare(con: Connection) -> Prepare:
    def run(*, unique: Sequence[str] = (), within: Sequence[str] = (), **sources: Source | Sequence[Row]) -> Prepared:
        return prepared(con, sources, unique=unique, within=within)

    return run
