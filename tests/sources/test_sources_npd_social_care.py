"""The NPD's CIN and CLA tables: keys by PMR, children who have none, births to the month, names of variables."""

from __future__ import annotations

import duckdb
import pytest
from sources_prepared import by_key, of_scheme, prepared

from linkage.errors import InputError
from linkage.sources.columns import Header
from linkage.sources.npd_social_care_layout import CIN, CLA, find_variables, is_extract, variable

CIN_FILE = """CIN_PupilMatchingRefAnonymous,CIN_ACADYR,CIN_LAchildID_Anon,CIN_LA_anon,CIN_ChildTableID,CIN_YearOfBirth,\
CIN_MonthOfBirth,CIN_Gender,CIN_Ethnicity,CIN_Disability,CIN_ReferralDate,CIN_PrimaryNeedCode,CIN_ReferralNFA,\
CIN_CINclosureDate,CIN_ReasonForClosure,CIN_CPPstartDate,CIN_CPPendDate,CIN_LatestCategoryOfAbuse
AbC1,2014/2015,K1,L1,1,2008,7,2,WBRI,0,2014-06-01,N1,0,2014-09-01,RC1,,,
abC1,2014/2015,K2,L1,2,2009,12.0,1,BCRB,1,2014-07-01,N1,1,,,2014-08-01,,NEG
,2013/2014,K1,L1,1,2008,7,2,WBRI,0,2013-06-01,N1,0,,,,,
,2014/2015,K1,L2,7,2012,99,1,NOBT,0,2014-05-01,N4,0,,,,,
,2014/2015,,L2,8,2013,1,0,REFU,0,2014-05-02,N4,0,,,,,
,2014/2015,,,,2013,2,9,APKN,0,2014-05-03,N4,0,,,,,
"""
CLA_FILE = """CLA_PupilMatchingRefAnonymous,CHILD_ID_ANON,CHILD_LA_CODE_ANON,LA,cla_SEX,cla_AGE_AUG,\
cla_PROCESSING_YEAR,cla_ETHNIC,cla_UASC_STATUS,cla_DATE_EPI_COMM,cla_DATE_EPI_CEASED,"cla_LEGAL STATUS",\
cla_PLACEMENT,cla_REC
AbC1,D1,K1,L1,2,6,2015,WBRI,0,2015-01-02,1900-01-01,C2,U1,-10
AbC1,D1,K1,L1,2,5,2014,WBRI,0,2014-01-02,2014-05-01,V2,U4,E11
,D2,K9,L1,1,15,2015,OOTH,1,2015-02-01,,C2,K2,-10
"""


@pytest.fixture
def cin(load):
    return load({"cin.csv": CIN_FILE}, format="cin_census", path="cin.csv", supply="p1", name="cin")


@pytest.fixture
def cla(load):
    return load({"cla.csv": CLA_FILE}, format="ssda903", path="cla.csv", supply="p1", name="cla")


def test_cin_keys(cin) -> None:
    keys = [row["key"] for row in cin.rows]
    # The third row has no PMR, but the first has one for the same child of the same authority.
    assert keys[:5] == ["AbC1", "abC1", "AbC1", "L2/K1", "table:2014/2015/8"]
    assert keys[5].startswith("~")
    assert [row["pmr"] for row in cin.rows] == ["AbC1", "abC1", None, None, None, None]
    assert [row["pseudonym"] for row in cin.rows] == ["L1/K1", "L1/K2", "L1/K1", "L2/K1", None, None]
    assert [row["dob"] for row in cin.rows] == ["2008-07", "2009-12", "2008-07", "2012", "2013-01", "2013-02"]
    assert [row["rank"] for row in cin.rows] == [2015, 2015, 2014, 2015, 2015, 2015]
    assert cin.codes == {"ID009": 1, "FO003": 1}
    assert cin.extract.excluded == {}
    assert "authority" not in cin.extract.fields


def test_cin_flags_and_events(cin) -> None:
    assert [(row["cin"], row["cpp"]) for row in cin.rows[:2]] == [("true", None), ("true", "true")]
    of_first = {(e["kind"], e["code"], e["date_from"], e["date_to"]) for e in cin.events if e["key"] == "AbC1"}
    assert of_first == {("referral", "N1", "2014-06-01", "2014-09-01"), ("closure", "RC1", "2014-09-01", None),
                        ("referral", "N1", "2013-06-01", None)}  # fmt: skip
    assert {e["kind"] for e in cin.events if e["key"] == "abC1"} == {"referral", "no_further_action", "cpp"}


