"""Format `school_census`: the portal's download, the export of tables, and keys for pupils without a UPN."""

from __future__ import annotations

import random

import pytest

PORTAL = (
    "AcademicYear,CensusTerm,LA,Estab,LAEstab,URN,UPN,FormerUPN,Surname,Forename,MiddleNames,PreferredSurname,"
    "FormerSurname,Gender,Sex,DOB,Ethnicity,FSMeligible,Language,EnrolStatus,EntryDate,SENprovision\n"
)
PUPIL = (
    "{year},{term},301,4001,3014001,100001,{upn},,Smith,Ann,,,,{gender},{sex},2010-01-02,WBRI,1,ENG,"
    "{status},{entry},K\n"
)


def pupil(*, upn="U1", year="2023/2024", term="Spring", gender="", sex="F", status="C", entry="2020-09-01") -> str:
    return PUPIL.format(upn=upn, year=year, term=term, gender=gender, sex=sex, status=status, entry=entry)


def test_portal_download(load) -> None:
    lines = PORTAL + pupil() + pupil(upn="U2", gender="M", sex="")
    loaded = load({"c.csv": lines}, format="school_census", path="c.csv")
    first, second = loaded.rows
    expected = {"key": "3014001/U1", "authority": "301", "school_urn": "100001", "fsm": "1", "sen": "K", "sex": "F"}
    assert expected.items() <= first.items()
    assert (second["sex"], second["former_upn"]) == ("M", None)
    assert "dob" not in loaded.extract.date_formats
    assert loaded.extract.addresses is None


def test_headers_in_any_case_and_order(load) -> None:
    header, body = PORTAL.strip().split(","), pupil().strip().split(",")
    order = random.Random(1).sample(range(len(header)), len(header))
    lines = [",".join(header[at].upper().replace("EN", "En") for at in order), ",".join(body[at] for at in order)]
    row = load({"c.csv": "\n".join(lines)}, format="school_census", path="c.csv").rows[0]
    assert (row["key"], row["middle_names"], row["dob"]) == ("3014001/U1", None, "2010-01-02")


@pytest.mark.parametrize(
    ("louder", "quieter"),
    [
        (pupil(status="M"), pupil(status="S", entry="2023-09-01")),
        (pupil(entry="2021-09-01"), pupil(entry="2020-09-01")),
        (pupil(term="Summer", entry="2020-09-01"), pupil(term="Autumn", entry="2021-09-01")),
        (pupil(year="2024/2025", term="Autumn"), pupil(year="2023/2024", term="Summer")),
    ],
    ids=["main-over-subsidiary", "later-entry", "later-term", "later-year"],
)
def test_which_row_speaks(load, louder: str, quieter: str) -> None:
    for lines, at in ((louder + quieter, 0), (quieter + louder, 1)):
        rows = load({"c.csv": PORTAL + lines}, format="school_census", path="c.csv").rows
        assert rows[at]["rank"] > rows[1 - at]["rank"]


def test_pupils_without_upn_have_the_same_key_in_any_order(load) -> None:
    boys = [pupil(upn="", sex="M"), pupil(upn="", sex="M", entry="")]
    pupils = [pupil(upn=""), pupil(upn="", status="S"), *boys, pupil()]
    seen = set()
    for seed in range(3):
        lines = random.Random(seed).sample(pupils, len(pupils))
        rows = load({"c.csv": PORTAL + "".join(lines)}, format="school_census", path="c.csv").rows
        seen.add(frozenset((row["key"], lines[row["row"] - 1]) for row in rows))
    assert len(seen) == 1
    keys = sorted(key for key, _ in seen.pop())
    assert len(set(keys)) == 5
    assert sum(key.startswith("3014001/~") for key in keys) == 4
    assert sum(key.endswith(".2") for key in keys) == 2


ON = "PupilOnRollTableId,NativeId,dob,surname,forename,upn,sex,entrydate,schoolcensustableid,enrolstatus,senprovision\n"
OFF = "pupilnolongeronrolltableid,NativeId,dob,surname,forename,upn,sex,entrydate,schoolcensustableid\n"
DOB = "2010-Jan-02 00:00:00"
EXPORT = {
    "in/2025_spring_pupilonroll.csv": (
        ON + f"p1,N1,{DOB},Smith,Ann,U1,F,2020-Sep-01 00:00:00,c1,C,K\np2,N1,{DOB},Hill,Bob,U2,M,,c9,C,\n"
    ),
    "in/2025_spring_pupilnolongeronroll.csv": OFF + f"p1,N1,{DOB},Smith,Ann,U1,F,2024-Sep-01 00:00:00,c1\n",
    "in/2025_spring_addresses.csv": (
        "pupilonrolltableid,pupilnolongeronrolltableid,addressesorderseqcolumn,postcode,"
        "uniquepropertyreferencenumber,paon,street\n"
        "p1,,2,AB1 1AB,,2,Low St\np1,,1,AB1 1AA,5.0,1,High St\n,p1,1,AB9 9AA,,,\nlost,,1,AB8 8AA,,,\n"
    ),
    "in/2025_spring_fsmperiod.csv": (
        "pupilonrolltableid,fsmstartdate,fsmenddate\n"
        "p1,2024-Sep-01 00:00:00,2025-Jan-16 00:00:00\np2,2025-Jan-17 00:00:00,\n"
    ),
    "in/2025_spring_schoolcensus.csv": (
        "schoolcensustableid,lea,estab,term,year,referencedate\nc1,301,4001,SPR,2025,2025-Jan-16 00:00:00\n"
    ),
    "in/2025_spring_senneeds.csv": "pupilonrolltableid,senneedstableid,sentype\np1,x,ASD\n",
    "in/2024_autumn_pupilonroll.csv": ON + f"p1,N1,{DOB},Other,Eve,U3,F,,c1,C,\n",
}  # fmt: skip


def test_export_joins_its_tables_inside_a_term(load) -> None:
    loaded = load(EXPORT, format="school_census", path="in")
    autumn, off_roll, ann, bob = loaded.rows
    assert (ann["key"], ann["authority"]) == ("3014001/U1", "301")
    assert (bob["key"], bob["authority"]) == ("N1/U2", None)
    assert (ann["postcode"], ann["address_line"], ann["uprn"]) == ("AB1 1AA", "1 High St", "5.0")
    assert (off_roll["postcode"], autumn["postcode"]) == ("AB9 9AA", None)
    assert (ann["fsm"], bob["fsm"], off_roll["fsm"], autumn["fsm"]) == ("true", "true", None, None)
    assert ann["rank"] > off_roll["rank"]
    assert sorted((a["key"], a["postcode"]) for a in loaded.addresses) == [
        ("3014001/U1", "AB1 1AA"), ("3014001/U1", "AB1 1AB"), ("3014001/U1", "AB9 9AA"),
    ]  # fmt: skip
    assert loaded.codes == {"FI013": 1}
    assert loaded.extract.date_formats == {"dob": "%Y-%b-%d %H:%M:%S"}


def test_lines_without_a_person_are_counted(load) -> None:
    lines = PORTAL + pupil() + "," * 21 + "\n"
    loaded = load({"c.csv": lines}, format="school_census", path="c.csv")
    assert loaded.extract.excluded == {"no_key": 1}
    assert len(loaded.rows) == 1
