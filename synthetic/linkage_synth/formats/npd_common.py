"""What tables of the National Pupil Database (NPD) have in common: codes, years, and the parts of a school."""

import numpy as np

from linkage_synth.arrays import Ints, Texts, texts
from linkage_synth.dates import NO_DATE, parts
from linkage_synth.places import Places

ETHNIC_MAJOR = {
    "W": "WHIT", "M": "MIXD", "A": "ASIA", "B": "BLAC", "C": "CHIN", "O": "AOEG", "R": "UNCL", "N": "UNCL",
}  # fmt: skip
"""Major group by the first letter of the minor one."""


def ethnic_major(minor: Texts) -> Texts:
    """NPD's major group of each code; unclassified where the code says that it is not known."""
    return texts([ETHNIC_MAJOR[code[0]] if code else "" for code in minor])


def numbers(values: Ints) -> Texts:
    """Numbers as text."""
    result: Texts = values.astype(str).astype(np.object_)
    return result


def same(value: str, size: int) -> Texts:
    """A column that says the same in every row."""
    column: Texts = np.full(size, value, dtype=np.object_)
    return column


def birth_parts(birth: Ints) -> tuple[Texts, Texts]:
    """Year and month of birth; empty where there is no date."""
    year, month, _ = parts(birth)
    known = birth != NO_DATE
    return np.where(known, numbers(year), ""), np.where(known, numbers(month), "")


def neighbourhoods(postcode: Ints) -> Texts:
    """Code of the lower-layer area of each postcode: about forty share one. The numbers are not those in use."""
    result: Texts = texts([f"E019{number:05d}" for number in (postcode // 40 + 90_000).tolist()])
    return result


def laestabs(places: Places, school: Ints) -> Texts:
    """Authority and establishment number of each school."""
    result: Texts = places.authority_code[places.school_authority[school]] + numbers(places.school_estab[school])
    return result
