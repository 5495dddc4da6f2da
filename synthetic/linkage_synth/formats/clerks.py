"""How a clerk writes children down: names, birth date, sex, postcode and UPN, with the errors of one source."""

from dataclasses import dataclass

import numpy as np

from linkage_synth.arrays import Bools, Ints, Texts
from linkage_synth.errors import (
    DATE_WRONG,
    SEX_WRONG,
    Written,
    drop_accents,
    happens,
    write_birth,
    write_ethnicity,
    write_names,
    write_sex,
)
from linkage_synth.formats.known import Known
from linkage_synth.upn_records import make_some_wrong


@dataclass(frozen=True, kw_only=True)
class Clerk:
    """How often a source is wrong or incomplete; shares between 0 and 1."""

    name_wrong: float = 0.05
    date_wrong: float = DATE_WRONG
    sex_wrong: float = SEX_WRONG
    known_as: float = 0.0
    """Share of children with a name in daily use who are entered by it."""
    without_accents: float = 0.5
    ethnicity_not_known: float = 0.03
    upn_known: float = 0.6
    upn_wrong: float = 0.003
    old_postcode: float = 0.08
    no_postcode: float = 0.03


@dataclass(frozen=True)
class Entries:
    """What was written down, one entry per row."""

    names: Written
    birth: Ints
    is_girl: Bools
    ethnicity: Texts
    postcode: Texts
    upn: Texts


def write_down(rng: np.random.Generator, known: Known, person: Ints, on: int, clerk: Clerk) -> Entries:
    """The entries of those persons as of a day. Children adopted by then have their new surname and UPN."""
    world = known.world
    families, names = world.families, world.names
    size, risk = len(person), world.risk[person]
    written = write_names(rng, names, person, families.culture[person], happens(rng, clerk.name_wrong, risk))
    called = (names.known_as[person] != "") & (rng.random(size) < clerk.known_as)
    written.forename = np.where(called, names.known_as[person], written.forename)
    adopted = known.adopted_before(on)
    everyones = world.upns.held_on(on)[0]
    for who, number in adopted.upn.items():
        everyones[who] = number
    for row in np.flatnonzero(np.isin(person, list(adopted.surname))).tolist():
        written.surname[row] = adopted.surname[int(person[row])]
    drop_accents(written, np.flatnonzero(rng.random(size) < clerk.without_accents))

    upn = np.where(rng.random(size) < clerk.upn_known, everyones[person], "")
    postcode = np.where(rng.random(size) < clerk.old_postcode, known.living_on(on - 366)[0][person],
                        known.living_on(on)[0][person])  # fmt: skip
    return Entries(
        names=written,
        birth=write_birth(rng, families.birth[person], risk, families.unaccompanied[person], on, clerk.date_wrong),
        is_girl=write_sex(rng, families.is_girl[person], risk, clerk.sex_wrong),
        ethnicity=write_ethnicity(rng, world.traits.ethnicity[person], risk, clerk.ethnicity_not_known),
        postcode=np.where(happens(rng, clerk.no_postcode, risk), "", known.postcodes(postcode)),
        upn=make_some_wrong(rng, upn, person, families, everyones, clerk.upn_wrong),
    )
