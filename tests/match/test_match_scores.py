"""Evidence of pairs: against weights worked out by hand, and both ways of working them out against each other.

Fellegi and Sunter (1969): the evidence of a level is log2(m / u). Where a term frequency adjusts a level, Splink adds
log2(u) - log2(max(share_l, share_r, least share)), so that the weight is log2(m / share).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from math import log2

import pytest
from test_match_rules_reference import accident
from tiny_run import Row, child_model, load, people, run_rules

from linkage.match.evidence import weigh_pairs
from linkage.match.frequencies import exact_u, make_frequencies
from linkage.match.parameters import read_parameters, save_parameters, starting_parameters
from linkage.match.pool import make_pool
from linkage.match.probabilistic import score_pairs
from linkage.packs import Comparison, Level, ModelSpec
from linkage.sql import Connection, connect, execute, rows
from linkage.tables import SCORED

# With the filler 2,000 records, half of them SMITH; a value counts as held by ten records at least, 10 / 2,000.
PAIRS = """
    source | key | forename  | surname | dob        | postcode | sex
    left   | 1   | AMINA     | SMITH   | 2012-03-09 | ZZ1 1AA  | F
    right  | 1   | AMINA     | SMITH   | 2012-03-09 | ZZ1 1AA  | F
    left   | 2   | AMINA     | RARE    | 2012-03-09 | ZZ1 1AB  | F
    right  | 2   | AMINA     | RARE    | 2012-09-03 | ZZ1 1CD  | M
    left   | 3   | BARNABY   | BENTLEY |            | ZZ1 1AA  |
    right  | 3   | BARNEBY   | SMITH   | 2012-03    |          | M
    left   | 4   | AMINA     | YUSUF   | 2012-03-09 | ZZ1 1AA  | F
    right  | 4   | YUSUF     | AMINA   | 2012-03-11 | ZZ1 9AA  | F
    """
FILLER: list[Row] = [
    {
        "source": "left",
        "key": f"f{number:04}",
        "forename": f"NAME{number}",
        "surname": "SMITH" if number < 997 else "OTHER",
    }
    for number in range(1992)
]


@pytest.fixture(scope="module")
def scored() -> Iterator[Connection]:
    with connect(memory="1GB") as con:
        run = load(con, people(PAIRS) + FILLER, sources=["left", "right"])
        make_pool(con)
        make_frequencies(con, child_model())
        execute(con, "create table wanted (record_id_l bigint, record_id_r bigint)")
        for number in range(1, 5):
            ends = [run.names.index(f"{side}:{number}") for side in ("left", "right")]
            execute(con, f"insert into wanted values ({ends[0]}, {ends[1]})")
        score_pairs(con, child_model(), starting_parameters(child_model()), pairs="wanted", into=SCORED)
        yield con


def evidence(con: Connection, number: int) -> dict[str, tuple[str, float]]:
    """Label of the level and bits of every comparison of a pair; `` where a side does not know."""
    names = [comparison.name for comparison in child_model().comparison]
    listed = ", ".join(f"level_{name}, bits_{name}" for name in names)
    found = rows(con, f"select {listed} from {SCORED} order by record_id_l limit 1 offset {number - 1}")[0]
    labels = {item.name: [level.label for level in item.levels] for item in child_model().comparison}
    return {
        name: ("" if found[2 * n] == -1 else labels[name][int(str(found[2 * n]))], float(str(found[2 * n + 1])))
        for n, name in enumerate(names)
    }


def level(comparison: str, label: str) -> Level:
    spec = next(item for item in child_model().comparison if item.name == comparison)
    return next(item for item in spec.levels if item.label == label)


def plain(comparison: str, label: str) -> tuple[str, float]:
    """A level and log2(m / u) of the model's file."""
    found = level(comparison, label)
    return label, pytest.approx(log2(found.m / found.u), abs=1e-6)


def of_share(comparison: str, share: float) -> tuple[str, float]:
    """The level `same` and log2(m / share)."""
    return "same", pytest.approx(log2(level(comparison, "same").m / share), abs=1e-6)


NOTHING = ("", 0.0)


