"""How one name is got wrong: functions of a name and a draw; None where they do not apply."""

import unicodedata
from functools import cache

from linkage_synth.arrays import Ints, Texts
from linkage_synth.variants import HONORIFICS, PARTICLES, SHORT_FORMS, SPELLINGS

LONGEST_FIELD = 12
"""Characters that an old system keeps of a name."""

_NEIGHBOURS = {
    "a": "sqe", "b": "vn", "c": "kxs", "d": "sf", "e": "aiw", "f": "gv", "g": "hf", "h": "gj", "i": "eyo",
    "j": "hkg", "k": "cj", "l": "ki", "m": "n", "n": "m", "o": "aui", "p": "bo", "q": "wk", "r": "te",
    "s": "zac", "t": "ry", "u": "oy", "v": "bf", "w": "ve", "x": "zs", "y": "iu", "z": "sx",
}  # fmt: skip
_STROKED = str.maketrans("łŁđĐıøØß", "lLdDioOs")
_SOUNDS = (
    ("ph", "f"), ("ie", "y"), ("y", "ie"), ("ee", "ea"), ("ck", "k"), ("ough", "off"), ("c", "k"),
    ("ou", "u"), ("kh", "k"), ("q", "k"), ("oo", "u"), ("leigh", "ley"), ("ley", "leigh"), ("ll", "l"),
    ("nn", "n"),
)  # fmt: skip


@cache
def spellings() -> dict[str, tuple[str, ...]]:
    """For each name, the others that may be written for it."""
    others: dict[str, tuple[str, ...]] = {}
    for line in SPELLINGS:
        group = line.split()
        for name in group:
            others[name] = others.get(name, ()) + tuple(other for other in group if other != name)
    return others


@cache
def long_forms() -> dict[str, tuple[str, ...]]:
    """Short and long forms in both directions."""
    forms: dict[str, tuple[str, ...]] = {}
    for long, line in SHORT_FORMS.items():
        for short in line.split():
            forms[long] = (*forms.get(long, ()), short)
            forms[short] = (*forms.get(short, ()), long)
    return forms


def without_accents(name: str) -> str:
    """The name in plain Latin letters."""
    decomposed = unicodedata.normalize("NFKD", name.translate(_STROKED))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def replace_accents(column: Texts, rows: Ints) -> None:
    """Write the names in those rows of a column in plain Latin letters."""
    for row in rows.tolist():
        if not column[row].isascii():
            column[row] = without_accents(column[row])


def mistyped(name: str, draw: int) -> str:
    """A letter changed for a near one, left out, doubled or swapped with the next; rarely the first."""
    if len(name) < 3:
        return name + name[-1:]
    kind, draw = draw % 10, draw // 10
    at = draw % (len(name) - 1) if draw % 13 == 0 else 1 + draw % (len(name) - 1)
    letter = name[at]
    near = _NEIGHBOURS.get(letter.lower())
    if kind < 4 and near:
        changed = near[draw // 7 % len(near)]
        return name[:at] + (changed.upper() if letter.isupper() else changed) + name[at + 1 :]
    if kind < 6:
        return name[:at] + name[at + 1 :]
    if kind < 8:
        return name[: at + 1] + letter.lower() + name[at + 1 :]
    at = min(at, len(name) - 2)
    swapped = name[:at] + name[at + 1].lower() + name[at].lower() + name[at + 2 :]
    return swapped[:1].upper() + swapped[1:] if swapped != name else name[:at] + name[at + 1 :]


def misheard(name: str, draw: int) -> str | None:
    """A sound written in another way."""
    lower = name.lower()
    possible = [(sound, other) for sound, other in _SOUNDS if sound in lower[1:]]
    if not possible:
        return None
    sound, other = possible[draw % len(possible)]
    at = lower.index(sound, 1)
    return name[:at] + other + name[at + len(sound) :]


def respelt(name: str, draw: int) -> str | None:
    """Another spelling or transliteration of one word of the name."""
    words = name.split(" ")
    for number, word in enumerate(words):
        others = spellings().get(word)
        if others:
            return " ".join([*words[:number], others[draw % len(others)], *words[number + 1 :]])
    return None


def shortened(name: str, draw: int) -> str | None:
    """A short form for the long one or the reverse; or the first word of a forename of two."""
    forms = long_forms().get(name)
    if forms:
        return forms[draw % len(forms)]
    for mark in ("-", " "):
        if mark in name:
            head, _, tail = name.partition(mark)
            return tail if head in HONORIFICS or draw % 4 == 0 else head
    return None


def rejoined(name: str, draw: int) -> str | None:
    """Hyphen, space or apostrophe lost, changed, or one part only of a double name."""
    for mark in ("-", " ", "'"):
        if mark in name:
            head, _, tail = name.partition(mark)
            if mark == "'":
                return (head + tail, f"{head} {tail}")[draw % 2]
            choices = (
                head,
                tail,
                f"{head} {tail}" if mark == "-" else f"{head}-{tail}",
                head + tail.lower(),
                tail,
            )
            return choices[draw % len(choices)]
    return None


def without_particle(name: str, draw: int) -> str | None:
    """The particle of a surname left out or written apart."""
    for particle in PARTICLES:
        if name.startswith(particle) and len(name) > len(particle) + 1:
            rest = name[len(particle) :]
            bare = particle.strip("-' ")
            return (rest, f"{bare} {rest}", f"{bare}{rest.lower()}")[draw % 3]
    return None


def cut_off(name: str, draw: int) -> str | None:
    """The name as far as the field of an old system goes."""
    length = LONGEST_FIELD if draw % 3 else 8
    return name[:length].rstrip() if len(name) > length else None
