"""Names: what the clean form is, what is refused, and what else a text may mean."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prepare_sources import Prepare

from linkage.prepare.names import clean_name_sql
from linkage.prepare.phonetics import phonetic_code
from linkage.sql import connect

SPEC = [
    # raw, clean, why
    ("Smith", "SMITH", None),
    ("o'brien", "OBRIEN", None),
    ("O’Brien", "OBRIEN", None),
    ("D`Arcy", "DARCY", None),
    ("Smith-Jones", "SMITH JONES", None),
    ("  Anne   Marie ", "ANNE MARIE", None),
    ("St. John", "ST JOHN", None),
    ("Zoë", "ZOE", None),
    ("e\u0301mile", "EMILE", None),
    ("Łukasz Wójcik", "LUKASZ WOJCIK", None),
    ("Strauß", "STRAUSS", None),
    ("Bjørn Ærø", "BJORN AERO", None),
    ("Đặng", "DANG", None),
    ("İbrahim Işık", "IBRAHIM ISIK", None),
    ("al-Hassan bin Ali", "AL HASSAN BIN ALI", None),
    ("Mr John Smith Jr", "JOHN SMITH", None),
    ("MISS Amy", "AMY", None),
    ("Dr. Who", "WHO", None),
    ("Master", "MASTER", None),
    ("John II", "JOHN", None),
    ("Smith 2nd!", "SMITH 2ND", None),
    ("SUR9125", "SUR9125", None),
    ("Boyd", "BOYD", None),
    ("Infanta", "INFANTA", None),
    ("Xx", None, "placeholder"),
    ("Baby", None, "placeholder"),
    ("Baby Boy", None, "placeholder"),
    ("BABY GIRL SMITH", None, "placeholder"),
    ("Twin 1", None, "placeholder"),
    ("twin one", None, "placeholder"),
    ("Twin A", None, "placeholder"),
    ("Unborn", None, "placeholder"),
    ("Not Known", None, "placeholder"),
    ("UNKNOWN", None, "placeholder"),
    ("n/a", None, "placeholder"),
    ("#N/A", None, "placeholder"),
    ("No name", None, "placeholder"),
    ("TBC", None, "placeholder"),
    ("Test", None, "placeholder"),
    ("12345", None, "not_a_name"),
    ("???", None, "not_a_name"),
    ("Мария", None, "not_a_name"),
    ("王伟", None, "not_a_name"),
]


def test_each_name_becomes_what_the_table_says(prepare: Prepare) -> None:
    made = prepare(a=[{"surname": raw, "row": n, "key": f"{n:03}"} for n, (raw, _, _) in enumerate(SPEC)])
    assert made.values("surname_raw", "surname", "surname_why") == SPEC


@pytest.mark.parametrize("blank", [None, "", "   ", "\u00a0"])
def test_a_blank_name_has_neither_raw_nor_reason(prepare: Prepare, blank: str | None) -> None:
    made = prepare(a=[{"forename": blank}, {"forename": "Amy"}])
    columns = ("forename", "forename_raw", "forename_why", "forenames", "forename_phonetic")
    assert made.values(*columns)[0] == (None,) * 5


ROLES = [
    # raw, forenames, surnames
    ("Amy", ["AMY"], ["AMY"]),
    ("Anna Maria", ["ANNA MARIA"], ["ANNA", "ANNA MARIA", "MARIA"]),
    ("Elizabeth (Liz)", ["ELIZABETH", "LIZ"], ["ELIZABETH", "LIZ"]),
    ('William "Bill"', ["BILL", "WILLIAM"], ["BILL", "WILLIAM"]),
    ("Mohammed known as Mo", ["MO", "MOHAMMED"], ["MO", "MOHAMMED"]),
    ("Mo aka Momo", ["MO", "MOMO"], ["MO", "MOMO"]),
    ("(Liz)", ["LIZ"], ["LIZ"]),
    ("Ann (Twin 1)", ["ANN"], ["ANN"]),
    ("Smith-Jones", ["SMITH JONES"], ["JONES", "SMITH", "SMITH JONES"]),
    ("van der Berg", ["VAN DER BERG"], ["BERG", "VAN DER BERG"]),
    ("Kaur Gill", ["KAUR GILL"], ["GILL", "KAUR GILL"]),
    ("Kaur", ["KAUR"], ["KAUR"]),
    ("Baby", None, None),
]


@pytest.mark.parametrize(("raw", "forenames", "surnames"), ROLES)
def test_a_text_gives_all_that_it_may_mean(
    prepare: Prepare, raw: str, forenames: list[str] | None, surnames: list[str] | None
) -> None:
    made = prepare(a=[{"forename": raw, "surname": raw}])
    assert made.values("forenames", "surnames") == [(forenames, surnames)]


def test_preferred_former_and_alternative_names_stand_beside_the_main_one(prepare: Prepare) -> None:
    made = prepare(
        a=[
            {
                "forename": "Aleksandra",
                "middle_names": "Maria",
                "preferred_forename": "Ola",
                "surname": "Nowak",
                "former_surname": "Kowalska",
                "preferred_surname": "Nowak-Smith",
                "forename_alternatives": ["Alexandra", "Baby"],
            }
        ]
    )
    expected: tuple[Any, ...] = (
        ["ALEKSANDRA", "ALEXANDRA", "OLA"],
        ["KOWALSKA", "NOWAK", "NOWAK SMITH", "SMITH"],
        "MARIA",
    )
    assert made.values("forenames", "surnames", "middle_names") == [expected]


def test_a_forename_sounds_like_its_first_word_and_a_surname_like_all_of_them(prepare: Prepare) -> None:
    made = prepare(
        a=[
            {"forename": "Catherine Anne", "surname": "van der Berg"},
            {"forename": "Katherine", "surname": "Vanderberg"},
        ]
    )
    (left, right) = made.values("forename_phonetic", "surname_phonetic")
    assert left == right


def test_made_up_names_with_digits_do_not_sound_alike() -> None:
    assert phonetic_code("SUR9125") != phonetic_code("SUR8776")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(string.printable + "éßØłıĐ’ ́", max_size=15), min_size=1, max_size=20))
def test_cleaning_a_clean_name_changes_nothing(texts: list[str]) -> None:
    with connect() as con:
        once = f"(select {clean_name_sql('text')} as clean from (select unnest($texts) as text))"
        found = con.execute(f"select clean, {clean_name_sql('clean')} from {once}", {"texts": texts}).fetchall()
    for clean, again in found:
        assert again == clean
        assert set(clean) <= set(string.ascii_uppercase + string.digits + " ")
        assert clean == " ".join(clean.split())
