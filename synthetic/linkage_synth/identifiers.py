"""Unique pupil numbers (UPNs): how they are made, when a child gets them, and when they are replaced."""

from dataclasses import dataclass

import numpy as np

from linkage_synth.arrays import Floats, Ints, Texts, blank, order_within
from linkage_synth.dates import NO_DATE, REFERENCE, from_parts, parts
from linkage_synth.families import Families
from linkage_synth.homes import Homes
from linkage_synth.places import Places, draw_authority
from linkage_synth.schooling import DAYS_FROM_ARRIVAL_TO_SCHOOL, Schooling
from linkage_synth.traits import Traits

CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
"""The 23 letters of check and final letters: no I, O or S."""

NURSERY_BY_AGE = (0.15, 0.38, 0.72, 0.94)
"""Share of children with a place in a nursery that gives UPNs before their birthday 1, 2, 3 and 4."""
NUMBERED_OUTSIDE_STATE_SCHOOLS = 0.35
TEMPORARY = 0.05
TEMPORARY_FOR_NEWCOMERS = 0.3
SECOND_PERMANENT = 0.015
ISSUED_ELSEWHERE = 0.1


def check_letters(digits: Ints) -> Ints:
    """Index in `CHECK_LETTERS` of the check letter of each row of twelve values.

    Sum of position times value, positions 2 to 13, modulo 23; the value of a final letter is its index.
    Source: Department for Education, "Unique pupil numbers" guide.
    """
    return digits @ np.arange(2, 14) % 23


