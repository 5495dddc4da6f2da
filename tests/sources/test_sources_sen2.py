"""Format `sen2`: both forms give the same persons, keyed by the number they have, and events of their plans."""

from __future__ import annotations

import pytest
from sources_prepared import by_key, of_scheme, prepared

from linkage.errors import InputError

HEAD = ("<Message><Header><CollectionDetails><Collection>SEN2</Collection><Year>2024</Year>"
        "<ReferenceDate>2024-01-18</ReferenceDate></CollectionDetails><Source>"
        "<LEA>301</LEA></Source></Header>")  # fmt: skip
# Ann has a plan, Ben is older and has a ULN only, Cat has neither; her request was refused.
ANN = """<Person><Surname>Archer</Surname><Forename>Ann</Forename><PersonBirthDate>2012-01-21</PersonBirthDate>
<Sex>F</Sex><Ethnicity>WBRI</Ethnicity><PostCode>AB1 1AA</PostCode><UPN>b801200005001</UPN>
<UniqueLearnerNumber/><UPNunknown/>
<Requests><ReceivedDate>2021-11-30</ReceivedDate><RequestOutcomeDate>2021-12-01</RequestOutcomeDate>
<RequestOutcome>Y</RequestOutcome><Assessment><AssessmentOutcome>Y</AssessmentOutcome>
<AssessmentOutcomeDate>2022-02-01</AssessmentOutcomeDate><NamedPlan><StartDate>2022-03-01</StartDate>
<PlanDetail><URN>999999</URN></PlanDetail></NamedPlan></Assessment>
<ActivePlans><TransferLA/><PlacementDetail><URN>100001</URN><PlacementRank>1</PlacementRank>
<EntryDate>2022-09-01</EntryDate><LeavingDate>2023-07-20</LeavingDate></PlacementDetail>
<PlacementDetail><URN>100002</URN><PlacementRank>2</PlacementRank><EntryDate>2023-09-01</EntryDate></PlacementDetail>
<SENneed><SENtype>ASD</SENtype><SENtypeRank>1</SENtypeRank></SENneed></ActivePlans></Requests></Person>"""
BEN = """<Person><Surname>Archer</Surname><Forename>Ben</Forename><PersonBirthDate>2003-02-03</PersonBirthDate>
<GenderCurrent>1</GenderCurrent><Ethnicity>BCRB</Ethnicity><Postcode>AB1 1AB</Postcode><UPN>UN9</UPN>
<UniqueLearnerNumber>1000000426</UniqueLearnerNumber><Requests><ReceivedDate>2019-01-01</ReceivedDate>
<RequestOutcome>Y</RequestOutcome><Assessment><AssessmentOutcome>Y</AssessmentOutcome><NamedPlan>
<StartDate>2019-06-01</StartDate><CeaseDate>2023-12-31</CeaseDate><CeaseReason>4</CeaseReason></NamedPlan></Assessment>
</Requests></Person>"""
CAT = """<Person><Surname>Zzyzxson</Surname><Forename>Cat</Forename><PersonBirthDate>2020-05-06</PersonBirthDate>
<Sex>U</Sex><Ethnicity>NOBT</Ethnicity><PostCode>AB1 1AC</PostCode><UniqueLearnerNumber>9999999999</UniqueLearnerNumber>
<UPNunknown>UN1</UPNunknown><Requests><ReceivedDate>2023-12-03</ReceivedDate><RequestOutcome>N</RequestOutcome>
</Requests></Person>"""
XML = f"{HEAD}<Persons>{ANN}{BEN}{CAT}</Persons></Message>"

