"""Referrals to social care: who is a child in need, when, with which authority, and what was done."""

from dataclasses import dataclass

import numpy as np

from linkage_synth.arrays import Bools, Floats, Ints, choose
from linkage_synth.care import Care
from linkage_synth.dates import NO_DATE, REFERENCE, YEAR_END, age_on, day
from linkage_synth.families import CIN_SHARE, LONGEST_UNBORN_DAYS, Families
from linkage_synth.homes import Homes
from linkage_synth.need import first_until

NO_FURTHER_ACTION, ASSESSED, IN_NEED, PROTECTED, LOOKED_AFTER = range(5)
KIND_WEIGHTS = [0.14, 0.4, 0.3, 0.16]
"""Of referrals other than those that lead to care or begin before birth."""

FIRST_REFERRAL = day("2019-04-01")
REFERRALS_A_YEAR = 0.16
"""Of a family of average need, before families are thinned to the share wanted."""
CHILD_INCLUDED = 0.75
BROTHER_OR_SISTER_OF_UNBORN_INCLUDED = 0.6


@dataclass(frozen=True)
class Spells:
    """One entry per referral, in order of person and start; a person's referrals do not overlap."""

    person: Ints
    authority: Ints
    start: Ints
    end: Ints
    """`NO_DATE` for a case open at the reference date."""
    kind: Ints
    transferred: Bools
    """The case closed because the family moved to another authority."""

    def in_year(self, collection: int) -> Bools:
        """Marks referrals open on some day of the year to 31 March."""
        last = YEAR_END[collection]
        open_then: Bools = (self.start <= last) & ((self.end == NO_DATE) | (self.end > last - 365))
        return open_then


def _days_open(rng: np.random.Generator, kind: Ints) -> Ints:
    """Days from referral to closure by kind of case."""
    least = np.array([0, 14, 60, 100, 0])[kind]
    more = np.array([12.0, 20.0, 110.0, 150.0, 0.0])[kind]
    days: Ints = least + np.floor(rng.gamma(1.6, 1.0, len(kind)) * more).astype(np.int64)
    return days


def _ordinary(rng: np.random.Generator, families: Families, need: Floats) -> list[Ints]:
    """Person, start, end and kind of referrals of whole families, before thinning."""
    years = (REFERENCE - FIRST_REFERRAL) / 365.25
    events = rng.poisson(np.minimum(need, 12.0) * REFERRALS_A_YEAR * years)
    children = np.bincount(families.mother, minlength=len(need))
    first_child = np.searchsorted(families.mother, np.arange(len(need)))
    mother = np.repeat(np.arange(len(need)), events)
    start = rng.integers(FIRST_REFERRAL, REFERENCE + 1, len(mother))
    kind = choose(rng, KIND_WEIGHTS, len(mother))

    event = np.repeat(np.arange(len(mother)), children[mother])
    begin = np.r_[0, np.cumsum(children[mother])[:-1]].astype(np.int64)
    person = first_child[mother][event] + np.arange(len(event)) - begin[event]
    start, kind = start[event], kind[event]
    due = families.birth[person] - start
    age = age_on(families.birth[person], start)
    included = (
        (rng.random(len(event)) < CHILD_INCLUDED)
        & (due < LONGEST_UNBORN_DAYS)
        & (age < 18)
        & (families.born[person])
        & ~families.unaccompanied[person]
    )
    person, start, kind = person[included], start[included], kind[included]
    end = start + _days_open(rng, kind)
    # A case opened before birth stays open until after it.
    end = np.maximum(end, np.where(families.birth[person] > start, families.birth[person] + 30, end))
    return [person, start, end, kind]


def _before_birth(rng: np.random.Generator, families: Families) -> list[Ints]:
    """Referrals of children known before birth, and of some of their brothers and sisters with them."""
    person = np.flatnonzero(families.unborn_in > 0)
    birth = families.birth[person]
    last = np.array([YEAR_END[year] for year in families.unborn_in[person].tolist()], dtype=np.int64)
    start = np.maximum(np.minimum(last - rng.integers(3, 60, len(person)), birth - 20), birth - 200)
    end = np.where(
        families.stillborn[person],
        birth + rng.integers(2, 20, len(person)),
        birth + rng.integers(60, 500, len(person)),
    )
    when = np.full(len(families.mothers_culture), NO_DATE, dtype=np.int64)
    when[families.mother[person]] = start
    older = np.flatnonzero(
        (when[families.mother] != NO_DATE)
        & (families.birth < when[families.mother])
        & (age_on(families.birth, REFERENCE) < 18)
        & (rng.random(len(families)) < BROTHER_OR_SISTER_OF_UNBORN_INCLUDED)
    )
    begins = when[families.mother[older]]
    kind = np.full(len(person) + len(older), IN_NEED, dtype=np.int64)
    kind[: len(person)] = np.where(rng.random(len(person)) < 0.4, PROTECTED, IN_NEED)
    return [
        np.r_[person, older],
        np.r_[start, begins],
        np.r_[end, begins + rng.integers(90, 400, len(older))],
        kind,
    ]


