"""Which school each child attends on the two census days, and since when."""

from dataclasses import dataclass

import numpy as np

from linkage_synth.arrays import NOBODY, Bools, Ints
from linkage_synth.dates import CENSUS_DAY, NO_DATE, from_parts, school_year_of_reception
from linkage_synth.families import Families
from linkage_synth.homes import Homes
from linkage_synth.places import Places
from linkage_synth.traits import Traits

IN_NEXT_AUTHORITY = 0.04
"""Share of pupils who go to school outside the authority where they live."""
OWN_CHOICE = 0.15
"""Share of children who do not go where their brothers and sisters go."""
CHANGES_SCHOOL = 0.05
CHANGES_SCHOOL_AFTER_A_MOVE = 0.4
UNACCOMPANIED_IN_SCHOOL = 0.75
DAYS_FROM_ARRIVAL_TO_SCHOOL = 30


@dataclass(frozen=True)
class Schooling:
    """One entry per person; the dictionaries are keyed by census year."""

    ever_in_state_school: Bools
    """False for those taught at home or in independent schools throughout."""
    reception_year: Ints
    national_curriculum_year: dict[int, Ints]
    """0 is Reception."""
    school: dict[int, Ints]
    """`NOBODY` for a child who is not a pupil of a state school on the census day."""
    joined_on: dict[int, Ints]


def _attends_state_school(rng: np.random.Generator, families: Families, traits: Traits) -> Bools:
    """About 93%: independent schools and home education are rarer where there is more deprivation."""
    households = int(families.household.max(initial=0)) + 1
    chance = np.clip(0.125 - 0.28 * traits.deprivation, 0.02, 0.2)
    outside = rng.random(households)[families.household] < chance
    alone = rng.random(len(families)) < UNACCOMPANIED_IN_SCHOOL
    result: Bools = np.where(families.unaccompanied, alone, ~outside)
    return result


def build_schooling(
    rng: np.random.Generator, places: Places, families: Families, homes: Homes, traits: Traits
) -> Schooling:
    """Schools on both census days. Children of one household mostly share a school of the same phase."""
    size = len(families)
    households = int(families.household.max(initial=0)) + 1
    reception_year = school_year_of_reception(families.birth)
    in_state = _attends_state_school(rng, families, traits)

    family_choice = rng.random((2, households))[:, families.household]
    own_choice = rng.random((2, size))
    choice = np.where(rng.random((2, size)) < OWN_CHOICE, own_choice, family_choice)
    across = rng.random(size) < IN_NEXT_AUTHORITY
    first = np.stack([places.primary_from, places.secondary_from])
    after = np.stack([places.secondary_from, np.r_[places.primary_from[1:], len(places.school_urn)]])

    years: dict[int, Ints] = {}
    schools: dict[int, Ints] = {}
    joined: dict[int, Ints] = {}
    nearest: dict[int, Ints] = {}
    september = np.full(size, 9, dtype=np.int64)
    for census, census_day in CENSUS_DAY.items():
        year = census - 1 - reception_year
        phase = (year >= 7).astype(np.int64)
        authority = homes.authority_on(families.household, census_day)
        authority = np.where(across, (authority + 1) % places.authorities, authority)
        if census == 2024:
            moved = homes.moved_in(families.household, 2024)
            changes = rng.random(size) < np.where(moved, CHANGES_SCHOOL_AFTER_A_MOVE, CHANGES_SCHOOL)
            choice = np.where(changes, rng.random((2, size)), choice)
        begin, end = first[phase, authority], after[phase, authority]
        drawn = np.take_along_axis(choice, phase[None, :], axis=0)[0]
        nearest[census] = begin + (drawn * (end - begin)).astype(np.int64)
        pupil = (
            (year >= 0)
            & (year <= 11)
            & in_state
            & families.born
            & ((traits.arrived_on == NO_DATE) | (traits.arrived_on + DAYS_FROM_ARRIVAL_TO_SCHOOL <= census_day))
        )
        phase_start = from_parts(reception_year + 7 * phase, september, np.ones(size, dtype=np.int64))
        since = np.maximum(phase_start, traits.arrived_on + DAYS_FROM_ARRIVAL_TO_SCHOOL)
        if census == 2024:
            elsewhere = nearest[2024] != nearest[2023]
            mid_year = census_day - rng.integers(10, 360, size)
            since = np.where(elsewhere & (year != 7), np.maximum(since, mid_year), since)
        years[census] = year
        schools[census] = np.where(pupil, nearest[census], NOBODY)
        joined[census] = np.where(pupil, since, NO_DATE)
    return Schooling(in_state, reception_year, years, schools, joined)
