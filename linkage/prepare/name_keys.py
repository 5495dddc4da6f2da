"""Keys of names: what is the same where one name is written in two ways.

The key of a word folds what transliteration, hearing and spelling change (KH and K, OU and U, doubled letters, a last
H) and knows families of spellings (`name_lists.SPELLINGS`). It keeps what tells children apart: AMINA and AMIRA, HASSAN
and HUSSEIN, MARIA and MARIAM, DANIEL and DANIELLE have keys of their own. The key of a forename is that of its telling
words: the MUHAMMAD before another name, which all brothers may have, is none.

Beside its key a name has `keys`: the key of the whole written as one word, of its parts, and of the full names that
a short form stands for. Two names agree where the key of one is among the keys of the other: a part or a short form
agrees with a whole name. That two names have a part in common says little: ABDUL RAHMAN and ABDUL KARIM, THI MAI and
THI LAN, BETH and LIBBY are brothers and sisters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from linkage.prepare.name_lists import (
    APART,
    HONORIFICS,
    O_SURNAMES,
    PARTICLES,
    READINGS,
    SHARED_TITLES,
    SHORT_FORMS,
    SPELLINGS,
)

SHORTEST_FOLDED = 4  # letters; in shorter words each letter tells names apart: MIA and MYA, ANA and INA
SHORTEST_WITH_VOWELS = 5  # letters; in shorter words each vowel does: LENA and LINA, RYAN and RIAN
SHORTEST_PART = 3  # letters; shorter words of a surname are particles and initials
SHORTEST_AFTER_PREFIX = 4  # letters that have to be left of a name when a beginning or ending is taken off

# Consonants that languages and clerks write differently, in this order; C is soft before E, I, Y and hard but in CH.
_CONSONANTS = (
    ("EIGH", "EE"), ("SHW", "SW"), ("SHV", "SV"), ("SCH", "SH"), ("TCH", "#"), ("CH", "#"), ("PH", "F"),
    ("CK", "K"), ("KH", "K"), ("GH", "G"), ("DH", "D"), ("BH", "B"), ("RH", "R"), ("WH", "W"), ("SZ", "S"),
    ("CE", "SE"), ("CI", "SI"), ("CY", "SY"), ("C", "K"), ("QU", "K"), ("Q", "K"), ("W", "V"), ("DJ", "J"),
    ("#", "CH"),
)  # fmt: skip
_HAS_SUCH_CONSONANTS = re.compile("[CHQWXZ]|DJ")
# The last sound of ABBY, ABBIE and ABBEY, of EDDY and EDDIE.
_LAST_Y = re.compile("(?<=..[^AEIOUY])EY$|(?<=BB|DD|LL|MM|NN|PP|SS|TT|ZZ)Y$")
_TH, _INNER_X, _DOUBLED = re.compile("TH(?!$)"), re.compile("(?<=.)X"), re.compile(r"(.)\1+")
# Vowels, in this order. The sound of HUSSEIN and HUSSAIN is one, that of LAYLA is not that of LILA: it is written 1.
_VOWELS = (("EE", "I"), ("IE", "I"), ("OO", "U"), ("OU", "U"), ("OE", "U"), ("UE", "U"))
_AI = re.compile("[AE][IY](?![AEIOUY])")
_SINGLE_VOWELS = str.maketrans("EYO", "IIU")
# Slavonic surnames of daughters and wives, and the one ending of those in -SKI.
_SKI, _OVA = re.compile("(SK|CK|ZK)(?:A|AYA|AIA|Y|YI|YY|YJ|IY|II|IJ|OY)$"), re.compile("(?<=...)([OE]V)A$")
# Words that make one name with the next one (ABD AL RAHMAN), with the one before (HAMID ULLAH), or with both (ZIA UR).
_JOINED = (
    (re.compile(r"\b(ABD|ABDU|ABDUL|ABDEL|ABDI) (?:(?:AL|EL|UL|UR|AR) )?(?=...)"), r"\1"),
    (re.compile(r"(?<=..) (UL|UR|UD|US|UN) (?=..)"), r"\1"),
    (re.compile(r"(?<=...) (ULLAH|UDDIN|UDIN|ALLAH)\b"), r"\1"),
)  # fmt: skip
_MAY_JOIN = re.compile(r"\bABD|\b(?:U[LRDSN]|ULLAH|UDDIN|UDIN|ALLAH)\b")
_SLOVAK = re.compile("(?<=....)OVA$")  # HORVATHOVA is the daughter of HORVATH, and IVANOVA of IVANOV
_BEGINNINGS = ("OLUWA", "CHUKWU")  # of Yoruba and Igbo names, left out in daily use; so are
_ENDINGS = ("CHUKWU", "BHAI", "BEN", "KUMAR")  # these of Igbo, Gujarati and Hindi names


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _groups(text: str) -> Iterator[list[str]]:
    return (group.replace(":", " ").split() for group in text.split(";") if group.strip())


_APART, _HONORIFICS, _PARTICLES = _words(APART), _words(HONORIFICS), _words(PARTICLES)
_SHARED_TITLES, _O_SURNAMES = _words(SHARED_TITLES), _words(O_SURNAMES)


def folded(word: str) -> str:
    """A clean word as it sounds in no language in particular; short words and those with digits stay as they are."""
    if len(word) < SHORTEST_FOLDED or not word.isalpha():
        return word
    if word in _APART:
        return f"{word}."  # no other word folds into it
    text = _LAST_Y.sub("IE", _in_one_form(word))
    if _HAS_SUCH_CONSONANTS.search(text):
        text = _INNER_X.sub("KS", _TH.sub("T", text))
        for written, sound in _CONSONANTS:
            text = text.replace(written, sound)
    first, rest = text[0], text[1:-1] if text[-1] == "H" and text[-2] in "AEIOUY" else text[1:]
    for written, sound in _VOWELS:
        rest = rest.replace(written, sound)
    rest = _AI.sub("1", rest)
    if len(word) >= SHORTEST_WITH_VOWELS:
        rest = rest.translate(_SINGLE_VOWELS)
    return _DOUBLED.sub(r"\1", first + rest)


def _in_one_form(word: str) -> str:
    """The word as a surname is compared: without O, MC as MAC, and one ending for both sexes.

    In either role: a name may stand in the place of the other.
    """
    if word[:1] == "O" and word[1:] in _O_SURNAMES:
        word = word[1:]
    if word.startswith("MC"):
        word = f"MAC{word[2:]}"
    if word[-1] in "AIJY":
        word = _OVA.sub(r"\1", _SKI.sub(r"\1I", word))
    return word


_FAMILIES = {folded(word): folded(group[0]) for group in _groups(SPELLINGS) for word in group}


@cache
def spelling_key(word: str) -> str:
    """The key of one word, the same for all spellings of a name. Remembers every word: `cache_clear` when done."""
    key = folded(word)
    return _FAMILIES.get(key, key)


def _full_names() -> dict[str, frozenset[str]]:
    """The keys of the full names that the key of a short form stands for."""
    found: dict[str, set[str]] = {}
    for full, *shorts in _groups(SHORT_FORMS):
        for short in shorts:
            found.setdefault(spelling_key(short), set()).add(spelling_key(full))
    return {short: frozenset(full) for short, full in found.items()}


_FULL_NAMES = _full_names()
_READINGS = {surname: [spelling_key(reading) for reading in readings] for surname, *readings in _groups(READINGS)}


def first_telling_word(name: str) -> str:
    """The first word of a clean forename that tells a child from its brothers: RAHIM of MD RAHIM."""
    return _telling(_together(name).split())[0] if " " in name else name


def forename_keys(name: str) -> tuple[str, ...]:
    """The key of a clean forename, then its further keys in order.

    The key is that of the telling words, in alphabetical order with blanks between. The others are of one word each;
    of three words and more also without the first and without the last.
    """
    if " " not in name:
        return _main_first(spelling_key(name), _other_forms(name))
    words = _together(name).split()
    telling = _telling(words)
    others = {spelling_key("".join(words)), spelling_key("".join(telling)), *map(spelling_key, _spoken(name.split()))}
    if len(telling) > 2:
        others |= {_ordered_key(telling[1:]), _ordered_key(telling[:-1])}
    return _main_first(_ordered_key(telling), others.union(*map(_other_forms, telling)))


def surname_keys(name: str) -> tuple[str, ...]:
    """The key of a clean surname, then its further keys in order: of its parts, and of the whole as one word.

    The key has all words but particles, in alphabetical order: GARCIA LOPEZ and LOPEZ GARCIA are one name.
    """
    if " " not in name:
        return _main_first(spelling_key(name), _other_surnames(name))
    words = _together(name).split()
    naming = [word for word in words if _is_part(word)] or words
    telling = [word for word in naming if word not in _SHARED_TITLES] or naming
    others = {spelling_key("".join(words)), *map(spelling_key, telling)}
    others = others.union(*map(_other_surnames, telling))
    return _main_first(" ".join(sorted(map(spelling_key, naming))), others)


def _other_surnames(word: str) -> list[str]:
    """Keys of what a surname is in another romanisation, or of the father's."""
    return _READINGS.get(word, []) + ([spelling_key(_SLOVAK.sub("", word))] if _SLOVAK.search(word) else [])


