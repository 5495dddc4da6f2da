"""A connection for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linkage.sql import Connection, connect


@pytest.fixture
def con() -> Iterator[Connection]:
    with connect(memory="1GB") as connection:
        yield connection
