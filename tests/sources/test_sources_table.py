"""Format `table`: column maps, keys, subgroups, Parquet, and workbooks as people make them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sources_prepared import prepared

from linkage.errors import InputError, ProjectError
from linkage.project import SourceSpec
from linkage.sources.cells import WHITE
from linkage.sources.workbook import cell_text

CSV = (
    "Ref,First,Known as,Family,Other family,No,Street,DOB,Ethnic group,Team,Authority\n"
    "r1,Ann,Annie,Smith,,1,High St,2010-01-02,WBRI,North,\n"
    "r2,,Bob,Jones,Evans,,,2011-01-02,,South,302\n"
    ",Cat,,Hill,,,,2012-01-02,,,\n"
    "r1,Ann,,Smith,,,,2010-01-02,,,\n"
)
COLUMNS = {
    "forename": ["First", "Known as"],
    "surname": ["Family", "Other family"],
    "preferred_forename": ["Known as", "First"],
    "address_line": {"join": ["No", "Street"]},
    "dob": {"column": "DOB", "format": "iso"},
}


def test_column_map_alternatives_joins_formats_and_subgroups(load) -> None:
    loaded = load({"p.csv": CSV}, format="table", path="p.csv", key="Ref", authority="301", columns=COLUMNS,
                  subgroups={"ethnicity": "Ethnic group", "team": "Team"})  # fmt: skip
    first, second, third = loaded.rows
    assert (first["forename"], first["forename_alternatives"]) == ("Ann", ["Annie"])
    assert (second["forename"], second["forename_alternatives"]) == ("Bob", None)
    assert (second["surname"], second["surname_alternatives"]) == ("Jones", ["Evans"])
    assert (first["preferred_forename"], third["preferred_forename"]) == ("Annie", "Ann")
    assert (first["address_line"], second["address_line"]) == ("1 High St", None)
    assert (first["ethnicity"], first["subgroup__team"], first["authority"]) == ("WBRI", "North", "301")
    assert [row["key"] for row in loaded.rows] == ["r1", "r2", "r1"]
    assert loaded.extract.date_formats == {"dob": "iso"}
    assert loaded.extract.excluded == {"no_key": 1}
    assert loaded.codes == {"FO001": 1}
    assert "ethnicity" in loaded.extract.fields
    assert "subgroup__team" not in loaded.extract.fields


def test_mapped_authority_wins_over_the_one_of_the_project(load) -> None:
    loaded = load({"p.csv": CSV}, format="table", path="p.csv", authority="301",
                  columns={"surname": "Family", "authority": "Authority"})  # fmt: skip
    assert [row["authority"] for row in loaded.rows] == ["301", "302", "301", "301"]


def test_canonical_names_without_a_map_and_keys_by_row(load) -> None:
    files = {"in/a.csv": "surname,DOB,ukprn,Learner_Ref\nA,2010-01-01,10000001,L1\n", "in/b.csv": "upn,x\nU1,1\n"}
    loaded = load(files, format="table", path="in")
    assert set(loaded.extract.fields) == {"surname", "dob", "upn", "learner_ref"}
    assert [row["key"] for row in loaded.rows] == ["in/a.csv:1", "in/b.csv:1"]
    assert [row["ukprn"] for row in loaded.rows] == ["10000001", None]


def test_one_field_mapped_twice_is_a_fault_of_the_project(load) -> None:
    with pytest.raises(ProjectError, match="mapped twice"):
        load({"p.csv": CSV}, format="table", path="p.csv", columns={"surname": "Family", "sex": "First"},
             subgroups={"sex": "Team"})  # fmt: skip


def test_all_missing_columns_are_named_at_once_with_the_nearest(load) -> None:
    with pytest.raises(InputError) as raised:
        load({"p.csv": CSV}, format="table", path="p.csv", columns={"surname": "Famly", "dob": "D.O.B", "sex": "Team"})
    assert "'Family'" in str(raised.value)
    assert "'DOB'" in str(raised.value)
    assert len(raised.value.faults) == 2


def test_first_line_of_a_file_without_header_is_not_quoted(load) -> None:
    with pytest.raises(InputError) as raised:
        load({"p.csv": "SECRETSON,Forenam,2010-01-02\n"}, format="table", path="p.csv",
             columns={"surname": "Surname", "dob": "DOB"})  # fmt: skip
    assert "SECRETSON" not in str(raised.value)
    assert "Forenam" not in str(raised.value)


def test_parquet_gives_text_and_file_order(load, tmp_path: Path) -> None:
    table = pa.table({
        "UPN": ["A1", None, " "], "Ref": pa.array([1.0, 2.0, 2.5]), "n": pa.array([7, 8, None], pa.int64()),
        "Born": pa.array([dt.date(2010, 1, 2), None, dt.date(2012, 1, 2)]),
        "When": pa.array([dt.datetime(2010, 1, 2), dt.datetime(2010, 1, 2, 3, 4), None]), "List": [["a"], [], None],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "p.parquet")
    columns = {"upn": "UPN", "dob": "Born", "death_date": "When", "uln": "Ref", "nhs_number": "n"}
    loaded = load(format="table", path="p.parquet", columns=columns)
    assert [tuple(row[name] for name in ("row", *columns)) for row in loaded.rows] == [
        (1, "A1", "2010-01-02", "2010-01-02", "1", "7"),
        (2, None, None, "2010-01-02 03:04:00", "2", "8"),
        (3, None, "2012-01-02", None, "2.5", None),
    ]
    with pytest.raises(InputError, match="structures"):
        load(format="table", path="p.parquet", columns={"upn": "List"})


# --- workbooks -----------------------------------------------------------------------------------


def save(path: Path, sheets: dict[str, list[list[object]]], merged: tuple[str, ...] = ()) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for cells in merged:
            sheet.merge_cells(cells)
    book.save(path)


def test_workbook_with_banner_mixed_cells_and_blank_rows(load, tmp_path: Path) -> None:
    save(tmp_path / "b.xlsx", {
        "Read me": [["Surname list of the council"]],
        "List": [
            ["Children known on 1 May", None, None], [], ["Surname", "D.O.B.", "Ref"],
            ["Smith", dt.date(2010, 1, 2), 12345], [None, None, None], [" Jones\u00a0", "03/04/2011", 12.5],
            ["O'Neil", dt.datetime(2012, 1, 2, 9, 30), "007"], [True, None, 1e15],
        ],
    })  # fmt: skip
    loaded = load(format="table", path="b.xlsx", key="Ref", columns={"surname": "surname", "dob": "D.O.B."})
    assert [(row["row"], row["key"], row["surname"], row["dob"]) for row in loaded.rows] == [
        (1, "12345", "Smith", "2010-01-02"),
        (2, "12.5", "Jones", "03/04/2011"),
        (3, "007", "O'Neil", "2012-01-02 09:30:00"),
        (4, "1000000000000000", "true", None),
    ]
    assert {row["file"] for row in loaded.rows} == {"b.xlsx#List"}


def test_header_in_two_rows_with_merged_cells(load, tmp_path: Path) -> None:
    save(tmp_path / "b.xlsx", {"S": [
        ["Report"], ["Child", None, "Born", "Mother", None], ["First", "Last", None, "First", "Last"],
        ["Ann", "Smith", dt.date(2010, 1, 2), "Mia", "Jones"],
    ]}, merged=("A2:B2", "C2:C3", "D2:E2"))  # fmt: skip
    loaded = load(format="table", path="b.xlsx",
                  columns={"forename": "Child First", "surname": "Child Last", "dob": "Born"})  # fmt: skip
    assert [(row["row"], row["forename"], row["surname"], row["dob"]) for row in loaded.rows] == [
        (1, "Ann", "Smith", "2010-01-02")
    ]
    by_lower_cells = load(format="table", path="b.xlsx", columns={"forename": "First", "dob": "Born"})
    assert by_lower_cells.rows[0]["forename"] == "Ann"


def test_sheet_that_is_asked_for(load, tmp_path: Path) -> None:
    save(tmp_path / "b.xlsx", {"A": [["UPN"], ["A1"]], "B": [["UPN"], ["B1"]]})
    assert load(format="table", path="b.xlsx", sheet="B").rows[0]["upn"] == "B1"
    with pytest.raises(InputError) as raised:
        load(format="table", path="b.xlsx", sheet="Bee", columns={"upn": "UPN"})
    assert "'B'" in str(raised.value)


TEXT = st.text(st.characters(codec="utf-8", min_codepoint=32, exclude_categories=("Cs", "Cn", "Co", "Cc")), max_size=30)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXT, min_size=1, max_size=20))
def test_any_text_of_a_sheet_comes_through(load, tmp_path: Path, texts: list[str]) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for at, value in enumerate(["Surname", *texts], start=1):
        sheet.cell(at, 1).value = "x" if at > 1 else "UPN"
        sheet.cell(at, 2).value = value
        sheet.cell(at, 2).data_type = "s"  # text, even where it begins like a formula
    book.save(tmp_path / "any.xlsx")
    loaded = load(format="table", path="any.xlsx", columns={"surname": "Surname", "upn": "UPN"})
    assert [row["surname"] for row in loaded.rows] == [text.strip(WHITE) or None for text in texts]


@given(st.integers(-(10**15), 10**15))
def test_whole_numbers_have_no_point(value: int) -> None:
    assert cell_text(float(value)) == str(value)


# --- what people make of CSV files ---------------------------------------------------------------

CHILDREN = [["Name", "Date of birth", "Post code"], ["Ann", "02/01/2010", "AB1 2CD"], ["Bob", "2011-02-03", "AB1 2CE"]]
MAP = {"forename": "Name", "dob": "Date of birth", "postcode": "Post code"}


def delimited(rows: list[list[str]], delimiter: str) -> str:
    return "".join(delimiter.join(row) + "\n" for row in rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(
    "banner",
    [[], [["Children, all, of 2024"]], [["Zoë"], [""], ["a", "b", "c", "d"]], [["Name"], ["sep=;"]]],
)
def test_csv_in_any_encoding_with_any_delimiter_below_any_banner(load, delimiter, encoding, banner) -> None:
    rows = [*CHILDREN, ["Zoë", "03/04/2012", "AB1 2CF"]]
    text = "".join(row[0] + "\n" for row in banner) + delimited(rows, delimiter)
    loaded = load({"p.csv": text.encode(encoding)}, format="table", path="p.csv", columns=MAP)
    assert [(row["row"], row["forename"], row["dob"]) for row in loaded.rows] == [
        (1, "Ann", "02/01/2010"), (2, "Bob", "2011-02-03"), (3, "Zoë", "03/04/2012")]  # fmt: skip


def test_a_header_of_two_rows_in_a_csv_file(load) -> None:
    text = "Children\n\nChild,,Date of,\nForename,Surname,birth,UPN\nAnn,Hill,2010-01-02,x\n\nBob,Low,2011-01-02,\n"
    loaded = load({"p.csv": text}, format="table", path="p.csv",
                  columns={"forename": "Child Forename", "surname": "Surname", "dob": "Date of birth"})  # fmt: skip
    assert [(row["row"], row["surname"], row["dob"]) for row in loaded.rows] == [
        (1, "Hill", "2010-01-02"), (2, "Low", "2011-01-02")]  # fmt: skip


def test_lines_under_a_table_are_no_children(load) -> None:
    text = delimited([*CHILDREN, ["Cat", "", "AB1 2CG"], CHILDREN[0], ["Dan", "04/05/2013", ""], ["", "", ""],
                      ["Total: 4", "", "4"], ["Source: the system", "", ""]], ",")  # fmt: skip
    loaded = load({"p.csv": text}, format="table", path="p.csv", columns=MAP)
    assert [(row["row"], row["forename"]) for row in loaded.rows] == [(1, "Ann"), (2, "Bob"), (3, "Cat"), (5, "Dan")]
    assert loaded.extract.excluded == {"header": 1, "blank": 1, "note": 2}


def test_under_a_table_a_birth_date_or_an_identifier_is_a_child(load) -> None:
    text = "Key,Name,DOB,UPN\n1,Ann,2010-01-02,\n2,,2011-01-02,\n3,,,H801200001001\nTotal,3,,\n4,,,\n"
    loaded = load({"p.csv": text}, format="table", path="p.csv", key="Key",
                  columns={"forename": "Name", "dob": "DOB", "upn": "UPN"})  # fmt: skip
    assert [row["key"] for row in loaded.rows] == ["1", "2", "3"]
    assert loaded.extract.excluded == {"note": 2}


def test_a_list_of_one_column_and_a_child_with_one_name_stay(load) -> None:
    assert len(load({"p.csv": "UPN\na\nb\n"}, format="table", path="p.csv", columns={"upn": "UPN"}).rows) == 2
    names = load({"q.csv": "First,Last\nAnn,\nBob,\n"}, format="table", path="q.csv",
                 columns={"forename": "First", "surname": "Last"})  # fmt: skip
    assert len(names.rows) == 2


def test_blank_and_repeated_columns(load) -> None:
    loaded = load({"p.csv": ",Name,,DOB,Name,\nx,Ann,,2010-01-02,Eve,\n"}, format="table", path="p.csv",
                  columns={"forename": "Name", "dob": "DOB"})  # fmt: skip
    assert [row["forename"] for row in loaded.rows] == ["Ann"]
    assert loaded.codes["FI004"] == 1


# --- several sheets ------------------------------------------------------------------------------


def book_of(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


SHEETS: dict[str, list[list[object]]] = {
    "2022": [["Name", "DOB"], ["Ann", dt.date(2010, 1, 2)]],
    "2023": [["Register"], [None, "Name", "DOB"], [None, "Bob", "3/4/2011"], [], [None, "Cat", dt.date(2012, 5, 6)]],
    "Notes": [["a note"]],
}


@pytest.mark.parametrize(
    ("sheet", "expected", "unread"),
    [("20*", [("2022", 1), ("2023", 1), ("2023", 2)], None), ("*", [("2022", 1), ("2023", 1), ("2023", 2)], None),
     ("2023", [("2023", 1), ("2023", 2)], None), (None, [("2022", 1)], 1)],
)  # fmt: skip
def test_sheets_that_a_pattern_names(load, tmp_path: Path, sheet, expected, unread) -> None:
    book_of(tmp_path / "b.xlsx", SHEETS)
    settings = {"sheet": sheet} if sheet else {}
    loaded = load(format="table", path="b.xlsx", columns={"forename": "Name", "dob": "DOB"}, **settings)
    assert [(row["file"], row["row"]) for row in loaded.rows] == [(f"b.xlsx#{title}", row) for title, row in expected]
    assert loaded.codes.get("FI020") == unread


def test_dates_of_a_workbook_and_dates_as_text_are_one(load, tmp_path: Path) -> None:
    book_of(tmp_path / "b.xlsx", {"A": [["Name", "DOB"], ["Ann", dt.date(2010, 1, 2)], ["Bob", "25/12/2011"],
                                        ["Cat", "3 May 2012"], ["Dan", 41000], ["Eve", "2013-04"]]})  # fmt: skip
    loaded = load(format="table", path="b.xlsx", columns={"forename": "Name", "dob": "DOB"})
    records = prepared(loaded)["records"]
    assert [(record["forename"], str(record["dob"]), record["dob_precision"]) for record in records] == [
        ("ANN", "2010-01-02", "day"), ("BOB", "2011-12-25", "day"), ("CAT", "2012-05-03", "day"),
        ("DAN", "2012-04-01", "day"), ("EVE", "2013-04-01", "month")]  # fmt: skip


# --- whole names, parts of dates, providers ------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "name", "forename", "surname"),
    [
        (None, "Hill, Ann Mary", "Ann Mary", "Hill"), (None, "Ann Mary Hill", "Ann Mary", "Hill"),
        ("surname_first", "Hill Ann Mary", "Ann Mary", "Hill"), ("surname_first", "Hill, Ann", "Ann", "Hill"),
        ("forename_first", "HILL, Ann", "Ann", "HILL"), (None, "Ana de la Cruz", "Ana", "de la Cruz"),
        ("surname_first", "van den Berg Jan", "Jan", "van den Berg"), (None, "Al Smith", "Al", "Smith"),
        (None, "Ann-Mary O'Hill", "Ann-Mary", "O'Hill"), (None, "Hill", None, "Hill"), (None, "Hill,", None, "Hill"),
        (None, ", Ann", "Ann", None), (None, "Ann   Hill", "Ann", "Hill"),
    ],
)  # fmt: skip
def test_a_whole_name(load, order, name, forename, surname) -> None:
    mapped = {"column": "Name", "order": order} if order else "Name"
    loaded = load({"p.csv": f'Name,DOB\n"{name}",2010-01-02\n'}, format="table", path="p.csv",
                  columns={"full_name": mapped, "dob": "DOB"})  # fmt: skip
    assert [(row["forename"], row["surname"]) for row in loaded.rows] == [(forename, surname)]
    assert {"forename", "surname"} <= set(loaded.extract.fields)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"full_name": "Name", "surname": "Name"}, "neither can be mapped beside it"),
        ({"full_name": ["Name", "DOB"]}, "one column"),
        ({"surname": {"column": "Name", "order": "surname_first"}}, "`order` is for full_name"),
        ({"full_name": {"column": "Name", "order": "backwards"}}, "order"),
    ],
)
def test_a_whole_name_that_cannot_be_mapped(columns, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        SourceSpec.model_validate({"format": "table", "path": "p.csv", "columns": columns})


@pytest.mark.parametrize(
    ("header", "cells", "expected", "precision"),
    [
        (["Year", "Month"], ["2012", "5"], "2012-05-01", "month"),
        (["Year", "Month"], ["2012.0", "11.0"], "2012-11-01", "month"),
        (["Month", "Year"], ["May", "2012"], "2012-05-01", "month"),
        (["Year", "Month"], ["2012", ""], "2012-01-01", "year"),
        (["Year", "Month", "Day"], ["2012", "5", "7"], "2012-05-07", "day"),
        (["Day", "Month", "Year"], ["7", "Sept", "2012"], "2012-09-07", "day"),
        (["Year", "Month"], ["2012", "13"], "None", None), (["Year", "Month"], ["", "5"], "None", None),
        (["Year", "Month"], ["12", "5"], "None", None),
    ],
)  # fmt: skip
def test_a_birth_date_of_parts(load, header, cells, expected, precision) -> None:
    text = delimited([["UPN", *header], ["H801200001001", *cells]], ",")
    loaded = load({"p.csv": text}, format="table", path="p.csv", columns={"upn": "UPN", "dob": {"join": header}})
    (record,) = prepared(loaded)["records"]
    assert (str(record["dob"]), record["dob_precision"]) == (expected, precision)


@pytest.mark.parametrize(("column", "expected"), [("", "10001234"), (",ukprn", "10009999")])
def test_the_provider_of_a_source(load, column: str, expected: str) -> None:
    text = f"Ref{column}\nL1{',10009999' if column else ''}\n"
    loaded = load({"p.csv": text}, format="table", path="p.csv", ukprn="10001234", columns={"learner_ref": "Ref"})
    assert [row["ukprn"] for row in loaded.rows] == [expected]
    with pytest.raises(ValidationError, match="eight digits"):
        SourceSpec.model_validate({"format": "table", "path": "p.csv", "ukprn": "1234"})
