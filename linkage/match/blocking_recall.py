"""What blocking loses, told by identifiers: of pairs known to be one child, how many would the rules have compared?

The links of identifiers were found without a look at names, birth dates or homes, so they are a pass of their own,
independent of blocking. A child without an identifier whose records differ as theirs do is lost at the same rate, and
at a higher one where children without are recorded worse (`training_check` tells).

Writes `blocking_recall` (source_no_l, source_no_r, block_no, pairs, found, found_alone): per pair of sources and rule
of the model the identified pairs that agree on its columns, and those that agree on no other rule's; block_no -1 is of
all rules together. A key that the rule leaves out as too common finds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.match.candidates import agree_sql, keeps_key_sql, lacks_any_sql, ways_round
from linkage.match.pool import POOL
from linkage.packs import Block, Rule
from linkage.sql import Connection, literal, rows, run_steps, scratch_step, table_step
from linkage.tables import LINKS_DETERMINISTIC

BLOCKING_RECALL = "blocking_recall"
ALL_RULES = -1
MOST_KNOWN = 100_000  # identified pairs looked at: enough for a share to a tenth of a per cent


@dataclass(frozen=True)
class BlockingRecall:
    """Identified pairs looked at, and those that at least one rule would compare; without any, nothing is told."""

    identified_pairs: int
    identified_pairs_blocked: int


def estimate_blocking_recall(con: Connection, blocks: Sequence[Block], rules: Sequence[Rule]) -> BlockingRecall:
    """Write `blocking_recall`; the key sizes of `make_candidates` have to be there still."""
    trusted = ", ".join(literal(rule.id) for rule in rules if rule.identifiers) or "''"
    by_rule = ", ".join(f"{_is_found_sql(block, number)} as b{number}" for number, block in enumerate(blocks))
    every = ", ".join(f"b{number}" for number in range(len(blocks)))
    run_steps(
        con,
        (
            scratch_step(
                "identified_pairs",
                f"""
                with known as (select record_id_l, record_id_r from {LINKS_DETERMINISTIC} where rule in ({trusted})),
                rate as (select {MOST_KNOWN} / greatest(count(*), 1) as share from known)
                select k.* from known k, rate
                where hash(k.record_id_l, k.record_id_r) % 1000000 < rate.share * 1000000""",
            ),
            scratch_step(
                "known_blocked",
                f"""
                select l.source_no as source_no_l, r.source_no as source_no_r, {by_rule}
                from identified_pairs k
                join {POOL} l on l.record_id = k.record_id_l
                join {POOL} r on r.record_id = k.record_id_r""",
            ),
            table_step(
                BLOCKING_RECALL,
                f"""
                with counted as (select list_sum([{every}]::int[]) as n, * from known_blocked)
                select source_no_l, source_no_r, {ALL_RULES} as block_no, count(*) as pairs,
                  count(*) filter (n > 0) as found, count(*) filter (n = 1) as found_alone
                from counted group by all
                {" ".join(_of_rule_sql(number) for number in range(len(blocks)))}
                order by source_no_l, source_no_r, block_no""",
            ),
        ),
    )
    found = f"select coalesce(sum(pairs), 0), coalesce(sum(found), 0) from {BLOCKING_RECALL}"
    pairs, blocked = rows(con, f"{found} where block_no = {ALL_RULES}")[0]
    return BlockingRecall(int(str(pairs)), int(str(blocked)))


def _of_rule_sql(number: int) -> str:
    return f"""
                union all
                select source_no_l, source_no_r, {number}, count(*), count(*) filter (b{number}),
                  count(*) filter (b{number} and n = 1)
                from counted group by all"""


def _is_found_sql(block: Block, number: int) -> str:
    """Do l and r agree on a rule, on a key that it does not leave out, either way round?"""
    agree = " or ".join(f"({agree_sql(left, right)} and {keeps_key_sql(block, number, left)})"
                        for left, right in ways_round(block))  # fmt: skip
    lacking = f"{lacks_any_sql(block)} and " if block.missing else ""
    return f"coalesce({lacking}({agree}), false)"
