"""Years, terms and authorities: from what a file says of itself, from the dates in it, and from its name."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

from linkage.recognise.contract import Document, Place

# A year of dates counts only where it has so many of them, which keeps slips of the pen out.
_LEAST_DATES = 10
_LEAST_SHARE = 0.01
_TERMS = {"aut": "autumn", "spr": "spring", "sum": "summer"}


def name_of(place: Place) -> str:
    """Path of the file as it is shown, without the sheet: what years and authorities are looked for in."""
    return place.shown.split("#")[0] if place.sheet else place.shown


def year_ending(text: str) -> int | None:
    """The year in which a stated year ends: 2024 for `2023/2024`, `2023-24`, `202324` and `2324`; itself for `2024`."""
    if found := re.fullmatch(r"\s*((?:19|20)\d\d)\s*[/_ -]?\s*((?:19|20)?\d\d)\s*", text):
        first, second = int(found[1]), int(found[2]) % 100
        return first + 1 if (first + 1) % 100 == second else None
    if found := re.fullmatch(r"\s*(\d\d)(\d\d)\s*", text):
        first, second = int(found[1]), int(found[2])
        if second == first + 1:
            return 2000 + second
    found = re.fullmatch(r"\s*((?:19|20)\d\d)(?:\.0)?\s*", text)
    return int(found[1]) if found else None


def only_year(texts: Iterable[str]) -> int | None:
    """The year that all texts state; None where there are several."""
    years = {year_ending(text) for text in set(texts)} - {None}
    return years.pop() if len(years) == 1 else None


def stated_year(document: Document) -> tuple[int | None, tuple[str, ...]]:
    """The year of a return: that of its reference date, which `Year` is seen to lag behind; else from its name."""
    for name, text in (("ReferenceDate", document.header.get("ReferenceDate", "")[:4]),
                       ("Year", document.header.get("Year", ""))):  # fmt: skip
        if year := year_ending(text):
            return year, (f"year {year} from {name} in its header",)
    year = year_named(document.place)
    return year, (f"year {year} from its name: the header does not say",) if year else ()


def year_named(place: Place) -> int | None:
    """The last year in the file's name, else in its folders: `2024`, or the end of `2023-24` and `2324`."""
    for part in reversed(PurePosixPath(name_of(place)).parts):
        spans = re.findall(r"(?<!\d)(20\d\d)[-_/ ](\d\d)(?!\d)", part)
        ends = [int(first) + 1 for first, second in spans if (int(first) + 1) % 100 == int(second)]
        years = ends or [int(year) for year in re.findall(r"(?<!\d)((?:19[89]|20\d)\d)(?!\d)", part)]
        if years:
            return years[-1]
    return None


def term_named(place: Place) -> str | None:
    """The term in the file's name, or in its nearest folder."""
    for part in reversed(PurePosixPath(name_of(place)).parts[-2:]):
        if term := term_of(part):
            return term
    return None


def term_of(text: str) -> str | None:
    """The term that a text names: `Spring`, `SPR`, `2025_spring_…`."""
    found = re.search(r"(?<![a-z])(aut|spr|sum)(?:umn|ing|mer)?(?![a-z])", text.lower().replace("_", " "))
    return _TERMS[found[1]] if found else None


def authority_folder(place: Place) -> str | None:
    """The nearest folder whose name is the three digits of an authority."""
    folders = PurePosixPath(name_of(place)).parts[:-1]
    return next((name for name in reversed(folders) if re.fullmatch(r"\d{3}", name)), None)


def authority_named(place: Place) -> str | None:
    """Three digits that stand by themselves in the file's name, else a folder of that name."""
    found = re.search(r"(?<!\d)([2-9]\d\d)(?!\d)", PurePosixPath(name_of(place)).name)
    return found[1] if found else authority_folder(place)


def collection_year(dates: Iterable[str]) -> int | None:
    """The collection's year (to 31 March) that the latest dates lie in, past and not too few; None where none is."""
    days = [day for text in dates if (day := _day(text)) and day <= dt.date.today()]
    ends = Counter(day.year + ((day.month, day.day) > (3, 31)) for day in days)
    least = max(_LEAST_DATES, _LEAST_SHARE * len(days))
    return max((year for year, times in ends.items() if times >= least), default=None)


def _day(text: str) -> dt.date | None:
    if found := re.match(r"(\d{4})-(\d\d)-(\d\d)", text):
        year, month, day = map(int, found.groups())
    elif found := re.match(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        day, month, year = map(int, found.groups())
    else:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
