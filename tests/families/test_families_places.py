"""What must not make a family: placements, homes for many, and what only looks like a home."""

from __future__ import annotations

import pytest
from small_world import Families, Home, families_of

from linkage.sql import Connection

OAKS = """
    key | forename | surname | dob
    a   | ANN      | OAK     | 2010-03-01
    b   | BEN      | OAK     | 2012-03-01
    """


def placed(who: str, place: str, begin: str, end: str | None, code: str) -> tuple[Home, tuple[str, ...]]:
    """A placement and the episode that says what it is."""
    return (who, "placement", place, begin, end), (who, "episode", f"C2|{code}", begin, end)  # type: ignore[return-value]


def together(con: Connection, code: str, *, listed: str = OAKS, names: str = "ab") -> Families:
    """Children placed in one postcode at one time, and a register that calls it their home."""
    spells = [placed(who, "AB1 2CD", "2022-01-01", None, code) for who in names]
    homes = [home for home, _ in spells] + [(who, "home", "AB1 2CD u1", None, None) for who in names]
    return families_of(con, listed, homes=homes, events=[event for _, event in spells])  # type: ignore[arg-type]


def test_foster_children_of_one_surname_in_one_home_are_placed_together_and_no_more(con: Connection) -> None:
    made = together(con, "U4")
    assert made.relations == {("a", "b", "placed_with"): "same_foster_home"}
    assert (made.units("birth_family"), made.units("carers")) == ([], [["a", "b"]])


@pytest.mark.parametrize("code", ["K2", "S1"])
def test_a_childrens_home_has_no_carers_in_common(con: Connection, code: str) -> None:
    made = together(con, code)
    assert made.relations == {("a", "b", "placed_with"): "same_residential_home"}
    assert made.units("carers") == []


def test_a_placement_with_parents_is_home(con: Connection) -> None:
    made = together(con, "P1")
    assert {relation for _, _, relation in made.relations} == {"sibling", "lives_with"}


def test_five_foster_children_in_one_postcode_are_in_a_home_for_many(con: Connection) -> None:
    listed = "key | forename | surname | dob\n" + "\n".join(
        f"{who} | N{who.upper()} | S{who.upper()} | 2010-0{at + 1}-01" for at, who in enumerate("abcde")
    )
    made = together(con, "U6", listed=listed, names="abcde")
    assert set(made.relations.values()) == {"same_residential_home"}


def test_children_placed_one_after_the_other_were_not_placed_together(con: Connection) -> None:
    first = placed("a", "AB1 2CD", "2020-01-01", "2021-01-01", "U4")
    second = placed("b", "AB1 2CD", "2021-01-01", None, "U4")
    made = families_of(con, OAKS, homes=[first[0], second[0]], events=[first[1], second[1]])  # type: ignore[list-item]
    assert made.relations == {}


def test_siblings_are_known_by_the_home_they_were_taken_from(con: Connection) -> None:
    """A child's home is told at the start of care: it counts on that day and makes no household afterwards."""
    spell = placed("a", "ZZ9 9ZZ", "2022-01-01", None, "U4")
    homes: list[Home] = [spell[0], ("a", "home", "AB1 2CD", "2022-01-01", None), ("b", "home", "AB1 2CD", None, None)]
    made = families_of(con, OAKS, homes=homes, events=[spell[1]])  # type: ignore[list-item]
    assert ("a", "b", "sibling") in made.relations
    [(begin, end)] = made.rows("valid_from, valid_to", "relationships where relation = 'lives_with'")
    assert str(begin) == str(end) == "2022-01-01"


def test_an_undated_home_has_ended_where_care_lasts(con: Connection) -> None:
    spell = placed("a", "ZZ9 9ZZ", "2022-01-01", None, "U4")
    homes: list[Home] = [spell[0], ("a", "home", "u1", None, None), ("b", "home", "u1", "2023-01-01", None)]
    made = families_of(con, OAKS, homes=homes, events=[spell[1]])  # type: ignore[list-item]
    assert not [pair for pair in made.relations if pair[2] == "lives_with"]


def test_an_address_of_many_surnames_is_a_hostel(con: Connection) -> None:
    surnames = ["OAK", "OAK", "ELM", "ASH", "YEW", "FIR"]
    listed = "key | forename | surname | dob\n" + "\n".join(
        f"{who} | N{who.upper()} | {surname} | 2010-0{at + 1}-01" for at, (who, surname) in enumerate(
            zip("abcdef", surnames, strict=True))
    )  # fmt: skip
    homes: list[Home] = [(who, "home", "u1", None, None) for who in "abcdef"]
    made = families_of(con, listed, homes=homes)
    assert made.relations == {}
    assert made.refused[("home", "too_many_surnames")] == 1


def test_ten_children_of_one_surname_are_a_family_and_eleven_are_not(con: Connection) -> None:
    def listed(size: int) -> str:
        lines = [f"k{at} | N{chr(65 + at)} | OAK | {2004 + at}-03-01" for at in range(size)]
        return "\n".join(["key | forename | surname | dob", *lines])

    ten = families_of(con, listed(10), homes=[(f"k{at}", "home", "u1", None, None) for at in range(10)])
    assert [len(unit) for unit in ten.units("birth_family")] == [10]
    eleven = families_of(con, listed(11), homes=[(f"k{at}", "home", "u1", None, None) for at in range(11)])
    assert eleven.relations == {}


def test_the_postcode_of_a_school_or_a_childrens_home_is_no_home(con: Connection) -> None:
    homes: list[Home] = [(who, "home", "AB1 2CD", None, None) for who in "ab"]
    assert families_of(con, OAKS, homes=homes).units("birth_family") == [["a", "b"]]
    assert families_of(con, OAKS, homes=[*homes, ("a", "school", "AB1 2CD", None, None)]).relations == {}
    spell = placed("c", "AB1 2CD", "2022-01-01", None, "K2")
    other = OAKS.rstrip() + "\n    c   | CAT      | ELM     | 2009-01-01"
    made = families_of(con, other, homes=[*homes, spell[0]], events=[spell[1]])  # type: ignore[list-item]
    assert made.refused[("home", "childrens_home")] == 1
    assert made.relations == {}


def test_an_adoptive_family_is_a_placement_and_no_birth_family(con: Connection) -> None:
    made = families_of(con, OAKS, events=[(who, "family_id", "77", None, None) for who in "ab"])
    assert made.relations == {("a", "b", "placed_with"): "same_adoptive_family"}
    assert made.units("birth_family") == []
