"""Who is on the roll of which school on a census day, and who has left one since the census before."""

from dataclasses import dataclass

import numpy as np

from linkage_synth.arrays import NOBODY, Ints, Texts
from linkage_synth.dates import CENSUS_DAY, NO_DATE, day
from linkage_synth.errors import drop_accents
from linkage_synth.formats.known import Known
from linkage_synth.upn_records import make_some_wrong

AUTUMN, SPRING = "autumn", "spring"
TERM_DAY = {AUTUMN: day("2023-10-05"), SPRING: CENSUS_DAY[2024]}
TERM_YEAR = {AUTUMN: 2023, SPRING: 2024}
FACTS_YEAR = {AUTUMN: 2023, SPRING: 2024}
"""Which of the schools' records a term's return is from."""
SUBSIDIARY = 0.012
"""Share of pupils who are registered at a second school as well."""
UPN_WRONG = 0.001
WITHOUT_ACCENTS = 0.3


@dataclass(frozen=True)
class Term:
    """Rows of one term: pupils on a roll, in order of school, then those who have left one."""

    name: str
    on: int
    person: Ints
    school: Ints
    status: Texts
    """C: only here; M and S: main and subsidiary registration."""
    entered: Ints
    leaver: Ints
    left_school: Ints
    left_on: Ints


def _schools(known: Known) -> dict[str, Ints]:
    """School of each person on both days; `NOBODY` for those who are not pupils."""
    schooling = known.world.schooling
    before, after = schooling.school[2023], schooling.school[2024]
    joined = schooling.joined_on[2024]
    there = (after != NOBODY) & (joined <= TERM_DAY[AUTUMN])
    # Those who change school after the day are at the old one, if it is of their phase, and else not yet here.
    old = (after != NOBODY) & ~there & (before != NOBODY) & (schooling.national_curriculum_year[2024] != 7)
    return {AUTUMN: np.where(there, after, np.where(old, before, NOBODY)), SPRING: after}


def build_term(rng: np.random.Generator, known: Known, name: str) -> Term:
    """The rolls of a term. A person has two rows where registered twice, or where they left and came in one term."""
    schools = _schools(known)
    school, on = schools[name], TERM_DAY[name]
    earlier = known.world.schooling.school[2023] if name == AUTUMN else schools[AUTUMN]
    pupil = np.flatnonzero(school != NOBODY)
    places = known.world.places
    second = pupil[rng.random(len(pupil)) < SUBSIDIARY]
    following = np.minimum(school[second] + 1, len(places.school_urn) - 1)
    elsewhere = np.where(following == school[second], school[second] - 1, following)
    person = np.r_[pupil, second]
    status = np.where(np.isin(person, second), "M", "C").astype(np.object_)
    status[len(pupil) :] = "S"
    where = np.r_[school[pupil], elsewhere]
    order = np.lexsort((person, where))
    entered = known.world.schooling.joined_on[2024][person]
    entered = np.where((entered == NO_DATE) | (entered > on), on - 400, entered)

    leaver = np.flatnonzero((earlier != NOBODY) & (school != earlier) & known.world.families.born)
    moved_on = np.where(school[leaver] == NOBODY, day("2023-07-21"), known.world.schooling.joined_on[2024][leaver] - 1)
    first = day("2023-05-19") if name == AUTUMN else TERM_DAY[AUTUMN] + 1
    left_on = np.clip(moved_on, first, on - 1)
    away = np.lexsort((leaver, earlier[leaver]))
    return Term(
        name, on, person[order], where[order], status[order], entered[order], leaver[away], earlier[leaver][away],
        left_on[away],
    )  # fmt: skip


@dataclass(frozen=True)
class Pupils:
    """What schools say of the pupils of a list of rows."""

    surname: Texts
    forename: Texts
    middle: Texts
    preferred: Texts
    former: Texts
    upn: Texts
    former_upn: Texts
    birth: Ints
    sex: Texts
    ethnicity: Texts


def write_pupils(rng: np.random.Generator, known: Known, term: Term, person: Ints, school: Ints) -> Pupils:
    """The pupils as the schools' systems have them: the same facts as in the portal's download of that year."""
    world, facts, size = known.world, known.school_facts[FACTS_YEAR[term.name]], len(person)
    adopted = known.adopted_before(term.on)
    names = facts.names.copy()
    for who, new_surname in adopted.surname.items():
        names.surname[who] = new_surname
    plain = known.world.draw("schools without accents").random(len(world.places.school_urn)) < WITHOUT_ACCENTS
    drop_accents(names, person[plain[school]])
    current, former = world.upns.held_on(term.on)
    for who, upn in adopted.upn.items():
        current[who], former[who] = upn, ""
    die = facts.die[person]
    other = world.names.other_surname[person]
    surname = names.surname[person]
    return Pupils(
        surname=surname,
        forename=names.forename[person],
        middle=names.middle[person],
        preferred=np.where(rng.random(size) < 0.02, other, surname),
        former=np.where((rng.random(size) < 0.01) & (other != surname), other, ""),
        upn=make_some_wrong(rng, current[person], person, world.families, current, UPN_WRONG),
        former_upn=np.where(die < 0.7, former[person], ""),
        birth=facts.birth[person],
        sex=np.where(facts.is_girl[person], "F", "M").astype(np.object_),
        ethnicity=facts.ethnicity[person],
    )
