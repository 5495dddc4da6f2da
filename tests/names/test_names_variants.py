"""Names of every culture: what the bundled model makes of the committed pairs, culture by culture.

The pairs are a yardstick that may not get shorter, no estimate of any rate: whoever wrote them knew the engine. What
the floors guard is that no culture is left behind the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from name_pairs import Judged, cultures, judged_pairs

FEWEST_CULTURES = 13
FEWEST_VARIANTS, FEWEST_STRANGERS = 15, 7

KEPT = 0.90  # of a culture's variants, the share in which neither name speaks against the pair
AGREED = 0.80  # of a culture's variants, the share that agree in both names, not only in letters
FOUND = 0.90  # of a culture's variants born on one day, the share that the blocking rules find
TAKEN_FOR_TWINS = 0.06  # of a culture's variants born on one day, the share that the guard against twins may hold
TAKEN_FOR_ONE = 0.0  # of a culture's strangers, the share that may agree in both names
WORSE_OFF = 0.10  # how far a culture's share of variants kept may lie under that of all
FEWER_BITS = 1.5  # how far the mean evidence of a culture's variants may lie under that of all
APART_BITS = 2.5  # how far the mean evidence of a culture's strangers has to lie under that of its variants
# Levels at which a name agrees; no evidence for the surname means that both names stand in each other's place.
AGREES = {
    "forename and surname swapped", "same", "same but for spelling or order", "same alternative, part or short form",
    "same alternative or part", "same initial, name not known", "",
}  # fmt: skip


@pytest.fixture(scope="module")
def pairs() -> list[Judged]:
    return judged_pairs()


def is_kept(pair: Judged) -> bool:
    return "differs" not in (pair.forename, pair.surname)


def agrees(pair: Judged) -> bool:
    return {pair.forename, pair.surname} <= AGREES


def share(pairs: Sequence[Judged], claim: Callable[[Judged], bool]) -> float:
    return sum(map(claim, pairs)) / len(pairs)


def table(pairs: Sequence[Judged], claim: Callable[[Judged], bool]) -> str:
    """The share of every culture, and the pairs of which the claim does not hold."""
    shares = "\n".join(
        f"{culture:20}{share(own, claim):6.2f} of {len(own)}" for culture, own in cultures(pairs).items()
    )
    return f"\n{shares}\n\n" + "\n".join(str(pair) for pair in pairs if not claim(pair))


def mean_bits(pairs: Sequence[Judged]) -> float:
    return sum(pair.bits for pair in pairs) / len(pairs)


def variants(pairs: Sequence[Judged]) -> list[Judged]:
    return [pair for pair in pairs if pair.is_same]


def strangers(pairs: Sequence[Judged]) -> list[Judged]:
    return [pair for pair in pairs if not pair.is_same]


def test_every_culture_has_variants_and_strangers_and_no_pair_twice(pairs: list[Judged]) -> None:
    assert len(cultures(pairs)) >= FEWEST_CULTURES
    assert min(Counter(pair.culture for pair in variants(pairs)).values()) >= FEWEST_VARIANTS
    assert min(Counter(pair.culture for pair in strangers(pairs)).values()) >= FEWEST_STRANGERS
    assert len({(pair.culture, pair.names) for pair in pairs}) == len(pairs)


def test_names_of_one_child_seldom_speak_against_the_pair_in_any_culture(pairs: list[Judged]) -> None:
    kept = {culture: share(own, is_kept) for culture, own in cultures(variants(pairs)).items()}
    assert min(kept.values()) >= KEPT, table(variants(pairs), is_kept)


def test_most_variants_of_every_culture_agree_in_both_names(pairs: list[Judged]) -> None:
    agreed = {culture: share(own, agrees) for culture, own in cultures(variants(pairs)).items()}
    assert min(agreed.values()) >= AGREED, table(variants(pairs), agrees)


def test_no_culture_is_far_worse_off_than_all_together(pairs: list[Judged]) -> None:
    overall = share(variants(pairs), is_kept)
    kept = {culture: share(own, is_kept) for culture, own in cultures(variants(pairs)).items()}
    assert min(kept.values()) >= overall - WORSE_OFF, table(variants(pairs), is_kept)


def test_no_culture_s_variants_weigh_far_less_than_those_of_all(pairs: list[Judged]) -> None:
    overall = mean_bits(variants(pairs))
    bits = {culture: mean_bits(own) for culture, own in cultures(variants(pairs)).items()}
    assert min(bits.values()) >= overall - FEWER_BITS, bits


def test_strangers_weigh_less_than_variants_in_every_culture(pairs: list[Judged]) -> None:
    of_strangers = {culture: mean_bits(own) for culture, own in cultures(strangers(pairs)).items()}
    gaps = {culture: mean_bits(own) - of_strangers[culture] for culture, own in cultures(variants(pairs)).items()}
    assert min(gaps.values()) >= APART_BITS, gaps


def test_names_that_only_look_alike_do_not_agree(pairs: list[Judged]) -> None:
    def told_apart(pair: Judged) -> bool:
        return not agrees(pair)

    apart = {culture: share(own, told_apart) for culture, own in cultures(strangers(pairs)).items()}
    assert min(apart.values()) >= 1 - TAKEN_FOR_ONE, table(strangers(pairs), told_apart)


def test_the_blocking_rules_find_one_child_under_two_names_by_its_birth_date(pairs: list[Judged]) -> None:
    def found(pair: Judged) -> bool:
        return pair.is_candidate

    shares = {culture: share(own, found) for culture, own in cultures(variants(pairs)).items()}
    assert min(shares.values()) >= FOUND, table(variants(pairs), found)


def test_one_child_under_two_names_is_seldom_taken_for_twins(pairs: list[Judged]) -> None:
    def let_pass(pair: Judged) -> bool:
        return not pair.is_twin_pattern

    shares = {culture: share(own, let_pass) for culture, own in cultures(variants(pairs)).items()}
    assert min(shares.values()) >= 1 - TAKEN_FOR_TWINS, table(variants(pairs), let_pass)
