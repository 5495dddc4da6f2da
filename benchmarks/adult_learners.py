"""Adult learners: in England's learners' record they are three in four, and the synthetic England has none.

They are nobody's children and in no other source: what a run has to leave apart. Made of the learners of a provider, so
that names, postcodes and birthdays are as common as theirs: a family name of one, given names of another, a postcode of
a third, born 5 to 40 years before, under a reference and a ULN of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from linkage_synth.formats.numbers import ulns_of

LEARNER = re.compile(r"<Learner>\n.*?</Learner>\n", re.DOTALL)
FIRST_ULN = 200_000_000  # nine digits; those of the synthetic England begin with 99
GIVEN, HOME = "GivenNames", "Postcode"


def add_adults(world: Path, *, learners: int) -> int:
    """Add adults to the ILR files of a synthetic England until these hold so many learners; returns how many."""
    files = sorted((world / "returns" / "ilr").glob("ILR-*.xml"))
    there = sum(file.read_text(encoding="utf-8").count("<Learner>\n") for file in files)
    wanted = max(0, learners - there)
    numbers = ulns_of(FIRST_ULN + np.arange(round(wanted * 1.15) + 50))  # one in eleven cannot be used
    added = 0
    for file in files:
        text = file.read_text(encoding="utf-8")
        blocks = LEARNER.findall(text)
        many = min(round(wanted * len(blocks) / max(there, 1)), wanted - added)
        adults = "".join(_adults(blocks, numbers[added : added + many], first=added))
        file.write_text(text.replace("</Message>", adults + "</Message>"), encoding="utf-8", newline="\n")
        added += many
    return added


def _adults(blocks: list[str], ulns: Sequence[str], *, first: int) -> Iterator[str]:
    for number, uln in enumerate(ulns):
        one, round_ = number % len(blocks), 1 + number // len(blocks)
        adult = blocks[one]
        for field, step in ((GIVEN, 7), (HOME, 13)):
            adult = _put(adult, field, _get(blocks[(one + step * round_) % len(blocks)], field))
        born = _get(adult, "DateOfBirth")
        year, day = int(born[:4]) - 5 * round_ - number % 9, min(int(born[-2:]), 28)
        adult = _put(adult, "DateOfBirth", f"{year}{born[4:-2]}{day:02}")
        adult = _put(adult, "LearnRefNumber", f"A{first + number:011}")
        adult = re.sub(r"<Prev(LearnRefNumber|UKPRN)>[^<]*</Prev\1>", "", adult)
        yield _put(adult, "ULN", uln)


def _get(block: str, field: str) -> str:
    found = re.search(f"<{field}>([^<]*)<", block)
    return found[1] if found else ""


def _put(block: str, field: str, value: str) -> str:
    return re.sub(f"<{field}>[^<]*<", lambda _: f"<{field}>{value}<", block, count=1)
