"""A museum of hard pairs for the rules: each fails where its guard is taken away, and a test shows that it does."""

from __future__ import annotations

import pytest
from tiny_run import load, people, rule, rules_on, run_all, town, without_guard

from linkage.packs import Rule
from linkage.sql import connect

HELD = "agree_but_contradict"

UPN_ON_THE_WRONG_TWIN = """
source | key | forename | surname | dob        | upn
left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
left   | 2   | ZARA     | YUSUF   | 2012-03-09 |
right  | 1   | ZARA     | YUSUF   | 2012-03-09 | U1
"""
UPN_OF_A_SIBLING = """
source | key | forename | surname | dob        | upn
left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
right  | 1   | ZARA     | YUSUF   | 2014-11-20 | U1
"""
UPN_OF_A_STRANGER = """
source | key | forename | surname | dob        | upn
left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
right  | 1   | OLIVER   | BENTLEY | 2012-03-09 | U1
"""
UPN_WITHOUT_NAMES = """
source | key | forename | surname | dob        | upn
left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
right  | 1   |          |         | 2014-11-20 | U1
"""
FORMER_UPN_OF_ANOTHER_BIRTH_DATE = """
source | key | forename | surname | dob        | upn | former_upn
left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1  |
right  | 1   | AMINA    | YUSUF   | 2014-11-20 | U2  | U1
"""
LOCAL_ID_GIVEN_TO_ANOTHER_CHILD = """
source | key | forename | surname | dob        | la_child_id
left   | 1   | AMINA    | YUSUF   | 2012-03-09 | 77
right  | 1   | AMINA    | YUSUF   | 2014-11-20 | 77
"""
LOCAL_ID_WITHOUT_A_BIRTH_DATE = """
source | key | forename | surname | dob        | la_child_id
left   | 1   | AMINA    | YUSUF   | 2012-03-09 | 77
right  | 1   | AMINA    | YUSUF   |            | 77
"""
LOCAL_ID_OF_AN_UNBORN_CHILD_GIVEN_TO_ANOTHER = """
source | key | forename | surname | dob        | expected_dob | la_child_id
left   | 1   |          |         |            | 2024-05-01   | 77
right  | 1   |          |         | 2014-11-20 |              | 77
"""
LOCAL_ID_OF_ANOTHER_SEX = """
source | key | forename | surname | dob        | sex | la_child_id
left   | 1   | AMINA    | YUSUF   | 2012-03-09 | F   | 77
right  | 1   | AMINA    | YUSUF   | 2012-03-09 | M   | 77
"""
LOCAL_ID_OF_ANOTHER_UPN = """
source | key | forename | surname | dob        | la_child_id | upn
left   | 1   | AMINA    | YUSUF   | 2012-03-09 | 77          | U1
right  | 1   | AMINA    | YUSUF   | 2012-03-09 | 77          | U2
"""
WRONG_UPN_OF_A_TWIN = """
source | key | forename | surname | dob        | invalid_upn
left   | 1   | AMINA    | YUSUF   | 2012-03-09 | X1
right  | 1   | ZARA     | YUSUF   | 2012-03-09 | X1
"""
PSEUDONYM_OF_ANOTHER_CHILD = """
source | key | forename | surname | dob        | pseudonym
left   | 1   | AMINA    | YUSUF   | 2012-03-09 | p1
right  | 1   | OLIVER   | BENTLEY | 2012-03-09 | p1
"""
SAME_PERSON_OF_ANOTHER_SEX = """
source | key | forename | surname | dob        | postcode | sex
left   | 1   | ALEX     | YUSUF   | 2012-03-09 | ZZ1 1AA  | F
right  | 1   | ALEX     | YUSUF   | 2012-03-09 | ZZ1 1AA  | M
"""
SAME_PERSON_OF_ANOTHER_UPN = """
source | key | forename | surname | dob        | postcode | sex | upn
left   | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA  | F   | U1
right  | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA  | F   | U2
"""
NAMELESS_OF_ANOTHER_ETHNICITY = """
source | key | forename | surname | dob        | postcode | sex | ethnicity_5
left   | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA  | F   | Black
right  | 1   |          |         | 2012-03-09 | ZZ1 1AA  | F   | White
"""
HOUSEMATES_WITH_NAMES = """
source | key | forename | surname | dob        | postcode | sex
left   | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA  | F
right  | 1   | OLIVIA   | BENTLEY | 2012-03-09 | ZZ1 1AA  | F
"""
HOUSEMATES_WITH_ONE_NAME = """
source | key | forename | surname | dob        | postcode | sex
left   | 1   | AMINA    |         | 2012-03-09 | ZZ1 1AA  | F
right  | 1   |          | BENTLEY | 2012-03-09 | ZZ1 1AA  | F
"""

