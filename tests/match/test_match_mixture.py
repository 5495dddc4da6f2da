"""m without labels: drawn patterns whose m is known, a naive maximisation pair by pair, and known pairs by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from tiny_run import Row, child_model, load, people, run_rules

from linkage.match import mixture
from linkage.match.frequencies import make_frequencies
from linkage.match.mixture import (
    SETTLED,
    STARTING_SHARE,
    STARTING_WEIGHT,
    estimate_m,
    is_free,
    keys_held,
    maximised,
    pairs_step,
)
from linkage.match.parameters import LevelParameters, Parameters, starting_parameters
from linkage.match.patterns import Patterns
from linkage.sql import Connection, rows, run_steps

M = {"forename": (0.85, 0.10, 0.05), "surname": (0.90, 0.10), "dob": (0.95, 0.03, 0.02), "home": (0.80, 0.20)}
U = {"forename": (0.01, 0.02, 0.97), "surname": (0.005, 0.995), "dob": (0.002, 0.02, 0.978), "home": (0.001, 0.999)}
H = {"forename": (0.01, 0.04, 0.95), "surname": (0.75, 0.25), "dob": (0.02, 0.03, 0.95), "home": (0.95, 0.05)}
START = {"forename": (0.70, 0.15, 0.15), "surname": (0.80, 0.20), "dob": (0.90, 0.05, 0.05), "home": (0.90, 0.10)}
PERSONS, HOUSEHOLDS, STRANGERS = 3_000, 4_000, 13_000


def parameters(m: dict[str, tuple[float, ...]], *, has_h: bool = True) -> Parameters:
    return tuple(
        LevelParameters(name, number, "", m[name][number], U[name][number], "assumed", "sample",
                        H[name][number] if has_h else None, "")
        for name in M for number in range(len(M[name]))
    )  # fmt: skip


def drawn(*, seed: int = 1, unknown: float = 0.1, with_upn: float = 0.0) -> Patterns:
    """Pairs of three kinds; a tenth of the fields is not known, and of some pairs UPNs tell what they are."""
    draw = np.random.default_rng(seed)
    kinds = [(M, PERSONS), (H, HOUSEHOLDS), (U, STRANGERS)]
    columns = [
        np.concatenate([draw.choice(len(chances[name]), size=n, p=chances[name]) for chances, n in kinds]) for name in M
    ]
    levels = np.stack(columns, axis=1)
    levels[draw.random(levels.shape) < unknown] = -1
    same = np.where(np.arange(len(levels)) < PERSONS, 1, 0)
    same[draw.random(len(same)) >= with_upn] = -1
    found, counts = np.unique(np.column_stack([levels, same]), axis=0, return_counts=True)
    return Patterns(tuple(M), found[:, :-1], found[:, -1], counts.astype(np.float64))


def naive(seen: Sequence[Patterns], start: Parameters, rounds: int) -> dict[tuple[str, int], float]:
    """Expectation maximisation written out, pattern by pattern; each key's shares its own, m one for all."""
    m = {(level.comparison, level.level_no): level.m for level in start}
    of = {(level.comparison, level.level_no): level for level in start}
    shares = [[0.2, 0.2, 0.6] for _ in seen]
    for _ in range(rounds):
        at: dict[tuple[str, int], float] = {}
        known: dict[str, float] = {}
        for key, patterns in enumerate(seen):
            totals = [0.0, 0.0, 0.0]
            for levels, same, count in zip(patterns.levels, patterns.same, patterns.counts, strict=True):
                chance = list(shares[key])
                for name, level in zip(patterns.comparisons, levels, strict=True):
                    if level >= 0:
                        chance[0] *= m[name, int(level)]
                        chance[1] *= of[name, int(level)].h or of[name, int(level)].u
                        chance[2] *= of[name, int(level)].u
                if same == 0:
                    chance[0] = 0.0
                kinds = [part / sum(chance) for part in chance] if same != 1 else [1.0, 0.0, 0.0]
                totals = [total + kind * count for total, kind in zip(totals, kinds, strict=True)]
                for name, level in zip(patterns.comparisons, levels, strict=True):
                    if level >= 0:
                        at[name, int(level)] = at.get((name, int(level)), 0.0) + kinds[0] * count
                        known[name] = known.get(name, 0.0) + kinds[0] * count
            shares[key] = [total / patterns.pairs for total in totals]
        for (name, level), parameter in of.items():
            if name in known:
                weight = max(STARTING_WEIGHT, STARTING_SHARE * known[name])
                m[name, level] = (at.get((name, level), 0.0) + weight * parameter.m) / (known[name] + weight)
    return m


