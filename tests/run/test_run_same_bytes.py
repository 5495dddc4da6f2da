"""The same data give the same bytes, whatever the order of the rows and the number of threads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from linkage_synth import generate
from shuffled import Moves, shuffle_england

from linkage.project import read_project
from linkage.run import run_project
from linkage.tables import OUTPUTS

TABLES = tuple(output.name for output in OUTPUTS)
OF_RECORDS = tuple(name for name in TABLES if name != "rows")  # a row's number is its place: it moves with the row


@dataclass(frozen=True)
class Runs:
    """The same England four times: as written and shuffled, each on one and on two threads."""

    folder: Path
    moves: Moves

    def bytes_of(self, run: str, table: str) -> bytes:
        return (self.folder / run / f"{table}.parquet").read_bytes()

    def rows_of(self, run: str) -> list[tuple[object, ...]]:
        with duckdb.connect() as con:
            return con.execute(f"select * from '{self.folder / run}/rows.parquet'").fetchall()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("same")
    generate(folder / "written", children=800, seed=3)
    moves = shuffle_england(folder / "written", folder / "shuffled", seed=5)
    for order in ("written", "shuffled"):
        for threads in (1, 2):
            project = read_project(folder / order / "linkage.toml")
            run_project(project, out=folder / f"{order}_{threads}", threads=threads)
    return Runs(folder, moves)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("order", ["written", "shuffled"])
def test_threads_change_no_byte(runs: Runs, table: str, order: str) -> None:
    assert runs.bytes_of(f"{order}_1", table) == runs.bytes_of(f"{order}_2", table)


@pytest.mark.parametrize("table", OF_RECORDS)
def test_the_order_of_rows_changes_no_byte(runs: Runs, table: str) -> None:
    assert runs.bytes_of("written_1", table) == runs.bytes_of("shuffled_2", table)


def test_rows_are_traced_to_where_they_went(runs: Runs) -> None:
    expected = [
        (source, file, runs.moves[str(file)][int(str(row))], key, person)
        for source, file, row, key, person in runs.rows_of("written_1")
    ]
    assert sorted(expected, key=str) == sorted(runs.rows_of("shuffled_1"), key=str)


def test_the_shuffle_moved_rows_of_every_kind_of_file(runs: Runs) -> None:
    for suffix in (".csv", ".xml", ".xlsx#Early Help 2023-24"):
        files = [moves for name, moves in runs.moves.items() if name.endswith(suffix)]
        assert any(old != new for moves in files for old, new in moves.items()), suffix
