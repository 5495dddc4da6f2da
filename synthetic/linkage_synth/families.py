"""Mothers, fathers and their children: who is whose sibling, who is a twin, who lives with whom."""

from dataclasses import dataclass

import numpy as np

from linkage_synth.arrays import Bools, Floats, Ints, choose
from linkage_synth.cultures import CULTURES
from linkage_synth.dates import REFERENCE, YEAR_END, day
from linkage_synth.places import Places, draw_authority

FIRST_BIRTH = day("2005-04-01")
"""A child born on this day is 18 at the reference date, and a day earlier is 19."""

LEAST_DAYS_BETWEEN_BIRTHS = 290
TWIN_BIRTHS = 0.0077
"""Chance that a confinement is of twins, so that about 1.5% of children are twins."""
IDENTICAL_TWINS = 1 / 3
BOYS = 0.512
MIXED_PARENTS = 0.1
LIVES_WITH_FATHER = 0.12
"""Share of the children of an earlier father who live with him."""
LONGEST_UNBORN_DAYS = 140
"""Social care may know a child this long before birth."""
CIN_SHARE = 0.08
UNBORN_AMONG_CIN = 0.03
UNACCOMPANIED = 0.0018
"""Share of children who came alone to seek asylum: about one looked-after child in nine."""
STILLBORN_AMONG_UNBORN = 0.06


@dataclass(frozen=True)
class Families:
    """One entry per person, apart from the columns named `mothers_…`, `fathers_…` and `household_…`.

    Mothers and fathers are grown-ups outside the world: numbers from 0. Persons of one mother stand together.
    """

    mother: Ints
    father: Ints
    twin: Ints
    """Number of the twin pair, `NOBODY` for a singleton."""
    birth: Ints
    """Day of birth; day on which it is due for a child not born by the reference date, or stillborn."""
    is_girl: Bools
    unaccompanied: Bools
    unborn_in: Ints
    """Collection year at whose end social care knew the child before birth; 0 for the rest."""
    stillborn: Bools
    household: Ints
    mothers_culture: Ints
    mothers_authority: Ints
    fathers_culture: Ints
    fathers_mother: Ints
    """The mother with whom this father has children: fathers are numbered couple by couple."""
    household_mother: Ints

    def __len__(self) -> int:
        return len(self.mother)

    @property
    def culture(self) -> Ints:
        """A child counts to the culture of the mother."""
        culture: Ints = self.mothers_culture[self.mother]
        return culture

    @property
    def born(self) -> Bools:
        """Alive at the reference date."""
        return (self.birth <= REFERENCE) & ~self.stillborn


def culture_mix(rng: np.random.Generator, places: Places) -> Floats:
    """Weights of cultures (columns) in each authority (rows): commoner in cities, and each place its own."""
    share = np.array([culture.share for culture in CULTURES])
    urban = np.array([culture.metropolitan for culture in CULTURES])
    tilt = np.where(places.authority_is_metropolitan[:, None] == 1.0, urban, urban**-0.4)
    weights: Floats = tilt * rng.lognormal(0.0, 0.5, (places.authorities, len(CULTURES)))
    # Fitted in turn to both margins: each authority sums to one, each culture has its share of the whole.
    for _ in range(30):
        weights = weights * (share / share.sum() / (places.authority_share @ weights))
        weights = weights / weights.sum(axis=1, keepdims=True)
    return weights


def _cultures_by_authority(rng: np.random.Generator, mix: Floats, authority: Ints) -> Ints:
    edges = np.cumsum(mix, axis=1)
    edges[:, -1] = 1.0
    draws = rng.random(len(authority))
    result = np.empty(len(authority), dtype=np.int64)
    for place in range(len(mix)):
        here = np.flatnonzero(authority == place)
        result[here] = np.searchsorted(edges[place], draws[here], side="right")
    capped: Ints = np.minimum(result, mix.shape[1] - 1)
    return capped


