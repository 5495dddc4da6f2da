"""Which pairs are weighed: what rules found or guards held, candidates, and what an earlier run has compared."""

from __future__ import annotations

from linkage.sql import Step, scratch_step
from linkage.tables import CANDIDATES, CONFLICTS_OF_PASSES, KNOWN_PAIRS, LINKS_DETERMINISTIC, SCORED

PAIRS_OF_RULES = "pairs_of_rules"
PAIRS_OF_MODEL = "pairs_of_model"


def pairs_of_rules_step() -> Step:
    """`pairs_of_rules`: deterministic links, and pairs that a guard held and no other rule linked."""
    return scratch_step(
        PAIRS_OF_RULES,
        f"""
        select record_id_l, record_id_r from {LINKS_DETERMINISTIC}
        union
        select record_id_l, record_id_r from {CONFLICTS_OF_PASSES} where kind = 'agree_but_contradict'""",
    )


def pairs_of_model_step() -> Step:
    """`pairs_of_model`: candidates that no rule has found or held, and that no earlier run has compared."""
    return scratch_step(
        PAIRS_OF_MODEL,
        f"""
        select c.record_id_l, c.record_id_r
        from {CANDIDATES} c
        where not exists (
          select 1 from {PAIRS_OF_RULES} p
          where p.record_id_l = c.record_id_l and p.record_id_r = c.record_id_r)
          and not exists (
            select 1 from {KNOWN_PAIRS} k where k.record_id_l = c.record_id_l and k.record_id_r = c.record_id_r)""",
    )


def remembered_pairs_step() -> Step:
    """Add to `scored_pairs` what an earlier run saw of candidates whose records are what they were."""
    return Step(
        SCORED,
        f"""
        insert into {SCORED} by name
        select k.* from {KNOWN_PAIRS} k
        semi join {CANDIDATES} c on c.record_id_l = k.record_id_l and c.record_id_r = k.record_id_r
        anti join {PAIRS_OF_RULES} p on p.record_id_l = k.record_id_l and p.record_id_r = k.record_id_r
        order by k.record_id_l, k.record_id_r""",
    )
