"""Households: h and the number of housemates are found in a town made with them, and the doubt is the formula's.

A town of known make: what a household key holds there is written down as families and copies, so that every share can
be worked out from the numbers below.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import log2
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_run import Row, Run, child_model, job, load, people, run_all, run_rules, town

from linkage.match.doubts import DOUBTS, doubt_sql, doubted_sql
from linkage.match.frequencies import make_frequencies
from linkage.match.households import HOUSEMATES, LARGEST_HOUSEHOLD, MOST_TIMES, learn_households
from linkage.match.parameters import MODEL_PARAMETERS, LevelParameters, Parameters, read_parameters, starting_parameters
from linkage.match.pool import make_pool
from linkage.packs import ModelSpec, load_packs
from linkage.sql import Connection, connect, has_table, rows
from linkage.tables import CANDIDATES, SCORED

# One record is copied wrongly in one field in ten: m of a birth date and of a forename that are wholly another.
WRONG = 0.1
# Families of two: of one sex, of two, twins (of two), Marianne and Marianna.
BROTHERS, MIXED, TWINS, ALIKE = 27, 18, 3, 2
FAMILIES = BROTHERS + MIXED + TWINS + ALIKE
COPIES = 100  # children who are in the source twice: 81 alike, 9 with another birth date, 9 another forename, 1 both
ALONE = 40
HOSTEL = LARGEST_HOUSEHOLD + 1  # children of one name at one address: no household
PAIRS = FAMILIES + COPIES


def child(home: str, forename: str, dob: str, sex: str) -> Row:
    return {"surname": f"OF{home}", "postcode": f"ZZ1 {home}", "forename": forename, "dob": dob, "sex": sex}


def families(*, copies: int = COPIES, has_upns: bool = False) -> list[Row]:
    """The records of the town, in one source."""
    found: list[Row] = []
    for number in range(BROTHERS):
        home = f"B{number:02}"
        found += [child(home, "OSCAR", "2010-02-03", "M"), child(home, "WILFRED", "2012-07-19", "M")]
    for number in range(MIXED):
        home = f"M{number:02}"
        found += [child(home, "OSCAR", "2010-02-03", "M"), child(home, "BRIDGET", "2012-07-19", "F")]
    for number in range(TWINS):
        home = f"T{number:02}"
        found += [child(home, "OSCAR", "2010-02-03", "M"), child(home, "BRIDGET", "2010-02-03", "F")]
    for number in range(ALIKE):
        home = f"A{number:02}"
        found += [child(home, "MARIANNE", "2010-02-03", "F"), child(home, "MARIANNA", "2012-07-19", "F")]
    for number in range(copies):
        home = f"C{number:03}"
        found += [child(home, "BRIDGET", "2010-02-03", "F"),
                  child(home, "WILFRED" if number % 10 == 0 else "BRIDGET",
                        "2012-07-19" if number // 10 == 0 else "2010-02-03", "F")]  # fmt: skip
    found += [child(f"L{number:02}", "OSCAR", "2010-02-03", "M") for number in range(ALONE)]
    found += [child("HOS", "OSCAR", f"20{number:02}-02-03", "M") for number in range(HOSTEL)]
    upns = ({"upn": f"U{n:04}"} if has_upns and row["surname"][2] != "C" else {} for n, row in enumerate(found))
    return [
        {"source": "left", "key": f"{n:04}", **row, **upn} for n, (row, upn) in enumerate(zip(found, upns, strict=True))
    ]


def wrong_in_one_of_ten() -> Parameters:
    """The model's own parameters, but m of another forename and birth date as the town's copies have it."""
    m = {("forename", 1): 1 - WRONG, ("forename", 7): WRONG, ("dob", 0): 1 - WRONG, ("dob", 5): WRONG}
    return tuple(
        replace(level, m=m.get((level.comparison, level.level_no), level.m))
        for level in starting_parameters(child_model())
    )


def learnt(con: Connection, listed: list[Row], spec: ModelSpec | None = None, **given: Any) -> Parameters:
    load(con, listed, **given)
    make_pool(con)
    make_frequencies(con, spec or child_model())
    return learn_households(con, spec or child_model(), wrong_in_one_of_ten())


def h_of(parameters: Parameters, comparison: str) -> dict[str, float]:
    return {level.label: level.h or 0.0 for level in parameters if level.comparison == comparison}


def drawn(pairs: float, of: float, own: float) -> Any:
    """A share drawn to the model's own by fifty pairs; a floor under the rarest level moves it by 1 in 100,000."""
    return pytest.approx((pairs + 50 * own) / (of + 50), rel=2e-5)


