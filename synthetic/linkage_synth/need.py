"""Which families come to social care: a need for each mother, shared by her children."""

import numpy as np

from linkage_synth.arrays import Bools, Floats, Ints
from linkage_synth.cultures import CULTURES
from linkage_synth.families import Families
from linkage_synth.traits import Traits


def family_need(rng: np.random.Generator, families: Families, traits: Traits) -> Floats:
    """How many times likelier than average a mother's children are to be referred; mean 1.

    Log-normal between mothers, times the culture's rate, times a rise with deprivation and disability.
    """
    mothers = len(families.mothers_culture)
    own = rng.lognormal(0.0, 1.1, mothers)
    culture = np.array([each.referral for each in CULTURES])[families.mothers_culture]
    poverty, disabled = np.full(mothers, 0.2), np.zeros(mothers)
    np.maximum.at(poverty, families.mother, traits.deprivation)
    np.maximum.at(disabled, families.mother, traits.disabled.astype(np.float64))
    need = own * culture * np.exp(2.2 * (poverty - 0.25)) * (1 + 1.5 * disabled)
    result: Floats = need / need.mean()
    return result


def first_until(rng: np.random.Generator, mother: Ints, counts: Bools, target: int) -> Bools:
    """Marks entries of whole families, taken in random order until `target` of the counted entries are in.

    `mother` and `counts` have one entry per candidate.
    """
    size = int(mother.max(initial=-1)) + 1
    per_mother = np.bincount(mother, weights=counts, minlength=size)
    order = rng.permutation(size)
    taken = np.cumsum(per_mother[order]) <= target
    chosen = np.zeros(size, dtype=np.bool_)
    chosen[order[taken]] = True
    return chosen[mother]
