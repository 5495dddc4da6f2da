"""One scale of confidence: shares and numbers of matches against mixtures whose answer is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import permutations
from math import log, log2

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_run import Run, child_model, job, load, people, rule, run_all, run_rules, stages, town

from linkage.match.calibration import (
    FEWEST_PAIRS,
    RULE_PRECISION,
    estimate_rule_precision,
    other_evidence_sql,
    share_of_matches,
)
from linkage.match.deterministic import masked_precision
from linkage.match.doubts import DOUBTS
from linkage.match.expected_matches import expected_matches
from linkage.match.priors import PRIORS, estimate_priors, open_pairs_sql, residual_sizes_step
from linkage.sql import Connection, connect, execute, rows, run_steps
from linkage.tables import CANDIDATES, CONFLICTS_OF_PASSES, LINKS_DETERMINISTIC, SCORED

Floats = npt.NDArray[np.float64]


def histogram(weights: Floats) -> tuple[Floats, Floats]:
    """Weights to a tenth of a bit, and how many there are of each: what calibration looks at."""
    values, counts = np.unique(np.round(weights, 1), return_counts=True)
    return values, counts.astype(np.float64)


def mixture(pairs: int, matches: int, *, spread: float, seed: int) -> Floats:
    """Weights in bits of pairs, some of them matches.

    A log likelihood ratio that is normal with variance s^2 and mean s^2/2 among matches and -s^2/2 among chance pairs
    is its own likelihood ratio, so that the answer of a right method is the share drawn.
    """
    draw = np.random.default_rng(seed)
    centre = spread**2 / 2
    nats = np.concatenate([draw.normal(centre, spread, matches), draw.normal(-centre, spread, pairs - matches)])
    return np.asarray(nats / log(2))


@pytest.mark.parametrize("share", [0.50, 0.80, 0.95, 0.99])
@pytest.mark.parametrize("spread", [2.0, 4.0])
def test_the_share_of_matches_in_a_mixture_is_found(share: float, spread: float) -> None:
    weights, counts = histogram(mixture(20_000, round(20_000 * share), spread=spread, seed=5))
    assert share_of_matches(weights, counts, expected=0.95) == pytest.approx(share, abs=0.015)


def test_the_share_of_matches_by_hand() -> None:
    # Half of the pairs have the ratio 4, half 1/2. Where the likelihood is largest
    # 3 / (1 + 3p) = 0.5 / (1 - 0.5p), so 3 - 1.5p = 0.5 + 1.5p and p = 5/6. What was expected draws nothing there.
    found = share_of_matches(np.array([2.0, -1.0]), np.array([500.0, 500.0]), expected=5 / 6)
    assert found == pytest.approx(5 / 6, abs=1e-6)


@pytest.mark.parametrize("expected", [0.2, 0.9, 0.999])
def test_where_the_evidence_tells_nothing_apart_the_expected_share_stands(expected: float) -> None:
    assert share_of_matches(np.array([0.0]), np.array([5_000.0]), expected=expected) == pytest.approx(expected)


def test_pairs_that_all_agree_are_not_all_matches_to_the_last_one() -> None:
    # 98 of 98, and 9.9 of the 10 that are taken as known: more than the one in a hundred that is left for doubt.
    assert share_of_matches(np.array([30.0]), np.array([98.0]), expected=0.99) == pytest.approx(0.99)


def test_certain_matches_and_certain_chance_pairs_are_counted() -> None:
    # 700 of 1,000, and half of the ten that count for what was expected.
    found = share_of_matches(np.array([500.0, -500.0]), np.array([700.0, 300.0]), expected=0.5)
    assert found == pytest.approx(705 / 1010)


@pytest.mark.parametrize(("matches", "pairs"), [(50, 100_000), (1_000, 100_000), (2_000, 10_000)])
def test_the_number_of_matches_among_all_pairs_is_found(matches: int, pairs: int) -> None:
    weights, counts = histogram(mixture(pairs, matches, spread=6.0, seed=7))
    assert expected_matches(weights, counts, float(pairs)) == pytest.approx(matches, rel=0.12)


def test_pairs_that_blocking_never_made_count_as_chance_pairs() -> None:
    # Blocking makes only what has some agreement; the other chance pairs are not in the histogram.
    weights = mixture(100_000, 1_000, spread=6.0, seed=9)
    weights, counts = histogram(weights[weights > 0])
    assert counts.sum() < 10_000
    assert expected_matches(weights, counts, 100_000.0) == pytest.approx(1_000, rel=0.12)


def test_the_number_of_matches_by_hand() -> None:
    # 100 pairs of ratio r = 2^10 among N = 10,000: E = 100 o r / (1 + o r) with o = E / (N - E)
    # gives E = (100 r - N) / (r - 1) = (102,400 - 10,000) / 1,023.
    found = expected_matches(np.array([10.0]), np.array([100.0]), 10_000.0)
    assert found == pytest.approx(92_400 / 1_023, abs=1e-6)


@pytest.mark.parametrize(
    ("weights", "counts", "pairs", "expected"),
    [
        ([], [], 0.0, 0.5),
        ([], [], 1.0, 0.5),
        ([], [], 900.0, 0.5),
        ([-20.0], [900.0], 900.0, 0.5),  # nothing agrees: half a match, lest the prior be nothing
        ([40.0], [10.0], 1_000.0, 10.0),  # ten that must be
        ([40.0], [10.0], 10.0, 5.0),  # never more than half of the pairs
    ],
)
def test_the_number_of_matches_at_the_edges(
    weights: list[float], counts: list[float], pairs: float, expected: float
) -> None:
    assert expected_matches(np.array(weights), np.array(counts), pairs) == pytest.approx(expected, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-60, 60), st.integers(1, 500)), min_size=1, max_size=8),
    st.integers(2, 10**6),
    st.floats(0.01, 0.99),
)
def test_no_histogram_gives_a_share_or_a_number_that_cannot_be(
    pairs_of: list[tuple[float, int]], pairs: int, expected: float
) -> None:
    weights, counts = np.array([w for w, _ in pairs_of]), np.array([float(n) for _, n in pairs_of])
    assert 0 < share_of_matches(weights, counts, expected=expected) < 1
    assert 0.5 <= expected_matches(weights, counts, float(pairs)) <= max(pairs / 2, 0.5)


# --- residuals and priors -------------------------------------------------------------------------

RESIDUAL = """
    source | key | dob        | upn
    left   | 1   | 2012-03-09 | U1
    left   | 2   | 2012-03-10 |
    left   | 3   | 2012-03-11 |
    right  | 1   | 2012-03-09 | U1
    right  | 2   | 2012-03-12 |
    """


@pytest.mark.parametrize(
    ("unique", "one_open"),
    [
        ((), 1 * 1 + 2 * 1),  # the linked one of a side with the open ones of the other
        (("left",), 1 * 1),  # the linked record on the right has its only partner on the left
        (("right",), 2 * 1),
        (("left", "right"), 0),
    ],
)
def test_the_pairs_still_open_are_counted_by_how_many_sides_have_no_link(
    con: Connection, unique: tuple[str, ...], one_open: int
) -> None:
    run_rules(load(con, people(RESIDUAL), unique=unique))
    run_steps(con, (residual_sizes_step(),))
    found = {sides: pairs for _, _, sides, pairs, _ in rows(con, "from residual_sizes")}
    assert found == {2: 2 * 1} | ({1: one_open} if one_open else {})


def test_a_source_linked_within_has_its_own_pairs(con: Connection) -> None:
    run_rules(load(con, people(RESIDUAL), within=["left"]))
    run_steps(con, (residual_sizes_step(),))
    assert sorted(rows(con, "from residual_sizes")) == [(0, 0, 2, 3, 3), (0, 1, 1, 3, 3), (0, 1, 2, 2, 2)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from("0123"), st.booleans(), st.booleans()), min_size=1,
                max_size=12),
       st.tuples(st.booleans(), st.booleans(), st.booleans()))  # fmt: skip
def test_open_pairs_are_those_that_going_through_all_pairs_finds(
    drawn: list[tuple[int, str, bool, bool]], unique: tuple[bool, bool, bool]
) -> None:
    """Records (source, sources linked into, held out, with a UPN): counted pair by pair, and by `open_pairs_sql`."""
    links = {"0": 0, "1": 1, "2": 2, "3": 6}
    records = [(source, links[mask] & ~(1 << source), held, has_upn) for source, mask, held, has_upn in drawn]
    expected, without = Counter[tuple[int, int, int]](), Counter[tuple[int, int, int]]()
    for (one, mask_l, held_l, upn_l), (other, mask_r, held_r, upn_r) in permutations(records, 2):
        open_l, open_r = not mask_l >> other & 1, not mask_r >> one & 1
        closed = not (open_l or open_r) or (not open_l and unique[other]) or (not open_r and unique[one])
        if one < other and not closed and (held_l or held_r):
            expected[one, other, open_l + open_r] += 1
            without[one, other, open_l + open_r] += not (upn_l and upn_r)
    with connect(memory="1GB") as con:
        execute(con, "create table sources (source_no smallint, is_unique boolean, is_within boolean)")
        for number, is_unique in enumerate(unique):
            con.execute("insert into sources values (?, ?, false)", [number, is_unique])
        execute(con, "create table p (source_no smallint, linked_mask uhugeint, is_held boolean, has_upn boolean)")
        con.executemany("insert into p values (?, ?, ?, ?)", [list(record) for record in records])
        counted = rows(con, open_pairs_sql("from p", held_only=True))
    found = {(left, right, sides): (pairs, free) for left, right, sides, pairs, free in counted}
    assert found == {residual: (pairs, without[residual]) for residual, pairs in expected.items()}


def test_matches_still_open_are_among_pairs_of_which_a_side_has_no_upn(con: Connection) -> None:
    # Ten records a side, five with a UPN: 100 pairs, 75 of them without UPNs on both sides. Two sure pairs among these.
    execute(con, "create table sources as select n::smallint as source_no, false as is_unique, false as is_within "
                 "from range(2) t(n)")  # fmt: skip
    execute(con, "create temp table pool as select n as record_id, (n // 10)::smallint as source_no, "
                 "0::uhugeint as linked_mask, n % 2 = 0 as has_upn from range(20) t(n)")  # fmt: skip
    execute(con, f"create table {CANDIDATES} as select n as record_id_l, n + 10 as record_id_r "
                 "from range(1, 4, 2) t(n)")  # fmt: skip
    execute(con, f"create table {SCORED} as select *, 40.0 as evidence_bits, 0 as level_dob, 0 as level_forename "
                 f"from {CANDIDATES}")  # fmt: skip
    execute(
        con,
        f"create table {DOUBTS} as "
        "select 0 as record_id_l, 0 as record_id_r, 0.0 as household_bits, 0.0 as namesake_bits limit 0",
    )
    estimate_priors(con, child_model().model_copy(update={"block": ()}), SCORED)
    assert rows(con, f"select pairs, expected_matches, prior_bits, without_upns_bits from {PRIORS}") == [
        (100, 2.0, pytest.approx(log2(2 / 98), abs=1e-5), pytest.approx(log2(2 / 73), abs=1e-5))]  # fmt: skip


@pytest.fixture(scope="module")
def half_without_upn() -> Iterator[Run]:
    """A town of 200, half of them without a UPN and with a month of birth only: the model has to find those."""
    listed = []
    for number, row in enumerate(town(200)):
        hidden = {"dob": row["dob"][:7]} if number // 2 % 2 else {}
        listed.append({name: value for name, value in {**row, **hidden}.items() if name != "upn" or not hidden})
    with connect(memory="1GB") as con:
        yield run_all(load(con, listed), spec=child_model())


def test_the_prior_is_that_of_the_residual(half_without_upn: Run) -> None:
    # 100 matches among the pairs of records without a link, 100 x 100, and none among those of which one has a link.
    priors = {sides: found for sides, *found in rows(half_without_upn.con, f"""
        select open_sides, pairs, expected_matches, prior_bits from {PRIORS}""")}  # fmt: skip
    assert [float(str(figure)) for figure in priors[2]] == [
        100 * 100, pytest.approx(100, rel=0.05), pytest.approx(log2(100 / 9_900), abs=0.1)]  # fmt: skip
    assert priors[1][:2] == [2 * 100 * 100, 0.5]


def test_the_weight_of_a_candidate_is_its_evidence_less_the_household_doubt_under_the_prior(
    half_without_upn: Run,
) -> None:
    prior = float(str(rows(half_without_upn.con, f"select prior_bits from {PRIORS} where open_sides = 2")[0][0]))
    found = {pair: link for pair, link in half_without_upn.decided.items() if link.stage == "probabilistic"}
    assert len(found) >= 95
    for (left, right), link in found.items():
        doubt = half_without_upn.doubt(left, right)
        assert doubt < -5  # one surname and home, and of the birth date the month alone
        evidence = half_without_upn.scores(left, right)["evidence_bits"]
        assert link.match_weight == pytest.approx(evidence + doubt + prior, abs=1e-3)


def test_the_weight_of_a_rules_link_is_its_precision_and_the_other_fields(half_without_upn: Run) -> None:
    precision = float(
        str(rows(half_without_upn.con, f"select precision from {RULE_PRECISION} where rule = 'upn'")[0][0])
    )
    upn = [(pair, link) for pair, link in half_without_upn.decided.items() if link.rule == "upn"]
    assert len(upn) == 100
    for (left, right), link in upn:
        evidence = half_without_upn.scores(left, right)["evidence_bits"]
        assert link.match_weight == pytest.approx(log2(precision / (1 - precision)) + evidence, abs=1e-3)


# --- rules ----------------------------------------------------------------------------------------


def test_a_field_that_the_rule_matches_on_is_no_other_evidence() -> None:
    others = other_evidence_sql(rule("name_dob_postcode"), child_model())
    assert [name for name in ("forename", "surname", "dob", "postcode", "sex") if f"bits_{name}" in others] == ["sex"]
    assert "bits_dob" in other_evidence_sql(rule("upn"), child_model())


def scored_links(con: Connection, rule_id: str, bits: list[float]) -> None:
    """Links of one rule whose only evidence is that of the forename, in bits."""
    others = [comparison.name for comparison in child_model().comparison if comparison.name != "forename"]
    zero = "".join(f", 0.0::double as bits_{name}" for name in others)
    execute(con, f"""create table {SCORED} as
        select row_number() over () as record_id_l, row_number() over () as record_id_r, bits as bits_forename{zero}
        from (select unnest($bits::double[]) as bits)""", {"bits": bits})  # fmt: skip
    execute(
        con, f"create table {LINKS_DETERMINISTIC} as select record_id_l, record_id_r, '{rule_id}' as rule from {SCORED}"
    )


def precision_of(con: Connection, rule_id: str) -> tuple[object, ...]:
    execute(con, f"create or replace table {CONFLICTS_OF_PASSES} (kind varchar, detail varchar)")
    execute(con, "create or replace table pool as select 0::bigint as record_id, '' as forename limit 0")
    execute(con, "create or replace table identifiers as select '' as scheme limit 0")
    estimate_rule_precision(con, [rule(rule_id)], child_model(), SCORED)
    return rows(con, f"select rule, links, precision, basis from {RULE_PRECISION}")[0]


def test_the_precision_of_an_identifier_rule_comes_from_the_other_fields_of_its_links(con: Connection) -> None:
    # 90 links whose names agree beyond doubt, 10 whose names contradict beyond doubt: nine in ten are right. The pack's
    # own 0.995 counts for ten more links.
    scored_links(con, "upn", [30.0] * 90 + [-30.0] * 10)
    assert precision_of(con, "upn") == ("upn", 100, round((90 + 9.95) / 110, 6), "modelled")


def test_a_precision_on_too_few_links_is_the_packs_own(con: Connection) -> None:
    scored_links(con, "upn", [30.0] * (FEWEST_PAIRS - 1))
    assert precision_of(con, "upn") == ("upn", 99, 0.995, "assumed")


def test_links_without_other_evidence_say_nothing_about_a_rule(con: Connection) -> None:
    scored_links(con, "upn", [0.0] * 500 + [30.0] * 99)
    assert precision_of(con, "upn") == ("upn", 599, 0.995, "assumed")


def test_a_rule_of_millions_of_links_is_still_not_certain(con: Connection) -> None:
    columns = "range as record_id_l, range as record_id_r"
    bits = ", ".join(f"30.0::double as bits_{comparison.name}" for comparison in child_model().comparison)
    execute(con, f"create table {LINKS_DETERMINISTIC} as select {columns}, 'upn' as rule from range(2500000)")
    execute(con, f"create table {SCORED} as select {columns}, {bits} from range(2500000)")
    precision = precision_of(con, "upn")[2]
    assert isinstance(precision, float)
    assert 0.999 < precision < 1


def test_masked_precision_asks_the_upns_of_the_pairs_of_a_rule_on_fields(con: Connection) -> None:
    # Six pairs of the rule: four of the same UPN, one of another, one where a side has none.
    listed = [
        {"source": source, "key": str(n), "forename": "AMINA", "surname": "YUSUF", "dob": f"2012-03-{n:02}",
         "postcode": "ZZ1 1AA"} | ({"upn": upn} if upn else {})
        for n in range(1, 7)
        for source, upn in (("left", f"U{n}"), ("right", {5: "V5", 6: ""}.get(n, f"U{n}")))
    ]  # fmt: skip
    run_rules(load(con, listed))
    assert masked_precision(con, [rule("upn"), rule("name_dob_postcode")]) == {"name_dob_postcode": (4, 5)}


def test_masked_precision_leaves_out_what_the_rule_itself_would_hold(con: Connection) -> None:
    run_rules(load(con, people("""
        source | key | forename | surname | dob        | postcode | sex | upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA  | F   | U1
        right  | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA  | M   | U1
        left   | 2   | ZARA     | YUSUF   | 2012-03-09 | ZZ1 1AA  | F   | U2
        right  | 2   | ZARA     | YUSUF   | 2012-03-09 | ZZ1 1AA  | F   | U2
        right  | 3   | ZARA     | YUSUF   | 2012-03-09 | ZZ1 1AA  | F   | U3
        """)))  # fmt: skip
    # The first pair has the guard against it, the others share a key.
    assert masked_precision(con, [rule("name_dob_postcode")]) == {"name_dob_postcode": (0, 0)}


def test_a_rule_on_fields_is_calibrated_on_upns_that_it_does_not_look_at(con: Connection) -> None:
    # 120 children in both, and another rule before: the pass on names finds nothing but those without a UPN.
    listed = town(120) + people("""
        source | key | forename | surname | dob        | postcode
        left   | 1   | AMINA    | MARCHETTI | 2012-03-09 | ZZ1 1AA
        right  | 1   | AMINA    | MARCHETTI | 2012-03-09 | ZZ1 1AA
        """)
    run = run_rules(load(con, listed))
    assert run.passes["name_dob_postcode"]["linked"] == 1
    stages.candidates(job(run))
    estimate_rule_precision(con, (rule("name_dob_postcode"),), None, SCORED)
    assert rows(con, f"from {RULE_PRECISION}") == [("name_dob_postcode", 1, round(121 / 122, 6), "calibrated", 1.0)]


def test_a_name_rule_is_judged_by_the_upns_of_children_who_have_their_links_already(con: Connection) -> None:
    # In sources that hold a child once, a UPN closes the pair; hidden, it says how often the names alone are right.
    run = run_all(load(con, town(300)), spec=child_model())
    links = rows(run.con, f"select basis from {RULE_PRECISION} where rule = 'name_dob_sex'")
    masked = masked_precision(run.con, [rule("name_dob_sex")])["name_dob_sex"]
    assert masked[1] >= 250
    assert links in ([], [("calibrated",)])
