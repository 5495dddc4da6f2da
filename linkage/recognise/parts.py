"""Fields that stand in one column with another, or in several: whole names, and years and months of birth."""

from __future__ import annotations

import re
from collections.abc import Sequence

from linkage.recognise.contract import Mapped, Table
from linkage.recognise.headings import Heading
from linkage.recognise.looks import Looks

_MOST = 0.8
_HALF = 0.5
_YEAR = re.compile(r"(?:19|20)\d\d(?:\.0)?")
_MONTH = re.compile(
    r"(?:0?[1-9]|1[0-2])(?:\.0)?|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*", re.IGNORECASE
)


def is_whole_name(looks: Looks) -> bool:
    """Whether most values are names of several words."""
    return looks.share(looks.name) >= _MOST and looks.share(looks.several_words) >= _HALF


def order_of_names(table: Table, at: int) -> tuple[str | None, str]:
    """The order to declare for a column of whole names, and why; None where each has a comma, which says it."""
    looks = table.looks(at)
    if looks.comma == looks.filled:
        return None, "; the surname is before the comma"
    heading = table.header.names[at].casefold()
    first, second = heading.find("surname"), heading.find("forename")
    if 0 <= first < second or looks.share(looks.comma) >= _HALF:
        return "surname_first", "; the surname comes first in most"
    return "forename_first", "; look whether the forename comes first"


def birth_of_parts(table: Table, headings: Sequence[Heading], mapped: Sequence[Mapped]) -> Mapped | None:
    """The birth date from its year and month, where these stand in two columns and no other column has the date."""
    if any(item.field == "dob" for item in mapped):
        return None
    parts = []
    for pattern in (_YEAR, _MONTH):
        hinted = (at for at, heading in enumerate(headings) if heading.hint and heading.hint.about == "birth_part")
        fits = [at for at in hinted if _share(table, at, pattern) >= _MOST]
        if len(fits) != 1:
            return None
        parts.append(table.header.names[fits[0]])
    return Mapped("dob", (parts[0], parts[1]), "certain", "its headings say year and month of birth", join=True)


def _share(table: Table, at: int, pattern: re.Pattern[str]) -> float:
    filled = [value for value in table.column(at) if value is not None]
    return sum(bool(pattern.fullmatch(value)) for value in filled) / len(filled) if filled else 0.0
