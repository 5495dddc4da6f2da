"""A connection for each test, and the helper `tiny_run` of the tests of matching."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "match"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from linkage.sql import Connection, connect


@pytest.fixture
def con() -> Iterator[Connection]:
    with connect(memory="1GB") as connection:
        yield connection
