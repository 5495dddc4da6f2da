"""Subgroup columns that the project names: in every form of every format, on the rows that they stand in."""

from __future__ import annotations

import io

import openpyxl
import pytest
from sources_prepared import by_key, prepared

from linkage.errors import InputError, ProjectError

CIN = (
    "<Message><Header><CollectionDetails><Collection>CIN</Collection><ReferenceDate>2024-03-31</ReferenceDate>"
    "</CollectionDetails><Source><LEA>301</LEA></Source></Header><Children>"
    "<Child><ChildIdentifiers><LAchildID>1</LAchildID></ChildIdentifiers>"
    "<CINdetails><PrimaryNeedCode>N1</PrimaryNeedCode></CINdetails>"
    "<CINdetails><PrimaryNeedCode>N2</PrimaryNeedCode></CINdetails></Child>"
    "<Child><ChildIdentifiers/></Child>"  # without an id: a row that is left out
    "<Child><ChildIdentifiers><LAchildID>3</LAchildID></ChildIdentifiers>"
    "<CINdetails><PrimaryNeedCode>N3</PrimaryNeedCode></CINdetails></Child></Children></Message>"
)


def test_an_element_of_a_return(load) -> None:
    loaded = load({"c.xml": CIN}, format="cin_census", path="c.xml", subgroups={"need": "PrimaryNeedCode"})
    assert {row["key"]: row["subgroup__need"] for row in loaded.rows} == {"301/1": "N1", "301/3": "N3"}
    assert by_key(prepared(loaded))["301/3"]["subgroup__need"] == "N3"


def test_columns_of_several_files(load) -> None:
    files = {
        "301/header.csv": "CHILD,SEX,DOB,ETHNIC,UPN,Team\n1,1,01/02/2012,WBRI,UN1,North\n2,1,01/02/2012,WBRI,UN1,\n",
        "301/episodes.csv": "CHILD,DECOM,LS,PLACE\n1,01/02/2020,C2,U1\n",
    }
    loaded = load(files, format="ssda903", path="301", subgroups={"team": "team", "place": "PLACE"})
    assert [(row["file"], row["subgroup__team"], row["subgroup__place"]) for row in loaded.rows] == [
        ("301/episodes.csv", None, "U1"), ("301/header.csv", "North", None),
        ("301/header.csv", None, None)]  # fmt: skip
    assert by_key(prepared(loaded))["301/1"]["subgroup__place"] == "U1"


def test_a_column_of_a_workbook_with_a_banner(load) -> None:
    book = openpyxl.Workbook()
    book.active.title = "List 6"
    for row in (["Annex A"], [], ["Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "CIN Start Date", "Ward"],
                ["1", "a) Male", "a) WBRI", "01/02/2012", "01/02/2020", "Hill"], [],
                ["2", "a) Male", "a) WBRI", "01/02/2012", "01/02/2020", "Dale"]):  # fmt: skip
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    loaded = load({"a.xlsx": content.getvalue()}, format="annex_a", path="a.xlsx", authority="301",
                  subgroups={"ward": "Ward"})  # fmt: skip
    assert {row["key"]: row["subgroup__ward"] for row in loaded.rows} == {"301/1": "Hill", "301/2": "Dale"}


def test_a_characteristic_is_filled_from_the_column_that_the_project_names(load) -> None:
    census = "UPN,Surname,Forename,DOB,Ethnicity,Language,CensusTerm,EnrolStatus,NCyearActual,EntryDate,Own\n"
    rows = "H801200001001,Hill,Ann,2012-01-02,WBRI,ENG,SPR,C,3,,APKN\n,Low,Bob,2013-01-02,BAFR,ENG,SPR,C,3,,\n"
    loaded = load({"p.csv": census + rows}, format="school_census", path="p.csv", subgroups={"ethnicity": "Own"})
    assert [row["ethnicity"] for row in loaded.rows] == ["APKN", "BAFR"]
    assert "ethnicity" in loaded.extract.fields


def test_a_pupil_of_a_census_in_xml(load) -> None:
    pupil = "<PupilOnRoll><UPN>H801200001001</UPN><Surname>Hill</Surname><House>{}</House></PupilOnRoll>"
    left = "<PupilNoLongerOnRoll><Surname>Low</Surname><House>red</House></PupilNoLongerOnRoll>"
    xml = (f"<Message><Header><Collection>SC</Collection></Header>{pupil.format('blue')}{left}"
           f"{pupil.format('')}</Message>")  # fmt: skip
    loaded = load({"s.xml": xml}, format="school_census", path="s.xml", subgroups={"house": "House"})
    assert [(row["row"], row["subgroup__house"]) for row in loaded.rows] == [(1, "blue"), (2, "red"), (3, None)]


def test_all_columns_that_are_not_there_are_named_at_once_with_the_nearest(load) -> None:
    subgroups = {"need": "PrimaryNeedCod", "other": "Nothing like it"}
    with pytest.raises(InputError) as raised:
        load({"c.xml": CIN}, format="cin_census", path="c.xml", subgroups=subgroups)
    assert ["'PrimaryNeedCode'" in fault.expected for fault in raised.value.faults] == [False, True]
    assert len(raised.value.faults) == 2


@pytest.mark.parametrize("name", ["dob", "upn", "surname"])
def test_a_field_that_is_no_characteristic_is_no_subgroup(load, name: str) -> None:
    with pytest.raises(ProjectError, match="no characteristic"):
        load({"c.xml": CIN}, format="cin_census", path="c.xml", subgroups={name: "PrimaryNeedCode"})
