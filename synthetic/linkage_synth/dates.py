"""Dates as whole days since 1970-01-01, and their text in the layouts of the returns."""

from functools import cache

import numpy as np

from linkage_synth.arrays import Ints, Texts, texts

NO_DATE = -1_000_000
"""Stands for an absent date; its text is empty."""


def day(iso: str) -> int:
    """Days since 1970-01-01 of an ISO date."""
    return int(np.datetime64(iso, "D").astype(np.int64))


YEAR_END = {2022: day("2022-03-31"), 2023: day("2023-03-31"), 2024: day("2024-03-31")}
"""Last day of the social care year by collection year."""

REFERENCE = YEAR_END[2024]
"""Day on which the children of the world are 0 to 18 years old."""

CENSUS_DAY = {2023: day("2023-01-19"), 2024: day("2024-01-18")}
"""Spring school census: the third Thursday in January."""

_FIRST, _LAST = day("1985-01-01"), day("2045-12-31")


def parts(days: Ints) -> tuple[Ints, Ints, Ints]:
    """Year, month (1 to 12) and day of the month (1 to 31)."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    months_since_epoch = months.astype(np.int64)
    day_of_month = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    return 1970 + months_since_epoch // 12, months_since_epoch % 12 + 1, day_of_month


def from_parts(year: Ints, month: Ints, day_of_month: Ints) -> Ints:
    """Days since 1970-01-01; a day past the end of the month becomes the last day of that month."""
    months = (year - 1970) * 12 + month - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    result: Ints = np.minimum(first + day_of_month - 1, following - 1)
    return result


def age_on(birth: Ints, on: int | Ints) -> Ints:
    """Completed years on a day; negative before the first day of life."""
    born_year, born_month, born_day = parts(birth)
    year, month, day_of_month = parts(np.broadcast_to(np.asarray(on, dtype=np.int64), birth.shape))
    before_birthday = (month < born_month) | ((month == born_month) & (day_of_month < born_day))
    age: Ints = year - born_year - before_birthday
    return age


def birthday(birth: Ints, years: int) -> Ints:
    """The day on which that age is reached."""
    year, month, day_of_month = parts(birth)
    return from_parts(year + years, month, day_of_month)


def school_year_of_reception(birth: Ints) -> Ints:
    """Calendar year whose September a child starts Reception: aged 4 on 31 August of it."""
    year, month, _ = parts(birth)
    return np.where(month < 9, year + 4, year + 5).astype(np.int64)


@cache
def _table(layout: str) -> Texts:
    stamps = np.arange(_FIRST, _LAST + 1).astype("datetime64[D]").astype(str).tolist()
    if layout == "iso":
        return texts([*stamps, ""])
    return texts([*(f"{stamp[8:]}/{stamp[5:7]}/{stamp[:4]}" for stamp in stamps), ""])


def _text(days: Ints, layout: str) -> Texts:
    table = _table(layout)
    column: Texts = table[np.where(days == NO_DATE, len(table) - 1, days - _FIRST)]
    return column


def iso(days: Ints) -> Texts:
    """yyyy-mm-dd, empty for `NO_DATE`."""
    return _text(days, "iso")


def dayfirst(days: Ints) -> Texts:
    """dd/mm/yyyy, empty for `NO_DATE`."""
    return _text(days, "dayfirst")
