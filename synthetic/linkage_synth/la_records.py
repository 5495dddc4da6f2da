"""What an authority's case system says of the children it knows: the person part of its returns."""

from dataclasses import dataclass, fields

import numpy as np

from linkage_synth.arrays import Bools, Floats, Ints, Texts, blank, choose, texts
from linkage_synth.dates import NO_DATE, YEAR_END, age_on
from linkage_synth.errors import write_birth, write_ethnicity, write_sex
from linkage_synth.families import Families
from linkage_synth.identifiers import Upns
from linkage_synth.registers import Register
from linkage_synth.traits import Traits
from linkage_synth.upn_records import hide, make_some_wrong

KEPT_FROM_YEAR_TO_YEAR = 0.85
"""Share of records that say the same, errors included, in the next return."""
NO_UPN = 0.2
NO_UPN_UNDER_FIVE = 0.5
NO_UPN_UNACCOMPANIED = 0.5
UPN_WRONG = 0.005
UPN_OUT_OF_DATE = 0.2
FORMER_UPN_RECORDED = 0.45
ETHNICITY_NOT_KNOWN = 0.025


@dataclass(frozen=True)
class Facts:
    """What the system holds, by entry of the register; dice are numbers from 0 to 1 kept for later."""

    birth: Ints
    is_girl: Bools
    ethnicity: Texts
    upn_die: Floats
    age_die: Floats
    former_die: Floats
    code_die: Floats

    def partly(self, other: "Facts", taken: Bools) -> "Facts":
        """These facts, with those of `other` where `taken`."""
        return Facts(
            **{each.name: np.where(taken, getattr(other, each.name), getattr(self, each.name)) for each in fields(self)}
        )


def draw_facts(
    rng: np.random.Generator, families: Families, traits: Traits, risk: Floats, register: Register, on: int
) -> Facts:
    """Facts as an authority would write them down afresh."""
    person = register.person
    size, risk = len(person), risk[person]
    birth = families.birth[person]
    recorded = write_birth(rng, birth, risk, families.unaccompanied[person], on)
    return Facts(
        birth=np.where(birth > on, birth, recorded),
        is_girl=write_sex(rng, families.is_girl[person], risk),
        ethnicity=write_ethnicity(rng, traits.ethnicity[person], risk, ETHNICITY_NOT_KNOWN),
        upn_die=rng.random(size),
        age_die=rng.random(size),
        former_die=rng.random(size),
        code_die=rng.random(size),
    )


def facts_by_return(
    streams: dict[str, np.random.Generator],
    families: Families,
    traits: Traits,
    risk: Floats,
    register: Register,
) -> dict[str, Facts]:
    """Facts behind each return: most records, errors included, are the same from one to the next."""
    result: dict[str, Facts] = {}
    previous: Facts | None = None
    for name, rng in streams.items():
        fresh = draw_facts(rng, families, traits, risk, register, YEAR_END[int(name[-4:])])
        again = rng.random(len(register.person)) >= KEPT_FROM_YEAR_TO_YEAR
        previous = fresh if previous is None else previous.partly(fresh, again)
        result[name] = previous
    return result


@dataclass(frozen=True)
class PersonPart:
    """Person part of the rows of one return, one entry per row."""

    entry: Ints
    person: Ints
    authority: Ints
    child_id: Texts
    upn: Texts
    former_upn: Texts
    birth: Ints
    """`NO_DATE` where the child is not born."""
    expected_birth: Ints
    sex: Texts
    """1 boy, 2 girl, 0 unborn."""
    ethnicity: Texts


def person_part(
    rng: np.random.Generator,
    families: Families,
    risk: Floats,
    upns: Upns,
    register: Register,
    facts: Facts,
    entry: Ints,
    collection: int,
    no_upn: float,
) -> PersonPart:
    """The person part of the rows for those entries of the register, as of 31 March.

    A share `no_upn` of all rows has no UPN; half of children aged 0 to 4, and half of unaccompanied children.
    """
    on = YEAR_END[collection]
    person = register.person[entry]
    current, former = upns.held_on(on)
    everyones = current
    current, former = current[person], former[person]
    old = (former != "") & (facts.age_die[entry] < UPN_OUT_OF_DATE)
    current, former = np.where(old, former, current), np.where(old, "", former)
    former = np.where(facts.former_die[entry] < FORMER_UPN_RECORDED, former, "")

    unborn = (families.birth[person] > on) | families.stillborn[person]
    age = age_on(families.birth[person], on)
    alone = families.unaccompanied[person]
    under_five = ~unborn & (age < 5) & ~alone
    rest = ~unborn & ~under_five & ~alone
    has = current != ""
    risk = risk[person]
    die = facts.upn_die[entry]
    lost = hide(die, has, under_five, NO_UPN_UNDER_FIVE, risk) | hide(die, has, alone, NO_UPN_UNACCOMPANIED, risk)
    others = no_upn * len(entry) - int((~rest & ~(has & ~lost)).sum())
    lost |= hide(die, has, rest, max(others, 0.0) / max(int(rest.sum()), 1), risk)
    current = np.where(lost, "", current)
    current = make_some_wrong(rng, current, person, families, everyones, UPN_WRONG)

    sex = np.where(facts.is_girl[entry], "2", "1").astype(np.object_)
    sex = np.where(unborn, "0", sex)
    # A due date is up to 20 days from the day of birth; few records keep it once the child is born.
    due = families.birth[person] + np.round(8 * (facts.age_die[entry] - 0.5) * 5).astype(np.int64)
    keeps_due_date = families.unborn_in[person] == collection - 1
    return PersonPart(
        entry=entry,
        person=person,
        authority=register.authority[entry],
        child_id=register.child_id[collection][entry],
        upn=current,
        former_upn=np.where(lost, "", former),
        birth=np.where(unborn, NO_DATE, facts.birth[entry]),
        expected_birth=np.where(unborn | (keeps_due_date & (facts.code_die[entry] < 0.3)), due, NO_DATE),
        sex=sex,
        ethnicity=np.where(unborn & (facts.code_die[entry] < 0.4), "NOBT", facts.ethnicity[entry]),
    )


def unknown_codes(rng: np.random.Generator, part: PersonPart, families: Families, collection: int) -> Texts:
    """UN codes of rows without a UPN: UN1 before school age, UN2 to UN4 for those from abroad, else a mix."""
    age = age_on(families.birth[part.person], YEAR_END[collection])
    size = len(part.person)
    codes = texts(["UN1", "UN2", "UN3", "UN4", "UN5", "UN6"])
    young = choose(rng, [0.93, 0.02, 0.0, 0.05, 0.0, 0.0], size)
    alone = choose(rng, [0.0, 0.55, 0.15, 0.3, 0.0, 0.0], size)
    rest = choose(rng, [0.08, 0.25, 0.1, 0.3, 0.12, 0.15], size)
    kind = np.where(families.unaccompanied[part.person], alone, np.where(age < 5, young, rest))
    return np.where(part.upn == "", codes[kind], blank(size))
