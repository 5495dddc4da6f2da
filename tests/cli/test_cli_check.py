"""`linkage check`: what the sources hold before anything is linked."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from tiny_project import HEADER, PERSONAL, ROWS, tiny_project

from linkage.findings import CATALOGUE

# File -> part of the JSON that it is the table of.
PARTS = {
    "sources.csv": "sources", "fields.csv": "fields", "fields_by_return.csv": "returns",
    "identifiers.csv": "identifiers", "duplicates.csv": "duplicates", "findings.csv": "findings",
    "hopes.csv": "hopes", "evidence.csv": "evidence",
}  # fmt: skip
WRITTEN = (*PARTS, "check.html")

MESSY = "\n".join((
    HEADER,
    *ROWS,
    ROWS[0],                                                 # a key twice
    "4,Baby,Quillfeather,01/01/1900,W202200622002,ZZ9 9ZY",  # placeholder, default date, another's UPN
    "5,Eve,Rossiter,31/12/2012,W202200622003,",              # a UPN whose check letter is wrong
    ",Nobody,Nowhere,2010-05-01,,",                          # no key
)) + "\n"  # fmt: skip


def check(linkage, folder: Path):
    said = linkage("check", tiny_project(folder, left=MESSY), "--json")
    assert said.code == 0, said.err
    return said.json


def of_left(items: list[dict], **wanted: object) -> dict:
    (found,) = [item for item in items if item["source"] == "left" and all(item[k] == v for k, v in wanted.items())]
    return found


def test_rows_and_records_are_counted(linkage, tmp_path: Path) -> None:
    source = of_left(check(linkage, tmp_path)["sources"])
    assert {name: source[name] for name in ("rows", "records", "most_rows")} == {
        "rows": 6,
        "records": 5,
        "most_rows": 2,
    }


def test_rows_left_out_are_counted_with_the_reason(linkage, tmp_path: Path) -> None:
    source = of_left(check(linkage, tmp_path)["sources"])
    assert (source["excluded"], source["reasons"]) == (1, "no_key 1")


def test_completeness_and_validity_are_counted_by_field(linkage, tmp_path: Path) -> None:
    fields = check(linkage, tmp_path)["fields"]
    forename, dob = of_left(fields, field="forename"), of_left(fields, field="dob")
    assert (forename["records"], forename["known"], forename["refused"], forename["reasons"]) == (
        5,
        4,
        1,
        "placeholder 1",
    )
    assert dob["known"] + dob["blank"] + dob["refused"] == dob["records"] == 5
    assert dob["refused"] == 1


def test_a_blank_cell_is_not_a_refused_one(linkage, tmp_path: Path) -> None:
    postcode = of_left(check(linkage, tmp_path)["fields"], field="postcode")
    assert postcode["blank"] + postcode["refused"] == postcode["records"] - postcode["known"]
    assert postcode["blank"] >= 1


def test_an_identifier_that_two_records_share_is_counted(linkage, tmp_path: Path) -> None:
    upn = of_left(check(linkage, tmp_path)["identifiers"], scheme="upn", status="valid")
    assert (upn["records"], upn["shared_values"]) == (2, 1)


def test_an_identifier_with_a_wrong_check_letter_is_counted(linkage, tmp_path: Path) -> None:
    assert of_left(check(linkage, tmp_path)["identifiers"], scheme="upn", status="invalid")["records"] == 1


def test_a_key_that_rows_share_is_a_finding_with_code_and_meaning(linkage, tmp_path: Path) -> None:
    finding = of_left(check(linkage, tmp_path)["findings"], code="FO001")
    assert (finding["count"], finding["field"]) == (1, "key")
    assert "fold into one record" in finding["meaning"]


def test_the_summary_is_a_screen_long_and_holds_no_value(linkage, tmp_path: Path) -> None:
    said = linkage("check", tiny_project(tmp_path, left=MESSY))
    titles = ("Sources", "Known, % of records", "Findings", "Hopes")
    assert [line for line in said.out.splitlines() if line in titles] == list(titles)
    assert [line for line in said.out.splitlines() if line.endswith(" ")] == []
    assert len(said.out.splitlines()) < 60
    assert not [value for value in PERSONAL if value in said.out + said.err]


def test_what_is_written_stands_beside_the_run_and_nowhere_else(linkage, tmp_path: Path, monkeypatch) -> None:
    project = tiny_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.rglob("*"))
    assert linkage("check", project).code == 0
    written = {path for path in set(tmp_path.rglob("*")) - before if path.is_file()}
    assert written == {tmp_path / "runs" / "tiny-check" / name for name in WRITTEN}


def test_the_tables_have_the_rows_of_the_json_and_no_value_that_runs_as_a_formula(linkage, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = linkage("check", tiny_project(tmp_path, left=MESSY), "--out", out, "--json")
    for name, part in PARTS.items():
        with (out / name).open(encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file))
        assert len(lines) == len(said.json[part]), name
        assert not [cell for line in lines for cell in line.values() if cell.startswith(("=", "+", "-", "@"))], name
    text = "".join((out / name).read_text(encoding="utf-8") for name in WRITTEN)
    assert not [value for value in PERSONAL if value in text]


def test_every_finding_is_written_with_its_explanation(linkage, tmp_path: Path) -> None:
    linkage("check", tiny_project(tmp_path, left=MESSY), "--out", tmp_path / "out")
    with (tmp_path / "out" / "findings.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {line["code"] for line in lines} >= {"FO001", "NM001", "DT003", "ID001", "ID004"}
    assert {(line["code"], line["explanation"]) for line in lines} <= {
        (k.code, k.explanation) for k in CATALOGUE.values()
    }


def test_the_page_asks_nothing_of_a_network_and_says_the_same(linkage, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = linkage("check", tiny_project(tmp_path, left=MESSY), "--out", out, "--json")
    page = (out / "check.html").read_text(encoding="utf-8")
    assert re.findall(r"(?:src|href)=\"(?!#|data:)[^\"]*\"|<script|url\(|@import", page) == []
    assert {finding["code"] for finding in said.json["findings"]} <= set(re.findall(r"<h4>(\w{2}\d{3}):", page))
    assert page.count("<table>") == page.count("<caption") > 5
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_the_same_sources_give_the_same_bytes(linkage, tmp_path: Path) -> None:
    project = tiny_project(tmp_path, left=MESSY)
    for name in ("one", "two"):
        assert linkage("check", project, "--out", tmp_path / name).code == 0
    for name in WRITTEN:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_a_second_check_replaces_the_first(linkage, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert linkage("check", tiny_project(tmp_path, left=MESSY), "--out", out).code == 0
    assert linkage("check", tiny_project(tmp_path), "--out", out).code == 0
    assert sorted(path.name for path in out.iterdir()) == sorted(WRITTEN)
    assert "NM001" not in (out / "findings.csv").read_text(encoding="utf-8")


def test_the_folder_of_a_run_is_refused(linkage, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text("{}", encoding="utf-8")
    said = linkage("check", tiny_project(tmp_path), "--out", tmp_path / "out")
    assert said.code == 2
    assert "holds a run" in said.err


def test_a_file_in_the_place_of_the_folder_is_refused(linkage, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", encoding="utf-8")
    said = linkage("check", tiny_project(tmp_path), "--out", tmp_path / "out")
    assert said.code == 2
    assert "cannot be used" in said.err
