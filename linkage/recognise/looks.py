"""What the values of a column look like: how many are identifiers, dates, postcodes, codes. Counts, never values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from linkage.identifiers import checked_identifier
from linkage.schema import ETHNICITY_GROUPS, ETHNICITY_MISSING

# Later than this two digits of a year mean the last century.
_LATEST_SHORT_YEAR = 49
_LONGEST = 200

_UPN = re.compile(r"[A-HJ-NP-RT-Z]\d{11}[0-9A-HJ-NP-RT-Z]")
_POSTCODE = re.compile(r"(?:[A-Z]{1,2}\d[A-Z\d]?|GIR) ?\d[A-Z]{2}")
_POSTCODE_PART = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?(?: \d)?")
_ISO = re.compile(r"((?:1[89]|20|21)\d{2})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_NUMERIC = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?:[T ].*)?")
_NAMED = re.compile(r"\d{1,2}(?:st|nd|rd|th)?[-/. ]*[A-Za-z]{3,9}[-/., ]*(\d{4}|\d{2})(?:[T ].*)?")
_EXPORT = re.compile(r"((?:19|20)\d{2})-[A-Za-z]{3}-\d{2}(?: .*)?")
_COMPACT = re.compile(r"((?:19|20)\d{2})(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_NAME = re.compile(r"[^\W\d_][^\W\d_'’.\- ]*(?:[ '’.\-]+[^\W\d_]+)*\.?")
_HASH = re.compile(r"(?=[0-9A-Fa-f-]*\d)[0-9A-Fa-f]{8}(?:[0-9A-Fa-f-]{8,})")
_ID = re.compile(r"(?=.*\d)[A-Za-z]{0,6}[-/_ ]?\d[\w/-]{0,20}")
_SEX_WORDS = frozenset({"M", "F", "MALE", "FEMALE", "BOY", "GIRL", "U", "X", "UNKNOWN", "INDETERMINATE"})
_SEX_CODES = frozenset({"0", "1", "2", "9"})
_YES_NO = frozenset({"Y", "N", "YES", "NO", "TRUE", "FALSE", "T", "F", "1", "0"})
_ETHNIC_WORDS = re.compile(
    r"\b(?:white|black|asian|mixed|british|african|caribbean|indian|pakistani|bangladeshi|chinese|irish|gypsy|roma|"
    r"arab|traveller|other ethnic|ethnic group)\b", re.IGNORECASE,
)  # fmt: skip
_NO_ETHNICITY = frozenset({"UNKN", "UNKNOWN", "REFUSED", "NOT KNOWN", "NOT STATED", "NOT OBTAINED", "INVA", "MISS"})
_SEN = frozenset({"N", "K", "E", "S", "A", "P"})


@dataclass(frozen=True)
class Looks:
    """Of `rows` cells `filled` are not blank, with `distinct` texts; the rest counts the filled ones by their shape.

    `day_first` and `month_first` are dates that can be read in one way only; `births` the years of all dates.
    """

    rows: int
    filled: int
    distinct: int
    upn: int
    upn_shape: int
    uln: int
    nhs_number: int
    ten_digits: int
    iso: int
    numeric: int
    day_first: int
    month_first: int
    other_date: int
    compact: int
    postcode: int
    postcode_part: int
    sex_word: int
    sex_code: int
    ethnicity: int
    yes_no: int
    sen: int
    language: int
    six_digits: int
    three_digits: int
    digits: int
    name: int
    several_words: int
    comma: int
    hashed: int
    id_like: int
    births: tuple[int, ...]

    def share(self, count: int) -> float:
        """Share of the filled cells."""
        return count / self.filled if self.filled else 0.0

    @property
    def date(self) -> int:
        """Dates of any shape that is not just a number."""
        return self.iso + self.numeric + self.other_date

    @property
    def is_dates(self) -> bool:
        """Whether nearly all are dates, eight digits included."""
        return self.share(self.date + self.compact) >= 0.8

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value and no two have the same."""
        return self.rows > 0 and self.filled == self.rows == self.distinct


def looks_of(values: Iterable[str | None]) -> Looks:
    """Count the shapes of the cells of a column."""
    cells = list(values)
    counted = Counter(cell for cell in cells if cell is not None)
    shapes: Counter[str] = Counter()
    births: list[int] = []
    for text, times in counted.items():
        for shape in _shapes(text, births, times):
            shapes[shape] += times
    return Looks(
        rows=len(cells), filled=sum(counted.values()), distinct=len(counted),
        births=tuple(sorted(births)),
        **{name: shapes[name] for name in _SHAPES},
    )  # fmt: skip