def test_m_is_that_of_a_maximisation_written_out() -> None:
    start = parameters(START)
    patterns = [drawn(with_upn=0.2), drawn(seed=2)]
    found, matches, has_settled = maximised(patterns, start)
    assert has_settled
    expected = naive(patterns, start, rounds=60)
    assert found == {key: pytest.approx(value, abs=20 * SETTLED) for key, value in expected.items()}
    assert matches == pytest.approx((PERSONS, PERSONS), rel=0.03)


def test_m_and_the_number_of_persons_are_found_without_a_label() -> None:
    # One part in eleven of what is known is the model's own m, by design: of its error that is left, and chance.
    found, matches, _ = maximised([drawn()], parameters(START))
    assert matches == pytest.approx((PERSONS,), rel=0.05)
    for (name, level), m in found.items():
        left = abs(START[name][level] - M[name][level]) / 11
        assert abs(m - M[name][level]) < 1.15 * left + 0.015, (name, level)


def test_m_that_the_model_has_right_stays() -> None:
    found, matches, _ = maximised([drawn()], parameters(M))
    assert matches == pytest.approx((PERSONS,), rel=0.03)
    assert found == {(name, level): pytest.approx(M[name][level], abs=0.015) for name, level in found}


def test_without_households_these_are_taken_for_persons() -> None:
    found, matches, _ = maximised([drawn()], parameters(START, has_h=False))
    assert matches[0] > 1.5 * PERSONS
    assert found["forename", 2] > 5 * M["forename"][2]


def test_of_known_pairs_m_is_a_count() -> None:
    # Of 1,000 known persons 700 agree, of 3,000 known others all do; a tenth as many count for the model's own m.
    patterns = Patterns(
        ("surname",), np.array([[0], [1], [0]]), np.array([1, 1, 0]), np.array([700.0, 300.0, 3000.0])
    )  # fmt: skip
    found, matches, _ = maximised([patterns], parameters(START))
    assert matches == pytest.approx((1000,))
    assert found == {
        ("surname", 0): pytest.approx((700 + 100 * 0.8) / 1100),
        ("surname", 1): pytest.approx((300 + 100 * 0.2) / 1100),
    }


def test_upns_that_differ_keep_twins_from_being_persons() -> None:
    """Pairs that agree in all but the forename: with UPNs that differ none of them is a person."""
    levels = np.array([[2, 0, 0, 0], [0, 0, 0, 0], [2, 1, 2, 1]])
    counts = np.array([400.0, 1000.0, 5000.0])
    unknown, told = (
        maximised([Patterns(tuple(M), levels, np.array([same, -1, -1]), counts)], parameters(START))[1][0]
        for same in (-1, 0)
    )
    assert unknown > 1020
    assert told == pytest.approx(1000, rel=0.01)


def test_what_is_not_known_says_nothing() -> None:
    patterns = Patterns(tuple(M), np.full((1, len(M)), -1), np.array([-1]), np.array([500.0]))
    found, matches, has_settled = maximised([patterns], parameters(START))
    assert (found, has_settled) == ({}, True)
    assert matches == pytest.approx((100,))


def test_no_key_gives_nothing() -> None:
    assert maximised([], parameters(START)) == ({}, (), True)


def test_fixed_levels_keep_their_m() -> None:
    fixed = tuple(
        level if level.comparison != "dob" else LevelParameters(**{**vars(level), "m_basis": "fixed"})
        for level in parameters(START)
    )
    found, _, _ = maximised([drawn()], fixed)
    assert {name for name, _ in found} == {"forename", "surname", "home"}


