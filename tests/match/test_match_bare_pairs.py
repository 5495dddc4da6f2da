"""Pairs that one field made, without a name: what they are worth shows in themselves."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from math import log2

import pytest
from tiny_run import FIRST, LAST, Row, Run, child_model, load, run_all

from linkage.match import bare_pairs
from linkage.match.bare_pairs import BARE, BARE_PRIORS
from linkage.packs import ModelSpec
from linkage.sql import Connection, connect, rows

CHILDREN, IN_BOTH, DAYS = 2000, 500, 500
# Two of a group of five, so common that strangers agree as the model says: three times in ten, and as often by group.
ETHNICITIES = {"WBRI": 0.362, "WIRI": 0.362, "AIND": 0.138, "APKN": 0.138}


def nameless_and_named(seed: int, *, upns: bool = False) -> list[Row]:
    """A source without names beside one with: so many children on each side, of whom some are in both.

    Four of each side share a day of birth: of sixteen pairs of a day one is one child, where the child is in both.
    """
    draw = random.Random(seed)

    def child(number: int) -> dict[str, str]:
        born = date(2012, 1, 1) + timedelta(days=number % DAYS)
        (ethnicity,) = draw.choices([*ETHNICITIES], [*ETHNICITIES.values()])
        return {"dob": str(born), "sex": draw.choice("FM"), "ethnicity": ethnicity, "ethnicity_5": ethnicity[0]}

    found: list[Row] = []
    for number in range(CHILDREN):
        one, other = child(number), child(number)
        if number < IN_BOTH:
            other = one if draw.random() < 0.9 else {**other, "sex": one["sex"]}
        ids = ({"upn": f"L{number:04}"}, {"upn": f"R{number:04}"}) if upns else ({}, {})
        name = {"forename": draw.choice(FIRST), "surname": draw.choice(LAST)}
        found += [{"source": "left", "key": f"{number:04}", **one, **ids[0]},
                  {"source": "right", "key": f"{number:04}", **other, **name, **ids[1]}]  # fmt: skip
    return found


def model_of_few_days() -> ModelSpec:
    """The bundled model, that knows how many days of birth there are here: strangers share one in 500."""
    spec = child_model()
    levels = {"same day": 1 / DAYS, "differs": 1 - 1 / DAYS - 0.0107}
    dob = next(item for item in spec.comparison if item.name == "dob")
    known = tuple(level.model_copy(update={"u": levels.get(level.label, level.u)}) for level in dob.levels)
    comparisons = tuple(item if item.name != "dob" else dob.model_copy(update={"levels": known})
                        for item in spec.comparison)  # fmt: skip
    return spec.model_copy(update={"comparison": comparisons})


@pytest.fixture(scope="module")
def listed() -> list[Row]:
    return nameless_and_named(7)


@pytest.fixture(scope="module")
def nameless(listed: list[Row]) -> Iterator[Run]:
    with connect(memory="1GB") as con:
        yield run_all(load(con, listed), spec=model_of_few_days())


def of_one_day(listed: list[Row]) -> int:
    """Pairs of the two sources with one birth date, counted out."""
    left, right = (Counter(row["dob"] for row in listed if row["source"] == side) for side in ("left", "right"))
    return sum(n * right[day] for day, n in left.items())


def test_all_pairs_of_a_rare_day_are_bare_and_their_matches_are_counted_among_them(
    nameless: Run, listed: list[Row]
) -> None:
    ((pairs, expected),) = rows(nameless.con, f"select pairs, expected_matches from {BARE_PRIORS}")
    assert pairs == of_one_day(listed)
    assert float(str(expected)) == pytest.approx(IN_BOTH, rel=0.25)


def test_their_weight_is_that_of_the_other_fields(nameless: Run) -> None:
    ((pairs, expected),) = rows(nameless.con, f"select pairs::double, expected_matches from {BARE_PRIORS}")
    among_themselves = log2(float(str(expected)) / (float(str(pairs)) - float(str(expected))))
    weighed = rows(nameless.con, """
        select j.match_weight, s.bits_sex, s.bits_ethnicity, coalesce(d.household_bits, 0)
        from judged_pairs j
        join scored_pairs s on s.record_id_l = j.record_id_l and s.record_id_r = j.record_id_r
        left join household_doubts d on d.record_id_l = j.record_id_l and d.record_id_r = j.record_id_r""")  # fmt: skip
    assert len(weighed) > 2000
    for weight, *parts in weighed:
        assert float(str(weight)) == pytest.approx(among_themselves + sum(float(str(part)) for part in parts), abs=0.01)


def test_confidence_is_how_many_of_the_pairs_that_agree_so_are_one_child(nameless: Run) -> None:
    # Of 7,500 pairs of strangers some 1,100 agree on sex and ethnicity too, and some 460 of the 500 children do.
    both = rows(nameless.con, """
        select j.confidence_alone, l.key = r.key and l.key < '0500'
        from judged_pairs j join records l on l.record_id = j.record_id_l join records r on r.record_id = j.record_id_r
        where l.sex = r.sex and l.ethnicity = r.ethnicity""")  # fmt: skip
    confidence = sum(float(str(one)) for one, _ in both) / len(both)
    true = sum(bool(same) for _, same in both) / len(both)
    assert 0.2 < true < 0.4
    assert confidence == pytest.approx(true, abs=0.08)
    assert not nameless.linked


def test_they_say_nothing_of_pairs_with_names(con: Connection, listed: list[Row]) -> None:
    # Ten of the nameless have a name after all, that of the child who is in both.
    other = {row["key"]: row for row in listed if row["source"] == "right"}
    named = [
        {**row, **{name: other[row["key"]][name] for name in ("forename", "surname")}}
        if row["source"] == "left" and row["key"] < "0010" else row
        for row in listed
    ]  # fmt: skip
    run = run_all(load(con, named), spec=model_of_few_days())
    bare = {pair[:2] for pair in run.pairs(BARE)}
    assert bare
    assert not [pair for pair in bare if pair[0] < "left:0010"]
    linked = {(f"left:{n:04}", f"right:{n:04}") for n in range(10)}
    assert linked <= run.linked


@pytest.mark.parametrize(("fewest", "upns"), [(10**6, False), (1, True)], ids=["too few pairs", "UPNs on both sides"])
def test_without_enough_of_them_there_are_none(
    con: Connection, monkeypatch: pytest.MonkeyPatch, fewest: int, upns: bool
) -> None:
    monkeypatch.setattr(bare_pairs, "FEWEST", fewest)
    run = run_all(load(con, nameless_and_named(8, upns=upns)), spec=model_of_few_days())
    assert rows(con, f"select count(*) from {BARE_PRIORS}") == [(0,)]
    assert run.pairs(BARE) == []
