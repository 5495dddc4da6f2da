"""Statistics of linkage error, on plain numbers and sequences: for links made here or elsewhere.

    from linkage.stats import wilson, newcombe, cluster_scores
    newcombe(180, 4_000, 40, 1_500)

Every function gives the source of its formula. Where a rate has no denominator the answer is None, never 0. Only what
needs nothing but the standard library (`rates`, `clusters`) is imported with the package; the rest comes with numpy,
scipy or statsmodels (up to two seconds) and is imported when it is first asked for (PEP 562), so that no command pays
for what it does not use.
"""

import importlib
from typing import TYPE_CHECKING

from linkage.stats.clusters import ClusterScores, cluster_scores
from linkage.stats.rates import (
    LEVEL,
    RATE_DECIMALS,
    WILSON,
    Interval,
    PairCounts,
    pairs_between,
    pairs_within,
    precision_recall_f1,
    wilson,
    wilson_sql,
    z_of,
)

if TYPE_CHECKING:
    from linkage.stats.calibration import (
        CalibrationBin,
        CalibrationSummary,
        calibration_summary,
        calibration_table,
        shift_prior,
    )
    from linkage.stats.comparisons import (
        Comparison,
        evidence,
        excess_missed,
        minimum_detectable_ratio,
        newcombe,
        risk_ratio,
    )
    from linkage.stats.differences import (
        standardised_difference,
        standardised_difference_of_levels,
        standardised_difference_of_means,
        variance_of_standardised_difference,
    )
    from linkage.stats.false_counts import Cause, FalseCount, false_count
    from linkage.stats.impact import (
        Corrected,
        LinkageWeights,
        TippingPoint,
        correct_for_recall,
        linkage_weights,
        spurious_disparity,
        tipping_point,
    )
    from linkage.stats.missed import CaptureRecapture, DuplicateMethod, chapman, duplicate_method
    from linkage.stats.multiplicity import benjamini_hochberg, holm, sidak_level
    from linkage.stats.pooling import Pooled, rubin
    from linkage.stats.ranking import Place, places
    from linkage.stats.resampling import (
        BootstrapInterval,
        ClusteredRate,
        bootstrap_ratio,
        bootstrap_ratios,
        clustered_wilson,
    )
    from linkage.stats.shrinkage import Shrunk, additive_rates, prior_strength, shrink
    from linkage.stats.standardisation import (
        Standardised,
        Stratified,
        neyman,
        size_for_half_width,
        standardise,
        stratified_rate,
        stratified_recall,
    )
    from linkage.stats.totals import (
        ExpectedErrors,
        expected_errors,
        poisson_binomial_interval,
    )
    from linkage.stats.undercount import FoundRecall, recall_of_found

# Name of every function and class that is imported when asked for, by the module it is in.
_LATER = {
    "calibration": (
        "CalibrationBin", "CalibrationSummary", "calibration_summary", "calibration_table", "shift_prior",
    ),
    "comparisons": (
        "Comparison", "evidence", "excess_missed", "minimum_detectable_ratio", "newcombe", "risk_ratio",
    ),
    "differences": (
        "standardised_difference", "standardised_difference_of_levels", "standardised_difference_of_means",
        "variance_of_standardised_difference",
    ),
    "false_counts": ("Cause", "FalseCount", "false_count"),
    "impact": (
        "Corrected", "LinkageWeights", "TippingPoint", "correct_for_recall", "linkage_weights", "spurious_disparity",
        "tipping_point",
    ),
    "missed": ("CaptureRecapture", "DuplicateMethod", "chapman", "duplicate_method"),
    "multiplicity": ("benjamini_hochberg", "holm", "sidak_level"),
    "pooling": ("Pooled", "rubin"),
    "ranking": ("Place", "places"),
    "resampling": ("BootstrapInterval", "ClusteredRate", "bootstrap_ratio", "bootstrap_ratios", "clustered_wilson"),
    "shrinkage": ("Shrunk", "additive_rates", "prior_strength", "shrink"),
    "standardisation": (
        "Standardised", "Stratified", "neyman", "size_for_half_width", "standardise", "stratified_rate",
        "stratified_recall",
    ),
    "totals": ("ExpectedErrors", "expected_errors", "poisson_binomial_interval"),
    "undercount": ("FoundRecall", "recall_of_found"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _LATER.items() for name in names}

__all__ = [
    "LEVEL",
    "RATE_DECIMALS",
    "WILSON",
    "BootstrapInterval",
    "CalibrationBin",
    "CalibrationSummary",
    "CaptureRecapture",
    "Cause",
    "ClusterScores",
    "ClusteredRate",
    "Comparison",
    "Corrected",
    "DuplicateMethod",
    "ExpectedErrors",
    "FalseCount",
    "FoundRecall",
    "Interval",
    "LinkageWeights",
    "PairCounts",
    "Place",
    "Pooled",
    "Shrunk",
    "Standardised",
    "Stratified",
    "TippingPoint",
    "additive_rates",
    "benjamini_hochberg",
    "bootstrap_ratio",
    "bootstrap_ratios",
    "calibration_summary",
    "calibration_table",
    "chapman",
    "cluster_scores",
    "clustered_wilson",
    "correct_for_recall",
    "duplicate_method",
    "evidence",
    "excess_missed",
    "expected_errors",
    "false_count",
    "holm",
    "linkage_weights",
    "minimum_detectable_ratio",
    "newcombe",
    "neyman",
    "pairs_between",
    "pairs_within",
    "places",
    "poisson_binomial_interval",
    "precision_recall_f1",
    "prior_strength",
    "recall_of_found",
    "risk_ratio",
    "rubin",
    "shift_prior",
    "shrink",
    "sidak_level",
    "size_for_half_width",
    "spurious_disparity",
    "standardise",
    "standardised_difference",
    "standardised_difference_of_levels",
    "standardised_difference_of_means",
    "stratified_rate",
    "stratified_recall",
    "tipping_point",
    "variance_of_standardised_difference",
    "wilson",
    "wilson_sql",
    "z_of",
]


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
