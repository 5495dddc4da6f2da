"""Training: the m and u that the data were made with are found again, and each says what it rests on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations

import pytest
from tiny_run import FIRST, LAST, Row, Run, child_model, job, load, packs, run_all, run_rules, stages

from linkage.match.frequencies import make_frequencies
from linkage.match.parameters import LevelParameters, read_parameters, read_sampled_u
from linkage.match.probabilistic import estimate_u
from linkage.match.training import LABELS, matches_among_random_pairs
from linkage.packs import Block
from linkage.sql import Connection, connect, count, rows

CHILDREN = 700
SAME_DAY, SLIP = 0.90, 0.10  # a tenth of the birth dates have another day in the right source
SAME_POSTCODE = 0.80  # a fifth have moved to another district
SAME_SEX = 0.95


def noisy_town(children: int, *, with_upn: float = 1.0, seed: int = 11) -> list[Row]:
    """Children in two sources; the right one is noisy at known rates, and holds one more child for every ten."""
    draw = random.Random(seed)
    found: list[Row] = []
    for number in range(children):
        month = f"{draw.randint(2004, 2015)}-{draw.randint(1, 12):02}"
        child = {
            "forename": draw.choice(FIRST), "surname": draw.choice(LAST), "dob": f"{month}-{draw.randint(1, 28):02}",
            "postcode": f"ZZ{draw.randint(1, 50)} 1AA", "sex": draw.choice("FM"),
        }  # fmt: skip
        noisy = dict(child)
        if draw.random() < SLIP:
            noisy["dob"] = (
                f"{month}-{draw.choice([day for day in range(1, 29) if f'{day:02}' != child['dob'][-2:]]):02}"
            )
        if draw.random() > SAME_POSTCODE:
            noisy["postcode"] = f"YY{draw.randint(1, 50)} 1AA"
        if draw.random() > SAME_SEX:
            noisy["sex"] = "M" if child["sex"] == "F" else "F"
        upn = {"upn": f"T{number:04}"} if draw.random() < with_upn else {}
        found += [{"source": "left", "key": f"{number:04}"} | child | upn,
                  {"source": "right", "key": f"{number:04}"} | noisy | upn]  # fmt: skip
        if number % 10 == 0:
            found.append(
                {"source": "right", "key": f"x{number:04}"}
                | child
                | {"dob": f"2003-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"}
            )
    return found


def trained(con: Connection, listed: list[Row]) -> Run:
    """Passes, candidates and training."""
    run = run_rules(load(con, listed))
    work = job(run, spec=child_model())
    stages.candidates(work)
    found = stages.training(work)
    run.labels, run.doubts = found["labels"], found["doubts"]
    return run


def labelled_sources(con: Connection) -> list[tuple[object, ...]]:
    """source_l, source_r and number of labels."""
    return rows(con, f"""
        select l.source, r.source, count(*) from {LABELS} t
        join pool l on l.record_id = t.record_id_l
        join pool r on r.record_id = t.record_id_r
        group by all order by all""")  # fmt: skip


@pytest.fixture(scope="module")
def labelled() -> Iterator[Run]:
    with connect(memory="1GB") as con:
        yield trained(con, noisy_town(CHILDREN))


def level(run: Run, comparison: str, label: str) -> LevelParameters:
    return next(p for p in read_parameters(run.con) if (p.comparison, p.label) == (comparison, label))


@pytest.mark.parametrize(
    ("comparison", "label", "m"),
    [
        ("dob", "same day", SAME_DAY),
        ("dob", "one part differs", SLIP),
        ("postcode", "same", SAME_POSTCODE),
        ("postcode", "differs", 1 - SAME_POSTCODE),
        ("sex_of_one_forename", "same", SAME_SEX),
        ("sex_of_one_forename", "differs", 1 - SAME_SEX),
        ("forename", "same", 1.0),
        ("surname", "same", 1.0),
    ],
)
def test_m_is_learnt_from_the_links_of_identifiers(labelled: Run, comparison: str, label: str, m: float) -> None:
    # 700 labels: two standard errors of a share are at most 0.038; 20 pseudo-labels draw m by at most 0.03.
    found = level(labelled, comparison, label)
    assert found.m == pytest.approx(m, abs=0.045)
    assert found.m_basis == "labels"


@pytest.mark.parametrize(
    ("comparison", "label", "u"),
    [
        ("forename", "same", 1 / len(FIRST)),
        ("surname", "same", 1 / len(LAST)),
        ("sex", "same", 0.5),
        ("sex_of_one_forename", "same", 0.5),  # a made-up town, where a forename does not tell the sex
        # An agreement of chance: both in one of 50 districts, which is one postcode here (or both moved: the same).
        ("postcode", "same", (0.9**2 + 0.1**2) / 50),
    ],
)
def test_u_is_learnt_from_all_pairs_less_the_true_matches_among_them(
    labelled: Run, comparison: str, label: str, u: float
) -> None:
    found = level(labelled, comparison, label)
    assert found.u == pytest.approx(u, rel=0.25)
    assert found.u_basis == "sample"


def chance_of_the_same_birth_date(run: Run) -> float:
    """u as it is: the share of pairs with one birth date among all pairs but the links."""
    return float(str(rows(run.con, """
        select avg((l.dob = r.dob)::int) from pool l join pool r on l.record_id < r.record_id
        where not exists (select 1 from links_deterministic d
                          where d.record_id_l = l.record_id and d.record_id_r = r.record_id)""")[0][0]))  # fmt: skip


def test_u_is_cleaned_of_the_true_matches_in_the_sample(labelled: Run) -> None:
    # Most agreements on a birth date in a sample of this town are those of one child with itself.
    chance = chance_of_the_same_birth_date(labelled)
    assert estimate_u(labelled.con, child_model(), seed=1)["dob", 0] > 4 * chance
    assert level(labelled, "dob", "same day").u == pytest.approx(chance, rel=0.35)


def test_u_is_cleaned_with_the_m_that_was_learnt(labelled: Run) -> None:
    assert level(labelled, "dob", "same day").u == pytest.approx(chance_of_the_same_birth_date(labelled), rel=0.05)


def test_the_share_of_matches_in_the_sample_is_that_of_known_links(labelled: Run) -> None:
    records = count(labelled.con, "pool")
    assert records == 2 * CHILDREN + CHILDREN // 10
    assert matches_among_random_pairs(labelled.con) == pytest.approx(CHILDREN / (records * (records - 1) / 2))


def test_u_is_cleaned_of_matches_that_no_rule_found() -> None:
    # 300 in two sources with an address and no postcode or sex, which the rules ask for: no link is known, and one pair
    # in 599 of all is a match. No two strangers share an address.
    listed = [{**row, "postcode": None, "sex": None, "address_line": f"{int(row['key']) + 1} LANE {row['key']}"}
              for row in noisy_town(300, with_upn=0.0) if not row["key"].startswith("x")]  # fmt: skip
    with connect(memory="1GB") as con:
        run = trained(con, listed)
        assert matches_among_random_pairs(con) == 0
        sampled = read_sampled_u(con)
        found = {(p.comparison, p.level_no): p for p in read_parameters(con)}
    chance = chance_among_strangers(listed)
    assert sampled["dob", 0] > 5 * chance
    assert found["dob", 0].u == pytest.approx(chance, rel=0.6)
    assert found["address", 0].u < sampled["address", 0] / 4
    assert run.labels == 0


def chance_among_strangers(listed: list[Row]) -> float:
    """Of two records of two children, how often the birth date is the same, counted out."""
    pairs = [(one["dob"] == other["dob"]) for one, other in combinations(listed, 2) if one["key"] != other["key"]]
    return sum(pairs) / len(pairs)


def test_m_and_u_of_every_comparison_are_a_distribution(labelled: Run) -> None:
    for comparison in child_model().comparison:
        every = [p for p in read_parameters(labelled.con) if p.comparison == comparison.name]
        levels = [p for p in every if p.m_basis != "fixed"]
        assert sum(p.m for p in levels) == pytest.approx(1, abs=1e-6)
        assert sum(p.u for p in levels) == pytest.approx(1, abs=1e-6)
        assert all(0 < p.m < 1 and 0 < p.u < 1 for p in levels)


def test_a_level_that_no_label_showed_is_rare_and_not_impossible(labelled: Run) -> None:
    # No two names are in each other's place: 20 of 720 labels count for the model's own 0.004.
    found = level(labelled, "forename", "forename and surname swapped")
    assert found.m == pytest.approx(20 / (CHILDREN + 20) * 0.004, rel=0.02)


def test_a_fixed_level_keeps_what_the_model_says_and_is_no_doubt(labelled: Run) -> None:
    # A month of birth without a day is not among the pairs that train the days.
    found = level(labelled, "dob", "same month, day not known")
    assert (found.m, found.u, found.m_basis, found.u_basis) == (0.985, 0.005, "fixed", "fixed")
    assert not [doubt for doubt in labelled.doubts if "not known" in doubt]


def test_a_comparison_that_no_pair_showed_keeps_the_models_values_and_is_a_doubt(labelled: Run) -> None:
    found = level(labelled, "ethnicity", "same")
    assert (found.m, found.u, found.m_basis) == (0.9, 0.3, "assumed")
    assert "comparison_not_trained: ethnicity" in labelled.doubts


def test_a_level_that_no_pair_showed_at_all_is_a_doubt(labelled: Run) -> None:
    assert "level_never_seen: forename, forename and surname swapped" in labelled.doubts


def test_every_label_is_a_link_of_an_identifier(labelled: Run) -> None:
    assert labelled.labels == CHILDREN
    assert labelled_sources(labelled.con) == [("left", "right", CHILDREN)]
    by_names = "select 1 from links_deterministic d join training_labels t using (record_id_l, record_id_r) "
    assert rows(labelled.con, by_names + "where d.rule <> 'upn'") == []


@pytest.fixture(scope="module")
def unlabelled() -> Iterator[Run]:
    with connect(memory="1GB") as con:
        yield trained(con, noisy_town(500, with_upn=0.5))


def test_too_few_labels_are_not_used_and_m_comes_from_expectation_maximisation(unlabelled: Run) -> None:
    assert 0 < unlabelled.labels < 500
    learnt = [p for p in read_parameters(unlabelled.con) if p.comparison in ("dob", "postcode", "sex_of_one_forename")]
    assert {p.m_basis for p in learnt if p.m_basis != "fixed"} == {"em"}


def test_expectation_maximisation_learns_names_too(unlabelled: Run) -> None:
    learnt = [p for p in read_parameters(unlabelled.con) if p.comparison in ("forename", "surname")]
    assert {p.m_basis for p in learnt if p.m_basis != "fixed"} == {"em"}


@pytest.mark.parametrize(
    ("comparison", "label", "m"),
    [("dob", "same day", SAME_DAY), ("postcode", "same", SAME_POSTCODE), ("sex_of_one_forename", "same", SAME_SEX)],
)
def test_expectation_maximisation_finds_m_too(unlabelled: Run, comparison: str, label: str, m: float) -> None:
    assert level(unlabelled, comparison, label).m == pytest.approx(m, abs=0.08)


def test_expectation_maximisation_that_finds_no_pairs_is_a_doubt_and_no_failure(con: Connection) -> None:
    listed = [{"source": source, "key": str(n), "forename": f"NAME{n}{source}", "surname": f"OTHER{n}{source}"}
              for source in ("left", "right") for n in range(4)]  # fmt: skip
    run = trained(con, listed)
    assert [doubt for doubt in run.doubts if doubt.startswith("em_no_pairs")]
    assert {p.m_basis for p in read_parameters(run.con) if p.comparison == "postcode"} == {"assumed"}


def test_enough_labels_are_used_where_nothing_is_left_to_score(con: Connection) -> None:
    # Every record is linked: there is no candidate, but the rule's links are weighed by these parameters all the same.
    listed = [row for row in noisy_town(600) if not row["key"].startswith("x")]
    run = trained(con, listed)
    assert run.candidates == []
    assert run.labels == 600


def test_pairs_of_sources_give_labels_as_they_stand_among_the_candidates(con: Connection) -> None:
    # A third source copies the left one without an error and leaves nothing to be found; only left and right do.
    noisy = noisy_town(CHILDREN)
    copies = [row | {"source": "third"} for row in noisy if row["source"] == "left"]
    extra = [row | {"source": "third"} for row in noisy if row["key"] in ("x0000", "x0010")]
    run = trained(con, noisy + copies + extra)
    by_sources = {(left, right): n for left, right, n in labelled_sources(run.con)}
    assert by_sources["left", "right"] > 0
    candidates = run.pairs("candidates")
    wanted = {
        pair: sum((left.split(":")[0], right.split(":")[0]) == pair for left, right, _ in candidates)
        for pair in by_sources
    }
    labels = sum(int(str(n)) for n in by_sources.values())
    for pair, n in by_sources.items():
        assert int(str(n)) / labels == pytest.approx(wanted[pair] / sum(wanted.values()), abs=0.05)


@pytest.mark.parametrize("max_pairs", [1e6, 20_000.0], ids=["all pairs", "a sample"])
def test_u_does_not_depend_on_the_order_of_the_rows(max_pairs: float) -> None:
    listed = noisy_town(150)
    found = []
    for shuffle in (None, 1):
        with connect(memory="1GB") as con:
            run_rules(load(con, listed, shuffle=shuffle))
            make_frequencies(con, child_model())
            found.append(estimate_u(con, child_model(), seed=1, max_pairs=max_pairs))
    assert found[0] == found[1]


def test_training_finds_the_links_that_starting_values_find(con: Connection) -> None:
    listed = [{name: value for name, value in row.items() if name != "upn" or int(row["key"][-1]) < 9}
              for row in noisy_town(CHILDREN)]  # fmt: skip
    run = run_all(load(con, listed), spec=child_model(), trains=True)
    hidden = {f"{n:04}" for n in range(9, CHILDREN, 10)}
    found = {left.split(":")[1] for left, right in run.linked if left.split(":")[1] == right.split(":")[1]}
    wrong = [(left, right) for left, right in run.linked if left.split(":")[1] != right.split(":")[1].lstrip("x")]
    assert len(hidden & found) >= 0.7 * len(hidden)
    assert len(wrong) <= 1


def test_a_weight_that_points_the_wrong_way_is_a_doubt(con: Connection) -> None:
    # Sexes that the right source has the other way round: agreement speaks against a pair.
    other = {"F": "M", "M": "F"}
    listed = [row | ({"sex": other[row["sex"]]} if row["source"] == "right" else {}) for row in noisy_town(600)]
    assert "weight_points_the_wrong_way: sex_of_one_forename, same" in trained(con, listed).doubts


def test_labels_table_has_each_pair_once(labelled: Run) -> None:
    assert count(labelled.con, LABELS) == len(set(labelled.pairs(LABELS)))


def test_rules_on_names_give_no_labels(con: Connection) -> None:
    listed = [{name: value for name, value in row.items() if name != "upn"} for row in noisy_town(100)]
    run = run_rules(load(con, listed), packs().rules)
    assert run.passes["name_dob_postcode"]["linked"] > 50
    spec = child_model().model_copy(update={"block": (Block(columns=("surname", "dob")),)})
    work = job(run, spec=spec)
    stages.candidates(work)
    assert stages.training(work)["labels"] == 0
