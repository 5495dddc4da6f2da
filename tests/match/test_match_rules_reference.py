"""The deterministic passes in SQL against the naive linker in plain Python, on small random data full of accidents."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_run import Run, load, packs, rule, run_rules

from linkage.match.guards import dob_conflict_sql
from linkage.schema import ETHNICITY_GROUPS
from linkage.sql import Connection, connect, execute, rows

# Few values, so that everything meets everything: twins, re-issued ids, shared keys, spellings of one name.
FORENAMES = (
    "AMINA",
    "ZARA",
    "OLIVER",
    "OLIVIER",
    "YUSUF",
    "YOUSEF",
    "AMINA ROSE",
    "MD ALI UMAR",
    "MD ALI OMER",
    "MD ALI ISA",
)
SURNAMES = ("YUSUF", "BENTLEY", "BENTLY", "YUSUF BENTLEY", "AMINA", "KOWALSKI", "KOWALSKA")
MAIN = {"other_forenames": "forename", "other_surnames": "surname"}
DATES = ("2012-03-09", "2012-03-09", "2012-03-09", "2012-09-03", "2012-03-10", "2014-11-20", "2012-03", "2012")


def accident(draw: random.Random, source: str, key: str) -> dict[str, str]:
    """A record with values drawn from few, each missing now and then."""
    values = {
        "forename": (FORENAMES, 0.85), "surname": (SURNAMES, 0.85), "dob": (DATES, 0.9), "sex": ("FM", 0.8),
        "postcode": (("ZZ1 1AA", "ZZ1 1AA", "ZZ1 1AB", "ZZ2 1AA"), 0.8), "ethnicity": (("WBRI", "BAFR", "BCRB"), 0.6),
        "upn": (("U1", "U2", "U3"), 0.5), "temporary_upn": (("T1", "T2"), 0.15), "former_upn": (("U1", "U5"), 0.15),
        "invalid_upn": (("X1", "X2"), 0.2), "la_child_id": (("7", "8"), 0.3), "authority": (("301", "302"), 1.0),
        "pmr": (("p1", "p2"), 0.2), "expected_dob": (("2012-03-20", "2012-09-01", "2014-11-20"), 0.5),
        "other_forenames": (("ZARA", "OLLIE"), 0.15),
        "other_surnames": (("YUSUF",), 0.15),
    }  # fmt: skip
    known = {name: draw.choice(list(choice)) for name, (choice, share) in values.items() if draw.random() < share}
    if "ethnicity" in known:
        known["ethnicity_5"] = ETHNICITY_GROUPS[known["ethnicity"]][0]
    # An alternative without a main name is a case of its own: see the museum.
    known = {name: value for name, value in known.items() if name not in MAIN or MAIN[name] in known}
    if draw.random() < 0.15:
        known = {name: value for name, value in known.items() if not name.endswith("name") and name not in MAIN}
    return {"source": source, "key": key} | known


def as_dicts(run: Run, table: str) -> list[dict[str, Any]]:
    names = [str(row[0]) for row in rows(run.con, f"describe {table}")]
    return [dict(zip(names, row, strict=True)) for row in rows(run.con, f"from {table}")]


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**9),
    size=st.integers(2, 14),
    unique=st.sets(st.sampled_from(["left", "right", "third"])),
    within=st.sets(st.sampled_from(["left", "right", "third"])),
)
def test_the_passes_link_and_hold_what_the_naive_linker_does(
    seed: int, size: int, unique: set[str], within: set[str]
) -> None:
    draw = random.Random(seed)
    order = ["left", "right", "third"]
    listed = [accident(draw, draw.choice(order), f"{number:02}") for number in range(size)]
    with connect(memory="1GB") as con:
        run = load(con, listed, sources=order, unique=sorted(unique), within=sorted(within))
        children = reference.children_of(as_dicts(run, "records"), as_dicts(run, "identifiers"))
        groups = {row["value"]: row["group_upn"] for row in as_dicts(run, "upn_groups")}
        run_rules(run)
        found = reference.link(
            children, packs().rules, groups=groups,
            unique=frozenset(map(order.index, unique)), within=frozenset(map(order.index, within)),
        )  # fmt: skip
        name = run.names.__getitem__
        assert run.rule_links == {(name(left), name(right)): by for (left, right), by in found.links.items()}
        assert run.rule_conflicts == {
            (kind, name(left), name(right), *rest) for kind, left, right, *rest in found.conflicts
        }


def test_the_accidents_of_the_comparison_reach_every_guard() -> None:
    # The comparison above proves nothing about a guard that never fires.
    fired: set[str] = set()
    with connect(memory="1GB") as con:
        for seed in range(60):
            draw = random.Random(seed)
            run = load(con, [accident(draw, draw.choice(["left", "right"]), f"{n:02}") for n in range(30)])
            children = reference.children_of(as_dicts(run, "records"), as_dicts(run, "identifiers"))
            groups = {row["value"]: row["group_upn"] for row in as_dicts(run, "upn_groups")}
            for kind, _, _, detail, _ in reference.link(children, packs().rules, groups=groups).conflicts:
                fired |= set(detail.split(": ")[1].split(", ")) | {kind}
            if fired >= {*(name for item in packs().rules for name in item.unless), "key_not_unique"}:
                break
    assert fired >= {*(name for item in packs().rules for name in item.unless), "key_not_unique"}


@pytest.fixture(scope="module")
def dates() -> Iterator[Connection]:
    with connect(memory="1GB") as con:
        yield con


near = st.dates(date(2011, 12, 1), date(2013, 1, 31))
precisions = st.sampled_from(["day", "month", "year"])


def first_known(day: date, precision: str) -> date:
    """The first day of what is known, as `records` holds it."""
    return day.replace(month=1 if precision == "year" else day.month, day=1 if precision != "day" else day.day)


@settings(max_examples=300, deadline=None)
@given(left=st.none() | near, right=st.none() | near, left_precision=precisions, right_precision=precisions)
def test_birth_dates_conflict_in_sql_where_they_do_in_python(
    dates: Connection, left: date | None, right: date | None, left_precision: str, right_precision: str
) -> None:
    sides = [
        (first_known(day, precision), precision) if day else (None, None)
        for day, precision in ((left, left_precision), (right, right_precision))
    ]
    sql = f"""
        select {dob_conflict_sql()}
        from (select $ld::date as dob, $lp::varchar as dob_precision) l,
             (select $rd::date as dob, $rp::varchar as dob_precision) r"""
    params = {"ld": sides[0][0], "lp": sides[0][1], "rd": sides[1][0], "rp": sides[1][1]}
    assert execute(dates, sql, params).fetchall() == [(reference.dob_conflict(*sides[0], *sides[1]),)]


@pytest.mark.parametrize(
    ("left", "right", "conflict"),
    [
        ("2012-03-09", "2012-03-09", False),
        ("2012-03-09", "2012-09-03", False),  # swapped
        ("2012-03-09", "2013-09-03", True),  # swapped in another year
        ("2012-03-09", "2012-03-31", False),  # the day alone
        ("2012-03-09", "2002-03-09", False),  # the year alone
        ("2012-03-09", "2012-04-10", True),  # day and month, not swapped
        ("2012-03-09", "2012-03", False),
        ("2012-03-09", "2012-04", True),
        ("2012-03", "2013-03", True),  # to the month nothing is forgiven
        ("2012-03-09", "2012", False),
        ("2012-03-09", "2013", True),
        ("2012-03-09", "", False),
    ],
)
def test_what_counts_as_a_slip_of_the_pen(left: str, right: str, conflict: bool) -> None:
    one_rule = (rule("upn").model_copy(update={"unless": ("dob_conflict",)}),)
    with connect(memory="1GB") as con:
        listed = [{"source": source, "key": "1", "upn": "U1"} | ({"dob": dob} if dob else {})
                  for source, dob in (("left", left), ("right", right))]  # fmt: skip
        assert bool(run_rules(load(con, listed), one_rule).rule_conflicts) is conflict
