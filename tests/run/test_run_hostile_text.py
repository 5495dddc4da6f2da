"""Text that a spreadsheet, a database or a browser would take for a command stays text from end to end."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from linkage.project import read_project
from linkage.run import run_project
from tests.table_projects import table_source

INJECTION = '"; drop table records; --'
FORMULA = "=HYPERLINK(A1)"
MARKUP = "<script>alert(1)</script>"
PROJECT = """
[project]
name = "hostile"
[diagnostics]
subgroups = ["team"]
"""
KEY = 'no "1"; --'
COLUMNS = {"forename": INJECTION, "surname": "sn", "dob": "born"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    header = [KEY, INJECTION, "sn", "born", "=team"]
    rows = [
        ["=1+1", "=cmd|'/C calc'!A0", "Thistlewood", "2011-02-03", FORMULA],
        ["+2", "'); drop table links; --", "Quillfeather", "2010-05-01", MARKUP],
        [INJECTION, "@SUM(A1)", "Rossiter", "2012-12-12", INJECTION],
    ]
    for name in ("left", "right"):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
    sources = "".join(table_source(name, COLUMNS, key=KEY, subgroups={"team": "=team"}) for name in ("left", "right"))
    (folder / "linkage.toml").write_text(PROJECT + sources, encoding="utf-8")
    return run_project(read_project(folder / "linkage.toml"), out=folder / "run")


def test_keys_and_cells_come_out_as_they_went_in(run: Path) -> None:
    with duckdb.connect() as con:
        found = con.execute(
            f"select key, team from '{run}/records.parquet' where source = 'left' order by key"
        ).fetchall()
    assert found == sorted([("=1+1", FORMULA), ("+2", MARKUP), (INJECTION, INJECTION)])


def test_no_table_was_dropped(run: Path) -> None:
    with duckdb.connect(str(run / "run.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from records").fetchall() == [(6,)]


def test_markup_is_text_in_the_report(run: Path) -> None:
    assert MARKUP not in (run / "report.html").read_text(encoding="utf-8")


def test_no_cell_of_a_diagnostic_is_a_formula(run: Path) -> None:
    for path in (run / "diagnostics").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert [cell for cell in cells if cell[:1] in ("=", "+", "@", "\t")] == []
