"""NPD tables of assessments in the summer of 2023: the early years profile, key stage 2 and key stage 4."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import NOBODY, Bools, Ints, Texts
from linkage_synth.dates import CENSUS_DAY, dayfirst
from linkage_synth.errors import drop_accents
from linkage_synth.formats.contract import Output, write_table
from linkage_synth.formats.known import Known
from linkage_synth.formats.npd_common import birth_parts, laestabs, neighbourhoods, numbers, same
from linkage_synth.upn_records import make_some_wrong

YEAR = 2023
ACADEMIC_YEAR = "2022/2023"
TWO_ENTRIES = 0.04
"""Share of pupils with two records at key stage 4."""
OUTSIDE_STATE_SCHOOLS = 0.8
"""Share of other children of the age who sit the examinations at key stage 4, most of them without a reference."""
REFERENCE_OUTSIDE = 0.4


def _pupils(known: Known, grade: int) -> Ints:
    schooling = known.world.schooling
    in_year = schooling.national_curriculum_year[YEAR] == grade
    return np.flatnonzero((schooling.school[YEAR] != NOBODY) & in_year)


def _school(known: Known, person: Ints, prefix: str) -> dict[str, Texts]:
    """Authority and school; blank for those not in a state school."""
    places, school = known.world.places, known.world.schooling.school[YEAR][person]
    inside = school != NOBODY
    columns = {
        "LA": places.authority_code[places.school_authority[school]], "ESTAB": numbers(places.school_estab[school]),
        "LAESTAB": laestabs(places, school), "URN": numbers(places.school_urn[school]),
    }  # fmt: skip
    return {prefix + name: np.where(inside, column, "") for name, column in columns.items()}


def _person(known: Known, person: Ints, prefix: str, has_reference: Bools | None = None) -> dict[str, Texts]:
    facts = known.school_facts[YEAR]
    year, month = birth_parts(facts.birth[person])
    reference = known.references("a")[person]
    if has_reference is not None:
        reference = np.where(has_reference, reference, "")
    return {
        f"{prefix}PupilMatchingRefAnonymous": reference,
        f"{prefix}ACADYR": same(ACADEMIC_YEAR, len(person)),
        f"{prefix}YEAROFBIRTH": year,
        f"{prefix}MONTHOFBIRTH": month,
        f"{prefix}SEX": np.where(facts.is_girl[person], "F", "M").astype(np.object_),
    }  # fmt: skip


def _marks(rng: np.random.Generator, size: int, low: int, high: int) -> Texts:
    return numbers(rng.integers(low, high, size))


def write_profile(out: Path, known: Known, path: str, source: str) -> Output:
    """Write the early years foundation stage profile."""
    rng = known.world.draw(source)
    person = rng.permutation(_pupils(known, 0))
    places = known.world.places
    home = known.world.homes.postcode_on(known.world.families.household[person], CENSUS_DAY[YEAR])
    columns = _person(known, person, "FSP_") | _school(known, person, "FSP_")
    columns |= {
        "FSP_NFTYPE": same("21", len(person)),
        "FSP_LLSOA11": neighbourhoods(home),
        "FSP_IDACIRANK": numbers(places.idaci_rank[home]),
        "FSP_GLD": numbers((rng.random(len(person)) < 0.67).astype(np.int64)),
        "FSP_VERSION": same("F", len(person)),
    }
    return write_table(out, path, source, columns, person)


def write_key_stage_2(out: Path, known: Known, path: str, source: str) -> Output:
    """Write key stage 2."""
    rng = known.world.draw(source)
    person = rng.permutation(_pupils(known, 6))
    columns = _person(known, person, "KS2_") | {"KS2_YEARGRP": same("6", len(person))}
    columns |= _school(known, person, "KS2_")
    columns |= {
        "KS2_TOE_CODE": same("2", len(person)),
        "KS2_NFTYPE": same("21", len(person)),
        "KS2_READSCORE": _marks(rng, len(person), 80, 121),
        "KS2_MATSCORE": _marks(rng, len(person), 80, 121),
    }
    return write_table(out, path, source, columns, person)


def _finishers(rng: np.random.Generator, known: Known) -> tuple[Ints, Bools]:
    """Those who sit key stage 4, in state schools and others, and who of them has a reference."""
    world = known.world
    inside = _pupils(known, 11)
    others = np.flatnonzero(
        (world.schooling.school[YEAR] == NOBODY)
        & (world.schooling.national_curriculum_year[YEAR] == 11)
        & world.families.born
        & ~world.families.unaccompanied
    )
    others = others[rng.random(len(others)) < OUTSIDE_STATE_SCHOOLS]
    known_outside = known.has_reference[others] | (rng.random(len(others)) < REFERENCE_OUTSIDE)
    return np.r_[inside, others], np.r_[np.ones(len(inside), dtype=np.bool_), known_outside]


def write_key_stage_4(out: Path, known: Known, path: str, source: str) -> Output:
    """Write key stage 4, in which some pupils have two records."""
    rng = known.world.draw(source)
    person, has_reference = _finishers(rng, known)
    again = np.flatnonzero(rng.random(len(person)) < TWO_ENTRIES)
    row = np.r_[np.arange(len(person)), again]
    counts = np.where(np.arange(len(row)) < len(person), "1", "0").astype(np.object_)
    order = rng.permutation(len(row))
    row, counts = row[order], counts[order]
    person, has_reference = person[row], has_reference[row]
    columns = _person(known, person, "KS4_", has_reference) | {
        "KS4_YEARGRP": same("11", len(person)), "KS4_ACTYRGRP": same("11", len(person)),
    }  # fmt: skip
    columns |= _school(known, person, "KS4_")
    columns |= {"KS4_NATRES": counts, "KS4_ATT8": _marks(rng, len(person), 0, 90)}
    return write_table(out, path, source, columns, person)


def write_named_key_stage_4(out: Path, known: Known, path: str, source: str) -> Output:
    """Write key stage 4 as the portal gives it to those who may see names: UPN, names in one field, day of birth.

    Its reference is of the kind that is not anonymous, and is no other table's.
    """
    world, facts = known.world, known.school_facts[YEAR]
    rng = world.draw(source)
    person = rng.permutation(_pupils(known, 11))
    names = facts.names.copy()
    drop_accents(names, person[rng.random(len(person)) < 0.5])
    everyones = world.upns.held_on(CENSUS_DAY[YEAR])[0]
    middle = names.middle[person]
    both = np.where(middle == "", names.forename[person], names.forename[person] + " " + middle)
    home = world.homes.postcode_on(world.families.household[person], CENSUS_DAY[YEAR])
    columns = {
        "KS4_ACADYR": same(ACADEMIC_YEAR, len(person)),
        "KS4_PUPILMATCHINGREF": known.references("named")[person],
        "KS4_UPN": make_some_wrong(rng, everyones[person], person, world.families, everyones, 0.001),
        "KS4_SURNAME": names.surname[person],
        "KS4_FORENAMES": both,
        "KS4_DOB": dayfirst(facts.birth[person]),
        "KS4_YEARGRP": same("11", len(person)),
        "KS4_ACTYRGRP": same("11", len(person)),
        "KS4_SEX": np.where(facts.is_girl[person], "F", "M").astype(np.object_),
        "KS4_IDACI": numbers(world.places.idaci_rank[home]),
    }
    columns |= _school(known, person, "KS4_")
    return write_table(out, path, source, columns, person)
