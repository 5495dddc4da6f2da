"""Links between children and their parents, as an authority's case system exports them: a row per child and authority.

Held for part of the families known to social care, with the errors of such systems: a mother registered twice, a
child under another mother, fathers seldom recorded, a family number that follows the household and not the blood.
Children not yet born stand there by their due date; some of those born since, by the number they had before birth too.
"""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import Bools, Ints, Texts, blank, texts
from linkage_synth.dates import REFERENCE, dayfirst
from linkage_synth.formats.clerks import Clerk, write_down
from linkage_synth.formats.contract import Format, Output, Source, write_table
from linkage_synth.formats.known import Known

PATH = "local/family_links.csv"
FAMILY_HELD = 0.8
"""Share of families, of those an authority knows, whose members it has joined to one another."""
BROTHER_OR_SISTER_ENTERED = 0.75
"""Share of their brothers and sisters, themselves never in need, who are entered beside them."""
NO_MOTHER = 0.06
MOTHER_TWICE = 0.025
OTHER_MOTHER = 0.006
FATHER_HELD = 0.45
NO_FAMILY_NUMBER = 0.2
CLERK = Clerk(name_wrong=0.06, known_as=0.15, upn_known=0.35, old_postcode=0.15, no_postcode=0.05)
SOURCE = Source(
    "family_links",
    f"""\
format = "table"
path = "{PATH}"
key = "Person row"
[sources.family_links.columns]
authority = "LA"
la_child_id = "Child ID"
upn = "UPN"
forename = "First name"
surname = "Last name"
dob = {{ column = "DOB", format = "dayfirst" }}
expected_dob = {{ column = "EDD", format = "dayfirst" }}
sex = "Sex"
mother_id = "Mother ID"
father_id = "Father ID"
family_id = "Family no"
""",
)


def _members(rng: np.random.Generator, known: Known) -> tuple[Ints, Ints, Texts]:
    """Person, authority and child id of every row: children of the register, then brothers and sisters with no id."""
    world, families = known.world, known.world.families
    register, authorities = world.register, world.places.authorities
    family = families.mother * authorities
    held: Bools = rng.random(len(families.mothers_culture) * authorities) < FAMILY_HELD
    of_register = family[register.person] + register.authority
    inside = np.flatnonzero(held[of_register] & families.born[register.person])
    person, authority = register.person[inside], register.authority[inside]

    joined = np.unique(of_register[inside])
    mothers, places = joined // authorities, joined % authorities
    first = np.searchsorted(families.mother, mothers)
    count = np.searchsorted(families.mother, mothers, side="right") - first
    each = np.repeat(np.arange(len(mothers)), count)
    others = first[each] + np.arange(len(each)) - np.repeat(np.cumsum(count) - count, count)
    entered = np.isin(others * authorities + places[each], person * authorities + authority)
    there = world.homes.authority_on(families.household[others], REFERENCE) == places[each]
    chosen = ~entered & there & families.born[others] & (rng.random(len(each)) < BROTHER_OR_SISTER_ENTERED)
    ids = np.r_[register.child_id[2024][inside], blank(int(chosen.sum()))]
    return np.r_[person, others[chosen]], np.r_[authority, places[each[chosen]]], ids


def _before_birth(rng: np.random.Generator, known: Known) -> tuple[Ints, Ints, Texts]:
    """Person, authority and child id of the rows with a due date: not born, or born and given another id since."""
    register, families = known.world.register, known.world.families
    unborn_in = families.unborn_in[register.person]
    renumbered = (register.child_id[2023] != register.child_id[2024]) & (register.authority != register.migrated)
    listed = (unborn_in == 2024) | (unborn_in == 2023) & renumbered
    rows = np.flatnonzero(listed & (rng.random(len(unborn_in)) < FAMILY_HELD))
    ids = np.where(unborn_in[rows] == 2024, register.child_id[2024][rows], register.child_id[2023][rows])
    return register.person[rows], register.authority[rows], ids


def _numbers(prefix: str, order: Ints, key: Ints) -> Texts:
    """A number for each key that says nothing of it."""
    return texts([f"{prefix}{order[value]:07d}" for value in key.tolist()])


def write(out: Path, known: Known) -> Output:
    """Write the export of all authorities in one file, as a data hub would gather it."""
    world, families = known.world, known.world.families
    rng = world.draw("family_links")
    person, authority, child_id = _members(rng, known)
    order = rng.permutation(len(person))
    person, authority, child_id = person[order], authority[order], child_id[order]
    size, authorities = len(person), world.places.authorities

    mother = families.mother[person]
    wrong = np.flatnonzero(rng.random(size) < OTHER_MOTHER)
    mother[wrong] = mother[rng.integers(0, size, len(wrong))]
    key = mother * authorities + authority
    twice: Bools = rng.random((int(families.mother.max()) + 1) * authorities) < MOTHER_TWICE
    second = twice[key] & (rng.random(size) < 0.5)
    order_of_mothers = rng.permutation(2 * len(twice))
    mothers = _numbers("M", order_of_mothers, 2 * key + second)
    father_key = families.father[person] * authorities + authority
    fathers_held: Bools = rng.random((int(families.father.max()) + 1) * authorities) < FATHER_HELD
    fathers = _numbers("D", rng.permutation(len(fathers_held)), father_key)
    household = families.household[person] * authorities + authority
    order_of_families = rng.permutation((int(families.household.max()) + 1) * authorities)
    family = _numbers("F", order_of_families, household)

    entries = write_down(rng, known, person, REFERENCE, CLERK)
    columns = {
        "Person row": texts([f"R{row:06d}" for row in range(1, size + 1)]),
        "LA": world.places.authority_code[authority],
        "Child ID": child_id,
        "UPN": entries.upn,
        "First name": entries.names.forename,
        "Last name": entries.names.surname,
        "DOB": dayfirst(entries.birth),
        "EDD": blank(size),
        "Sex": np.where(entries.is_girl, "F", "M").astype(np.object_),
        "Mother ID": np.where(rng.random(size) < NO_MOTHER, "", mothers),
        "Father ID": np.where(fathers_held[father_key] & (rng.random(size) < 0.9), fathers, ""),
        "Family no": np.where(rng.random(size) < NO_FAMILY_NUMBER, "", family),
    }
    before, places, ids = _before_birth(rng, known)
    later = {
        "Person row": texts([f"R{row:06d}" for row in range(size + 1, size + len(before) + 1)]),
        "LA": world.places.authority_code[places],
        "Child ID": ids,
        "EDD": dayfirst(families.birth[before] + np.round(rng.normal(0, 8, len(before))).astype(np.int64)),
        "Mother ID": np.where(
            rng.random(len(before)) < NO_MOTHER,
            "",
            _numbers("M", order_of_mothers, 2 * (families.mother[before] * authorities + places)),
        ),
        "Family no": np.where(
            rng.random(len(before)) < NO_FAMILY_NUMBER,
            "",
            _numbers("F", order_of_families, families.household[before] * authorities + places),
        ),
    }
    both = {name: np.r_[values, later.get(name, blank(len(before)))] for name, values in columns.items()}
    return write_table(out, PATH, SOURCE.name, both, np.r_[person, before])


FORMAT = Format("family_links", write, (SOURCE,), (PATH,))