@pytest.fixture(scope="module")
def known() -> Iterator[tuple[Connection, Parameters]]:
    with connect(memory="1GB") as con:
        yield con, learnt(con, families())


def test_h_of_birth_dates_is_that_of_brothers_and_sisters(known: tuple[Connection, Parameters]) -> None:
    # Where forenames differ: three twins and nine copies of another forename, less a ninth of the 81 copies that are
    # the same in both; 45 others and one copy, less a ninth of the 9 of another birth date alone.
    same, apart = TWINS + 9 - 81 / 9, BROTHERS + MIXED + 1 - 9 / 9
    found = h_of(known[1], "dob")
    assert (same, apart) == (TWINS, BROTHERS + MIXED)
    assert found["same day"] == drawn(same, same + apart, 0.02)
    assert found["differs"] == drawn(apart, same + apart, 0.9598)


def test_h_of_forenames_is_that_of_brothers_and_sisters(known: tuple[Connection, Parameters]) -> None:
    # Where birth dates differ: all but the twins; the nine copies of the same forename are a ninth of those of the same
    # birth date, and of the copies and twins of one birth date and two forenames a ninth is taken away too.
    same, alike, apart = 9 - 81 / 9, ALIKE, BROTHERS + MIXED + 1 - (9 + TWINS) / 9
    found = h_of(known[1], "forename")
    assert found["same"] == drawn(same, same + alike + apart, 0.006)
    assert found["very alike"] == drawn(alike, same + alike + apart, 0.012)
    assert found["differs"] == drawn(apart, same + alike + apart, 0.942999)


def test_h_of_sexes_is_that_of_brothers_and_sisters(known: tuple[Connection, Parameters]) -> None:
    # Where birth dates differ and forenames too.
    same, apart = BROTHERS + ALIKE + 1 - 9 / 9, MIXED - TWINS / 9
    assert h_of(known[1], "sex")["same"] == drawn(same, same + apart, 0.5)


@pytest.mark.parametrize("comparison", ["surname", "postcode", "ethnicity"])
def test_h_of_the_keys_own_fields_and_of_unknown_ones_is_the_models(
    known: tuple[Connection, Parameters], comparison: str
) -> None:
    own = [level.h for level in starting_parameters(child_model()) if level.comparison == comparison]
    assert [level.h for level in known[1] if level.comparison == comparison] == own
    assert {level.h_basis for level in known[1] if level.comparison == comparison} <= {"assumed", "fixed"}


def test_h_that_was_learnt_says_so(known: tuple[Connection, Parameters]) -> None:
    basis = {(level.comparison, level.label): level.h_basis for level in known[1]}
    assert basis["dob", "same day"] == basis["sex", "same"] == "households"
    assert basis["dob", "same month, day not known"] == "fixed"


def test_nothing_but_h_is_changed(known: tuple[Connection, Parameters]) -> None:
    assert [replace(level, h=None, h_basis="") for level in known[1]] == [
        replace(level, h=None, h_basis="") for level in wrong_in_one_of_ten()
    ]


def test_copies_of_one_child_would_be_taken_for_housemates() -> None:
    """What is taken away matters, and so does the bound: one pair of brothers in twelve would be of one forename."""
    with connect(memory="1GB") as con:
        load(con, families())
        make_pool(con)
        make_frequencies(con, child_model())
        certain = tuple(
            replace(level, m=1e-9) if (level.comparison, level.level_no) in (("dob", 5), ("forename", 7)) else level
            for level in wrong_in_one_of_ten()
        )
        found = h_of(learn_households(con, child_model(), certain), "forename")["same"]
    assert (9 + 50 * 0.006) / (BROTHERS + MIXED + ALIKE + 10 + 50) > 0.08
    assert found == pytest.approx(MOST_TIMES * 0.006)


