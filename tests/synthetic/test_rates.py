"""How often records are wrong or incomplete: the facts that make linkage hard, with tolerance."""

import re
from collections.abc import Iterable
from datetime import date

import numpy as np
import pytest
from linkage_synth.identifiers import CHECK_LETTERS, breaks_check, check_letters
from stdnum.gb.upn import calc_check_digit
from synthetic_files import Read, Row, iso_of_dayfirst


def share(flags: Iterable[bool]) -> float:
    values = list(flags)
    assert values
    return sum(values) / len(values)


def check_holds(upn: str) -> bool:
    return bool(calc_check_digit(upn[1:]) == upn[0])


def age_at(row: Row, year: int) -> int:
    born = date.fromisoformat(row["true_birth_date"])
    return year - born.year - ((born.month, born.day) > (3, 31))


@pytest.mark.parametrize(
    ("upn", "letter"),
    [
        ("B801200005001", "B"),
        ("H801200001001", "H"),
        ("P207000016049", "P"),
        ("R201366624012", "R"),
        ("F38512341600A", "F"),
        ("A123456789123", "P"),
    ],
)
def test_check_letters_worked_by_hand(upn: str, letter: str) -> None:
    values = [int(sign) if sign.isdigit() else CHECK_LETTERS.index(sign) for sign in upn[1:]]
    assert CHECK_LETTERS[int(check_letters(np.array([values]))[0])] == letter


def test_a_mistyped_digit_always_breaks_the_check() -> None:
    for draw in range(200):
        assert not check_holds(breaks_check("P207000016049", draw))


def test_census_upns_have_their_check_letter_and_are_permanent_or_temporary(read: Read) -> None:
    for year in (2023, 2024):
        rows = read.primary[f"census_{year}"]
        assert all(re.fullmatch(r"[A-HJ-NP-RT-Z]\d{11}[\dA-HJ-NP-RT-Z]", row["UPN"]) for row in rows)
        assert share(not check_holds(row["UPN"]) for row in rows) < 0.002
        assert 0.001 < share(row["UPN"][-1].isalpha() for row in rows) < 0.02
        assert 0.01 < share(bool(row["FormerUPN"]) for row in rows) < 0.12


@pytest.mark.parametrize("year", [2023, 2024])
def test_one_child_in_need_in_five_has_no_upn(read: Read, year: int) -> None:
    rows = read.rows(f"cin_{year}")
    born = [row for row in rows if row["true_birth_date"] and row["dob"]]
    assert 0.18 < share(not row["upn"] for row in rows) < 0.22
    young = [row for row in born if age_at(row, year) < 5 and row["true_uasc"] == "0"]
    assert 0.45 < share(not row["upn"] for row in young) < 0.55
    alone = [row for row in rows if row["true_uasc"] == "1"]
    assert 0.35 < share(not row["upn"] for row in alone) < 0.65
    assert share(bool(row["unknown"]) for row in rows if not row["upn"]) > 0.8
    assert {row["unknown"] for row in rows} <= {"", *(f"UN{number}" for number in range(1, 8))}
    assert all(row["only_nfa"] == "True" for row in rows if row["unknown"] == "UN7")


def test_one_upn_in_two_hundred_is_wrong_in_social_care(read: Read) -> None:
    """Wrong: a failed check letter, or a number that the census has for another child."""
    owner = {row["UPN"]: row["person"] for row in read.rows("census_2024") if check_holds(row["UPN"])}
    rows = [row for year in (2023, 2024) for row in read.rows(f"cin_{year}") if row["upn"]]
    failed = [row for row in rows if not check_holds(row["upn"])]
    others = [row for row in rows if owner.get(row["upn"], row["person"]) != row["person"]]
    assert failed
    assert others
    assert 0.002 < (len(failed) + len(others)) / len(rows) < 0.012


