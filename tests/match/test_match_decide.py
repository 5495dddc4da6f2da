"""Decisions: rivals, ties, guards of the model's links, thresholds; and the museum of hard pairs of the model.

The model scores with the values of its file here, so that what a field is worth can be looked up. The hard pairs
stand in a made-up town whose children are linked by UPN, so that names have shares and the residual a prior.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_run import (
    Link,
    Row,
    Run,
    child_model,
    decide_again,
    job,
    load,
    packs,
    people,
    run_all,
    run_rules,
    stages,
    town,
)

from linkage.match.calibration import RULE_PRECISION
from linkage.match.decide import decide
from linkage.match.doubts import DOUBTS
from linkage.match.judge import MOST_CERTAIN_MODEL, judge
from linkage.match.priors import PRIORS
from linkage.match.twins import twins_steps
from linkage.packs import Rule
from linkage.sql import Connection, connect, execute, run_steps
from linkage.tables import CANDIDATES, DECIDED, SCORED

MUSEUM = """
    source | key       | forename  | surname       | other_surnames | dob        | postcode | sex | upn
    left   | twin      | AMINA     | KASPROWICZ    |                | 2012-03-09 | ZA1 1AA  | F   |
    right  | twin      | ZUZANNA   | KASPROWICZ    |                | 2012-03-09 | ZA1 1AA  | F   |
    left   | two_upns  | BARNABY   | FEATHERSTONE  |                | 2011-07-21 | ZB1 1AA  | M   | V1
    right  | two_upns  | BARNABY   | FEATHERSTONE  |                | 2011-07-21 | ZB1 1AA  | M   | V2
    left   | two_upns_here | MATILDA | SHARPLES     |               | 2011-03-14 | ZL1 1AA  |     | V3
    right  | two_upns_here | MATILDA | SHARPLES     |               | 2011-03-14 | ZL9 9ZZ  |     | V4
    left   | twice     | CRESSIDA  | MARCHETTI     |                | 2010-05-17 | ZC1 1AA  | F   |
    right  | twice1    | CRESSIDA  | MARCHETTI     |                | 2010-05-17 | ZC1 1AA  | F   |
    right  | twice2    | CRESSIDA  | MARCHETTI     |                | 2010-05-17 | ZC1 1AA  | F   |
    left   | tie       | PERPETUA  | OYELARAN      |                | 2010-05-17 | ZN1 1AA  | F   |
    right  | tie1      | PERPETUA  | OYELARAN      |                | 2010-05-18 | ZN1 1AA  | F   |
    right  | tie2      | PERPETUA  | OYELARAN      |                | 2010-05-19 | ZN1 1AA  | F   |
    left   | barrel    | DESMOND   | OKONKWO       |                | 2009-11-25 | ZD1 1AA  | M   |
    right  | barrel    | DESMOND   | OKONKWO VOLKOV |               | 2009-11-25 | ZD9 9ZZ  | M   |
    left   | married   | ESTHER    | LINDQVIST     |                | 2008-01-23 | ZE1 1AA  | F   |
    right  | married   | ESTHER    | BRANNIGAN     | LINDQVIST      | 2008-01-23 | ZE9 9ZZ  | F   |
    left   | swapped   | FARIDA    | HAMDAN        |                | 2007-12-29 | ZF1 1AA  | F   |
    right  | swapped   | HAMDAN    | FARIDA        |                | 2007-12-29 | ZF1 1AA  | F   |
    left   | dob       | GRETCHEN  | VANTERPOOL    |                | 2012-05-11 | ZG1 1AA  | F   |
    right  | dob       | GRETCHEN  | VANTERPOOL    |                | 2012-11-05 | ZG1 1AA  | F   |
    left   | spelling  | HUMPHREY  | SATTERTHWAITE |                | 2013-08-30 | ZH1 1AA  | M   |
    right  | spelling  | HUMPHRY   | SATERTHWAITE  |                | 2013-08-30 | ZH1 1AA  | M   |
    left   | stranger  | IVY       | ROBERTS       |                | 2013-02-28 | ZI1 1AA  | F   |
    right  | stranger  | IVY       | ROBERTS       |                | 2013-09-14 | ZJ9 9ZZ  | F   |
    left   | sibling   | KITTY     | OLUWASEUN     |                | 2014-04-30 | ZK1 1AA  | F   |
    right  | sibling   | LEOPOLD   | OLUWASEUN     |                | 2016-10-12 | ZK1 1AA  | M   |
    """


@pytest.fixture(scope="module")
def museum() -> Iterator[Run]:
    with connect(memory="1GB") as con:
        yield run_all(load(con, town(300) + people(MUSEUM)), spec=child_model())


def link(run: Run, name: str, right: str = "") -> Link | None:
    return run.decided.get((f"left:{name}", f"right:{right or name}"))


def label(run: Run, name: str, comparison: str) -> str:
    """The level that a pair of the museum has in a comparison."""
    spec = next(item for item in child_model().comparison if item.name == comparison)
    return spec.levels[run.scores(f"left:{name}", f"right:{name}")[f"level_{comparison}"]].label


def without_flag(run: Run, name: str) -> bool:
    """Would evidence alone link the pair?"""
    found = link(run, name)
    return found is not None and found.confidence >= 0.95


def test_twins_with_different_forenames_are_held_apart(museum: Run) -> None:
    found = link(museum, "twin")
    assert found is not None
    assert (found.stage, found.decision, found.flags) == ("probabilistic", "review", ("twin_pattern",))
    assert not museum.together("left:twin", "right:twin")


def test_twins_are_doubted_by_as_much_as_a_household_explains_and_then_held(museum: Run) -> None:
    # The doubt, by hand: log2 of 1 - s + s h/u, s = 0.8 to the records of the larger source;
    # h/u of the levels, the surname as if one record in a hundred held it.
    found = link(museum, "twin")
    assert found is not None
    assert found.match_weight is not None
    doubt = museum.doubt("left:twin", "right:twin")
    share = 0.8 / max(sum(name.startswith(side) for name in museum.names) for side in ("left", "right"))
    ratio = (0.942999 / 0.979999) * (0.75 / 0.01) * (0.02 / 0.00017) * (0.93 / 0.0002)
    assert doubt == pytest.approx(-log2(1 - share + share * ratio), abs=1e-4)
    assert doubt < -15
    assert (found.decision, found.flags) == ("review", ("twin_pattern",))
    assert without_flag(museum, "twin")


def test_two_different_valid_upns_with_one_name_and_birth_date_are_for_review_at_most(museum: Run) -> None:
    found = link(museum, "two_upns")
    assert found is not None
    assert found.decision == "review"
    assert "different_upn" in found.flags
    assert without_flag(museum, "two_upns")
    assert not museum.together("left:two_upns", "right:two_upns")
    conflict = ("agree_but_contradict", "left:two_upns", "right:two_upns", "name_dob_postcode: different_upn", "held")
    assert conflict in museum.conflicts


def test_the_model_too_refuses_two_different_valid_upns(museum: Run) -> None:
    # Another home and no sex: no rule finds the pair.
    found = link(museum, "two_upns_here")
    assert found is not None
    assert (found.stage, found.decision, found.flags) == ("probabilistic", "review", ("different_upn",))
    assert without_flag(museum, "two_upns_here")


@pytest.mark.parametrize("candidate", ["tie1", "tie2"])
def test_of_two_equal_candidates_neither_is_linked(museum: Run, candidate: str) -> None:
    found = link(museum, "tie", candidate)
    assert found is not None
    assert (found.decision, found.flags, found.rivals) == ("review", ("near_tie",), 1)
    assert found.confidence == pytest.approx(0.5, abs=0.01)
    assert ("likely_but_held", "left:tie", f"right:{candidate}", "child: near_tie", "review") in museum.conflicts


@pytest.mark.parametrize("candidate", ["twice1", "twice2"])
def test_a_child_that_a_source_holds_twice_is_linked_to_both(museum: Run, candidate: str) -> None:
    # The rule finds a shared key and leaves both to the model; to the model they are one child's.
    found = link(museum, "twice", candidate)
    assert found is not None
    assert (found.stage, found.decision, found.flags, found.rivals) == ("probabilistic", "link", (), 0)
    assert ("key_not_unique", "left:twice", f"right:{candidate}", "name_dob_postcode: shared_key", "left_to_model") in (
        museum.conflicts
    )


@pytest.mark.parametrize("name", ["barrel", "married"])
def test_a_surname_that_changed_is_linked_through_the_one_they_share(museum: Run, name: str) -> None:
    found = link(museum, name)
    assert found is not None
    assert label(museum, name, "surname") == "same alternative or part"
    assert museum.scores(f"left:{name}", f"right:{name}")["bits_surname"] > 4
    assert found.decision == "link"


def test_swapped_forename_and_surname_are_linked(museum: Run) -> None:
    assert label(museum, "swapped", "forename") == "forename and surname swapped"
    found = link(museum, "swapped")
    assert found is not None
    assert found.decision == "link"


def test_a_swapped_day_and_month_are_linked(museum: Run) -> None:
    assert label(museum, "dob", "dob") == "day and month swapped"
    found = link(museum, "dob")
    assert found is not None
    assert found.decision == "link"


def test_names_that_are_spelt_in_two_ways_are_linked(museum: Run) -> None:
    found = link(museum, "spelling")
    assert found is not None
    assert found.decision == "link"


def test_one_name_with_another_birth_date_and_home_is_no_link(museum: Run) -> None:
    assert ("left:stranger", "right:stranger") in museum.candidates
    assert ("left:stranger", "right:stranger") not in museum.linked


def test_siblings_of_one_home_are_no_link(museum: Run) -> None:
    assert ("left:sibling", "right:sibling") not in museum.linked


def test_nobody_of_the_town_is_linked_to_anybody_else(museum: Run) -> None:
    crossed = [(left, right) for left, right in museum.linked if left.split(":")[1] != right.split(":")[1]]
    assert sorted(crossed) == [("left:twice", "right:twice1"), ("left:twice", "right:twice2")]


HELD_ALONE = """
    source | key | forename | surname    | dob        | postcode | sex
    left   | 1   | AMINA    | KASPROWICZ | 2012-03-09 | ZA1 1AA  | F
    right  | 1   | AMINA    | KASPROWICZ | 2012-03-09 | ZA1 1AA  | M
    """
HELD_BY_ANOTHER = """
    source | key | forename | surname    | dob        | postcode | sex
    left   | 2   | BARNABY  | MARCHETTI  | 2010-05-17 | ZC1 1AA  | M
    right  | 2   | BARNABY  | MARCHETTI  | 2010-05-17 | ZC1 1AA  | M
    """


def test_a_pair_that_a_guard_held_is_not_linked_by_the_model(con: Connection) -> None:
    run = run_all(load(con, town(100) + people(HELD_ALONE) + people(HELD_BY_ANOTHER)), spec=child_model())
    assert run.passes["name_dob_postcode"] == {
        "rule": "name_dob_postcode", "found": 2, "linked": 1, "held": 1, "shared": 0
    }  # fmt: skip
    assert ("left:1", "right:1") not in run.linked


def test_a_pair_that_a_guard_held_is_not_linked_by_the_model_where_the_rule_linked_nothing(con: Connection) -> None:
    run = run_all(load(con, town(100) + people(HELD_ALONE)), spec=child_model())
    assert run.passes["name_dob_postcode"]["linked"] == 0
    assert ("left:1", "right:1") not in run.linked


def test_a_upn_links_a_handful_of_children_too(con: Connection) -> None:
    # The pack takes the rule to be right 995 times in 1,000; the run's few links cannot say better.
    run = run_all(load(con, town(5)), spec=child_model())
    assert len(run.rule_links) == 5
    assert len(run.linked) == 5


# --- decisions on pairs whose odds the test chooses ------------------------------------------------


def weigh(
    con: Connection,
    pairs: list[tuple[str, str, float]],
    *,
    accept: float = 0.95,
    review: float = 0.5,
    doubts: Mapping[tuple[str, str], float] | None = None,
    fields: Mapping[str, Row] | None = None,
    unique: Sequence[str] = (),
) -> Run:
    """Decide pairs of the model whose match weight is given, in bits: a prior of 0 and that much evidence.

    `doubts` are household doubts of pairs, in bits; `fields` what records hold, by name.
    """
    names = sorted({name for pair in pairs for name in pair[:2]})
    listed = [{"source": name.split(":")[0], "key": name.split(":")[1], **(fields or {}).get(name, {})}
              for name in names]  # fmt: skip
    run = run_rules(load(con, listed, sources=["left", "right"], unique=unique), rules=())
    execute(
        con, f"create or replace table {RULE_PRECISION} (rule varchar, links bigint, precision double, basis varchar)"
    )
    execute(con, f"create or replace table {CANDIDATES} (record_id_l bigint, record_id_r bigint)")
    execute(con, f"create or replace table {SCORED} (record_id_l bigint, record_id_r bigint, evidence_bits double, "
                 "level_dob tinyint, level_forename tinyint)")  # fmt: skip
    execute(
        con,
        f"create or replace table {PRIORS} as select 0 as source_no_l, 1 as source_no_r, open_sides, "
        "0.0::double as prior_bits, 0.0::double as without_upns_bits from range(1, 3) t(open_sides)",
    )
    execute(
        con,
        f"create or replace table {DOUBTS} (record_id_l bigint, record_id_r bigint, household_bits double, "
        "namesake_bits double)",
    )
    for (left, right), doubt in (doubts or {}).items():
        con.execute(f"insert into {DOUBTS} values (?, ?, ?, 0)", [run.names.index(left), run.names.index(right), doubt])
    for left, right, weight in pairs:
        ends = [run.names.index(left), run.names.index(right)]
        con.execute(f"insert into {CANDIDATES} values (?, ?)", ends)
        con.execute(f"insert into {SCORED} values (?, ?, ?, 0, 0)", [*ends, weight])
    run_steps(con, twins_steps())
    return at(run, accept=accept, review=review)


def at(run: Run, *, accept: float, review: float = 0.5) -> Run:
    """Decide the pairs that `weigh` made, and make persons."""
    judge(run.con, (), child_model())
    decide(run.con, accept=accept, review=review)
    run.counts = stages.persons(job(run))
    return run


@pytest.mark.parametrize("weight", [0.5, 3.0, 5.0, 9.0])
def test_confidence_without_a_rival_is_the_posterior_probability(con: Connection, weight: float) -> None:
    run = weigh(con, [("left:1", "right:1", weight)])
    assert run.decided["left:1", "right:1"].confidence == pytest.approx(2**weight / (1 + 2**weight), abs=1e-6)


@pytest.mark.parametrize(
    ("weight", "decision"),
    # 0.95 is 19 to 1, log2(19) = 4.248; one half is 0 bits.
    [(4.25, "link"), (4.24, "review"), (0.001, "review"), (-0.01, None)],
)
def test_the_thresholds_part_links_reviews_and_the_rest(con: Connection, weight: float, decision: str | None) -> None:
    found = weigh(con, [("left:1", "right:1", weight)]).decided.get(("left:1", "right:1"))
    assert (found.decision if found else None) == decision


def test_rivals_share_the_odds_that_one_of_them_is_the_person(con: Connection) -> None:
    # p_i = O_i / (1 + sum of O): 64 and 16 against 1.
    run = weigh(con, [("left:1", "right:1", 6.0), ("left:1", "right:2", 4.0)], review=0.1)
    assert run.decided["left:1", "right:1"].confidence == pytest.approx(64 / 81, abs=1e-6)
    assert run.decided["left:1", "right:2"].confidence == pytest.approx(16 / 81, abs=1e-6)
    assert [found.rivals for found in run.decided.values()] == [1, 1]


def test_the_more_crowded_side_decides(con: Connection) -> None:
    # left:1 has one rival of 64; right:1 has two of 64 each.
    pairs = [
        ("left:1", "right:1", 6.0),
        ("left:1", "right:2", 6.0),
        ("left:2", "right:1", 6.0),
        ("left:3", "right:1", 6.0),
    ]
    run = weigh(con, pairs, review=0.1)
    assert run.decided["left:1", "right:1"].confidence == pytest.approx(64 / 193, abs=1e-6)
    assert run.decided["left:1", "right:1"].rivals == 3
    assert run.decided["left:1", "right:2"].confidence == pytest.approx(64 / 129, abs=1e-6)


def test_a_far_better_candidate_is_linked_in_spite_of_a_rival(con: Connection) -> None:
    run = weigh(con, [("left:1", "right:1", 14.0), ("left:1", "right:2", 2.0)])
    assert run.linked == {("left:1", "right:1")}
    assert run.decided["left:1", "right:1"].flags == ()


def test_two_near_equal_candidates_are_a_near_tie(con: Connection) -> None:
    run = weigh(con, [("left:1", "right:1", 14.0), ("left:1", "right:2", 13.0)])
    assert run.linked == set()
    assert {found.flags for found in run.decided.values()} == {("near_tie",)}


def test_a_candidate_that_is_beaten_by_far_is_no_near_tie(con: Connection) -> None:
    # 2^12 against 2^40: the lesser one is not near anything.
    run = weigh(con, [("left:1", "right:1", 40.0), ("left:1", "right:2", 12.0)])
    assert run.linked == {("left:1", "right:1")}
    beaten = run.decided.get(("left:1", "right:2"))
    assert beaten is None or beaten.flags == ()


def test_confidence_is_above_nothing_for_every_pair_that_is_kept(con: Connection) -> None:
    run = weigh(con, [("left:1", "right:1", 40.0), ("left:1", "right:2", 12.0)])
    assert all(found.confidence > 0 for found in run.decided.values())


@pytest.mark.parametrize("many", [3, 10, 25])
def test_a_tie_of_many_is_a_near_tie_too(con: Connection, many: int) -> None:
    # No candidate is behind any other: none may go without a word.
    run = weigh(con, [("left:1", f"right:{n:02}", 14.0) for n in range(many)])
    assert run.linked == set()
    assert [found.flags for found in run.decided.values()] == [("near_tie",)] * many


AMINA = {"forename": "AMINA", "surname": "MARCHETTI", "dob": "2012-03-09", "sex": "F"}
TWO_OF_THE_RIGHT = [("left:1", "right:1", 8.0), ("left:1", "right:2", 6.0)]  # 0.996 and 0.985 if they are no rivals


@pytest.mark.parametrize(
    ("other", "unique", "is_one_child"),
    [
        ({}, (), True),
        ({"postcode": "ZB9 9ZZ"}, (), True),  # moved between two terms
        ({}, ("right",), False),  # the source holds a child once
        ({}, ("left",), True),
        ({"forename": "ZARA"}, (), False),
        ({"forename": None}, (), False),
        ({"surname": "VOLKOV"}, (), False),
        ({"dob": "2012-03-10"}, (), False),
        ({"sex": "M"}, (), False),
        ({"upn": "U1"}, (), True),
    ],
    ids=["twice", "moved", "unique", "the other unique", "forename", "no forename", "surname", "dob", "sex", "a UPN"],
)
def test_records_of_one_face_are_no_rivals(
    con: Connection, other: Row, unique: tuple[str, ...], is_one_child: bool
) -> None:
    fields = {"right:1": AMINA, "right:2": {name: value for name, value in {**AMINA, **other}.items() if value}}
    run = weigh(con, TWO_OF_THE_RIGHT, fields=fields, unique=unique, review=0.01)
    if is_one_child:
        assert run.linked == {("left:1", "right:1"), ("left:1", "right:2")}
        assert [link.confidence for link in run.decided.values()] == [
            pytest.approx(256 / 257, abs=1e-6), pytest.approx(64 / 65, abs=1e-6)
        ]  # fmt: skip
        assert {link.rivals for link in run.decided.values()} == {0}
    else:
        assert run.linked == set()
        assert [link.confidence for link in run.decided.values()] == [
            pytest.approx(256 / 321, abs=1e-6), pytest.approx(64 / 321, abs=1e-6)
        ]  # fmt: skip
        assert {link.rivals for link in run.decided.values()} == {1}


def test_records_of_one_face_and_two_upns_are_two_children(con: Connection) -> None:
    fields = {"right:1": {**AMINA, "upn": "U1"}, "right:2": {**AMINA, "upn": "U2"}}
    run = weigh(con, [("left:1", "right:1", 8.0), ("left:1", "right:2", 8.0)], fields=fields)
    assert run.linked == set()
    assert {link.flags for link in run.decided.values()} == {("near_tie",)}


@pytest.mark.parametrize(
    ("home", "other_home", "dob", "is_one_child"),
    [
        ("ZA1 1AA", "ZA1 1AA", "2012-03", True),
        ("ZA1 1AA", "ZB9 9ZZ", "2012-03", False),
        ("ZA1 1AA", None, "2012-03", False),
        (None, None, "2012-03", False),
        ("ZA1 1AA", "ZA1 1AA", None, True),
        ("ZA1 1AA", "ZB9 9ZZ", None, False),
        (None, None, None, False),
        (None, None, "2012-03-09", True),
    ],
)
def test_a_face_without_a_day_of_birth_needs_a_home(
    con: Connection, home: str | None, other_home: str | None, dob: str | None, is_one_child: bool
) -> None:
    fields = {
        name: {key: value for key, value in {**AMINA, "dob": dob, "postcode": postcode}.items() if value}
        for name, postcode in (("right:1", home), ("right:2", other_home))
    }
    run = weigh(con, TWO_OF_THE_RIGHT, fields=fields)
    assert (run.linked == {("left:1", "right:1"), ("left:1", "right:2")}) == is_one_child


def test_a_child_held_twice_is_one_rival_of_the_odds_of_the_better(con: Connection) -> None:
    # Two faces: one of 2^6 and 2^5, one of 2^4. 64 against 1 + 16, 32 against 1 + 16, 16 against 1 + 64.
    pairs = [("left:1", "right:1", 6.0), ("left:1", "right:2", 5.0), ("left:1", "right:3", 4.0)]
    fields = {"right:1": AMINA, "right:2": AMINA, "right:3": {**AMINA, "forename": "ZARA"}}
    run = weigh(con, pairs, fields=fields, review=0.01)
    assert [(link.confidence, link.rivals) for link in run.decided.values()] == [
        (pytest.approx(64 / 81, abs=1e-6), 1),
        (pytest.approx(32 / 49, abs=1e-6), 1),
        (pytest.approx(16 / 81, abs=1e-6), 2),
    ]


def test_a_household_doubt_is_taken_off_the_weight(con: Connection) -> None:
    run = weigh(con, [("left:1", "right:1", 9.0), ("left:2", "right:2", 9.0)], doubts={("left:1", "right:1"): -6.5})
    assert run.decided["left:1", "right:1"].match_weight == 2.5
    assert run.decided["left:1", "right:1"].decision == "review"
    assert run.decided["left:2", "right:2"].match_weight == 9.0


def test_the_twin_pattern_is_held_however_likely(con: Connection) -> None:
    fields = {"left:1": AMINA, "right:1": {**AMINA, "forename": "ZUZANNA"}}
    run = weigh(con, [("left:1", "right:1", 12.0)], fields=fields)
    assert run.decided["left:1", "right:1"].flags == ("twin_pattern",)
    assert ("likely_but_held", "left:1", "right:1", "child: twin_pattern", "review") in run.conflicts


def test_a_pair_of_hopeless_odds_is_no_rival(con: Connection) -> None:
    run = weigh(con, [("left:1", "right:1", 6.0), ("left:1", "right:2", -10.5)])
    assert run.decided["left:1", "right:1"].rivals == 0


def test_the_model_never_claims_more_than_it_may(con: Connection) -> None:
    run = weigh(con, [("left:1", "right:1", 500.0)])
    assert run.decided["left:1", "right:1"].confidence == MOST_CERTAIN_MODEL


weights = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(-80, 240).map(lambda n: n / 8)),
    min_size=1, max_size=10, unique_by=lambda pair: pair[:2],
)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(weights)
def test_confidences_of_one_records_candidates_never_exceed_one_together(pairs: list[tuple[int, int, float]]) -> None:
    with connect(memory="1GB") as con:
        run = weigh(con, [(f"left:{left}", f"right:{right}", weight) for left, right, weight in pairs], review=0.01)
        for end in (0, 1):
            total: dict[str, float] = {}
            for pair, found in run.decided.items():
                total[pair[end]] = total.get(pair[end], 0.0) + found.confidence
            assert all(value <= 1 + 1e-5 for value in total.values())


@settings(max_examples=20, deadline=None)
@given(weights, st.floats(0.55, 0.99), st.floats(0.55, 0.99))
def test_a_higher_threshold_links_a_part_of_what_a_lower_one_does(
    pairs: list[tuple[int, int, float]], one: float, other: float
) -> None:
    with connect(memory="1GB") as con:
        listed = [(f"left:{left}", f"right:{right}", weight) for left, right, weight in pairs]
        run = weigh(con, listed, accept=min(one, other))
        low, high = run.linked, at(run, accept=max(one, other)).linked
        assert high <= low


def test_the_link_of_a_rule_is_not_weighed_down_by_candidates_of_the_model(con: Connection) -> None:
    run = run_all(load(con, town(150) + people("""
        source | key | forename | surname   | dob        | postcode | sex | upn
        left   | 1   | AMINA    | MARCHETTI | 2012-03-09 | ZA1 1AA  | F   | U1
        right  | 1   | AMINA    | MARCHETTI | 2012-03-09 | ZA1 1AA  | F   | U1
        right  | 2   | AMINA    | MARCHETTI | 2012-03-09 | ZA1 1AA  | F   |
        """)), rules_without_names(), spec=child_model())  # fmt: skip
    assert ("left:1", "right:1") in run.linked
    assert run.decided["left:1", "right:1"].rivals == 0
    # The source may hold the child twice: a link to one of the two records is no evidence against the other.
    assert ("left:1", "right:2") in run.linked


def rules_without_names() -> tuple[Rule, ...]:
    return tuple(item for item in packs().rules if item.identifiers)


def test_the_links_of_a_rule_of_millions_are_still_not_certain(con: Connection) -> None:
    run = run_all(load(con, town(5)), spec=child_model())
    execute(con, f"update {RULE_PRECISION} set links = 5000000, precision = 0.999999")
    judge(con, packs().rules, child_model())
    decide(con, accept=0.95, review=0.5)
    found = run.pairs(DECIDED, "confidence")
    assert len(found) == 5
    assert all(0.99 < confidence < 1 for _, _, confidence in found)


def test_no_rule_and_no_model_leave_every_record_its_own_person(con: Connection) -> None:
    run = run_all(load(con, people(MUSEUM)), rules=())
    assert run.decided == {}
    assert len(run.persons) == len(people(MUSEUM))


def test_a_rules_link_that_the_other_fields_contradict_is_for_review(con: Connection) -> None:
    # The UPN agrees and so does the forename; surname, home and sex do not, and the birth date is far off.
    run = run_all(load(con, town(150) + people("""
        source | key | forename | surname   | dob        | postcode | sex | upn
        left   | 1   | AMINA    | MARCHETTI | 2012-03-09 | ZA1 1AA  | F   | U1
        right  | 1   | AMINA    | VOLKOV    | 2006-11-28 | ZB9 9ZZ  | M   | U1
        """)), spec=child_model())  # fmt: skip
    assert run.rule_links["left:1", "right:1"] == "upn"
    assert ("left:1", "right:1") not in run.linked


def test_decide_says_how_many_rows_each_stage_and_decision_has(con: Connection) -> None:
    run = weigh(con, [("left:1", "right:1", 14.0), ("left:2", "right:2", 2.0)])
    judge(run.con, (), child_model())
    counted = decide(run.con, accept=0.95, review=0.5)
    assert counted == {"probabilistic link": 1, "probabilistic review": 1}


def test_deciding_again_with_other_thresholds_starts_afresh(museum: Run) -> None:
    links = len(museum.linked)
    work = job(museum, spec=child_model(), accept=0.9999, review=0.99)
    stricter = len(decide_again(museum, work).linked)
    again = len(decide_again(museum, job(museum, spec=child_model())).linked)
    assert stricter < links == again


def test_the_words_of_a_held_pair_are_its_guards(con: Connection) -> None:
    run = run_all(load(con, town(150) + people("""
        source | key | forename | surname   | dob        | postcode | sex | upn
        left   | 1   | AMINA    | MARCHETTI | 2012-03-09 | ZA1 1AA  | F   | U1
        left   | 2   | ZARA     | MARCHETTI | 2012-03-09 | ZA1 1AA  | F   |
        right  | 1   | ZARA     | MARCHETTI | 2012-03-09 | ZA1 1AA  | F   | U1
        """)), spec=child_model())  # fmt: skip
    found = run.decided["left:1", "right:1"]
    assert (found.stage, found.rule, found.decision, found.flags) == (
        "deterministic",
        "upn",
        "review",
        ("twin_present",),
    )


def test_staying_together_needs_less_than_joining(con: Connection) -> None:
    # Odds of 8 to 1 are a confidence of 0.889: under 0.95 to join, over 0.80 to stay.
    run = weigh(con, [("left:1", "right:1", 3.0), ("left:2", "right:2", 3.0), ("left:3", "right:3", 1.0)])
    assert {link.decision for link in run.decided.values()} == {"review"}
    for record_id, person in enumerate(("p_a", "p_b", "p_c", "p_a", "p_x", "p_c")):
        con.execute("insert into known_records values (?, '', '', '', ?, 1, true)", (record_id, person))
    judge(con, (), child_model())
    decide(con, accept=0.95, stay=0.8, review=0.5)
    assert run.pairs(DECIDED, "decision, flags") == [
        ("left:1", "right:1", "link", ["stayed"]),  # they were together
        ("left:2", "right:2", "review", []),  # each was in a person, but not in one
        ("left:3", "right:3", "review", []),  # 2 to 1 is too little to stay
    ]
