"""Every diagnostic that is published, and how much of it; `linkage.disclosure.withheld` says what is not, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from linkage.diagnostics.group_counts import MASKED
from linkage.diagnostics.masked_validation import OF_PAIRS, of_one_pool
from linkage.diagnostics.subgroups import ALL
from linkage.disclosure.descriptions import Count, Difference, Figure, Rate, Row, Table, Value, by

FEWEST_FOR_A_SHARE = 1_000  # records of whom a share to a hundredth tells no count under ten
FEWEST_FOR_A_THOUSANDTH = 10_000
FEWEST_OF_A_RETURN = 100  # children of a return below which it is not named


def own_source(row: Row) -> tuple[str, ...]:
    """The source whose records a row of two sources counts: that of its side."""
    return (str(row["source_l"] if row["side"] == "l" else row["source_r"]),)


MATCH_RATE_TABLE = Table(
    name="match_rate",
    dimensions=("source_l", "source_r", "side", "subgroup_var", "subgroup"),
    counts=(
        Count("linked", "linked", by("source_l", "source_r", "side")),
        Count("records", "records", own_source),  # the same for every other source that they are linked with
    ),
    differences=(Difference("records", "linked", "unlinked"),),
    rates=(Rate("rate", "linked", "records"),),
    labels=("method",),
)


def is_one(column: str, value: str) -> Callable[[Row], bool]:
    """Rows with a value in a column."""
    return lambda row: str(row[column]) == value


def is_large(column: str, least: int, **values: str) -> Callable[[Row], bool]:
    """Rows with at least so many in a column, and these values in others."""

    def holds(row: Row) -> bool:
        return float(row[column] or 0) >= least and all(str(row[name]) == value for name, value in values.items())

    return holds


def _figures(step: str, *columns: str) -> tuple[Figure, ...]:
    """Figures that follow from no count of their table, rounded to a step."""
    return tuple(Figure(column, (), step) for column in columns)


# Which returns there are, without counts: match_rate has those. A return of few children is not named.
COVERAGE_TABLE = Table(
    name="coverage",
    dimensions=("source", "year", "authority"),
    counts=(),
    labels=("files",),
    only=is_large("keys", FEWEST_OF_A_RETURN),
)

JOIN_TABLE = Table(
    name="join_structure",
    dimensions=("source_l", "source_r"),
    counts=(),
    labels=("structure",),
    only=is_large("persons", FEWEST_OF_A_RETURN),
)

# Fields whose being unknown is a subgroup of another table: who is in it could be worked out by subtraction.
_SHOWN_BY_SUBGROUPS = {"dob": "age", "postcode": "district", "ethnicity": "ethnicity", "sex": "sex"}


def _whole_sources(rows: Sequence[Row]) -> Sequence[Row]:
    """Fields of whole sources, percentages as shares."""
    variables = {str(row["subgroup_var"]) for row in rows}
    percents = ("complete_pct", "complete_lo", "complete_hi", "valid_pct", "valid_lo", "valid_hi")
    return [
        {name.replace("_pct", "_rate"): _hundredth(value) if name in percents else value for name, value in row.items()}
        for row in rows
        if row["subgroup_var"] == ALL and _SHOWN_BY_SUBGROUPS.get(str(row["field"])) not in variables
    ]


def _hundredth(percent: Value) -> Value:
    return None if percent is None else round(float(percent) / 100, 6)


IDENTIFIER_TABLE = Table(
    name="identifier_quality",
    dimensions=("source", "field", "subgroup_var", "subgroup"),
    counts=(
        Count("records", "records", by("source")),
        Count("complete", "complete", by("source", "field")),
        Count("valid", "valid", by("source", "field")),
    ),
    differences=(
        Difference("records", "complete", "empty", tells_of_all=False),
        Difference("records", "valid", "empty or not valid", tells_of_all=False),
        Difference("complete", "valid", "not valid", tells_of_all=False),
    ),
    rates=(
        Rate("complete_rate", "complete", "records", "complete_lo", "complete_hi"),
        Rate("valid_rate", "valid", "complete", "valid_lo", "valid_hi"),
    ),
    labels=("method",),
    prepared=_whole_sources,
)

# Records of whole sources. Links that a repair cut are too few to be told beside the linked: so no accepted ones.
FUNNEL_TABLE = Table(
    name="funnel",
    dimensions=("unit", "source_l", "source_r", "side", "subgroup_var", "subgroup"),
    counts=(
        Count("start", "records", own_source),
        Count("comparable", "comparable", by("source_l", "source_r", "side")),
        Count("blocked", "blocked", by("source_l", "source_r", "side")),
        Count("survived", "linked", by("source_l", "source_r", "side")),
    ),
    differences=(
        Difference("start", "comparable", "not comparable", tells_of_all=False),
        Difference("start", "blocked", "not looked at", tells_of_all=False),
        Difference("comparable", "blocked", "comparable and not looked at", tells_of_all=False),
        Difference("blocked", "survived", "looked at and not linked", tells_of_all=False, hides_whole=True),
    ),
    only=lambda row: row["unit"] == "record" and row["subgroup_var"] == ALL,
)

_PAIR_COUNTS = by("metric", "truth_source")

# Missed pairs only. Beside the false ones of the same group they could be worked out: of pairs that the confidences
# foretell, those that are true are the same in both.
ERROR_TABLE = Table(
    name="error_by_subgroup",
    dimensions=("metric", "subgroup_var", "subgroup"),
    counts=(
        Count("wrong", "wrong pairs", _PAIR_COUNTS, nests=False),
        Count("n", "pairs", _PAIR_COUNTS, nests=False),
    ),
    differences=(Difference("n", "wrong", "right pairs"),),
    rates=(Rate("rate", "wrong", "n"),),
    figures=(
        *(Figure(column, ("wrong", "n"), "0.1", "reference") for column in ("ratio", "ratio_lo", "ratio_hi")),
        Figure("excess", ("wrong", "n"), "10", "reference"),
        Figure("evidence", ("wrong", "n"), None, "reference"),
    ),
    labels=("method", "reference", "truth_source", "unit"),
    only=is_one("metric", "missed"),
)

_OF_PAIRS = ("missed", MASKED)  # what ERROR_TABLE counts, where it is counted there


def _one_pool(rows: Sequence[Row]) -> Sequence[Row]:
    """Rows of the pool mode that error_by_subgroup is told by, with the missed pairs and those that nothing looked at.

    By subgroups of children only: gaps of years are sums of pairs of sources, and of these and of moves so many are
    small that totals would have to be hidden with them.
    """
    return [
        {**row, "missed": _number(row, "m_masked") - _number(row, "recovered"),
         "never_looked_at": _number(row, "m_masked") - _number(row, "blocked")}
        for row in of_one_pool(rows)
        if row["subgroup_var"] not in OF_PAIRS
    ]  # fmt: skip


def _number(row: Row, column: str) -> int:
    return int(row[column] or 0)


# Recall standardised to the children without an identifier is no finer than the pairs of these that it rests on.
MASKED_TABLE = Table(
    name="masked_validation",
    dimensions=("subgroup_var", "subgroup"),
    counts=(
        Count("m_masked", "pairs", lambda row: _OF_PAIRS, nests=False),
        Count("missed", "wrong pairs", lambda row: _OF_PAIRS, nests=False),
        Count("never_looked_at", "pairs never looked at", lambda row: _OF_PAIRS, nests=False),
    ),
    differences=(
        Difference("m_masked", "missed", "right pairs"),
        Difference("missed", "never_looked_at", "looked at and missed", tells_of_all=False),
    ),
    rates=(
        Rate("recall", "missed", "m_masked"),
        Rate("recall_std_to_residue", "missed", "m_masked", "std_lo", "std_hi", sized_by="residue_found"),
        Rate("unsupported_share", "missed", "m_masked", "bound_lo", "bound_hi", sized_by="residue_found"),
    ),
    labels=("method", "status", "pool_mode"),
    prepared=_one_pool,
)

# Rates of all pairs of two sources, where a thousandth is ten pairs or more; beside counts of missed pairs, false ones
# could be worked out.
EXPECTED_TABLE = Table(
    name="expected_errors",
    dimensions=("source_l", "source_r"),
    counts=(),
    figures=_figures("0.001", "fdr", "fdr_lo", "fdr_hi", "mmr_candidates"),
    labels=("confidence_basis", "unit", "method", "status"),
    only=is_large("n_links", FEWEST_FOR_A_THOUSANDTH, subgroup_var=ALL),
)

# One scenario, the sum of all: persons who show several would tell small counts by subtraction.
IMPLAUSIBLE_TABLE = Table(
    name="implausible",
    dimensions=("rule", "subgroup_var", "subgroup"),
    counts=(
        Count("flagged", "implausible persons", by("rule"), nests=False),
        Count("at_risk", "persons who could be implausible", by("rule"), nests=False),
    ),
    differences=(Difference("at_risk", "flagged", "persons not implausible"),),
    rates=(Rate("rate", "flagged", "at_risk"),),
    labels=("method", "unit"),
    only=is_one("rule", "any"),
)

# Rates of everybody, to a hundredth, and no counts: thresholds beside one another would tell the links between them.
SWEEP_TABLE = Table(
    name="threshold_sweep",
    dimensions=("threshold",),
    counts=(),
    figures=_figures("0.01", "precision", "recall_given_candidates"),
    labels=("confidence_basis", "is_run"),
)

# One difference a variable; its levels would tell counts that match_rate hides.
LINKED_TABLE = Table(
    name="linked_vs_unlinked",
    dimensions=("source", "other", "variable", "level"),
    counts=(),
    figures=(Figure("std_diff", (), "0.01"), Figure("flag", ())),
    labels=("eligibility_basis", "status"),
    only=is_one("level", "all levels"),
)

TIPPING_TABLE = Table(
    name="tipping_point",
    dimensions=("estimand",),
    counts=(),
    figures=_figures("0.01", "linked_share", "p_linked", "p_unlinked_needed", "ratio_needed", "manski_lo", "manski_hi"),
    labels=("decision_value", "status"),
    only=is_large("records", FEWEST_FOR_A_SHARE, subgroup_var=ALL),
)

CLUSTER_TABLE = Table(
    name="cluster_quality",
    dimensions=("group_by", "cluster_group"),
    counts=(Count("persons", "persons", by("group_by")),),
    figures=_figures("0.01", "density", "mean_person_confidence"),
    only=is_large("persons", FEWEST_FOR_A_SHARE, group_by=ALL),
)

CALIBRATION_TABLE = Table(
    name="calibration_summary",
    dimensions=("confidence",),
    counts=(),
    figures=_figures("0.01", "brier", "ece", "mce", "slope", "intercept"),
    labels=("method", "folds", "status"),
    only=is_large("n", FEWEST_FOR_A_SHARE, subgroup_var=ALL),
)

CAPTURE_TABLE = Table(
    name="capture_recapture",
    dimensions=("stratum",),
    counts=(),
    figures=_figures("0.01", "recall_hat"),
    labels=("method", "pass_a", "pass_b", "status"),
    only=is_large("n_hat", FEWEST_FOR_A_SHARE, source_l=ALL),
)

ADJUSTED_TABLE = Table(
    name="adjusted_statistics",
    dimensions=("estimand", "method"),
    counts=(),
    figures=_figures("0.01", "naive", "lo", "hi", "adjusted"),
    labels=("assumption", "status"),
    only=is_large("n_linked", FEWEST_FOR_A_SHARE),
)

CLERICAL_TABLE = Table(
    name="clerical_estimates",
    dimensions=("metric",),
    counts=(),
    figures=_figures("0.01", "est", "lo", "hi", "lo_unsure", "hi_unsure"),
    labels=("method", "design", "reviewers", "status"),
    only=is_large("pairs", FEWEST_FOR_A_SHARE, subgroup_var=ALL),
)

TABLES: tuple[Table, ...] = (
    MATCH_RATE_TABLE, COVERAGE_TABLE, JOIN_TABLE, IDENTIFIER_TABLE, FUNNEL_TABLE, ERROR_TABLE, MASKED_TABLE,
    EXPECTED_TABLE, IMPLAUSIBLE_TABLE, SWEEP_TABLE, LINKED_TABLE, TIPPING_TABLE, ADJUSTED_TABLE, CLUSTER_TABLE,
    CALIBRATION_TABLE, CAPTURE_TABLE, CLERICAL_TABLE,
)  # fmt: skip
