"""The rule pack of families: strict, with reasons; and precision that the run's own data measure."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from small_world import bundled_rules, families_of, only

from linkage.errors import ProjectError
from linkage.families.rules import CONDITIONS, MATCHES, RELATIONS, UNITS, load_family_rules
from linkage.sql import Connection

RULE = """
[pack]
id = "mine"
version = 1
[[rule]]
id = "one"
title = "One"
reason = "A rule of the test."
relation = "sibling"
match = ["mother_id"]
assumed_precision = 0.9
"""


def refused(tmp_path: Path, text: str) -> str:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError) as told:
        load_family_rules(("mine.toml",), folder=tmp_path)
    return str(told.value)


def test_the_bundled_pack_gives_its_reasons_and_claims_every_relation() -> None:
    rules = bundled_rules().rules
    assert all(len(rule.reason) > 20 for rule in rules)
    assert {rule.relation for rule in rules} == set(RELATIONS)
    assert {unit for rule in rules for unit in rule.units} == set(UNITS)
    assert {word for rule in rules for word in rule.match} == set(MATCHES)
    assert {word for rule in rules for word in (*rule.unless, *rule.require)} == set(CONDITIONS)


def test_a_pack_of_ones_own_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(RULE, encoding="utf-8")
    packs = load_family_rules(("mine.toml",), folder=tmp_path)
    assert [rule.id for rule in packs.rules] == ["one"]
    assert list(packs.hashes) == ["rules/mine@1"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('match = ["mother_id"]', 'match = ["mother"]', "'mother', which is not known; nearest: 'mother_id'"),
        ("assumed_precision", 'unless = ["age_gaps"]\nassumed_precision', "nearest: 'age_gap'"),
        ("assumed_precision", 'units = ["family"]\nassumed_precision', "nearest: 'birth_family'"),
        ('relation = "sibling"', 'relation = "cousin"', "rule.0.relation"),
        ('relation = "sibling"', 'relation = "mother_of"', "does not go with what it matches"),
        ('match = ["mother_id"]', 'match = ["sibling"]', "stands beside another word"),
        ("assumed_precision = 0.9", "assumed_precision = 0.9\nsure = true", "Unknown key 'sure'"),
    ],
)
def test_an_unknown_word_is_refused_with_the_nearest(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in refused(tmp_path, RULE.replace(old, new))


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    again = RULE[RULE.index("[[rule]]") :]
    assert "Two rules are called 'one'" in refused(tmp_path, RULE + again)


def test_a_pack_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"(?s)no rule pack called 'familes'.*\[families\] rules.*'families'"):
        load_family_rules(("familes",), folder=tmp_path)


def street(pairs: int, wrong: int) -> tuple[str, list[tuple[str, str, str, None, None]]]:
    """Pairs of one surname at one address with mothers' ids, some of which differ."""
    lines, homes = ["key | forename | surname | dob | mother_id"], []
    for at in range(pairs):
        mothers = (f"M{at}", f"W{at}") if at < wrong else (f"M{at}", f"M{at}")
        for child, mother in zip("ab", mothers, strict=True):
            born = 2008 if child == "a" else 2012
            lines.append(
                f"{child}{at} | N{child.upper()} | S{chr(65 + at // 26)}{chr(65 + at % 26)} | {born}-03-01 | {mother}"
            )
            homes.append((f"{child}{at}", "home", f"u{at}", None, None))
    return "\n".join(lines), homes


def test_a_rule_is_as_sure_as_the_mothers_ids_say(con: Connection) -> None:
    """40 pairs, of which 8 have other mothers: (32 + 1/2) / (40 + 1)."""
    listed, homes = street(40, 8)
    made = families_of(con, listed, homes=homes, packs=only("same_name_and_home"))
    [(compared, agreed, precision, basis)] = made.rows(
        "compared, agreed, precision, basis", "family_rule_precision where band = -1"
    )
    assert (compared, agreed, basis) == (40, 32, "calibrated")
    assert precision == pytest.approx(32.5 / 41, abs=1e-6)
    assert set(made.rows("confidence, confidence_basis")) == {(precision, "calibrated")}


def test_too_few_pairs_leave_what_the_pack_assumes(con: Connection) -> None:
    listed, homes = street(29, 8)
    made = families_of(con, listed, homes=homes, packs=only("same_name_and_home"))
    assert set(made.rows("confidence, confidence_basis")) == {(0.93, "assumed")}


def test_impossible_births_tell_how_many_claims_are_false(con: Connection) -> None:
    """Mothers' ids given out at random: births of their 'children' are impossible as often as anybody's."""
    draw = random.Random(1)
    lines = ["key | forename | dob | mother_id"]
    for at in range(900):
        born = date(2005, 1, 1) + timedelta(days=draw.randrange(18 * 365))
        lines.append(f"k{at} | N{chr(65 + at % 26)}{chr(65 + at // 26 % 26)} | {born} | M{at % 300}")
    made = families_of(con, "\n".join(lines), packs=only("same_mother"))
    [(precision, basis)] = made.rows("precision, basis", "family_rule_precision where band = -1")
    assert (basis, precision < 0.5) == ("modelled", True)
    assert made.relations == {}
