"""Identifiers: normal form and status, in SQL and in Python, against python-stdnum and the worked examples."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prepare_sources import Prepare, Source
from stdnum.gb import nhs as stdnum_nhs
from stdnum.gb import upn as stdnum_upn

from linkage.identifiers import (
    SCHEME_OF_FIELD,
    UPN_LETTERS,
    Checked,
    checked_identifier,
    digits_sql,
    status_sql,
    upn_check_letter,
    value_sql,
)
from linkage.prepare.upn_groups import upn_components
from linkage.sql import connect

# The worked examples of the DfE, HESA and NHS formulas (with the sums that give them), and what sources hold.
SPEC = [
    # field, raw, value, status
    ("upn", "B801200005001", "B801200005001", "valid"),  # 93 mod 23 = 1
    ("upn", "H801200001001", "H801200001001", "valid"),  # 53 mod 23 = 7
    ("upn", "P207000016049", "P207000016049", "valid"),  # 266 mod 23 = 13
    ("upn", "R201366624012", "R201366624012", "valid"),  # 245 mod 23 = 15
    ("upn", "F38512341600A", "F38512341600A", "temporary"),  # 189 mod 23 = 5, A counts 0
    ("upn", "V38512341600B", "V38512341600B", "temporary"),  # 202 mod 23 = 18, B counts 1
    ("upn", " b801200005001 ", "B801200005001", "valid"),
    ("upn", "B8012 0000 5001", "B801200005001", "valid"),
    ("upn", "Q207000016049", "Q207000016049", "invalid"),
    ("upn", "B207000016049", "B207000016049", "invalid"),
    ("upn", "D051910639385", "D051910639385", "invalid"),
    ("upn", "I801200005001", "I801200005001", "invalid"),
    ("upn", "F38512341600O", "F38512341600O", "invalid"),
    ("upn", "B80120000500", "B80120000500", "invalid"),
    ("upn", "A123456789123", None, "placeholder"),
    ("upn", "P123456789123", None, "placeholder"),
    ("upn", "A000000000000", None, "placeholder"),
    ("upn", "UN1", None, "placeholder"),
    ("upn", "un10", None, "placeholder"),
    ("upn", "Unknown", None, "placeholder"),
    ("upn", "N/A", None, "placeholder"),
    ("upn", "0", None, "placeholder"),
    ("former_upn", "Q207000016049", "Q207000016049", "former"),
    ("former_upn", "F38512341600A", "F38512341600A", "former"),
    ("former_upn", "12345", "12345", "invalid"),
    ("former_upn", "UN1", None, "placeholder"),
    ("uln", "9276308686", "9276308686", "valid"),
    ("uln", "9900000004", "9900000004", "valid"),
    ("uln", "1000000426", "1000000426", "valid"),
    ("uln", "1000000051", "1000000051", "valid"),
    ("uln", "1234567899", "1234567899", "valid"),
    ("uln", "9276308686.0", "9276308686", "valid"),
    ("uln", "9276308687", "9276308687", "invalid"),
    ("uln", "1234567890", None, "placeholder"),
    ("uln", "9999999999", None, "placeholder"),
    ("nhs_number", "943 476 5919", "9434765919", "valid"),
    ("nhs_number", "401-023-2137", "4010232137", "valid"),
    ("nhs_number", "9990000018", "9990000018", "valid"),
    ("nhs_number", "4857773457", "4857773457", "valid"),
    ("nhs_number", "9991234560", "9991234560", "invalid"),
    ("nhs_number", "0000000000", None, "placeholder"),
    ("nhs_number", "4444444444", None, "placeholder"),
    ("la_child_id", " 00123.0 ", "00123", "valid"),
    ("la_child_id", "9", "9", "valid"),
    ("la_child_id", "#N/A", None, "placeholder"),
    ("pmr", "aBcD", "aBcD", "valid"),
    ("learner_ref", "A-1/2", "A-1/2", "valid"),
]


@pytest.mark.parametrize(("field", "raw", "value", "status"), SPEC)
def test_each_identifier_is_worth_what_the_table_says(field: str, raw: str, value: str | None, status: str) -> None:
    assert checked_identifier(field, raw) == Checked(value, status)  # type: ignore[arg-type]


def _by_sql(field: str, raws: list[str]) -> list[tuple[Any, ...]]:
    scheme = SCHEME_OF_FIELD[field].name
    with connect() as con:
        return con.execute(
            f"""