def _confinements(rng: np.random.Generator, mothers_culture: Ints) -> tuple[Ints, Ints, Bools]:
    """Mother, day and whether a new father, of every confinement; days of one mother increase.

    Intervals are at least 290 days, on average about three years. The first falls so that the flow of births
    is even over time: uniformly between one span before the world's window and its end.
    """
    mean = np.array([culture.children for culture in CULTURES])[mothers_culture]
    count = np.minimum(1 + rng.poisson(mean - 1), 9)
    mother = np.repeat(np.arange(len(count)), count)
    first = np.r_[0, np.cumsum(count)[:-1]]
    gap = LEAST_DAYS_BETWEEN_BIRTHS + rng.gamma(1.8, 420.0, len(mother))
    gap[first] = 0.0
    since = np.cumsum(gap)
    since -= np.repeat(since[first], count)
    span = since[np.r_[first[1:], len(mother)] - 1]
    last = REFERENCE + LONGEST_UNBORN_DAYS
    begin = FIRST_BIRTH - span + rng.random(len(count)) * (last - FIRST_BIRTH + span)
    chance = np.array([culture.new_father for culture in CULTURES])[mothers_culture]
    new_father = rng.random(len(mother)) < chance[mother]
    new_father[first] = True
    return mother, np.floor(begin[mother] + since).astype(np.int64), new_father


def build_families(rng: np.random.Generator, places: Places, children: int) -> Families:
    """The families of a world with that many children aged 0 to 18, and some more who are not yet born."""
    mix = culture_mix(rng, places)
    alone = round(UNACCOMPANIED * children)
    in_families = children - alone
    mothers = round(in_families * 0.72) + 60
    mothers_authority = draw_authority(rng, places, mothers)
    mothers_culture = _cultures_by_authority(rng, mix, mothers_authority)
    mother, birth, new_father = _confinements(rng, mothers_culture)

    father = np.cumsum(new_father) - 1
    fathers_mother = mother[new_father]
    fathers_culture = mothers_culture[fathers_mother]
    mixing = np.array([culture.mixing for culture in CULTURES])
    mixed = np.flatnonzero(rng.random(len(fathers_culture)) < MIXED_PARENTS * mixing[fathers_culture])
    partners = mix * mixing / (mix @ mixing)[:, None]
    fathers_culture[mixed] = _cultures_by_authority(rng, partners, mothers_authority[fathers_mother[mixed]])

    copies = 1 + (rng.random(len(mother)) < TWIN_BIRTHS)
    twin = np.repeat(np.where(copies == 2, np.arange(len(mother)), -1), copies)
    mother, father, birth = np.repeat(mother, copies), np.repeat(father, copies), np.repeat(birth, copies)
    is_girl = rng.random(len(mother)) >= BOYS
    second = np.flatnonzero((twin >= 0) & (np.r_[-1, twin[:-1]] == twin))
    identical = second[rng.random(len(second)) < IDENTICAL_TWINS]
    is_girl[identical] = is_girl[identical - 1]

    # Keep the first so many children inside the window, and of the unborn as many as social care knows.
    inside = (birth >= FIRST_BIRTH) & (birth <= REFERENCE)
    end = int(np.searchsorted(np.cumsum(inside), in_families)) + 1
    unborn = np.flatnonzero((birth[:end] > REFERENCE) & (birth[:end] <= REFERENCE + LONGEST_UNBORN_DAYS))
    wanted = round(UNBORN_AMONG_CIN * CIN_SHARE * children)
    known = rng.permutation(unborn)[:wanted]
    keep = inside[:end].copy()
    keep[known] = True
    kept = np.flatnonzero(keep)
    assert int(inside[:end].sum()) == in_families, "the number of mothers was too small for the children asked for"

    unborn_in = np.where(birth[kept] > REFERENCE, 2024, 0)
    due_after_2023 = np.flatnonzero(
        (birth[kept] > YEAR_END[2023]) & (birth[kept] <= YEAR_END[2023] + LONGEST_UNBORN_DAYS)
    )
    earlier = rng.permutation(due_after_2023)[:wanted]
    unborn_in[earlier] = 2023
    stillborn = np.zeros(len(kept), dtype=np.bool_)
    stillborn[earlier] = rng.random(len(earlier)) < STILLBORN_AMONG_UNBORN
    return _with_unaccompanied(
        rng,
        places,
        alone,
        Families(
            mother=mother[kept],
            father=father[kept],
            twin=_renumber_twins(twin[kept]),
            birth=birth[kept],
            is_girl=is_girl[kept],
            unaccompanied=np.zeros(len(kept), dtype=np.bool_),
            unborn_in=unborn_in,
            stillborn=stillborn,
            household=np.zeros(len(kept), dtype=np.int64),
            mothers_culture=mothers_culture,
            mothers_authority=mothers_authority,
            fathers_culture=fathers_culture,
            fathers_mother=fathers_mother,
            household_mother=np.zeros(0, dtype=np.int64),
        ),
    )


