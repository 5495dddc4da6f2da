"""Format `cin_census`, the flat file of regional platforms: the children and events of the returns it is made of."""

from __future__ import annotations

import pytest
from sources_prepared import by_key, of_scheme, prepared

from linkage.errors import InputError

HEADINGS = ("LAchildID,Date,Type,CINreferralDate,ReferralSource,PrimaryNeedCode,CINclosureDate,ReasonForClosure,"
            "DateOfInitialCPC,ReferralNFA,CINPlanStartDate,CINPlanEndDate,S47ActualStartDate,AssessmentActualStartDate,"
            "AssessmentAuthorisationDate,Factors,CPPstartDate,CPPendDate,InitialCategoryOfAbuse,LatestCategoryOfAbuse,"
            "UPN,FormerUPN,UPNunknown,PersonBirthDate,ExpectedPersonBirthDate,GenderCurrent,PersonDeathDate,"
            "PersonSchoolYear,Ethnicity,Disabilities,LA,Year")  # fmt: skip
NAMES = HEADINGS.split(",")


def line(child: str, kind: str, date: str, **values: str) -> str:
    person = {"PersonBirthDate": "2010-05-01", "GenderCurrent": "2", "Ethnicity": "WBRI", "Disabilities": "MOB,AUT",
              "LA": "Barnet", "Year": "2022"}  # fmt: skip
    row = {**person, "LAchildID": child, "Type": kind, "Date": date, **values}
    return ",".join(f'"{row.get(name, "")}"' for name in NAMES)


ANN = {"CINreferralDate": "2021-06-01", "CINclosureDate": "2021-12-01", "ReasonForClosure": "RC1",
       "PrimaryNeedCode": "N1", "ReferralNFA": "0", "UPN": "B801200005001"}  # fmt: skip
FLAT = "\n".join([
    HEADINGS,
    line("123_BAR", "CINreferralDate", "2021-06-01", **ANN),
    line("123_BAR", "CINclosureDate", "2021-12-01", **ANN),
    line("123_BAR", "AssessmentActualStartDate", "2021-06-02", **ANN, AssessmentActualStartDate="2021-06-02",
         AssessmentAuthorisationDate="2021-07-01", Factors="2B,9A"),
    line("123_BAR", "AssessmentAuthorisationDate", "2021-07-01", **ANN, AssessmentActualStartDate="2021-06-02",
         AssessmentAuthorisationDate="2021-07-01", Factors="2B,9A"),
    line("123_BAR", "CPPstartDate", "2021-08-01", **ANN, CPPstartDate="2021-08-01", InitialCategoryOfAbuse="NEG"),
    line("123_BAR", "CPPreviewDate", "2021-10-01", **ANN, CPPstartDate="2021-08-01"),
    line("77_822", "CINreferralDate", "2021-09-01", CINreferralDate="2021-09-01", ReferralNFA="true", UPNunknown="UN2",
         PersonBirthDate="", ExpectedPersonBirthDate="2022-01-01", GenderCurrent="0", Disabilities=""),
    line("", "CINreferralDate", "2021-09-01"),
]) + "\n"  # fmt: skip


def test_rows_are_events_of_children(load) -> None:
    loaded = load({"cin.csv": FLAT}, format="cin_census", path="cin.csv")
    assert [row["key"] for row in loaded.rows] == ["302/123"] * 6 + ["822/77"]
    assert [row["row"] for row in loaded.rows] == [1, 2, 3, 4, 5, 6, 7]
    first, last = loaded.rows[0], loaded.rows[-1]
    assert (first["la_child_id"], first["authority"], first["rank"]) == ("123", "302", 2022)
    assert (first["cin"], first["cpp"], first["uasc"]) == ("true", "true", "true")
    assert (last["cin"], last["cpp"], last["uasc"], last["sex"]) == ("true", None, None, "0")
    assert loaded.extract.excluded == {"no_key": 1}
    assert loaded.codes == {"DT016": 6}


def test_events_are_those_of_the_return(load) -> None:
    loaded = load({"cin.csv": FLAT}, format="cin_census", path="cin.csv")
    names = ("key", "kind", "code", "date_from", "date_to")
    assert sorted(tuple(event[name] or "" for name in names) for event in loaded.events) == [
        ("302/123", "assessment", "2B,9A", "2021-06-02", "2021-07-01"),
        ("302/123", "closure", "RC1", "2021-12-01", ""),
        ("302/123", "cpp", "NEG", "2021-08-01", ""),
        ("302/123", "referral", "N1", "2021-06-01", "2021-12-01"),
        ("822/77", "no_further_action", "", "2021-09-01", ""),
        ("822/77", "referral", "", "2021-09-01", ""),
        ("822/77", "upn_unknown", "UN2", "", ""),
    ]  # fmt: skip


