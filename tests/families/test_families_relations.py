"""Which relations the bundled rules claim, and which they refuse: worked out by hand."""

from __future__ import annotations

from small_world import families_of, only

from linkage.sql import Connection

HALVES = """
    key  | forename | surname | dob        | sex | mother_id | father_id
    ann  | ANN      | OAK     | 2010-03-01 | F   | M1        | F1
    ben  | BEN      | OAK     | 2012-05-01 | M   | M1        | F1
    cat  | CAT      | ELM     | 2015-05-01 | F   | M1        | F2
    dan  | DAN      | ELM     | 2016-05-01 | M   | M2        | F2
    eve  | EVE      | ASH     | 2016-05-02 | F   | M3        | F3
    """


def test_two_parents_make_full_and_one_makes_half_siblings(con: Connection) -> None:
    made = families_of(con, HALVES)
    assert made.relations == {
        ("ann", "ben", "full_sibling"): "same_father+same_mother+same_parents",
        ("ann", "cat", "half_sibling"): "same_mother+same_mother_other_father",
        ("ben", "cat", "half_sibling"): "same_mother+same_mother_other_father",
        ("cat", "dan", "half_sibling"): "same_father+same_father_other_mother",
    }


def test_a_father_in_common_is_a_sibling_group_and_no_birth_family(con: Connection) -> None:
    made = families_of(con, HALVES)
    assert made.units("birth_family") == [["ann", "ben", "cat"]]
    assert made.units("sibling_group") == [["ann", "ben", "cat"], ["cat", "dan"]]


def test_a_child_in_two_units_of_a_rule_counts_half_in_each(con: Connection) -> None:
    made = families_of(con, HALVES)
    weights = made.rows("person_no, weight_split, weight_each", "family_members where unit_rule = 'sibling_group'")
    assert {(made.names[who], split, each) for who, split, each in weights} == {
        ("ann", 1.0, 1.0), ("ben", 1.0, 1.0), ("cat", 0.5, 1.0), ("dan", 1.0, 1.0),
    }  # fmt: skip


def test_twins_differ_in_something_else_it_may_be_one_child(con: Connection) -> None:
    made = families_of(con, """
        key | forename | surname | dob        | sex | mother_id
        a   | ANN      | OAK     | 2010-03-01 | F   | M1
        b   | BEN      | OAK     | 2010-03-01 | M   | M1
        c   |          | OAK     | 2010-03-01 | F   | M1
        """)  # fmt: skip
    evidence = "same_mother+twin_of_one_mother"
    assert made.relations == {("a", "b", "twin"): evidence, ("b", "c", "twin"): evidence}
    assert made.rows("person_no_l, person_no_r, evidence", "family_hints") == [(0, 2, "key")]


def test_births_that_no_mother_can_have_had_are_refused_and_counted(con: Connection) -> None:
    made = families_of(con, """
        key | forename | dob        | mother_id
        a   | ANN      | 2010-03-01 | M1
        b   | BEN      | 2010-09-26 | M1
        c   | CAT      | 2031-03-01 | M1
        """)  # fmt: skip
    assert made.relations == {}
    assert made.refused[("same_mother", "impossible_births")] == 1
    assert made.refused[("same_mother", "age_gap")] == 2


def test_a_birth_seven_months_after_another_is_possible(con: Connection) -> None:
    made = families_of(con, """
        key | forename | dob        | mother_id
        a   | ANN      | 2010-03-01 | M1
        b   | BEN      | 2010-09-27 | M1
        """)  # fmt: skip
    assert list(made.relations) == [("a", "b", "sibling")]


def test_ids_of_two_authorities_are_not_compared(con: Connection) -> None:
    made = families_of(con, """
        key | forename | dob        | mother_id | authority
        a   | ANN      | 2010-03-01 | M1        | 301
        b   | BEN      | 2013-03-01 | M1        | 302
        """)  # fmt: skip
    assert made.relations == {}


def test_a_number_that_too_many_share_says_nothing(con: Connection) -> None:
    lines = ["key | forename | dob | mother_id"]
    lines += [f"k{at} | NAME{chr(65 + at)} | {1990 + at}-03-01 | M1" for at in range(17)]
    made = families_of(con, "\n".join(lines))
    assert made.relations == {}
    assert made.refused[("same_mother", "too_many_share_it")] == 1


NEIGHBOURS = """
    key | forename | surname | dob        | mother_id
    a   | ANN      | OAK     | 2010-03-01 | M1
    b   | BEN      | OAK     | 2012-03-01 |
    c   | CAT      | OAK     | 2014-03-01 | M2
    d   | DAN      | ELM     | 2014-04-01 |
    """
SAME_HOME = [(who, "home", "AB1 2CD u1", "2020-01-01", None) for who in "abcd"]


def test_a_surname_at_one_address_makes_siblings_unless_the_mothers_ids_differ(con: Connection) -> None:
    made = families_of(con, NEIGHBOURS, homes=SAME_HOME)
    siblings = {pair[:2] for pair in made.relations if pair[2] == "sibling"}
    assert siblings == {("a", "b"), ("b", "c")}
    assert made.refused[("same_name_and_home", "other_mother")] == 1