def test_of_children_with_upns_it_is_known_that_they_are_two() -> None:
    # The three twins are no copies, and nothing is taken off the 45 for them.
    with connect(memory="1GB") as con:
        found = h_of(learnt(con, families(has_upns=True)), "forename")
    same, alike, apart = 9 - 81 / 9, ALIKE, BROTHERS + MIXED + 1 - 9 / 9
    assert found["differs"] == drawn(apart, same + alike + apart, 0.942999)


def test_the_mean_number_of_housemates_is_that_of_brothers_and_sisters(known: tuple[Connection, Parameters]) -> None:
    # Of the 150 pairs under a key as many are two children as have another birth date, less the copies, over the h of
    # that; of households 0.75 share the surname and 0.93 the postcode. Fifty records count for the usual 0.8.
    apart = BROTHERS + MIXED + ALIKE + 10 - (81 + 9 + TWINS) / 9
    share = apart / h_of(known[1], "dob")["differs"] / PAIRS
    assert share == pytest.approx(FAMILIES / PAIRS, rel=0.05)
    records = 2 * PAIRS + ALONE + HOSTEL
    expected = (2 * PAIRS * share / (0.75 * 0.93) + 50 * 0.8) / (records + 50)
    assert rows(known[0], f"from {HOUSEMATES}") == [(0, pytest.approx(expected, abs=1e-6))]


def test_an_address_line_is_a_key_where_there_is_no_postcode(con: Connection) -> None:
    listed = [{**row, "address_line": row["postcode"]} for row in families(copies=0)]
    by_line = [{name: value for name, value in row.items() if name != "postcode"} for row in listed]
    found = learnt(con, by_line)
    assert h_of(found, "dob") == h_of(learnt(con, listed), "dob")
    assert h_of(found, "dob")["same day"] > 0.03


@pytest.mark.parametrize(("known_homes", "tells"), [(19, False), (20, True), (40, True)])
def test_a_source_of_few_homes_does_not_tell_the_number_of_housemates(
    con: Connection, known_homes: int, tells: bool
) -> None:
    alone = [child(f"L{n:02}", "OSCAR", "2010-02-03", "M") for n in range(40)]
    listed = [{"source": "left", "key": f"{n:02}", **row} for n, row in enumerate(alone)]
    learnt(con, [row if n < known_homes else {**row, "postcode": None} for n, row in enumerate(listed)])
    # Nobody has a brother: forty records of 0, drawn to the usual 0.8 by fifty.
    assert rows(con, f"from {HOUSEMATES}") == ([(0, round(40 / (known_homes + 50), 6))] if tells else [])


def test_months_of_birth_leave_the_days_as_they_were(con: Connection) -> None:
    # A level that is fixed is of other pairs: h of the levels that are learnt sums to one without it.
    months = [{**row, "key": "m" + row["key"], "postcode": row["postcode"] + "M", "dob": row["dob"][:7]}
              for row in families(copies=0) if row["surname"][2] == "T"]  # fmt: skip
    found = learnt(con, families(copies=0) + months)
    assert h_of(found, "dob") == h_of(learnt(con, families(copies=0)), "dob")


def test_h_of_what_is_learnt_sums_to_one(known: tuple[Connection, Parameters]) -> None:
    for comparison in {level.comparison for level in known[1] if level.h_basis == "households"}:
        of_it = [level.h or 0.0 for level in known[1]
                 if level.comparison == comparison and level.h_basis != "fixed"]  # fmt: skip
        assert sum(of_it) == pytest.approx(1, abs=1e-9)
        assert min(of_it) > 0


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(0, 30))
def test_neither_rows_nor_threads_change_what_is_learnt(seed: int, threads: int, copies: int) -> None:
    found = []
    for shuffle, number in ((None, 2), (seed, threads)):
        with connect(memory="1GB", threads=number) as con:
            found.append((learnt(con, families(copies=copies), shuffle=shuffle), rows(con, f"from {HOUSEMATES}")))
    assert found[0] == found[1]


