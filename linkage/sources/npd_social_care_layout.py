"""The CIN and CLA tables of the NPD: their variables, whatever prefix and suffix a supply gives them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from linkage.sources.columns import Header
from linkage.sources.headings import Layout
from linkage.sources.supplies import end_year

Names = Mapping[str, str]


@dataclass(frozen=True)
class Event:
    """A kind of dated thing, as SQL over the staged variables."""

    kind: str
    code: str
    date_from: str
    date_to: str
    condition: str


@dataclass(frozen=True)
class Extracted:
    """A table of the NPD: its prefix, variables, the fields that it fills and its events.

    `telling` are variables of which one is in every such table; `values` maps fields to SQL where they are not just
    the variable of the same name; `birth` is SQL for what is known of a child's birth, to tell two of one id apart;
    `dated` is the variable whose dates tell how dates are written.
    """

    prefix: str
    variables: Layout
    telling: tuple[str, ...]
    fields: tuple[str, ...]
    values: Names
    birth: str
    events: tuple[Event, ...]
    dated: str


# Spellings without prefix, punctuation and suffix of a term; the NPD anonymises ids and says so at the end of the name.
_COMMON: Layout = {
    "pmr": ("pupilmatchingrefanonymous", "pupilmatchingref", "pmr"),
    "year": ("acadyr", "academicyear", "processingyear"),
    "birth_year": ("yearofbirth", "dobyear", "birthyear"),
    "birth_month": ("monthofbirth", "dobmonth", "birthmonth"),
    "dob_day": ("dob", "dateofbirth", "personbirthdate"),
    "sex": ("sex", "gender"),
    "upn": ("upn",),
}
_BIRTH = """case when dob_day is not null then dob_day
    when regexp_full_match(birth_year, '(19|20)[0-9]{2}(\\.0)?') then left(birth_year, 4) || case
        when try_cast(birth_month as double) between 1 and 12
        then '-' || lpad(cast(try_cast(birth_month as double)::integer as varchar), 2, '0') else '' end end"""
_YES = "('1', '1.0', 'true', 't', 'y', 'yes')"

CIN = Extracted(
    prefix="cin",
    variables={
        **_COMMON,
        "child": ("lachildidanon",),
        "la": ("laanon", "la", "la9codeanon", "la9code", "lageog"),
        "table_id": ("childtableid",),
        "former_upn": ("formerupn",),
        "expected_dob": ("expecteddob", "expectedpersonbirthdate"),
        "death_date": ("persondeathdate",),
        "ethnicity": ("ethnicity", "ethnicgroupminor"),
        "disability": ("disability",),
        "uasc": ("asylumseeking",),
        "referred": ("referraldate", "cinreferraldate", "latestreferraldate"),
        "need": ("primaryneedcode",),
        "no_action": ("referralnfa",),
        "closed": ("cinclosuredate", "closuredate", "latestclosuredate"),
        "reason": ("reasonforclosure",),
        "assessed": ("assessmentactualstartdate",),
        "authorised": ("assessmentauthorisationdate",),
        "s47": ("s47actualstartdate",),
        "cpp": ("cppstartdate",),
        "cpp_to": ("cppenddate",),
        "abuse": ("latestcategoryofabuse", "initialcategoryofabuse", "categoryofabuse"),
        "has_plan": ("cppindicator",),
    },
    telling=("pmr", "child"),
    fields=("pmr", "pseudonym", "upn", "former_upn", "dob", "expected_dob", "death_date", "sex", "ethnicity",
            "disability", "cin", "cpp", "uasc"),
    values={"dob": _BIRTH, "cin": "'true'", "pseudonym": "anonymised",
            "cpp": f"case when cpp is not null or lower(has_plan) in {_YES} then 'true' end"},
    birth=_BIRTH,
    events=(
        Event("referral", "need", "referred", "closed", "referred is not null"),
        Event("no_further_action", "null", "referred", "null", f"lower(no_action) in {_YES}"),
        Event("closure", "reason", "closed", "null", "reason is not null"),
        Event("assessment", "null", "assessed", "authorised", "coalesce(assessed, authorised) is not null"),
        Event("s47", "null", "s47", "null", "s47 is not null"),
        Event("cpp", "abuse", "cpp", "cpp_to", "coalesce(cpp, cpp_to) is not null"),
    ),
    dated="referred",
)  # fmt: skip

# An episode that has not ended has this for a reason, and any date behind it means nothing.
_OPEN = "rec in ('-10', '-10.0')"

CLA = Extracted(
    prefix="cla",
    variables={
        **_COMMON,
        "child": ("childidanon",),
        # By what public research code does with it, the authority's id of the child, as CIN_LAchildID_Anon in the CIN
        # table; by its name, it might be the authority. Its values decide: see `npd_social_care_steps.code_is_child`.
        "code": ("childlacodeanon",),
        "la": ("laanon", "la", "la9codeanon", "la9code"),
        "table_id": ("childtableid",),
        "ethnicity": ("ethnic", "ethnicity", "ethnicor"),
        "uasc": ("uascstatus",),
        "age": ("ageaug",),
        "started": ("dateepicomm", "dateepisodestarted", "dateepisodestarted1", "decom"),
        "ended": ("dateepiceased", "dateepisodeceased", "dateepisodeceased1", "dec"),
        "legal": ("legalstatus", "ls"),
        "place": ("placement", "place"),
        "rec": ("rec", "reasonepisodeceased", "reasonepisodeceased1"),
    },
    telling=("pmr", "child", "code"),
    fields=("pmr", "pseudonym", "upn", "dob", "sex", "ethnicity", "cla", "uasc"),
    values={"dob": _BIRTH, "cla": "'true'", "pseudonym": "anonymised"},
    # Without a date: the year that the age is counted from.
    birth=f"coalesce({_BIRTH}, cast({end_year('year')} - try_cast(age as double) as varchar))",
    events=(
        Event("episode", "coalesce(legal, '') || '|' || coalesce(place, '')", "started",
              f"case when {_OPEN} then null else ended end", "coalesce(started, ended) is not null"),
        Event("adopted", "rec", "ended", "null", "upper(rec) in ('E11', 'E12')"),
    ),
    dated="started",
)  # fmt: skip

# Variables that only a table of this kind has: one of them without the prefix tells it as well.
_OWN = {"cin": {"referred", "closed", "cpp", "need"}, "cla": {"started", "legal", "rec"}}


def find_variables(header: Header, kind: Extracted) -> dict[str, int]:
    """Where the variables are; the first spelling that is there is taken."""
    at_name: dict[str, int] = {}
    for at, name in enumerate(header.names):
        at_name.setdefault(variable(name, kind.prefix), at)
    return {
        staged: next(at_name[spelling] for spelling in spellings if spelling in at_name)
        for staged, spellings in kind.variables.items()
        if any(spelling in at_name for spelling in spellings)
    }


def is_extract(header: Header, kind: Extracted) -> bool:
    """Whether a table is one of this kind: it has an id of the children, and the prefix or variables of the kind."""
    places = find_variables(header, kind)
    if not any(name in places for name in kind.telling):
        return False
    prefixed = any(re.match(rf"(?:\w\.)?{kind.prefix}_", name.strip().lower()) for name in header.names)
    return prefixed or bool(_OWN[kind.prefix] & set(places))


def variable(name: str, prefix: str) -> str:
    """The name of a variable in lower case without alias, prefix, punctuation and the suffix of a term.

    `CLA_CLA_LA` and `cla_la` are one, `cla_LEGAL STATUS` is `legalstatus`, `CIN_LAchildID_Anon` keeps its end.
    """
    plain = re.sub(r"^\w\.", "", name.strip().lower())
    plain = re.sub(rf"^(?:{prefix}_)+", "", plain)
    plain = re.sub(r"_(?:aut|spr|sum|ab|ex)?\d{2}$", "", plain)
    return re.sub(r"[^a-z0-9]", "", plain)
