"""Unknown tables: columns are mapped by their headings and by what their values look like."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pytest

from linkage.project import read_project
from linkage.recognise import project_text
from linkage.sources import load_source
from linkage.sql import connect
from tests.recognise.made_up import Children, Write, columns_of, only

ROWS = 40


def people(children: Children, *columns: str) -> list[list[str]]:
    """Rows of made-up values; a column is the name of a method, or a text that stands in all rows."""
    made = {"number": None, "uln": lambda: children.number(10), "nhs": lambda: children.number(0)}

    def value(name: str, row: int) -> str:
        if name == "number":
            return f"R{1000 + row}"
        if name in made:
            return made[name]()  # type: ignore[misc]
        return getattr(children, name)() if hasattr(children, name) else name

    return [[value(name, row) for name in columns] for row in range(ROWS)]


def test_headings_of_a_spreadsheet_are_understood(children: Children, write: Write, look) -> None:
    header = ("Our ref", "Child's First Name(s)", "Legal Surname", "D.O.B. (dd/mm/yyyy)", "Home Post Code", "M/F",
              "Ethnic Origin", "NHS No.", "Unique Learner Number", "Allocated Worker", "Notes")  # fmt: skip
    rows = people(children, "number", "forename", "surname", "dob", "postcode", "sex", "ethnicity", "nhs", "uln",
                  "Somebody Else", "")  # fmt: skip
    found = only(look(write("list.csv", header, rows)))
    assert columns_of(found) == {
        "forename": ("Child's First Name(s)",), "surname": ("Legal Surname",), "dob": ("D.O.B. (dd/mm/yyyy)",),
        "postcode": ("Home Post Code",), "sex": ("M/F",), "ethnicity": ("Ethnic Origin",), "nhs_number": ("NHS No.",),
        "uln": ("Unique Learner Number",),
    }  # fmt: skip
    assert found.layout is not None
    assert found.layout.key == "Our ref"
    assert {item.field: item.format for item in found.layout.mapped}["dob"] == "dayfirst"
    assert {left.column: left.reason for left in found.layout.left_alone} == {
        "Allocated Worker": "about a worker, not the child", "Notes": "not a field of a record",
    }  # fmt: skip
    assert found.unique is True


@pytest.mark.parametrize(
    ("header", "made", "field"),
    [
        ("UPN (if known)", "upn", "upn"), ("Previous UPN", "upn", "former_upn"), ("pupil_upn", "upn", "upn"),
        ("KS4_SURNAME", "surname", "surname"), ("pers_forename", "forename", "forename"),
        ("preferredName", "forename", "preferred_forename"), ("Known as", "forename", "preferred_forename"),
        ("DateOfBirth", "dob", "dob"), ("Birth Date", "dob", "dob"), ("Expected date of birth", "dob", "expected_dob"),
        ("Family name", "surname", "surname"), ("Gender at birth", "sex", "sex"),
        ("Ethnicity code", "ethnicity", "ethnicity"), ("Current postcode", "postcode", "postcode"),
        ("Liquid Logic ID", "number", "la_child_id"),
    ],
)  # fmt: skip
def test_a_heading_says_its_field(children: Children, write: Write, look, header: str, made: str, field: str) -> None:
    found = only(look(write("list.csv", (header, "NHS number"), people(children, made, "nhs"))))
    assert columns_of(found)[field] == (header,)


@pytest.mark.parametrize(
    "header",
    ["Mother's surname", "Father DOB", "Social worker name", "School postcode", "Placement postcode", "GP surname",
     "Sibling UPN", "Parent/carer first name", "Emergency contact name", "Foster carer postcode"],
)  # fmt: skip
def test_a_column_about_somebody_else_is_left_alone(children: Children, write: Write, look, header: str) -> None:
    last = header.split()[-1]
    made = {"surname": "surname", "DOB": "dob", "postcode": "postcode", "UPN": "upn"}.get(last, "forename")
    found = only(look(write("list.csv", ("UPN", header), people(children, "upn", made))))
    assert columns_of(found) == {"upn": ("UPN",)}
    assert found.layout is not None
    assert "not the child" in found.layout.left_alone[0].reason


def test_values_alone_tell_what_can_only_be_one_thing(children: Children, write: Write, look) -> None:
    header = ("C1", "C2", "C3", "C4", "C5", "C6")
    found = only(look(write("x.csv", header, people(children, "number", "upn", "nhs", "dob", "postcode", "ethnicity"))))
    assert found.layout is not None
    told = {item.field: (item.columns[0], item.sureness) for item in found.layout.mapped}
    assert told == {
        "upn": ("C2", "likely"), "nhs_number": ("C3", "likely"), "dob": ("C4", "guess"), "postcode": ("C5", "guess"),
        "ethnicity": ("C6", "likely"),
    }  # fmt: skip
    assert found.layout.key == "C1"


def test_two_columns_that_could_be_the_birth_date_are_none(children: Children, write: Write, look) -> None:
    found = only(look(write("x.csv", ("a", "b", "c"), people(children, "dob", "dob", "upn"))))
    assert columns_of(found) == {"upn": ("c",)}
    assert found.layout is not None
    assert {left.reason for left in found.layout.left_alone} == {"may be dob, but 2 columns could be it"}


def test_a_heading_that_its_values_belie_is_left_alone(children: Children, write: Write, look) -> None:
    rows = people(children, "0123456789abcdef01", "surname", "forename", "not a date")
    found = only(look(write("x.csv", ("UPN", "Surname", "First name", "DOB"), rows)))
    assert set(columns_of(found)) == {"forename", "surname"}
    assert found.layout is not None
    reasons = {left.column: left.reason for left in found.layout.left_alone}
    assert "pseudonyms" in reasons["UPN"]
    assert "only 0% of 40 values are dates" in reasons["DOB"]


def test_of_two_columns_for_one_field_the_fuller_is_taken(children: Children, write: Write, look) -> None:
    rows = [[upn, one, other if row % 2 else "", sex, sex] for row, (upn, one, other, sex) in
            enumerate(people(children, "upn", "dob", "dob", "sex"))]  # fmt: skip
    found = only(look(write("x.csv", ("UPN", "Birth date", "Date of birth", "Sex", "Gender"), rows)))
    assert columns_of(found)["dob"] == ("Birth date",)
    assert columns_of(found)["sex"] == ("Sex", "Gender")


@pytest.mark.parametrize(
    ("beside", "value", "mapped"),
    [("Surname", "forename", "forename"), ("First name", "surname", "surname"), ("Reference", "forename", None)],
)
def test_name_alone_is_what_the_table_lacks(children: Children, write: Write, look, beside, value, mapped) -> None:
    other = {"Surname": "surname", "First name": "forename", "Reference": "number"}[beside]
    found = only(look(write("x.csv", ("Name", beside, "DOB"), people(children, value, other, "dob"))))
    told = [field for field, columns in columns_of(found).items() if columns == ("Name",)]
    assert told == ([mapped] if mapped else [])


@pytest.mark.parametrize(
    ("heading", "pattern", "order"),
    [("Name of child", "{1}, {0}", None), ("Full name", "{0} {1}", "forename_first"),
     ("Surname and forename", "{1} {0}", "surname_first")],
)  # fmt: skip
def test_a_whole_name_is_mapped_with_its_order(children: Children, write: Write, look, heading, pattern, order) -> None:
    rows = [[pattern.format(*names), dob] for *names, dob in people(children, "forename", "surname", "dob")]
    found = only(look(write("x.csv", (heading, "DOB"), rows)))
    assert found.layout is not None
    assert columns_of(found)["full_name"] == (heading,)
    assert {item.field: item.order for item in found.layout.mapped}["full_name"] == order


def test_a_whole_name_beside_its_parts_is_left_alone(children: Children, write: Write, look) -> None:
    rows = [[f"{one} {two}", one, two] for one, two in people(children, "forename", "surname")]
    found = only(look(write("x.csv", ("Full name", "Forename", "Surname"), rows)))
    assert set(columns_of(found)) == {"forename", "surname"}
    assert found.layout is not None
    assert "beside columns of its parts" in found.layout.left_alone[0].reason


@pytest.mark.parametrize("months", [[str(month) for month in range(1, 13)], ["January", "Feb", "sept"]])
def test_year_and_month_of_birth_are_joined(children: Children, write: Write, look, months: list[str]) -> None:
    rows = [[upn, str(2005 + at % 9), months[at % len(months)]] for at, (upn,) in enumerate(people(children, "upn"))]
    found = only(look(write("x.csv", ("UPN", "YearOfBirth", "MonthOfBirth"), rows)))
    assert found.layout is not None
    (dob,) = [item for item in found.layout.mapped if item.field == "dob"]
    assert (dob.columns, dob.join, dob.sureness) == (("YearOfBirth", "MonthOfBirth"), True, "certain")


@pytest.mark.parametrize(
    ("pattern", "told"),
    [("{y}-{m:02}-{d:02}", "iso"), ("{m:02}/{d:02}/{y}", "monthfirst"), ("{d:02}/{m:02}/{y}", "dayfirst"),
     ("{y}{m:02}{d:02}", "compact"), ("{d:02}-Jan-{y}", None)],
)  # fmt: skip
def test_the_format_of_dates_is_told_by_their_shape(children: Children, write: Write, look, pattern, told) -> None:
    rows = [[upn, children.dob(pattern)] for (upn,) in people(children, "upn")]
    found = only(look(write("x.csv", ("UPN", "DOB"), rows)))
    assert found.layout is not None
    assert [item.format for item in found.layout.mapped if item.field == "dob"] == [told]


def test_house_and_street_are_joined(children: Children, write: Write, look) -> None:
    rows = people(children, "upn", "12", "Elm Road", "postcode")
    found = only(look(write("x.csv", ("UPN", "House no", "Street", "Postcode"), rows)))
    assert columns_of(found)["address_line"] == ("House no", "Street")


def test_rows_of_one_child_fold_by_the_childs_id(children: Children, write: Write, look) -> None:
    rows = [row for row in people(children, "number", "upn", "dob") for _ in range(2)]
    rows = [[str(at), *row] for at, row in enumerate(rows)]
    found = only(look(write("x.csv", ("Visit id", "Child ID", "UPN", "DOB"), rows)))
    assert found.layout is not None
    assert found.layout.key == "Child ID"


def test_a_source_with_a_person_twice_is_not_unique(children: Children, write: Write, look) -> None:
    rows = people(children, "number", "upn", "dob")
    rows[1][1] = rows[0][1]
    found = only(look(write("x.csv", ("Ref", "UPN", "DOB"), rows)))
    assert found.unique is False
    assert found.unique_reason == "1 of 39 are in several records (by upn)"


def test_of_a_long_file_only_the_beginning_is_judged(children: Children, write: Write, look) -> None:
    rows = [[str(at), children.upn(), children.dob()] for at in range(2_100)]
    found = only(look(write("x.csv", ("Ref", "UPN", "DOB"), rows)))
    assert found.unique is None
    assert (found.parts[0].rows, found.parts[0].whole) == (2_000, False)


# --- no sources ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", [None, ("Smith", "Jane", "UN1", "Unknown"), ("In care", "Brown", "Other ethnic", "F")]
)
def test_a_file_without_column_names_is_said_to_have_none(children: Children, write: Write, look, header) -> None:
    rows = people(children, "surname", "forename", "upn", "sex")
    if header and header[0] == "In care":
        rows = [["In care", surname, "Other ethnic", sex] for surname, _, _, sex in rows]
    found = look(write("x.csv", header, rows))
    assert not found.proposals
    assert found.others[0].looks_like == "a table of 4 columns without a line of column names"


def test_a_list_of_staff_is_not_proposed(children: Children, write: Write, look) -> None:
    header = ("Payroll no", "First name", "Surname", "DOB", "Job title", "Line manager")
    found = look(write("x.csv", header, people(children, "number", "forename", "surname", "01/02/1980", "T", "X")))
    assert [other.looks_like for other in found.others] == ["a list of adults"]
    assert not found.proposals


def test_a_list_of_adults_is_not_proposed(children: Children, write: Write, look) -> None:
    rows = [[*row, f"01/02/{1940 + at}"] for at, row in enumerate(people(children, "number", "forename", "surname"))]
    assert not look(write("x.csv", ("Ref", "First name", "Surname", "DOB"), rows)).proposals


def test_a_table_without_persons_is_not_proposed(children: Children, write: Write, look) -> None:
    found = look(write("x.csv", ("School name", "URN", "Postcode"), people(children, "A School", "100001", "postcode")))
    assert not found.proposals
    assert "no columns seem to be" in found.others[0].reason


def test_a_summary_is_not_proposed(children: Children, write: Write, look) -> None:
    assert not look(write("x.csv", ("Last name", "Gender", "Cases"), people(children, "surname", "sex", "3"))).proposals


# --- shapes of files -----------------------------------------------------------------------------


def test_a_workbook_with_banners_merged_headers_and_several_sheets(children: Children, tmp_path, look) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Year 1"
    upper, lower = ["Child", None, "Date of", "UPN"], ["Forename", "Surname", "birth", None]
    for row in ([], ["Register of something"], [], upper, lower):
        sheet.append(row)
    sheet.merge_cells("A4:B4")
    for _ in range(ROWS):
        sheet.append([children.forename(), children.surname(), dt.date(2012, 3, 4), children.upn()])
    book.create_sheet("Notes").append(["a note"])
    book.create_sheet("Blank")
    book.save(tmp_path / "register.xlsx")
    found = look(tmp_path / "register.xlsx")
    assert columns_of(only(found)) == {
        "forename": ("Forename",), "surname": ("Surname",), "dob": ("birth",), "upn": ("UPN",),
    }  # fmt: skip
    assert only(found).sheet == "Year 1"
    assert {other.shown: other.looks_like for other in found.others} == {
        "register.xlsx#Notes": "notes, not a table", "register.xlsx#Blank": "an empty sheet",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("delimiter", "suffix", "encoding"),
    [(";", ".txt", "cp1252"), ("\t", ".tsv", "utf-8"), ("|", ".csv", "utf-8-sig"), (",", ".csv", "utf-16")],
)
def test_text_in_any_shape(children: Children, tmp_path, look, delimiter: str, suffix: str, encoding: str) -> None:
    rows = [("UPN", "Surname", "DOB"), *((children.upn(), "Bront\xeb", children.dob()) for _ in range(ROWS))]
    path = tmp_path / f"x{suffix}"
    path.write_text("\r\n".join(delimiter.join(row) for row in rows), encoding=encoding)
    assert set(columns_of(only(look(path)))) == {"upn", "surname", "dob"}


@pytest.mark.parametrize("banner", [["Register, all children, 2024"], ["Register"], ["a", "b", "c"]])
def test_a_banner_in_a_csv_file_is_passed_over(children: Children, write: Write, look, tmp_path, banner) -> None:
    rows = [banner, [], ["UPN", "Surname", "DOB"], *people(children, "upn", "surname", "dob")]
    path = write("x.csv", None, rows)
    path.write_text(path.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
    (tmp_path / "linkage.toml").write_text(project_text(look(path), name="x"), encoding="utf-8")
    spec = read_project(tmp_path / "linkage.toml").sources["x"]
    con = connect(threads=1, memory="500MB")
    extract = load_source(con, spec, tmp_path)
    assert con.execute(f"select count(upn), count(surname), count(dob), min(row) from {extract.rows}").fetchall() == [
        (ROWS, ROWS, ROWS, 1)]  # fmt: skip
    con.close()


def test_a_banner_above_the_file_of_a_return_is_in_the_way(write: Write, look) -> None:
    (other,) = look(write("x.csv", None, [["Return"], ["CHILD", "DECOM", "LS"], ["1", "01/02/2020", "C2"]])).others
    assert (other.looks_like, other.reason) == (
        "ssda903: episodes, with lines above its column names", "delete the lines above them")  # fmt: skip


@pytest.mark.parametrize(("name", "content", "looks"), [
    ("a.pdf", b"%PDF-1.7", "a PDF"), ("a.csv", b"", "an empty file"), ("a.json", b"{}", "a JSON file"),
    ("a.xml", b"<html><body/></html>", "an XML file whose root element is 'html'"),
    ("b.xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><Message/>", "a return of another collection (XML)"),
    ("c.xml", b"<Message><Header><Collection>EYC</Collection></Header></Message>",
     "a return of the collection EYC (XML)"),
    ("d.xml", b"<Message><Children>", "a return of another collection (XML)"),
    ("a.xlsx", b"PK\x03\x04nothing", "an Excel workbook"), ("a.parquet", b"PAR1nothing", "a Parquet file"),
])  # fmt: skip
def test_what_is_nothing_known_is_said_to_look_like_something(tmp_path, look, name, content, looks) -> None:
    (tmp_path / name).write_bytes(content)
    found = look(tmp_path / name)
    assert not found.proposals
    assert [other.looks_like for other in found.others] == [looks]