def test_a_model_without_households_is_left_alone(con: Connection) -> None:
    spec = load_packs((), "pseudonymised", folder=job(Run(con, [])).project.folder).model
    assert spec is not None
    load(con, families())
    make_pool(con)
    start = starting_parameters(spec)
    assert learn_households(con, spec, start) == start
    assert not has_table(con, HOUSEMATES)


# --- doubts ---------------------------------------------------------------------------------------

HOMES = 400  # of two children each
SPLIT = 100  # homes of which the elder is in the left source only, the younger in the right one only
LAST_WITH_UPN = 250  # homes up to here, from the first that is not split, have UPNs in both sources


def made_up_name(draw: random.Random, syllables: int) -> str:
    return "".join(draw.choice("BDFGKLMNPRSTV") + draw.choice("AEIOU") for _ in range(syllables)) + draw.choice("NRST")


def homes_with_few_dates(seed: int = 5) -> list[Row]:
    """Homes of two in two sources. The right one has the birth dates of one home in five, and of their
    children every other has another name or home there; of the others three in twenty."""
    draw = random.Random(seed)
    first = [made_up_name(draw, 2) for _ in range(150)]
    last = [made_up_name(draw, 3) for _ in range(250)]
    found: list[Row] = []
    for home in range(HOMES):
        surname, postcode = draw.choice(last), f"ZZ{home % 40 + 1} {home % 9 + 1}A{'ABDEFGH'[home % 7]}"
        year = draw.randint(2004, 2014)
        for age, forename in enumerate(draw.sample(first, 2)):
            child = {
                "key": f"{home:03}{'ey'[age]}", "forename": forename, "surname": surname, "postcode": postcode,
                "sex": draw.choice("FM"), "dob": f"{year + 2 * age}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
            }  # fmt: skip
            upn = {"upn": f"U{child['key']}"} if SPLIT <= home < LAST_WITH_UPN else {}
            is_dated = home % 5 == 0 and home >= SPLIT
            seen = {**child, "dob": child["dob"] if is_dated else None}
            match draw.randrange(6 if is_dated else 20):
                case 0:
                    seen["postcode"] = f"YY{draw.randint(1, 40)} 1AA"
                case 1:
                    seen["surname"] = draw.choice(last)
                case 2:
                    seen["forename"] = forename[:-1] + "H"
            found += [{"source": "left", **child, **upn}] if home >= SPLIT or age == 0 else []
            found += [{"source": "right", **seen, **upn}] if home >= SPLIT or age == 1 else []
    return found


def without_h() -> ModelSpec:
    """The bundled model without households."""
    with_h = child_model()
    return with_h.model_copy(update={
        "model": with_h.model.model_copy(update={"household": ()}),
        "comparison": tuple(
            item.model_copy(update={"levels": tuple(level.model_copy(update={"h": None}) for level in item.levels)})
            for item in with_h.comparison
        ),
    })  # fmt: skip


@pytest.fixture(scope="module")
def doubted() -> Iterator[Run]:
    with connect(memory="1GB") as con:
        yield run_all(load(con, homes_with_few_dates()), spec=child_model(), trains=True)


@pytest.fixture(scope="module")
def undoubted() -> Iterator[Run]:
    """The same without households."""
    with connect(memory="1GB") as con:
        yield run_all(load(con, homes_with_few_dates()), spec=without_h(), trains=True)


SPLIT_PAIRS = {(f"left:{home:03}e", f"right:{home:03}y") for home in range(SPLIT)}
TRUE_PAIRS = {(f"left:{home:03}{age}", f"right:{home:03}{age}") for home in range(LAST_WITH_UPN, HOMES) for age in "ey"}


def test_two_members_of_one_household_are_not_linked(doubted: Run) -> None:
    # One surname, one address, another forename, and no birth date to tell them apart; neither has another partner.
    assert len(SPLIT_PAIRS & set(doubted.candidates)) > 80
    assert SPLIT_PAIRS & doubted.linked == set()


def test_without_households_two_members_of_one_are_linked(undoubted: Run) -> None:
    assert len(SPLIT_PAIRS & undoubted.linked) > 25


