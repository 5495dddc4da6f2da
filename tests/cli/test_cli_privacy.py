"""What a run says and writes for others holds no name, date of birth, postcode or identifier of anybody."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl
import pytest

import linkage as package
from linkage.packs import bundled

PACKAGE = Path(package.__file__).parent
SHORTEST_NAME = 6
NAME_COLUMNS = ("Surname", "Forename", "MiddleNames", "PreferredSurname", "FormerSurname")
NAME_HEADINGS = ("Child's first name", "Family name")
DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d?/\d\d?/\d{4}")
POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
IDENTIFIER = re.compile(r"\b[A-Z]\d{11}[A-Z\d]\b|\bP\d{7}\b|\bEH\d{6}\b")
WORD = re.compile(r"[^\W\d_][\w'’-]+")
# Columns of the outputs that hold keys, which may be identifiers.
KEYS = ("key", "key_l", "key_r")


def dates_in(text: str) -> Iterator[str]:
    """Each date of a text, as ISO."""
    for found in DATE.findall(text):
        for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
            try:
                yield dt.datetime.strptime(found, pattern).date().isoformat()
            except ValueError:
                continue


class People:
    """Everything in the input files that tells who somebody is."""

    def __init__(self, england: Path) -> None:
        self.names: set[str] = set()
        self.dates: set[str] = set()
        self.postcodes: set[str] = set()
        self.identifiers: set[str] = set()
        for path in sorted(england.glob("returns/census/*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    self._name(*(row[column] for column in NAME_COLUMNS))
                    self.dates.update(dates_in(row["DOB"]))
        for path in sorted(england.glob("returns/cla/**/*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    self.dates.update(dates_in(row.get("DOB") or ""))
        for path in sorted(england.glob("returns/cin/*.xml")):
            text = path.read_text(encoding="utf-8")
            for born in re.findall(r"<(?:Expected)?PersonBirthDate>([^<]+)<", text):
                self.dates.update(dates_in(born))
        sheet = openpyxl.load_workbook(england / "local" / "early_help.xlsx").worksheets[0]
        rows = list(sheet.iter_rows(min_row=4, values_only=True))
        for row in rows[1:]:
            held = dict(zip(map(str, rows[0]), row, strict=True))
            self._name(*(str(held[heading] or "") for heading in NAME_HEADINGS))
            self.dates.update(dates_in(str(held["D.O.B."])))
            self._codes(" ".join(map(str, row)))
        for path in sorted(england.glob("returns/**/*.*")):
            self._codes(path.read_text(encoding="utf-8"))
        # Words that are ours, such as `Christian` or `Brown` in a code list, give nobody away.
        texts = (
            *PACKAGE.rglob("*.py"),
            *PACKAGE.rglob("*.j2"),
            *bundled("rules").rglob("*"),
            *bundled("models").rglob("*"),
        )
        ours = {
            word.lower() for path in texts if path.is_file() for word in WORD.findall(path.read_text(encoding="utf-8"))
        }
        self.names -= ours

    def _name(self, *names: str) -> None:
        words = {word.lower() for name in names for word in WORD.findall(name)}
        self.names.update(word for word in words if len(word) >= SHORTEST_NAME)

    def _codes(self, text: str) -> None:
        self.postcodes.update(found.replace(" ", "") for found in POSTCODE.findall(text))
        self.identifiers.update(IDENTIFIER.findall(text))

    def given_away_by(self, text: str) -> dict[str, set[str]]:
        """What of them is in a text, by kind."""
        found = {
            "names": {word.lower() for word in WORD.findall(text)} & self.names,
            "dates": set(dates_in(text)) & self.dates,
            "postcodes": {code.replace(" ", "") for code in POSTCODE.findall(text)} & self.postcodes,
            "identifiers": set(IDENTIFIER.findall(text)) & self.identifiers,
        }
        return {kind: values for kind, values in found.items() if values}


@pytest.fixture(scope="module")
def people(demo) -> People:
    return People(demo.england)


def test_the_search_knows_enough_to_find_somebody(people: People) -> None:
    sizes = [len(values) for values in (people.names, people.dates, people.postcodes, people.identifiers)]
    assert min(sizes) > 50, sizes
    name, date, postcode, identifier = (
        sorted(v)[0] for v in (people.names, people.dates, people.postcodes, people.identifiers)
    )
    assert (
        len(people.given_away_by(f"<p>{name.title()}, {date}, {postcode[:-3]} {postcode[-3:]}: {identifier}</p>")) == 4
    )


def test_what_the_demo_prints_gives_nobody_away(demo, people: People) -> None:
    assert people.given_away_by(demo.said.out) == {}
    assert people.given_away_by(demo.said.err) == {}


@pytest.mark.parametrize("name", ["log.jsonl", "manifest.json", "report.html"])
def test_a_file_of_the_run_gives_nobody_away(demo, people: People, name: str) -> None:
    assert people.given_away_by((demo.run / name).read_text(encoding="utf-8")) == {}


def test_the_diagnostics_give_nobody_away(demo, people: People) -> None:
    found = sorted([*(demo.run / "diagnostics").glob("*.csv"), *(demo.run / "public").glob("*.csv")])
    assert found
    assert people.given_away_by("\n".join(path.read_text(encoding="utf-8") for path in found)) == {}


@pytest.mark.parametrize("table", ["links", "persons", "conflicts", "relationships", "families", "rows", "records"])
def test_a_table_holds_keys_and_nothing_else_of_anybody(demo, people: People, table: str) -> None:
    with duckdb.connect() as con:
        told = con.execute(f"select * from '{demo.run}/{table}.parquet'")
        names = [column[0] for column in told.description or ()]
        rows = told.fetchall()
    shown = [at for at, name in enumerate(names) if name not in KEYS]
    assert len(rows) > 1
    assert people.given_away_by("\n".join(str(row[at]) for row in rows for at in shown)) == {}


def test_no_file_of_the_run_is_left_unsearched(demo) -> None:
    searched = {"log.jsonl", "manifest.json", "report.html", "diagnostics", "public", "run.duckdb"}
    tables = ("links", "persons", "conflicts", "relationships", "families", "rows", "records")
    searched |= {f"{table}.parquet" for table in tables}
    assert {path.name for path in demo.run.iterdir()} == searched


@pytest.mark.parametrize("json", [(), ("--json",)], ids=["tables", "json"])
def test_looking_at_the_sources_gives_nobody_away(
    linkage, demo, people: People, json: tuple[str, ...], tmp_path: Path
) -> None:
    said = linkage("check", demo.project, "--out", tmp_path / "check", *json)
    assert said.code == 0
    assert people.given_away_by(said.out.replace(str(tmp_path), "") + said.err) == {}
    written = sorted((tmp_path / "check").iterdir())
    assert {path.suffix for path in written} == {".csv", ".html"}
    for path in written:
        assert people.given_away_by(path.read_text(encoding="utf-8")) == {}, path.name


@pytest.mark.parametrize("json", [(), ("--json",)], ids=["tables", "json"])
def test_an_evaluation_gives_nobody_away(linkage, demo, people: People, json: tuple[str, ...]) -> None:
    said = linkage("evaluate", demo.run, "--truth", demo.england / "truth", *json)
    assert said.code == 0
    assert people.given_away_by(said.out + said.err) == {}


def test_an_explanation_shows_no_value_that_was_not_asked_for(linkage, demo, people: People) -> None:
    with duckdb.connect() as con:
        pairs = con.execute(
            f"select source_l || ':' || key_l, source_r || ':' || key_r from '{demo.run}/links.parquet' "
            "where stage = 'probabilistic' or decision = 'review' order by all limit 5"
        ).fetchall()
    assert pairs
    for left, right in pairs:
        said = linkage("explain", demo.run, left, right)
        assert said.code == 0
        assert people.given_away_by(said.out.replace(left, "").replace(right, "") + said.err) == {}


def test_a_file_cut_off_in_the_middle_of_somebody_gives_nobody_away(
    linkage, demo, people: People, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(demo.england, tmp_path / "england")
    cut = tmp_path / "england" / "returns" / "cin" / "cin_202_2024.xml"
    text = cut.read_text(encoding="utf-8")
    cut.write_text(text[: text.index("</PersonBirthDate>")], encoding="utf-8")
    said = linkage("run", tmp_path / "england" / "linkage.toml", "--out", tmp_path / "run")
    assert said.code == 11
    assert people.given_away_by(said.out + said.err) == {}
