"""`linkage check`: what the sources hold before anything is linked."""

from __future__ import annotations

from pathlib import Path

from tiny_project import HEADER, PERSONAL, ROWS, tiny_project

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


def test_the_tables_are_readable_and_hold_no_value(linkage, tmp_path: Path) -> None:
    said = linkage("check", tiny_project(tmp_path, left=MESSY))
    assert [line for line in said.out.splitlines() if line in ("Sources", "Fields", "Identifiers", "Findings")] == [
        "Sources", "Fields", "Identifiers", "Findings"
    ]  # fmt: skip
    assert [line for line in said.out.splitlines() if line.endswith(" ")] == []
    assert not [value for value in PERSONAL if value in said.out + said.err]


def test_nothing_is_written(linkage, tmp_path: Path, monkeypatch) -> None:
    project = tiny_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert linkage("check", project).code == 0
    assert sorted(tmp_path.rglob("*")) == before
