"""What was done in each referral: sources, needs, assessments, plans; one entry per referral of `Spells`."""

from dataclasses import dataclass

import numpy as np

from linkage_synth.arrays import Bools, Ints, Texts, choose, texts
from linkage_synth.careers import IN_NEED, LOOKED_AFTER, NO_FURTHER_ACTION, PROTECTED, Spells
from linkage_synth.dates import NO_DATE
from linkage_synth.families import Families
from linkage_synth.traits import Traits

SOURCES = {
    "6": 0.29, "2A": 0.18, "3A": 0.03, "3B": 0.02, "3C": 0.01, "3D": 0.03, "3E": 0.04, "3F": 0.02, "5A": 0.08,
    "5B": 0.06, "5C": 0.02, "5D": 0.01, "1A": 0.07, "1B": 0.02, "1C": 0.01, "1D": 0.01, "2B": 0.02, "4": 0.02,
    "7": 0.03, "8": 0.02, "9": 0.02, "10": 0.01,
}  # fmt: skip
NEEDS = {
    "N1": 0.57,
    "N2": 0.07,
    "N3": 0.03,
    "N4": 0.1,
    "N5": 0.14,
    "N6": 0.03,
    "N7": 0.01,
    "N8": 0.02,
    "N9": 0.02,
    "N0": 0.01,
}
FACTORS = (
    "3A", "3B", "4B", "4A", "17A", "16A", "1B", "2B", "18C", "18B", "5A", "5B", "6A", "6B", "10A", "11A",
    "13A", "14A", "15A", "19B", "19C", "20", "21", "24A", "7A", "2A",
)  # fmt: skip
ABUSE = {"NEG": 0.48, "EMO": 0.38, "PHY": 0.07, "SAB": 0.04, "MUL": 0.03}
CLOSURES = {"RC7": 0.46, "RC8": 0.4, "RC9": 0.06, "RC3": 0.03, "RC4": 0.02, "RC6": 0.03}


@dataclass(frozen=True)
class Casework:
    """Codes and days; `NO_DATE` for steps that were not taken."""

    source: Texts
    need: Texts
    factors: list[tuple[str, ...]]
    assessed_from: Ints
    assessed_to: Ints
    plan_from: Ints
    plan_to: Ints
    enquiry: Ints
    conference: Ints
    protected_from: Ints
    protected_to: Ints
    abuse: Texts
    abuse_later: Texts
    earlier_plans: Ints
    closure: Texts


def _draw(rng: np.random.Generator, table: dict[str, float], size: int) -> Texts:
    drawn: Texts = texts(list(table))[choose(rng, list(table.values()), size)]
    return drawn


def _factors(rng: np.random.Generator, unaccompanied: list[bool]) -> list[tuple[str, ...]]:
    """One to four factors of each assessment, in the order of `FACTORS`; 9A for unaccompanied children."""
    count = 1 + rng.integers(0, 4, len(unaccompanied))
    weights = (np.arange(len(FACTORS)) + 2.0) ** -0.8
    drawn = choose(rng, weights, 4 * len(unaccompanied)).reshape(-1, 4).tolist()
    result = []
    for number, picks, alone in zip(count.tolist(), drawn, unaccompanied, strict=True):
        codes = tuple(FACTORS[pick] for pick in sorted(set(picks[:number])))
        result.append(("9A", *codes[:1]) if alone else codes)
    return result


def build_casework(rng: np.random.Generator, families: Families, traits: Traits, spells: Spells) -> Casework:
    """Steps of all referrals, each inside its referral."""
    size = len(spells.person)
    kind, start, end = (
        spells.kind,
        spells.start,
        np.where(spells.end == NO_DATE, np.iinfo(np.int64).max, spells.end),
    )
    alone = families.unaccompanied[spells.person]
    disabled = traits.disabled[spells.person] == 1

    assessed_from = np.minimum(start + rng.integers(0, 8, size), end)
    assessed_to = np.minimum(assessed_from + rng.integers(15, 46, size), end)
    assessed = kind != NO_FURTHER_ACTION
    planned = assessed & np.isin(kind, [IN_NEED, PROTECTED, LOOKED_AFTER]) & (rng.random(size) < 0.8)
    plan_from = assessed_to + rng.integers(0, 14, size)
    planned &= plan_from < end
    enquired = (kind == PROTECTED) | (assessed & (rng.random(size) < 0.18))
    enquiry = np.minimum(start + rng.integers(1, 15, size), end)
    conference = enquiry + rng.integers(10, 22, size)
    protected = (kind == PROTECTED) & (conference < end)
    abuse = _draw(rng, ABUSE, size)
    protected_to = np.where(spells.end == NO_DATE, NO_DATE, np.maximum(end - rng.integers(0, 40, size), conference))
    need = _draw(rng, NEEDS, size)
    need = np.where(disabled & (rng.random(size) < 0.55), "N2", np.where(alone, "N8", need))

    def where(taken: Bools, days: Ints) -> Ints:
        return np.where(taken, days, NO_DATE)

    closure = np.where(kind == LOOKED_AFTER, "RC7", _draw(rng, CLOSURES, size))
    closure = np.where(families.stillborn[spells.person], "RC2", np.where(spells.transferred, "RC5", closure))
    return Casework(
        source=_draw(rng, SOURCES, size),
        need=need,
        factors=_factors(rng, alone.tolist()),
        assessed_from=where(assessed, assessed_from),
        assessed_to=where(assessed, assessed_to),
        plan_from=where(planned, plan_from),
        plan_to=where(planned & (spells.end != NO_DATE), end),
        enquiry=where(enquired, enquiry),
        conference=where(enquired & protected, conference),
        protected_from=where(protected, conference),
        protected_to=where(protected, protected_to),
        abuse=abuse,
        abuse_later=np.where(rng.random(size) < 0.85, abuse, _draw(rng, ABUSE, size)),
        earlier_plans=np.where(rng.random(size) < 0.22, rng.integers(1, 4, size), 0),
        closure=closure.astype(np.object_),
    )
