"""Whether the values of a column are what a field holds: yes, no, or nothing can be said, each with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from linkage.recognise.looks import Looks

MOST = 0.8
_CHECKED = 0.5
"""Share that must pass a check letter: far above the one in 23 of chance, for all the errors of typing."""
_FEW = 10
_OLDEST, _YOUNGEST = 1980, 2100


@dataclass(frozen=True)
class Fit:
    """`holds` is None where the values can say neither; `why` goes into the project file."""

    holds: bool | None
    why: str


def fit(field: str, looks: Looks) -> Fit:
    """What the values say about a field."""
    if not looks.filled:
        return Fit(None, "no values in the sample")
    test = _TESTS.get(field)
    return test(looks) if test else Fit(None, "")


def percent(looks: Looks, count: int) -> str:
    """A share of the filled cells, in words; of few of them the number."""
    if looks.filled < _FEW:
        return f"{count} of {looks.filled} values"
    return f"{100 * looks.share(count):.0f}% of {looks.filled:,} values"


def _upn(looks: Looks) -> Fit:
    if looks.share(looks.upn) >= _CHECKED:
        return Fit(True, f"{percent(looks, looks.upn)} pass the check letter")
    if looks.share(looks.upn_shape) >= MOST:
        return Fit(True, f"{percent(looks, looks.upn_shape)} have the shape of a UPN, "
                         f"but only {looks.share(looks.upn):.0%} pass the check letter")  # fmt: skip
    return Fit(False, f"only {percent(looks, looks.upn_shape)} have the shape of a UPN")


def _number(name: str, count: Callable[[Looks], int]) -> Callable[[Looks], Fit]:
    def test(looks: Looks) -> Fit:
        if looks.share(count(looks)) >= _CHECKED:
            return Fit(True, f"{percent(looks, count(looks))} pass the check digit")
        if looks.share(looks.ten_digits) >= MOST:
            return Fit(True, f"ten digits, but only {looks.share(count(looks)):.0%} pass the check digit")
        return Fit(False, f"only {percent(looks, looks.ten_digits)} have the ten digits of {name}")

    return test


def _dates(looks: Looks) -> Fit:
    if looks.is_dates:
        return Fit(True, f"{percent(looks, looks.date + looks.compact)} are dates")
    return Fit(False, f"only {percent(looks, looks.date + looks.compact)} are dates")


def _postcode(looks: Looks) -> Fit:
    if looks.share(looks.postcode) >= MOST:
        return Fit(True, f"{percent(looks, looks.postcode)} are postcodes")
    if looks.share(looks.postcode + looks.postcode_part) >= MOST:
        return Fit(True, f"{percent(looks, looks.postcode + looks.postcode_part)} are postcodes, in full or in part")
    return Fit(looks.share(looks.postcode + looks.postcode_part) >= 0.4 or False,
               f"only {percent(looks, looks.postcode + looks.postcode_part)} are postcodes")  # fmt: skip


def _sex(looks: Looks) -> Fit:
    count = max(looks.sex_word, looks.sex_code)
    return Fit(looks.share(count) >= MOST, f"{percent(looks, count)} are codes or words of sex")


def _ethnicity(looks: Looks) -> Fit:
    numbers = looks.share(looks.digits) >= MOST
    if numbers:
        return Fit(None, "numbers, as in a code list of its own")
    holds = looks.share(looks.ethnicity) >= 0.5
    return Fit(holds, f"{percent(looks, looks.ethnicity)} are codes or words of ethnic groups")


def _name(looks: Looks) -> Fit:
    if looks.share(looks.name) >= MOST:
        return Fit(True, "its values are names by their letters")
    return Fit(False, f"only {percent(looks, looks.name)} are made of letters as names are")


def _share(words: str, count: Callable[[Looks], int], least: float = MOST) -> Callable[[Looks], Fit]:
    def test(looks: Looks) -> Fit:
        return Fit(looks.share(count(looks)) >= least, f"{percent(looks, count(looks))} are {words}")

    return test


_FLAG = _share("a yes or a no", lambda looks: looks.yes_no)
_NAME_FIELDS = ("forename", "middle_names", "surname", "preferred_forename", "preferred_surname", "former_surname",
                "former_forename")  # fmt: skip
_TESTS: Mapping[str, Callable[[Looks], Fit]] = {
    "upn": _upn, "former_upn": _upn,
    "uln": _number("a ULN", lambda looks: looks.uln),
    "nhs_number": _number("an NHS number", lambda looks: looks.nhs_number),
    "dob": _dates, "expected_dob": _dates, "death_date": _dates, "postcode": _postcode, "sex": _sex,
    "ethnicity": _ethnicity, **dict.fromkeys(_NAME_FIELDS, _name),
    "authority": _share("numbers of three digits", lambda looks: looks.three_digits),
    "school_urn": _share("numbers of six digits", lambda looks: looks.six_digits),
    "uprn": _share("numbers", lambda looks: looks.digits),
    "sen": _share("codes of provision", lambda looks: looks.sen + looks.several_words, 0.6),
    "language": _share("codes or words of language", lambda looks: looks.language, 0.6),
    "fsm": _FLAG, "cin": _FLAG, "cpp": _FLAG, "cla": _FLAG, "uasc": _FLAG,
}  # fmt: skip


def by_values_alone(looks: Looks) -> tuple[str, str] | None:
    """The field whose values these can only be, and why; None where several could be, or there are too few."""
    if looks.filled < 10:
        return None
    checked = {"upn": looks.upn, "uln": looks.uln, "nhs_number": looks.nhs_number}
    for field, count in checked.items():
        if looks.share(count) >= 0.9:
            return field, fit(field, looks).why
    if looks.share(looks.ethnicity) >= 0.9 and looks.distinct > 1:
        return "ethnicity", fit("ethnicity", looks).why
    if looks.share(looks.postcode) >= 0.9:
        return "postcode", fit("postcode", looks).why
    if looks.share(looks.sex_word) >= 0.95 and 2 <= looks.distinct <= 8 and looks.share(looks.yes_no) < 0.7:
        return "sex", fit("sex", looks).why
    if looks.is_dates and _are_births(looks):
        return "dob", "dates that are spread as births of children are"
    return None


def date_format(looks: Looks) -> str | None:
    """The date format to declare; None where it is better left to be found."""
    if looks.day_first and not looks.month_first:
        return "dayfirst"
    if looks.month_first and not looks.day_first:
        return "monthfirst"
    if looks.numeric or looks.other_date:
        return None
    if looks.compact and looks.share(looks.compact) >= MOST:
        return "compact"
    return "iso" if looks.iso else None


def _are_births(looks: Looks) -> bool:
    """Dates of events lie close together; those of births are spread over childhood."""
    return bool(looks.births) and looks.distinct >= 8 and looks.births[-1] - looks.births[0] >= 4 and (
        _OLDEST <= looks.births[len(looks.births) // 2] < _YOUNGEST
    )  # fmt: skip
