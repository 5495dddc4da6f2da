"""What the children are called: registered names, and the names they go by instead."""

from dataclasses import dataclass

import numpy as np

from linkage_synth import forenames
from linkage_synth.arrays import Bools, Ints, Texts, blank, choose, codes_of, texts
from linkage_synth.cultures import CULTURES, Culture
from linkage_synth.families import Families
from linkage_synth.misspelling import replace_accents
from linkage_synth.surnames import DAUGHTERS_SECOND_NAMES, PARTS, SONS_SECOND_NAMES, SURNAMES
from linkage_synth.variants import SHORT_FORMS

FEMININE_ENDINGS = (
    ("ski", "ska"),
    ("cki", "cka"),
    ("dzki", "dzka"),
    ("ný", "ná"),
    ("áč", "áčová"),
    ("oš", "ošová"),
)
FEMININE_ENDING_KEPT = 0.7
"""Share of girls registered with the feminine form; the rest have their father's form."""
OWN_SECOND_NAME = 0.5
SINGH_OR_KAUR_AS_SURNAME = 0.5
KNOWN_BY_ANOTHER_NAME = 0.12
STEP_OR_FORMER_SURNAME = 0.06


@dataclass(frozen=True)
class Names:
    """One entry per person; empty text where a person has none of the kind."""

    forename: Texts
    middle: Texts
    surname: Texts
    known_as: Texts
    """Forename in daily use where it is not the registered one."""
    other_surname: Texts
    """The other parent's, a step-parent's or a former surname, which some records use."""


def _pool(text: str) -> Texts:
    return texts([word.replace("_", " ") for word in text.split()])


def _draw(rng: np.random.Generator, pool: Texts, size: int, exponent: float = 0.75) -> Texts:
    """Names of a pool by Zipf's law: the weight of the n-th is (n + 2) to the power of minus the exponent."""
    weights = (np.arange(len(pool)) + 3.0) ** -exponent
    drawn: Texts = pool[choose(rng, weights, size)]
    return drawn


def _draw_forename(rng: np.random.Generator, pool: str, is_girl: Bools) -> Texts:
    boys = _draw(rng, _pool(forenames.BOYS[pool]), len(is_girl))
    girls = _draw(rng, _pool(forenames.GIRLS[pool]), len(is_girl))
    return np.where(is_girl, girls, boys)


def _assemble(rng: np.random.Generator, pool: str, size: int) -> Texts:
    """Rare surnames out of parts; one in five has a middle part where the pool has any."""
    beginnings, middles, endings = (_pool(part) for part in PARTS[pool])
    begin = beginnings[rng.integers(0, len(beginnings), size)]
    end = endings[rng.integers(0, len(endings), size)]
    if len(middles) == 0:
        plain: Texts = begin + end
        return plain
    with_middle = rng.random(size) < 0.25
    middle = np.where(with_middle, middles[rng.integers(0, len(middles), size)], "")
    surnames: Texts = begin + middle + end
    return surnames


def _parent_surname(rng: np.random.Generator, parents_culture: Ints) -> Texts:
    surname = blank(len(parents_culture))
    for number, culture in enumerate(CULTURES):
        here = np.flatnonzero(parents_culture == number)
        if culture.convention == "chain":
            # A grandfather's forename stands where others have a surname.
            surname[here] = _draw(rng, _pool(forenames.BOYS[culture.pool]), len(here))
            continue
        common = _draw(rng, _pool(SURNAMES[culture.pool]), len(here))
        rare = _assemble(rng, culture.pool, len(here))
        surname[here] = np.where(rng.random(len(here)) < culture.rare_surname, rare, common)
    return surname


@dataclass(frozen=True)
class _Couple:
    """What the names of a couple's children are made of, one entry per child of one culture."""

    mother: Texts
    father: Texts
    fathers_forename: Texts


def _family_surname(rng: np.random.Generator, culture: Culture, couple: _Couple, father: Ints) -> Texts:
    """Father's, mother's or both, the same for all children of a couple."""
    couples, place = np.unique(father, return_inverse=True)
    draw = rng.random(len(couples))[place]
    mother_first = rng.random(len(couples))[place] < 0.7
    edge = culture.mothers_surname
    surname: Texts = np.where(draw < edge, couple.mother, couple.father)
    for row in np.flatnonzero((draw >= edge) & (draw < edge + culture.double_barrelled)).tolist():
        mothers, fathers = couple.mother[row], couple.father[row]
        if not {"-", " "} & {*mothers, *fathers}:
            surname[row] = f"{mothers}-{fathers}" if mother_first[row] else f"{fathers}-{mothers}"
    return surname


def _feminine(surname: str) -> str:
    for masculine, feminine in FEMININE_ENDINGS:
        if surname.endswith(masculine):
            return surname[: -len(masculine)] + feminine
    return surname


