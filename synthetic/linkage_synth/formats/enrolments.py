"""Colleges, and who of the 16 to 18 year olds is a learner there in 2023/24."""

from dataclasses import dataclass

import numpy as np

from linkage_synth.arrays import Bools, Ints, Texts, blank, order_within, texts
from linkage_synth.dates import NO_DATE, age_on, day
from linkage_synth.world import World

YEAR_BEGINS = day("2023-08-31")
COLLEGES_IN_AN_AUTHORITY = 2
AT_COLLEGE = 0.45
AT_COLLEGE_AFTER_NO_STATE_SCHOOL = 0.6
SECOND_PROVIDER = 0.02
WAS_THERE_LAST_YEAR = 0.7
NEW_REFERENCE = 0.3
CHANGED_PROVIDER = 0.1


@dataclass(frozen=True)
class Enrolments:
    """One entry per learner and provider, in order of provider and reference."""

    person: Ints
    provider: Ints
    ukprn: Texts
    """One entry per provider."""
    reference: Texts
    """The provider's own number of the learner."""
    previous_reference: Texts
    previous_provider: Ints
    """-1 where there is none."""
    start: Ints
    record: Ints
    """Number of the record as it was sent to be matched."""


def _references(provider: Ints, serial: Ints) -> Texts:
    """Numbers in the style of each provider: digits, letters and digits, or with a blank."""
    result = blank(len(provider))
    for row, (where, value) in enumerate(zip(provider.tolist(), serial.tolist(), strict=True)):
        kind = where % 3
        if kind == 0:
            result[row] = f"{100_000 + value:012d}"
        elif kind == 1:
            result[row] = f"C{where:02d}{value:06d}"
        else:
            result[row] = f"23 {value:06d}"
    return result


def build_enrolments(rng: np.random.Generator, world: World) -> Enrolments:
    """Learners aged 16 to 18 on the last day of August 2023; a few are with two providers."""
    families, places = world.families, world.places
    age = age_on(families.birth, YEAR_BEGINS)
    arrived = world.traits.arrived_on
    eligible = families.born & (age >= 16) & (age <= 18) & ((arrived == NO_DATE) | (arrived < YEAR_BEGINS))
    chance = np.where(world.schooling.ever_in_state_school, AT_COLLEGE, AT_COLLEGE_AFTER_NO_STATE_SCHOOL)
    chance = np.where(families.unaccompanied, 0.75, chance)
    person = np.flatnonzero(eligible & (rng.random(len(families)) < chance))
    twice = person[rng.random(len(person)) < SECOND_PROVIDER]
    person = np.r_[person, twice]
    is_second = np.arange(len(person)) >= len(person) - len(twice)

    authority = world.homes.authority_on(families.household[person], YEAR_BEGINS)
    college = rng.integers(0, COLLEGES_IN_AN_AUTHORITY, len(person))
    college[is_second] = 0
    # The other provider of a learner who has two is never the first one again.
    shifted = np.where(is_second, (authority + 1) % places.authorities, authority)
    provider = shifted * COLLEGES_IN_AN_AUTHORITY + college
    count = places.authorities * COLLEGES_IN_AN_AUTHORITY
    ukprn = texts([str(10_090_000 + 7 * number) for number in range(count)])

    serial = _scattered(rng, provider)
    continues: Bools = (age[person] >= 17) & (rng.random(len(person)) < WAS_THERE_LAST_YEAR)
    came_from = np.where(rng.random(len(person)) < CHANGED_PROVIDER, (provider + 1) % count, provider)
    renumbered = (rng.random(len(person)) < NEW_REFERENCE) | (came_from != provider)
    reference = _references(provider, serial)
    earlier = _references(came_from, _scattered(rng, provider) + 500_000)
    order = np.lexsort((serial, provider))
    return Enrolments(
        person=person[order],
        provider=provider[order],
        ukprn=ukprn,
        reference=reference[order],
        previous_reference=np.where(continues, np.where(renumbered, earlier, reference), "")[order],
        previous_provider=np.where(continues & (came_from != provider), came_from, -1)[order],
        start=(day("2023-09-04") + rng.integers(0, 60, len(person)))[order],
        record=(5_000_000 + rng.permutation(3 * len(person))[: len(person)])[order],
    )


def _scattered(rng: np.random.Generator, group: Ints) -> Ints:
    """Serials that are unique within a group and in no order."""
    turn = rng.permutation(len(group))
    serial = np.empty(len(group), dtype=np.int64)
    serial[turn] = order_within(group[turn])
    return serial * 3 + rng.integers(0, 3, len(group))
