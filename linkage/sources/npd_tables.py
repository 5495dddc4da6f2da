"""The table families of the National Pupil Database (NPD), and where a header keeps what is read of a pupil.

Names of columns follow one rule: `PREFIX_Name_TERMyy`, of which a family has the prefix, the term, both or neither.
Their case is not stable. Source: the variable lists of DfE's data request form and FFT's scripts for LEO.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from linkage.sources.columns import Header, compact


@dataclass(frozen=True)
class Family:
    """Tables of one kind: what their columns begin or end with, or sets of columns (compacted) of which one tells it.

    `order` says which family speaks for a pupil within one year: the higher.
    """

    name: str
    title: str
    prefix: str = ""
    term: str = ""
    telling: tuple[frozenset[str], ...] = ()
    order: int = 0


def _sets(*listed: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(names.split()) for names in listed)


FAMILIES: tuple[Family, ...] = (
    Family("autumn_census", "school census, autumn", term="aut", order=3),
    Family("spring_census", "school census, spring", term="spr", order=4),
    Family("summer_census", "school census, summer", term="sum", order=5),
    Family("pru_census", "pupil referral units (2009/10 to 2012/13)", prefix="pru", order=2),
    Family("ap_census", "alternative provision", prefix="ap", order=2),
    Family("early_years_census", "early years census", prefix="eyc", order=2),
    Family("eyfsp", "early years foundation stage profile", prefix="fsp", order=1),
    Family("ks1", "key stage 1", prefix="ks1", telling=_sets("ks1id"), order=1),
    Family("phonics", "phonics check", prefix="phonics", order=1),
    Family("mtc", "multiplication tables check", prefix="mtc", order=1,
           telling=_sets("formmark", "reasonnottakingcheck")),
    Family("ks2", "key stage 2", prefix="ks2", telling=_sets("candno candid"), order=1),
    Family("ks3", "key stage 3", prefix="ks3", order=1),
    Family("ks4", "key stage 4", prefix="ks4", order=1),
    Family("ks5", "key stage 5", prefix="ks5", order=1),
    Family("absence", "absence", term="ab"),
    Family("exclusions", "exclusions (three tables)", term="ex"),
    Family("plams", "post-16 learning aims", prefix="pl"),
    Family("nccis", "young people and what they do (NCCIS)", prefix="nccis"),
    Family("ypmad", "young person's matched administrative data", prefix="ypmad"),
    Family("hesa", "students at universities, in LEO", prefix="he"),
    Family("pupil_premium", "pupil premium, from the portal",
           telling=_sets("deprivationpupilpremium", "pupilpremiumfte")),
    Family("further_education", "further education, from the portal", telling=_sets("uln concatenatedname")),
    Family("national_pupil", "pupil list, from the portal", telling=_sets("id pupilmatchingref upn")),
)  # fmt: skip
PLASC = Family("plasc", "pupil level census (2001/02 to 2004/05)", order=4)
# A table with pupil matching references that no rule tells; all of them are read by their person columns.
OTHER = Family("other", "another table")

PREFIXES = tuple(family.prefix for family in FAMILIES if family.prefix)
TERMS = tuple(family.term for family in FAMILIES if family.term)
# Formats of their own: children in need, and looked after.
ELSEWHERE = frozenset({"cin", "cla"})

ANONYMOUS = ("pupilmatchingrefanonymous", "pmr")
NOT_ANONYMOUS = ("pupilmatchingref", "pupilmatchingrefnonanonymous")
# Staged column -> its names without prefix and term, compacted; the first that is there is taken.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "pmr": (*ANONYMOUS, *NOT_ANONYMOUS), "upn": ("upn",), "former_upn": ("formerupn",),
    "uln": ("uln", "uniquelearnernumber"),
    "forename": ("forename", "forenames"), "middle_names": ("middlenames", "middlename"), "surname": ("surname",),
    "preferred_surname": ("preferredsurname",), "former_surname": ("formersurname",),
    "dob": ("dob", "dateofbirth", "birthdate"), "birth_year": ("yearofbirth", "yob"),
    "birth_month": ("monthofbirth", "mob"), "sex": ("sex",), "gender": ("gender", "gend"),
    "ethnicity": ("ethnicgroupminor", "ethnicity", "ethnicgroupmajor"),
    "language": ("languagegroupminor", "language", "languagegroupmajor"), "sen": ("senprovision",),
    "fsm": ("fsmeligible",), "la": ("la", "lea", "lanumber"), "urn": ("urn",), "postcode": ("postcode",),
    "year": ("acadyr", "academicyear", "processingyear"), "record_status": ("recordstatus",), "natres": ("natres",),
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """What a table is: its family, the year in the names of its columns, and where its columns are.

    `anonymised` says of which kind its pupil matching references are (None: it has none); `others` counts further
    references in the header.
    """

    family: Family
    year: int | None
    columns: Mapping[str, int]
    anonymised: bool | None
    others: int


@dataclass(frozen=True)
class _Name:
    """A column name in its parts."""

    at: int
    prefix: str
    core: str
    term: str
    year: str

    @property
    def affixes(self) -> tuple[str, str, str]:
        return self.prefix, self.term, self.year


def layout_of(header: Header) -> Layout | None:
    """The layout that the column names tell, without regard to case; None for no table of the NPD."""
    names = _names(header)
    key = _first(names, COLUMNS["pmr"]) or _first(names, COLUMNS["upn"]) or _first(names, COLUMNS["uln"])
    if key is None or key.prefix in ELSEWHERE:
        return None
    has_reference = key.core in COLUMNS["pmr"]
    family = _family(key, frozenset(map(compact, header.names)), has_reference=has_reference)
    if family is None:
        return None
    places = {staged: _place(names, key, spellings) for staged, spellings in COLUMNS.items()}
    return Layout(
        family,
        _year(key.year),
        {staged: at for staged, at in places.items() if at is not None},
        key.core in ANONYMOUS if has_reference else None,
        sum(name.core in COLUMNS["pmr"] for name in names) - 1 if has_reference else 0,
    )


def _names(header: Header) -> list[_Name]:
    """Names in their parts, pseudonymised places (`URN_SPR20_anon`) left out: they are no authority and no school."""
    # As a printed alias has it: `s.PupilMatchingRefAnonymous`.
    plain = [re.sub(r"^[a-z]\w*\.", "", name.casefold()) for name in header.names]
    reference = re.compile(r"([a-z0-9]+)_(?:pupilmatchingref(?:non)?(?:anonymous)?|pmr)(?:_[a-z]{0,3}\d\d)?")
    found = {match.group(1) for name in plain if (match := reference.fullmatch(name))}
    prefixes = "|".join(sorted({*PREFIXES, *found}, key=lambda prefix: (-len(prefix), prefix)))
    parts = re.compile(rf"(?:({prefixes})_)?(.+?)(?:_({'|'.join(TERMS)})?(\d\d))?")
    matches = ((at, parts.fullmatch(name)) for at, name in enumerate(plain) if not re.search(r"_anon(_|$)", name))
    return [_Name(at, match[1] or "", compact(match[2]), match[3] or "", match[4] or "") for at, match in matches
            if match]  # fmt: skip


def _first(names: Iterable[_Name], spellings: Iterable[str]) -> _Name | None:
    listed = list(names)
    return next((name for spelling in spellings for name in listed if name.core == spelling), None)


def _family(key: _Name, columns: frozenset[str], *, has_reference: bool) -> Family | None:
    by_prefix = (family for family in FAMILIES if key.prefix and family.prefix == key.prefix)
    by_term = (family for family in FAMILIES if not key.prefix and key.term and family.term == key.term)
    told = (family for family in FAMILIES if not key.prefix and any(telling <= columns for telling in family.telling))
    by_year = PLASC if not key.prefix and key.year else None
    return next(by_prefix, None) or next(by_term, None) or by_year or next(told, None) or (
        OTHER if has_reference else None
    )  # fmt: skip


def _place(names: Iterable[_Name], key: _Name, spellings: Iterable[str]) -> int | None:
    """Where a column is: with the affixes of the key, else with fewer of them; never with those of another table."""
    prefix, term, year = key.affixes
    accepted = ((prefix, term, year), (prefix, "", ""), ("", term, year), ("", "", ""))
    by_name = {(name.core, name.affixes): name.at for name in reversed(list(names))}
    found = (by_name.get((spelling, affixes)) for spelling in spellings for affixes in accepted)
    return next((at for at in found if at is not None), None)


def _year(digits: str) -> int | None:
    """The end year of two digits; the first tables are of the 1990s."""
    return (2000 if int(digits) < 90 else 1900) + int(digits) if digits else None