def test_full_agreement_on_a_common_surname_is_worth_what_its_share_leaves(scored: Connection) -> None:
    # SMITH: 997 of the filler and 3 of the pairs. AMINA is held by five: as if by ten.
    assert evidence(scored, 1) == {
        "forename": of_share("forename", 10 / 2000),
        "surname": of_share("surname", 1000 / 2000),
        "dob": plain("dob", "same day"),
        "postcode": plain("postcode", "same"),
        "address": NOTHING,
        "sex": NOTHING,
        "sex_of_one_forename": plain("sex_of_one_forename", "same"),
        "ethnicity": NOTHING,
    }


def test_a_rare_surname_counts_as_one_of_ten_records_and_a_swapped_date_as_swapped(scored: Connection) -> None:
    assert evidence(scored, 2) == {
        "forename": of_share("forename", 10 / 2000),
        "surname": of_share("surname", 10 / 2000),
        "dob": plain("dob", "day and month swapped"),
        "postcode": plain("postcode", "same sector"),
        "address": NOTHING,
        "sex": NOTHING,
        "sex_of_one_forename": plain("sex_of_one_forename", "differs"),
        "ethnicity": NOTHING,
    }


def test_what_a_side_does_not_know_is_no_evidence(scored: Connection) -> None:
    # BARNABY and BARNEBY: six of seven letters agree in place, Jaro 0.905, with four letters ahead 0.943.
    assert evidence(scored, 3) == {
        "forename": plain("forename", "very alike"),
        "surname": plain("surname", "differs"),
        "dob": NOTHING, "postcode": NOTHING, "address": NOTHING, "sex": NOTHING, "sex_of_one_forename": NOTHING,
        "ethnicity": NOTHING,
    }  # fmt: skip


def test_names_in_each_others_place_are_counted_once(scored: Connection) -> None:
    assert evidence(scored, 4) == {
        "forename": plain("forename", "forename and surname swapped"),
        "surname": NOTHING,
        "dob": plain("dob", "one part differs"),
        "postcode": plain("postcode", "same district"),
        "address": NOTHING,
        "sex": plain("sex", "same"),
        "sex_of_one_forename": NOTHING,
        "ethnicity": NOTHING,
    }


def test_the_evidence_of_a_pair_is_the_sum_of_its_fields(scored: Connection) -> None:
    total = " + ".join(f"bits_{comparison.name}" for comparison in child_model().comparison)
    assert rows(scored, f"select 1 from {SCORED} where abs(evidence_bits - ({total})) > 1e-6") == []
    assert rows(scored, f"select count(*) from {SCORED} where evidence_bits <> 0") == [(4,)]


@pytest.mark.parametrize(
    ("left", "right", "label"),
    [
        ({"surname": "YUSUF"}, {"surname": "YUSUF BENTLEY"}, "same alternative or part"),
        ({"surname": "YUSUF"}, {"surname": "BENTLEY", "other_surnames": "YUSUF"}, "same alternative or part"),
        ({"surname": "YUSUF BENTLEY"}, {"surname": "BENTLEY"}, "same alternative or part"),
        ({"surname": "VAN DER BERG"}, {"surname": "VANDERBERG"}, "same alternative or part"),
        ({"surname": "YUSUF"}, {"surname": "BENTLEY"}, "differs"),
    ],
    ids=["double-barrelled", "married, the former name kept", "one part of it", "written as one", "another name"],
)
def test_a_surname_that_changed_keeps_its_level(con: Connection, left: Row, right: Row, label: str) -> None:
    load(con, [{"source": "left", "key": "1", **left}, {"source": "right", "key": "1", **right}])
    make_pool(con)
    make_frequencies(con, child_model())
    execute(con, "create table wanted as select 0::bigint as record_id_l, 1::bigint as record_id_r")
    weigh_pairs(con, child_model(), starting_parameters(child_model()), pairs="wanted", into=SCORED)
    assert evidence(con, 1)["surname"][0] == label


