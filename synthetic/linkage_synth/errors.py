"""How records come to differ from the truth: names, birth dates, sex, ethnicity."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from linkage_synth import misspelling
from linkage_synth.arrays import Bools, Floats, Ints, Texts
from linkage_synth.cultures import CULTURES, ETHNICITY_CONFUSIONS
from linkage_synth.dates import age_on, from_parts, parts
from linkage_synth.names import Names

DATE_WRONG = 0.007
SEX_WRONG = 0.003
ETHNICITY_OTHER_CODE = 0.028
DEFAULT_DATE_SHARE = 0.15
"""Of wrong birth dates, those set to 1 January of the year."""
UNACCOMPANIED_MID_MONTH = 0.35
"""Share of unaccompanied children whose day of birth an authority puts at the 15th."""
UNACCOMPANIED_FIRST_JANUARY = 0.25

_CALENDAR_LIMIT = 28
_SWAPPERS = frozenset(number for number, culture in enumerate(CULTURES) if culture.swaps_names)


@dataclass
class Written:
    """Names as one source writes them, one entry per record; changed in place while errors are made."""

    forename: Texts
    middle: Texts
    surname: Texts

    def copy(self) -> "Written":
        """A copy that can be changed without changing this."""
        return Written(self.forename.copy(), self.middle.copy(), self.surname.copy())


def happens(rng: np.random.Generator, rate: float, risk: Floats) -> Bools:
    """Marks entries with a chance in proportion to their risk, so that the rate holds on average."""
    average = float(risk.mean()) if len(risk) else 1.0
    return rng.random(len(risk)) < rate * risk / average


@dataclass(frozen=True)
class Case:
    """One record to get wrong, and the draw that decides how."""

    row: int
    known_as: str
    other_surname: str
    swapper: bool
    """Of a culture whose forenames and surnames are taken for one another."""
    draw: int


ErrorMaker: TypeAlias = Callable[[Written, Case], bool]
"""Makes an error in the written names; False, and nothing changed, where it does not apply."""


def write_names(rng: np.random.Generator, names: Names, person: Ints, culture: Ints, wrong: Bools) -> Written:
    """Registered names of persons, with one error in each of the entries marked as wrong."""
    written = Written(names.forename[person], names.middle[person], names.surname[person])
    rows = np.flatnonzero(wrong)
    draws = rng.integers(0, 1 << 40, (len(rows), 2)).tolist()
    for row, who, (choice, draw) in zip(rows.tolist(), person[rows].tolist(), draws, strict=True):
        swapper = int(culture[row]) in _SWAPPERS
        _get_wrong(written, Case(row, names.known_as[who], names.other_surname[who], swapper, draw), choice)
    return written


def _change(column: Texts, row: int, changed: str | None) -> bool:
    if not changed or changed == column[row]:
        return False
    column[row] = changed
    return True


def _typing(written: Written, case: Case) -> bool:
    column = written.surname if case.draw % 2 else written.forename
    return _change(column, case.row, misspelling.mistyped(column[case.row], case.draw // 2))


def _hearing(written: Written, case: Case) -> bool:
    column = written.surname if case.draw % 2 else written.forename
    return _change(column, case.row, misspelling.misheard(column[case.row], case.draw // 2))


def _spelling(written: Written, case: Case) -> bool:
    first, then = written.forename, written.surname
    if case.draw % 3 == 0:
        first, then = then, first
    return _either(first, then, case.row, misspelling.respelt, case.draw // 3)


def _short_form(written: Written, case: Case) -> bool:
    if case.known_as and case.draw % 4:
        return _change(written.forename, case.row, case.known_as)
    return _change(written.forename, case.row, misspelling.shortened(written.forename[case.row], case.draw // 4))


def _other_surname(written: Written, case: Case) -> bool:
    return _change(written.surname, case.row, case.other_surname)


def _swap(written: Written, case: Case) -> bool:
    forename, surname = written.forename[case.row], written.surname[case.row]
    if forename == surname or (not case.swapper and case.draw % 5):
        return False
    written.forename[case.row], written.surname[case.row] = surname, forename
    return True


def _joining(written: Written, case: Case) -> bool:
    return _either(written.surname, written.forename, case.row, misspelling.rejoined, case.draw)


def _particle(written: Written, case: Case) -> bool:
    return _change(written.surname, case.row, misspelling.without_particle(written.surname[case.row], case.draw))


def _accents(written: Written, case: Case) -> bool:
    changed = _change(written.forename, case.row, misspelling.without_accents(written.forename[case.row]))
    return _change(written.surname, case.row, misspelling.without_accents(written.surname[case.row])) or changed


def _cutting(written: Written, case: Case) -> bool:
    return _either(written.surname, written.forename, case.row, misspelling.cut_off, case.draw)


def _middle(written: Written, case: Case) -> bool:
    """Middle name for the forename, or both in one field."""
    forename, middle = written.forename[case.row], written.middle[case.row]
    if not middle:
        return False
    both = case.draw % 2 == 0
    written.forename[case.row] = f"{forename} {middle}" if both else middle
    written.middle[case.row] = "" if both else forename
    return True


def _middle_for_surname(written: Written, case: Case) -> bool:
    """The second name of a chain, the father's, stands as surname."""
    return case.swapper and _change(written.surname, case.row, written.middle[case.row])


