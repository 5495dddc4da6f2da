"""Identifiers of a child: what a value is worth, as SQL for tables and as Python for single values.

Every scheme has three things: a scope (values compare only inside one), a normal form, and a check that
gives a status. `value_sql`/`status_sql` build SQL expressions over an SQL expression; `checked_identifier`
is their twin in Python, and the tests hold the two together.

Statuses (`schema.IdentifierStatus`): `valid` passes its check; `temporary` is a UPN that a school made up
until the real one is known; `former` is a well-formed UPN the child had before; `invalid` is any other text,
kept as weak evidence because DfE's own systems check only the pattern; `placeholder` says that there is no
identifier (`UN1`, `9999999999`, `A123456789123`) and carries no value, so that it can never agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from linkage.schema import IdentifierStatus

Scope = Literal["national", "authority", "provider", "supply"]

# Scope of an identifier that means the same child everywhere in England.
NATIONAL = "national"


@dataclass(frozen=True)
class Scheme:
    """A kind of identifier: the record fields that hold it, and within what its values compare."""

    name: str
    scope: Scope
    fields: tuple[str, ...]


SCHEMES: tuple[Scheme, ...] = (
    Scheme("upn", "national", ("upn", "former_upn")),
    Scheme("uln", "national", ("uln",)),
    Scheme("nhs_number", "national", ("nhs_number",)),
    Scheme("la_child_id", "authority", ("la_child_id",)),
    Scheme("pmr", "supply", ("pmr",)),
    Scheme("leo_person_id", "supply", ("leo_person_id",)),
    Scheme("edukey", "supply", ("edukey",)),
    Scheme("pseudonym", "supply", ("pseudonym",)),
    Scheme("learner_ref", "provider", ("learner_ref",)),
)
SCHEME_OF_FIELD: dict[str, Scheme] = {field: scheme for scheme in SCHEMES for field in scheme.fields}

# The field whose values are UPNs the child no longer has.
FORMER_FIELD = "former_upn"

# From the most to the least that a status is worth.
STATUS_ORDER: tuple[IdentifierStatus, ...] = ("valid", "temporary", "former", "invalid", "placeholder")

# Schemes with a check digit; all others are taken as they are.
CHECKED_SCHEMES: frozenset[str] = frozenset({"upn", "uln", "nhs_number"})

# Check letters of a UPN in the order of their values 0 to 22; I, O and S are left out.
# Source: DfE, Unique pupil numbers: a guide for schools and local authorities.
UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_UPN_SHAPE = "[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]"

# Digits that people type when there is no number: runs, and one digit again and again. The first run stands in
# DfE's own sample files. Some pass a check by chance, so they are looked for before it. Of a UPN the first eleven
# digits tell, of the others all ten.
_UPN_RUNS = (12345678912, 12345678901, 1234567891, 1234567890, *(digit * 11111111111 for digit in range(10)))
_NUMBER_RUNS = (1234567890, 123456789, 9876543210, *(digit * 1111111111 for digit in range(10)))

# Words and codes for "none", without spaces and punctuation. `UN` and a number are the reasons why there is no
# UPN in the CIN census (UN1-UN7), SSDA903 (UN1-UN5) and SEN2 (up to UN10).
_ABSENT = (
    "UN[0-9]{0,2}|UNK|UNKNOWN|UPNUNKNOWN|NOTKNOWN|NK|NONE|NOUPN|NOULN|NA|NULL|NAN|NIL|TBC|TBA|PENDING|"
    "NOTAPPLICABLE|NOTAVAILABLE|MISSING|BLANK|TEMP|TEST|DUMMY|X+"
)
_LONGEST_ABSENT = 16

# What spreadsheets leave around a number: blanks of every kind, a byte order mark, dashes.
_BLANKS = " \t\r\n\u00a0\u200b\ufeff"
_IGNORED = _BLANKS + "-‐‑–."


# --- SQL ------------------------------------------------------------------------------------------


def value_sql(scheme: str, raw: str) -> str:
    """SQL: the normal form of the raw text, NULL where there is none.

    Checked schemes: upper case without blanks, dashes and Excel's `.0`. All others: verbatim, case kept,
    only blanks around it and Excel's `.0` removed, because a pseudonym may differ in nothing but case.
    """
    without_zero = f"case when contains({raw}, '.0') then regexp_replace({raw}, '[.]0[{_BLANKS}]*$', '') else {raw} end"
    if scheme in CHECKED_SCHEMES:
        # Nearly every value is well written and spared the rest.
        mended = f"nullif(upper(translate({without_zero}, '{_IGNORED}', '')), '')"
        return f"case when regexp_full_match({raw}, '[A-Z0-9]+') then {raw} else {mended} end"
    return f"nullif(trim({without_zero}, '{_BLANKS}'), '')"


def digits_sql(scheme: str, value: str) -> str:
    """SQL: the digits that the check of the scheme adds up, as one number; NULL where there is no check.

    Apart from `status_sql`, so that a query can work it out once per row: DuckDB repeats what stands in a CASE.
    """
    if scheme == "upn":
        return f"try_cast(substr({value}, 2, 11) as bigint)"
    return f"try_cast({value} as bigint)" if scheme in CHECKED_SCHEMES else "null::bigint"


def status_sql(field: str, value: str, digits: str) -> str:
    """SQL: status of a value in normal form, NULL where the value is NULL.

    `field` is the record field it came from, so that a former UPN can be told from the present one; `digits` is the
    column, or the expression, that `digits_sql` gives.
    """
    scheme = SCHEME_OF_FIELD[field].name
    if scheme not in CHECKED_SCHEMES:
        status = f"case when {_absent_sql(value)} then 'placeholder' else 'valid' end"
    elif scheme == "upn":
        status = _upn_status_sql(value, digits, former=field == FORMER_FIELD)
    else:
        check = _uln_check_sql(value, digits) if scheme == "uln" else _nhs_check_sql(digits)
        status = _number_status_sql(value, digits, check)
    return f"case when {value} is not null then {status} end"


def _absent_sql(value: str) -> str:
    """SQL: whether the text only says that there is none."""
    letters = f"regexp_replace(upper({value}), '[^A-Z0-9]', '', 'g')"
    return (
        f"(length({value}) <= {_LONGEST_ABSENT} and "
        f"(regexp_full_match({letters}, '{_ABSENT}') or regexp_full_match({value}, '[^A-Za-z0-9]+')))"
    )


def _all_same_sql(digits: str) -> str:
    return f"replace({digits}, left({digits}, 1), '') = ''"


def upn_shape_sql(value: str) -> str:
    """SQL: whether the value has the shape of a permanent or temporary UPN, whatever its check letter."""
    return f"regexp_full_match({value}, '{_UPN_SHAPE}')"


def _upn_status_sql(value: str, digits: str, *, former: bool) -> str:
    runs = ", ".join(str(run) for run in _UPN_RUNS)
    kind = f"case when substr({value}, 13, 1) >= 'A' then 'temporary' else 'valid' end"
    worth = "'former'" if former else f"case when {_upn_check_sql(value, digits)} then {kind} else 'invalid' end"
    # The shape comes first: nearly every row has it, and is then spared the search for words.
    return (
        f"case when {upn_shape_sql(value)} then "
        f"case when {digits} in ({runs}) then 'placeholder' else {worth} end "
        f"when {_absent_sql(value)} or {_all_same_sql(value)} then 'placeholder' else 'invalid' end"
    )


def _upn_check_sql(value: str, digits: str) -> str:
    """SQL: whether the check letter of a well-formed UPN is right.

    Check letter = letter number (sum of position x value) mod 23, positions 2 to 13; a final letter (temporary
    UPN) has its own number as its value. Source: DfE, Unique pupil numbers: a guide.
    """
    weighted = " + ".join(f"(({digits} // {10 ** (12 - p)}) % 10) * {p}" for p in range(2, 13))
    final = f"substr({value}, 13, 1)"
    final_value = f"coalesce(try_cast({final} as integer), strpos('{UPN_LETTERS}', {final}) - 1)"
    number = f"cast(({weighted} + 13 * {final_value}) % 23 as integer)"
    return f"substr('{UPN_LETTERS}', 1 + {number}, 1) = left({value}, 1)"


def _number_status_sql(value: str, digits: str, check: str) -> str:
    runs = ", ".join(str(run) for run in _NUMBER_RUNS)
    return (
        f"case when regexp_full_match({value}, '[0-9]{{10}}') then "
        f"case when {digits} in ({runs}) then 'placeholder' when {check} then 'valid' else 'invalid' end "
        f"when {_absent_sql(value)} or {_all_same_sql(value)} then 'placeholder' else 'invalid' end"
    )


def _uln_check_sql(value: str, digits: str) -> str:
    """SQL: whether ten digits are a ULN: not from 0, weighted sum congruent to 10 mod 11 (HESA)."""
    return f"({value} >= '1' and ({_weighted_digits_sql(digits)}) % 11 = 10)"


def _nhs_check_sql(digits: str) -> str:
    """SQL: whether ten digits are an NHS number: weighted sum divisible by 11.

    The same as the published form (11 minus the remainder of the first nine digits; 11 is written 0 and 10 is
    never issued). Source: NHS Data Model and Dictionary, NHS number.
    """
    return f"({_weighted_digits_sql(digits)}) % 11 = 0"


def _weighted_digits_sql(digits: str) -> str:
    """SQL: sum of the digits of a ten-digit number times 10, 9, ... 1."""
    return " + ".join(f"(({digits} // {10 ** (weight - 1)}) % 10) * {weight}" for weight in range(10, 0, -1))


# --- Python ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Checked:
    """An identifier in normal form and what it is worth; a placeholder has no value."""

    value: str | None
    status: IdentifierStatus


def checked_identifier(field: str, raw: str) -> Checked | None:
    """What the raw text of an identifier field is; None where it is blank. Twin of the SQL."""
    scheme = SCHEME_OF_FIELD[field].name
    value = _normal_form(scheme, raw)
    if not value:
        return None
    status = _status(field, scheme, value)
    return Checked(None if status == "placeholder" else value, status)


def _normal_form(scheme: str, raw: str) -> str:
    text = re.sub(rf"[.]0[{_BLANKS}]*\Z", "", raw)
    if scheme in CHECKED_SCHEMES:
        return text.translate({ord(character): None for character in _IGNORED}).upper()
    return text.strip(_BLANKS)


def _status(field: str, scheme: str, value: str) -> IdentifierStatus:
    if _is_absent(value):
        return "placeholder"
    if scheme not in CHECKED_SCHEMES:
        return "valid"
    if len(set(value)) == 1:
        return "placeholder"
    if scheme == "upn":
        return _upn_status(value, former=field == FORMER_FIELD)
    return _number_status(scheme, value)


def _is_absent(value: str) -> bool:
    if len(value) > _LONGEST_ABSENT:
        return False
    letters = re.sub("[^A-Z0-9]", "", value.upper())
    return bool(re.fullmatch(_ABSENT, letters) or re.fullmatch("[^A-Za-z0-9]+", value))


def _upn_status(value: str, *, former: bool) -> IdentifierStatus:
    if not re.fullmatch(_UPN_SHAPE, value):
        return "invalid"
    if int(value[1:12]) in _UPN_RUNS:
        return "placeholder"
    if former:
        return "former"
    if upn_check_letter(value[1:]) != value[0]:
        return "invalid"
    return "temporary" if value[12].isalpha() else "valid"


def upn_check_letter(rest: str) -> str:
    """Check letter of the twelve characters after it (eleven digits, then a digit or a letter)."""
    values = [int(c) if c.isdigit() else UPN_LETTERS.index(c) for c in rest]
    return UPN_LETTERS[sum(position * value for position, value in enumerate(values, start=2)) % 23]


def _number_status(scheme: str, value: str) -> IdentifierStatus:
    if not re.fullmatch("[0-9]{10}", value):
        return "invalid"
    if int(value) in _NUMBER_RUNS:
        return "placeholder"
    remainder = sum(weight * int(digit) for weight, digit in zip(range(10, 0, -1), value, strict=True)) % 11
    is_valid = (value[0] != "0" and remainder == 10) if scheme == "uln" else remainder == 0
    return "valid" if is_valid else "invalid"
