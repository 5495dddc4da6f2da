"""Recognisers of social care: CIN census, SSDA903, Annex A, section 251."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from linkage.recognise.contract import Document, Recognition, Sample, Table
from linkage.recognise.periods import (
    authority_folder,
    authority_named,
    name_of,
    only_year,
    stated_year,
    year_named,
)
from linkage.sources import annex_a as annex_a_format
from linkage.sources import npd_social_care
from linkage.sources import s251 as s251_format
from linkage.sources.annex_a_layout import ADOPTERS, LISTS, sheet_layout
from linkage.sources.authorities import LONDON
from linkage.sources.cin_flat import is_flat
from linkage.sources.headings import find_by_words
from linkage.sources.npd_social_care_layout import CIN, CLA, Extracted, find_variables
from linkage.sources.s251 import LAYOUT as S251
from linkage.sources.s251 import UNUSED as S251_UNUSED
from linkage.sources.ssda903 import layout_of as ssda903_layout

# What an event or episode of an SSDA903 return is dated by; never the dates of birth, nor those that lie ahead.
_SSDA903_DATES = ("DECOM", "DEC", "REVIEW", "MIS_START", "SW_DECOM", "DATE_MATCH", "DATE_PLACED", "DOLO_START")


def cin_census(sample: Sample) -> Recognition | None:
    """A CIN census return (XML), the flat file of a regional platform, or the NPD's table."""
    if isinstance(sample, Table):
        return _cin_flat(sample) if is_flat(sample.header) else _extract(sample, "cin_census", CIN, "children in need")
    collection = sample.header.get("Collection", "").upper()
    if sample.root != "Message" or (collection != "CIN" and (collection or "LAchildID" not in sample.tags)):
        return None
    why = "root element Message" + (", Collection is CIN" if collection else ", children with LAchildID")
    year, said = stated_year(sample)
    authority = sample.header.get("LEA", "")
    if re.fullmatch(r"\d{3}", authority):
        told: tuple[str, ...] = (f"authority {authority} from its header",)
    else:
        authority = authority_named(sample.place) or ""
        told = (f"authority {authority} from its name",) if authority else ()
    return Recognition(
        "cin_census", "return", "certain" if collection else "likely", (why, *said, *told), f"XML {year or ''}", year,
        authority=authority or None, needs_authority=not authority,
    )  # fmt: skip


def _cin_flat(sample: Table) -> Recognition:
    year, said = _year_of_rows(sample, "YEAR")
    has_authority = _has_suffix(sample.values("LAchildID")) or _are_authorities(sample.values("LA", "LEA"))
    authority = authority_folder(sample.place)
    return Recognition(
        "cin_census", "events", "certain", ("columns LAchildID, Date and Type of a flat file of events", *said),
        f"flat {year or ''}", year, authority=None if has_authority else authority,
        needs_authority=not has_authority and authority is None,
    )  # fmt: skip


def ssda903(sample: Sample) -> Recognition | None:
    """A file of an SSDA903 return, CSV or XML, or the NPD's table of looked-after children."""
    if isinstance(sample, Document):
        return _ssda903(sample, "return", "root element EXPSSDA903") if sample.root == "EXPSSDA903" else None
    part = None if sample.place.sheet else ssda903_layout(sample.header)
    if part is None:
        return _extract(sample, "ssda903", CLA, "looked-after children")
    return _ssda903(sample, part.replace("_", " "), "columns of the files of a return")


def _ssda903(sample: Sample, part: str, why: str) -> Recognition:
    """The return has no header: its year is in its name or told by its dates, its authority in a folder's name."""
    year, said = _year_in_name(sample)
    authority = authority_folder(sample.place)
    folder = PurePosixPath(name_of(sample.place)).parent
    base = folder.parent if authority and folder.name == authority else folder
    dates = list(sample.dates) if isinstance(sample, Document) else [
        text for name in _SSDA903_DATES for text in sample.values(name)]  # fmt: skip
    return Recognition(
        "ssda903", part, "certain", (why, *said, *((f"authority {authority} from its folder",) if authority else ())),
        f"{'XML' if isinstance(sample, Document) else 'CSV'} {base} {year or ''}", year, authority=authority,
        in_folder=authority is not None, needs_authority=authority is None, dates=tuple(dates),
    )  # fmt: skip


