"""Cases that real files have taught: each is kept so that it never comes back."""

from __future__ import annotations

from datetime import date

from prepare_sources import Prepare


def test_children_without_a_upn_do_not_share_the_reason_for_it(prepare: Prepare) -> None:
    made = prepare(a=[{"upn": "UN1"}, {"upn": "UN1"}])
    assert [(row["value"], row["status"]) for row in made.table("identifiers")] == [(None, "placeholder")] * 2


def test_twins_without_names_yet_have_nothing_that_could_agree(prepare: Prepare) -> None:
    made = prepare(a=[{"forename": "Twin 1", "surname": "Jones"}, {"forename": "Twin 2", "surname": "Jones"}])
    assert made.values("forename", "forename_why", "forenames", "forename_phonetic") == [
        (None, "placeholder", None, None),
        (None, "placeholder", None, None),
    ]


def test_twins_under_their_own_keys_stay_two_records(prepare: Prepare) -> None:
    twin = {"surname": "Jones", "dob": "2020-01-05", "postcode": "M1 1AE"}
    assert len(prepare(a=[{"forename": "Ada", **twin}, {"forename": "Ida", **twin}]).records) == 2


def test_a_married_or_double_barrelled_name_still_holds_the_earlier_one(prepare: Prepare) -> None:
    made = prepare(a=[{"surname": "Smith-Jones"}, {"surname": "Jones", "former_surname": "Smith"}])
    left, right = (set(names) for (names,) in made.values("surnames"))
    assert {"SMITH", "JONES"} <= left & right


def test_one_arabic_name_in_several_spellings_shares_a_part(prepare: Prepare) -> None:
    made = prepare(
        a=[{"surname": "al-Hassan"}, {"surname": "Al Hassan"}, {"surname": "AL'HASSAN"}, {"surname": "El Hassan"}]
    )
    lists = [set(names) for (names,) in made.values("surnames")]
    assert lists[0] == lists[1] == {"AL HASSAN", "HASSAN"}
    assert lists[0] & lists[3] == {"HASSAN"}
    assert lists[2] == {"ALHASSAN"}


def test_polish_letters_are_letters(prepare: Prepare) -> None:
    made = prepare(a=[{"forename": "Łucja", "surname": "Żółkiewska-Dąb"}])
    assert made.values("forename", "surname") == [("LUCJA", "ZOLKIEWSKA DAB")]


def test_default_dates_are_never_birth_dates(prepare: Prepare) -> None:
    made = prepare(a=[{"dob": "01/01/1900"}, {"dob": "1970-01-01 00:00:00"}])
    assert made.values("dob", "dob_why") == [(None, "default_date")] * 2


def test_the_school_census_export_writes_months_in_english_whatever_the_locale(prepare: Prepare) -> None:
    assert prepare(a=[{"dob": "2012-Mar-21 00:00:00"}]).values("dob") == [(date(2012, 3, 21),)]


def test_the_old_code_in_the_new_sex_element_is_read(prepare: Prepare) -> None:
    assert prepare(a=[{"sex": "1"}, {"sex": "M"}]).values("sex") == [("M",), ("M",)]


def test_an_id_that_a_spreadsheet_made_a_number_is_the_id(prepare: Prepare) -> None:
    made = prepare(a=[{"la_child_id": "1234.0"}, {"la_child_id": "1234"}])
    assert [row["value"] for row in made.table("identifiers")] == ["1234", "1234"]


def test_pupil_matching_references_that_differ_in_case_are_two(prepare: Prepare) -> None:
    made = prepare(a=[{"pmr": "AbC"}, {"pmr": "ABC"}])
    assert [row["value"] for row in made.table("identifiers")] == ["AbC", "ABC"]


def test_no_message_holds_a_value_of_a_record(prepare: Prepare) -> None:
    rows = [{"key": "K", "forename": "Zebedee", "surname": "Qux", "dob": "21/05/2012"},
            {"key": "K", "forename": "Amy", "surname": "Okafor", "dob": "1/2/2003"}]  # fmt: skip
    made = prepare(a=rows)
    assert len(made.findings) == 2
    for finding in made.findings:
        text = f"{finding.meaning} {finding.code}".lower()
        assert not any(value in text for value in ("zebedee", "qux", "okafor", "21/05", "2012"))
