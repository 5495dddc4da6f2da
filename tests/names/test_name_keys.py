"""Keys of names: one for all spellings of a name, and another for the name that only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.prepare import name_lists
from linkage.prepare.name_keys import first_telling_word, folded, forename_keys, spelling_key, surname_keys

ONE_NAME = [
    ("KHALED", "KHALID"), ("HUSSAIN", "HUSSEIN"), ("YOUSEF", "YUSUF"), ("AMINAH", "AMINA"), ("SOPHIA", "SOFIA"),
    ("WIKTORIA", "VICTORIA"), ("ALEKSANDER", "ALEXANDER"), ("ZAINAB", "ZAYNAB"), ("NIAMH", "NEVE"), ("NUUR", "NOOR"),
    ("ABBY", "ABBEY"), ("EDDY", "EDDIE"), ("MCCARTHY", "MACCARTHY"), ("OBRIEN", "BRIEN"), ("YOGESWARAN", "YOGESHWARAN"),
]  # fmt: skip
TWO_NAMES = [
    ("AMINA", "AMIRA"), ("HASSAN", "HUSSEIN"), ("MARIA", "MARIAM"), ("DANIEL", "DANIELLE"), ("JAYDEN", "HAYDEN"),
    ("FRANCES", "FRANCIS"), ("EWAN", "EVAN"), ("LENA", "LINA"), ("LILA", "LAYLA"), ("SEAN", "SIAN"), ("NOAH", "NOA"),
    ("ELLIE", "ELI"), ("ALLY", "ALI"), ("MIA", "MYA"), ("JAMAL", "JAMIL"), ("RYAN", "RAYAN"), ("PATEL", "PATIL"),
    ("CASEY", "CASSIE"), ("MARY", "MARIE"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ONE_NAME)
def test_spellings_of_a_name_have_one_key(one: str, other: str) -> None:
    assert spelling_key(one) == spelling_key(other)


@pytest.mark.parametrize(("one", "other"), TWO_NAMES)
def test_names_that_look_alike_have_two_keys(one: str, other: str) -> None:
    assert spelling_key(one) != spelling_key(other)


FORENAMES = [
    # name, first telling word, key, further keys that it must have
    ("AMY", "AMY", "AMY", set()),
    ("MUHAMMAD BILAL", "BILAL", "BILAL", {"MUHAMADBILAL"}),
    ("MUHAMMAD", "MUHAMMAD", "MUHAMID", set()),
    ("ABDUL RAHMAN", "ABDULRAHMAN", "ABDULRAHMAN", {"RAHMAN"}),
    ("HAMID ULLAH", "HAMIDULLAH", "HAMIDULA", set()),
    ("XIAO MING", "XIAO", "MING XIAO", {"XIAUMING", "XIAO", "MING"}),
    ("THI MAI", "MAI", "MAI", set()),
    ("JAMES R", "JAMES", "JAMIS", set()),
    ("A K", "A", "A K", set()),
    ("OLUWASEUN", "OLUWASEUN", "OLUVASIUN", {"SEUN"}),
    ("KOKILABEN", "KOKILABEN", "KUKILABIN", {"KUKILA"}),
]


@pytest.mark.parametrize(("name", "first", "key", "further"), FORENAMES)
def test_the_key_of_a_forename_is_that_of_its_telling_words(name: str, first: str, key: str, further: set[str]) -> None:
    assert first_telling_word(name) == first
    found, *others = forename_keys(name)
    assert found == key
    assert further <= set(others)


SURNAMES = [
    # name, key, further keys
    ("KOWALSKA", "KUVALSKI", set()),
    ("IVANOVA", "IVANUV", {"IVAN"}),
    ("HORVATHOVA", "HURVATUV", {"HURVATH"}),
    ("OBRIEN", "BRIN", set()),
    ("MCDONALD", "MAKDUNALD", set()),
    ("AL HASSAN", "HASAN", {"ALHASAN"}),
    ("VAN DER BERG", "BERG", {"VANDIRBIRG"}),
    ("GARCIA LOPEZ", "GARSIA LUPIZ", {"GARSIA", "LUPIZ", "GARSIALUPIZ"}),
    ("KAUR GILL", "GIL KAUR", {"GIL", "KAURGIL"}),
    ("WONG", "VONG", {"VANG", "HUANG"}),
]


@pytest.mark.parametrize(("name", "key", "further"), SURNAMES)
def test_the_key_of_a_surname_leaves_out_what_comes_and_goes(name: str, key: str, further: set[str]) -> None:
    found, *others = surname_keys(name)
    assert (found, set(others)) == (key, further)


def test_a_short_form_stands_for_its_full_names_and_they_not_for_each_other() -> None:
    harry, henry, harold = (forename_keys(name) for name in ("HARRY", "HENRY", "HAROLD"))
    assert henry[0] in harry
    assert harold[0] in harry
    assert not set(henry) & set(harold)
    assert harry[0] not in (*henry, *harold)


def test_no_spelling_is_in_two_families() -> None:
    families = [group.split() for group in name_lists.SPELLINGS.split(";")]
    places: dict[str, set[int]] = {}
    for number, family in enumerate(families):
        for word in family:
            places.setdefault(folded(word), set()).add(number)
    assert [word for word, found in places.items() if len(found) > 1] == []


def test_no_name_is_the_short_form_of_itself() -> None:
    for group in name_lists.SHORT_FORMS.split(";"):
        full, _, shorts = group.strip().partition(":")
        assert full not in shorts.split(), "a full name among its short forms"


@given(st.text("ABCEHIKMNOSTUXYZ0 ", min_size=1, max_size=20).filter(str.strip))
def test_every_clean_name_has_a_key_in_either_role(text: str) -> None:
    name = " ".join(text.split())
    for keys in (forename_keys(name), surname_keys(name)):
        assert keys[0].strip() == keys[0] != ""
        assert len(set(keys)) == len(keys)
