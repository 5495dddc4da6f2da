"""Learner numbers and pupil matching references."""

from collections import defaultdict

import numpy as np
import pytest
from linkage_synth.formats.numbers import build_references, build_ulns, uln_checks
from synthetic_files import Everything

REFERENCES = {
    "npd_census_2023": "PupilMatchingRefAnonymous_SPR23", "npd_census_2024": "PupilMatchingRefAnonymous_SPR24",
    "npd_eyfsp": "FSP_PupilMatchingRefAnonymous", "npd_ks2": "KS2_PupilMatchingRefAnonymous",
    "npd_ks4": "KS4_PupilMatchingRefAnonymous", "npd_absence": "PupilMatchingRefAnonymous_ab23",
    "npd_exclusions": "PupilMatchingRefAnonymous_ex23", "npd_nccis": "NCCIS_PupilMatchingRefAnonymous",
    "npd_ap": "AP_PupilMatchingRefAnonymous", "npd_premium": "PupilMatchingRefAnonymous",
}  # fmt: skip


def check_holds(uln: str) -> bool:
    """As HESA writes it: digits times weights 10 to 1 leave 10 when divided by 11."""
    return sum(int(digit) * weight for digit, weight in zip(uln, range(10, 0, -1), strict=True)) % 11 == 10


@pytest.mark.parametrize("uln", ["9276308686", "9900000004", "1000000426", "1000000051", "1234567899"])
def test_check_digits_worked_by_hand(uln: str) -> None:
    assert str(uln_checks(np.array([int(uln[:9])]))[0]) == uln[9]
    assert check_holds(uln)


def test_learner_numbers_are_of_the_test_range_and_none_is_given_twice() -> None:
    ulns = build_ulns(np.random.default_rng(1), 50_000).tolist()
    assert len(set(ulns)) == 50_000
    assert all(uln.startswith("99") and check_holds(uln) for uln in ulns)
    assert not check_holds("9999999999")


def test_references_differ_and_some_in_case_only() -> None:
    references = build_references(np.random.default_rng(1), 4_000).tolist()
    assert len(set(references)) == 4_000
    assert {len(reference) for reference in references} == {18}
    assert len({reference.lower() for reference in references}) == 4_000 - 10


def test_learners_have_valid_numbers_but_for_a_few(everything: Everything) -> None:
    ulns = [row["ULN"] for row in everything.learners()]
    temporary = ulns.count("9999999999") / len(ulns)
    wrong = sum(uln != "9999999999" and not check_holds(uln) for uln in ulns) / len(ulns)
    assert 0.005 < temporary < 0.07
    assert wrong < 0.02
    own: dict[str, set[str]] = defaultdict(set)
    for row in everything.learners():
        if check_holds(row["ULN"]):
            own[row["ULN"]].add(row["person"])
    assert max(map(len, own.values())) == 1


def test_a_reference_is_one_person_of_one_supply(everything: Everything) -> None:
    of_person: dict[str, set[str]] = defaultdict(set)
    of_reference: dict[str, set[str]] = defaultdict(set)
    for source, column in REFERENCES.items():
        for row in everything.csv_of(source):
            if row[column]:
                of_person[row["person"]].add(row[column])
                of_reference[row[column]].add(row["person"])
    assert {len(each) for each in (*of_person.values(), *of_reference.values())} == {1}
    other = {row["PupilMatchingRefAnonymous_SPR24"] for row in everything.csv_of("npd_b_census_2024")}
    named = {row["KS4_PUPILMATCHINGREF"] for row in everything.csv_of("npd_ks4_named")}
    assert not (other & set(of_reference))
    assert not (named & (other | set(of_reference)))


def test_references_of_social_care_are_those_of_schools_or_blank(everything: Everything) -> None:
    school = {row["PupilMatchingRefAnonymous_SPR24"]: row["person"] for row in everything.csv_of("npd_census_2024")}
    rows = everything.csv_of("npd_cin")
    found = [school[row["CIN_PupilMatchingRefAnonymous"]] == row["person"] for row in rows
             if row["CIN_PupilMatchingRefAnonymous"] in school]  # fmt: skip
    assert len(found) > 50
    assert sum(found) / len(found) > 0.98
    blank = [row for row in rows if not row["CIN_PupilMatchingRefAnonymous"]]
    assert 0.1 < len(blank) / len(rows) < 0.5
    assert all(not row["CIN_PupilMatchingRefAnonymous"] for row in rows if not row["CIN_YearOfBirth"])
