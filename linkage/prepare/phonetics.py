"""Phonetic codes of names (metaphone)."""

from __future__ import annotations

import jellyfish


def phonetic_code(word: str) -> str:
    """Metaphone of a clean word (Philips 1990, as jellyfish has it).

    A word with digits is its own code: metaphone drops digits, and made-up names would all sound the same.
    So is a word that metaphone leaves nothing of, such as a single H.
    """
    if not word.isalpha():
        return word
    return jellyfish.metaphone(word) or word
