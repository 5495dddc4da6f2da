"""Numbers other than UPNs: learner numbers, pupil matching references and other surrogates."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from linkage_synth.arrays import Ints, Texts

Symbols: TypeAlias = npt.NDArray[np.uint8]

SYMBOLS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", dtype=np.uint8)
HEXADECIMAL = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
TEMPORARY_ULN = "9999999999"
"""What an ILR return has for a learner whose number is not known."""
TEST_RANGE = 990_000_000
"""First nine digits of the learner numbers that the agency keeps for tests: none belongs to a learner."""
DIFFER_IN_CASE_ONLY = 0.005
"""Share of persons whose reference is that of another person but for capital and small letters."""


def uln_checks(first_nine: Ints) -> Ints:
    """Check digit of each learner number; 10 where the first nine digits cannot be used.

    Sum of digit times weight, weights 10 to 2, modulo 11; 10 less that, and no number where it is 0.
    Source: HESA, "Unique learner number", validation rules.
    """
    digits = first_nine[:, None] // 10 ** np.arange(8, -1, -1) % 10
    remainder: Ints = digits @ np.arange(10, 1, -1) % 11
    return 10 - remainder


def build_ulns(rng: np.random.Generator, size: int) -> Texts:
    """A learner number for each person, none twice."""
    # A step that shares no divisor with the size of the range meets every number once.
    steps = np.arange(round(size * 1.15) + 50)
    return ulns_of(TEST_RANGE + (int(rng.integers(0, 10_000_000)) + steps * 7_654_321) % 10_000_000)[:size]


def ulns_of(first_nine: Ints) -> Texts:
    """The learner numbers of first nine digits, without those that cannot be used."""
    check = uln_checks(first_nine)
    usable = check < 10
    numbers: Texts = (first_nine[usable] * 10 + check[usable]).astype("U10").astype(np.object_)
    return numbers


def tokens(rng: np.random.Generator, size: int, length: int, symbols: Symbols) -> Texts:
    """Opaque texts of that length."""
    drawn = np.ascontiguousarray(symbols[rng.integers(0, len(symbols), (size, length))])
    result: Texts = drawn.view(f"S{length}").ravel().astype(f"U{length}").astype(np.object_)
    return result


def build_references(rng: np.random.Generator, size: int) -> Texts:
    """Pupil matching references of one supply: 18 characters, of which case counts; one for each person."""
    references = tokens(rng, size, 18, SYMBOLS)
    pairs = rng.permutation(size)[: 2 * round(DIFFER_IN_CASE_ONLY * size / 2)].reshape(-1, 2)
    for one, other in pairs.tolist():
        references[other] = references[one].swapcase()
    return references


def by_text(rng: np.random.Generator, values: Texts, length: int) -> Texts:
    """A surrogate of each text, the same for the same text."""
    distinct = sorted(set(values.tolist()))
    surrogate = dict(zip(distinct, tokens(rng, len(distinct), length, HEXADECIMAL), strict=True))
    return np.array([surrogate[value] for value in values.tolist()], dtype=np.object_)
