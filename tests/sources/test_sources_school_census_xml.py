"""Format `school_census` in XML: elements are found by name, however they are nested."""

from __future__ import annotations

import pytest

from linkage.errors import InputError
from linkage.prepare import prepare_records
from linkage.project import SourceSpec
from linkage.sql import rows

HEADER = (
    "<Header><CollectionDetails><Collection>{collection}</Collection><Term>{term}</Term><Year>{year}</Year>"
    "<ReferenceDate>2024-01-18</ReferenceDate></CollectionDetails><Source><LEA>301</LEA><Estab>4001</Estab></Source>"
    "</Header>"
)
IDENTITY = (
    "<UPN>{upn}</UPN><UniqueLearnerNumber>9900000004</UniqueLearnerNumber><Surname>Smith</Surname>"
    "<Forename>Ann</Forename><PersonBirthDate>2010-01-02</PersonBirthDate><Sex>F</Sex>"
)
MORE = (
    "<Ethnicity>WBRI</Ethnicity><SENprovision>K</SENprovision><EnrolStatus>C</EnrolStatus>"
    "<EntryDate>2020-09-01</EntryDate>"
)
HOMES = (
    "<Addresses><Address><PAON>1</PAON><Street>High St</Street><PostCode>AB1 1AA</PostCode></Address>"
    "<Address><PostCode>AB1 1AB</PostCode></Address></Addresses>"
)
MEALS = "<FSMperiods><FSMperiod><FSMstartDate>2023-09-01</FSMstartDate></FSMperiod></FSMperiods>"
EXCLUSION = "<TermlyExclusion><StartDate>2023-10-01</StartDate><Sex>M</Sex></TermlyExclusion>"

FLAT = f"<PupilOnRoll>{EXCLUSION}{IDENTITY}{MORE}{HOMES}{MEALS}</PupilOnRoll>"
NESTED = (
    f"<PupilOnRoll><PupilIdentifiers>{IDENTITY}</PupilIdentifiers><Details><Exclusions>{EXCLUSION}</Exclusions>"
    f"<Characteristics>{MORE}</Characteristics></Details><Home>{HOMES}</Home>{MEALS}</PupilOnRoll>"
)
OFF = f"<PupilNoLongerOnRoll><PupilIdentifiers>{IDENTITY}</PupilIdentifiers></PupilNoLongerOnRoll>"


def census(*pupils: str, collection: str = "SC", term: str = "SPR", year: int = 2024, namespace: str = "") -> str:
    head = HEADER.format(collection=collection, term=term, year=year)
    return f'<Message xmlns="{namespace}">{head}<School><Pupils>{"".join(pupils)}</Pupils></School></Message>'


@pytest.mark.parametrize("pupil", [FLAT, NESTED], ids=["flat", "nested"])
@pytest.mark.parametrize("namespace", ["", "urn:x"])
def test_a_pupil_however_nested(load, pupil: str, namespace: str) -> None:
    text = census(pupil.format(upn="U1"), OFF.format(upn="U2"), namespace=namespace)
    loaded = load({"c.xml": text}, format="school_census", path="c.xml")
    ann, gone = loaded.rows
    expected = {"key": "3014001/U1", "upn": "U1", "uln": "9900000004", "surname": "Smith", "dob": "2010-01-02",
                "sex": "F", "ethnicity": "WBRI", "sen": "K", "authority": "301", "postcode": "AB1 1AA",
                "address_line": "1 High St", "fsm": "true", "row": 1}  # fmt: skip
    assert expected.items() <= ann.items()
    assert (gone["key"], gone["row"], gone["postcode"]) == ("3014001/U2", 2, None)
    assert sorted((a["key"], a["postcode"]) for a in loaded.addresses) == [
        ("3014001/U1", "AB1 1AA"), ("3014001/U1", "AB1 1AB"),
    ]  # fmt: skip
    assert loaded.codes == {"FI018": 1}


def test_the_term_of_the_header_and_the_roll_say_who_speaks(load, con) -> None:
    files = {
        "a.xml": census(FLAT.format(upn="U1"), term="AUT", year=2023),
        "b.xml": census(FLAT.format(upn="U1"), OFF.format(upn="U1"), term="SPR"),
    }
    loaded = load(files, format="school_census")
    autumn, spring, gone = loaded.rows
    assert spring["rank"] > autumn["rank"] > gone["rank"]
    spec = SourceSpec(name="s", format="school_census", path=("x",))
    prepare_records(con, [spec], [loaded.extract], unique=[], within=[])
    assert rows(con, "select key, row_count, fsm, postcodes from records") == [
        ("3014001/U1", 3, "Y", ["AB1 1AA", "AB1 1AB"]),
    ]  # fmt: skip


def test_pupils_without_upn_and_without_anything(load) -> None:
    text = census(FLAT.replace("<UPN>{upn}</UPN>", ""), "<PupilOnRoll><NCyearActual>7</NCyearActual></PupilOnRoll>")
    loaded = load({"c.xml": text}, format="school_census", path="c.xml")
    assert [row["key"].startswith("3014001/~") for row in loaded.rows] == [True]
    assert loaded.extract.excluded == {"no_key": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (census(FLAT, collection="CIN"), "CIN census return"),
        (census(FLAT, collection="AP"), "alternative provision"),
        (census(), "another kind"),
        ("<EXPSSDA903/>", "SSDA903"),
    ],
)
def test_wrong_files(load, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as raised:
        load({"c.xml": text}, format="school_census", path="c.xml")
    assert "Smith" not in str(raised.value)
