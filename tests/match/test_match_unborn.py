"""Unborn to born: who is looked at, what it weighs by hand, and what is held."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from pathlib import Path
from typing import Any

import pytest
from tiny_run import Run, child_model, load, people, run_all

from linkage.match.unborn import SCORED_UNBORN
from linkage.packs import load_packs
from linkage.sql import connect, rows

SPEC = load_packs((), "child", folder=Path()).unborn
PAIR = ("before:d", "after:b")
MOTHER = """
source | key | expected_dob | dob        | mother_id | family_id | authority
before | d   | 2024-05-01   |            | M1        |           | 301
after  | b   |              | 2024-04-20 | M1        |           | 301
"""


def linked(text: str, *, shuffle: int | None = None, **settings: Any) -> Run:
    return run_all(load(connect(memory="1GB"), people(text), shuffle=shuffle), spec=child_model(), unborn=SPEC,
                   **settings)  # fmt: skip


def levels(run: Run, *names: str) -> list[tuple[Any, ...]]:
    return run.pairs(SCORED_UNBORN, ", ".join(f"level_{name}" for name in names))


def test_a_mothers_id_and_a_birth_in_time_are_a_link_and_a_person() -> None:
    run = linked(MOTHER)
    link = run.decided[PAIR]
    assert (link.stage, link.rule, link.decision, link.basis) == ("probabilistic", "unborn", "link", "modelled")
    # Of a hundred such births three are a twin's: nothing else is counted under a mother's id.
    assert link.match_weight == pytest.approx(log2(0.97 / 0.03), abs=0.001)
    assert link.confidence == pytest.approx(0.97, abs=0.0001)
    assert run.together(*PAIR)


def test_a_familys_id_is_looked_at_where_there_is_no_mother() -> None:
    run = linked(MOTHER.replace("| M1        |          ", "|           | F1       "))
    assert run.decided[PAIR].match_weight == pytest.approx(log2(0.9 / 0.04), abs=0.001)


@pytest.mark.parametrize(
    ("born", "fits"), [("2024-01-03", True), ("2024-01-02", False), ("2024-05-29", True), ("2024-05-30", False)]
)
def test_only_births_17_weeks_early_to_4_late_are_looked_at(born: str, fits: bool) -> None:
    assert bool(linked(MOTHER.replace("2024-04-20", born)).decided) is fits


@pytest.mark.parametrize(
    "text",
    [
        MOTHER.replace("2024-04-20 | M1", "2024-04-20 | M2"),
        MOTHER.replace("M1        |           | 301\nafter", "M1        |           | 302\nafter"),
        MOTHER.replace("M1        |          ", "M1        | F1       ").replace("04-20 | M1", "04-20 | M2"),
    ],
    ids=["another mother", "another authority's numbers", "one family, another mother"],
)
def test_another_mother_is_no_link(text: str) -> None:
    assert not linked(text).linked


def test_ids_are_lent_by_the_rules_links() -> None:
    run = linked("""
