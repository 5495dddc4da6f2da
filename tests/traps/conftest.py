"""The set of traps that an auditor of linkage error would try; it borrows the helpers of the other tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.extend(
    str(Path(__file__).parents[1] / folder)
    for folder in ("match", "cluster", "families", "diagnostics", "disclosure", "validation")
)

from linkage.sql import Connection, connect


@pytest.fixture
def con() -> Iterator[Connection]:
    with connect(memory="1GB", threads=1) as connection:
        yield connection