EXPORT = {
    "sen2": "sen2tableid,NativeId,collection,year,referencedate,lea\n9,x,SEN2,2024,2024-Jan-18 00:00:00,301\n",
    "person": (
        "persontableid,NativeId,personorderseqcolumn,sourceid,sen2tableid,surname,forename,personbirthdate,gendercurrent,"
        "sex,ethnicity,postcode,upn,uniquelearnernumber,upnunknown\n"
        "1,x,1,y,9,Archer,Ann,2012-Jan-21 00:00:00,,F,WBRI,AB1 1AA,b801200005001,,\n"
        "2,x,2,y,9,Archer,Ben,2003-Feb-03 00:00:00,1,,BCRB,AB1 1AB,UN9,1000000426,\n"
        "3,x,3,y,9,Zzyzxson,Cat,2020-May-06 00:00:00,,U,NOBT,AB1 1AC,,9999999999,UN1\n"
    ),
    "requests": "requeststableid,persontableid,receiveddate,requestoutcomedate,requestoutcome\n"
                "11,1,2021-Nov-30 00:00:00,2021-Dec-01 00:00:00,Y\n12,2,2019-Jan-01 00:00:00,,Y\n"
                "13,3,2023-Dec-03 00:00:00,,N\n",
    "assessment": "assessmenttableid,requeststableid,assessmentoutcome,assessmentoutcomedate\n"
                  "21,11,Y,2022-Feb-01 00:00:00\n22,12,Y,\n",
    "namedplan": "namedplantableid,assessmenttableid,startdate,ceasedate,ceasereason\n"
                 "31,21,2022-Mar-01 00:00:00,,\n32,22,2019-Jun-01 00:00:00,2023-Dec-31 00:00:00,4\n",
    "activeplans": "activeplanstableid,requeststableid,transferla\n41,11,\n",
    "placementdetail": "placementdetailtableid,activeplanstableid,urn,placementrank,entrydate,leavingdate\n"
                       "51,41,100001,1,2022-Sep-01 00:00:00,2023-Jul-20 00:00:00\n"
                       "52,41,100002,2,2023-Sep-01 00:00:00,\n",
    "senneed": "senneedtableid,activeplanstableid,sentype,sentyperank\n61,41,ASD,1\n",
    "plandetail": "plandetailtableid,namedplantableid,urn\n71,31,999999\n",
}  # fmt: skip
FILES = {f"e/Blade-Export_25-03-2024_{name}.csv": text for name, text in EXPORT.items()}


@pytest.fixture
def returned(load):
    return load({"r.xml": XML}, format="sen2", path="r.xml", name="x")


@pytest.fixture
def exported(load):
    return load(FILES, format="sen2", path="e", name="c")


def test_key_is_the_number_that_a_person_has(returned) -> None:
    ann, ben, cat = [row["key"] for row in returned.rows]
    assert (ann, ben) == ("301/B801200005001", "301/1000000426")
    assert cat.startswith("301/~")
    assert "Zzyzxson" not in cat
    assert [row["row"] for row in returned.rows] == [1, 2, 3]
    assert {row["rank"] for row in returned.rows} == {2024}
    assert returned.codes == {"FO004": 1}


def test_plans_and_schools(returned) -> None:
    assert [(row["sen"], row["school_urn"], row["sex"]) for row in returned.rows] == [
        ("E", "100002", "F"), (None, None, "1"), (None, None, "U")]  # fmt: skip
    ann = returned.rows[0]["key"]
    events = {(e["kind"], e["code"], e["date_from"], e["date_to"]) for e in returned.events if e["key"] == ann}
    assert events == {
        ("ehc_request", "Y", "2021-11-30", "2021-12-01"), ("ehc_assessment", "Y", "2022-02-01", None),
        ("ehc_plan", None, "2022-03-01", None), ("ehc_active", None, None, None),
        ("ehc_placement", "100001", "2022-09-01", "2023-07-20"), ("ehc_placement", "100002", "2023-09-01", None),
        ("sen_need", "ASD", None, None),
    }  # fmt: skip
    assert [e["code"] for e in returned.events if e["kind"] == "upn_unknown"] == ["UN1"]


def test_both_forms_say_the_same(returned, exported) -> None:
    assert exported.codes == {"FO004": 1}
    keys = ("key", "upn", "uln", "sex", "ethnicity", "postcode", "sen", "school_urn", "authority", "rank")
    both = [[tuple(row[name] for name in keys) for row in loaded.rows] for loaded in (returned, exported)]
    assert both[0] == both[1]
    first, second = ({(e["kind"], e["code"]) for e in loaded.events} for loaded in (returned, exported))
    assert first == second
    assert len(returned.events) == len(exported.events)