source | key | expected_dob | dob        | mother_id | la_child_id
before | d   | 2024-05-01   |            |           | 11
file   | x   | 2024-05-04   |            | M1        | 11
file   | y   |              | 2024-04-20 | M1        | 22
after  | b   |              | 2024-04-20 |           | 22
""")
    assert {pair: run.decided[pair].rule for pair in run.linked} == {
        ("before:d", "file:x"): "la_child_id_unborn", ("file:y", "after:b"): "la_child_id",
        ("before:d", "after:b"): "unborn", ("file:x", "after:b"): "unborn",
    }  # fmt: skip
    assert run.together("before:d", "file:x", "file:y", "after:b")


TWINS = """
source | key | expected_dob | dob        | mother_id | la_child_id | sex
before | d   | 2024-05-01   |            | M1        | 1           |
after  | a   |              | 2024-04-20 | M1        | {}          | F
after  | b   |              | 2024-04-20 | M1        | 3           | M
"""


def test_two_births_under_one_id_are_held() -> None:
    run = linked(TWINS.format("2"))
    assert run.linked == set()
    for twin in ("after:a", "after:b"):
        held = run.decided["before:d", twin]
        assert (held.decision, held.flags) == ("review", ("near_tie", "several_births"))
        assert ("likely_but_held", "before:d", twin, "unborn: near_tie, several_births", "review") in run.conflicts


def test_a_twin_is_not_taken_for_the_one_that_kept_the_id() -> None:
    run = linked(TWINS.format("1"))
    assert run.linked == {("before:d", "after:a")}
    assert ("before:d", "after:b") not in run.decided


def test_one_twin_alone_in_a_source_is_held_where_another_shows_both() -> None:
    run = linked(TWINS.format("2") + "later  | c   |              | 2024-04-20 | M1        | 9           | M\n")
    assert not any("before:d" in pair for pair in run.linked)
    assert run.decided["before:d", "later:c"].flags == ("several_births",)


def test_never_linked_pairs_are_not_looked_at(tmp_path: Path) -> None:
    overrides = tmp_path / "overrides.csv"
    overrides.write_text("source_l,key_l,source_r,key_r,verdict,reason\nbefore,d,after,b,never,\n", encoding="utf-8")
    run = linked(MOTHER, overrides=overrides)
    assert run.pairs(SCORED_UNBORN) == []
    assert not run.together(*PAIR)


HOME = """
source | key | expected_dob | dob        | authority | surname | postcode
before | d   | 2024-05-01   |            | 301       | HOPE    | ZZ1 1AA
after  | b   |              | {born}     | 301       | HOPE    | ZZ1 1AA
"""


def test_without_an_id_each_field_counts_and_the_prior_is_the_pairs_that_fit() -> None:
    run = linked(HOME.format(born="2024-04-20"))
    # One pair of dates that fit, of which half a match is expected at least: odds of 0.5 to 1. Every record is of the
    # authority and the surname, so these tell nothing but m.
    weight = log2(0.97) + log2(0.6) + log2(0.7 / 0.0002) + log2(0.902 / 0.2365)
    assert rows(run.con, "select pairs, expected_matches from unborn_priors") == [(1, 0.5)]
    assert run.decided[PAIR].match_weight == pytest.approx(weight - 1, abs=0.001)
    assert run.decided[PAIR].confidence == 0.99  # as sure as this model may be


@pytest.mark.parametrize(
    ("born", "level"),
    [("2024-04-10", 0), ("2024-05-14", 0), ("2024-04-09", 1), ("2024-03-06", 1), ("2024-05-15", 2), ("2024-03-05", 3)],
)
def test_weeks_of_pregnancy(born: str, level: int) -> None:
    # 40 weeks on the first of May: 37 on 10 April, 32 on 6 March, 42 on 15 May.
    assert levels(linked(HOME.format(born=born)), "birth") == [(*PAIR, level)]


def test_two_due_dates() -> None:
    text = HOME.replace("|              | {born}    ", "| 2024-05-03   |           ")
    assert levels(linked(text), "birth", "due_date") == [(*PAIR, -1, 1)]


def test_prior_counts_every_pair_that_fits_though_few_are_compared() -> None:
    others = "".join(f"after | o{n} | | 2024-04-{n:02} | 302 | OTHER | ZZ9 9ZZ\n" for n in range(1, 9))
    run = linked(HOME.format(born="2024-04-20") + others)
    assert rows(run.con, "select pairs from unborn_priors") == [(9,)]
    assert run.pairs(SCORED_UNBORN) == [(*PAIR, 1)]


@pytest.mark.parametrize("shuffle", [1, 2])
def test_the_order_of_rows_changes_nothing(shuffle: int) -> None:
    def seen(run: Run) -> Sequence[object]:
        return run.pairs(SCORED_UNBORN, "* exclude (record_id_l, record_id_r)")

    text = TWINS.format("2") + "later  | c   |              | 2024-04-20 | M1        | 9           | M\n"
    assert seen(linked(text, shuffle=shuffle)) == seen(linked(text))