def _renumber_twins(twin: Ints) -> Ints:
    """Number the pairs from 0; a twin whose other half is not in the world is a singleton."""
    numbers, place, count = np.unique(twin, return_inverse=True, return_counts=True)
    whole = (numbers >= 0) & (count == 2)
    renumbered = np.where(whole, np.cumsum(whole) - 1, -1)
    result: Ints = renumbered[place]
    return result


def _with_unaccompanied(rng: np.random.Generator, places: Places, alone: int, families: Families) -> Families:
    """Add the children who came alone, whose parents are not here, and form the households."""
    weights = [culture.unaccompanied for culture in CULTURES]
    culture = choose(rng, weights, alone)
    authority = draw_authority(rng, places, alone)
    mothers, fathers = len(families.mothers_culture), len(families.fathers_culture)
    # Aged 15 to 18 at the reference date, most of them boys.
    birth = REFERENCE - np.floor(365.25 * (15.2 + 3.3 * rng.beta(2.0, 1.6, alone))).astype(np.int64)
    mother = np.r_[families.mother, mothers + np.arange(alone)]
    father = np.r_[families.father, fathers + np.arange(alone)]
    fathers_mother = np.r_[families.fathers_mother, mothers + np.arange(alone)]

    # The father of a mother's last child lives with her; children of an earlier father may live with him.
    last_father = np.zeros(mothers + alone, dtype=np.int64)
    last_father[fathers_mother] = np.arange(len(fathers_mother))
    with_father = (father != last_father[mother]) & (rng.random(len(fathers_mother)) < LIVES_WITH_FATHER)[father]
    home = np.where(with_father, mothers + alone + father, mother)
    homes, household = np.unique(home, return_inverse=True)
    fathers_home = homes >= mothers + alone
    household_mother = homes.copy()
    household_mother[fathers_home] = fathers_mother[homes[fathers_home] - mothers - alone]
    none = np.zeros(alone, dtype=np.int64)
    return Families(
        mother=mother,
        father=father,
        twin=np.r_[families.twin, none - 1],
        birth=np.r_[families.birth, birth],
        is_girl=np.r_[families.is_girl, rng.random(alone) < 0.08],
        unaccompanied=np.r_[families.unaccompanied, np.ones(alone, dtype=np.bool_)],
        unborn_in=np.r_[families.unborn_in, none],
        stillborn=np.r_[families.stillborn, none.astype(np.bool_)],
        household=household.astype(np.int64),
        mothers_culture=np.r_[families.mothers_culture, culture],
        mothers_authority=np.r_[families.mothers_authority, authority],
        fathers_culture=np.r_[families.fathers_culture, culture],
        fathers_mother=fathers_mother,
        household_mother=household_mother,
    )
