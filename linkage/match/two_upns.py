"""One child with two numbers: how often the valid UPNs of one child differ.

A child has a second UPN where a school did not find the first, or a clerk copied another's. So pairs that a rule on
fields finds, and whose valid UPNs differ, are either two children, and the rule is wrong, or one child with two
numbers. Which, the fields tell: with share e of one child's pairs that hold different numbers, and posterior odds O
of a pair from its fields alone, it is one child with chance e O / (1 + e O); e is the share that these chances come
to, by expectation maximisation. What differs for no other reason than a second number does not count against a rule;
and a pair of the model whose numbers differ has log2 e bits more against it.

`two_upns` (pairs, differing, share, bits): one row; share and bits NULL, where too few pairs tell.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linkage.match.deterministic import masked_pairs_sql, masked_precision
from linkage.match.evidence import weigh_pairs
from linkage.match.parameters import read_parameters
from linkage.match.patterns import Floats
from linkage.match.pool import POOL
from linkage.packs import ModelSpec, Rule
from linkage.sql import Connection, Step, count, literal, rows, run_steps, scratch_step
from linkage.tables import LINKS_DETERMINISTIC

TWO_UPNS = "two_upns"
FEWEST_PAIRS = 1000  # pairs with a number on both sides: fewer say nothing of a share of some thousandths
LARGEST_SHARE = 0.05  # more than this is no second number but a source whose numbers are wrong
ITERATIONS = 200


def same_child_by_rule(con: Connection, rules: Sequence[Rule], spec: ModelSpec | None) -> dict[str, tuple[float, int]]:
    """Per rule on fields: pairs that are one child, as far as UPNs and fields tell, and pairs with UPNs on both sides.

    Makes `two_upns`.
    """
    counts = masked_precision(con, rules)
    told = [rule for rule in rules if counts.get(rule.id, (0, 0))[1] > counts.get(rule.id, (0, 0))[0]]
    found = {name: (float(same), both) for name, (same, both) in counts.items()}
    pairs = max((both for _, both in counts.values()), default=0)
    share = None
    if spec is not None and told and pairs >= FEWEST_PAIRS:
        odds = _odds_by_rule(con, told, spec)
        most = max(told, key=lambda rule: counts[rule.id][1]).id
        share = share_of_second_numbers(odds.get(most, np.zeros(0)), counts[most][0])
        for name, of_rule in odds.items():
            same, both = counts[name]
            found[name] = (min(same + float(one_child(of_rule, share).sum()), float(both)), both)
    differing = max((both - same for same, both in counts.values()), default=0)
    make_two_upns_if_none(con)
    run_steps(con, (Step(TWO_UPNS, f"delete from {TWO_UPNS}"),))
    values = (pairs, differing, share and round(share, 9), share and round(float(np.log2(share)), 6))
    con.execute(f"insert into {TWO_UPNS} values (?, ?, ?, ?)", values)
    return found


def make_two_upns_if_none(con: Connection) -> None:
    """`two_upns`, without its row, where nothing has been estimated."""
    columns = "pairs bigint, differing bigint, share double, bits double"
    run_steps(con, (Step(TWO_UPNS, f"create table if not exists {TWO_UPNS} ({columns})"),))


def read_share(con: Connection) -> float:
    """e as `two_upns` has it; 0 where too few pairs tell."""
    found = rows(con, f"select share from {TWO_UPNS}")
    return float(str(found[0][0])) if found and found[0][0] is not None else 0.0


def share_of_second_numbers(odds_bits: Floats, same: int) -> float:
    """e of the pairs whose numbers differ (their log2 odds) beside so many whose numbers agree; never quite 0."""
    share = 0.01
    for _ in range(ITERATIONS):
        of_one = float(one_child(odds_bits, share).sum())
        share = min(max((of_one + 0.5) / (same + of_one + 1), 1e-6), LARGEST_SHARE)
    return share


def one_child(odds_bits: Floats, share: float) -> Floats:
    """The chance that a pair with different numbers is one child."""
    return np.asarray(1 / (1 + np.exp2(-np.clip(odds_bits, -60, 60)) / share))


def _odds_by_rule(con: Connection, rules: Sequence[Rule], spec: ModelSpec) -> dict[str, Floats]:
    """log2 of the posterior odds of each rule's pairs with different UPNs: the model's evidence, among all pairs."""
    records = count(con, POOL)
    parts = " union all ".join(
        f"select {literal(rule.id)} as rule, record_id_l, record_id_r from ({masked_pairs_sql(rule, records)}) "
        "where not list_has_any(upns_l, upns_r)"
        for rule in rules
    )
    run_steps(con, (scratch_step("differing_pairs", parts),))
    once = "select distinct record_id_l, record_id_r from differing_pairs"
    run_steps(con, (scratch_step("differing_once", once),))
    weigh_pairs(con, spec, read_parameters(con), pairs="differing_once", into="differing_weighed")
    found = rows(
        con,
        f"""
        with links as (
          select l.source_no as source_no_l, r.source_no as source_no_r, count(*) as n
          from {LINKS_DETERMINISTIC} d
          join {POOL} l on l.record_id = d.record_id_l join {POOL} r on r.record_id = d.record_id_r group by all),
        sizes as (select source_no, count(*) as n from {POOL} group by source_no)
        select d.rule, round(w.evidence_bits + log2(coalesce(k.n, 0.5) / (sl.n * sr.n)), 3) as odds_bits
        from differing_pairs d
        join differing_weighed w on w.record_id_l = d.record_id_l and w.record_id_r = d.record_id_r
        join {POOL} l on l.record_id = d.record_id_l join {POOL} r on r.record_id = d.record_id_r
        join sizes sl on sl.source_no = l.source_no join sizes sr on sr.source_no = r.source_no
        left join links k on k.source_no_l = l.source_no and k.source_no_r = r.source_no
        order by 1, 2""",
    )
    run_steps(con, (Step("differing_weighed", "drop table differing_weighed"),))
    listed: dict[str, list[float]] = {}
    for rule, bits in found:
        listed.setdefault(str(rule), []).append(float(str(bits)))
    return {rule: np.array(bits) for rule, bits in listed.items()}