def test_reasons_for_no_upn_stand_in_the_upn_column_of_the_looked_after_return(read: Read) -> None:
    rows = read.rows("cla_2024")
    upns = [row["UPN"] for row in rows]
    assert 0.08 < share(bool(re.fullmatch("UN[1-5]", upn)) for upn in upns) < 0.22
    assert all(re.fullmatch(r"|UN[1-5]|[A-Z]\d{11}[\dA-Z]", upn) for upn in upns)
    assert {row["SEX"] for row in rows} <= {"1", "2"}


def test_names_differ_in_one_record_in_ten(read: Read) -> None:
    census = {row["person"]: row for row in read.rows("census_2024")}
    differ = [
        (row["Child's first name"].strip().lower(), row["Family name"].strip().lower())
        != (census[row["person"]]["Forename"].lower(), census[row["person"]]["Surname"].lower())
        for row in read.rows("early_help")
        if row["person"] in census
    ]
    assert 0.07 < share(differ) < 0.16


def test_names_are_worse_in_some_groups(read: Read) -> None:
    """By risk of recording: linkage must come out biased."""
    earlier = {row["person"]: row for row in read.rows("census_2023")}
    wrong: dict[bool, list[bool]] = {True: [], False: []}
    hard = {"irish_traveller", "roma", "somali", "arabic", "afghan", "eritrean"}
    for row in read.rows("census_2024"):
        before = earlier.get(row["person"])
        if before is not None:
            differs = (row["Forename"], row["Surname"]) != (before["Forename"], before["Surname"])
            wrong[row["true_culture"] in hard].append(differs)
    assert share(wrong[True]) > 1.4 * share(wrong[False])


def test_schools_copy_errors_from_year_to_year(read: Read) -> None:
    earlier = {row["person"]: row for row in read.rows("census_2023")}
    kept = []
    for row in read.rows("census_2024"):
        before = earlier.get(row["person"])
        if before is not None and iso_of_dayfirst(before["DOB"]) != row["true_birth_date"]:
            kept.append(row["DOB"] == before["DOB"])
    assert len(kept) > 20
    assert share(kept) > 0.7


def test_birth_dates_and_sex_are_seldom_wrong(read: Read) -> None:
    born = [row for row in read.rows("cin_2024") if row["dob"] and row["true_uasc"] == "0"]
    assert 0.003 < share(row["dob"] != row["true_birth_date"] for row in born) < 0.013
    sexes = {"1": "M", "2": "F"}
    assert share(sexes.get(row["sex"]) != row["true_sex"] for row in born) < 0.012
    pupils = [row for row in read.rows("census_2024") if row["true_uasc"] == "0"]
    assert 0.002 < share(iso_of_dayfirst(row["DOB"]) != row["true_birth_date"] for row in pupils) < 0.01
    assert all(row["Gender"] == row["Sex"] for row in pupils)


def test_unaccompanied_children_are_often_born_on_the_fifteenth(read: Read) -> None:
    rows = [row for row in read.rows("cla_2024") if row["true_uasc"] == "1"]
    assert share(row["DOB"].startswith(("15/", "01/01/")) for row in rows) > 0.35


def test_ethnicity_differs_between_sources_for_one_child_in_twelve(read: Read) -> None:
    census = {row["person"]: row["Ethnicity"] for row in read.rows("census_2024")}
    pairs = {row["person"]: row["ethnicity"] for row in read.rows("cin_2024")}
    assert 0.05 < share(census[person] != code for person, code in pairs.items() if person in census) < 0.12


def test_shares_in_care_and_in_need(read: Read) -> None:
    children = sum(bool(row["birth_date"]) for row in read.persons.values())
    for year in (2023, 2024):
        people = {row["person"] for row in read.rows(f"cin_{year}")}
        assert 0.06 < len(people) / children < 0.10
    assert 0.013 < len(read.rows("cla_2024")) / children < 0.017
    assert 0.9 < len({row["person"] for row in read.rows("census_2024")}) / (children * 12 / 19) < 1.0
