"""What of the diagnostics is not published, and why; `linkage.disclosure.published` has what is."""

from __future__ import annotations

from collections.abc import Mapping

_THRESHOLDS = "two thresholds beside one another tell the links between them"

# What of a diagnostic stays in the secure setting, and why.
WITHHELD: Mapping[str, str] = {
    "adjusted_statistics": "counts behind the shares, and statistics of fewer than 1,000 linked records",
    "beyond_reach": "what a record lacks; most of its counts are small, and add up to the unlinked of match_rate",
    "calibration_bins": "pairs by confidence: bins and subgroups of few pairs tell whether each of them is one child",
    "calibration_summary": "subgroups: a mean over few pairs tells of each of them",
    "capture_recapture": "counts, and pairs of sources by move: most are small",
    "clerical_estimates": "subgroups and the agreement of readers: they rest on few pairs that were read",
    "clerical_recalibration": "confidences of single links are personal data",
    "clerical_strata": "few pairs were read in a stratum",
    "cluster_quality": "persons by size and flag: shapes of clusters are personal data, and sizes times persons add up "
                       "to the records, so that a hidden one could be worked out",
    "coverage": "counts of rows and keys (records are in match_rate), and returns of fewer than 100 children",
    "error_by_subgroup": "false pairs: beside the missed pairs of a group they could be worked out from each other; p "
                         "values and differences, which tell rates more exactly than they are shown",
    "expected_errors": "counts, subgroups and pairs of sources with fewer than 10,000 joined pairs: beside the missed "
                       "pairs of error_by_subgroup they tell the false ones",
    "family_units": "families by size and relation: sizes times families add up to persons, and large families are few",
    "funnel": "subgroups (masked_validation tells of these where children were missed), and links that a repair cut: "
              "too few",
    "identifier_quality": "subgroups, and fields whose being unknown is a subgroup of match_rate",
    "implausible": "single scenarios: a person shows several, so that small counts follow by subtraction",
    "intersections": "cells where groups meet are small, and shrunk rates can be turned back into counts",
    "join_structure": "counts of children with several records on a side: most are small",
    "linked_vs_unlinked": "levels of a variable: they tell counts that match_rate hides",
    "masked_validation": "false pairs beside missed ones, other pools, and pairs of sources, gaps of years and moves: "
                         "so many are small that totals would have to be hidden with them",
    "name_agreement": "groups told by their names",
    "operating_points": "by subgroup: " + _THRESHOLDS,
    "second_pass": "what a second look changed: few pairs, and shapes of families",
    "threshold_sweep": "links and persons: " + _THRESHOLDS,
    "tipping_point": "counts behind the shares, subgroups, and statistics of fewer than 1,000 records",
}  # fmt: skip
