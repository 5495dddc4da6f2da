"""Whose records go wrong: some groups more than others, so that linkage is biased as it is in life."""

import numpy as np

from linkage_synth.arrays import Floats
from linkage_synth.care import Care
from linkage_synth.cultures import CULTURES
from linkage_synth.dates import REFERENCE, age_on
from linkage_synth.families import Families
from linkage_synth.traits import Traits

UNDER_FIVE = 1.25
NEWCOMER = 1.4
"""Came to England in the last three years."""
LOOKED_AFTER = 1.4


def recording_risk(families: Families, traits: Traits, care: Care) -> Floats:
    """How many times likelier than average a record of each person is to be wrong or incomplete; mean 1."""
    risk = np.array([culture.recording_risk for culture in CULTURES])[families.culture]
    risk = risk * np.where(traits.arrived_on > REFERENCE - 3 * 365, NEWCOMER, 1.0)
    risk = risk * np.where(age_on(families.birth, REFERENCE) < 5, UNDER_FIVE, 1.0)
    risk = risk * (0.85 + 0.6 * traits.deprivation)
    risk[care.person] *= LOOKED_AFTER
    normalised: Floats = risk / risk.mean()
    return normalised