def _of_convention(
    rng: np.random.Generator,
    culture: Culture,
    couple: _Couple,
    families: Families,
    here: Ints,
    forename: Texts,
) -> tuple[Texts, Texts, Texts]:
    """Forename, middle name and surname of the children `here`, by the custom of their culture."""
    girl = families.is_girl[here]
    size = len(here)
    surname = _family_surname(rng, culture, couple, families.father[here])
    has_middle = rng.random(size) < culture.middle_name
    middle: Texts = np.where(has_middle, _draw_forename(rng, culture.pool, girl), "")
    match culture.convention:
        case "feminine_endings":
            feminine = girl & (rng.random(size) < FEMININE_ENDING_KEPT)
            surname[feminine] = texts([_feminine(name) for name in surname[feminine]])
        case "own_second_name":
            own = rng.random(size) < OWN_SECOND_NAME
            sons = _draw(rng, _pool(SONS_SECOND_NAMES[culture.pool]), size)
            daughters = _draw(rng, _pool(DAUGHTERS_SECOND_NAMES[culture.pool]), size)
            surname = np.where(own, np.where(girl, daughters, sons), surname)
            prefix = np.where(culture.pool == "bangladeshi", "Md ", "Muhammad ")
            starts = np.array([name.startswith(("Muhammad", "Mohammed")) for name in forename], dtype=np.bool_)
            prefixed = ~girl & ~starts & (rng.random(size) < 0.35)
            forename = np.where(prefixed, prefix + forename, forename)
        case "singh_kaur":
            shared = np.where(girl, "Kaur", "Singh").astype(np.object_)
            alone = rng.random(size) < SINGH_OR_KAUR_AS_SURNAME
            middle = np.where(alone, middle, shared)
            surname = np.where(alone, shared, surname)
        case "fathers_forename_middle":
            middle = np.where(has_middle, couple.fathers_forename, "")
        case "fathers_name":
            surname = couple.fathers_forename
        case "chain":
            middle, surname = couple.fathers_forename, couple.father
        case "two_surnames":
            single = rng.random(size) < 0.2
            surname = np.where(single, couple.father, couple.mother + " " + couple.father)
        case "thi_van":
            middle = np.where(girl, "Thị", "Văn").astype(np.object_)
        case "day_name":
            weekday = (families.birth[here] + 3) % 7
            days = np.where(girl, texts(forenames.DAY_NAMES_GIRLS)[weekday], texts(forenames.DAY_NAMES_BOYS)[weekday])
            middle = np.where(rng.random(size) < 0.6, days, middle)
    return forename, middle, surname


def _known_as(rng: np.random.Generator, culture: Culture, forename: Texts, middle: Texts, girl: Bools) -> Texts:
    """A short form, an English name or the middle name for some; empty for most."""
    size = len(forename)
    result = blank(size)
    if culture.convention == "family_name_first":
        english = np.where(
            girl,
            _draw(rng, _pool(forenames.ANGLICISED_GIRLS), size),
            _draw(rng, _pool(forenames.ANGLICISED_BOYS), size),
        )
        chosen = rng.random(size) < 0.45
        result[chosen] = english[chosen]
        return result
    draws = rng.random(size)
    picks = rng.integers(0, 12, size)
    for row in np.flatnonzero(draws < KNOWN_BY_ANOTHER_NAME).tolist():
        short = SHORT_FORMS.get(forename[row])
        if short is not None:
            options = short.split()
            result[row] = options[picks[row] % len(options)]
        elif draws[row] < 0.03:
            result[row] = middle[row]
    return result


def build_names(rng: np.random.Generator, families: Families) -> Names:
    """Names of all persons. Twins and full siblings never share a forename."""
    mothers_surname = _parent_surname(rng, families.mothers_culture)
    fathers_surname = _parent_surname(rng, families.fathers_culture)
    fathers_forename = blank(len(families.fathers_culture))
    for number, culture in enumerate(CULTURES):
        fathers = np.flatnonzero(families.fathers_culture == number)
        fathers_forename[fathers] = _draw(rng, _pool(forenames.BOYS[culture.pool]), len(fathers))

    forename, middle, surname, known_as = (blank(len(families)) for _ in range(4))
    # Names follow the father's culture; where the parents' differ, forenames are often English.
    naming = families.fathers_culture[families.father]
    for number, culture in enumerate(CULTURES):
        here = np.flatnonzero(naming == number)
        girl = families.is_girl[here]
        given = _draw_forename(rng, culture.pool, girl)
        mixed = families.culture[here] != number
        given = np.where(mixed & (rng.random(len(here)) < 0.6), _draw_forename(rng, "english", girl), given)
        given = _distinct_in_family(rng, given, families.mother[here], girl, culture.pool)
        father, mother = families.father[here], families.mother[here]
        couple = _Couple(mothers_surname[mother], fathers_surname[father], fathers_forename[father])
        forename[here], middle[here], surname[here] = _of_convention(rng, culture, couple, families, here, given)
        middle[here] = np.where(middle[here] == forename[here], "", middle[here])
        known_as[here] = _known_as(rng, culture, forename[here], middle[here], girl)

    other = np.where(
        surname == mothers_surname[families.mother],
        fathers_surname[families.father],
        mothers_surname[families.mother],
    )
    step = rng.random(len(families)) < STEP_OR_FORMER_SURNAME
    other = np.where(step, other[rng.permutation(len(other))], other)
    keeps = np.array([culture.keeps_accents for culture in CULTURES])[families.fathers_culture]
    plain = np.flatnonzero((rng.random(len(keeps)) >= keeps)[families.father])
    for column in (forename, middle, surname, known_as, other):
        replace_accents(column, plain)
    return Names(forename, middle, surname, known_as, other)


def _distinct_in_family(rng: np.random.Generator, given: Texts, mother: Ints, girl: Bools, pool: str) -> Texts:
    """Draw again, a few times, for a child called as an elder brother or sister is."""
    for _ in range(6):
        codes = codes_of(given)
        family_and_name = mother * (int(codes.max(initial=0)) + 1) + codes
        first = np.unique(family_and_name, return_index=True)[1]
        again = np.ones(len(given), dtype=np.bool_)
        again[first] = False
        if not again.any():
            break
        given[again] = _draw_forename(rng, pool, girl[again])
    return given
