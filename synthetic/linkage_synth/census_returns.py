"""The spring school census as the DfE's portal gives it: one CSV per year, one row per pupil."""

from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np

from linkage_synth.arrays import NOBODY, Bools, Floats, Ints, Texts, blank, texts
from linkage_synth.csv_files import write_csv
from linkage_synth.dates import CENSUS_DAY, dayfirst
from linkage_synth.errors import (
    Written,
    drop_accents,
    happens,
    write_birth,
    write_ethnicity,
    write_names,
    write_sex,
)
from linkage_synth.families import Families
from linkage_synth.homes import Homes
from linkage_synth.identifiers import Upns
from linkage_synth.names import Names
from linkage_synth.places import Places
from linkage_synth.schooling import Schooling
from linkage_synth.traits import Traits
from linkage_synth.upn_records import make_some_wrong

NAME_WRONG = 0.045
DATE_WRONG = 0.005
SEX_WRONG = 0.001
ETHNICITY_NOT_KNOWN = 0.01
UPN_WRONG = 0.001
FORMER_UPN_RECORDED = 0.7
KEPT_FROM_YEAR_TO_YEAR = 0.88
"""Share of records that say the same, errors included, a year later."""
WITHOUT_ACCENTS = 0.3
"""Share of schools whose system has no accents."""
PREFERRED_SURNAME = 0.02
FORMER_SURNAME = 0.01


@dataclass(frozen=True)
class SchoolFacts:
    """What schools hold, one entry per person, pupil or not."""

    names: Written
    birth: Ints
    is_girl: Bools
    ethnicity: Texts
    die: Floats

    def partly(self, other: "SchoolFacts", taken: Bools) -> "SchoolFacts":
        """These facts, with those of `other` where `taken`."""
        mine, theirs = self.names, other.names
        return SchoolFacts(
            Written(
                np.where(taken, theirs.forename, mine.forename),
                np.where(taken, theirs.middle, mine.middle),
                np.where(taken, theirs.surname, mine.surname),
            ),
            np.where(taken, other.birth, self.birth),
            np.where(taken, other.is_girl, self.is_girl),
            np.where(taken, other.ethnicity, self.ethnicity),
            np.where(taken, other.die, self.die),
        )


def draw_school_facts(
    rng: np.random.Generator, families: Families, names: Names, traits: Traits, risk: Floats, on: int
) -> SchoolFacts:
    """Facts as a school would write them down afresh."""
    person = np.arange(len(families))
    return SchoolFacts(
        write_names(rng, names, person, families.culture, happens(rng, NAME_WRONG, risk)),
        write_birth(rng, families.birth, risk, families.unaccompanied & (rng.random(len(risk)) < 0.5), on, DATE_WRONG),
        write_sex(rng, families.is_girl, risk, SEX_WRONG),
        write_ethnicity(rng, traits.ethnicity, risk, ETHNICITY_NOT_KNOWN),
        rng.random(len(risk)),
    )


def school_facts_by_year(
    streams: dict[int, np.random.Generator], families: Families, names: Names, traits: Traits, risk: Floats
) -> dict[int, SchoolFacts]:
    """Facts of both census years: schools copy their records, with the errors, from year to year."""
    facts: dict[int, SchoolFacts] = {}
    for census, rng in streams.items():
        fresh = draw_school_facts(rng, families, names, traits, risk, CENSUS_DAY[census])
        again = rng.random(len(families)) >= KEPT_FROM_YEAR_TO_YEAR
        facts[census] = facts[census - 1].partly(fresh, again) if census - 1 in facts else fresh
    return facts


@dataclass(frozen=True)
class AdoptedIdentity:
    """Children adopted before a census who are in it under a new surname and a new UPN."""

    surname: dict[int, str]
    upn: dict[int, str]