def test_cla_rows_and_events(cla) -> None:
    assert [(row["key"], row["pseudonym"], row["rank"]) for row in cla.rows] == [
        ("AbC1", "L1/K1", 2015), ("AbC1", "L1/K1", 2014), ("L1/K9", "L1/K9", 2015)]  # fmt: skip
    assert {row["dob"] for row in cla.rows} == {None}
    assert sorted((e["key"], e["kind"], e["code"], e["date_from"], e["date_to"]) for e in cla.events) == [
        ("AbC1", "adopted", "E11", "2014-05-01", None), ("AbC1", "episode", "C2|U1", "2015-01-02", None),
        ("AbC1", "episode", "V2|U4", "2014-01-02", "2014-05-01"), ("L1/K9", "episode", "C2|K2", "2015-02-01", None),
    ]  # fmt: skip


def test_both_through_prepare_share_a_supply(cin, cla) -> None:
    tables = prepared(cin, cla, supply="p1")
    records = by_key({"records": [r for r in tables["records"] if r["source"] == "cin"]})
    assert len(records) == 5
    first = records["AbC1"]
    assert (str(first["dob"]), first["dob_precision"]) == ("2008-07-01", "month")
    assert (first["sex"], first["row_count"]) == ("F", 2)
    assert (str(records["L2/K1"]["dob"]), records["L2/K1"]["dob_precision"]) == ("2012-01-01", "year")
    assert (records["abC1"]["ethnicity"], records["abC1"]["disability"], records["abC1"]["cpp"]) == ("BCRB", "Y", "Y")
    # The values compare in their supply, case and all.
    assert of_scheme(tables, "pmr") == {("AbC1", "p1", "AbC1"), ("abC1", "p1", "abC1")}
    assert {value for _, scope, value in of_scheme(tables, "pseudonym") if scope == "p1"} == {
        "L1/K1", "L1/K2", "L1/K9", "L2/K1"}  # fmt: skip
    child = next(r for r in tables["records"] if r["source"] == "cla" and r["key"] == "L1/K9")
    assert (child["dob"], child["sex"], child["uasc"], child["cla"]) == (None, "M", "Y", "Y")


def test_order_of_rows_does_not_change_keys(load) -> None:
    head, *rest = CIN_FILE.strip().split("\n")
    keys = [
        sorted((row["key"], row["dob"] or "") for row in load(
            {f"{name}.csv": "\n".join([head, *lines])}, format="cin_census", path=f"{name}.csv", name=name).rows)
        for name, lines in (("a", rest), ("b", rest[::-1]))
    ]  # fmt: skip
    assert keys[0] == keys[1]


def test_a_child_of_two_references_keeps_them_apart(load) -> None:
    head = "CIN_PupilMatchingRefAnonymous,CIN_LAchildID_Anon,CIN_LA,CIN_ReferralDate"
    text = f"{head}\nP1,K,L,\nP2,K,L,\n,K,L,\nNULL,K,L,\n"
    loaded = load({"c.csv": text}, format="cin_census", path="c.csv")
    assert [row["key"] for row in loaded.rows] == ["P1", "P2", "L/K", "L/K"]
    assert loaded.codes == {"ID010": 1}


@pytest.mark.parametrize(("birth", "sex", "year", "key"), [
    ("2014,9", "1", "2015", "P1"), ("2014,9", "M", "2016", "P1"), ("2014,9", "0", "2015", "P1"),
    ("2014,8", "1", "2015", "L/K"), ("2014,9", "F", "2015", "L/K"),
    (",", "0", "2014", "P1"), (",", "0", "2015", "P1"), (",", "0", "2016", "L/K"),
])  # fmt: skip
def test_an_id_that_was_given_to_another_child_brings_no_reference(load, birth, sex, year, key) -> None:
    """Birth and sex must not differ; who is not born yet can only be a child born in that year or later."""
    head = (
        "CIN_PupilMatchingRefAnonymous,CIN_LAchildID_Anon,CIN_LA,CIN_YearOfBirth,CIN_MonthOfBirth,CIN_Gender,CIN_ACADYR"
    )
    loaded = load({"c.csv": f"{head}\nP1,K,L,2014,9,1,2019\n,K,L,{birth},{sex},{year}\n"},
                  format="cin_census", path="c.csv", supply="p")  # fmt: skip
    assert [row["key"] for row in loaded.rows] == ["P1", key]
    assert loaded.codes == ({"ID009": 1} if key == "P1" else {"FO005": 1})


def test_age_tells_where_there_is_no_birth(load) -> None:
    head = "cla_PupilMatchingRefAnonymous,CHILD_LA_CODE_ANON,LA,cla_AGE_AUG,cla_PROCESSING_YEAR,cla_LEGAL_STATUS"
    loaded = load({"c.csv": f"{head}\nP1,K,L,6,2015,C2\n,K,L,5,2014,C2\n,K,L,9,2014,C2\n"}, format="ssda903",
                  path="c.csv", supply="p")  # fmt: skip
    assert [row["key"] for row in loaded.rows] == ["P1", "P1", "L/K"]


