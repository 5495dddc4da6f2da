"""What a column's name says: which field it holds, or whom else it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from linkage.recognise.vocabulary import EARLIER, FILL, HEADINGS, NOT_OTHERS, OTHERS, SUBJECT, TAIL, WORDS

Strength = Literal["exact", "words"]


@dataclass(frozen=True)
class Hint:
    """What a heading says: a field or one of the words for no field, and whether it is just its name."""

    about: str
    strength: Strength


@dataclass(frozen=True)
class Heading:
    """The hint of a heading, whom else it is about (empty: the child), and whether it says that it is of the past."""

    hint: Hint | None
    other: str
    earlier: bool = False


@lru_cache(maxsize=4096)
def heading_of(name: str) -> Heading:
    """What a column name says. Names of another person's details have no hint but say whose they are."""
    words = _words(name)
    about_other = next((who for who, telling in OTHERS.items() if telling & set(words)), "")
    hint = _hint(words)
    if hint and about_other and hint.strength == "exact" and (hint.about in NOT_OTHERS or _is_child_name(words)):
        about_other = ""
    taken = None if about_other and hint and hint.about != "other_postcode" else hint
    return Heading(taken, about_other, bool(EARLIER & set(words)))


def fields_named(names: Iterable[str]) -> frozenset[str]:
    """The fields that column names say, for telling a line of column names from any other."""
    hints = [heading_of(name).hint for name in names if name]
    return frozenset(hint.about for hint in hints if hint)


def _is_child_name(words: tuple[str, ...]) -> bool:
    """`Family name` is the child's; `Family worker` is not."""
    return words in (("family", "name"), ("preferred", "family", "name")) or bool(
        set(words) & SUBJECT and "family" in words and "name" in words
    )


def _hint(words: tuple[str, ...]) -> Hint | None:
    for at, form in enumerate(_forms(words)):
        about = _EXACT.get("".join(form))
        if about is not None:
            return Hint(about, "exact" if at < 4 else "words")
    told = set(words)
    for about, sets in WORDS:
        if any(needed <= told for needed in sets):
            return Hint(about, "words")
    return None


def _forms(words: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """A heading in full, then with ever fewer of the words that say nothing; last without the prefix of a table."""
    subject = tuple(word for word in words if word not in SUBJECT)
    fill = tuple(word for word in subject if word not in FILL)
    yield words
    yield subject
    yield tuple(word for word in words if word not in FILL)
    yield fill
    tail = tuple(word for word in fill if word not in TAIL)
    if tail:
        yield tail
    if len(words) > 1:
        yield words[1:]


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    """The words of a heading in lower case; what stands in parentheses counts only where nothing else does."""
    outside = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", name).strip() or name
    plain = re.sub(r"['’`]", "", outside)
    plain = re.sub(r"\b(?:[A-Za-z]\.){2,}", lambda found: found[0].replace(".", "") + " ", plain)
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", " ", plain)
    return tuple(re.findall(r"[a-z]+|\d+", plain.lower()))


def _exact() -> dict[str, str]:
    listed: dict[str, str] = {}
    for about, headings in HEADINGS.items():
        for heading in headings:
            for form in (_words(heading), tuple(w for w in _words(heading) if w not in FILL)):
                listed.setdefault("".join(form), about)
    return listed


_EXACT = _exact()
