"""The truth about families: whose children they are, and with whom they live when."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import Bools, Ints, Texts, texts
from linkage_synth.care import Care
from linkage_synth.csv_files import write_csv
from linkage_synth.cultures import ETHNICITY_GROUPS
from linkage_synth.dates import NO_DATE, iso
from linkage_synth.families import Families
from linkage_synth.places import Places
from linkage_synth.traits import Traits

FAMILIES, HOUSEHOLDS = "truth/families.csv", "truth/households.csv"


def lives_with(families: Families) -> Texts:
    """Which parents a child's household holds: `both`, `mother`, `father`, or `none` for those who came alone.

    A mother lives with the father of her last child; a child of an earlier father is with her, or with him.
    """
    last_father = np.zeros(len(families.mothers_culture), dtype=np.int64)
    np.maximum.at(last_father, families.mother, families.father)
    with_mother = families.household == _household_of_mother(families)[families.mother]
    both = with_mother & (families.father == last_father[families.mother])
    found: Texts = np.where(both, "both", np.where(with_mother, "mother", "father")).astype(np.object_)
    found[families.unaccompanied] = "none"
    return found


def _household_of_mother(families: Families) -> Ints:
    """Household of each mother; -1 where all her children live with their fathers.

    Households stand in the order of mothers, then of fathers, so the first of a mother's is her own if any child of
    her last father is in it.
    """
    last_father = np.zeros(len(families.mothers_culture), dtype=np.int64)
    np.maximum.at(last_father, families.mother, families.father)
    own = np.full(len(last_father), -1, dtype=np.int64)
    with_last = families.father == last_father[families.mother]
    own[families.mother[with_last]] = families.household[with_last]
    return own


def write_families(out: Path, *, families: Families, traits: Traits, number: Ints, looked_after: Bools) -> str:
    """Write `truth/families.csv`, one row per person in order of number; gives its path.

    `multi_home` marks children whose mother's children live in more than one household.
    """
    flags = np.array(["0", "1"], dtype=np.object_)
    pairs = np.unique(np.stack([families.mother, families.household]), axis=1)
    homes = np.bincount(pairs[0], minlength=len(families.mothers_culture))
    with_whom = lives_with(families)
    columns: dict[str, Texts] = {
        "person": number.astype(np.object_),
        "mother": (families.mother + 1).astype(np.object_),
        "father": (families.father + 1).astype(np.object_),
        "lives_with": with_whom,
        "lone_parent": flags[np.isin(with_whom.astype(str), ["mother", "father"]).astype(np.int64)],
        "multi_home": flags[(homes[families.mother] > 1).astype(np.int64)],
        "care_experienced": flags[looked_after.astype(np.int64)],
        "ethnicity_group": texts([ETHNICITY_GROUPS[code] for code in traits.ethnicity]),
    }
    order = np.argsort(number, kind="stable")
    write_csv(out / FAMILIES, {name: column[order] for name, column in columns.items()}, len(number))
    return FAMILIES


def write_households(out: Path, *, places: Places, families: Families, care: Care, number: Ints) -> str:
    """Write `truth/households.csv`: person, household, kind (`home`, `placement`), valid_from, valid_to.

    A household is the grown-ups whom children live with, and keeps its number when it moves; a foster placement is a
    household of its own, a children's home one for all who are in it. A period ends before `valid_to`, which is empty
    where it lasts; adopted children stay where they were placed last.
    """
    home = np.array([f"h{label}" for label in range(int(families.household.max()) + 1)], dtype=np.object_)
    born = np.flatnonzero(families.born)
    start = np.full(len(families), NO_DATE, dtype=np.int64)
    start[care.person] = care.start
    back = np.full(len(families), NO_DATE, dtype=np.int64)
    back[care.person] = np.where(care.adopted, NO_DATE, care.end)
    returned = np.flatnonzero(families.born & (back != NO_DATE))

    owner = care.placement_person
    last = np.r_[owner[1:] != owner[:-1], True]
    ends = np.where(care.adopted[owner] & last, NO_DATE, care.placement_end)
    residential = places.postcode[care.placement_postcode]
    label = np.where(care.placement_residential, "r" + residential, [f"p{each}" for each in range(len(owner))])

    person = np.r_[born, returned, care.person[owner]]
    columns: dict[str, Texts] = {
        "person": number[person].astype(np.object_),
        "household": np.r_[home[families.household[born]], home[families.household[returned]], label],
        "kind": np.r_[np.full(len(born) + len(returned), "home"), np.full(len(owner), "placement")].astype(np.object_),
        "valid_from": iso(np.r_[families.birth[born], back[returned], care.placement_start]),
        "valid_to": iso(np.r_[start[born], np.full(len(returned), NO_DATE), ends]),
    }
    order = np.argsort(number[person], kind="stable")
    write_csv(out / HOUSEHOLDS, {name: column[order] for name, column in columns.items()}, len(person))
    return HOUSEHOLDS
