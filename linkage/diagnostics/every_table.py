"""Every table of `diagnostics/`, in the order in which they are made and written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkage.diagnostics.beyond_reach import beyond_reach, write_beyond_reach
from linkage.diagnostics.capture_recapture import capture_recapture, write_capture_recapture
from linkage.diagnostics.closure import make_closure
from linkage.diagnostics.cluster_quality import cluster_quality, write_cluster_quality
from linkage.diagnostics.confidences import write_confidences
from linkage.diagnostics.coverage import coverage, write_coverage
from linkage.diagnostics.error_by_subgroup import error_by_subgroup, write_error_by_subgroup
from linkage.diagnostics.expected_by_subgroup import expected_errors, write_expected_errors
from linkage.diagnostics.family_units import write_family_units
from linkage.diagnostics.funnel import funnel, write_funnel
from linkage.diagnostics.group_counts import group_counts
from linkage.diagnostics.identifier_quality import identifier_quality, write_identifier_quality
from linkage.diagnostics.impact import disparity_impact, named_statistics, write_impact
from linkage.diagnostics.implausible import implausible, write_implausible
from linkage.diagnostics.intersections import intersections, write_intersections
from linkage.diagnostics.join_structure import join_structure, write_join_structure
from linkage.diagnostics.linked_vs_unlinked import linked_vs_unlinked, write_linked_vs_unlinked
from linkage.diagnostics.masked_validation import masked_validation
from linkage.diagnostics.match_rate import match_rate, write_match_rate
from linkage.diagnostics.name_agreement import name_agreement, write_name_agreement
from linkage.diagnostics.operating_points import operating_points, write_operating_points
from linkage.diagnostics.second_pass_changes import write_second_pass
from linkage.diagnostics.subgroups import checked_subgroups
from linkage.diagnostics.threshold_sweep import threshold_sweep, write_threshold_sweep
from linkage.match.parameters import read_parameters
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
    join_structure(con)
    written["join_structure_rows"] = write_join_structure(con, folder)
    name_agreement(con, packs.rules, packs.model, accept=link.accept)
    written["name_agreement_rows"] = write_name_agreement(con, folder)
    cluster_quality(con, accept=link.accept)
    written["cluster_quality_rows"] = write_cluster_quality(con, folder)
    written["family_units_rows"] = write_family_units(con, folder)
    written["second_pass_rows"] = write_second_pass(con, folder)
    written["masked_validation_rows"] = masked_validation(
        con, subgroups, years=project.years, accept=link.accept, seed=project.run.seed, folder=folder
    )
    written["calibration_pairs"] = write_confidences(con, subgroups, folder)
    if packs.model is not None:
        beyond_reach(con, packs.model, read_parameters(con), accept=link.accept, review=link.review)
        written["beyond_reach_rows"] = write_beyond_reach(con, folder)
    return written | _write_errors(con, project, packs, folder)


def _write_errors(con: Connection, project: Project, packs: Packs, folder: Path) -> dict[str, int]:
    """What links are wrong or missing, of whom, and what that does to an answer."""
    settings, accept = project.diagnostics, project.link.accept
    names = checked_subgroups(con, settings.subgroups)
    crossed = checked_subgroups(con, settings.crossed)
    make_closure(con, names)
    funnel(con, names)
    written = {"funnel_rows": write_funnel(con, folder)}
    expected_errors(con)
    written["expected_errors_rows"] = write_expected_errors(con, folder)
    threshold_sweep(con, accept=accept)
    written["threshold_sweep_rows"] = write_threshold_sweep(con, folder)
    implausible(con, names)
    written["implausible_rows"] = write_implausible(con, folder)
    linked_vs_unlinked(con, names, settings.eligible)
    written["linked_vs_unlinked_rows"] = write_linked_vs_unlinked(con, folder)
    counts = group_counts(con, names)
    error_by_subgroup(con, counts, settings.reference)
    written["error_by_subgroup_rows"] = write_error_by_subgroup(con, folder)
    intersections(con, names, crossed, seed=project.run.seed)
    written["intersections_rows"] = write_intersections(con, folder)
    operating_points(con, names, accept=accept)
    written["operating_points_rows"] = write_operating_points(con, folder)
    capture_recapture(con, packs.model, packs.rules)
    written["capture_recapture_rows"] = write_capture_recapture(con, folder)
    disparity_impact(con, counts[0])
    named_statistics(con, names, settings.statistics)
    written |= write_impact(con, folder)
    return written