def test_spellings_and_endings_of_one_surname_are_one_surname(con: Connection) -> None:
    """As where records are compared: a sister is Nowakowska, and a school has left an L out."""
    homes = [(who, "home", f"AB1 2CD u{'abcd'.index(who) // 2}", "2020-01-01", None) for who in "abcd"]
    made = families_of(con, """
        key | forename | surname    | dob
        a   | JAN      | NOWAKOWSKI | 2010-03-01
        b   | ANNA     | NOWAKOWSKA | 2012-03-01
        c   | ANN      | BOSWELL    | 2010-03-01
        d   | BEN      | BOSWEL     | 2012-03-01
        """, homes=homes)  # fmt: skip
    assert made.units("birth_family") == [["a", "b"], ["c", "d"]]


TITLED = """
    key | forename | surname | dob
    a   | JASPREET | KAUR    | 2010-03-01
    b   | ARJUN    | SINGH   | 2012-03-01
    c   | NASIMA   | KHATUN  | 2010-03-01
    d   | ABDUL    | MOTIN   | 2012-03-01
    e   | TAHIR    | RAZA    | 2010-03-01
    f   | HINA     | NOREEN  | 2012-03-01
    """


def test_where_a_title_stands_for_the_surname_the_home_tells(con: Connection) -> None:
    """Kaur and Singh, Khatun and Motin are no family names; of Raza and Noreen nothing says so: they live together."""
    homes = [(who, "home", f"AB1 2CD u{'abcdef'.index(who) // 2}", "2020-01-01", None) for who in "abcdef"]
    made = families_of(con, TITLED, homes=homes)
    assert made.units("birth_family") == [["a", "b"], ["c", "d"]]
    assert made.relations[("e", "f", "lives_with")] == "same_address"
    assert made.relations[("a", "b", "sibling")] == "home_and_no_family_name"


def test_a_title_and_a_postcode_make_nobody_kin(con: Connection) -> None:
    homes = [(who, "home", "AB1 2CD", "2020-01-01", None) for who in "abcdef"]
    assert families_of(con, TITLED, homes=homes).relations == {}


def test_two_houses_of_one_postcode_are_two_families(con: Connection) -> None:
    """Of c no house is known: the postcode has to do."""
    homes = [("a", "home", "AB1 2CD u1", None, None), ("b", "home", "AB1 2CD u2", None, None),
             ("c", "home", "AB1 2CD", None, None)]  # fmt: skip
    made = families_of(con, """
        key | forename | surname | dob
        a   | ANN      | OAK     | 2010-03-01
        b   | BEN      | OAK     | 2012-03-01
        c   | CAT      | OAK     | 2014-03-01
        """, homes=homes, packs=only("same_name_and_postcode"))  # fmt: skip
    assert {pair[:2] for pair in made.relations} == {("a", "c"), ("b", "c")}
    assert made.refused[("same_name_and_postcode", "other_house")] == 1


def test_a_house_in_common_outweighs_others_of_the_postcode(con: Connection) -> None:
    homes = [(who, "home", f"AB1 2CD u{number}", begin, end) for who, number, begin, end in (
        ("a", 1, "2018-01-01", "2020-01-01"), ("a", 2, "2020-01-01", None), ("b", 2, "2020-01-01", None))]  # fmt: skip
    made = families_of(con, """
        key | forename | surname | dob
        a   | ANN      | OAK     | 2010-03-01
        b   | BEN      | OAK     | 2012-03-01
        """, homes=homes, packs=only("same_name_and_postcode"))  # fmt: skip
    assert list(made.relations) == [("a", "b", "sibling")]


def test_a_birth_family_does_not_join_two_mothers_through_a_third_child(con: Connection) -> None:
    made = families_of(con, NEIGHBOURS, homes=SAME_HOME)
    assert made.units("birth_family") == [["a", "b"]]
    assert made.refused[("birth_family", "contradiction")] == 1


def test_living_together_is_no_kinship(con: Connection) -> None:
    made = families_of(con, NEIGHBOURS, homes=SAME_HOME)
    assert made.units("current_household") == [["a", "b", "c", "d"]]
    assert not any("d" in pair[:2] for pair in made.relations if pair[2] != "lives_with")


def test_people_who_lived_there_one_after_the_other_did_not_live_together(con: Connection) -> None:
    homes = [("a", "home", "AB1 2CD u1", "2018-01-01", "2020-01-01"), ("b", "home", "AB1 2CD u1", "2020-01-01", None)]
    assert families_of(con, NEIGHBOURS, homes=homes).relations == {}


def test_a_period_together_has_the_dates_of_both(con: Connection) -> None:
    homes = [("a", "home", "u1", "2018-01-01", "2021-01-01"), ("d", "home", "u1", "2020-01-01", None),
             ("a", "home", "u1", "2022-01-01", None)]  # fmt: skip
    made = families_of(con, NEIGHBOURS, homes=homes)
    assert [(str(begin), str(end)) for begin, end in made.rows("valid_from, valid_to")] == [
        ("2020-01-01", "2021-01-01"), ("2022-01-01", "None"),
    ]  # fmt: skip


