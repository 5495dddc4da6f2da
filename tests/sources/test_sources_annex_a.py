"""Format `annex_a`: lists that fold into children, headings that drift, and adults who never become records."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sources_prepared import by_key, of_scheme, prepared

from linkage.errors import InputError
from linkage.sources.annex_a_layout import is_adopters, list_number
from linkage.sources.columns import Header

openpyxl = pytest.importorskip("openpyxl")

PERSON = ("Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "Age")
BORN = dt.datetime(2010, 3, 4)
ANN: tuple[object, ...] = (1001.0, "b) Female", "a) WBRI", BORN, 11.5)
BEN: tuple[object, ...] = ("007", "c) Not stated/recorded", "s) NOBT", "#N/A", None)
ADOPTER_HEADINGS = ("Individual adopter identifier", "Family identifier", "Gender", "Ethnicity")
Sheets = Mapping[str, Sequence[Sequence[object]]]

SHEETS: Sheets = {
    "Guidance": [("How to fill in these lists",)],
    "List 1": [(*PERSON, "Date of Contact", "Contact Source"), (*ANN, dt.datetime(2020, 9, 16), "q) 6: Police"),
               (*BEN, dt.datetime(2020, 9, 17), None)],
    "List 3": [(*PERSON, "Date of referral ", "Referral Source", "Referral NFA?", "Allocated Worker"),
               (*ANN, dt.datetime(2020, 9, 18), "j) 3D: Health", "a) Yes", "Zelda\u00a0Worker"),
               (None, "a) Male", "a) WBRI", BORN, 1, dt.datetime(2020, 9, 18), None, "No", "Zelda\u00a0Worker")],
    "List 8": [(*PERSON, "Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N))",
                "Does the Child have a Disability", "Date Started to be Looked After", "Child's Legal Status",
                "Start Date of Most Recent Placement", "Placement Type", "Placement postcode",
                "Date Ceased to be Looked After", "Allocated Worker"),
               (*ANN, "a) Yes", "b) No", dt.datetime(2019, 1, 2), "C2: FCO", dt.datetime(2020, 2, 3), "U1", "AB1 1AA",
                None, "Zelda Worker")],
    "List 10": [("Child Unique ID", "Family identifier", "Gender", "Ethnicity", "Date of Birth",
                 "Date Placed for Adoption", "Date of Adoption Order "),
                (1001, 555.0, "b) Female", "a) WBRI", BORN, dt.datetime(2021, 1, 1), dt.datetime(2021, 6, 1))],
    "List 11": [ADOPTER_HEADINGS, (9001, 555.0, "a) Male", "a) WBRI"), (9002, 555.0, "b) Female", "a) WBRI")],
}  # fmt: skip


def write(path: Path, sheets: Sheets) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, listed in sheets.items():
        sheet = book.create_sheet(title)
        for row in listed:
            sheet.append(list(row))
    book.save(path)


@pytest.fixture
def annex(load, tmp_path: Path):
    def run(sheets: Sheets = SHEETS, **settings: Any):
        write(tmp_path / "a.xlsx", sheets)
        return load(**{"format": "annex_a", "path": "a.xlsx", "authority": "301", **settings})

    return run


def test_sample_has_its_rows_children_and_adults(load, samples: Path) -> None:
    loaded = load(folder=samples, format="annex_a", path="annex_a/Annex_A.xlsx", authority="301")
    by_list = Counter(row["file"].rpartition(" ")[2] for row in loaded.rows)
    assert by_list == {"1": 5, "2": 5, "3": 6, "4": 5, "5": 5, "6": 5, "7": 7, "8": 5, "9": 6, "10": 5}
    # One child is in Lists 3 and 5, five are in 9 and 10.
    assert len({row["key"] for row in loaded.rows}) == 54 - 6
    assert loaded.extract.excluded == {"adult": 5}
    adults = {"7105179", "10898578", "7131857", "11340940", "2937497"}
    assert not adults & {row["la_child_id"] for row in loaded.rows}
    kinds = Counter(event["kind"] for event in loaded.events)
    assert kinds == {"contact": 5, "early_help": 5, "referral": 6, "assessment": 5, "s47": 5, "icpc": 3, "cin": 5,
                     "cpp": 7, "looked_after": 5, "placement": 5, "care_leaver": 6, "family_id": 5,
                     "placed_for_adoption": 5, "adopted": 5}  # fmt: skip
    # List 9 of the older template does not ask for UASC; those in Lists 9 and 10 have other birth dates there.
    assert loaded.codes == {"FI012": 1, "DT017": 5}


def test_sample_through_prepare(load, samples: Path) -> None:
    loaded = load(folder=samples, format="annex_a", path="annex_a/Annex_A.xlsx", authority="301", year=2021)
    tables = prepared(loaded, authority="301", year=2021)
    records = by_key(tables)
    assert len(records) == 48
    assert Counter(record["sex"] for record in records.values()) == {"F": 23, "M": 24, None: 1}
    assert Counter(record["ethnicity_why"] for record in records.values())["not_obtained"] == 9
    assert not [record for record in records.values() if record["ethnicity_why"] == "unknown_code"]
    assert str(records["301/6537810"]["dob"]) == "2004-07-18"
    assert records["301/6537810"]["row_count"] == 2
    assert all(record["postcode"] is None for record in records.values())
    assert ("301/6537810", "301", "6537810") in of_scheme(tables, "la_child_id")
    assert {event["kind"] for event in tables["events"]} >= {"contact", "cpp", "family_id"}


def test_lists_fold_by_the_id_of_the_child(annex) -> None:
    loaded = annex()
    assert [(row["file"], row["row"], row["key"]) for row in loaded.rows] == [
        ("a.xlsx#List 1", 1, "301/1001"), ("a.xlsx#List 1", 2, "301/007"), ("a.xlsx#List 10", 1, "301/1001"),
        ("a.xlsx#List 3", 1, "301/1001"), ("a.xlsx#List 8", 1, "301/1001"),
    ]  # fmt: skip
    ben = loaded.rows[1]
    assert (ben["la_child_id"], ben["dob"], ben["sex"]) == ("007", None, "c) Not stated/recorded")
    records = by_key(prepared(loaded))
    assert records["301/1001"]["row_count"] == 4
    ann = records["301/1001"]
    assert (ann["sex"], ann["ethnicity"], ann["disability"]) == ("F", "WBRI", "N")
    assert (str(ann["dob"]), ann["dob_precision"]) == ("2010-03-04", "day")
    assert (ann["cla"], ann["uasc"], ann["cin"], ann["cpp"]) == ("Y", "Y", None, None)


def test_adults_workers_and_rows_without_an_id_are_no_children(annex) -> None:
    loaded = annex()
    assert loaded.extract.excluded == {"adult": 2, "no_key": 1}
    everything = str(loaded.rows) + str(loaded.events) + str(loaded.addresses)
    assert "900" not in everything
    assert "Zelda" not in everything


def test_events_and_the_place_of_a_placement(annex) -> None:
    loaded = annex()
    assert sorted((e["kind"], e["code"], e["date_from"]) for e in loaded.events if e["key"] == "301/1001") == [
        ("adopted", None, "2021-06-01"), ("contact", "q) 6: Police", "2020-09-16"), ("family_id", "555", None),
        ("looked_after", "C2: FCO", "2019-01-02"), ("no_further_action", None, "2020-09-18"),
        ("placed_for_adoption", None, "2021-01-01"), ("placement", "U1", "2020-02-03"),
        ("referral", None, "2020-09-18"),
    ]  # fmt: skip
    assert [(a["kind"], a["postcode"], a["valid_from"]) for a in loaded.addresses] == [
        ("placement", "AB1 1AA", "2020-02-03")
    ]
    assert "postcode" not in loaded.extract.fields


def test_headings_drift_and_what_is_not_known_is_counted(annex) -> None:
    headings = ("Child's Unique Identifier", "Sex", "Ethnicity\n(DfE code)", " DATE OF  BIRTH", "Date of Contact",
                "Mood")  # fmt: skip
    loaded = annex({"Contacts (List 1)": [("Contacts in the last six months",), headings,
                                         ("0012", "F", "BCRB", "25/01/2015", "01/02/2021", "good")]})  # fmt: skip
    row = loaded.rows[0]
    assert (row["key"], row["sex"], row["ethnicity"], row["dob"]) == ("301/0012", "F", "BCRB", "25/01/2015")
    assert loaded.codes == {"FI011": 1, "FI012": 1}  # `Mood`; no contact source
    assert {item.field for item in loaded.extract.findings} == {"", "contact_source"}
    assert str(by_key(prepared(loaded))["301/0012"]["dob"]) == "2015-01-25"


def test_lists_are_told_by_their_columns_where_titles_say_nothing(annex) -> None:
    loaded = annex({"Sheet1": SHEETS["List 8"], "Sheet2": SHEETS["List 11"], "Sheet3": SHEETS["List 10"]})
    assert {row["file"]: row["cla"] for row in loaded.rows} == {"a.xlsx#Sheet1": "true", "a.xlsx#Sheet3": None}
    assert loaded.extract.excluded == {"adult": 2}


def test_a_list_may_be_a_csv_file(load) -> None:
    person = "Child Unique ID,Gender,Ethnicity,Date of Birth,Age"
    loaded = load({"x/301/List_6.csv": f"{person},CIN Start Date,CIN Closure Date\n1.0,a) Male,a) WBRI,05/06/2007,9,"
                                       "01/02/2020,\n",
                   "x/302/list 7.csv": f"{person},Child Protection Plan Start Date\n1,,,,,01/02/2020\n",
                   "x/302/List 11.csv": "Adopter ID\n77\n"}, format="annex_a", path="x")  # fmt: skip
    assert {row["key"]: (row["cin"], row["cpp"]) for row in loaded.rows} == {
        "301/1": ("true", None), "302/1": (None, "true")}  # fmt: skip
    assert loaded.extract.excluded == {"adult": 1}


@pytest.mark.parametrize(("settings", "sheets", "says"), [
    ({"authority": None}, SHEETS, 'authority = "301"'),
    ({}, {"List 11": SHEETS["List 11"]}, "List 1 to List 10"),
    ({}, {"Sheet": [("Zzyzxson", "x")]}, "List 1 to List 10"),
    ({}, {"List 2": [("Gender", "Date of Birth", "Pupil"), ("a) Male", BORN, "Zzyzxson")]}, "Child Unique ID"),
])  # fmt: skip
def test_bad_workbooks_are_refused_without_a_value(annex, settings, sheets, says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        annex(sheets, **settings)
    fault = raised.value.faults[0]
    assert fault.where
    assert fault.expected
    assert fault.remedy
    assert "Zzyzxson" not in str(raised.value)


@pytest.mark.parametrize(("title", "headings", "adults"), [
    ("List 11", ("Child Unique ID",), True), ("List 10", ("Date of Matching Child and Prospective Adopters",), False),
    ("Sheet1", ("Adopter ID", "Child Unique ID"), True), ("Prospective adopters", ("ID",), True),
    ("List 1", ("Child Unique ID",), False), ("List 10 - children and adopters", ("Child Unique ID",), False),
])  # fmt: skip
def test_tables_of_adopters_are_told(title: str, headings: tuple[str, ...], adults: bool) -> None:
    assert is_adopters(title, Header(headings)) is adults


@pytest.mark.parametrize(
    ("title", "number"), [("List 8", 8), ("list_08 CLA", 8), ("List11", 11), ("Checklist 3", None)]
)
def test_number_in_a_title(title: str, number: int | None) -> None:
    assert list_number(title) == number
