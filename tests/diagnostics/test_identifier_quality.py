"""Coverage and identifier quality of a run, on sources of a few rows and against the totals of the demo."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import duckdb
import pytest
from little_sources import child, cin_return, upn

from linkage.diagnostics.coverage import coverage, write_coverage
from linkage.diagnostics.identifier_quality import identifier_quality, write_identifier_quality
from linkage.prepare import prepare_records
from linkage.project import SourceSpec
from linkage.sources import load_source
from linkage.sql import connect
from linkage.stats import wilson

Lines = list[dict[str, str]]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Lines]:
    """Both tables of a CIN census of two years and a local table without a year or an authority."""
    folder = tmp_path_factory.mktemp("quality")
    returns = {
        2023: [child(1, dob="2010-05-01", number=upn(1)), child(2)],
        2024: [child(1, number="A202000000010"), child(3, dob="2011-02-03", number="UN1")],
    }
    for year, children in returns.items():
        (folder / f"cin_{year}.xml").write_text(cin_return(year, *children)[0], encoding="utf-8")
    (folder / "t.csv").write_text("ref,surname,sex\n1,Ash,M\n2,Unknown,F\n3,,F\n", encoding="utf-8")
    specs = [
        SourceSpec.model_validate({"name": "cin", "format": "cin_census", "path": "cin_*.xml"}),
        SourceSpec.model_validate({"name": "t", "format": "table", "path": "t.csv", "key": "ref",
                                   "columns": {"surname": "surname", "sex": "sex"}}),
    ]  # fmt: skip
    with connect(threads=2, memory="1GB") as con:
        extracts = [load_source(con, spec, folder) for spec in specs]
        prepare_records(con, specs, extracts, unique=(), within=())
        coverage(con, specs, extracts)
        identifier_quality(con, ["sex"])
        write_coverage(con, folder)
        write_identifier_quality(con, folder)
    return {name: lines(folder / f"{name}.csv") for name in ("coverage", "identifier_quality")}


def lines(path: Path) -> Lines:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_coverage_has_a_line_for_each_return(written: dict[str, Lines]) -> None:
    assert [tuple(line.values()) for line in written["coverage"]] == [
        ("cin", "2023", "202", "1", "2", "2"),
        ("cin", "2024", "202", "1", "2", "2"),
        ("t", "", "unknown", "1", "3", "3"),
    ]


def test_completeness_and_validity_by_subgroup(written: dict[str, Lines]) -> None:
    counted = {
        (line["source"], line["field"], line["subgroup"]): (line["records"], line["complete"], line["valid"])
        for line in written["identifier_quality"]
        if line["source"] == "t" or line["field"] == "upn"
    }
    assert counted == {
        # Child 1 has a valid UPN and an invalid one, child 3 a code for none.
        ("cin", "upn", "all"): ("3", "2", "1"),
        ("cin", "upn", "unknown"): ("3", "2", "1"),
        ("t", "surname", "all"): ("3", "2", "1"),
        ("t", "surname", "M"): ("1", "1", "1"),
        ("t", "surname", "F"): ("2", "1", "0"),
        ("t", "sex", "all"): ("3", "3", "3"),
        ("t", "sex", "M"): ("1", "1", "1"),
        ("t", "sex", "F"): ("2", "2", "2"),
    }


def test_rates_are_percentages_with_wilson_intervals(written: dict[str, Lines]) -> None:
    (line,) = [x for x in written["identifier_quality"] if (x["field"], x["subgroup"]) == ("surname", "all")]
    complete, valid = wilson(2, 3), wilson(1, 2)
    assert complete is not None
    assert valid is not None
    for prefix, interval in (("complete", complete), ("valid", valid)):
        told = [float(line[f"{prefix}_{name}"]) for name in ("pct", "lo", "hi")]
        assert told == pytest.approx([100 * interval.estimate, 100 * interval.lo, 100 * interval.hi], abs=0.001)


def test_the_subgroups_of_a_run_add_up_to_their_totals(demo) -> None:
    sums: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    for line in lines(demo.run / "diagnostics" / "identifier_quality.csv"):
        held = sums[line["source"], line["field"]][line["subgroup_var"]]
        for at, name in enumerate(("records", "complete", "valid")):
            held[at] += int(line[name])
    assert sums
    for field, by_variable in sums.items():
        assert set(map(tuple, by_variable.values())) == {tuple(by_variable["all"])}, field


def test_the_rows_of_a_run_are_those_of_its_coverage(demo) -> None:
    counted: dict[str, int] = defaultdict(int)
    for line in lines(demo.run / "diagnostics" / "coverage.csv"):
        counted[line["source"]] += int(line["rows"])
    with duckdb.connect() as con:
        found = con.execute(f"select source, count(*) from '{demo.run}/rows.parquet' group by source").fetchall()
    assert dict(counted) == dict(found)