@pytest.mark.parametrize(
    ("columns", "free"),
    [
        (("dob", "sex"), {"forename", "surname", "postcode", "address", "ethnicity"}),
        (("forename_key", "postcode"), {"dob", "ethnicity"}),
        (("surname_key", "dob"), {"postcode", "address", "sex", "sex_of_one_forename", "ethnicity"}),
    ],
)
def test_a_key_teaches_nothing_about_the_fields_it_is_made_of(columns: tuple[str, ...], free: set[str]) -> None:
    assert {item.name for item in child_model().comparison if is_free(item, columns)} == free


def test_pairs_are_those_of_the_rarest_values(con: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two hold ZARA, four AMINA: one pair and six; two across the sources and four.
    run_rules(load(con, people("""
        source | key | forename
        left   | 1   | ZARA
        right  | 1   | ZARA
        left   | 2   | AMINA
        left   | 3   | AMINA
        right  | 2   | AMINA
        right  | 3   | AMINA
        right  | 4   | EDGAR
        right  | 5   |
        """)))  # fmt: skip
    for most, pairs in ((7, 5), (6, 1), (1, 1), (0, 0)):
        monkeypatch.setattr(mixture, "MOST_PAIRS", most)
        run_steps(con, (pairs_step(("forename",)),))
        assert rows(con, "select count(*) from em_pairs") == [(pairs,)], most


def test_a_key_does_without_a_column_that_nobody_holds(con: Connection) -> None:
    # No sex, no postcode, no address: birth dates and names are left, and no key of the first column alone is there.
    listed = [{"source": side, "key": f"{n}", "forename": f"F{n}", "surname": f"S{n}", "dob": f"2012-03-{n + 10}"}
              for side in ("left", "right") for n in range(10)]  # fmt: skip
    run_rules(load(con, listed))
    assert keys_held(con, child_model()) == (
        ("dob",), ("forename_key",), ("forename_key", "surname_key"), ("surname_key", "dob"),
    )  # fmt: skip


def test_too_few_pairs_of_one_person_teach_nothing_and_say_so(con: Connection) -> None:
    # Everybody has one birth date and sex, and no two have anything else in common.
    listed: list[Row] = [
        {"source": source, "key": f"{n:02}", "forename": f"{letter}{'AEIOU'[n % 5]}{'BDFGK'[n // 5]}X", "sex": "F",
         "surname": f"{'BDFGK'[n % 5]}{'AEIOU'[n // 5]}{letter}Y", "dob": "2012-03-09", "postcode": f"{letter}{n} 1AA"}
        for source, letter in (("left", "Q"), ("right", "Z")) for n in range(25)
    ]  # fmt: skip
    run_rules(load(con, listed))
    make_frequencies(con, child_model())
    found = estimate_m(con, child_model(), starting_parameters(child_model()))
    assert found.m == {}
    assert found.matches < 20
    assert "em_no_matches: too few pairs of one person" in found.troubles
    assert "em_no_pairs: under forename_key and surname_key" in found.troubles


def test_the_least_share_of_one_person_is_that_of_the_key_that_shows_most(con: Connection) -> None:
    # 200 children in two sources, each with birth date, surname and home of its own; half have another forename on the
    # right. The key of birth dates shows all 200, that of names half as many. 400 records make 79,800 pairs.
    listed: list[Row] = []
    for n in range(200):
        day = f"20{n % 17 + 3:02}-{n % 12 + 1:02}-{n % 28 + 1:02}"
        child: Row = {
            "key": f"{n:03}",
            "surname": name("BDFGKLMNPR", n),
            "dob": day,
            "postcode": f"ZZ{n % 90 + 1} {n // 90 + 1}AA",
        }
        listed += [
            child | {"source": "left", "forename": name("STVWZHJQXC", n)},
            child | {"source": "right", "forename": name("STVWZHJQXC", n if n % 2 else n + 400)},
        ]
    run_rules(load(con, listed))
    make_frequencies(con, child_model())
    found = estimate_m(con, child_model(), starting_parameters(child_model()))
    assert found.least_share == pytest.approx(200 / 79_800, rel=0.03)


def name(letters: str, number: int) -> str:
    """A name of its own for each number, unlike the next."""
    return "".join(letters[int(digit)] + "AEIOU"[int(digit) % 5] for digit in f"{number:03}"[::-1])
