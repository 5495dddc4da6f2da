"""Characteristics: every spelling to one code list."""

from __future__ import annotations

import pytest
from prepare_sources import Prepare

from linkage.prepare.code_lists import CODE_LISTS, ETHNICITY
from linkage.schema import ETHNICITY_GROUPS

SEX = [
    ("1", "M", None),
    ("2", "F", None),
    ("2.0", "F", None),
    ("M", "M", None),
    ("f", "F", None),
    ("a) Male", "M", None),
    ("b) Female", "F", None),
    ("Female", "F", None),
    ("0", None, "not_recorded"),
    ("9", None, "indeterminate"),
    ("U", None, "not_recorded"),
    ("-1", None, "not_recorded"),
    ("Z", None, "unknown_code"),
]
ETHNIC = [
    ("WBRI", "WBRI", "White", "White British", None),
    ("wbri", "WBRI", "White", "White British", None),
    ("a) WBRI", "WBRI", "White", "White British", None),
    ("White British", "WBRI", "White", "White British", None),
    ("Gypsy / Roma", "WROM", "White", "Gypsy/Roma", None),
    ("Traveller of Irish Heritage", "WIRT", "White", "Traveller of Irish heritage", None),
    ("WTUR", "WOTH", "White", "Any other White background", None),
    ("WENG", "WBRI", "White", "White British", None),
    ("BOTB", "BOTH", "Black", "Any other Black background", None),
    ("BSOM", "BAFR", "Black", "African", None),
    ("CMAL", "CHNE", "Asian", "Chinese", None),
    ("OARA", "OOTH", "Other", "Any other ethnic group", None),
    ("31", "WBRI", "White", "White British", None),
    ("42", "CHNE", "Asian", "Chinese", None),
    ("47", "OOTH", "Other", "Any other ethnic group", None),
    ("33", None, "White", None, "group_only"),
    ("WHIT", None, "White", None, "group_only"),
    ("REFU", None, None, None, "refused"),
    ("NOBT", None, None, None, "not_obtained"),
    ("s) NOBT", None, None, None, "not_obtained"),
    ("99", None, None, None, "not_recorded"),
    ("-1", None, None, None, "not_recorded"),
    ("UNKN", None, None, None, "unknown_code"),
    ("CNHE", None, None, None, "unknown_code"),
    ("ABRI", None, None, None, "unknown_code"),
]
OTHERS = [
    ("sen", "K", "K"),
    ("sen", "e", "E"),
    ("sen", "SEN support", "K"),
    ("sen", "No special educational need", "N"),
    ("sen", "?", None),
    ("fsm", "true", "Y"),
    ("fsm", "False", "N"),
    ("fsm", "1", "Y"),
    ("fsm", "maybe", None),
    ("disability", "NONE", "N"),
    ("disability", "AUT", "Y"),
    ("disability", "MOB,LD", "Y"),
    ("disability", "a) Yes", "Y"),
    ("language", "ENG", "ENG"),
    ("language", "PNJ", "PNJ"),
    ("language", "1_ENG", "ENG"),
    ("language", "REF", None),
    ("language", "NOT", None),
    ("cin", "1", "Y"),
    ("cin", "0", None),
    ("uasc", "Y", "Y"),
    ("cla", "no", None),
]


def test_each_sex_becomes_what_the_table_says(prepare: Prepare) -> None:
    made = prepare(a=[{"sex": raw, "key": f"{n:02}"} for n, (raw, *_) in enumerate(SEX)])
    assert made.values("sex_raw", "sex", "sex_why") == SEX


def test_each_ethnicity_becomes_what_the_table_says(prepare: Prepare) -> None:
    made = prepare(a=[{"ethnicity": raw, "key": f"{n:02}"} for n, (raw, *_) in enumerate(ETHNIC)])
    columns = ("ethnicity_raw", "ethnicity", "ethnicity_5", "ethnicity_19", "ethnicity_why")
    assert made.values(*columns) == ETHNIC


def test_each_other_characteristic_becomes_what_the_table_says(prepare: Prepare) -> None:
    made = prepare(a=[{field: raw, "key": f"{n:02}"} for n, (field, raw, _) in enumerate(OTHERS)])
    assert [made.records[n][field] for n, (field, _, _) in enumerate(OTHERS)] == [code for *_, code in OTHERS]


def test_a_code_that_a_source_does_not_know_is_not_read_from_another_field(prepare: Prepare) -> None:
    assert prepare(a=[{"sex": "K", "sen": "M"}]).values("sex", "sen") == [(None, None)]


def test_the_lists_give_only_codes_of_the_schema() -> None:
    assert {meaning.code for meaning in ETHNICITY.values() if meaning.code} == set(ETHNICITY_GROUPS)
    groups = {group for group, _ in ETHNICITY_GROUPS.values()}
    assert {meaning.group for meaning in ETHNICITY.values() if meaning.group} <= groups


@pytest.mark.parametrize("field", sorted(CODE_LISTS))
def test_a_spelling_is_a_code_or_says_why_not(field: str) -> None:
    assert all((meaning.code is None) != (meaning.why is None) for meaning in CODE_LISTS[field].values())
