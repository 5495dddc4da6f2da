"""Evidence that two sources share: which rules can find pairs and how many, and which fields both hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linkage.diagnostics.readiness.counts import percentage
from linkage.diagnostics.readiness.holdings import DAY, FIELDS, Holdings, Need, rule_need, without_names
from linkage.match.deterministic import keys_of
from linkage.match.pool import POOL
from linkage.packs import Rule
from linkage.sql import Connection, rows

RULE, FIELD = "rule", "field"


@dataclass(frozen=True)
class Pair:
    """Two sources of the project, or one of them and itself."""

    no_l: int
    no_r: int
    source_l: str
    source_r: str

    @property
    def is_within(self) -> bool:
        """Whether it is one source's own records."""
        return self.no_l == self.no_r


@dataclass(frozen=True)
class Agreement:
    """Of one rule and pair of sources: values of its key that both hold, and pairs of records that agree on it."""

    values: int
    pairs: int


@dataclass(frozen=True)
class Evidence:
    """A rule or field that both sources hold, and how many records of each hold it.

    `kind` is `rule` or `field`; `values_in_common` and `pairs_at_most` are of rules: values of the rule's key that are
    on both sides, and pairs that agree on one. Guards and stronger rules take some of these away; none can be added.
    """

    source_l: str
    source_r: str
    kind: str
    name: str
    title: str
    records_l: int
    percent_l: float
    records_r: int
    percent_r: float
    values_in_common: int | None = None
    pairs_at_most: int | None = None


def agreements(con: Connection, rules: Sequence[Rule]) -> dict[str, dict[tuple[int, int], Agreement]]:
    """By rule, the agreements of each pair of sources that has any; with the keys that the rule itself will use."""
    return {rule.id: _agreements_of(con, rule) for rule in rules}


def _agreements_of(con: Connection, rule: Rule) -> dict[tuple[int, int], Agreement]:
    keys = keys_of(rule)
    names, listed = ", ".join(keys.columns), ", ".join(f"k.{column}" for column in keys.columns)
    nameless = "p.forename is null and p.surname is null" if "names_missing" in rule.require else "true"
    sql = f"""
        with keys as ({keys.sql}),
        held as (
          select p.source_no, p.is_within, {listed}, {nameless} as is_nameless, count(*) as n
          from keys k join {POOL} p using (record_id)
          group by all)
        select l.source_no, r.source_no, count(distinct hash({", ".join(f"l.{c}" for c in keys.columns)})),
          sum(l.n * r.n)
        from held l join held r using ({names})
        where l.source_no < r.source_no and (l.is_nameless or r.is_nameless)
        group by all
        union all
        select source_no, source_no, count(*), sum(n * (n - 1) // 2)
        from (select source_no, {names}, sum(n) as n from held where is_within group by all having sum(n) > 1)
        group by source_no
        order by all"""
    return {
        (int(str(left)), int(str(right))): Agreement(int(str(values)), int(str(pairs)))
        for left, right, values, pairs in rows(con, sql)
    }


def rule_evidence(
    pair: Pair, holdings: Holdings, rules: Sequence[Rule], agreed: Mapping[str, Mapping[tuple[int, int], Agreement]]
) -> list[Evidence]:
    """The rules that some record of either side can be found by, in the order of the packs."""
    found = []
    for rule in rules:
        need_l, need_r = rule_needs(rule, pair, holdings)
        left, right = holdings.count(pair.no_l, need_l), holdings.count(pair.no_r, need_r)
        if left and right and (left > 1 or not pair.is_within):
            met = agreed[rule.id].get((pair.no_l, pair.no_r), Agreement(0, 0))
            found.append(_evidence(pair, holdings, RULE, rule.id, rule.title, (left, right), met))
    return found


def rule_needs(rule: Rule, pair: Pair, holdings: Holdings) -> tuple[Need, Need]:
    """What records on the left and on the right must hold for the rule to find them in this pair of sources."""
    need = rule_need(rule)
    if "names_missing" not in rule.require:
        return need, need
    sides = []
    for other in (pair.no_r, pair.no_l):
        is_enough = holdings.count(other, lambda held: need(held) and without_names(held)) > 0
        sides.append(need if is_enough else lambda held: need(held) and without_names(held))
    return sides[0], sides[1]


def field_evidence(pair: Pair, holdings: Holdings) -> list[Evidence]:
    """The fields that some record on either side holds."""
    found = []
    for field in (DAY, *FIELDS):
        left, right = (holdings.count(number, lambda held: field in held) for number in (pair.no_l, pair.no_r))  # noqa: B023
        if left and right:
            found.append(_evidence(pair, holdings, FIELD, field.replace(":", "_"), FIELD_TITLES[field], (left, right)))
    return found


FIELD_TITLES: Mapping[str, str] = {
    DAY: "birth date to the day", "dob_month": "month of birth", "dob_year": "year of birth", "forename": "forename",
    "surname": "surname", "postcode": "home postcode", "sector": "postcode sector", "district": "postcode district",
    "sex": "sex", "ethnicity": "ethnicity", "authority": "authority", "school_urn": "school",
}  # fmt: skip


def _evidence(
    pair: Pair,
    holdings: Holdings,
    kind: str,
    name: str,
    title: str,
    records: tuple[int, int],
    met: Agreement | None = None,
) -> Evidence:
    left, right = records
    return Evidence(
        pair.source_l, pair.source_r, kind, name, title,
        left, percentage(left, holdings.records(pair.no_l)), right, percentage(right, holdings.records(pair.no_r)),
        met.values if met else None, met.pairs if met else None,
    )  # fmt: skip