@pytest.mark.parametrize(
    ("left", "right", "label"),
    [
        ("2012-03-09", "2012-03-09", "same day"),
        ("2012-03-01", "2012-03", "same month, day not known"),
        ("2012-03", "2012-03", "same month, day not known"),
        ("2012-01-01", "2012", "same year, month not known"),
        ("2012-03", "2012", "same year, month not known"),
        ("2012-03-09", "2012-09-03", "day and month swapped"),
        ("2012-03-09", "2012-03-19", "one part differs"),
        ("2012-03-09", "2011-03-09", "one part differs"),
        ("2012-03-09", "2011-04-19", "differs"),
        ("2012-03-09", "2012-04", "differs"),
        ("2012-03-09", "2011", "differs"),
    ],
)
def test_birth_dates_are_compared_to_the_precision_that_both_have(
    con: Connection, left: str, right: str, label: str
) -> None:
    load(con, [{"source": "left", "key": "1", "dob": left}, {"source": "right", "key": "1", "dob": right}])
    make_pool(con)
    make_frequencies(con, child_model())
    execute(con, "create table wanted as select 0::bigint as record_id_l, 1::bigint as record_id_r")
    weigh_pairs(con, child_model(), starting_parameters(child_model()), pairs="wanted", into=SCORED)
    assert evidence(con, 1)["dob"][0] == label


def test_ethnicity_counts_only_where_a_side_has_no_surname(con: Connection) -> None:
    load(con, people("""
        source | key | surname | ethnicity | ethnicity_5
        left   | 1   | YUSUF   | BAFR      | Black
        left   | 2   |         | BAFR      | Black
        right  | 1   | YUSUF   | BCRB      | Black
        """))  # fmt: skip
    make_pool(con)
    make_frequencies(con, child_model())
    execute(con, "create table wanted as select unnest([0, 1])::bigint as record_id_l, 2::bigint as record_id_r")
    weigh_pairs(con, child_model(), starting_parameters(child_model()), pairs="wanted", into=SCORED)
    assert [evidence(con, number)["ethnicity"] for number in (1, 2)] == [NOTHING, plain("ethnicity", "same group")]


def test_our_query_weighs_every_pair_as_splink_does(con: Connection) -> None:
    draw = random.Random(3)
    listed = [accident(draw, source, f"{number:03}") for source in ("left", "right") for number in range(70)]
    load(con, listed)
    make_pool(con)
    make_frequencies(con, child_model())
    execute(con, "create table wanted as select l.record_id as record_id_l, r.record_id as record_id_r "
                 "from pool l join pool r on l.source_no = 0 and r.source_no = 1")  # fmt: skip
    for make, into in ((score_pairs, "by_splink"), (weigh_pairs, "by_query")):
        make(con, child_model(), starting_parameters(child_model()), pairs="wanted", into=into)
    assert rows(con, "select count(*) from by_query") == [(70 * 70,)]
    assert rows(con, "(from by_splink except from by_query) union all (from by_query except from by_splink)") == []
    # Most levels were there to be compared; ethnicity needs a side without names.
    for name in ("forename", "surname", "dob", "postcode", "ethnicity"):
        assert int(str(rows(con, f"select count(distinct level_{name}) from by_query")[0][0])) >= 4, name


def test_no_pairs_are_scored_into_an_empty_table_of_the_same_columns(con: Connection) -> None:
    load(con, people(PAIRS))
    make_pool(con)
    make_frequencies(con, child_model())
    execute(con, "create table wanted (record_id_l bigint, record_id_r bigint)")
    for make, into in ((score_pairs, "by_splink"), (weigh_pairs, "by_query")):
        make(con, child_model(), starting_parameters(child_model()), pairs="wanted", into=into)
    described = [
        rows(con, f"select column_name, column_type from (describe {name})") for name in ("by_splink", "by_query")
    ]
    assert described[0] == described[1]
    assert rows(con, "from by_splink") == rows(con, "from by_query") == []


@pytest.mark.parametrize("make", [score_pairs, weigh_pairs], ids=["Splink", "our query"])
def test_a_rare_name_speaks_for_the_pair_in_a_run_of_few_records_too(
    con: Connection, make: Callable[..., None]
) -> None:
    # 200 records: ten of them would be one in twenty; a value counts as held by one in a hundred at most.
    filler = [{"source": "left", "key": f"f{n:03}", "surname": f"NAME{n}"} for n in range(198)]
    run = load(con, [*filler, *({"source": side, "key": "p", "surname": "RARE"} for side in ("left", "right"))])
    make_pool(con)
    make_frequencies(con, child_model())
    ends = run.names.index("left:p"), run.names.index("right:p")
    execute(con, f"create table wanted as select {ends[0]}::bigint as record_id_l, {ends[1]}::bigint as record_id_r")
    make(con, child_model(), starting_parameters(child_model()), pairs="wanted", into=SCORED)
    assert evidence(con, 1)["surname"] == of_share("surname", 1 / 100)


