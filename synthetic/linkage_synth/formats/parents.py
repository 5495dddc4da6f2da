"""Names of mothers, for lists that give them beside a child. Mothers are in no truth."""

import numpy as np

from linkage_synth import forenames
from linkage_synth.arrays import Ints, Texts, blank
from linkage_synth.cultures import CULTURES
from linkage_synth.world import World

OTHER_SURNAME = 0.35


def mothers_names(rng: np.random.Generator, world: World, person: Ints) -> tuple[Texts, Texts]:
    """Forename and surname of the mother of each of those persons; the same for brothers and sisters."""
    families = world.families
    mother, culture = families.mother, families.culture
    draws = rng.random((2, len(families.mothers_culture)))
    forename = blank(len(person))
    for number, each in enumerate(CULTURES):
        pool = forenames.GIRLS[each.pool].split()
        here = np.flatnonzero(culture[person] == number)
        picks = (draws[0, mother[person[here]]] * len(pool)).astype(np.int64).tolist()
        forename[here] = [pool[pick].replace("_", " ") for pick in picks]
    # Her surname is her first child's, or the other one that the child might have had.
    first = np.searchsorted(mother, mother[person])
    is_other = draws[1, mother[person]] < OTHER_SURNAME
    surname = np.where(is_other, world.names.other_surname[first], world.names.surname[first])
    return forename, surname
