"""Codes, numbers and settings in the words of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from linkage.diagnostics.pair_reasons import GUARDS
from linkage.report.evidence_facts import RateTable

VARIABLES = {
    "ethnicity": "Ethnicity",
    "ethnicity_5": "Ethnic group (5)",
    "ethnicity_19": "Ethnic group (19)",
    "sex": "Sex",
    "age": "Age",
    "sen": "Special educational needs",
    "fsm": "Free school meals",
    "disability": "Disability",
    "language": "First language",
    "authority": "Authority",
    "school_urn": "School",
    "cin": "Child in need",
    "cpp": "Child protection plan",
    "cla": "Looked after",
    "uasc": "Unaccompanied asylum-seeking child",
}
CODES = {
    "link": "linked", "review": "for review", "left": "compared and left",
    "labels": "identifier links", "em": "EM", "sample": "random pairs", "assumed": "assumed",
    "calibrated": "calibrated", "modelled": "modelled",
    "agree_but_contradict": "a rule found the pair, and a guard held it",
    "key_not_unique": "a rule found the pair, but the key is shared",
    "person_breaks_a_rule": "the person would have broken a rule",
    "one_key_two_children": "one key, two children",
    "likely_but_held": "likely by the evidence, and a guard held it",
    "held": "held for review", "left_to_model": "left to the model", "cut": "link cut", "kept_apart": "kept apart",
    "shared_key": "shared key", "never_link": "a never-link pair would have met",
    "two_records_of_a_unique_source": "two records of a source that holds a child once",
    "two_valid_upns": "two valid UPNs in one person",
    "both_twins": "both twins in one person",
    "incompatible_birth_dates": "birth dates that cannot be one child's",
}  # fmt: skip
DOUBTS = {
    "level_never_seen": "No pair of the training showed this level, so the model's own figure stands",
    "comparison_not_trained": "Nothing was learnt of this field, so the model's own figures stand",
    "weight_points_the_wrong_way": "Full agreement counts against a match, or disagreement for it, as it should not",
    "em_no_pairs": "Training found no pairs",
    "em_no_matches": "Training found too few pairs of one child, so the model's own figures stand",
    "em_stopped_at_limit": "Training stopped before it settled",
    "labels_and_others_differ": "What identifiers teach of this level is not what pairs without a UPN say",
    "too_few_others_to_check": "Too few pairs without a UPN to check what identifiers taught",
}
NAMES_OF_COUNTS = {"most_rows": "most rows in a record"}


def count(number: int | float) -> str:
    """A count with commas."""
    return f"{number:,.0f}"


def percent(share: float, decimals: int = 1) -> str:
    """A share (0 to 1) as a percentage; never 100% or 0% by rounding."""
    text = f"{100 * share:.{decimals}f}%"
    if share < 1 and text == f"{100:.{decimals}f}%":
        return f"over {100 - 10**-decimals:.{decimals}f}%"
    if share > 0 and text == f"{0:.{decimals}f}%":
        return f"under {10**-decimals:.{decimals}f}%"
    return text


def bits(weight: float) -> str:
    """A weight in bits, with a true minus sign."""
    return f"{weight:+.1f}".replace("-", "−")


def small(probability: float) -> str:
    """m or u, to three significant digits, never as a power of ten."""
    if probability < 0.000001:
        return "under 0.000001"
    return f"{probability:.3g}" if probability >= 0.0001 else f"{probability:.6f}"


def plain(name: str) -> str:
    """A name of a setting or source as words."""
    return name.replace("_", " ")


def code(name: str) -> str:
    """What a code means; the code itself, as words, where nothing better is known."""
    return CODES.get(name) or GUARDS.get(name) or plain(name)


def detail(text: str) -> str:
    """The detail of a conflict: `RULE: code, code`, or a code."""
    rule, colon, codes = text.rpartition(": ")
    said = "; ".join(code(item) for item in codes.split(", "))
    return f"{rule}: {said}" if colon else said


def doubt(text: str) -> tuple[str, str]:
    """A doubt of the training as what it means and where."""
    name, _, where = text.partition(": ")
    return DOUBTS.get(name, plain(name)), where


def variable(name: str) -> str:
    """Title of a subgroup variable."""
    return VARIABLES.get(name, plain(name).capitalize())


def pair_of_sources(left: str, right: str) -> str:
    """A pair of sources by name."""
    return f"{left}, within itself" if left == right else f"{left} and {right}"


def rate_question(table: RateTable) -> str:
    """What the link rate of a table counts."""
    if table.own == table.other:
        return f"Of the records of {table.own}, how many share a person with another of its records"
    return f"Of the records of {table.own}, how many have a partner in {table.other}"


def counts_of_stage(counts: Mapping[str, Any]) -> str:
    """The counts of a stage in one line."""
    return ", ".join(
        f"{NAMES_OF_COUNTS.get(name, plain(name))} {count(value) if isinstance(value, int | float) else value}"
        for name, value in counts.items()
    )


def flattened(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested settings as (dotted name, text), in their order."""
    found: list[tuple[str, str]] = []
    for name, value in settings.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            found += flattened(value, f"{path}.")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            found.append((path, ", ".join(str(item) for item in value) or "none"))
        else:
            found.append((path, str(value)))
    return found
