"""Further NPD tables by pupil: absence, exclusions, activity after 16, alternative provision, pupil premium."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import NOBODY, Bools, Ints, Texts, choose, texts
from linkage_synth.dates import CENSUS_DAY, YEAR_END, age_on, day, iso
from linkage_synth.formats.contract import Output, joined, write_table
from linkage_synth.formats.known import Known
from linkage_synth.formats.npd_common import birth_parts, ethnic_major, laestabs, numbers, same

SUPPLY = "a"
TWO_SCHOOLS = 0.01
EXCLUDED = 0.03
MONTHS = (12, 1, 2)
"""Months of which the department makes its figures."""
IN_ALTERNATIVE_PROVISION = 0.004
SECOND_PLACEMENT = 0.15


def _pupils(known: Known, year: int) -> Ints:
    return np.flatnonzero(known.world.schooling.school[year] != NOBODY)


def _person(known: Known, person: Ints, year: int, sex: str) -> dict[str, Texts]:
    facts = known.school_facts[year]
    born, month = birth_parts(facts.birth[person])
    return {
        "PupilMatchingRefAnonymous": known.references(SUPPLY)[person],
        "ACADYR": same(f"{year - 1}/{year}", len(person)),
        "YEAROFBIRTH": born,
        "MONTHOFBIRTH": month,
        sex: np.where(facts.is_girl[person], "F", "M").astype(np.object_),
    }


def _school(known: Known, school: Ints) -> dict[str, Texts]:
    places = known.world.places
    return {
        "LA": places.authority_code[places.school_authority[school]],
        "ESTAB": numbers(places.school_estab[school]),
        "LAESTAB": laestabs(places, school),
        "URN": numbers(places.school_urn[school]),
    }


def _suffixed(columns: dict[str, Texts], suffix: str) -> dict[str, Texts]:
    return {name + suffix: column for name, column in columns.items()}


def write_absence(out: Path, known: Known, path: str, source: str) -> Output:
    """Write absence of 2022/23: one row per pupil and school."""
    rng = known.world.draw(source)
    pupil = _pupils(known, 2023)
    school = known.world.schooling.school[2023]
    twice = pupil[rng.random(len(pupil)) < TWO_SCHOOLS]
    person = np.r_[pupil, twice]
    other = np.minimum(school[twice] + 1, len(known.world.places.school_urn) - 1)
    where = np.r_[school[pupil], other]
    order = rng.permutation(len(person))
    person, where = person[order], where[order]
    grade = known.world.schooling.national_curriculum_year[2023][person]
    columns = _person(known, person, 2023, "GENDER") | _school(known, where)
    columns |= {
        "NCYEARACTUAL": np.where(grade == 0, "R", numbers(grade)),
        "SessionsPossible": numbers(rng.integers(280, 381, len(person))),
        "AuthorisedAbsence": numbers(np.minimum(rng.poisson(14, len(person)), 280)),
        "UnauthorisedAbsence": numbers(np.minimum(rng.poisson(5, len(person)), 280)),
    }
    return write_table(out, path, source, _suffixed(columns, "_ab23"), person)


def write_exclusions(out: Path, known: Known, folder: str, source: str) -> Output:
    """Write exclusions of 2022/23: one row per exclusion, per pupil and school, and per pupil."""
    world = known.world
    rng = world.draw(source)
    pupil = _pupils(known, 2023)
    chance = EXCLUDED * np.where(world.traits.sen[pupil] == "N", 0.7, 2.5)
    chance = chance * np.where(world.traits.fsm[pupil] == 1, 2.0, 0.8)
    grown = world.schooling.national_curriculum_year[2023][pupil] >= 7
    person = pupil[rng.random(len(pupil)) < chance * np.where(grown, 1.6, 0.4)]
    each = np.repeat(person, 1 + rng.poisson(0.8, len(person)))
    permanent = rng.random(len(each)) < 0.02
    school = world.schooling.school[2023]
    reasons = texts(["PP", "PA", "VP", "VA", "DB", "DM", "DA", "TH"])
    start = day("2022-09-05") + rng.integers(0, 310, len(each))
    one = {
        "LAESTAB": laestabs(world.places, school[each]),
        "StartDate": iso(start),
        "Category": np.where(permanent, "PERM", "SUSP").astype(np.object_),
        "Reason_A": reasons[rng.integers(0, len(reasons), len(each))],
        "Reason_B": same("", len(each)),
        "Reason_C": same("", len(each)),
        "Sessions": np.where(permanent, "", numbers(rng.integers(1, 11, len(each)))),
    }
    fixed = np.bincount(each, weights=~permanent, minlength=len(school)).astype(np.int64)[person]
    final = np.bincount(each, weights=permanent, minlength=len(school)).astype(np.int64)[person]
    totals = {"TotalFixedExclusions": numbers(fixed), "TotalPermanentExclusions": numbers(final)}
    tables = (
        ("T1", each, _person(known, each, 2023, "GENDER") | one),
        ("T2", person, _person(known, person, 2023, "GENDER") | _school(known, school[person]) | totals),
        ("T3", person, _person(known, person, 2023, "GENDER") | totals),
    )
    return joined(
        *(
            write_table(out, f"{folder}Exclusions_2023_{name}.csv", source, _suffixed(columns, "_ex23"), who)
            for name, who, columns in tables
        )
    )


def write_activity(out: Path, known: Known, path: str, source: str) -> Output:
    """Write the activity of 16 and 17 year olds in three months; it has no birth date. Some have no reference."""
    world = known.world
    rng = world.draw(source)
    grade = world.schooling.national_curriculum_year[2024]
    young = np.flatnonzero((grade >= 12) & (grade <= 13) & world.families.born)
    person = np.repeat(rng.permutation(young), len(MONTHS))
    codes = texts(["210", "220", "310", "540", "619", "810"])
    activity = codes[choose(rng, [0.6, 0.15, 0.1, 0.06, 0.05, 0.04], len(young))]
    reference = np.where(known.has_reference[person], known.references(SUPPLY)[person], "")
    place = world.homes.authority_on(world.families.household[person], YEAR_END[2024])
    gender = np.where(world.families.is_girl, "F", "M")[person].astype(np.object_)
    columns = {
        "NCCIS_PupilMatchingRefAnonymous": reference,
        "NCCIS_ACADYR": same("2023/2024", len(person)),
        "NCCIS_MonthNo": np.tile(texts([str(month) for month in MONTHS]), len(young)),
        "NCCIS_Gender": np.where(rng.random(len(person)) < 0.01, "U", gender),
        "NCCIS_EthnicGroupMinor": world.traits.ethnicity[person],
        "NCCIS_LA": world.places.authority_code[place],
        "NCCIS_Current_Activity_Code": np.repeat(activity, len(MONTHS)),
    }
    return write_table(out, path, source, columns, person)


def write_alternative(out: Path, known: Known, path: str, source: str) -> Output:
    """Write the alternative provision census of January 2024: one row per placement. Sex is a number in it."""
    world = known.world
    rng = world.draw(source)
    age = age_on(world.families.birth, CENSUS_DAY[2024])
    chance = IN_ALTERNATIVE_PROVISION * np.where(world.traits.sen == "E", 8.0, 1.0)
    placed = np.flatnonzero((age >= 5) & (age < 17) & world.families.born & (rng.random(len(age)) < chance))
    twice = placed[rng.random(len(placed)) < SECOND_PLACEMENT]
    person = np.r_[placed, twice]
    first = np.arange(len(person)) < len(placed)
    status = np.where(first, np.where(np.isin(person, twice), "1", ""), "101").astype(np.object_)
    order = rng.permutation(len(person))
    person, status, first = person[order], status[order], first[order]
    facts = known.school_facts[2024]
    born, month = birth_parts(facts.birth[person])
    place = world.homes.authority_on(world.families.household[person], CENSUS_DAY[2024])
    kinds = texts(["Independent school", "Special school", "Hospital", "Not a school", "One on one tuition"])
    columns = {
        "AP_PupilMatchingRefAnonymous": np.where(known.has_reference[person], known.references(SUPPLY)[person], ""),
        "AP_ACADYR": same("2023/2024", len(person)),
        "AP_RecordStatus": status,
        "AP_LANumber": world.places.authority_code[place],
        "AP_YearOfBirth": born,
        "AP_MonthOfBirth": month,
        "AP_Gender": np.where(facts.is_girl[person], "2", "1").astype(np.object_),
        "AP_EthnicGroupMinor": facts.ethnicity[person],
        "AP_EthnicGroupMajor": ethnic_major(facts.ethnicity[person]),
        "AP_SENprovision": world.traits.sen[person],
        "AP_FSMeligible": numbers(world.traits.fsm[person]),
        "AP_OpenPlacement": np.where(first, "1", "0").astype(np.object_),
        "AP_APTypeDescription": kinds[choose(rng, [0.4, 0.2, 0.05, 0.15, 0.2], len(person))],
    }
    return write_table(out, path, source, columns, person)


def write_premium(out: Path, known: Known, path: str, source: str) -> Output:
    """Write pupil premium of 2023/24: one row per pupil for whom a school is paid."""
    world = known.world
    rng = world.draw(source)
    pupil = _pupils(known, 2024)
    looked_after = np.isin(pupil, world.care.person)
    adopted = np.isin(pupil, world.care.person[world.care.adopted])
    poor = world.traits.fsm_ever[pupil] == 1
    service = rng.random(len(pupil)) < 0.009
    paid = np.flatnonzero(poor | service | looked_after)
    paid = rng.permutation(paid)
    person = pupil[paid]
    grade = world.schooling.national_curriculum_year[2024][person]

    def flag(marks: Bools) -> Texts:
        return np.where(marks[paid], "1", "0").astype(np.object_)

    columns = _person(known, person, 2024, "Sex")
    columns |= {"NCYear": np.where(grade == 0, "R", numbers(grade))}
    columns |= _school(known, world.schooling.school[2024][person])
    columns |= {
        "DeprivationPupilPremium": flag(poor),
        "ServiceChildPremium": flag(service),
        "AdoptedfromCarePremium": flag(adopted),
        "LookedAfterPremium": flag(looked_after & ~adopted),
        "PupilPremiumFTE": same("1.0", len(person)),
    }
    return write_table(out, path, source, columns, person)
