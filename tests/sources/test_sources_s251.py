"""Format `s251`: placements that fold into children, with home and placement, and ids as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources_prepared import by_key, of_scheme, prepared

from linkage.errors import InputError

HEADINGS = ("Child ID,Date of birth,Gender,Ethnicity,Disability,Is the child UASC,Does the child have an EHCP,"
            "Legal status,Placement start date,Placement end date,Placement type,Ofsted URN,Home postcode,"
            "Placement postcode")  # fmt: skip
ROWS = """
00123,05/06/2007,1,WBRI,NONE,No,Yes,C2,01/04/2022,30/06/2022,U1,SC123456,AB1 1AA,AB2 2AA
00123,05/06/2007,1,WBRI,NONE,No,Yes,C2,01/07/2022,#N/A,K2,SC123457,AB1 1AA,AB3 3AA
77.0,13/02/2010,2,BCRB,"MOB,AUT",Yes,,,01/05/2022,,U4,,,AB4 4AA
,01/01/2010,2,BCRB,,,,,01/05/2022,,,,,
"""
FILE = HEADINGS + ROWS


def test_placements_of_a_child_fold(load) -> None:
    loaded = load({"s.csv": FILE}, format="s251", path="s.csv", authority="301", year=2023)
    assert [(row["row"], row["key"], row["la_child_id"]) for row in loaded.rows] == [
        (1, "301/00123", "00123"), (2, "301/00123", "00123"), (3, "301/77", "77"),
    ]  # fmt: skip
    assert loaded.extract.excluded == {"no_key": 1}
    assert loaded.codes == {}
    assert [(row["cla"], row["sen"], row["uasc"]) for row in loaded.rows] == [
        ("true", "E", "No"), ("true", "E", "No"), (None, None, "Yes")]  # fmt: skip
    assert "school_urn" not in loaded.extract.fields
    assert sorted((a["key"], a["kind"], a["postcode"], a["valid_from"], a["valid_to"]) for a in loaded.addresses) == [
        ("301/00123", "home", "AB1 1AA", "01/04/2022", None), ("301/00123", "home", "AB1 1AA", "01/07/2022", None),
        ("301/00123", "placement", "AB2 2AA", "01/04/2022", "30/06/2022"),
        ("301/00123", "placement", "AB3 3AA", "01/07/2022", None),
        ("301/77", "placement", "AB4 4AA", "01/05/2022", None),
    ]  # fmt: skip
    assert sorted((e["code"], e["date_from"]) for e in loaded.events if e["key"] == "301/00123") == [
        ("C2|K2", "01/07/2022"), ("C2|U1", "01/04/2022")]  # fmt: skip


def test_through_prepare(load) -> None:
    loaded = load({"s.csv": FILE}, format="s251", path="s.csv", authority="301", year=2023)
    tables = prepared(loaded, authority="301", year=2023)
    records = by_key(tables)
    first, second = records["301/00123"], records["301/77"]
    assert (str(first["dob"]), first["sex"], first["ethnicity"], first["sen"]) == ("2007-06-05", "M", "WBRI", "E")
    assert (first["postcode"], first["disability"], first["cla"], first["uasc"]) == ("AB1 1AA", "N", "Y", None)
    assert (str(second["dob"]), second["sex"], second["disability"], second["uasc"]) == ("2010-02-13", "F", "Y", "Y")
    assert second["postcode"] is None
    assert of_scheme(tables, "la_child_id") == {("301/00123", "301", "00123"), ("301/77", "301", "77")}


@pytest.mark.parametrize(("child", "la", "key"), [
    ("123_BAR", "Barnet", "302/123"), ("123_822", "822", "822/123"), ("123", "BAR", "302/123"), ("123", "", "301/123"),
    ("12_345", "", "301/12_345"), ("123_XYZ", "", "301/123_XYZ"), ("00123.0", "", "301/00123"),
])  # fmt: skip
def test_authority_is_that_of_the_row(load, child: str, la: str, key: str) -> None:
    text = f"Child ID,Placement start date,LA,Year,Quarter\n{child},01/02/2022,{la},2022,Q3\n"
    loaded = load({"s.csv": text}, format="s251", path="s.csv", authority="301")
    assert [(row["key"], row["rank"]) for row in loaded.rows] == [(key, 20223)]
    assert loaded.codes.get("ID008", 0) == (child == "123_XYZ")


def test_a_workbook_with_a_banner_and_other_headings(load, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    headings = (
        "Child ID ",
        "Date of Birth",
        "Sex",
        "Does the child have an EHCP? ",
        "Date placement start date",
        "Cost",
    )
    for row in (("Placement costs, quarter 1",), headings, ("0042", "25/12/2011", "F", "Yes", "01/02/2022", 99)):
        book.worksheets[0].append(row)
    book.save(tmp_path / "s.xlsx")
    loaded = load(format="s251", path="s.xlsx", authority="301")
    row = loaded.rows[0]
    assert (row["file"], row["key"], row["sex"], row["sen"]) == ("s.xlsx#Sheet", "301/0042", "F", "E")
    assert loaded.codes["FI011"] == 1  # the cost
    assert {item.field for item in loaded.extract.findings if item.code == "FI012"} == {
        "ethnicity", "disability", "uasc", "legal", "ended", "place", "home_postcode",
        "placement_postcode"}  # fmt: skip


def test_birth_dates_that_differ_are_reported(load) -> None:
    text = "Child ID,Date of birth,Placement type\n1,01/02/2010,U1\n1,2010-02-01,U1\n2,01/02/2010,U1\n2,02/02/2010,U1\n"
    assert load({"s.csv": text}, format="s251", path="s.csv", authority="301").codes["DT017"] == 1


def test_bad_files_are_refused(load) -> None:
    with pytest.raises(InputError, match='authority = "301"'):
        load({"s.csv": FILE}, format="s251", path="s.csv")
    with pytest.raises(InputError, match="Placement start date") as raised:
        load({"p.csv": "Surname,Child ID\nZzyzxson,1\n"}, format="s251", path="p.csv", authority="301")
    assert "Zzyzxson" not in str(raised.value)
    assert load({"p.csv": "a,b\n1,2\n", "s.csv": FILE}, format="s251", authority="301").codes["FI006"] == 1