# rule, guard, what the conflict says, table; a requirement writes no conflict.
GUARDED = {
    "upn on the wrong twin": ("upn", "twin_present", UPN_ON_THE_WRONG_TWIN),
    "upn of a sibling": ("upn", "forename_and_dob_conflict", UPN_OF_A_SIBLING),
    "upn of a stranger": ("upn", "names_conflict", UPN_OF_A_STRANGER),
    "upn without names": ("upn", "dob_conflict_without_names", UPN_WITHOUT_NAMES),
    "former upn of another birth date": ("upn_former", "dob_conflict", FORMER_UPN_OF_ANOTHER_BIRTH_DATE),
    "local id of another sex": ("la_child_id", "sex_conflict", LOCAL_ID_OF_ANOTHER_SEX),
    "local id of another upn": ("la_child_id", "different_upn", LOCAL_ID_OF_ANOTHER_UPN),
    "wrong upn of a twin": ("upn_unchecked", "twin_pattern", WRONG_UPN_OF_A_TWIN),
    "pseudonym of another child": ("pseudonym", "names_conflict", PSEUDONYM_OF_ANOTHER_CHILD),
    "same person of another sex": ("name_dob_postcode", "sex_conflict", SAME_PERSON_OF_ANOTHER_SEX),
    "same person of another upn, place": ("name_dob_postcode", "different_upn", SAME_PERSON_OF_ANOTHER_UPN),
    "same person of another upn, sex": ("name_dob_sex", "different_upn", SAME_PERSON_OF_ANOTHER_UPN),
    "nameless of another ethnicity": ("dob_postcode_sex", "ethnicity_conflict", NAMELESS_OF_ANOTHER_ETHNICITY),
}
REQUIRED = {
    "local id given to another child": ("la_child_id", "dob_agrees", LOCAL_ID_GIVEN_TO_ANOTHER_CHILD),
    "local id without a birth date": ("la_child_id", "dob_agrees", LOCAL_ID_WITHOUT_A_BIRTH_DATE),
    "local id of an unborn child given to another": (
        "la_child_id_unborn",
        "born_as_expected",
        LOCAL_ID_OF_AN_UNBORN_CHILD_GIVEN_TO_ANOTHER,
    ),
    "housemates with names": ("dob_postcode_sex", "names_missing", HOUSEMATES_WITH_NAMES),
    "housemates with one name": ("dob_postcode_sex", "names_missing", HOUSEMATES_WITH_ONE_NAME),
}


def held_by(rule_id: str, guard: str) -> tuple[str, str, str, str, str]:
    """The conflict that a guard writes for the first records of both sources."""
    return (HELD, "left:1", "right:1", f"{rule_id}: {guard}", "held")


@pytest.mark.parametrize("piece", GUARDED)
def test_a_guard_that_fires_holds_the_pair_and_writes_a_conflict(piece: str) -> None:
    rule_id, guard, table = GUARDED[piece]
    run = rules_on(table)
    assert run.rule_links == {}
    assert held_by(rule_id, guard) in run.rule_conflicts


@pytest.mark.parametrize("piece", REQUIRED)
def test_a_requirement_that_fails_leaves_the_pair_without_a_word(piece: str) -> None:
    _, _, table = REQUIRED[piece]
    run = rules_on(table)
    assert run.rule_links == {}
    assert run.rule_conflicts == set()


@pytest.mark.parametrize("piece", {**GUARDED, **REQUIRED})
def test_without_its_guard_each_piece_of_the_museum_would_be_linked(piece: str) -> None:
    rule_id, guard, table = {**GUARDED, **REQUIRED}[piece]
    run = rules_on(table, without_guard(rule_id, guard))
    assert run.rule_links == {("left:1", "right:1"): rule_id}


