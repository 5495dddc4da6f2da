"""Decisions: what follows from the confidence of each pair and from the guards that fired.

Writes `decided_pairs`: record_id_l, record_id_r, stage, rule, match_weight (log2 of the posterior odds, in bits),
confidence, confidence_basis, decision (`link` or `review`), rivals, flags. Pairs under the review threshold are not
kept. A guard that stops a pair the evidence would have linked is a row of `conflicts_of_decisions`.
"""

from __future__ import annotations

from linkage.match.judge import JUDGED
from linkage.sql import Connection, Step, rows, run_steps, table_step
from linkage.tables import CONFLICTS_OF_DECISIONS, DECIDED, KNOWN_RECORDS

MANUAL_CONFIDENCE = 0.999  # a person decided; people err too


def decide(con: Connection, *, accept: float, review: float, stay: float | None = None) -> dict[str, int]:
    """Make `decided_pairs` of `judged_pairs`; returns how many rows each stage and decision has.

    Joining needs more than staying: a pair whose records the registry holds in one person is a link from `stay` on.
    """
    run_steps(con, decision_steps(accept=accept, stay=stay or accept, review=review))
    counted = rows(con, f"select stage || ' ' || decision, count(*) from {DECIDED} group by 1 order by 1")
    return {str(name): int(str(n)) for name, n in counted}


def decision_steps(*, accept: float, stay: float, review: float) -> tuple[Step, ...]:
    """`decided_pairs`, and `conflicts_of_decisions` of pairs the evidence would have linked and a guard did not."""
    return (
        table_step(
            DECIDED,
            f"""
            with needed as (
              select j.*, if(l.person_id = r.person_id, $stay, $accept) as needs
              from {JUDGED} j
              left join {KNOWN_RECORDS} l on l.record_id = j.record_id_l
              left join {KNOWN_RECORDS} r on r.record_id = j.record_id_r),
            flagged as (
              select *, list_filter([
                  case when stage = 'probabilistic' and is_twin_pattern then 'twin_pattern' end,
                  case when has_different_upn then 'different_upn' end,
                  case when confidence_alone >= needs and confidence < needs and is_near_best
                    then 'near_tie' end],
                  lambda f: f is not null) as guards
              from needed),
            told as (
              select *, case when confidence >= needs and held is null and len(guards) = 0 then 'link' else 'review' end
                as decision
              from flagged)
            select record_id_l, record_id_r, stage, rule, match_weight, confidence, confidence_basis, decision,
              rivals, list_sort(list_concat(coalesce(held, []), guards,
                if(decision = 'link' and confidence < $accept, ['stayed'], []))) as flags
            from told
            where (confidence >= $review or list_contains(guards, 'near_tie'))
              and not exists (select 1 from must_link m where m.record_id_l = told.record_id_l
                              and m.record_id_r = told.record_id_r)
            union all
            select record_id_l, record_id_r, 'manual', 'override', null, $manual, 'assumed', 'link', 0, []
            from must_link""",
            {"accept": accept, "stay": stay, "review": review, "manual": MANUAL_CONFIDENCE},
        ),
        table_step(
            CONFLICTS_OF_DECISIONS,
            f"""
            select 'likely_but_held' as kind, record_id_l, record_id_r,
              rule || ': ' || array_to_string(flags, ', ') as detail, 'review' as action
            from {DECIDED} where stage = 'probabilistic' and decision = 'review' and len(flags) > 0
              and match_weight >= log2($accept / (1 - $accept))""",
            {"accept": accept},
        ),
    )
