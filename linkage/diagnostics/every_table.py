"""Every table of `diagnostics/`, in the order in which they are made and written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkage.diagnostics.beyond_reach import beyond_reach, write_beyond_reach
from linkage.diagnostics.confidences import write_confidences
from linkage.diagnostics.coverage import coverage, write_coverage
from linkage.diagnostics.family_units import write_family_units
from linkage.diagnostics.identifier_quality import identifier_quality, write_identifier_quality
from linkage.diagnostics.masked_validation import masked_validation
from linkage.diagnostics.match_rate import match_rate, write_match_rate
from linkage.diagnostics.name_agreement import name_agreement, write_name_agreement
from linkage.match.probabilistic import read_parameters
from linkage.packs import Packs
from linkage.project import Project
from linkage.sql import Connection
from linkage.tables import Extract


def write_diagnostics(
    con: Connection, project: Project, packs: Packs, extracts: Sequence[Extract], folder: Path
) -> dict[str, int]:
    """Make and write them from the working tables of a run whose persons are made; returns the rows of each."""
    link, subgroups = project.link, project.diagnostics.subgroups
    coverage(con, tuple(project.sources.values()), extracts)
    written = {"coverage_rows": write_coverage(con, folder)}
    identifier_quality(con, subgroups)
    written["identifier_quality_rows"] = write_identifier_quality(con, folder)
    match_rate(con, subgroups)
    written["match_rate_rows"] = write_match_rate(con, folder)
    name_agreement(con, packs.rules, packs.model, accept=link.accept)
    written["name_agreement_rows"] = write_name_agreement(con, folder)
    written["family_units_rows"] = write_family_units(con, folder)
    years = {number: spec.year for number, spec in enumerate(project.sources.values()) if spec.year is not None}
    seed = project.run.seed
    written["masked_validation_rows"] = masked_validation(con, subgroups, years=years, seed=seed, folder=folder)
    written["calibration_pairs"] = write_confidences(con, subgroups, folder)
    if packs.model is not None:
        beyond_reach(con, packs.model, read_parameters(con), accept=link.accept, review=link.review)
        written["beyond_reach_rows"] = write_beyond_reach(con, folder)
    return written
