"""Where the children live, and when they move."""

from dataclasses import dataclass

import numpy as np

from linkage_synth.arrays import Bools, Ints
from linkage_synth.dates import NO_DATE, YEAR_END
from linkage_synth.families import Families
from linkage_synth.places import Places, draw_authority, draw_communal, draw_home

MOVES_A_YEAR = 1 / 8
ACROSS_AUTHORITIES = 0.2
"""Share of moves that end in another authority."""
IN_REFUGE = 0.003
FATHER_ELSEWHERE = 0.2
"""Share of fathers' households in another authority than the mother's."""


@dataclass(frozen=True)
class Homes:
    """Three homes of each household: before April 2022, after a move in 2022-23, after a move in 2023-24.

    Rows are the three homes, columns households. Without a move, a home is the same as the one before.
    """

    postcode: Ints
    authority: Ints
    moved_on: Ints
    """Day of the move into the second and the third home (two rows); `NO_DATE` where there was none."""

    def number_on(self, household: Ints, on: int | Ints) -> Ints:
        """Which of the three homes a household lived in on a day."""
        number: Ints = np.zeros(len(household), dtype=np.int64)
        for move in range(2):
            moved = self.moved_on[move, household]
            number = np.where((moved != NO_DATE) & (moved <= on), move + 1, number)
        return number

    def postcode_on(self, household: Ints, on: int | Ints) -> Ints:
        """Postcode of the home on a day."""
        postcode: Ints = self.postcode[self.number_on(household, on), household]
        return postcode

    def authority_on(self, household: Ints, on: int | Ints) -> Ints:
        """Authority of the home on a day."""
        authority: Ints = self.authority[self.number_on(household, on), household]
        return authority

    def moved_in(self, household: Ints, collection: int) -> Bools:
        """Whether there was a move in the year that ended on 31 March of that year (2023 or 2024)."""
        moved: Bools = self.moved_on[collection - 2023, household] != NO_DATE
        return moved


def build_homes(rng: np.random.Generator, places: Places, families: Families) -> Homes:
    """Homes of all households."""
    mother = families.household_mother
    count = len(mother)
    start = families.mothers_authority[mother]
    is_fathers = np.r_[False, mother[1:] == mother[:-1]] if count else np.zeros(0, dtype=np.bool_)
    elsewhere = is_fathers & (rng.random(count) < FATHER_ELSEWHERE)
    start = np.where(elsewhere, draw_authority(rng, places, count), start)

    authority, postcode = [start], [draw_home(rng, places, start)]
    moved_on = np.full((2, count), NO_DATE, dtype=np.int64)
    # Some households are far likelier to move than others: those who rent.
    restless = rng.gamma(1.5, 1 / 1.5, count)
    chance = 1 - np.exp(-MOVES_A_YEAR * 1.1 * restless)
    for move in range(2):
        moves = rng.random(count) < chance
        across = moves & (rng.random(count) < ACROSS_AUTHORITIES)
        to = np.where(across, draw_authority(rng, places, count), authority[-1])
        home = draw_home(rng, places, to)
        refuge = rng.random(count) < IN_REFUGE / MOVES_A_YEAR
        home = np.where(refuge, draw_communal(rng, places, to), home)
        on = YEAR_END[2022] + 365 * move + 1 + rng.integers(0, 365, count)
        moved_on[move] = np.where(moves, on, NO_DATE)
        authority.append(to)
        postcode.append(np.where(moves, home, postcode[-1]))
    return Homes(np.stack(postcode), np.stack(authority), moved_on)