@pytest.mark.parametrize(
    ("born", "due_again", "is_linked"),
    [
        ("2024-01-03", "", True),  # 119 days early
        ("2024-01-02", "", False),
        ("2024-05-29", "", True),  # 28 days late
        ("2024-05-30", "", False),
        ("2024-05", "", True),
        ("2023-12", "", False),  # its last day is 122 days early
        ("2024", "", True),
        ("", "2024-05-29", True),  # not born yet either
        ("", "2024-05-30", False),
        ("2014-11-20", "2024-05-01", False),  # a birth date says more than the due date beside it
        ("", "", False),
    ],
)
def test_a_child_known_before_birth_is_found_again_under_its_id(born: str, due_again: str, is_linked: bool) -> None:
    run = rules_on(f"""
        source | key | dob    | expected_dob | la_child_id
        left   | 1   |        | 2024-05-01   | 77
        right  | 1   | {born} | {due_again}  | 77
        """)
    assert run.rule_links == ({("left:1", "right:1"): "la_child_id_unborn"} if is_linked else {})


def test_a_upn_on_the_wrong_twin_is_a_conflict_where_the_right_twin_is_there() -> None:
    run = rules_on(UPN_ON_THE_WRONG_TWIN)
    assert run.rule_links == {}
    assert run.rule_conflicts == {held_by("upn", "twin_present")}


def test_a_child_who_goes_by_another_forename_is_linked_by_upn_where_no_twin_is_there() -> None:
    no_twin = [row for row in people(UPN_ON_THE_WRONG_TWIN) if row["key"] == "1"]
    run = rules_on(no_twin)
    assert run.rule_links == {("left:1", "right:1"): "upn"}
    assert run.rule_conflicts == set()


@pytest.mark.parametrize("elsewhere", ["ZARA", "AMINA"])
def test_a_twin_of_another_surname_or_source_is_not_the_twin_that_is_meant(elsewhere: str) -> None:
    run = rules_on(f"""
        source | key | forename | surname | dob        | upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
        left   | 2   | ZARA     | BENTLEY | 2012-03-09 |
        right  | 1   | ZARA     | YUSUF   | 2012-03-09 | U1
        third  | 1   | {elsewhere} | YUSUF | 2012-03-09 |
        """)
    assert run.rule_links["left:1", "right:1"] == "upn"


def test_the_twin_is_found_on_the_right_side_too() -> None:
    run = rules_on("""
        source | key | forename | surname | dob        | upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
        right  | 1   | ZARA     | YUSUF   | 2012-03-09 | U1
        right  | 2   | AMINA    | YUSUF   | 2012-03-09 |
        """)
    assert run.rule_links == {}
    assert run.rule_conflicts == {held_by("upn", "twin_present")}


def test_a_twin_whose_surname_is_known_as_a_former_one_only_is_still_a_twin() -> None:
    run = rules_on("""
        source | key | forename | surname | other_surnames | dob        | invalid_upn
        left   | 1   | AMINA    | YUSUF   |                | 2012-03-09 | X1
        right  | 1   | ZARA     |         | YUSUF          | 2012-03-09 | X1
        """)
    assert run.rule_links == {}
    assert run.rule_conflicts == {held_by("upn_unchecked", "twin_pattern")}


def test_a_sibling_who_was_given_the_upn_is_a_conflict_and_no_link() -> None:
    run = rules_on(UPN_OF_A_SIBLING)
    assert run.rule_links == {}
    assert run.rule_conflicts == {held_by("upn", "forename_and_dob_conflict")}


@pytest.mark.parametrize(
    "slip",
    ["2012-03-08", "2012-04-09", "2011-03-09", "2012-09-03"],
    ids=["day", "month", "year", "day and month swapped"],
)
@pytest.mark.parametrize("scheme", ["upn", "la_child_id"])
def test_an_identifier_with_a_birth_date_one_slip_apart_is_linked(scheme: str, slip: str) -> None:
    run = rules_on(f"""
        source | key | forename | surname | dob        | {scheme}
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | 77
        right  | 1   | ZARA     | YUSUF   | {slip}     | 77
        """)
    assert run.rule_links == {("left:1", "right:1"): scheme}


def test_a_day_and_month_that_are_swapped_do_not_hold_a_upn_without_names() -> None:
    run = rules_on("""
        source | key | forename | surname | dob        | upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
        right  | 1   |          |         | 2012-09-03 | U1
        """)
    assert run.rule_links == {("left:1", "right:1"): "upn"}


