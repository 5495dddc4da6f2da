"""Hopes: for each pair of sources, which links the project can hope for, by which evidence, and for whom there is none.

Nothing is linked to find out: rules are held against what records hold, and their keys against each other. A record is
beyond reach where no rule and no block of the model can compare it with any record of the other source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from linkage.diagnostics.readiness.evidence import (
    FIELD,
    FIELD_TITLES,
    RULE,
    Agreement,
    Evidence,
    Pair,
    agreements,
    field_evidence,
    rule_evidence,
    rule_needs,
)
from linkage.diagnostics.readiness.holdings import DAY, NAMES, Holdings, Need, block_needs, read_holdings
from linkage.match.pool import make_pool
from linkage.packs import IDENTIFIER_MATCHES, Packs, Rule
from linkage.sql import Connection, rows
from linkage.tables import SOURCES

JOIN = "identifier join"
NAMED = "names and birth date"
UNNAMED = "birth date and home"
COARSE = "pseudonymised"
TOO_LITTLE = "too little"
NOTHING = "nothing in common"

DAY_FIELD = DAY.replace(":", "_")
# A field that says less than others, which need not be told beside them.
_FINER = {
    "dob_month": (DAY_FIELD,), "dob_year": (DAY_FIELD, "dob_month"), "sector": ("postcode",),
    "district": ("postcode", "sector"),
}  # fmt: skip


@dataclass(frozen=True)
class Hope:
    """What a pair of sources can be linked by.

    `verdict` is one of the constants of this module, `said` the same in a sentence. `links_at_most` is of the strongest
    rule that finds a pair, `strongest`, and NULL where there is none. `reach_l` and `reach_r` count records that some
    rule or the model can compare with the other side, `beyond_l` and `beyond_r` the others, with what these lack.
    """

    source_l: str
    source_r: str
    verdict: str
    said: str
    strongest: str
    links_at_most: int | None
    identifiers: str
    fields: str
    rules: str
    records_l: int
    reach_l: int
    beyond_l: int
    why_l: str
    records_r: int
    reach_r: int
    beyond_r: int
    why_r: str


def hopes(con: Connection, packs: Packs) -> tuple[list[Hope], list[Evidence]]:
    """The hopes of all pairs of sources, in their order, with the evidence; makes `pool` from `records`."""
    make_pool(con)
    holdings = read_holdings(con, packs)
    agreed = agreements(con, packs.rules)
    found, evidence = [], []
    for pair in _pairs(con):
        listed = [*rule_evidence(pair, holdings, packs.rules, agreed), *field_evidence(pair, holdings)]
        found.append(_hope(pair, holdings, packs, listed, agreed))
        evidence += listed
    return found, evidence


def _pairs(con: Connection) -> list[Pair]:
    listed = rows(con, f"select source_no, source, is_within from {SOURCES} order by source_no")
    sources = [(int(str(number)), str(source), bool(is_within)) for number, source, is_within in listed]
    return [
        Pair(no_l, no_r, left, right)
        for at, (no_l, left, is_within) in enumerate(sources)
        for no_r, right, _ in sources[at:]
        if no_l < no_r or is_within
    ]


def _hope(
    pair: Pair,
    holdings: Holdings,
    packs: Packs,
    listed: Sequence[Evidence],
    agreed: Mapping[str, Mapping[tuple[int, int], Agreement]],
) -> Hope:
    by_id = {rule.id: rule for rule in packs.rules}
    usable = [item for item in listed if item.kind == RULE]
    strongest = next((item for item in usable if item.pairs_at_most), None)
    schemes = _schemes_of_both(pair, holdings)
    in_common = {
        by_id[item.name].identifiers[0] for item in usable if by_id[item.name].identifiers and item.pairs_at_most
    }
    needs = _needs(pair, holdings, packs, agreed)
    shared = [scheme for scheme in schemes if scheme in in_common or (scheme == "upn" and "upn_group" in in_common)]
    reach_l, why_l = _reach(pair.no_l, pair.no_r, holdings, needs, shared)
    reach_r, why_r = _reach(pair.no_r, pair.no_l, holdings, [(other, one) for one, other in needs], shared)
    fields = [item.name for item in listed if item.kind == FIELD]
    verdict = _verdict(fields, bool(shared), bool(reach_l and reach_r), bool(listed or schemes))
    records_l, records_r = holdings.records(pair.no_l), holdings.records(pair.no_r)
    return Hope(
        source_l=pair.source_l,
        source_r=pair.source_r,
        verdict=verdict,
        said=_said(verdict, strongest, fields, shared, [scheme for scheme in schemes if scheme not in shared]),
        strongest=strongest.name if strongest else "",
        links_at_most=strongest.pairs_at_most if strongest else None,
        identifiers=", ".join(schemes),
        fields=", ".join(fields),
        rules=", ".join(item.name for item in usable),
        records_l=records_l,
        reach_l=reach_l,
        beyond_l=records_l - reach_l,
        why_l=why_l,
        records_r=records_r,
        reach_r=reach_r,
        beyond_r=records_r - reach_r,
        why_r=why_r,
    )


def _schemes_of_both(pair: Pair, holdings: Holdings) -> list[str]:
    """Schemes of which some record on either side has a value."""
    left, right = (_schemes(thing for held in holdings.mixes.get(number, {}) for thing in held)
                   for number in (pair.no_l, pair.no_r))  # fmt: skip
    return sorted(left & right, key=IDENTIFIER_MATCHES.index)


def _schemes(things: Iterable[str]) -> set[str]:
    return {scheme for thing in things if (scheme := thing.partition(":")[0]) in IDENTIFIER_MATCHES}


def _needs(
    pair: Pair, holdings: Holdings, packs: Packs, agreed: Mapping[str, Mapping[tuple[int, int], Agreement]]
) -> list[tuple[Need, Need]]:
    """What a pair of records must hold to be compared at all: a way for each rule and block.

    A rule by an identifier of which no value is on both sides reaches nobody: the values are of another supply or
    authority, or all are of other children.
    """
    usable: list[Rule] = [
        rule for rule in packs.rules if not rule.identifiers or (pair.no_l, pair.no_r) in agreed[rule.id]
    ]
    ways = [rule_needs(rule, pair, holdings) for rule in usable]
    return ways + (
        block_needs([one for one in packs.model.block if one.most_pairs is None]) if packs.model is not None else []
    )


def _reach(
    own: int, other: int, holdings: Holdings, needs: Sequence[tuple[Need, Need]], shared: Sequence[str]
) -> tuple[int, str]:
    """Records of a source within reach of another, and what the others, or the other source, lack."""
    least = 2 if own == other else 1
    ways = [one for one, two in needs if holdings.count(other, two) >= least]
    parts = _parts(shared)
    offered = [name for name, need in parts.items() if holdings.count(other, need)]
    reached = holdings.count(own, lambda held: any(way(held) for way in ways))
    lacking: Counter[str] = Counter()
    for held, n in holdings.mixes.get(own, {}).items():
        if not any(way(held) for way in ways):
            absent = [f"no {name}" for name in offered if not parts[name](held)]
            lacking[", ".join(absent) or "nothing that a rule or the model compares"] += n
    if not lacking:
        return reached, ""
    listed = [f"{why} {n:,}" for why, n in sorted(lacking.items(), key=lambda item: (-item[1], item[0]))]
    unoffered = [f"no {name}" for name in parts if name not in offered]
    return reached, "; ".join([f"the other source has {', '.join(unoffered)}"] * bool(unoffered) + listed)


def _parts(shared: Sequence[str]) -> dict[str, Need]:
    """What links are made of, by name: whether a record holds it."""
    return {
        "identifier in common": lambda held: not _schemes(held).isdisjoint(shared),
        "full name": lambda held: held >= NAMES,
        "day of birth": lambda held: DAY in held,
        "home postcode": lambda held: "postcode" in held,
    }


def _verdict(fields: Sequence[str], has_join: bool, is_reached: bool, has_evidence: bool) -> str:
    if has_join:
        return JOIN
    if not is_reached:
        return TOO_LITTLE if has_evidence else NOTHING
    if DAY_FIELD in fields and set(fields) >= NAMES:
        return NAMED
    return UNNAMED if DAY_FIELD in fields and "postcode" in fields else COARSE


def _said(
    verdict: str, strongest: Evidence | None, fields: Sequence[str], shared: Sequence[str], unshared: Sequence[str]
) -> str:
    """The verdict in a sentence or two."""
    titles = {name.replace(":", "_"): title for name, title in FIELD_TITLES.items()}
    finest = [name for name in fields if not any(finer in fields for finer in _FINER.get(name, ()))]
    both = ", ".join(titles[name] for name in finest) or "no field"
    best = (
        f"strongest evidence: rule {strongest.name}, at most {strongest.pairs_at_most:,} pairs"
        if strongest
        else "no rule finds a pair; what can be found is left to the model"
    )
    said = {
        JOIN: f"links by {', '.join(shared)}; {best}",
        NAMED: f"links by names and birth date; {best}",
        UNNAMED: f"links by birth date and home, without names; {best}",
        COARSE: f"weak evidence ({both}): most pairs can be for review at best; {best}",
        TOO_LITTLE: f"no link can be made with the rules and model of this project; both hold {both}",
        NOTHING: "nothing in common: no link can be made",
    }[verdict]
    if unshared:
        said += f"; both hold {', '.join(unshared)}, and no value is in both: another supply, or other children"
    return said
