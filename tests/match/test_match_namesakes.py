"""Strangers of one whole name: as many as the run shows, and not what the frequencies of its parts would have."""

from __future__ import annotations

from math import log2

import pytest
from tiny_run import Row, Run, child_model, load, run_all

from linkage.match.namesakes import NAMESAKES, namesakes_step
from linkage.sql import Connection, rows, run_steps
from linkage.tables import CANDIDATES

DAYS = tuple(f"2011-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29))
GROUPS = {"W": ("JACK", "ALFIE", "SMITH", "MOORE"), "A": ("IMRAN", "YUSUF", "KHAN", "MIAH")}


def crowd(*, with_ethnicity: bool) -> list[Row]:
    """Two hundred children of two groups, each on a day of its own; names go together within a group, evenly.

    Of the four names of a group, two forenames and two surnames, every whole one has 25 children.
    """
    found: list[Row] = []
    for number in range(200):
        group = "WA"[number % 2]
        names = GROUPS[group]
        child = {"forename": names[number // 2 % 2], "surname": names[2 + number // 4 % 2], "dob": DAYS[number],
                 "sex": "M"}  # fmt: skip
        found.append(
            {"source": "left", "key": f"{number:03}", **child, **({"ethnicity": group} if with_ethnicity else {})}
        )
    return found


def doubts(con: Connection, listed: list[Row]) -> tuple[Run, dict[tuple[str, str], float]]:
    run = run_all(load(con, listed), spec=child_model())
    run_steps(con, (namesakes_step(child_model()),))
    return run, {(left, right): bits for left, right, bits in run.pairs(NAMESAKES, "namesake_bits")}


def test_a_name_that_many_children_bear_is_worth_what_they_say(con: Connection) -> None:
    # 202 records; the four forenames of 50 each, IMRAN of 52 with the pair, and so the surnames. Of the
    # whole name there are 25 children beside the pair: 27 birth dates, in 27 records. p is 52/202 squared.
    pair: list[Row] = [
        {"source": "left", "key": "x", "forename": "IMRAN", "surname": "KHAN", "dob": "2012-03-04"},
        {"source": "right", "key": "x", "forename": "IMRAN", "surname": "KHAN", "dob": "2012-03-05"},
    ]
    _, found = doubts(con, crowd(with_ethnicity=False) + pair)
    p = (52 / 202) ** 2
    share = (25 + 0.5) / (202 * 27 / 27 + 0.5 / p)
    assert found["left:x", "right:x"] == pytest.approx(-log2(share / p), abs=1e-5)
    assert found["left:x", "right:x"] == pytest.approx(-0.84, abs=0.05)


def test_a_name_that_nobody_else_bears_is_commoner_where_its_parts_are_of_one_group(con: Connection) -> None:
    # ZAYD is of group A, whose half of all children the surname KHAN has for itself: two times as common there.
    pair: list[Row] = [
        {"source": side, "key": "x", "forename": "ZAYD", "surname": "KHAN", "dob": day, "ethnicity": "A"}
        for side, day in (("left", "2012-03-04"), ("right", "2012-03-05"))
    ]
    _, told = doubts(con, crowd(with_ethnicity=True) + pair)
    lift = (2 * 52 / 102) / (2 * 52) * 202  # of 102 of the group and 202 in all, ZAYD 2 and KHAN 52
    p = (10 / 202 if 10 / 202 < 0.01 else 0.01) * 52 / 202
    share = 0.5 / (202 + 0.5 / (p * lift))
    assert told.get(("left:x", "right:x"), 0.0) == pytest.approx(min(0.0, -log2(share / p)), abs=1e-5)
    assert lift == pytest.approx(1.98, abs=0.01)


def test_a_rarer_whole_name_gains_nothing(con: Connection) -> None:
    # JACK and KHAN are common, and nobody is called both but the pair.
    pair: list[Row] = [
        {"source": side, "key": "x", "forename": "JACK", "surname": "KHAN", "dob": "2012-03-04", "ethnicity": "A"}
        for side in ("left", "right")
    ]
    run, found = doubts(con, crowd(with_ethnicity=True) + pair)
    assert ("left:x", "right:x") in run.candidates
    assert ("left:x", "right:x") not in found
    assert all(bits < 0 for bits in found.values())


def test_only_pairs_that_agree_on_the_whole_name_are_doubted(con: Connection) -> None:
    pair: list[Row] = [
        {"source": "left", "key": "x", "forename": "IMRAN", "surname": "KHAN", "dob": "2012-03-04"},
        {"source": "right", "key": "x", "forename": "IMRAN", "surname": "KAHN", "dob": "2012-03-04"},
    ]
    run, found = doubts(con, crowd(with_ethnicity=False) + pair)
    assert ("left:x", "right:x") in run.candidates
    assert ("left:x", "right:x") not in found


def test_a_model_that_does_not_weigh_names_by_frequency_has_no_namesakes(con: Connection) -> None:
    spec = child_model()
    plain = tuple(
        item.model_copy(update={"levels": tuple(level.model_copy(update={"tf": None}) for level in item.levels)})
        for item in spec.comparison
    )
    load(con, crowd(with_ethnicity=False))
    con.execute(
        f"create table {CANDIDATES} as select 0::bigint as record_id_l, 8::bigint as record_id_r, 0 as block_no"
    )
    run_steps(con, (namesakes_step(spec.model_copy(update={"comparison": plain})),))
    assert rows(con, f"select count(*) from {NAMESAKES}") == [(0,)]