def test_children_of_whom_one_thing_changed_are_linked(doubted: Run) -> None:
    # With a birth date on both sides a name may change, without one all the other three have to agree. Of another home
    # with all else the same, the rule on name, birth date and sex decides.
    of_name = {f"{row['source']}:{row['key']}": row for row in homes_with_few_dates()}
    changed, whole = set(), set()
    for left, right in TRUE_PAIRS:
        one, other = of_name[left], of_name[right]
        fields = {field for field in ("forename", "surname", "postcode", "dob") if one[field] != other[field]}
        whole |= {(left, right)} if fields <= {"dob"} else set()
        changed |= {(left, right)} if fields in ({"forename"}, {"surname"}) else set()
    assert len(changed) >= 10
    assert changed <= doubted.linked
    assert len(whole & doubted.linked) >= 0.98 * len(whole)
    assert [pair for pair in doubted.linked if pair[0].split(":")[1] != pair[1].split(":")[1]] == []


def chances(scores: Mapping[str, Any], parameters: Parameters) -> tuple[float, float, float]:
    """m, u and h of all that a pair shows; u at the share of the value where the level's weight is moved by it."""
    m = u = h = 1.0
    for name in dict.fromkeys(level.comparison for level in parameters):
        level = next((p for p in parameters if (p.comparison, p.level_no) == (name, scores[f"level_{name}"])), None)
        if level is not None:
            stranger = level.m / 2 ** scores[f"bits_{name}"]
            m, u, h = m * level.m, u * stranger, h * (stranger if level.h is None else level.h)
    return m, u, h


def share_of_housemates(run: Run) -> float:
    """The housemates of a record of the larger source, over its records."""
    size = {side: sum(name.startswith(side + ":") for name in run.names) for side in ("left", "right")}
    told = {int(str(number)): float(str(mates)) for number, mates in rows(run.con, f"from {HOUSEMATES}")}
    larger = 0 if size["left"] > size["right"] else 1
    return min(0.5, told[larger] / size[("left", "right")[larger]])


def test_the_weight_of_every_pair_is_that_of_one_person_against_strangers_and_households(doubted: Run) -> None:
    """log2 of m over (1 - s) u + s h, pair by pair: the doubt is what that leaves beside log2 m/u."""
    parameters, share = read_parameters(doubted.con), share_of_housemates(doubted)
    names = [str(row[0]) for row in rows(doubted.con, f"describe {SCORED}")]
    scored = [dict(zip(names, row, strict=True)) for row in rows(doubted.con, f"""
        select s.* from {SCORED} s
        semi join {CANDIDATES} c on c.record_id_l = s.record_id_l and c.record_id_r = s.record_id_r""")]  # fmt: skip
    doubts = {(left, right): (household, namesakes) for left, right, household, namesakes in rows(doubted.con, f"""
        select record_id_l, record_id_r, household_bits, namesake_bits from {DOUBTS}""")}  # fmt: skip
    assert len(scored) > 400
    for pair in scored:
        m, u, h = chances(pair, parameters)
        household, namesakes = doubts.pop((pair["record_id_l"], pair["record_id_r"]), (0.0, 0.0))
        expected = log2(m / ((1 - share) * u * 2**-namesakes + share * h))
        assert float(str(pair["evidence_bits"])) + household + namesakes == pytest.approx(expected, abs=0.003)
        assert (household, namesakes) == (0, 0) or min(household, namesakes) < -0.001
    assert doubts == {}


def test_a_rare_surname_makes_brothers_no_less_likely(con: Connection) -> None:
    """Two pairs of one pattern: what the rarer surname adds among strangers, the doubt takes away."""
    pairs = people("""
        source | key    | forename | surname     | postcode | sex
        left   | rare   | KITTY    | QUATTLEBAUM | ZK1 1AA  | F
        right  | rare   | MAUDE    | QUATTLEBAUM | ZK1 1AA  | F
        left   | common | KITTY    | LLOYD       | ZK2 2AA  | F
        right  | common | MAUDE    | LLOYD       | ZK2 2AA  | F
        """)
    run = run_all(load(con, town(150) + pairs), spec=child_model())
    rare, common = (("left:" + name, "right:" + name) for name in ("rare", "common"))
    evidence = [run.scores(*pair)["evidence_bits"] for pair in (rare, common)]
    assert evidence[0] - evidence[1] > 1
    assert evidence[0] + run.doubt(*rare) == pytest.approx(evidence[1] + run.doubt(*common), abs=0.05)