select case when status <> 'placeholder' then value end, status
from (
    select value, {status_sql(field, "value", "digits")} as status
    from (
        select *, {digits_sql(scheme, "value")} as digits
        from (select {value_sql(scheme, "raw")} as value from (select unnest($raws) as raw))
    )
)""",
            {"raws": raws},
        ).fetchall()


def _by_python(field: str, raws: list[str]) -> list[tuple[Any, ...]]:
    found = [checked_identifier(field, raw) for raw in raws]
    return [(checked.value, checked.status) if checked else (None, None) for checked in found]


@pytest.mark.parametrize("field", ["upn", "former_upn", "uln", "nhs_number", "la_child_id", "pmr"])
def test_sql_and_python_agree_on_the_table(field: str) -> None:
    raws = [raw for _, raw, _, _ in SPEC] + ["", "  ", "-", ".0", "0.0"]
    assert _by_sql(field, raws) == _by_python(field, raws)


_UPN_TEXTS = st.from_regex(rf"[{UPN_LETTERS}IOSa-c][0-9]{{11}}[0-9A-Z]", fullmatch=True)
_NUMBERS = st.from_regex(r"[0-9]{9,11}", fullmatch=True)
_ANYTHING = st.text("AaZ019 -./#N\u00a0", max_size=15)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(sorted(SCHEME_OF_FIELD)),
    st.lists(st.one_of(_UPN_TEXTS, _NUMBERS, _ANYTHING), min_size=1, max_size=40),
)
def test_sql_and_python_agree_on_anything(field: str, raws: list[str]) -> None:
    assert _by_sql(field, raws) == _by_python(field, raws)


@settings(max_examples=300, deadline=None)
@given(st.from_regex(r"[0-9]{11}", fullmatch=True), st.sampled_from("0123456789" + UPN_LETTERS))
def test_the_check_letter_of_a_upn_agrees_with_stdnum(digits: str, final: str) -> None:
    # stdnum also refuses authorities it does not know, which may be new ones; the letter is what we compare.
    assert upn_check_letter(digits + final) == stdnum_upn.calc_check_digit(digits + final)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 99999), st.integers(0, 999), st.sampled_from(["201", "301", "380", "801", "933"]))
def test_a_upn_that_stdnum_takes_is_valid_or_temporary(serial: int, school: int, authority: str) -> None:
    rest = f"{authority}{school + 1000:04}{serial:05}"
    upn = stdnum_upn.calc_check_digit(rest) + rest
    checked = checked_identifier("upn", upn)
    assert stdnum_upn.is_valid(upn)
    assert checked is not None
    assert checked.status in ("valid", "placeholder")


@settings(max_examples=300, deadline=None)
@given(st.from_regex(r"[0-9]{10}", fullmatch=True))
def test_nhs_numbers_agree_with_stdnum(number: str) -> None:
    checked = checked_identifier("nhs_number", number)
    assert checked is not None
    if checked.status != "placeholder":
        assert (checked.status == "valid") == stdnum_nhs.is_valid(number)


@given(st.sampled_from(sorted(SCHEME_OF_FIELD)), st.one_of(_UPN_TEXTS, _NUMBERS, _ANYTHING))
def test_checking_a_normal_form_changes_nothing(field: str, raw: str) -> None:
    checked = checked_identifier(field, raw)
    if checked is not None and checked.value is not None and not checked.value.endswith(".0"):
        assert checked_identifier(field, checked.value) == checked


def test_identifiers_stand_below_each_other_with_their_scope(prepare: Prepare) -> None:
    made = prepare(
        a=Source(
            [
                {
                    "key": "1",
                    "upn": "b801200005001",
                    "la_child_id": "77",
                    "pmr": "xY",
                    "learner_ref": "L1",
                    "ukprn": "10",
                }
            ],
            settings={"authority": "301", "supply": "npd_2024"},
        ),
        b=[{"key": "1", "la_child_id": "77", "pmr": "xY"}],
    )
    columns = ("record_id", "scheme", "scope", "value", "status", "raw")
    assert [tuple(row[name] for name in columns) for row in made.table("identifiers")] == [
        (0, "la_child_id", "301", "77", "valid", "77"),
        (0, "learner_ref", "10", "L1", "valid", "L1"),
        (0, "pmr", "npd_2024", "xY", "valid", "xY"),
        (0, "upn", "national", "B801200005001", "valid", "b801200005001"),
        (1, "la_child_id", "b", "77", "valid", "77"),
        (1, "pmr", "b", "xY", "valid", "xY"),
    ]


def test_a_upn_that_is_former_as_well_stands_once_with_its_better_status(prepare: Prepare) -> None:
    made = prepare(a=[{"upn": "B801200005001", "former_upn": "B801200005001"}])
    assert [(row["value"], row["status"]) for row in made.table("identifiers")] == [("B801200005001", "valid")]


def _sharing(births: int) -> list[dict[str, str]]:
    days = [date(2012, 5, 3) + timedelta(days=40 * n) for n in range(births)]
    return [{"upn": "B801200005001", "dob": day.isoformat()} for day in days]


def test_a_upn_of_six_children_with_six_birth_dates_is_nobody_s(prepare: Prepare) -> None:
    made = prepare(a=_sharing(6), b=_sharing(5))
    found = [(row["record_id"] < 6, row["value"], row["status"]) for row in made.table("identifiers", "record_id")]
    assert found == [(True, None, "placeholder")] * 6 + [(False, "B801200005001", "valid")] * 5
    assert [(f.code, f.source, f.count) for f in made.findings] == [("ID005", "a", 6)]


def test_upns_of_one_child_hang_together_through_former_ones(prepare: Prepare) -> None:
    first, second, third, other = "B801200005001", "H801200001001", "P207000016049", "R201366624012"
    made = prepare(
        a=[{"upn": second, "former_upn": first}, {"upn": other}],
        b=[{"upn": third, "former_upn": second}, {"upn": other, "former_upn": "UN1"}],
    )
    assert [(row["value"], row["group_upn"]) for row in made.table("upn_groups")] == [
        (first, first),
        (second, first),
        (third, first),
    ]


def test_a_group_of_more_upns_than_a_child_can_have_is_not_used(prepare: Prepare) -> None:
    upns = [upn_check_letter(rest) + rest for rest in (f"801200005{n:03}" for n in range(1, 8))]
    chained = [{"upn": new, "former_upn": old} for old, new in pairwise(upns)]
    made = prepare(a=chained)
    assert made.table("upn_groups") == []
    assert [(f.code, f.count) for f in made.findings] == [("ID006", 7)]


def test_components_do_not_depend_on_the_order_of_pairs() -> None:
    pairs = [("C", "B"), ("A", "B"), ("X", "Y")]
    assert upn_components(pairs) == upn_components(pairs[::-1]) == [["A", "B", "C"], ["X", "Y"]]
    assert upn_components([]) == []


def test_ids_of_parents_are_kept_apart_from_identifiers(prepare: Prepare) -> None:
    rows = [
        {"key": "1", "mother_id": " m12.0 ", "guardian": "Mrs Zoë  O'Neill", "authority": "301", "dob": "2010-01-02"},
        {"key": "2", "mother_id": "N/A", "family_id": "000", "guardian": "Mum", "authority": "301"},
        {"key": "3", "household_id": "h 7", "dob": "2010-01-02"},
    ]
    made = prepare(a=Source(rows, settings={"supply": "hub"}))
    found = [tuple(row.values()) for row in made.table("relation_keys", "record_id, kind")]
    assert found == [
        (0, "guardian", "301", "ZOE O NEILL"), (0, "mother_id", "301", "M12"), (2, "household_id", "hub", "H7"),
    ]  # fmt: skip
    assert made.table("identifiers") == []
