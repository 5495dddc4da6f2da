"""Annex A: which of Ofsted's eleven lists a sheet is, and where its columns are.

Headings are those of the workbooks of 2016 to 2026; they drift (blanks at the end, `Sex` for `Gender`, `Age of Child
(Years)` for `Age`), so that columns are found by their words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from linkage.sources.columns import Header
from linkage.sources.headings import Found, Layout, find_by_words, words

ADOPTERS = 11  # the list of adults: no row of it is a child

# What each list is of.
NAMES: Mapping[int, str] = {
    1: "contacts", 2: "early help", 3: "referrals", 4: "assessments", 5: "section 47 enquiries", 6: "children in need",
    7: "child protection plans", 8: "looked-after children", 9: "care leavers", 10: "adoption",
    ADOPTERS: "adopters (left out: adults)",
}  # fmt: skip
# Every list describes its children in the same columns.
PERSON: Layout = {
    "child": ("child unique id", "child unique identifier", "child id", "child identifier", "childid"),
    "sex": ("gender", "sex"),
    "ethnicity": ("ethnicity", "ethnic origin"),
    "dob": ("date of birth", "dob"),
}
_DISABILITY: Layout = {"disability": ("does the child have a disability", "disability")}


@dataclass(frozen=True)
class EventColumns:
    """A dated thing of a list: its kind, and the staged columns that its code and dates are in."""

    kind: str
    date_from: str | None = None
    date_to: str | None = None
    code: str | None = None
    telling: str = ""  # the column without which there was no such thing

    @property
    def needed(self) -> str:
        """The column that has to be filled."""
        return self.telling or str(self.date_from)


@dataclass(frozen=True)
class ListLayout:
    """What a list adds to the columns of a child, and the dated things in it; `unused` headings are known, too."""

    columns: Layout
    events: tuple[EventColumns, ...]
    unused: tuple[str, ...] = ()

    @property
    def staged(self) -> Layout:
        """All columns that are read: names of workers and teams are never among them."""
        return {**PERSON, **self.columns}


_WORKERS = ("allocated team", "allocated worker")
_AGE = ("age", "age of child years")

LISTS: Mapping[int, ListLayout] = {
    1: ListLayout(
        {"contacted": ("date of contact",), "contact_source": ("contact source",)},
        (EventColumns("contact", "contacted", code="contact_source"),),
    ),
    2: ListLayout(
        {"assessed": ("assessment start date",), "assessed_to": ("assessment completion date",)},
        (EventColumns("early_help", "assessed", "assessed_to"),),
        ("organisation completing assessment",),
    ),
    3: ListLayout(
        {"referred": ("date of referral",), "no_action": ("referral nfa",)},
        (EventColumns("referral", "referred"), EventColumns("no_further_action", "referred", telling="no_action")),
        ("referral source", "number of referrals in last 12 months", *_WORKERS),
    ),
    4: ListLayout(
        {**_DISABILITY, "assessed": ("continuous assessment start date",),
         "assessed_to": ("continuous assessment date of authorisation",)},
        (EventColumns("assessment", "assessed", "assessed_to"),),
        ("child seen during continuous assessment",
         "was the child assessed as requiring la children social care support", *_WORKERS),
    ),
    5: ListLayout(
        {**_DISABILITY, "s47": ("strategy discussion initiating section 47 enquiry start date",),
         "icpc": ("date of initial child protection conference",)},
        (EventColumns("s47", "s47"), EventColumns("icpc", "icpc")),
        ("was an initial child protection conference deemed unnecessary",
         "did the initial child protection conference result in a child protection plan",
         "number of section 47 enquiries in the last 12 months", "number of icpcs in the last 12 months", *_WORKERS),
    ),
    6: ListLayout(
        {**_DISABILITY, "started": ("cin start date",), "closed": ("cin closure date",),
         "need": ("primary need code",), "reason": ("reason for closure",)},
        (EventColumns("cin", "started", "closed", "need"),
         EventColumns("closure", "closed", code="reason", telling="reason")),
        ("date child was last seen", "case status", *_WORKERS),
    ),
    7: ListLayout(
        {**_DISABILITY, "started": ("child protection plan start date",), "closed": ("child protection plan end date",),
         "abuse": ("latest category of abuse",)},
        (EventColumns("cpp", "started", "closed", "abuse"),),
        ("initial category of abuse", "date of the last statutory visit", "was the child seen alone",
         "date of latest review conference", "number of previous child protection plans",
         "subject to emergency protection order or protected under police powers in last six months y n", *_WORKERS),
    ),
    8: ListLayout(
        {**_DISABILITY, "uasc": ("unaccompanied asylum seeking child uasc within the last 12 months y n", "uasc"),
         "started": ("date started to be looked after",), "closed": ("date ceased to be looked after",),
         "legal": ("child legal status",), "placed": ("start date of most recent placement",),
         "place": ("placement type",), "placement_postcode": ("placement postcode",)},
        (EventColumns("looked_after", "started", "closed", "legal"),
         EventColumns("placement", "placed", "closed", "place")),
        ("child category of need", "start date of current legal status", "date of latest statutory review",
         "is this a second or subsequent period of being a looked after child within the last 12 months y n",
         "date of last social work visit", "what is the permanence plan for this child",
         "date of last iro visit contact to the child", "date of last health assessment",
         "date of last dental check", "number of placements in the last 12 months", "reason ceased to be looked after",
         "placement provider", "urn of placement", "placement location", "la of placement",
         "number of episodes the child has been missing from their placement in the last 12 months",
         "number of episodes the child has been absent from their placement in the last 12 months",
         "was the child offered a return interview after their last missing episode y n",
         "did the child accept a return interview after their last missing episode y n", *_WORKERS),
    ),
    9: ListLayout(
        {**_DISABILITY, "uasc": ("unaccompanied asylum seeking child uasc or formerly uasc if 18 or over y n", "uasc"),
         "eligible": ("eligibility category",)},
        (EventColumns("care_leaver", code="eligible", telling="eligible"),),
        ("allocated personal advisor", "personal advisor", "la in touch", "latest date of contact", "date of contact",
         "latest pathway plan review date", "pathway plan date", "type of accommodation",
         "suitability of accommodation", "activity status", *_WORKERS),
    ),
    10: ListLayout(
        {**_DISABILITY, "family": ("family identifier", "family id"), "placed": ("date placed for adoption",),
         "adopted": ("date of adoption order",)},
        (EventColumns("family_id", code="family", telling="family"), EventColumns("placed_for_adoption", "placed"),
         EventColumns("adopted", "adopted")),
        ("date the child entered care", "date of decision that child should be placed for adoption",
         "date of placement order", "date of matching child and prospective adopters",
         "date of decision that child should no longer be placed for adoption",
         "reason why child no longer placed for adoption",
         "date the child was placed for fostering in ffa or concurrent planning placement"),
    ),
}  # fmt: skip
STAGED: tuple[str, ...] = tuple(dict.fromkeys(name for each in LISTS.values() for name in each.staged))
_ADOPTER = ("individual adopter identifier", "date adopter matched with child ren")


@dataclass(frozen=True)
class SheetLayout:
    """A sheet: the number of its list, and where its columns are."""

    number: int
    found: Found


def list_headings() -> tuple[str, ...]:
    """Headings as they are printed closely enough for a header row to be found."""
    return ("Child Unique ID", "Child ID", "Child Unique Identifier", "Gender", "Sex", "Ethnicity", "Date of Birth",
            "DOB", "Individual adopter identifier", "Family identifier", "Date enquiry received")  # fmt: skip


def sheet_layout(title: str, header: Header) -> SheetLayout | None:
    """Which list a table is: the one of adopters by any of its headings; else by its title, else by its columns.

    None for a table that is none of the lists.
    """
    if is_adopters(title, header):
        return SheetLayout(ADOPTERS, Found({}, (), 0))
    titled = list_number(title)
    if titled is not None and titled in LISTS:
        return _layout(titled, header)
    fits = [_layout(number, header) for number in LISTS]
    own = {fit.number: len(set(fit.found.places) - set(PERSON) - set(_DISABILITY)) for fit in fits}
    best = max(fits, key=lambda fit: (own[fit.number] - len(fit.found.missing) / 100, -fit.number))
    return best if "child" in best.found.places and own[best.number] else None


def is_adopters(title: str, header: Header) -> bool:
    """Whether a table is about adopters: it says so in its title or a heading; a child's id beside does not help."""
    headings = [set(words(name).split()) for name in header.names]
    identified = any({"adopter", "adopters"} & own and {"id", "identifier"} & own for own in headings)
    printed = any(words(name) in _ADOPTER for name in header.names)
    numbered = list_number(title)
    titled = numbered == ADOPTERS or (numbered is None and "adopters" in words(title).split())
    return titled or identified or printed


def list_number(title: str) -> int | None:
    """The number in a title such as `List 8` or `List_8 - CLA`."""
    numbered = re.search(r"(?<![a-z])list[ _-]*0?(\d{1,2})(?!\d)", title.lower())
    return int(numbered.group(1)) if numbered else None


def _layout(number: int, header: Header) -> SheetLayout:
    layout = LISTS[number]
    return SheetLayout(number, find_by_words(header, layout.staged, (*layout.unused, *_AGE)))
