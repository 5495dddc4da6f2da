"""Children looked after: periods of care, placements, and adoption."""

from dataclasses import dataclass

import numpy as np

from linkage_synth.arrays import Bools, Floats, Ints, choose
from linkage_synth.dates import NO_DATE, REFERENCE, YEAR_END, birthday
from linkage_synth.families import Families
from linkage_synth.homes import Homes
from linkage_synth.need import first_until
from linkage_synth.places import Places, draw_communal, draw_home
from linkage_synth.traits import Traits

LOOKED_AFTER = 0.015
"""Share of children looked after at some time in the year to the reference date."""
SIBLING_TAKEN_TOO = 0.65
YEARS_BACK = 6
ADOPTED_AMONG_YOUNG_LEAVERS = 0.5
PLACED_ELSEWHERE = 0.3
"""Share of placements outside the responsible authority."""
IN_RESIDENTIAL_CARE = 0.15
YEAR_START = YEAR_END[2023] + 1


@dataclass(frozen=True)
class Care:
    """One entry per period of care; a person has at most one. Every period touches the year 2023-24."""

    person: Ints
    authority: Ints
    start: Ints
    end: Ints
    """`NO_DATE` where the child is looked after at the reference date."""
    adopted: Bools
    short_breaks: Bools
    home_postcode: Ints
    placement_person: Ints
    """Index of the period, one entry per placement from here on."""
    placement_start: Ints
    placement_end: Ints
    placement_postcode: Ints
    placement_residential: Bools


def _periods(rng: np.random.Generator, families: Families, need: Floats, target: int) -> tuple[Ints, Ints, Ints]:
    """Person, start and end of care of children in families, `target` of them."""
    chance = np.minimum(need**1.2 * 0.09, 0.7)
    mothers = np.flatnonzero(rng.random(len(need)) < chance)
    begin = np.full(len(need), NO_DATE, dtype=np.int64)
    begin[mothers] = REFERENCE - rng.integers(0, round(YEARS_BACK * 365.25), len(mothers))
    start = begin[families.mother]
    person = np.flatnonzero(
        (start != NO_DATE)
        & families.born
        & ~families.unaccompanied
        & (families.birth <= start + 150)
        & (rng.random(len(families)) < SIBLING_TAKEN_TOO)
    )
    start = np.maximum(start[person], families.birth[person] + rng.integers(0, 4, len(person)))
    eighteen = birthday(families.birth[person], 18)
    end = np.minimum(start + 20 + np.floor(rng.gamma(1.1, 900.0, len(person))).astype(np.int64), eighteen)
    here = (start <= REFERENCE) & (end >= YEAR_START) & (eighteen > start + 60)
    person, start, end = person[here], start[here], end[here]
    chosen = first_until(rng, families.mother[person], np.ones(len(person), dtype=np.bool_), target)
    return person[chosen], start[chosen], np.where(end > REFERENCE, NO_DATE, end)[chosen]


def build_care(
    rng: np.random.Generator,
    places: Places,
    families: Families,
    homes: Homes,
    traits: Traits,
    need: Floats,
) -> Care:
    """Periods of care in the year to the reference date, with their placements."""
    alone = np.flatnonzero(families.unaccompanied)
    eighteen = birthday(families.birth[alone], 18)
    arrived = traits.arrived_on[alone]
    here = (eighteen >= YEAR_START) & (eighteen > arrived + 30)
    alone, eighteen, arrived = alone[here], eighteen[here], arrived[here]
    target = round(LOOKED_AFTER * int(families.born.sum())) - len(alone)
    person, start, end = _periods(rng, families, need, target)
    person = np.r_[person, alone]
    start = np.r_[start, arrived + rng.integers(0, 10, len(alone))]
    end = np.r_[end, np.where(eighteen > REFERENCE, NO_DATE, eighteen)]
    order = np.argsort(person, kind="stable")
    person, start, end = person[order], start[order], end[order]

    household = families.household[person]
    authority = homes.authority_on(household, start)
    young = (end != NO_DATE) & (end - families.birth[person] < 7 * 365) & (end - start > 150)
    adopted = young & (rng.random(len(person)) < ADOPTED_AMONG_YOUNG_LEAVERS)
    home = homes.postcode_on(household, start)
    placements = 1 + np.minimum(rng.poisson(0.7, len(person)), 5)
    length = np.where(end == NO_DATE, REFERENCE, end) - start
    placements = np.where(length > 40 * placements, placements, 1)

    owner = np.repeat(np.arange(len(person)), placements)
    first = np.r_[0, np.cumsum(placements)[:-1]].astype(np.int64)
    cut = np.sort(owner + np.clip(rng.random(len(owner)), 0.02, 0.98)) - owner
    cut[first] = 0.0
    begins = start[owner] + np.floor(cut * length[owner]).astype(np.int64)
    finishes = np.r_[begins[1:], 0]
    last = np.r_[first[1:], len(owner)] - 1
    finishes[last] = end
    residential = rng.random(len(owner)) < np.where(families.unaccompanied[person[owner]], 0.4, IN_RESIDENTIAL_CARE)
    where = np.where(
        rng.random(len(owner)) < PLACED_ELSEWHERE,
        choose(rng, places.authority_share, len(owner)),
        authority[owner],
    )
    ordinary, communal = draw_home(rng, places, where), draw_communal(rng, places, where)
    return Care(
        person=person,
        authority=authority,
        start=start,
        end=end,
        adopted=adopted,
        short_breaks=(traits.disabled[person] == 1) & (rng.random(len(person)) < 0.1),
        home_postcode=np.where(families.unaccompanied[person], -1, home),
        placement_person=owner,
        placement_start=begins,
        placement_end=finishes,
        placement_postcode=np.where(residential, communal, ordinary),
        placement_residential=residential,
    )