@pytest.mark.parametrize(("codes", "keys", "coded"), [
    ("K1 K2 K3 K4", ["A/K1", "A/K2", "A/K3", "A/K4"], 0), ("L1 L1 L2 L2", ["A/D1", "A/D2", "A/D3", "A/D4"], 2),
    ("L1 L1 L1 L2", ["A/D1", "A/D2", "A/D3", "A/D4"], 2),
])  # fmt: skip
def test_values_of_child_la_code_tell_what_it_is(load, codes: str, keys: list[str], coded: int) -> None:
    rows = "".join(f",D{at},{code},A,C2\n" for at, code in enumerate(codes.split(), start=1))
    head = "cla_PupilMatchingRefAnonymous,CHILD_ID_ANON,CHILD_LA_CODE_ANON,LA,cla_LEGAL_STATUS\n"
    # Two codes for four children are as many as half of them.
    loaded = load({"c.csv": head + rows + ",D5,L1,A,C2\n" * (coded > 0)}, format="ssda903", path="c.csv", supply="p")
    assert [row["key"] for row in loaded.rows][:4] == keys
    assert loaded.codes.get("ID018", 0) == coded


def test_births_of_research_supplies(load) -> None:
    text = "cla_pupilmatchingrefanonymous,year_of_birth,month_of_birth,legal_status\nP1,2001,3,C2\nP2,,,C2\n"
    loaded = load({"c.csv": text}, format="ssda903", path="c.csv")
    assert [row["dob"] for row in loaded.rows] == ["2001-03", None]


def test_parquet(load, tmp_path) -> None:
    (tmp_path / "c.csv").write_text(CIN_FILE)
    read = f"read_csv('{tmp_path}/c.csv', types = {{'CIN_MonthOfBirth': 'DOUBLE'}})"
    duckdb.sql(f"copy (from {read}) to '{tmp_path}/c.parquet'")
    loaded = load(format="cin_census", path="c.parquet", supply="p1")
    assert [row["key"] for row in loaded.rows][:3] == ["AbC1", "abC1", "AbC1"]
    assert [row["dob"] for row in loaded.rows][1:4] == ["2009-12", "2008-07", "2012"]


@pytest.mark.parametrize(("name", "prefix", "plain"), [
    ("CIN_PupilMatchingRefAnonymous", "cin", "pupilmatchingrefanonymous"), ("CLA_CLA_LA", "cla", "la"),
    ("s.PupilMatchingRefAnonymous", "cla", "pupilmatchingrefanonymous"), ("cla_LEGAL STATUS", "cla", "legalstatus"),
    ("PupilMatchingRefAnonymous_SPR20", "cin", "pupilmatchingrefanonymous"),
    (" Cin_LAchildID_ANON ", "cin", "lachildidanon"),
    ("cla_pupilmatchingrefanonymous", "cin", "clapupilmatchingrefanonymous"),
])  # fmt: skip
def test_names_of_variables(name: str, prefix: str, plain: str) -> None:
    assert variable(name, prefix) == plain


def test_extracts_are_told_apart() -> None:
    cin_header = Header(tuple(CIN_FILE.split("\n")[0].split(",")))
    cla_header = Header(tuple(CLA_FILE.split("\n")[0].replace('"', "").split(",")))
    assert (is_extract(cin_header, CIN), is_extract(cin_header, CLA)) == (True, False)
    assert (is_extract(cla_header, CIN), is_extract(cla_header, CLA)) == (False, True)
    assert find_variables(cla_header, CLA)["code"] == 2
    # A reference of the identifiable tier is not the anonymised one.
    assert not is_extract(Header(("CIN_PupilMatchingRefNonAnonymous", "CIN_ReferralDate")), CIN)
    assert not is_extract(Header(("PupilMatchingRefAnonymous_SPR20", "Gender_SPR20", "LA_SPR20")), CIN)


def test_a_return_beside_an_extract_is_refused(load) -> None:
    header = "CHILD,SEX,DOB,ETHNIC,UPN\n1,1,01/01/2010,WBRI,\n"
    with pytest.raises(InputError, match="different forms"):
        load({"in/a.csv": CLA_FILE, "in/b.csv": header}, format="ssda903", path="in", authority="301")
    loaded = load({"x/a.csv": CLA_FILE, "x/c.csv": "a,b\n1,2\n"}, format="ssda903", path="x", supply="p")
    assert loaded.codes == {"FI006": 1}
