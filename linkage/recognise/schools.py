"""Recognisers of schools and colleges: school census, SEN2, ILR."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from linkage.recognise.contract import Document, Recognition, Sample, Table
from linkage.recognise.periods import (
    authority_folder,
    name_of,
    only_year,
    stated_year,
    term_named,
    term_of,
    year_ending,
    year_named,
)
from linkage.sources import school_census as census_format
from linkage.sources import sen2 as sen2_format
from linkage.sources.census_layout import layout_of
from linkage.sources.census_xml import COLLECTIONS, PUPILS


def school_census(sample: Sample) -> Recognition | None:
    """A table of a termly export, a download from the portal, or a return in XML."""
    if isinstance(sample, Document):
        return _census_return(sample)
    part = None if sample.place.sheet else census_format.part_of(sample.header, "")
    layout = layout_of(sample.header)
    if layout is None or part is None:
        return None
    year, term, said = _census_term(sample)
    folder = PurePosixPath(name_of(sample.place)).parent
    if any(name.endswith("tableid") for name in sample.names):
        why, form = "columns of a termly export", f"export {folder}"
    else:
        why, form = "columns of a download from the portal", "download"
    authority = _only_authority(sample.values("LA", "LEA"))
    told = (f"authority {authority} in all rows",) if authority else ()
    group = f"{form} {year or ''} {term or ''}"
    return Recognition("school_census", part.name, "certain", (why, *said, *told), group, year, term, authority,
                       has_children=layout.kind == "pupils")  # fmt: skip


def _census_return(sample: Document) -> Recognition | None:
    stated = sample.header.get("Collection", "").upper()
    if sample.root != "Message" or (stated not in COLLECTIONS and (stated or not sample.tags & set(PUPILS))):
        return None
    year, said = stated_year(sample)
    term = term_of(sample.header.get("Term", "")) or term_named(sample.place)
    authority = _only_authority([sample.header.get("LEA", "")])
    return Recognition(
        "school_census", "return", "certain" if stated else "likely",
        ("root element Message" + (f", Collection is {stated}" if stated else ", pupils on roll"), *said,
         *((f"authority {authority} from its header",) if authority else ())),
        f"XML {year or ''} {term or ''}", year, term, authority,
    )  # fmt: skip


def _census_term(sample: Table) -> tuple[int | None, str | None, tuple[str, ...]]:
    """Calendar year and term: from the columns, else from the name; and what says so."""
    terms = {term_of(text) for text in set(sample.values("CensusTerm", "term"))} - {None}
    ends = only_year(sample.values("AcademicYear", "ACADYR"))
    if len(terms) > 1:
        return ends, None, ("several terms in one file",)
    term, where = (terms.pop(), "in all rows") if terms else (term_named(sample.place), "from its name")
    year = ends - (term == "autumn") if ends and where == "in all rows" else year_named(sample.place)
    said = " ".join(str(each) for each in (term, year) if each)
    return year, term, (f"{said} {where}",) if said else ()


def sen2(sample: Sample) -> Recognition | None:
    """A SEN2 return (XML), or a table of its export."""
    if isinstance(sample, Document):
        return _sen2_return(sample)
    part = None if sample.place.sheet else sen2_format.part_of(sample.header, "")
    if part is None:
        return None
    year = only_year(text[:4] for text in sample.values("referencedate")) or year_named(sample.place)
    authority = _only_authority(sample.values("lea")) or authority_folder(sample.place)
    folder = PurePosixPath(name_of(sample.place)).parent
    base = folder.parent if authority and folder.name == authority else folder
    return Recognition(
        "sen2", part.name, "certain", ("columns of a SEN2 export", *((f"year {year}",) if year else ())),
        f"export {base}", year, authority=authority, in_folder=authority_folder(sample.place) is not None,
        needs_authority=authority is None, has_children=part.name == "persons",
    )  # fmt: skip


def _sen2_return(sample: Document) -> Recognition | None:
    stated = sample.header.get("Collection", "").upper()
    if sample.root != "Message" or (stated != "SEN2" and (stated or "Persons" not in sample.tags)):
        return None
    year, said = stated_year(sample)
    stated_authority = _only_authority([sample.header.get("LEA", "")])
    authority = stated_authority or authority_folder(sample.place)
    return Recognition(
        "sen2", "return", "certain" if stated else "likely",
        ("root element Message, " + ("Collection is SEN2" if stated else "persons"), *said,
         *((f"authority {authority} from its header",) if stated_authority else ())),
        f"XML {year or ''}", year, authority=authority, needs_authority=authority is None,
    )  # fmt: skip


def ilr(sample: Sample) -> Recognition | None:
    """An ILR return (XML)."""
    if not isinstance(sample, Document) or sample.root != "Message":
        return None
    stated = sample.header.get("Collection", "").upper()
    is_ilr = stated == "ILR" or "/ILR/" in f"{sample.namespace.upper()}/"
    if not is_ilr and (stated or "LearningProvider" not in sample.tags):
        return None
    year = year_ending(sample.header.get("Year", "")) or year_ending(sample.namespace.rpartition("/")[2])
    why = "root element Message" + (", Collection is ILR" if stated == "ILR" else ", a learning provider")
    said = (f"year to July {year} from its header",) if year else ()
    return Recognition("ilr", "return", "certain" if is_ilr else "likely", (why, *said), str(year or ""), year)


def _only_authority(values: list[str]) -> str | None:
    """The authority that all rows state."""
    different = {re.sub(r"\.0+$", "", value) for value in values}
    return different.pop() if len(different) == 1 and re.fullmatch(r"\d{3}", next(iter(different))) else None
