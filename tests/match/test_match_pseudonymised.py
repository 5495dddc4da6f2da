"""The model for data without names: what it counts once, and that what cannot be told apart is never a link."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tiny_run import Row, Run, load, run_all

from linkage.match.evidence import weigh_pairs
from linkage.match.frequencies import make_frequencies
from linkage.match.parameters import starting_parameters
from linkage.match.pool import make_pool
from linkage.packs import ModelSpec, load_packs
from linkage.sql import Connection, execute, rows


@pytest.fixture(scope="module")
def model() -> ModelSpec:
    spec = load_packs((), "pseudonymised", folder=Path()).model
    assert spec is not None
    return spec


def neighbourhood(children: int, *, precision: str, seed: int = 1) -> list[Row]:
    """Children of a few schools, in two returns that hold no name; every one is in both."""
    draw = random.Random(seed)
    made = []
    for number in range(children):
        year, month, day = draw.randint(2008, 2016), draw.randint(1, 12), draw.randint(1, 28)
        child = {
            "dob": f"{year}-{month:02}-{day:02}" if precision == "day" else f"{year}-{month:02}",
            "sex": draw.choice("MF"), "school_urn": str(100001 + draw.randint(0, 3)),
            "ethnicity": draw.choice(("WBRI", "WBRI", "WBRI", "APKN", "BAFR", "WIRT")),
        }  # fmt: skip
        made += [{"source": source, "key": f"{number:04}"} | child for source in ("spring", "autumn")]
    return made


def told(con: Connection, model: ModelSpec, listed: list[Row]) -> Run:
    """The run of the identifiers' rules and the model."""
    return run_all(load(con, listed, unique=["spring", "autumn"]), spec=model)


def test_days_of_birth_and_schools_find_most_children_and_take_nobody_for_another(con, model: ModelSpec) -> None:
    run = told(con, model, neighbourhood(800, precision="day"))
    assert len(run.linked) > 500
    assert {pair for pair in run.linked if pair[0].split(":")[1] != pair[1].split(":")[1]} == set()


def test_months_of_birth_leave_children_for_review_who_are_not_the_only_ones(con, model: ModelSpec) -> None:
    listed = neighbourhood(800, precision="month")
    run = told(con, model, listed)
    assert [pair for pair in run.linked if pair[0].split(":")[1] != pair[1].split(":")[1]] == []
    held: dict[tuple[str, ...], int] = {}
    for row in listed:
        if row["source"] == "spring":
            held[_known(row)] = held.get(_known(row), 0) + 1
    for left, _ in run.linked:
        row = next(r for r in listed if f"{r['source']}:{r['key']}" == left)
        assert held[_known(row)] == 1, "one of several children who are the same in every field was linked"


def _known(row: Row) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in ("dob", "sex", "school_urn", "ethnicity"))


def test_twins_of_one_sex_stay_for_review(con, model: ModelSpec) -> None:
    listed = neighbourhood(300, precision="day")
    twin = {"dob": "2011-02-03", "sex": "F", "school_urn": "100001", "ethnicity": "WIRT"}
    listed += [{"source": source, "key": key} | twin for source in ("spring", "autumn") for key in ("t1", "t2")]
    run = told(con, model, listed)
    assert not [pair for pair in run.linked if ":t" in pair[0] or ":t" in pair[1]]
    assert [link.decision for pair, link in run.decided.items() if ":t" in pair[0]] == ["review"] * 4


COMPARED = {
    "full": {"dob": "2011-02-03", "school_urn": "100001", "postcode": "ZZ1 1AA", "sector": "ZZ1 1", "district": "ZZ1"},
    "no school": {"dob": "2011-02-03", "postcode": "ZZ1 1AA", "sector": "ZZ1 1", "district": "ZZ1"},
    "no home": {"dob": "2011-02", "school_urn": "100001"},
    "authority": {"dob": "2011-02", "authority": "301"},
}


@pytest.mark.parametrize(
    ("left", "right", "speaking"),
    [
        ("full", "full", {"dob", "school_and_home"}),
        ("full", "no school", {"dob", "home"}),
        ("full", "no home", {"birth_month", "school"}),
        ("no school", "no home", {"birth_month"}),
        ("authority", "authority", {"birth_month", "authority"}),
    ],
)
def test_one_comparison_of_a_kind_speaks_about_a_pair(con, model: ModelSpec, left: str, right: str, speaking) -> None:
    other = {"dob": "2011-02-03", "school_urn": "100009"}  # so that the two are a candidate pair whatever they hold
    listed = [{"source": "a", "key": "1", **COMPARED[left]}, {"source": "b", "key": "1", **COMPARED[right]},
              {"source": "b", "key": "2", **other}]  # fmt: skip
    run = load(con, listed)
    scores = run_levels(run, model)
    assert {name for name, level in scores.items() if level >= 0} == speaking
    assert all(level == 0 for name, level in scores.items() if name in speaking)


def run_levels(run: Run, model: ModelSpec) -> dict[str, int]:
    """Levels of the pair of both first records, by the engine's own query."""
    make_pool(run.con)
    make_frequencies(run.con, model)
    execute(run.con, "create table the_pair as select 0::bigint as record_id_l, 1::bigint as record_id_r")
    weigh_pairs(run.con, model, starting_parameters(model), pairs="the_pair", into="weighed")
    names = [comparison.name for comparison in model.comparison]
    found = rows(run.con, f"select {', '.join(f'level_{name}' for name in names)} from weighed")[0]
    return {name: int(str(level)) for name, level in zip(names, found, strict=True)}


def test_a_rule_that_matched_the_home_counts_neither_home_nor_school_again(model: ModelSpec) -> None:
    rule = load_packs(("demographics",), "none", folder=Path()).rules[-1]
    assert rule.match == ("dob", "postcode", "sex")
    left = [item.name for item in model.comparison if not item.topics & rule.topics]
    assert left == ["ethnicity", "school", "authority"]  # silent where both homes are known, as they are here
