"""Format `ssda903`: both forms of the return, told by columns, and whose address and date is whose."""

from __future__ import annotations

import pytest

from linkage.errors import InputError
from linkage.tables import EVENT_COLUMNS

HEADER = (
    "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n101.0,2,05/06/2007,WBRI,UN1,1.0,01/02/2023\n102,1,06/06/2008,BCRB,A1,,\n"
)
EPISODES = (
    "\ufeffEXTRA,CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\r\n"
    ",101,01/12/2020,S,C2,N1,U1,PR1,01/02/2021,X1,,AB1 1AA,AB2 2AA,1234567\r\n"
    ",101,01/02/2021,P,C2,N1,A3,PR1,01/03/2022,E11,,AB1 1AB,AB3 3AA,\r\n"
    ",103,01/02/2019,S,V2,N1,U1,PR1,,,,,AB4 4AA,\r\n"
)
UASC = "CHILD,SEX,DOB,DUC\n102,1,06/06/2008,06/06/2026\n"
FILES = {"cla/h.csv": HEADER, "cla/e.csv": EPISODES, "cla/u.csv": UASC}

XML = """<EXPSSDA903><CHILD><HEADER><CHILDID>101</CHILDID><UPN>UN1</UPN><SEX>2</SEX><DOB>05/06/2007</DOB>
<ETHNIC>WBRI</ETHNIC><UASC /><MOTHER>1</MOTHER><MC_DOB>01/02/2023</MC_DOB></HEADER>
<EPISODE><DECOM>01/12/2020</DECOM><LS>C2</LS><PL>U1</PL><PL_POST>AB2 2AA</PL_POST><HOME_POST>AB1 1AA</HOME_POST>
<DEC>01/02/2021</DEC><REC>X1</REC></EPISODE>
<EPISODE><DECOM>01/02/2021</DECOM><LS>C2</LS><PL>A3</PL><PL_POST>AB3 3AA</PL_POST><HOME_POST>AB1 1AB</HOME_POST>
<DEC>01/03/2022</DEC><REC>E11</REC></EPISODE></CHILD>
<CHILD><HEADER><CHILDID>102</CHILDID><SEX>1</SEX><DOB>06/06/2008</DOB><UASC>1</UASC></HEADER></CHILD></EXPSSDA903>"""


def events(loaded) -> list[tuple[str, ...]]:
    return sorted(tuple(event[name] for name in EVENT_COLUMNS) for event in loaded.events)


def test_csv_files_are_told_by_their_columns(load) -> None:
    loaded = load(FILES, format="ssda903", path="cla", authority="301")
    assert [(row["file"], row["row"], row["key"]) for row in loaded.rows] == [
        ("cla/e.csv", 1, "301/101"), ("cla/e.csv", 2, "301/101"), ("cla/e.csv", 3, "301/103"),
        ("cla/h.csv", 1, "301/101"), ("cla/h.csv", 2, "301/102"), ("cla/u.csv", 1, "301/102"),
    ]  # fmt: skip
    speaks = max((row for row in loaded.rows if row["key"] == "301/101"), key=lambda row: row["rank"])
    expected = {"file": "cla/h.csv", "dob": "05/06/2007", "upn": "UN1", "postcode": "AB1 1AB"}
    assert expected.items() <= speaks.items()
    assert {row["key"]: row["uasc"] for row in loaded.rows} == {"301/101": None, "301/102": "true", "301/103": None}
    assert "school_urn" not in loaded.extract.fields


def test_events_and_addresses(load) -> None:
    loaded = load(FILES, format="ssda903", path="cla", authority="301")
    assert [event for event in events(loaded) if event[0] == "301/101"] == [
        ("301/101", "adopted", "E11", "01/03/2022", None),
        ("301/101", "episode", "C2|A3", "01/02/2021", "01/03/2022"),
        ("301/101", "episode", "C2|U1", "01/12/2020", "01/02/2021"),
        ("301/101", "mother_of", "1.0", "01/02/2023", None),
    ]
    assert sorted((a["kind"], a["postcode"], a["valid_from"], a["valid_to"]) for a in loaded.addresses) == [
        ("home", "AB1 1AA", "01/12/2020", None), ("home", "AB1 1AB", "01/02/2021", None),
        ("placement", "AB2 2AA", "01/12/2020", "01/02/2021"), ("placement", "AB3 3AA", "01/02/2021", "01/03/2022"),
        ("placement", "AB4 4AA", "01/02/2019", None),
    ]  # fmt: skip


def test_xml_form_says_the_same(load) -> None:
    from_csv = load(FILES, format="ssda903", path="cla", authority="301", name="a")
    from_xml = load({"r/301/cla.xml": XML}, format="ssda903", path="r", name="b")
    assert [(row["file"], row["row"], row["key"], row["uasc"], row["postcode"]) for row in from_xml.rows] == [
        ("r/301/cla.xml", 1, "301/101", None, "AB1 1AB"), ("r/301/cla.xml", 2, "301/102", "true", None),
    ]  # fmt: skip
    without_code = [event for event in events(from_xml) if event[1] != "mother_of"]
    assert without_code == [event for event in events(from_csv) if event[1] != "mother_of" and event[0] != "301/103"]
    assert len([event for event in events(from_xml) if event[1] == "mother_of"]) == 1


def test_a_folder_per_authority(load) -> None:
    files = {"cla/301/header.csv": HEADER, "cla/302/2024/header.csv": HEADER}
    loaded = load(files, format="ssda903", path="cla")
    assert {row["key"] for row in loaded.rows} == {"301/101", "301/102", "302/101", "302/102"}
    assert {row["authority"] for row in loaded.rows} == {"301", "302"}


def test_what_is_not_there_is_reported(load) -> None:
    files = {"cla/e.csv": EPISODES, "cla/notes.csv": "a,b\n1,2\n", "cla/more.csv": "c,d\n1,2\n"}
    loaded = load(files, format="ssda903", path="cla", authority="301")
    assert loaded.codes == {"FI006": 2, "FI007": 1}
    assert len(loaded.rows) == 3


def test_rows_without_a_child_are_counted(load) -> None:
    loaded = load({"h.csv": HEADER + ",1,01/01/2010,WBRI,,,\n"}, format="ssda903", path="h.csv", authority="301")
    assert len(loaded.rows) == 2
    assert loaded.extract.excluded == {"no_key": 1}


def test_authority_is_asked_for(load) -> None:
    with pytest.raises(InputError, match='authority = "301"'):
        load(FILES, format="ssda903", path="cla")


@pytest.mark.parametrize(("dob", "declared"), [("2010-01-02", "iso"), ("01/02/2010", "dayfirst"), ("*DUMMY*", None)])
def test_date_format_is_the_one_that_the_files_have(load, dob: str, declared: str | None) -> None:
    text = f"CHILD,SEX,DOB,ETHNIC,UPN\n1,1,{dob},WBRI,\n"
    loaded = load({"h.csv": text}, format="ssda903", path="h.csv", authority="301")
    assert loaded.extract.date_formats.get("dob") == declared


def test_mothers_child_is_never_the_child(load) -> None:
    loaded = load(FILES, format="ssda903", path="cla", authority="301")
    assert all(row["dob"] != "01/02/2023" for row in loaded.rows)