def test_through_prepare_birth_dates_are_known_to_the_month(load) -> None:
    tables = prepared(load({"cin.csv": FLAT}, format="cin_census", path="cin.csv"))
    records = by_key(tables)
    ann, ben = records["302/123"], records["822/77"]
    assert (str(ann["dob"]), ann["dob_precision"], ann["dob_raw"]) == ("2010-05-01", "month", "2010-05-01")
    assert (ann["sex"], ann["ethnicity"], ann["disability"], ann["uasc"]) == ("F", "WBRI", "Y", "Y")
    assert ann["row_count"] == 6
    assert (ben["dob"], str(ben["expected_dob"]), ben["sex"]) == (None, "2022-01-01", None)
    assert of_scheme(tables, "la_child_id") == {("302/123", "302", "123"), ("822/77", "822", "77")}
    assert {str(e["date_from"]) for e in tables["events"] if e["kind"] == "referral"} == {"2021-06-01", "2021-09-01"}


def test_full_birth_dates_stay_full(load) -> None:
    text = "\n".join([HEADINGS, line("1_BAR", "CINreferralDate", "2021-06-01"),
                      line("2_BAR", "CINreferralDate", "2021-06-01", PersonBirthDate="2010-05-17")])  # fmt: skip
    loaded = load({"cin.csv": text}, format="cin_census", path="cin.csv")
    assert loaded.extract.date_formats["dob"] == "iso"
    assert {record["dob_precision"] for record in prepared(loaded)["records"]} == {"day"}


@pytest.mark.parametrize(("child", "la", "key"), [
    ("123_BAR", "Barnet", "302/123"), ("0012_822", "", "822/0012"), ("123", "822", "822/123"),
    ("123", "BAR", "302/123"), ("123.0_BAD", "", "301/123"), ("123_XYZ", "Atlantis", "123_XYZ"),
])  # fmt: skip
def test_authority_is_behind_the_id(load, child: str, la: str, key: str) -> None:
    text = "\n".join([HEADINGS, line(child, "CINreferralDate", "2021-06-01", LA=la)])
    loaded = load({"cin.csv": text}, format="cin_census", path="cin.csv")
    assert [row["key"] for row in loaded.rows] == [key]
    assert loaded.codes.get("ID008", 0) == (child == "123_XYZ")


def test_column_names_in_any_case_and_types_that_are_not_known(load) -> None:
    text = "lachildid,DATE,type,Sex,Year\n1_BAR,2021-06-01,cinreferraldate,F,2025\n1_BAR,2021-06-02,Tea,F,2025\n"
    loaded = load({"cin.csv": text}, format="cin_census", path="cin.csv")
    assert [(row["sex"], row["rank"]) for row in loaded.rows] == [("F", 2025), ("F", 2025)]
    assert loaded.codes == {"FI019": 1}
    assert [event["kind"] for event in loaded.events] == ["referral"]


def test_files_of_several_years_do_not_double_events(load) -> None:
    files = {"a.csv": FLAT, "b.csv": FLAT.replace('"2022"', '"2023"')}
    one = load({"a.csv": FLAT}, format="cin_census", path="a.csv", name="one")
    both = load(files, format="cin_census", path=["a.csv", "b.csv"], name="both")
    assert len(both.rows) == 2 * len(one.rows)
    assert sorted(map(str, both.events)) == sorted(map(str, one.events))


def test_forms_do_not_mix_and_other_tables_are_left_out(load) -> None:
    xml = ("<Message><Header><Source><LEA>302</LEA></Source></Header><Children><Child><ChildIdentifiers><LAchildID>1"
           "</LAchildID></ChildIdentifiers></Child></Children></Message>")  # fmt: skip
    with pytest.raises(InputError, match="different forms") as raised:
        load({"in/2024.xml": xml, "in/b.csv": FLAT}, format="cin_census", path="in")
    assert raised.value.faults[0].remedy
    loaded = load({"x/2024.xml": xml, "x/notes.csv": "a,b\n1,2\n"}, format="cin_census", path="x")
    assert (len(loaded.rows), loaded.codes["FI006"]) == (1, 1)
    # XML whose name says that it is a table is XML.
    assert len(load({"2024.txt": xml}, format="cin_census", path="2024.txt").rows) == 1


@pytest.mark.parametrize(("text", "says"), [
    ("CHILD,DECOM,LS\nZzyzxson,01/01/2020,C2\n", "SSDA903 return: episodes"),
    ("LAchildID,Date,Type\nZzyzxson,2020-01-01,CINreferralDate\n", 'authority = "301"'),
    ("", "empty"),
])  # fmt: skip
def test_bad_files_are_refused_without_a_value(load, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        load({"x.csv": text}, format="cin_census", path="x.csv")
    assert raised.value.faults[0].remedy
    assert "Zzyzxson" not in str(raised.value)
