"""`diagnose` on a finished run: the same tables again, or others for other settings; and the statement."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from linkage.diagnose import diagnose
from linkage.disclosure import TABLES, audit, find_nestings, profile_of
from linkage.disclosure.public import _read
from linkage.errors import ProjectError, RefusedError, UsageError
from linkage.project import read_project
from linkage.sql import connect

OTHER = """
reference = { ethnicity = "WBRI" }
intersections = ["sex", "age"]
[[diagnostics.eligible]]
source = "census_2023"
other = "census_2024"
reason = "children in school in both years"
[[diagnostics.statistics]]
name = "SEN of children in need"
of = "cin_2024"
seen_in = "census_2024"
where = { sen = ["K", "E"] }
decision = 0.3
"""


def lines_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "run")
    return tmp_path / "run"


def tables(folder: Path) -> dict[str, bytes]:
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in sorted(folder.glob("*/*.*"))
            if path.parent.name in ("diagnostics", "public")}  # fmt: skip


def test_to_diagnose_again_gives_the_same_bytes(copied: Path) -> None:
    before, manifest = tables(copied), json.loads((copied / "manifest.json").read_text())
    report = (copied / "report.html").read_bytes()
    for path in (*copied.glob("diagnostics/*"), *copied.glob("public/*"), copied / "report.html"):
        path.unlink()
    facts = diagnose(copied, threads=2)
    assert tables(copied) == before
    assert (copied / "report.html").read_bytes() == report
    assert json.loads((copied / "manifest.json").read_text()) == manifest
    assert facts["diagnostics"]["error_by_subgroup_rows"] > 10


def test_a_project_brings_other_diagnostics_to_the_same_links(copied: Path, england: Path, tmp_path: Path) -> None:
    links = (copied / "links.parquet").read_bytes()
    project = england.parent / "other.toml"
    project.write_text(england.read_text(encoding="utf-8") + OTHER, encoding="utf-8")
    diagnose(copied, read_project(project), threads=2)
    assert (copied / "links.parquet").read_bytes() == links
    settings = json.loads((copied / "manifest.json").read_text())["configuration"]["diagnostics"]
    assert settings["reference"] == {"ethnicity": "WBRI"}
    found = lines_of(copied / "diagnostics" / "tipping_point.csv")
    assert {row["estimand"] for row in found} == {"SEN of children in need"}
    crossed = lines_of(copied / "diagnostics" / "intersections.csv")
    assert {row["variables"] for row in crossed} == {"sex by age"}
    compared = lines_of(copied / "diagnostics" / "linked_vs_unlinked.csv")
    assert {row["source"] for row in compared if not row["status"].startswith("refused")} == {"census_2023"}
    wrong = england.parent / "wrong.toml"
    wrong.write_text(england.read_text(encoding="utf-8") + 'reference = { ethnicity = "Martian" }\n')
    with pytest.raises(ProjectError):
        diagnose(copied, read_project(wrong), threads=2)


def test_what_cannot_be_diagnosed_says_why(copied: Path, england: Path) -> None:
    project = read_project(england)
    fewer = project.model_copy(update={"sources": dict(list(project.sources.items())[1:])})
    with pytest.raises(RefusedError, match="not the one of this run"):
        diagnose(copied, fewer)
    (copied / "run.duckdb").unlink()
    with pytest.raises(UsageError, match="working tables"):
        diagnose(copied)


def test_no_hidden_count_of_any_public_table_can_be_had_back(england: Path, whole: Path) -> None:
    there = [table for table in TABLES if table.name != "clerical_estimates"]  # only a review makes these
    described = [(table, _read(table, whole / "diagnostics" / f"{table.name}.csv")) for table in there]
    public = {}
    for table, rows in described:
        path = whole / "public" / f"{table.name}.csv"
        public[table.name] = lines_of(path) if path.exists() else []
        assert len(public[table.name]) == len(rows)
    assert sum(bool(rows) for _, rows in described) >= 8
    with connect(whole / "run.duckdb", read_only=True) as con:
        nestings = find_nestings(con, read_project(england).diagnostics.subgroups)
    assert audit(described, public, profile_of("cco10"), nestings) == []
    assert {row["metric"] for row in public["error_by_subgroup"]} == {"missed"}


def test_the_statement_tells_every_step_and_no_key(whole: Path) -> None:
    told = lines_of(whole / "diagnostics" / "statement.csv")
    assert {row["step"] for row in told} == {
        "methods", "1 data provision", "2 linkage", "3 analysis", "4 reporting"}  # fmt: skip
    page = (whole / "diagnostics" / "statement.md").read_text(encoding="utf-8")
    assert all(row["text"] in page for row in told)
    with connect() as con:
        keys = [str(key) for (key,) in con.execute(f"select key from '{whole}/records.parquet'").fetchall()]
        links = con.execute(f"select count(*) from '{whole}/links.parquet' where decision = 'link' "
                            "and stage = 'deterministic'").fetchall()[0][0]  # fmt: skip
    assert not [key for key in keys if len(key) > 4 and key in page]
    assert f"{links:,} links" in told[0]["text"]
    assert not (whole / "public" / "statement.csv").exists()