def test_siblings_have_no_dates_for_they_would_be_dates_of_birth(con: Connection) -> None:
    made = families_of(con, HALVES)
    assert set(made.rows("valid_from, valid_to")) == {(None, None)}
    assert set(made.rows("valid_from, valid_to", "family_members")) == {(None, None)}


def test_a_street_address_of_two_properties_names_none(con: Connection) -> None:
    made = families_of(con, """
        key | forename | surname | dob        | postcode | line      | uprn
        a   | ANN      | OAK     | 2010-03-01 | AB1 2CD  | 1 HIGH ST | u1
        b   | BEN      | ELM     | 2012-03-01 | AB1 2CD  | 1 HIGH ST | u2
        c   | CAT      | ASH     | 2013-03-01 | AB1 2CD  | 1 HIGH ST |
        d   | DAN      | YEW     | 2013-03-01 | AB1 2CD  | 2 HIGH ST | u3
        e   | EVE      | FIR     | 2014-03-01 | AB1 2CD  | 2 HIGH ST |
        """)  # fmt: skip
    assert list(made.relations) == [("d", "e", "lives_with")]


def test_a_guardian_and_a_postcode_make_siblings_and_a_household(con: Connection) -> None:
    made = families_of(con, """
        key | forename | surname | dob        | guardian | postcode
        a   | ANN      | OAK     | 2010-03-01 | JO OAK   | AB1 2CD
        b   | BEN      | ELM     | 2012-03-01 | JO OAK   | AB1 2CD
        c   | CAT      | ELM     | 2013-03-01 | JO OAK   | ZZ1 2CD
        """)  # fmt: skip
    assert made.relations == {
        ("a", "b", "sibling"): "same_guardian_and_home",
        ("a", "b", "lives_with"): "guardian_at_home+siblings_in_one_postcode",
    }
    assert made.units("carers") == [["a", "b"]]


def test_a_mother_in_the_data_has_two_birth_families(con: Connection) -> None:
    made = families_of(con, """
        key | forename | dob        | sex | own_id | mother_id
        mum | MAY      | 2006-03-01 | F   | 77     | M1
        aunt| ANN      | 2008-03-01 | F   | 78     | M1
        kid | KIT      | 2023-03-01 | M   | 79     | 77
        """)  # fmt: skip
    assert ("mum", "kid", "mother_of") in made.relations
    assert made.units("birth_family") == [["aunt", "mum"], ["kid", "mum (mother)"]]


def test_an_id_that_would_make_a_boy_or_a_child_a_mother_is_a_coincidence(con: Connection) -> None:
    made = families_of(con, """
        key | forename | dob        | sex | own_id | mother_id
        boy | BEN      | 2006-03-01 | M   | 77     |
        tot | TIA      | 2020-03-01 | F   | 78     |
        kid | KIT      | 2023-03-01 | M   | 79     | 77
        kin | KIM      | 2023-03-01 | F   | 80     | 78
        """)  # fmt: skip
    assert made.relations == {}


MOTHER = """
    key  | forename | dob        | sex | cin  | authority
    mum  | MAY      | 2006-03-01 | F   | true | 301
    kid  | KIT      | 2023-03-01 | M   | true | 301
    away | ABE      | 2023-03-01 | M   | true | 302
    """
TOLD = [("mum", "mother_of", "1", "2023-03-01", None)]


def test_a_looked_after_mother_and_the_one_child_born_that_day(con: Connection) -> None:
    made = families_of(con, MOTHER, events=TOLD, packs=only("looked_after_mother"))
    assert made.relations == {("mum", "kid", "mother_of"): "looked_after_mother"}


def test_two_children_born_that_day_leave_her_without_one(con: Connection) -> None:
    two = MOTHER.rstrip() + "\n    kin | KIM | 2023-03-01 | F | true | 301"
    assert families_of(con, two, events=TOLD, packs=only("looked_after_mother")).relations == {}


def test_the_birth_date_of_a_child_says_nothing_where_any_day_would_do(con: Connection) -> None:
    """One child is born on every day, so a day on which she did not give birth leads to one child as well."""
    lines = ["key | forename | dob | sex | cin | authority"]
    lines += [f"m{at} | MAY | 2006-03-01 | F | true | {400 + at}" for at in range(25)]
    lines += [f"k{at}-{day} | KIT | 2023-{1 + day // 28:02d}-{1 + day % 28:02d} | M | true | {400 + at}"
              for at in range(25) for day in range(84, 252)]  # fmt: skip
    told = [(f"m{at}", "mother_of", "1", "2023-06-15", None) for at in range(25)]
    made = families_of(con, "\n".join(lines), events=told, packs=only("looked_after_mother"))
    assert made.relations == {}
    [(precision, basis)] = made.rows("precision, basis", "family_rule_precision where band = -1")
    assert (precision < 0.2, basis) == (True, "modelled")


def test_no_rules_make_no_relations_and_no_units(con: Connection) -> None:
    made = families_of(con, HALVES, packs=only())
    assert (made.relations, made.rows("*", "family_members")) == ({}, [])
