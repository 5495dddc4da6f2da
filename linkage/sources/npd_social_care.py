"""The CIN and CLA tables of the National Pupil Database, as research supplies and LEO have them.

A child is known by the pupil matching reference (PMR), which is case-sensitive and good inside one supply. It is blank
for children who were never in a state school in England: too young, unborn, or elsewhere. What a supply has beside it
is the authority's id of the child as a pseudonym, good inside the authority and the supply.
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.findings import found, noted, summed
from linkage.project import SourceSpec
from linkage.sources.cells import create_stage, drop_stages, number, stage_table
from linkage.sources.columns import Header
from linkage.sources.contract import Part
from linkage.sources.dates import ISO_OR_DAYFIRST, declared_format
from linkage.sources.files import year_in_name
from linkage.sources.grids import Grid
from linkage.sources.headings import stage_columns
from linkage.sources.npd_social_care_layout import CIN, CLA, Extracted, find_variables, is_extract
from linkage.sources.npd_social_care_steps import code_is_child, key_steps, table_steps
from linkage.sources.supplies import unscoped
from linkage.sql import Connection, ident, run_steps
from linkage.tables import Extract, Finding, events_table, rows_table

__all__ = ["CIN", "CLA", "NOTES", "Extracted", "is_extract", "load"]

NOTES = (
    "NPD extract (CSV, Parquet): names of variables may have their prefix and suffix or not, in any case.",
    "Its key is the PMR, in upper and lower case as it is; where that is blank, the PMR of other rows of the same "
    "authority's child, else LA/CHILD of the anonymised id, else the table id of the year, else a hash of the row.",
    "Declare the same `supply` for all sources of one delivery: PMRs and anonymised ids compare inside it only.",
    "Year and month of birth become a birth date that is known to the month.",
)


def load(con: Connection, spec: SourceSpec, grids: Sequence[Grid], kind: Extracted) -> Extract:
    """Read extracts of one kind; every row is a row, and the later year speaks for a child.

    No row is excluded: that a child has no PMR is structural, and such children have to be counted.
    """
    stage, keyed = stage_table(spec.name, "extract"), stage_table(spec.name, "keyed")
    create_stage(con, stage, {"file": "varchar", "row": "bigint", "file_year": "bigint",
                              **dict.fromkeys(kind.variables, "varchar")})  # fmt: skip
    findings: list[Finding] = []
    for grid in grids:
        constants = {"file": grid.name, "file_year": year_in_name(grid.name) or spec.year or 0}
        findings += stage_columns(con, spec.name, grid, stage, find_variables(grid.header, kind), constants)
    by_code = "code" in kind.variables and code_is_child(con, stage)
    run_steps(con, key_steps(stage, keyed, kind, by_code=by_code))
    run_steps(con, table_steps(spec.name, keyed, kind))
    if filled := number(con, f"select count(*) from {ident(keyed)} where pmr is null and key = other_pmr"):
        findings.append(found("ID009", spec.name, filled, field="pmr"))
    if other := number(con, f"select count(*) from {ident(keyed)} where is_other"):
        findings.append(found("FO005", spec.name, other, field="pmr"))
    may_be_place = "code" in kind.variables and not by_code
    places = number(con, f"select count(distinct code) from {ident(keyed)}") if may_be_place else 0
    if places:
        findings.append(found("ID018", spec.name, places, field="pseudonym"))
    extract = Extract(
        source=spec.name,
        rows=rows_table(spec.name),
        fields=kind.fields,
        events=events_table(spec.name),
        date_formats=_date_formats(con, keyed, kind),
        findings=(*summed(findings), *_findings(con, spec, keyed)),
    )
    drop_stages(con, [stage, keyed])
    return extract


def part_of(header: Header, kind: Extracted) -> Part | None:
    """The extract, where a table is one; no list of names, unless its columns bear the prefix."""
    prefixed = sum(name.upper().startswith(f"{kind.prefix.upper()}_") for name in header.names)
    if not is_extract(header, kind) or (not prefixed and header.first("Surname", "Forename", "Forenames") is not None):
        return None
    return Part("NPD extract", prefixed > 2)


def _findings(con: Connection, spec: SourceSpec, keyed: str) -> tuple[Finding, ...]:
    hashed = number(con, f"select count(*) from {ident(keyed)} where starts_with(key, '~')")
    return (*unscoped(spec, "pmr"), *noted("FO003", spec.name, hashed, "pmr"))


def _date_formats(con: Connection, keyed: str, kind: Extracted) -> dict[str, str]:
    declared: dict[str, str] = {}
    for how in declared_format(con, keyed, kind.dated, ISO_OR_DAYFIRST).values():
        declared |= {"date_from": how, "date_to": how}
    return declared
