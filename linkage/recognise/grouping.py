"""From recognised files to sources: files that belong together, and what is still to be said of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from linkage.recognise.contract import Layout, Part, Place, Proposal, Recognition, Sureness, least_sure
from linkage.recognise.keys import Persons, judged
from linkage.recognise.paths import paths_of
from linkage.recognise.periods import collection_year, year_named
from linkage.recognise.supplies import supply_names
from linkage.sources import FORMATS

# Said where nothing says which authority a return is from and the importer has to know.
UNKNOWN_AUTHORITY = "000"
_NAMES: Mapping[str, str] = {
    "return cin_census": "cin", "events cin_census": "cin_flat", "NPD extract cin_census": "npd_cin",
    "NPD extract ssda903": "npd_cla", "ssda903": "cla", "school_census": "census",
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """What is kept of a sample: of records only hashes of identifiers, and dates of events that tell a year."""

    place: Place
    found: Recognition
    layout: Layout | None
    rows: int
    whole: bool
    persons: Persons | None
    ids: frozenset[int] = frozenset()


def proposals(seen: Sequence[Seen], folder: Path) -> list[Proposal]:
    """The sources that the files make, by format and name."""
    groups: dict[tuple[str, str], list[Seen]] = {}
    for item in seen:
        groups.setdefault((item.found.format, item.found.group), []).append(item)
    named = {item.found.authority for item in seen if item.found.authority}
    supplied = [item for item in seen if item.found.supplied]
    supplies = dict(zip((item.place.shown for item in supplied),
                        supply_names([(item.place.shown, item.ids) for item in supplied]), strict=True))  # fmt: skip
    made = [
        replace(_proposal(members, folder, named), supply=supplies.get(members[0].place.shown))
        for _, members in sorted(groups.items())
    ]
    order = {name: at for at, name in enumerate(FORMATS)}
    return _named_apart(sorted(made, key=lambda item: (order.get(item.format, len(order)), item.name, item.paths)))


def _proposal(members: Sequence[Seen], folder: Path, named: AbstractSet[str]) -> Proposal:
    first = members[0]
    name, places = first.found.format, [item.place for item in members]
    authorities = sorted({item.found.authority for item in members if item.found.authority})
    year, dated = _year(members)
    authority, guessed = _authority(members, authorities, named)
    unique, why = judged((item.persons for item in members), all(item.whole for item in members), len(authorities))
    common = [reason for reason in first.found.reasons if all(reason in item.found.reasons for item in members)]
    sureness: list[Sureness] = [item.found.sureness for item in members]
    return Proposal(
        name=_source_name(first, year),
        format=name,
        paths=paths_of(places, name, folder),
        sureness=least_sure([*sureness, "guess"] if guessed else sureness),
        reasons=tuple(common) or (f"{len(members)} files of one source",),
        parts=tuple(
            Part(item.place.shown, item.found.part, item.rows, item.whole,
                 tuple(reason for reason in item.found.reasons if reason not in common))
            for item in members
        ),
        year=year,
        term=first.found.term,
        authority=authority,
        sheet=first.place.sheet if name == "table" and first.place.sheets > 1 else None,
        layout=first.layout,
        unique=unique,
        unique_reason=why,
        notes=(*guessed, *dated, *_twice(members), *_several_in_one(members)),
        left_out=_left_out(name, members),
    )  # fmt: skip


def _left_out(name: str, members: Sequence[Seen]) -> str:
    """Why a run could not read the source; empty where it can."""
    if name not in FORMATS or any(item.place.suffix not in FORMATS[name].suffixes for item in members):
        return f"this version does not read {name} in this form"
    with_children = [item for item in members if item.found.has_children]
    if not with_children:
        return "what it holds belongs to children who are listed in another file, which is not here"
    return "" if any(item.rows for item in with_children) else "it has no rows"


def _year(members: Sequence[Seen]) -> tuple[int | None, tuple[str, ...]]:
    """The latest year that is stated; else the one of the latest dates, and a note that it is one of these."""
    years = {item.found.year for item in members if item.found.year and 1990 <= item.found.year <= 2100}
    if years:
        return max(years), ()
    told = collection_year(day for item in members for day in item.found.dates)
    if told is None:
        return None, ()
    return told, (f"year {told} is a guess: the latest dates are of the year to March {told}",)


def _authority(
    members: Sequence[Seen], authorities: Sequence[str], named: AbstractSet[str]
) -> tuple[str | None, tuple[str, ...]]:
    """The authority to declare, and a note where it is none that a file states.

    Where each file says its own, in itself or in a folder's name, nothing has to be declared.
    """
    if not any(item.found.needs_authority for item in members):
        declared = len(authorities) == 1 and not any(item.found.in_folder for item in members)
        return (authorities[0] if declared else None), ()
    if len(authorities) == 1:
        return authorities[0], (f"authority {authorities[0]} is a guess for the files that name none",)
    if len(named) == 1:
        (only,) = named
        return only, (f"authority {only} is a guess: it is the only one that the other files name",)
    note = (f"authority {UNKNOWN_AUTHORITY} stands for one that no file names: put in the authority's three digits, or "
            "children cannot be linked by their LA child id")  # fmt: skip
    return UNKNOWN_AUTHORITY, (note,)


def _twice(members: Sequence[Seen]) -> Iterable[str]:
    """A file that a return has once for each authority, but that is there more often."""
    if members[0].found.format != "ssda903":
        return
    met: dict[tuple[str, str | None], int] = {}
    for item in members:
        where = (item.found.part, item.found.authority)
        met[where] = met.get(where, 0) + 1
    for part in sorted({part for (part, _), times in met.items() if times > 1 and part != "return"}):
        yield f"several files are the {part} of one return: put returns of different years into folders of their own"


def _several_in_one(members: Sequence[Seen]) -> Iterable[str]:
    if any("several terms in one file" in item.found.reasons for item in members):
        yield "several terms are in one file: a pupil has a record for each of them"


# --- names ---------------------------------------------------------------------------------------


def _source_name(first: Seen, year: int | None) -> str:
    found = first.found
    if found.format == "table":
        return _slug(first.place.sheet if first.place.sheets > 1 and first.place.sheet else first.place.target.stem)
    parts = [_NAMES.get(f"{found.part} {found.format}") or _NAMES.get(found.format, found.format)]
    if found.slug:
        parts.append(found.slug)
    if year:
        parts.append(str(year))
    elif found.part == "NPD extract" and (named := year_named(first.place)):
        parts.append(f"to_{named}")
    if found.term and found.term not in found.slug:
        parts.append(found.term)
    return _slug("_".join(parts))


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:36].rstrip("_")
    return slug if slug[:1].isalpha() else f"t_{slug}".rstrip("_")


def _named_apart(made: Sequence[Proposal]) -> list[Proposal]:
    """Names that occur again get a number; no number makes a name that another source has."""
    taken: set[str] = set()
    result = []
    for item in made:
        name, number = item.name, 1
        while name in taken:
            number += 1
            name = f"{item.name}_{number}"
        taken.add(name)
        result.append(replace(item, name=name))
    return result
