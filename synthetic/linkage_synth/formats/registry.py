"""The formats that are written on request, beside the standard returns: one module each."""

from collections.abc import Collection

from linkage_synth.formats import (
    annex_a,
    cin_flat,
    family_links,
    ilr,
    leo,
    lilr,
    local_tables,
    npd,
    npd_cin,
    npd_cla,
    s251,
    school_census_export,
    sen2,
    ssda903_xml,
)
from linkage_synth.formats.contract import Format

FORMATS: dict[str, Format] = {
    module.FORMAT.name: module.FORMAT
    for module in (
        cin_flat, npd_cin, npd_cla, ssda903_xml, school_census_export, npd, ilr, lilr, leo, annex_a, sen2, s251,
        local_tables, family_links,
    )
}  # fmt: skip
"""In the order in which they are written and stand in the project file."""
ALL = "all"


def chosen_formats(names: Collection[str] | None) -> tuple[str, ...]:
    """The formats named, in the order of `FORMATS`; `all` for every one. Raises ValueError for any other name."""
    wanted = set(names or ())
    unknown = sorted(wanted - set(FORMATS) - {ALL})
    if unknown:
        raise ValueError(f"unknown formats {', '.join(unknown)}: there are {', '.join([*FORMATS, ALL])}")
    return tuple(name for name in FORMATS if ALL in wanted or name in wanted)