_SHAPES = tuple(name for name in Looks.__dataclass_fields__ if name not in ("rows", "filled", "distinct", "births"))


def _shapes(text: str, births: list[int], times: int) -> Iterable[str]:
    if len(text) > _LONGEST:
        return  # notes
    upper = text.upper()
    compact = re.sub(r"[\s.-]", "", upper)
    if year := _year(text):
        births += [year] * times
    yield from _date_shapes(text)
    yield from _identifier_shapes(text, compact)
    if _POSTCODE.fullmatch(" ".join(upper.split())):
        yield "postcode"
    elif _POSTCODE_PART.fullmatch(" ".join(upper.split())):
        yield "postcode_part"
    bare = re.sub(r"^[a-z]\)\s*", "", text, flags=re.IGNORECASE).upper().strip()
    number = re.sub(r"\.0+$", "", bare)
    if bare in _SEX_WORDS:
        yield "sex_word"
    if number in _SEX_CODES:
        yield "sex_code"
    if bare in ETHNICITY_GROUPS or bare in ETHNICITY_MISSING or bare in _NO_ETHNICITY or _ETHNIC_WORDS.search(text):
        yield "ethnicity"
    if number in _YES_NO:
        yield "yes_no"
    if bare in _SEN:
        yield "sen"
    if re.fullmatch(r"[A-Z]{3,4}|[A-Z][a-z]{3,}", text):
        yield "language"
    yield from _text_shapes(text, number)


def _identifier_shapes(text: str, compact: str) -> Iterable[str]:
    if _UPN.fullmatch(compact):
        yield "upn_shape"
        if _passes("upn", text):
            yield "upn"
    number = re.sub(r"0$", "", compact) if re.fullmatch(r"\d{10}\.0", text) else compact
    if re.fullmatch(r"\d{10}", number):
        yield "ten_digits"
        for field in ("uln", "nhs_number"):
            if _passes(field, number):
                yield field
    if _HASH.fullmatch(text):
        yield "hashed"


def _passes(field: str, text: str) -> bool:
    checked = checked_identifier(field, text)
    return checked is not None and checked.status in ("valid", "temporary")


def _date_shapes(text: str) -> Iterable[str]:
    if _ISO.fullmatch(text):
        yield "iso"
    elif found := _NUMERIC.fullmatch(text):
        first, second = int(found[1]), int(found[2])
        if 1 <= first <= 31 and 1 <= second <= 31 and min(first, second) <= 12:
            yield "numeric"
            if first > 12:
                yield "day_first"
            if second > 12:
                yield "month_first"
    elif _NAMED.fullmatch(text) or _EXPORT.fullmatch(text):
        yield "other_date"
    elif _COMPACT.fullmatch(text):
        yield "compact"


def _text_shapes(text: str, number: str) -> Iterable[str]:
    if number.isdecimal():
        yield "digits"
        if len(number) == 6:
            yield "six_digits"
        if len(number) == 3:
            yield "three_digits"
    if "," in text:
        yield "comma"
    if _NAME.fullmatch(text.replace(",", "")):
        yield "name"
    if " " in text.strip():
        yield "several_words"
    if _ID.fullmatch(text):
        yield "id_like"


def _year(text: str) -> int | None:
    """The year of a date; two digits are taken as the nearest century."""
    for pattern in (_ISO, _EXPORT, _COMPACT):
        if found := pattern.fullmatch(text):
            return int(found[1])
    for pattern, group in ((_NUMERIC, 3), (_NAMED, 1)):
        if found := pattern.fullmatch(text):
            year = int(found[group])
            return year if year > 99 else year + (2000 if year <= _LATEST_SHORT_YEAR else 1900)
    return None


def is_telling(text: str) -> bool:
    """Whether a text is itself a date, an identifier or a postcode, as no column name is."""
    compact = re.sub(r"[\s.-]", "", text.upper())
    return bool(
        _ISO.fullmatch(text) or _NUMERIC.fullmatch(text) or _EXPORT.fullmatch(text) or _UPN.fullmatch(compact)
        or re.fullmatch(r"\d{7,}", compact) or _POSTCODE.fullmatch(" ".join(text.upper().split()))
        or re.search(r"@\w", text)
    )  # fmt: skip