def _either(first: Texts, then: Texts, row: int, error: Callable[[str, int], str | None], draw: int) -> bool:
    """The error in the first column, or in the other where it does not apply to the first."""
    return _change(first, row, error(first[row], draw)) or _change(then, row, error(then[row], draw))


_ERRORS: tuple[ErrorMaker, ...] = (
    *[_typing] * 26, *[_hearing] * 8, *[_spelling] * 16, *[_short_form] * 14, *[_other_surname] * 10,
    *[_swap] * 5, *[_joining] * 8, *[_particle] * 3, *[_accents] * 3, *[_cutting] * 3, *[_middle] * 5,
    *[_middle_for_surname] * 4,
)  # fmt: skip
"""In proportion to how often each is tried."""


def _get_wrong(written: Written, case: Case, choice: int) -> None:
    """Make one error: the first that applies of three tried, else a typing error."""
    for attempt in range(3):
        if _ERRORS[(choice + attempt * 37) % len(_ERRORS)](written, case):
            return
    _typing(written, case)


def drop_accents(written: Written, rows: Ints) -> None:
    """What a system without accents makes of the names in those rows."""
    for column in (written.forename, written.middle, written.surname):
        misspelling.replace_accents(column, rows)


def write_birth(
    rng: np.random.Generator,
    birth: Ints,
    risk: Floats,
    unaccompanied: Bools,
    on: int,
    rate: float = DATE_WRONG,
) -> Ints:
    """Birth dates as recorded by a day: day and month swapped, a digit wrong, or 1 January by default.

    For unaccompanied children the day is often not known, and is set to the 15th or to 1 January.
    """
    year, month, day_of_month = parts(birth)
    size = len(birth)
    one = np.ones(size, dtype=np.int64)
    kind = rng.random(size)
    swapped = from_parts(year, np.minimum(day_of_month, 12), month)
    can_swap = (day_of_month <= 12) & (day_of_month != month)
    shifted_day = from_parts(
        year, month, 1 + (day_of_month - 1 + rng.choice([1, 2, 9, 10, 20, 27], size)) % _CALENDAR_LIMIT
    )
    shifted_month = from_parts(year, 1 + (month - 1 + rng.integers(1, 12, size)) % 12, day_of_month)
    shifted_year = from_parts(year + rng.choice([-1, 1], size), month, day_of_month)
    first_january = from_parts(year, one, one)
    wrong_date = np.where(kind < 0.45, shifted_day, np.where(kind < 0.6, shifted_month, shifted_year))
    wrong_date = np.where((kind < 0.35) & can_swap, swapped, wrong_date)
    wrong_date = np.where(kind > 1 - DEFAULT_DATE_SHARE, first_january, wrong_date)
    wrong_date = np.where(wrong_date > on, shifted_day, wrong_date)
    wrong_date = np.where(wrong_date > on, first_january, wrong_date)
    recorded = np.where(happens(rng, rate, risk), wrong_date, birth)

    assessed = rng.random(size)
    recorded = np.where(
        unaccompanied & (assessed < UNACCOMPANIED_MID_MONTH), from_parts(year, month, 15 * one), recorded
    )
    default = unaccompanied & (assessed > 1 - UNACCOMPANIED_FIRST_JANUARY)
    recorded = np.where(default, first_january, recorded)
    # A date that would make a looked-after child grown-up would not pass the return's own checks.
    return np.where(unaccompanied & (age_on(recorded, on) >= 19), birth, recorded)


def write_sex(rng: np.random.Generator, is_girl: Bools, risk: Floats, rate: float = SEX_WRONG) -> Bools:
    """Whether each record says girl."""
    return is_girl ^ happens(rng, rate, risk)


def write_ethnicity(
    rng: np.random.Generator,
    ethnicity: Texts,
    risk: Floats,
    not_known: float,
    other_code: float = ETHNICITY_OTHER_CODE,
) -> Texts:
    """Ethnicity as recorded: another clerk's choice for some, REFU or NOBT for a share `not_known`."""
    recorded = ethnicity.copy()
    rows = np.flatnonzero(happens(rng, other_code, risk))
    for row, draw in zip(rows.tolist(), rng.integers(0, 1 << 20, len(rows)).tolist(), strict=True):
        others = ETHNICITY_CONFUSIONS[ethnicity[row]]
        recorded[row] = others[draw % len(others)]
    unknown = happens(rng, not_known, risk)
    refused = rng.random(len(recorded)) < 0.25
    return np.where(unknown, np.where(refused, "REFU", "NOBT").astype(np.object_), recorded)
