"""What the second pass changed, counted.

`second_pass_changes` (what, reason, n). Of pairs: `raised`, `lowered` (confidence), and what they were and are, as
`review_to_link`; the reason is that of `weak_pairs`, or `rival` where another pair of one of the records changed. Of
persons: `persons_merged` (made of several of the first pass) and `persons_split` (of the first pass, now in several),
with the reasons of the links that came and went, joined by `+`.
"""

from __future__ import annotations

from linkage.match.family_evidence import FAMILY_EVIDENCE
from linkage.sql import Step, scratch_step, table_step
from linkage.tables import LINKS, PERSONS

CHANGES = "second_pass_changes"
FIRST_LINKS, FIRST_PERSONS = "first_links", "first_persons"


def no_changes_step() -> Step:
    """`second_pass_changes`, without a row."""
    return table_step(CHANGES, "select ''::varchar as what, ''::varchar as reason, 0::bigint as n limit 0")


def remember_steps() -> tuple[Step, ...]:
    """`first_links` and `first_persons`, as the first pass left them."""
    return (
        scratch_step(FIRST_LINKS, f"select record_id_l, record_id_r, confidence, decision from {LINKS}"),
        scratch_step(FIRST_PERSONS, f"select record_id, person_no from {PERSONS}"),
    )


def changes_step() -> Step:
    """`second_pass_changes`, from what was remembered and what there is now."""
    return table_step(
        CHANGES,
        f"""
        with pairs as (
          select record_id_l, record_id_r, coalesce(e.reason, 'rival') as reason, e.family_bits as bits,
            coalesce(f.decision, 'none') as before, coalesce(k.decision, 'none') as after,
            k.confidence - f.confidence as moved
          from {FIRST_LINKS} f
          full join {LINKS} k using (record_id_l, record_id_r)
          full join {FAMILY_EVIDENCE} e using (record_id_l, record_id_r)),
        changed as (select * from pairs where before <> after or moved <> 0 or bits is not null),
        relinked as (select * from changed where before <> after and 'link' in (before, after)),
        people as (
          select n.record_id, f.person_no as before, n.person_no as after
          from {PERSONS} n join {FIRST_PERSONS} f on f.record_id = n.record_id),
        merged as (select after from people group by after having count(distinct before) > 1),
        split as (select before from people group by before having count(distinct after) > 1),
        why_merged as (
          select m.after, coalesce(array_to_string(list_sort(list(distinct k.reason)), '+'), 'other') as reason
          from merged m
          left join people p on p.after = m.after
          left join relinked k on k.record_id_l = p.record_id and k.after = 'link'
          group by m.after),
        why_split as (
          select s.before, coalesce(array_to_string(list_sort(list(distinct k.reason)), '+'), 'other') as reason
          from split s
          left join people p on p.before = s.before
          left join relinked k on k.record_id_l = p.record_id and k.before = 'link'
          group by s.before)
        select if(coalesce(bits, moved) > 0, 'raised', 'lowered') as what, reason, count(*) as n
        from changed where coalesce(bits, moved, 0) <> 0 group by all
        union all
        select before || '_to_' || after, reason, count(*) from changed where before <> after group by all
        union all
        select 'persons_merged', reason, count(*) from why_merged group by reason
        union all
        select 'persons_split', reason, count(*) from why_split group by reason
        order by what, reason""",
    )