@pytest.mark.parametrize("form", ["returned", "exported"])
def test_through_prepare(form: str, request) -> None:
    tables = prepared(request.getfixturevalue(form))
    records = by_key(tables)
    ann, ben = records["301/B801200005001"], records["301/1000000426"]
    assert (str(ann["dob"]), ann["sex"], ann["ethnicity"], ann["sen"]) == ("2012-01-21", "F", "WBRI", "E")
    assert (ann["forename"], ann["surname"], ann["postcode"]) == ("ANN", "ARCHER", "AB1 1AA")
    assert ann["school_urn"] == "100002"
    assert (str(ben["dob"]), ben["sex"], ben["dob_precision"]) == ("2003-02-03", "M", "day")
    held = of_scheme(tables, "upn") | of_scheme(tables, "uln")
    assert ("301/B801200005001", "national", "B801200005001") in held
    assert ("301/1000000426", "national", "1000000426") in held
    assert {value for _, _, value in held} == {"B801200005001", "1000000426", None}
    started = {str(event["date_from"]) for event in tables["events"] if event["kind"] == "ehc_placement"}
    assert started == {"2022-09-01", "2023-09-01"}


def test_two_years_of_a_person_fold_and_the_later_speaks(load) -> None:
    older = XML.replace("2024-01-18", "2023-01-19").replace("AB1 1AA", "AB9 9AA")
    loaded = load({"a.xml": XML, "b.xml": older}, format="sen2", path=["a.xml", "b.xml"])
    assert len(loaded.rows) == 6
    records = by_key(prepared(loaded))
    assert len(records) == 3
    assert records["301/B801200005001"]["postcode"] == "AB1 1AA"


def test_tables_of_two_exports_do_not_mix(load) -> None:
    other = {name.replace("25-03-2024", "20-03-2025"): text.replace(",301", ",302") for name, text in FILES.items()}
    loaded = load({**FILES, **other}, format="sen2", path="e")
    assert {row["authority"] for row in loaded.rows} == {"301", "302"}
    assert sum(event["kind"] == "ehc_request" for event in loaded.events) == 6


def test_persons_alone_need_an_authority_and_lost_rows_are_counted(load) -> None:
    alone = {"e/person.csv": EXPORT["person"]}
    with pytest.raises(InputError, match='authority = "301"') as raised:
        load(alone, format="sen2", path="e")
    assert "Zzyzxson" not in str(raised.value)
    lost = {"e/placementdetail.csv": EXPORT["placementdetail"], "e/readme.csv": "a,b\n1,2\n"}
    loaded = load({**alone, **lost}, format="sen2", path="e", authority="301", year=2024)
    assert loaded.codes == {"FI006": 1, "FI013": 2, "FO004": 1}
    assert {row["school_urn"] for row in loaded.rows} == {None}


def test_authority_from_the_folder_and_a_person_without_anything(load) -> None:
    text = XML.replace("<LEA>301</LEA>", "").replace("</Persons>", "<Person><Sex>M</Sex></Person></Persons>")
    loaded = load({"in/302/r.xml": text}, format="sen2", path="in")
    assert {row["authority"] for row in loaded.rows} == {"302"}
    assert loaded.codes["FI008"] == 1
    assert loaded.extract.excluded == {"no_key": 1}


@pytest.mark.parametrize(("files", "says"), [
    ({"r.xml": XML.replace(">SEN2<", ">CIN<")}, "SEN2 return"),
    ({"r.xml": "<EXPSSDA903/>"}, "SSDA903 return"),
    ({"r.xml": "<Message></Message>"}, "another kind"),
    ({"r.xml": XML[:-30]}, "cut off"),
    ({"r.xml": XML.replace("<LEA>301</LEA>", "")}, 'authority = "301"'),
    ({"r.csv": "UPN,Surname,Forename,DOB\nA,Zzyzxson,Ann,2010-01-01\n"}, "persontableid"),
])  # fmt: skip
def test_bad_files_are_refused_without_a_value(load, files, says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        load(files, format="sen2", path=next(iter(files)))
    assert raised.value.faults[0].remedy
    assert "Zzyzxson" not in str(raised.value)


def test_active_plans_beside_the_requests_are_read(load) -> None:
    """The schema has them in a request; the fact sheet of the return can be read in another way."""
    text = XML.replace("<ActivePlans>", "</Requests><ActivePlans>").replace(
        "</ActivePlans></Requests>", "</ActivePlans>"
    )
    loaded = load({"r.xml": text}, format="sen2", path="r.xml")
    assert [(row["sen"], row["school_urn"]) for row in loaded.rows] == [("E", "100002"), (None, None), (None, None)]


def test_memory_is_written_in_batches(load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linkage.sources.sen2_xml.BATCH", 2)
    assert len(load({"r.xml": XML}, format="sen2", path="r.xml").rows) == 3