def _ordered_key(words: list[str]) -> str:
    return " ".join(sorted(map(spelling_key, words)))


def _main_first(key: str, others: Iterable[str]) -> tuple[str, ...]:
    return (key, *sorted(set(others) - {key})) if others else (key,)


def _together(name: str) -> str:
    """The name with words in one that are one name."""
    if _MAY_JOIN.search(name):
        for words, joined in _JOINED:
            name = words.sub(joined, name)
    return name


def _telling(words: list[str]) -> list[str]:
    """The words that tell one child of a family from another: no initial, and no honorific before another name."""
    words = _spoken(words)
    first = 0
    while first + 1 < len(words) and words[first] in _HONORIFICS:
        first += 1
    return words[first:]


def _spoken(words: list[str]) -> list[str]:
    """The words without initials, where there are others."""
    return [word for word in words if len(word) > 1] or words


def _other_forms(word: str) -> frozenset[str]:
    """Keys of the full names of a short form; of a name without the beginning or ending that daily use leaves out."""
    full = _FULL_NAMES.get(spelling_key(word), frozenset())
    if not (word.startswith(_BEGINNINGS) or word.endswith(_ENDINGS)):
        return full
    rests = {word.removeprefix(beginning) for beginning in _BEGINNINGS}
    rests |= {word.removesuffix(ending) for ending in _ENDINGS}
    return full | {spelling_key(rest) for rest in rests if len(rest) >= SHORTEST_AFTER_PREFIX}


def _is_part(word: str) -> bool:
    return len(word) >= SHORTEST_PART and word not in _PARTICLES