def _for_care(rng: np.random.Generator, families: Families, care: Care) -> list[Ints]:
    """A referral round every period of care."""
    size = len(care.person)
    lead = np.where(families.unaccompanied[care.person], rng.integers(0, 3, size), rng.integers(3, 180, size))
    start = np.maximum(care.start - lead, families.birth[care.person] - 60)
    finished = np.where(care.adopted, care.end, care.end + rng.integers(5, 90, size))
    # Day 0 of the far future: closed after the reference date, so open in both returns.
    end = np.where(care.end == NO_DATE, REFERENCE + 1, finished)
    return [care.person, start, end, np.full(size, LOOKED_AFTER, dtype=np.int64)]


def _without_overlaps(sets: list[list[Ints]]) -> tuple[Ints, Ints, Ints, Ints]:
    """Join the sets; of two referrals of a person that overlap, the one in the earlier set stays."""
    person, start, end, kind = (np.concatenate(columns) for columns in zip(*sets, strict=True))
    rank = np.repeat(np.arange(len(sets)), [len(each[0]) for each in sets])
    order = np.lexsort((start, rank, person))
    kept: list[int] = []
    taken: list[tuple[int, int]] = []
    previous = -1
    for row, who, begins, finishes in zip(
        order.tolist(), person[order].tolist(), start[order].tolist(), end[order].tolist(), strict=True
    ):
        if who != previous:
            taken, previous = [], who
        if all(finishes < other_start or begins > other_end for other_start, other_end in taken):
            taken.append((begins, finishes))
            kept.append(row)
    rows = np.array(kept, dtype=np.int64)
    return person[rows], start[rows], end[rows], kind[rows]


def build_spells(rng: np.random.Generator, families: Families, homes: Homes, care: Care, need: Floats) -> Spells:
    """Referrals that touch the two years, so that about 8% of children are in need in each."""
    forced = [_for_care(rng, families, care), _before_birth(rng, families)]
    ordinary = _ordinary(rng, families, need)
    everyone = set(np.concatenate([each[0] for each in forced]).tolist())
    fresh = np.array([who not in everyone for who in ordinary[0].tolist()], dtype=np.bool_)
    in_2024 = fresh & (ordinary[2] > YEAR_END[2023])
    # A child counts once, at the first of its referrals in the year.
    rows = np.flatnonzero(in_2024)
    once = np.zeros(len(in_2024), dtype=np.bool_)
    once[rows[np.unique(ordinary[0][rows], return_index=True)[1]]] = True
    target = round(CIN_SHARE * int(families.born.sum())) - len(everyone)
    chosen = first_until(rng, families.mother[ordinary[0]], once, target)
    sets = [*forced, [column[chosen] for column in ordinary]]
    person, start, end, kind = _without_overlaps(sets)
    return _by_authority(rng, families, homes, person, start, end, kind)


def _by_authority(
    rng: np.random.Generator,
    families: Families,
    homes: Homes,
    person: Ints,
    start: Ints,
    end: Ints,
    kind: Ints,
) -> Spells:
    """Give each referral its authority; when the family moves away the case closes and opens again there."""
    household = families.household[person]
    authority = homes.authority_on(household, start)
    transferred = np.zeros(len(person), dtype=np.bool_)
    parts = []
    for move in range(2):
        moved_on = homes.moved_on[move, household]
        to = homes.authority[move + 1, household]
        leaves = (
            (moved_on != NO_DATE)
            & (moved_on > start + 5)
            & (moved_on < end - 5)
            & (to != authority)
            & (kind != LOOKED_AFTER)
            & ~transferred
        )
        rows = np.flatnonzero(leaves)
        again = moved_on[rows] + rng.integers(1, 30, len(rows))
        goes_on = again < end[rows]
        rows, again = rows[goes_on], again[goes_on]
        parts.append((person[rows], to[rows], again, end[rows], kind[rows]))
        end = end.copy()
        end[rows] = moved_on[rows]
        transferred[rows] = True
    every = [np.concatenate(columns) for columns in zip((person, authority, start, end, kind), *parts, strict=True)]
    person, authority, start, end, kind = every
    transferred = np.r_[transferred, np.zeros(len(person) - len(transferred), dtype=np.bool_)]
    kept = np.flatnonzero((start <= REFERENCE) & (end > YEAR_END[2022]))
    order = kept[np.lexsort((start[kept], person[kept]))]
    closed = np.where(end > REFERENCE, NO_DATE, end)
    return Spells(person[order], authority[order], start[order], closed[order], kind[order], transferred[order])