@pytest.mark.parametrize("make", [score_pairs, weigh_pairs], ids=["Splink", "our query"])
def test_another_spelling_of_a_common_name_says_less_than_that_of_a_rare_one(
    con: Connection, make: Callable[..., None]
) -> None:
    # Of 100 records ten are of one key, 6 and 4 by spelling, and two of another, one each; of pairs that share a key
    # 100 - 52 and 4 - 2 of 192 are spelt apart. A value is held by one in a hundred at least, and the share of its
    # holders who spell it otherwise is drawn to that of all by ten records.
    names = ["MOHAMMED"] * 6 + ["MUHAMMAD"] * 4 + ["KHALED", "KHALID"] + [f"NAME{n}" for n in range(88)]
    load(con, [{"source": "left", "key": f"{n:02}", "forename": name} for n, name in enumerate(names)])
    make_pool(con)
    make_frequencies(con, child_model())
    execute(con, "create table wanted as select unnest([0, 10]) as record_id_l, unnest([9, 11]) as record_id_r")
    make(con, child_model(), starting_parameters(child_model()), pairs="wanted", into=SCORED)
    of_all = 50 / 192
    common, rare = 0.10 * (4.8 + 10 * of_all) / 20, 0.02 * (1 + 10 * of_all) / 12
    own = level("forename", "same but for spelling or order")
    assert [evidence(con, number)["forename"] for number in (1, 2)] == [
        ("same but for spelling or order", pytest.approx(log2(own.m / share), abs=1e-6)) for share in (common, rare)
    ]
    assert common > 4 * rare
    assert exact_u(con, child_model())["forename", 2] == pytest.approx(50 / 100**2)


def test_no_table_of_splink_stays_behind(scored: Connection) -> None:
    assert rows(scored, "select table_name from information_schema.tables where contains(table_name, 'splink')") == []


def test_parameters_are_read_back_as_they_were_saved(con: Connection) -> None:
    save_parameters(con, starting_parameters(child_model()))
    assert read_parameters(con) == starting_parameters(child_model())


def test_the_u_of_an_exact_name_is_the_chance_that_two_records_hold_the_same(con: Connection) -> None:
    load(con, people("""
        source | key | forename
        left   | 1   | AMINA
        left   | 2   | AMINA
        left   | 3   | ZARA
        left   | 4   |
        """))  # fmt: skip
    make_pool(con)
    spec = ModelSpec(
        model=child_model().model, block=child_model().block,
        comparison=(Comparison(name="forename", columns=("forename",), null="forename_l is null or forename_r is null",
                               levels=(Level(label="same", when="forename_l = forename_r", m=0.9, u=0.1, tf="forename"),
                                       Level(label="differs", m=0.1, u=0.9))),),
    )  # fmt: skip
    make_frequencies(con, spec)
    # AMINA 2/3, ZARA 1/3 of those who have a forename: 4/9 + 1/9.
    assert exact_u(con, spec) == {("forename", 0): pytest.approx(5 / 9)}


def test_a_condition_that_duckdb_cannot_run_is_our_error_without_a_value(con: Connection) -> None:
    from linkage.errors import LinkageError

    run_rules(load(con, people(PAIRS)))
    broken = (
        child_model()
        .comparison[0]
        .model_copy(
            update={
                "levels": (
                    Level(label="same", when="forename_l = nothing_r", m=0.9, u=0.1),
                    child_model().comparison[0].levels[-1],
                )
            }
        )
    )
    spec = child_model().model_copy(update={"comparison": (broken,)})
    make_frequencies(con, spec)
    execute(con, "create table wanted as select 0::bigint as record_id_l, 4::bigint as record_id_r")
    with pytest.raises(LinkageError, match="could not run the model 'child'") as raised:
        score_pairs(con, spec, starting_parameters(spec), pairs="wanted", into=SCORED)
    assert "AMINA" not in str(raised.value)
    assert rows(con, "select table_name from information_schema.tables where starts_with(table_name, '__splink')") == []
