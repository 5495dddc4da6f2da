"""Readiness: counts by hand on sources of a few rows."""

from __future__ import annotations

from pathlib import Path

from little_sources import checked, child, cin_return, codes, table, upn

CIN = '[sources.cin]\nformat = "cin_census"\npath = "cin_*.xml"\n'


def test_a_source_of_two_years_is_counted_by_year_before_it_is_folded(tmp_path: Path) -> None:
    files = {
        "cin_2023.xml": cin_return(2023, child(1, dob="2010-05-01", number=upn(1)), child(2)),
        "cin_2024.xml": cin_return(2024, child(1, number="A202000000010"), child(3, dob="2011-02-03", number="UN1")),
    }
    ready = checked(tmp_path, CIN, files=files)
    (source,) = ready.sources
    assert (source.years, source.authorities, source.files, source.rows, source.records, source.folded) == (
        "2023-2024", 1, 2, 4, 3, 1,
    )  # fmt: skip
    counted = {
        (item.year, item.field): (item.records, item.known, item.blank, item.refused, item.percent)
        for item in ready.returns
        if item.field in ("dob", "upn")
    }
    assert counted == {
        (2023, "dob"): (2, 1, 1, 0, 50.0),
        (2024, "dob"): (2, 1, 1, 0, 50.0),
        (2023, "upn"): (2, 1, 1, 0, 50.0),
        (2024, "upn"): (2, 0, 0, 2, 0.0),  # a wrong check letter, and a code for none
    }
    assert {item.authority for item in ready.returns} == {"202"}
    # Child 1 has its birth date of 2023 after folding.
    (dob,) = [item for item in ready.fields if item.field == "dob"]
    assert (dob.records, dob.known, dob.blank) == (3, 2, 1)


def test_a_table_is_counted_by_authority_and_no_other_text_becomes_a_label(tmp_path: Path) -> None:
    header = "ref,surname,authority"
    rows = ["1,Ash,301", "2,,301", "3,Birch,302", "4,Cedar,Zoraida", "5,Elm,"]
    ready = checked(tmp_path, table("a", header), files={"a.csv": [header, *rows]})
    counted = {item.authority: (item.records, item.known) for item in ready.returns if item.field == "surname"}
    assert counted == {"301": (2, 1), "302": (1, 1), "other": (1, 1), "unknown": (1, 1)}
    assert ready.sources[0].authorities == 3
    assert {item.year for item in ready.returns} == {None}


def test_an_identifier_alone_is_counted_by_authority_and_a_number_of_many_children_is_none(tmp_path: Path) -> None:
    header = "ref,upn,authority"
    ready = checked(tmp_path, table("a", header), files={"a.csv": [header, f"1,{upn(1)},301", "2,,302"]})
    assert {item.authority: (item.records, item.known, item.blank) for item in ready.returns} == {
        "301": (1, 1, 0), "302": (1, 0, 1),
    }  # fmt: skip
    header = "ref,dob,upn,authority"
    rows = [f"{day},2010-05-{day:02d},{upn(1)},301" for day in range(1, 7)]  # six birth dates
    ready = checked(tmp_path, table("a", header), files={"a.csv": [header, *rows, f"7,,{upn(2)},302"]})
    assert {i.authority: (i.known, i.refused) for i in ready.returns if i.field == "upn"} == {
        "301": (0, 6), "302": (1, 0),
    }  # fmt: skip
    assert codes(ready, "a")["ID005", "upn"] == 6


def test_a_source_of_one_return_has_no_table_of_returns(tmp_path: Path) -> None:
    ready = checked(tmp_path, table("a", "ref,surname"), files={"a.csv": ["ref,surname", "1,Ash"]})
    assert ready.returns == ()


def test_what_is_known_in_part_is_known_and_counted(tmp_path: Path) -> None:
    header = "ref,dob,postcode"
    rows = ["1,2010-05-01,M1 1AE", "2,2010-05,M1 1", "3,2010,M1", "4,,ZZ99 3VZ", "5,x,M1 1AF"]
    ready = checked(tmp_path, table("a", header), files={"a.csv": [header, *rows]})
    held = {item.field: (item.known, item.coarse, item.blank, item.refused, item.reasons) for item in ready.fields}
    assert held == {
        "dob": (3, 2, 1, 1, "not_a_date 1"),
        "postcode": (4, 2, 0, 1, "pseudo_postcode 1"),
    }
    assert codes(ready, "a") == {
        ("DT001", "dob"): 1, ("DT020", "dob"): 2, ("PL002", "postcode"): 1, ("PL004", "postcode"): 2,
    }  # fmt: skip