def _extract(sample: Table, name: str, kind: Extracted, of: str) -> Recognition | None:
    """A table of the NPD; `kind` tells it by its variables. A table of several years has no year."""
    part = None if sample.place.sheet else npd_social_care.part_of(sample.header, kind)
    if part is None:
        return None
    year, said = _year_of_rows(sample, f"{kind.prefix}_ACADYR", f"{kind.prefix}_PROCESSING_YEAR", "ACADYR")
    places = find_variables(sample.header, kind)
    why = f"columns {kind.prefix.upper()}_… of the NPD's table of {of}"
    return Recognition(name, part.name, "certain" if part.is_sure else "likely", (why, *said),
                       f"NPD {sample.place.shown}", year, supplied=True,
                       ids=tuple(places[name] for name in ("pmr", "child") if name in places))  # fmt: skip


def annex_a(sample: Sample) -> Recognition | None:
    """A list of an Annex A workbook, or a file made from one."""
    if not isinstance(sample, Table):
        return None
    title = sample.place.sheet or sample.place.target.stem
    layout, part = sheet_layout(title, sample.header), annex_a_format.part_of(sample.header, title)
    if layout is None or part is None:
        return None
    year, said = _year_in_name(sample)
    authority = authority_folder(sample.place)
    folder = PurePosixPath(name_of(sample.place)).parent
    base = folder.parent if authority and folder.name == authority else folder
    told = (f"authority {authority} from its folder",) if authority else ()
    starts = {event.date_from for event in LISTS[layout.number].events} if layout.number in LISTS else set()
    dated = [sample.column(at) for name, at in layout.found.places.items() if name in starts]
    return Recognition(
        "annex_a", part.name, "certain", ("headings of the lists of Annex A", *said, *told),
        f"{base} {year or ''}", year, authority=authority, in_folder=authority is not None,
        needs_authority=authority is None and layout.number != ADOPTERS,
        has_children=layout.number != ADOPTERS,
        dates=tuple(sorted(day for column in dated for day in column if day)),
    )  # fmt: skip


def s251(sample: Sample) -> Recognition | None:
    """A section 251 return of placements and what they cost."""
    if not isinstance(sample, Table):
        return None
    found, part = find_by_words(sample.header, S251, S251_UNUSED), s251_format.part_of(sample.header, "")
    if part is None:
        return None
    year, said = _year_of_rows(sample, "YEAR")
    ids = sample.column(found.places["child"])
    has_authority = _has_suffix(value for value in ids if value) or _are_authorities(sample.values("LA"))
    authority = authority_folder(sample.place)
    folder = PurePosixPath(name_of(sample.place)).parent
    base = folder.parent if authority and folder.name == authority else folder
    return Recognition(
        "s251", part.name, "certain" if part.is_sure else "likely",
        ("a column of child ids and those of placements", *said), f"{base} {year or ''}", year,
        authority=authority, in_folder=authority is not None,
        needs_authority=not has_authority and authority is None,
    )  # fmt: skip


def _year_in_name(sample: Sample) -> tuple[int | None, tuple[str, ...]]:
    year = year_named(sample.place)
    return year, (f"year {year} from its name",) if year else ()


def _year_of_rows(sample: Table, *columns: str) -> tuple[int | None, tuple[str, ...]]:
    """The year that all rows state, else that of the name where no row states any."""
    stated = sample.values(*columns)
    if year := only_year(stated):
        return year, (f"year {year} in all rows",)
    return (None, ("several years",)) if stated else _year_in_name(sample)


def _has_suffix(ids: Iterable[str]) -> bool:
    """Whether ids bear the authority, as regional platforms write it: `1234_BAR`."""
    listed = list(ids)
    return bool(listed) and all(re.fullmatch(rf".+_(?:{'|'.join(LONDON)}|\d{{3}})", each) for each in listed)


def _are_authorities(values: list[str]) -> bool:
    return bool(values) and all(value.upper() in LONDON or re.fullmatch(r"\d{3}", value) for value in values)
