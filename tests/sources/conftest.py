"""A connection, a loader for files written on the spot, and the sample files of other projects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from linkage.project import SourceSpec
from linkage.sources import load_source
from linkage.sql import Connection, connect, ident, rows
from linkage.tables import Extract

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples"


@dataclass
class Loaded:
    """What a source handed over, with its tables as lists of dictionaries."""

    con: Connection
    extract: Extract

    def table(self, name: str | None) -> list[dict[str, Any]]:
        assert name is not None
        names = [str(row[0]) for row in rows(self.con, f"describe {ident(name)}")]
        return [dict(zip(names, row, strict=True)) for row in rows(self.con, f"from {ident(name)}")]

    @property
    def rows(self) -> list[dict[str, Any]]:
        return sorted(self.table(self.extract.rows), key=lambda row: (row["file"], row["row"]))

    @property
    def events(self) -> list[dict[str, Any]]:
        return self.table(self.extract.events)

    @property
    def addresses(self) -> list[dict[str, Any]]:
        return self.table(self.extract.addresses)

    @property
    def codes(self) -> dict[str, int]:
        return {item.code: item.count for item in self.extract.findings}


Load = Callable[..., Loaded]


@pytest.fixture
def con() -> Iterator[Connection]:
    """A connection in memory, with threads as a run has them."""
    connection = connect(threads=2, memory="1GB")
    yield connection
    connection.close()


@pytest.fixture
def load(con: Connection, tmp_path: Path) -> Load:
    """Write files into a project folder and load them as a source; settings are those of the project file."""

    def run(files: Mapping[str, str | bytes] | None = None, *, folder: Path = tmp_path, **settings: Any) -> Loaded:
        for name, content in (files or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        settings.setdefault("name", "s")
        settings.setdefault("path", ".")
        return Loaded(con, load_source(con, SourceSpec.model_validate(settings), folder))

    return run


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample files; they are not part of the project."""
    if not SAMPLES.is_dir():
        pytest.skip("the sample files of other projects are not beside this checkout (../shared/samples)")
    return SAMPLES