def test_a_upn_is_held_where_a_side_has_no_names_and_the_birth_date_differs() -> None:
    run = rules_on(UPN_WITHOUT_NAMES)
    assert run.rule_links == {}
    assert run.rule_conflicts == {held_by("upn", "dob_conflict_without_names")}


def test_a_temporary_upn_finds_the_permanent_one_through_a_third_record_that_holds_it_as_former() -> None:
    run = rules_on("""
        source | key | forename | surname | dob        | upn | temporary_upn | former_upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 |     | T1            |
        right  | 1   | AMINA    | YUSUF   | 2012-03-09 | U1  |               |
        third  | 1   | AMINA    | YUSUF   | 2012-03-09 | U1  |               | T1
        """)
    assert run.rule_links == {
        ("left:1", "right:1"): "upn_former",
        ("left:1", "third:1"): "upn_former",
        ("right:1", "third:1"): "upn",
    }


def test_without_the_third_record_a_temporary_upn_does_not_find_the_permanent_one() -> None:
    run = rules_on("""
        source | key | dob        | upn | temporary_upn
        left   | 1   | 2012-03-09 |     | T1
        right  | 1   | 2012-03-09 | U1  |
        """)
    assert run.rule_links == {}


def test_two_permanent_upns_that_a_former_one_joins_are_not_different() -> None:
    run = rules_on("""
        source | key | forename | surname | dob        | la_child_id | upn | former_upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | 77          | U1  |
        right  | 1   | AMINA    | YUSUF   | 2012-03-09 | 77          | U2  |
        third  | 1   | AMINA    | YUSUF   | 2012-03-09 |             | U2  | U1
        """)
    assert run.rule_conflicts == set()
    assert set(run.rule_links) == {("left:1", "right:1"), ("left:1", "third:1"), ("right:1", "third:1")}


def test_a_local_id_that_was_given_to_another_child_links_nothing() -> None:
    assert rules_on(LOCAL_ID_GIVEN_TO_ANOTHER_CHILD).rule_links == {}


def test_a_local_id_links_nothing_where_a_birth_date_is_unknown() -> None:
    assert rules_on(LOCAL_ID_WITHOUT_A_BIRTH_DATE).rule_links == {}


def test_a_local_id_means_nothing_in_another_authority() -> None:
    run = rules_on("""
        source | key | forename | surname | dob        | authority | la_child_id
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | 301       | 77
        right  | 1   | AMINA    | YUSUF   | 2012-03-09 | 302       | 77
        """)
    assert run.rule_links == {}


def test_a_pseudonym_that_differs_in_case_alone_is_another_child() -> None:
    run = rules_on("""
        source | key | dob        | pmr
        left   | 1   | 2012-03-09 | ab1
        right  | 1   | 2012-03-09 | AB1
        """)
    assert run.rule_links == {}


@pytest.mark.parametrize(
    ("surname", "others"), [("YUSUF BENTLEY", ""), ("BENTLEY", "YUSUF"), ("YUSSUF", "")],
    ids=["double-barrelled", "married, the former name kept", "another spelling"],
)  # fmt: skip
def test_a_surname_that_changed_does_not_hold_the_upn_of_a_child_who_also_goes_by_another_forename(
    surname: str, others: str
) -> None:
    run = rules_on(f"""
        source | key | forename | surname   | other_surnames | dob        | upn
        left   | 1   | AMINA    | YUSUF     |                | 2012-03-09 | U1
        right  | 1   | ZARA     | {surname} | {others}       | 2012-03-09 | U1
        """)
    assert run.rule_links == {("left:1", "right:1"): "upn"}


def test_names_in_each_others_place_do_not_hold_a_upn() -> None:
    run = rules_on("""
        source | key | forename | surname | dob        | upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
        right  | 1   | YUSUF    | AMINA   | 2012-03-09 | U1
        """)
    assert run.rule_links == {("left:1", "right:1"): "upn"}


def test_a_key_that_two_records_share_is_left_to_the_model_with_a_conflict_for_each_pair() -> None:
    run = rules_on("""
        source | key | forename | surname | dob        | postcode
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA
        right  | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA
        right  | 2   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA
        """)
    assert run.rule_links == {}
    assert run.rule_conflicts == {
        ("key_not_unique", "left:1", f"right:{key}", "name_dob_postcode: shared_key", "left_to_model") for key in "12"
    }


