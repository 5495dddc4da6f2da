"""How a date may be written: the shapes of its text, and the parts each of them has."""

from __future__ import annotations

from dataclasses import dataclass

from linkage.schema import DatePrecision
from linkage.sql import literal


@dataclass(frozen=True)
class Shape:
    """A pattern, what its groups are in order, and how much such a text says.

    y year, m month number, n month name, d day, s Excel's day number; a and b are the first two numbers of a date
    whose order is decided for each source.
    """

    pattern: str
    parts: str
    precision: DatePrecision = "day"


_TIME = r"(?:[T ]\s*\d.*)?"

SHAPES: dict[str, Shape] = {
    "iso": Shape(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}", "ymd"),
    "numeric": Shape(rf"(\d{{1,2}})[-/. ](\d{{1,2}})[-/. ](\d{{4}}|\d{{2}}){_TIME}", "aby"),
    "named": Shape(rf"(\d{{1,2}})(?:st|nd|rd|th)?[-/. ]*([A-Za-z]{{3,9}})[-/., ]*(\d{{4}}|\d{{2}}){_TIME}", "dny"),
    # The school census's export: `2012-Jan-21 00:00:00`.
    "census": Shape(rf"(\d{{4}})[-/ ]([A-Za-z]{{3,9}})[-/ ](\d{{1,2}}){_TIME}", "ynd"),
    "american": Shape(rf"([A-Za-z]{{3,9}})[. ]+(\d{{1,2}})(?:st|nd|rd|th)?,? +(\d{{4}}){_TIME}", "ndy"),
    "compact": Shape(r"((?:19|20)\d{2})(\d{2})(\d{2})", "ymd"),
    "serial": Shape(r"(\d{5})(?:[.]\d+)?", "s"),
    "year_month": Shape(r"(\d{4})[-/](\d{1,2})", "ym", "month"),
    "month_year": Shape(r"(\d{1,2})[-/](\d{4})", "my", "month"),
    "named_month": Shape(r"([A-Za-z]{3,9})[-/. ]+(\d{4})", "ny", "month"),
    "year": Shape(r"((?:19|20)\d{2})(?:[.]0)?", "y", "year"),
}

# Excel counts days from here (1 is 1 January 1900, and its 29 February 1900 never was).
_SERIAL_START = "1899-12-30"

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip


def shape_sql(text: str) -> str:
    """SQL: the name of the shape of a text without blanks around it, NULL where it is no date."""
    cases = " ".join(
        f"when regexp_full_match({text}, {literal(shape.pattern)}) then {literal(name)}"
        for name, shape in SHAPES.items()
    )
    return f"case {cases} end"


def number_sql(part: str, *, text: str, shape: str) -> str:
    """SQL: one of the parts y, m, d, a and b as a number; NULL where the shape has none.

    A month's name may be short; a name that is no month's gives NULL. Excel's day number gives year, month and day.
    """
    cases = [f"when {literal(name)} then {_numeral_sql(text, name, part)}" for name in _having(part)]
    if part == "m":
        cases += [f"when {literal(name)} then {_month_sql(text, name)}" for name in _having("n")]
    if part in "ymd":
        days = f"cast(split_part({text}, '.', 1) as integer)"
        function = {"y": "year", "m": "month", "d": "day"}[part]
        cases += [f"when 'serial' then {function}(date '{_SERIAL_START}' + {days})"]
    return f"case {shape} {' '.join(cases)} end"


def short_year_sql(*, text: str, shape: str) -> str:
    """SQL: whether the year is written with two digits."""
    cases = " ".join(
        f"when {literal(name)} then length({_group_sql(text, name, 'y')}) = 2" for name in ("numeric", "named")
    )
    return f"coalesce(case {shape} {cases} end, false)"


def precision_sql(shape: str) -> str:
    """SQL: how much a text of that shape says."""
    cases = " ".join(
        f"when {literal(name)} then {literal(known.precision)}"
        for name, known in SHAPES.items()
        if known.precision != "day"
    )
    return f"case {shape} {cases} else 'day' end"


def pattern_precision(pattern: str) -> DatePrecision:
    """How much a strptime pattern says."""
    if any(code in pattern for code in ("%d", "%-d", "%j", "%x", "%c")):
        return "day"
    return "month" if any(code in pattern for code in ("%m", "%-m", "%b", "%B")) else "year"


def _having(part: str) -> list[str]:
    return [name for name, shape in SHAPES.items() if part in shape.parts]


def _group_sql(text: str, shape: str, part: str) -> str:
    known = SHAPES[shape]
    return f"regexp_extract({text}, {literal(known.pattern)}, {known.parts.index(part) + 1})"


def _numeral_sql(text: str, shape: str, part: str) -> str:
    return f"cast({_group_sql(text, shape, part)} as integer)"


def _month_sql(text: str, shape: str) -> str:
    name = f"lower({_group_sql(text, shape, 'n')})"
    cases = " ".join(
        f"when starts_with('{month}', {name}) then {number}" for number, month in enumerate(_MONTHS, start=1)
    )
    return f"case {cases} when {name} = 'sept' then 9 end"