def upn_texts(authority: Ints, estab: Ints, year: Ints, serial: Ints, temporary: bool = False) -> Texts:
    """UPNs from the number of authority (3 digits) and school (4), the year (2) and the serial (3).

    A temporary UPN ends with a letter: its serial runs to 2,299, two digits and a letter in turn.
    """
    tail = serial // 23 if temporary else serial // 10
    last = serial % 23 if temporary else serial % 10
    fields = ((authority, 3), (estab, 4), (year % 100, 2), (tail, 2))
    columns = [values // 10**place % 10 for values, width in fields for place in range(width - 1, -1, -1)]
    digits = np.stack([*columns, last], axis=1)
    letters = np.frombuffer(CHECK_LETTERS.encode("ascii"), dtype=np.uint8)
    symbols = (digits + ord("0")).astype(np.uint8)
    if temporary:
        symbols[:, 11] = letters[last]
    whole = np.concatenate([letters[check_letters(digits)][:, None], symbols], axis=1)
    result: Texts = np.ascontiguousarray(whole).view("S13").ravel().astype("U13").astype(np.object_)
    return result


@dataclass(frozen=True)
class Upns:
    """One entry per person: up to three numbers and the days from which they count."""

    permanent: Texts
    issued_on: Ints
    """`NO_DATE` for a child who never gets a UPN."""
    temporary: Texts
    """Held from `issued_on` to `replaced_on`, before the permanent one."""
    replaced_on: Ints
    second: Texts
    """Given on re-entry to a state school, from `second_on`; the first is then a former UPN."""
    second_on: Ints

    def held_on(self, on: int | Ints) -> tuple[Texts, Texts]:
        """Current and former UPN on a day; empty where there is none."""
        has = (self.issued_on != NO_DATE) & (self.issued_on <= on)
        provisional = has & (self.temporary != "") & (self.replaced_on > on)
        current = np.where(provisional, self.temporary, np.where(has, self.permanent, ""))
        former = np.where(has & ~provisional, self.temporary, "")
        again = has & (self.second != "") & (self.second_on <= on)
        current = np.where(again, self.second, current)
        former = np.where(again, np.where(provisional, self.temporary, self.permanent), former)
        return current, former


def _entry(rng: np.random.Generator, families: Families, traits: Traits, schooling: Schooling) -> Ints:
    """Day of the first place in a nursery or school that gives UPNs."""
    size = len(families)
    one = np.ones(size, dtype=np.int64)
    entry = from_parts(schooling.reception_year, 9 * one, one)
    draw = rng.random(size)
    fraction = rng.random(size)
    lower = 0.0
    for age, upper in enumerate(NURSERY_BY_AGE):
        youngest = 0.45 if age == 0 else float(age)
        at = families.birth + np.floor(365.25 * (youngest + fraction * (age + 1 - youngest))).astype(np.int64)
        entry = np.where((draw >= lower) & (draw < upper), np.minimum(at, entry), entry)
        lower = upper
    entry = np.where(
        traits.arrived_on == NO_DATE,
        entry,
        np.maximum(entry, traits.arrived_on + DAYS_FROM_ARRIVAL_TO_SCHOOL),
    )
    numbered = schooling.ever_in_state_school | (rng.random(size) < NUMBERED_OUTSIDE_STATE_SCHOOLS)
    return np.where(numbered & families.born, entry, NO_DATE)


def _issuing_schools(rng: np.random.Generator, places: Places, families: Families, homes: Homes, entry: Ints) -> Ints:
    """A primary school of the authority of the first home, or a secondary for those who come late."""
    size = len(families)
    authority = np.where(
        rng.random(size) < ISSUED_ELSEWHERE,
        draw_authority(rng, places, size),
        homes.authority[0, families.household],
    )
    late = entry > families.birth + round(11.5 * 365.25)
    first = np.where(late, places.secondary_from[authority], places.primary_from[authority])
    ends = np.r_[places.primary_from[1:], len(places.school_urn)]
    end = np.where(late, ends[authority], places.secondary_from[authority])
    school: Ints = first + (rng.random(size) * (end - first)).astype(np.int64)
    return school


def _issue(places: Places, school: Ints, on: Ints, taken: Floats, temporary: bool = False) -> Texts:
    """Numbers in the order of the draw `taken` within a school and year."""
    year = parts(on)[0]
    order = np.argsort(taken, kind="stable")
    serial = np.empty(len(order), dtype=np.int64)
    serial[order] = order_within((school * 10_000 + year)[order]) + 1
    codes = np.array([int(code) for code in places.authority_code])
    authority, estab = codes[places.school_authority[school]], places.school_estab[school]
    return upn_texts(authority, estab, year, serial, temporary)


def build_upns(
    rng: np.random.Generator,
    places: Places,
    families: Families,
    homes: Homes,
    traits: Traits,
    schooling: Schooling,
    risk: Floats,
) -> Upns:
    """The UPNs that every person holds over time. No two persons hold the same one."""
    size = len(families)
    issued_on = _entry(rng, families, traits, schooling)
    school = _issuing_schools(rng, places, families, homes, issued_on)
    second_chance = np.where(risk > 1.5, 4.0, 1.0) * SECOND_PERMANENT
    re_entered = (issued_on != NO_DATE) & (rng.random(size) < second_chance)
    days_left = np.maximum(REFERENCE - issued_on - 200, 1)
    second_on = issued_on + 200 + np.floor(rng.random(size) * days_left).astype(np.int64)
    second_on = np.where(re_entered & (second_on <= REFERENCE), second_on, NO_DATE)

    # First and second numbers come out of the same books, so they are issued together.
    again = np.flatnonzero(second_on != NO_DATE)
    once = np.flatnonzero(issued_on != NO_DATE)
    other_school = _issuing_schools(rng, places, families, homes, second_on)[again]
    numbers = _issue(
        places,
        np.r_[school[once], other_school],
        np.r_[issued_on[once], second_on[again]],
        rng.random(len(once) + len(again)),
    )
    permanent, second, temporary = blank(size), blank(size), blank(size)
    permanent[once], second[again] = numbers[: len(once)], numbers[len(once) :]

    newcomer = traits.arrived_on != NO_DATE
    chance = np.where(newcomer, TEMPORARY_FOR_NEWCOMERS, TEMPORARY * np.minimum(risk, 3.0))
    provisional = np.flatnonzero((issued_on != NO_DATE) & (rng.random(size) < chance))
    temporary[provisional] = _issue(
        places, school[provisional], issued_on[provisional], rng.random(len(provisional)), temporary=True
    )
    replaced_on = np.where(temporary == "", NO_DATE, issued_on + rng.integers(60, 700, size))
    return Upns(permanent, issued_on, temporary, replaced_on, second, second_on)


def breaks_check(upn: str, draw: int) -> str:
    """The UPN with one digit mistyped, which always breaks the check: weights are below 23, a prime."""
    at = 1 + draw % 11
    wrong = str((int(upn[at]) + 1 + draw // 11 % 9) % 10)
    return upn[:at] + wrong + upn[at + 1 :]
