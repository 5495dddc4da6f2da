"""What is true of the children: ethnicity, language, arrival, deprivation, school meals, special needs."""

from dataclasses import dataclass

import numpy as np

from linkage_synth.arrays import Floats, Ints, Texts, blank, choose, texts
from linkage_synth.cultures import CULTURES, ETHNICITY_GROUPS, Culture
from linkage_synth.dates import NO_DATE, REFERENCE
from linkage_synth.families import Families
from linkage_synth.homes import Homes
from linkage_synth.places import Places

SEN_TYPES = texts(["SLCN", "SEMH", "MLD", "SPLD", "ASD", "OTH", "PD", "HI", "VI", "SLD", "PMLD", "MSI", "NSA"])
SEN_TYPE_WEIGHTS = [0.26, 0.2, 0.16, 0.12, 0.13, 0.04, 0.025, 0.015, 0.01, 0.02, 0.008, 0.002, 0.02]


@dataclass(frozen=True)
class Traits:
    """One entry per person."""

    ethnicity: Texts
    language: Texts
    arrived_on: Ints
    """Day of coming to England, `NO_DATE` for those born here."""
    deprivation: Floats
    """IDACI score (0 to 1) of the present home."""
    fsm: Ints
    fsm_ever: Ints
    sen: Texts
    sen_type: Texts
    disabled: Ints


def _per_couple(rng: np.random.Generator, families: Families, choices: list[dict[str, float]]) -> Texts:
    """A value for each father's children, drawn from the choices of his culture."""
    result = blank(len(families.fathers_culture))
    for number, weights in enumerate(choices):
        fathers = np.flatnonzero(families.fathers_culture == number)
        result[fathers] = texts(list(weights))[choose(rng, list(weights.values()), len(fathers))]
    return result


def _mixed(mother: str, father: str) -> str:
    """Ethnicity code of a child whose parents' codes differ."""
    groups = {ETHNICITY_GROUPS[mother], ETHNICITY_GROUPS[father]}
    if groups == {"White"}:
        return "WOTH"
    if groups == {"White", "Black"}:
        return "MWBC" if "BCRB" in {mother, father} else "MWBA"
    if groups == {"White", "Asian"}:
        return "MWAS"
    return father if len(groups) == 1 else "MOTH"


def _main_code(culture: Culture) -> str:
    return max(culture.ethnicity, key=lambda code: culture.ethnicity[code])


def _ethnicity(rng: np.random.Generator, families: Families) -> Texts:
    codes = _per_couple(rng, families, [dict(culture.ethnicity) for culture in CULTURES])
    mothers = families.mothers_culture[families.fathers_mother]
    for couple in np.flatnonzero(mothers != families.fathers_culture).tolist():
        mother = _main_code(CULTURES[mothers[couple]])
        codes[couple] = _mixed(mother, codes[couple])
    result: Texts = codes[families.father]
    return result


def _arrivals(rng: np.random.Generator, families: Families) -> Ints:
    """Families come together: children born before the day came on it, children born after are born here."""
    chance = np.array([culture.arrived for culture in CULTURES])[families.mothers_culture]
    mothers = len(chance)
    came = rng.random(mothers) < np.minimum(1.9 * chance, 0.95)
    # Recent years weigh more: half of the families came within five years.
    on = REFERENCE - 15 - np.floor(16 * 365.25 * rng.random(mothers) ** 1.7).astype(np.int64)
    alone = REFERENCE - 12 - np.floor(900 * rng.random(len(families)) ** 1.2).astype(np.int64)
    day = np.where(came, on, NO_DATE)[families.mother]
    day = np.where(day > families.birth + 40, day, NO_DATE)
    result: Ints = np.where(families.unaccompanied, alone, day)
    return result


def build_traits(rng: np.random.Generator, places: Places, families: Families, homes: Homes) -> Traits:
    """Characteristics of all persons."""
    size = len(families)
    culture = families.culture
    shift = np.array([each.deprivation for each in CULTURES])[culture]
    score = places.idaci_score[homes.postcode_on(families.household, REFERENCE)]
    household_draw = rng.logistic(0.0, 1.0, len(homes.postcode[0]))[families.household]
    fsm_logit = -2.1 + 4.5 * score + 0.7 * shift + household_draw
    ever = fsm_logit > 0
    now = fsm_logit > 0.35

    arrived_on = _arrivals(rng, families)
    sen_draw = rng.random(size) * np.where(families.is_girl, 1.35, 0.75) / np.where(ever, 1.5, 0.85)
    sen: Texts = np.where(sen_draw < 0.043, "E", np.where(sen_draw < 0.17, "K", "N")).astype(np.object_)
    sen_type = np.where(sen == "N", "", SEN_TYPES[choose(rng, SEN_TYPE_WEIGHTS, size)])

    language = _per_couple(rng, families, [dict(each.language) for each in CULTURES])[families.father]
    return Traits(
        ethnicity=_ethnicity(rng, families),
        language=np.where(families.unaccompanied & (language == "ENG"), "OTH", language),
        arrived_on=arrived_on,
        deprivation=score,
        fsm=now.astype(np.int64),
        fsm_ever=ever.astype(np.int64),
        sen=sen,
        sen_type=sen_type,
        disabled=((sen == "E") & (rng.random(size) < 0.6) | (rng.random(size) < 0.015)).astype(np.int64),
    )