def _shared_on(side: str) -> list[dict[str, str]]:
    child = {"forename": "AMINA", "surname": "YUSUF", "dob": "2012-03-09", "postcode": "ZZ1 1AA"}
    return [{"source": source, "key": key} | child for source in ("left", "right") for key in "12"
            if key == "1" or source == side]  # fmt: skip


@pytest.mark.parametrize(
    ("unique", "shared_side", "links"),
    [("none", "left", 2), ("none", "right", 2), ("left", "right", 0), ("left", "left", 2), ("right", "left", 0),
     ("right", "right", 2), ("both", "left", 0), ("both", "right", 0)],
)  # fmt: skip
def test_unique_says_which_side_may_not_hold_a_rival(unique: str, shared_side: str, links: int) -> None:
    # `left`: the left record must have one partner only; a second record on the right breaks that.
    one_rule: tuple[Rule, ...] = (rule("name_dob_postcode").model_copy(update={"unique": unique}),)
    assert len(rules_on(_shared_on(shared_side), one_rule).rule_links) == links


def test_the_first_rule_that_finds_a_pair_keeps_it() -> None:
    run = rules_on("""
        source | key | forename | surname | dob        | postcode | upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA  | U1
        right  | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA  | U1
        """)
    assert run.pairs("links_deterministic", "rule") == [("left:1", "right:1", "upn")]


def test_a_record_with_a_link_into_a_source_that_holds_children_once_gets_no_second() -> None:
    table = """
        source | key | forename | surname | dob        | postcode | upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA  | U1
        left   | 2   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA  |
        right  | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA  | U1
        third  | 1   | OLIVER   | BENTLEY | 2007-11-20 | ZZ1 1AA  |
        """
    assert rules_on(table).rule_links == {("left:1", "right:1"): "upn", ("left:2", "right:1"): "name_dob_postcode"}
    assert rules_on(table, unique=["left"]).rule_links == {("left:1", "right:1"): "upn"}
    other = {"left": "right", "right": "left", "third": "third"}
    mirrored = [row | {"source": other[row["source"]]} for row in people(table)]
    mirrored_run = rules_on(mirrored, sources=["left", "right", "third"], unique=["right"])
    assert mirrored_run.rule_links == {("left:1", "right:1"): "upn"}


def test_records_of_one_source_are_compared_only_where_the_project_wants_it() -> None:
    table = """
        source | key | forename | surname | dob        | upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
        left   | 2   | AMINA    | YUSUF   | 2012-03-09 | U1
        """
    assert rules_on(table).rule_links == {}
    assert rules_on(table, within=["left"]).rule_links == {("left:1", "left:2"): "upn"}


def test_a_birth_date_known_to_the_month_is_no_full_key() -> None:
    run = rules_on("""
        source | key | forename | surname | dob     | postcode | sex
        left   | 1   | AMINA    | YUSUF   | 2012-03 | ZZ1 1AA  | F
        right  | 1   | AMINA    | YUSUF   | 2012-03 | ZZ1 1AA  | F
        """)
    assert run.rule_links == {}


def test_rows_that_folding_kept_apart_are_conflicts_from_the_start() -> None:
    run = rules_on(
        """
        source | key | forename | surname | dob
        left   | 1.1 | AMINA    | YUSUF   | 2012-03-09
        left   | 1.2 | OLIVER   | BENTLEY | 2007-11-20
        """,
        fold_conflicts=[("left:1.1", "left:1.2", "names_and_dob")],
    )
    assert run.rule_conflicts == {("one_key_two_children", "left:1.1", "left:1.2", "names_and_dob", "kept_apart")}


def test_rules_alone_make_persons_with_the_confidence_that_the_pack_assumes() -> None:
    with connect(memory="1GB") as con:
        run = run_all(load(con, [*town(300), {"source": "right", "key": "1"}]))
        link = run.decided["left:t0000", "right:t0000"]
        assert (link.stage, link.rule, link.basis) == ("deterministic", "upn", "assumed")
        assert link.confidence == rule("upn").assumed_precision
        assert len(run.persons) == 301
        assert frozenset({"right:1"}) in run.persons