def test_identifiers_are_counted_by_what_they_are_worth(tmp_path: Path) -> None:
    header = "ref,upn,surname"
    rows = [f"1,{upn(1)},Ash", f"2,{upn(1)},Birch", f"3,{upn(2)},Cedar", "4,A000000000000,Elm", "5,UN3,Fir", "6,,Gorse"]
    ready = checked(tmp_path, table("a", header), files={"a.csv": [header, *rows]})
    counted = {i.status: (i.records, i.percent, i.values, i.shared_values) for i in ready.identifiers}
    assert counted["valid"] == (3, 50.0, 2, 1)
    assert counted["placeholder"][0] == 2  # UN3, and a run of one digit
    found = codes(ready, "a")
    assert (found["ID004", "upn"], found["ID002", "upn"]) == (2, 2)


def test_duplicates_inside_a_source(tmp_path: Path) -> None:
    header = "ref,forename,surname,dob,postcode,upn"
    rows = [
        f"1,Ann,Ash,2010-05-01,M1 1AE,{upn(1)}",
        f"1,Ann,Ash,2010-05-01,M1 1AE,{upn(1)}",  # the same row again
        "2,Ann,Ash,2010-05-01,M1 1AE,",  # another key
        "3,Ann,Ash,2010-05-01,M2 2AE,",  # another home
        f"4,Bea,Birch,2011-05-01,M1 1AE,{upn(1)}",  # another's UPN
        "5,,Birch,2011-05-01,M1 1AE,",  # equal, as far as it is known
    ]
    ready = checked(tmp_path, table("a", header), files={"a.csv": [header, *rows]})
    assert {(d.kind, d.of): (d.groups, d.members) for d in ready.duplicates} == {
        ("rows_alike", ""): (1, 2),
        ("identifier", "upn"): (1, 2),
        ("names_dob_postcode", ""): (1, 2),
        ("names_dob", ""): (1, 3),
    }
    assert codes(ready, "a")["FO007", ""] == 2


def test_dates_that_cannot_be_against_the_year_of_the_source(tmp_path: Path) -> None:
    header = "ref,surname,dob,death_date,expected_dob"
    rows = [
        "1,Ash,2015-12-31,,",  # born on the last day
        "2,Birch,2016-01-01,,",  # after it
        "3,Cedar,1990-01-01,,",  # 25 on the last day
        "4,Elm,1989-12-31,,",  # 26
        "5,Fir,2000-01-02,2000-01-01,",  # dead before born
        "6,Gorse,,,2013-12-31",  # due before the year before
        "7,Hazel,,,2014-01-01",
        "8,Ivy,,,2016-09-30",
        "9,Juniper,,,2016-10-01",  # more than nine months ahead
        "10,Larch,2014-03-01,,2013-03-01",  # born since: nothing to wonder at
    ]
    ready = checked(tmp_path, table("a", header, more="year = 2015\n"), files={"a.csv": [header, *rows]})
    assert codes(ready, "a") == {
        ("DT006", "dob"): 1, ("DT007", "dob"): 1, ("DT008", "death_date"): 1, ("DT010", "expected_dob"): 2,
    }  # fmt: skip


def test_where_nothing_says_the_year_births_are_held_against_today(tmp_path: Path) -> None:
    header = "ref,surname,dob"
    rows = ["1,Ash,2020-06-01", "2,Birch,2020-06-02"]
    ready = checked(tmp_path, table("a", header), files={"a.csv": [header, *rows]})
    assert codes(ready, "a") == {("DT006", "dob"): 1}


def test_an_event_long_before_birth_is_not_of_this_child(tmp_path: Path) -> None:
    born = [child(1, dob="2010-05-01", referred="2009-08-01"), child(2, dob="2010-05-01", referred="2009-04-29")]
    ready = checked(tmp_path, CIN, files={"cin_2024.xml": cin_return(2024, *born)})
    assert codes(ready, "cin")["DT011", "dob"] == 1


def crowd(n: int) -> list[str]:
    """n rows with one birth date and home, among 80 with their own."""
    own = [
        f"{i},Ash,2010-{1 + i % 12:02d}-{2 + i // 12:02d},M{1 + i % 9} {i % 9}A{'ABDEFGHJL'[i // 9]}" for i in range(80)
    ]
    return ["ref,surname,dob,postcode", *own, *(f"c{i},Ash,2012-05-20,S1 1AA" for i in range(n))]


def test_a_birth_date_and_a_home_that_far_too_many_share(tmp_path: Path) -> None:
    source = table("a", "ref,surname,dob,postcode")
    assert codes(checked(tmp_path, source, files={"a.csv": crowd(20)}), "a") == {
        ("DT009", "dob"): 20, ("PL003", "postcode"): 20,
    }  # fmt: skip
    assert codes(checked(tmp_path, source, files={"a.csv": crowd(19)}), "a") == {}


def test_names_and_codes_that_were_refused(tmp_path: Path) -> None:
    header = "ref,forename,surname,sex,postcode"
    rows = ["1,Baby,Ash,Q,nowhere", "2,Ann,???,M,M1 1AE"]
    ready = checked(tmp_path, table("a", header), files={"a.csv": [header, *rows]})
    assert codes(ready, "a") == {
        ("NM001", "forename"): 1, ("NM002", "surname"): 1, ("CD001", "sex"): 1, ("PL001", "postcode"): 1,
    }  # fmt: skip
