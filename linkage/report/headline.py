"""The report in a few sentences: what was linked, how sure, and what to look at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from linkage.diagnostics.group_counts import MISSED
from linkage.report.figures import Impact
from linkage.report.words import count, percent, variable
from linkage.schema import UNKNOWN

WIDE_GAP = 0.05  # difference of link rates between two subgroups from which the report points at it
FEW_RECORDS = 100  # groups smaller than this are not pointed at: the difference may be chance
EXPECTED = 0.5  # link rate of all from which a partner is to be expected: below it, groups differ by nature
# Sources cover ages and places differently by their nature, which says nothing of linkage.
COVERED = frozenset({"age", "authority", "district", "school_urn"})
MOST_GROUPS = 3  # that are missed more often, and are named in the headline
LARGE_PERSON = 10  # records in a person from which the report points at it


@dataclass(frozen=True)
class Headline:
    """Sentences; `look_at` are (id of a section, sentence)."""

    linked: tuple[str, ...]
    sure: tuple[str, ...]
    look_at: tuple[tuple[str, str], ...]
    missed: tuple[str, ...] = ()
    impact: tuple[str, ...] = ()


def headline_of(context: Mapping[str, Any]) -> Headline:
    """The headline from the facts that the page shows."""
    return Headline(_linked(context), _sure(context), _look_at(context), _missed(context), _impact(context))


def _linked(context: Mapping[str, Any]) -> tuple[str, ...]:
    records = sum(source.records for source in context["sources"])
    joined = sum(source.linked for source in context["sources"])
    persons = sum(size.persons for size, _ in context["sizes"])
    several = sum(size.persons for size, _ in context["sizes"] if size.size > 1)
    return (
        f"{count(records)} records of {_number(len(context['sources']), 'source')} are {count(persons)} persons.",
        f"{count(joined)} of the records ({_share(joined, records)}) share a person with at least one other record: "
        f"{_number(several, 'person')} of several records.",
        "A record without a partner is not a missed link: the child may not be in the other source at all.",
    )


def _sure(context: Mapping[str, Any]) -> tuple[str, ...]:
    links = sum(item.links for item in context["sureness"])
    false = sum(item.expected_false for item in context["sureness"])
    if not links:
        return ("No pair was linked.",)
    ruled = sum(item.links for item in context["sureness"] if item.stage == "deterministic")
    assumed = sum(item.links for item in context["sureness"] if item.basis == "assumed")
    said = [
        f"{_number(links, 'link')}: {_share(ruled, links)} by rules, the others by the model or by hand.",
        f"By their own confidence, some {count(round(false))} of the links ({percent(false / links, 2)}) may be false.",
    ]
    if assumed:
        said.append(f"For {_number(assumed, 'link')} the confidence rests on an assumed figure, not on these data.")
    return tuple(said)


def _missed(context: Mapping[str, Any]) -> tuple[str, ...]:
    tables = [table for table in context.get("error_tables", ()) if table.metric == MISSED]
    if not tables:
        return ()
    total = tables[0].total
    said = [
        f"Of {count(total.records)} pairs known to be one child, {percent(total.rate)} were not found once their "
        f"identifier was hidden."
        if context["errors_are_masked"]
        else f"By the confidences, {percent(total.rate)} of the true pairs among those compared were missed."
    ]
    worse = [item for item in _known_first(context["impacts"]) if item.group.evidence == "higher"][:MOST_GROUPS]
    said += [
        f"{variable(item.variable)}, {item.group.rate.subgroup}: {percent(item.group.rate.rate)} missed, against "
        f"{percent(item.reference.rate.rate)} of {item.reference.rate.subgroup}."
        for item in worse
    ]
    if not worse:
        said.append("No group was seen to be missed more often than another.")
    if context["unclear"]:
        said.append(f"For {_number(context['unclear'], 'comparison')} of groups there is not enough evidence.")
    return tuple(said)


def _impact(context: Mapping[str, Any]) -> tuple[str, ...]:
    said = [
        f"{item.name}: {percent(item.p_linked)} among the linked; between {percent(item.manski_lo)} and "
        f"{percent(item.manski_hi)} whatever the unlinked are like."
        for item in context.get("tipping", ())
    ]
    found = _known_first(context.get("impacts", ()))
    if found:
        item, whom = found[0], "Among children to be found without an identifier, what"
        said.append(
            f"{whom if context['errors_are_masked'] else 'What'} is seen only through a link would be {item.ratio:.2f} "
            f"times as frequent for {item.group.rate.subgroup} as for {item.reference.rate.subgroup} "
            f"({variable(item.variable).lower()}) though nothing else differed."
        )
    elif context.get("error_tables"):
        said.append("No difference between groups was seen that linkage alone would make.")
    return tuple(said)


def _known_first(found: Sequence[Impact]) -> list[Impact]:
    """Groups that have a name before those whose subgroup nobody wrote down; the strongest first among each."""
    return sorted(found, key=lambda item: item.group.rate.subgroup == UNKNOWN)


def _look_at(context: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    review = sum(pair.review for pair in context["pairs"])
    if review:
        found.append(("counts", f"Pairs that wait for a person to decide: {count(review)}."))
    beyond, sought = (sum(getattr(item, name) for item in context["reaches"]) for name in ("beyond", "total"))
    if beyond > sought / 2:
        found.append(("reach", f"Most records without a link ({_share(beyond, sought)}) hold too little for one."))
    found += _gaps(context)
    conflicts = sum(item.pairs for item in context["conflicts"])
    if conflicts:
        found.append(("conflicts", f"Contradictions met and written down: {count(conflicts)}."))
    if context["large"] and context["large"][0].size >= LARGE_PERSON:
        found.append(("persons", f"The largest person holds {count(context['large'][0].size)} records."))
    hot = sum(int(block["hot_keys"]) for block in context["blocks"])
    if hot:
        found.append(("blocking", f"Blocking keys too common to compare, where links may be missed: {count(hot)}."))
    if context["doubts"]:
        found.append(("doubts", f"Doubts of the training: {count(len(context['doubts']))}."))
    if context["findings"]:
        found.append(("findings", f"Findings about the sources: {count(len(context['findings']))}."))
    return tuple(found)


def _gaps(context: Mapping[str, Any]) -> list[tuple[str, str]]:
    """For each pair of sources, the widest gap of link rates between two known groups of one variable.

    A gap is clear where the intervals do not overlap.
    """
    found = []
    for pair in context["figures"]:
        widest: tuple[float, str] = (WIDE_GAP, "")
        for _, figures in pair.sides:
            for figure in figures:
                if figure.table.variable in COVERED or figure.table.total.rate < EXPECTED:
                    continue
                known = [r for r in figure.table.rates if r.records >= FEW_RECORDS and r.subgroup != "unknown"]
                if len(known) < 2:
                    continue
                ordered = sorted(known, key=lambda rate: (rate.rate, rate.subgroup))
                low, high = ordered[0], ordered[-1]
                if high.lo > low.hi and high.rate - low.rate > widest[0]:
                    widest = (
                        high.rate - low.rate,
                        f"The link rate of {figure.table.own} into {figure.table.other} differs by "
                        f"{figure.title.lower()}: {percent(low.rate)} ({low.subgroup}) to {percent(high.rate)} "
                        f"({high.subgroup}).",
                    )
        if widest[1]:
            found.append(("rates", widest[1]))
    return found[:3]


def _number(number: int, noun: str) -> str:
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else "none"