@settings(max_examples=40, deadline=None)
@given(st.floats(-400, 400), st.floats(0, 0.5))
def test_a_doubt_is_never_more_than_what_strangers_leave(evidence: float, share: float) -> None:
    with connect(memory="1GB") as con:
        found = float(str(rows(con, f"select {doubt_sql(f'{evidence!r}::double', f'{share!r}::double')}")[0][0]))
    assert found <= -log2(1 - share) + 1e-6
    assert found == pytest.approx(-log2(1 - share + share * 2 ** min(evidence, 100)), abs=1e-5)


def test_a_pair_of_which_nothing_is_known_is_in_no_doubt(con: Connection) -> None:
    run = run_rules(load(con, [{"source": side, "key": "1"} for side in ("left", "right")]))
    spec, parameters = child_model(), starting_parameters(child_model())
    nothing = ", ".join(f"-1 as level_{item.name}, 0.0::double as bits_{item.name}" for item in spec.comparison)
    run.con.execute(f"create table {SCORED} as select 0::bigint as record_id_l, 1::bigint as record_id_r, {nothing}")
    assert rows(con, doubted_sql(con, spec, parameters, SCORED)) == []


def test_nothing_is_doubted_where_the_model_has_no_h(undoubted: Run) -> None:
    assert rows(undoubted.con, f"from {DOUBTS} where household_bits < -0.001") == []
    assert {level.h for level in read_parameters(undoubted.con)} == {None}
    prior = float(str(rows(undoubted.con, "select prior_bits from source_pair_priors where open_sides = 2")[0][0]))
    found = {pair: link for pair, link in undoubted.decided.items() if link.stage == "probabilistic"}
    assert len(found) > 200
    for pair, link in found.items():
        evidence = undoubted.scores(*pair)["evidence_bits"] + undoubted.doubt(*pair)
        assert link.match_weight == pytest.approx(evidence + prior, abs=1e-3)


def test_where_no_source_tells_the_usual_number_of_housemates_counts(con: Connection) -> None:
    # No training, so no table of housemates: 0.8 to the 4 records of the larger source.
    run = run_all(load(con, people("""
        source | key | forename | surname   | dob        | postcode | sex
        left   | 1   | MAUDE    | KOWALCZYK |            | ZL1 1AA  | F
        right  | 1   | BEATRIX  | KOWALCZYK | 2013-04-30 | ZL1 1AA  | F
        right  | 2   | OSCAR    | OLUWASEUN |            |          |
        right  | 3   | WILFRED  | OLUWASEUN |            |          |
        right  | 4   | EDGAR    | OLUWASEUN |            |          |
        """)), spec=child_model())  # fmt: skip
    assert not has_table(con, HOUSEMATES)
    scores = run.scores("left:1", "right:1")
    m, u, h = chances(scores, read_parameters(con))
    expected = log2(m / (0.8 * u + 0.2 * h))
    assert scores["evidence_bits"] + run.doubt("left:1", "right:1") == pytest.approx(expected, abs=1e-4)


def test_the_parameters_of_a_run_hold_h_and_what_it_rests_on(doubted: Run) -> None:
    basis = dict(rows(doubted.con, f"select comparison || ' ' || label, h_basis from {MODEL_PARAMETERS}"))
    assert basis["forename differs"] == "households"
    assert basis["surname same"] == "assumed"
    saved: list[LevelParameters] = list(read_parameters(doubted.con))
    assert all(level.h is not None and 0 < level.h < 1 for level in saved)


def test_training_writes_who_has_housemates(doubted: Run) -> None:
    # Nobody is in a source twice, so that all pairs under a key are two children, but for a few by estimate.
    keys = [(row["source"], row["surname"], row["postcode"]) for row in homes_with_few_dates()]
    for number, mates in rows(doubted.con, f"from {HOUSEMATES}"):
        own = [key for key in keys if key[0] == ("left", "right")[int(str(number))]]
        others = sum(own.count(key) - 1 for key in own)
        assert 400 < others <= 600
        assert mates == pytest.approx((others / (0.75 * 0.93) + 40) / (len(own) + 50), rel=0.03)
