"""NPD tables of the spring census: one row per pupil and school, with a status that tells duplicates apart."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import NOBODY, Texts, choose, texts
from linkage_synth.dates import CENSUS_DAY
from linkage_synth.formats.contract import Output, write_table
from linkage_synth.formats.known import Known
from linkage_synth.formats.npd_common import (
    birth_parts,
    ethnic_major,
    laestabs,
    neighbourhoods,
    numbers,
    same,
)

TWICE = 0.015
MAIN_AND_DUPLICATE = ((1, 101), (3, 103), (4, 104))
"""Status of the main record and of its duplicate: off the roll, other enrolment, other school."""


def write_spring(out: Path, known: Known, path: str, source: str, census: int, supply: str) -> Output:
    """Write one spring census of one supply, in no order of persons."""
    world, facts = known.world, known.school_facts[census]
    rng = world.draw(f"{source} {supply}")
    school = world.schooling.school[census]
    pupil = np.flatnonzero(school != NOBODY)
    twice = pupil[rng.random(len(pupil)) < TWICE]
    kind = choose(rng, [0.5, 0.3, 0.2], len(twice))
    following = np.minimum(school[twice] + 1, len(world.places.school_urn) - 1)
    person = np.r_[pupil, twice]
    where = np.r_[school[pupil], following]
    status = same("", len(person))
    position = np.searchsorted(pupil, twice)
    mains, duplicates = (texts([str(pair[part]) for pair in MAIN_AND_DUPLICATE]) for part in (0, 1))
    status[position], status[len(pupil) :] = mains[kind], duplicates[kind]
    on_roll = np.ones(len(person), dtype=np.int64)
    on_roll[len(pupil) :] = kind != 0
    enrolment = same("C", len(person))
    enrolment[position[kind == 1]] = "M"
    enrolment[len(pupil) + np.flatnonzero(kind == 1)] = "S"
    order = rng.permutation(len(person))
    person, where, status = person[order], where[order], status[order]

    places, traits = world.places, world.traits
    home = world.homes.postcode_on(world.families.household[person], CENSUS_DAY[census])
    before = world.homes.postcode_on(world.families.household[person], CENSUS_DAY[census] - 365)
    year, month = birth_parts(facts.birth[person])
    ethnicity, language = facts.ethnicity[person], traits.language[person]
    group = np.where(np.isin(language, ["ENG", "ENB"]), "1_ENG", "2_OTH").astype(np.object_)
    grade = world.schooling.national_curriculum_year[census][person]
    term = f"_SPR{census % 100}"
    sex = "Gender" if census <= 2023 else "Sex"
    columns: dict[str, Texts] = {
        "PupilMatchingRefAnonymous": known.references(supply)[person],
        "AcademicYear": same(f"{census - 1}/{census}", len(person)),
        "RecordStatus": status,
        "OnRoll": numbers(on_roll[order]),
        "EnrolStatus": enrolment[order],
        "LA": places.authority_code[places.school_authority[where]],
        "Estab": numbers(places.school_estab[where]),
        "LAEstab": laestabs(places, where),
        "URN": numbers(places.school_urn[where]),
        "YearOfBirth": year,
        "MonthOfBirth": month,
        sex: np.where(facts.is_girl[person], "F", "M").astype(np.object_),
        "NCyearActual": np.where(grade == 0, "R", numbers(grade)),
        "EthnicGroupMinor": ethnicity,
        "EthnicGroupMajor": ethnic_major(ethnicity),
        "LanguageGroupMinor": language,
        "LanguageGroupMajor": group,
        "FSMeligible": numbers(traits.fsm[person]),
        "EVERFSM_6": numbers(traits.fsm_ever[person]),
        "SENprovision": traits.sen[person],
        "PrimarySENtype": traits.sen_type[person],
        "IDACIScore_15": texts([f"{score:.4f}" for score in places.idaci_score[home].tolist()]),
        "IDACIRank_15": numbers(places.idaci_rank[home]),
        "LLSOA11": neighbourhoods(home),
        "MobilityInd": np.where(home == before, "0", "1").astype(np.object_),
    }
    return write_table(out, path, source, {name + term: column for name, column in columns.items()}, person)
