"""Recognisers of national extracts: tables of the NPD, of the longitudinal ILR, and of LEO."""

from __future__ import annotations

from pathlib import PurePosixPath

from linkage.recognise.contract import Recognition, Sample, Sureness, Table
from linkage.recognise.periods import name_of, only_year, year_named
from linkage.sources import leo as leo_format
from linkage.sources import lilr as lilr_format
from linkage.sources import npd as npd_format
from linkage.sources import npd_tables

_TERMS = {"aut": "autumn", "spr": "spring", "sum": "summer"}
_YEARS = ("ACADYR", "AcademicYear", "Year", "PROCESSING_YEAR")


def npd(sample: Sample) -> Recognition | None:
    """A table of the NPD, told by its naming rules; each is a source of its own."""
    if not isinstance(sample, Table) or sample.place.sheet:
        return None
    layout, part = npd_tables.layout_of(sample.header), npd_format.part_of(sample.header, "")
    if layout is None or part is None:
        return None
    stated = sample.column(layout.columns["year"]) if "year" in layout.columns else []
    year, said = _year(sample, [value for value in stated if value])
    if layout.year is not None:
        year, said = layout.year, (f"year {layout.year} in the names of its columns",)
    how = {True: "anonymised references", False: "references of pupils", None: "UPN or ULN"}[layout.anonymised]
    sureness: Sureness = "certain" if part.is_sure else "likely"
    return Recognition(
        "npd", part.name, sureness, (f"columns of {part.name}, with {how}", *said),
        sample.place.shown, year, _TERMS.get(layout.family.term), slug=layout.family.name,
        supplied=layout.anonymised is not None, ids=(layout.columns["pmr"],) if "pmr" in layout.columns else (),
    )  # fmt: skip


def lilr(sample: Sample) -> Recognition | None:
    """A table of learners or aims of the longitudinal ILR; the tables of a folder are one source."""
    if not isinstance(sample, Table) or sample.place.sheet:
        return None
    layout, part = lilr_format.layout_of(sample.header), lilr_format.part_of(sample.header, "")
    if layout is None or part is None:
        return None
    columns = layout.columns
    year, said = _year(sample, [v for v in sample.column(columns["year"]) if v] if "year" in columns else [])
    year_of_source = None if "year" in columns else year
    return Recognition(
        "lilr", part.name, "certain", ("columns external_id or learner_id of the LILR", *said),
        str(PurePosixPath(name_of(sample.place)).parent), year_of_source, has_children=layout.kind == "learners",
        supplied=True, ids=tuple(columns[name] for name in ("recordid", "external_id") if name in columns),
    )  # fmt: skip


def leo(sample: Sample) -> Recognition | None:
    """A lookup or outcome table of LEO; the tables of a folder are one source."""
    if not isinstance(sample, Table) or sample.place.sheet:
        return None
    layout, part = leo_format.layout_of(sample.header), leo_format.part_of(sample.header, "")
    if layout is None or part is None:
        return None
    ids = ", ".join(sample.header.names[at] for at in layout.values())
    folder = str(PurePosixPath(name_of(sample.place)).parent)
    return Recognition("leo", part.name, "certain", (f"columns {ids}",), folder, supplied=True,
                       ids=tuple(layout.values()))  # fmt: skip


def _year(sample: Table, stated: list[str]) -> tuple[int | None, tuple[str, ...]]:
    """The year that all rows state, else that of the name where no row states any."""
    stated = stated or sample.values(*_YEARS)
    if year := only_year(stated):
        return year, (f"year {year} in all rows",)
    if stated:
        return None, ("several years",)
    year = year_named(sample.place)
    return year, (f"year {year} from its name",) if year else ()