def write_census(
    rng: np.random.Generator,
    out: Path,
    census: int,
    *,
    places: Places,
    families: Families,
    names: Names,
    homes: Homes,
    traits: Traits,
    schooling: Schooling,
    upns: Upns,
    facts: SchoolFacts,
    adopted: AdoptedIdentity,
) -> tuple[str, Ints]:
    """Write one year's file. Gives its path and the person of every row; no person has two rows."""
    on = CENSUS_DAY[census]
    school = schooling.school[census]
    pupil = np.flatnonzero(school != NOBODY)
    written = facts.names.copy()
    plain = rng.random(len(places.school_urn)) < WITHOUT_ACCENTS
    drop_accents(written, pupil[plain[school[pupil]]])
    for who, new_surname in adopted.surname.items():
        written.surname[who] = new_surname
    order = np.lexsort((_ranks(written.forename[pupil]), _ranks(written.surname[pupil]), school[pupil]))
    pupil = pupil[order]
    school = school[pupil]

    current, former = upns.held_on(on)
    for who, new_upn in adopted.upn.items():
        current[who], former[who] = new_upn, ""
    upn = make_some_wrong(rng, current[pupil], pupil, families, current, UPN_WRONG)
    former = np.where(facts.die[pupil] < FORMER_UPN_RECORDED, former[pupil], "")
    other = names.other_surname[pupil]
    die = rng.random(len(pupil))
    preferred = np.where(die < PREFERRED_SURNAME, other, written.surname[pupil])
    formerly = np.where((die > 1 - FORMER_SURNAME) & (other != written.surname[pupil]), other, "")
    sex = np.where(facts.is_girl[pupil], "F", "M")
    code = places.authority_code[places.school_authority[school]]
    estab = places.school_estab[school]
    home = homes.postcode_on(families.household[pupil], on)
    year = schooling.national_curriculum_year[census][pupil].tolist()
    columns = {
        "AcademicYear": repeat(f"{census - 1}/{census}"),
        "CensusTerm": repeat("Spring"),
        "LA": code,
        "Estab": estab.tolist(),
        "LAEstab": [f"{authority}{number}" for authority, number in zip(code, estab.tolist(), strict=True)],
        "URN": places.school_urn[school].tolist(),
        "Phase": np.where(places.school_is_secondary[school] == 1, "Secondary", "Primary").tolist(),
        "UPN": upn,
        "FormerUPN": former,
        "Surname": written.surname[pupil],
        "Forename": written.forename[pupil],
        "MiddleNames": written.middle[pupil],
        "PreferredSurname": preferred,
        "FormerSurname": formerly,
        "Gender": sex.tolist(),
        "Sex": sex.tolist(),
        "DOB": dayfirst(facts.birth[pupil]),
        "Ethnicity": facts.ethnicity[pupil],
        "FSMeligible": traits.fsm[pupil].tolist(),
        "FSM_Protected": (traits.fsm_ever[pupil] - traits.fsm[pupil]).tolist(),
        "EVERFSM_6": traits.fsm_ever[pupil].tolist(),
        "EVERFSM_6_P": traits.fsm_ever[pupil].tolist(),
        "Language": traits.language[pupil],
        "HoursAtSetting": repeat(""),
        "FundedHours": repeat(""),
        "EnrolStatus": repeat("C"),
        "EntryDate": dayfirst(schooling.joined_on[census][pupil]),
        "NCyearActual": ["R" if number == 0 else str(number) for number in year],
        "SENprovision": traits.sen[pupil],
        "PrimarySENtype": traits.sen_type[pupil],
        "SecondarySENtype": blank(len(pupil)),
        "IDACI_S": places.idaci_score[home].tolist(),
        "IDACI_R": places.idaci_rank[home].tolist(),
    }
    path = f"returns/census/spring_{census}.csv"
    write_csv(out / path, columns, len(pupil))
    return path, pupil


def _ranks(column: Texts) -> Ints:
    """Position of each text in the sorted list of distinct texts."""
    distinct = sorted(set(column))
    position = {text: number for number, text in enumerate(distinct)}
    return np.fromiter((position[text] for text in column), dtype=np.int64, count=len(column))


def adopted_identities(
    rng: np.random.Generator, names: Names, person: Ints, new_numbers: Texts, changed: float
) -> AdoptedIdentity:
    """New surname and new UPN for a share of the adopted children."""
    chosen = np.flatnonzero(rng.random(len(person)) < changed)
    strangers = names.surname[rng.integers(0, len(names.surname), len(chosen))]
    who = person[chosen].tolist()
    return AdoptedIdentity(
        dict(zip(who, texts(list(strangers)), strict=True)), dict(zip(who, new_numbers[chosen], strict=True))
    )
