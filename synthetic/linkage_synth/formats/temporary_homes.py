"""Children in temporary accommodation: a CSV file with a row per child, under the name of the grown-up who applied."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import order_within, texts
from linkage_synth.dates import REFERENCE, dayfirst
from linkage_synth.formats.addresses import house_numbers, property_numbers, streets
from linkage_synth.formats.clerks import Clerk, write_down
from linkage_synth.formats.contract import Output, Source, write_table
from linkage_synth.formats.known import Known
from linkage_synth.formats.parents import mothers_names
from linkage_synth.formats.sheets import references
from linkage_synth.places import draw_communal, draw_home

PATH = "local/temporary_accommodation.csv"
SHARE = 0.012
IN_HOSTEL = 0.4
NO_PROPERTY_NUMBER = 0.3
CLERK = Clerk(name_wrong=0.07, date_wrong=0.015, known_as=0.2, upn_known=0.0, old_postcode=0.0, no_postcode=0.03)
SOURCE = Source(
    "temporary_homes",
    f"""\
format = "table"
path = "{PATH}"
key = "Member ref"
[sources.temporary_homes.columns]
forename = "Child first name"
surname = "Child last name"
dob = {{ column = "Child DOB", format = "dayfirst" }}
sex = "Sex"
address_line = {{ join = ["TA house no", "TA street"] }}
postcode = ["Previous postcode", "TA postcode"]
uprn = "TA UPRN"
household_id = "Household ref"
guardian = "Lead applicant"
""",
    unique=True,
)


def write(out: Path, known: Known) -> Output:
    """Write the children of families in temporary accommodation, whole families together."""
    world, families = known.world, known.world.families
    rng = world.draw("temporary_homes")
    households = len(world.homes.postcode[0])
    poverty = np.zeros(households)
    np.maximum.at(poverty, families.household, world.traits.deprivation)
    poor = poverty / max(float(poverty.mean()), 1e-9)
    chosen = rng.random(households) < SHARE * poor
    with_family = families.born & ~families.unaccompanied & (known.placement_on(REFERENCE)[0] < 0)
    person = np.flatnonzero(chosen[families.household] & with_family)
    household = families.household[person]
    authority = world.homes.authority_on(families.household, REFERENCE)
    there = np.zeros(households, dtype=np.int64)
    there[families.household] = authority
    new = np.where(rng.random(households) < IN_HOSTEL, draw_communal(rng, world.places, there),
                   draw_home(rng, world.places, there))[household]  # fmt: skip
    # Addresses of temporary homes come after those of homes and placements.
    address = 3 * households + len(world.care.placement_person) + household
    order = rng.permutation(households)[household]
    order = np.lexsort((person, order))
    person, household, new, address = person[order], household[order], new[order], address[order]

    entries = write_down(rng, known, person, REFERENCE, CLERK)
    first, last = mothers_names(rng, world, person)
    refs = references(rng, households, "TA{:06d}")
    member = order_within(household)
    has_number = rng.random(len(person)) >= NO_PROPERTY_NUMBER
    columns = {
        "Member ref": texts([f"{refs[home]}-{at}" for home, at in zip(household, member, strict=True)]),
        "Household ref": texts([refs[home] for home in household.tolist()]),
        "Lead applicant": first + " " + last,
        "Child first name": entries.names.forename,
        "Child last name": entries.names.surname,
        "Child DOB": dayfirst(entries.birth),
        "Sex": np.where(entries.is_girl, "F", "M").astype(np.object_),
        "Previous postcode": entries.postcode,
        "TA house no": house_numbers(address),
        "TA street": streets(new),
        "TA postcode": known.postcodes(new),
        "TA UPRN": np.where(has_number, property_numbers(address), ""),
        "Placed on": dayfirst(REFERENCE - rng.integers(5, 700, households)[household]),
    }
    return write_table(out, PATH, "temporary_homes", columns, person)
