"""Each authority's register of children: the ids that it gives, and re-issues."""

from dataclasses import dataclass

import numpy as np

from linkage_synth.arrays import Ints, Texts, blank, order_within
from linkage_synth.careers import Spells
from linkage_synth.families import Families
from linkage_synth.places import Places

NEW_ID_AT_BIRTH = 0.2
"""Share of children known before birth who get a new id when they are born."""


@dataclass(frozen=True)
class Register:
    """One entry per person and authority, in order of person, then authority."""

    person: Ints
    authority: Ints
    child_id: dict[int, Texts]
    """Id in each collection year."""
    migrated: int
    """The authority that gave every child another's kind of number between the two years."""

    def entry(self, person: Ints, authority: Ints, authorities: int) -> Ints:
        """Index of the entries of persons in authorities."""
        keys = self.person * authorities + self.authority
        found: Ints = np.searchsorted(keys, person * authorities + authority).astype(np.int64)
        return found


def _id_texts(places: Places, authority: Ints, number: Ints, style: Ints) -> Texts:
    """Ids as the systems write them: digits, a letter and digits, or digits with leading zeros."""
    result = blank(len(number))
    for row, (place, value) in enumerate(zip(authority.tolist(), number.tolist(), strict=True)):
        kind = style[place] % 3
        if kind == 0:
            result[row] = str(100_000 + value)
        elif kind == 1:
            result[row] = f"P{value:07d}"
        else:
            result[row] = f"{value:08d}"
    return result


def build_register(rng: np.random.Generator, places: Places, families: Families, spells: Spells) -> Register:
    """Ids of all children referred.

    In one authority a new system gave out the old numbers afresh between the years: there an old id belongs
    to another child in the second year.
    """
    keys = np.unique(spells.person * places.authorities + spells.authority)
    person, authority = keys // places.authorities, keys % places.authorities
    style = rng.integers(0, 3, places.authorities)
    base = rng.integers(1_000, 60_000, places.authorities)
    # Numbers follow the order in which children became known, with gaps for those long gone.
    turn = rng.permutation(len(keys))
    number = np.empty(len(keys), dtype=np.int64)
    order = np.argsort(turn, kind="stable")
    number[order] = order_within(authority[order]) * 3
    number += base[authority] + rng.integers(0, 3, len(keys))

    count = np.bincount(authority, minlength=places.authorities)
    migrated = int(np.argsort(-count, kind="stable")[min(1, len(count) - 1)])
    later = number.copy()
    here = np.flatnonzero(authority == migrated)
    later[here] = number[here][rng.permutation(len(here))]
    born = np.flatnonzero((families.unborn_in[person] == 2023) & ~families.stillborn[person])
    renewed = born[rng.random(len(born)) < NEW_ID_AT_BIRTH]
    later[renewed] = (
        base[authority[renewed]] + 3 * count[authority[renewed]] + 10 + 7 * order_within(authority[renewed])
    )
    first = _id_texts(places, authority, number, style)
    second = _id_texts(places, authority, later, style)
    return Register(person, authority, {2023: first, 2024: second}, migrated)
