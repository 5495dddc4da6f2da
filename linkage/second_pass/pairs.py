"""Weak pairs, and what the families of their two sides say of each.

`weak_pairs` (record_id_l, record_id_r, confidence, sibling_chance, reason): pairs of two sources that the model judged
below `SURE_CONFIDENCE`, no guard holds and no strong pair competes with, of which both sides have companions or
mothers' ids.
`sibling_chance` is the chance that a pair that is not one child is two of one household, from its household doubt.

Reasons (`match.family_evidence.REASONS`): the two are companions of each other; both have mothers' ids in one scope,
and they differ; one sure person is a companion of both; companions of the two are a weak pair themselves, from the
review threshold on; both have companions, and none of all that.
"""

from __future__ import annotations

from linkage.cluster.components import COMPONENTS
from linkage.match.doubts import DOUBTS, LEAST_DOUBT_BITS
from linkage.match.judge import JUDGED, SURE_CONFIDENCE, no_guard_holds_sql
from linkage.match.pool import POOL
from linkage.packs import ModelSpec
from linkage.second_pass.companions import COMPANIONS, SURE
from linkage.sql import Step, literal, scratch_step
from linkage.tables import LINKS, RELATION_KEYS

WEAK = "weak_pairs"


def sure_links_step() -> Step:
    """`sure_links`: what the first pass linked with `SURE_CONFIDENCE` and did not cut."""
    return scratch_step("sure_links", f"""
        select record_id_l, record_id_r, decision from {LINKS}
        where decision = 'link' and confidence >= {SURE_CONFIDENCE}""")  # fmt: skip


def sure_persons_step() -> Step:
    """`sure_persons`: the components of sure links, a record without one by itself."""
    return scratch_step(SURE, f"select record_id, component as person from {COMPONENTS}")


def weak_pair_steps(spec: ModelSpec, *, review: float) -> tuple[Step, ...]:
    """`weak_pairs`; `review` is the confidence from which a pair of companions counts as likely."""
    return (
        open_pairs_step(spec),
        likely_persons_step(review=review),
        scratch_step("mothers", f"""
            select s.person, list(distinct k.scope) as scopes, list(distinct hash(k.scope, k.value)) as mothers
            from {RELATION_KEYS} k join {SURE} s on s.record_id = k.record_id
            where k.kind = 'mother_id' group by s.person"""),
        reasons_step(),
    )  # fmt: skip


def open_pairs_step(spec: ModelSpec) -> Step:
    """`open_pairs`: the model's weak pairs that may change.

    Not held, not of two sure persons who must never meet, and neither side with a strong pair into the other's source:
    to move a rival of that would move the strong one.
    """
    return scratch_step(
        "open_pairs",
        f"""
        with strong as (
          select record_id_l, record_id_r from {JUDGED} where confidence >= {SURE_CONFIDENCE}
          union select record_id_l, record_id_r from must_link),
        taken as (
          select distinct s.record_id_l as record_id, r.source_no
          from strong s join {POOL} r on r.record_id = s.record_id_r
          union
          select distinct s.record_id_r, l.source_no from strong s join {POOL} l on l.record_id = s.record_id_l),
        apart as (
          select l.person as person_l, r.person as person_r
          from never_link n join {SURE} l on l.record_id = n.record_id_l join {SURE} r on r.record_id = n.record_id_r
          union
          select r.person, l.person
          from never_link n join {SURE} l on l.record_id = n.record_id_l join {SURE} r on r.record_id = n.record_id_r)
        select j.record_id_l, j.record_id_r, j.confidence, sl.person as person_l, sr.person as person_r,
          round(1 - pow(2, coalesce(d.household_bits, {LEAST_DOUBT_BITS})), 6) as sibling_chance
        from {JUDGED} j
        join {POOL} l on l.record_id = j.record_id_l
        join {POOL} r on r.record_id = j.record_id_r
        join {SURE} sl on sl.record_id = j.record_id_l
        join {SURE} sr on sr.record_id = j.record_id_r
        left join {DOUBTS} d on d.record_id_l = j.record_id_l and d.record_id_r = j.record_id_r
        anti join taken tl on tl.record_id = j.record_id_l and tl.source_no = r.source_no
        anti join taken tr on tr.record_id = j.record_id_r and tr.source_no = l.source_no
        where j.stage = 'probabilistic' and j.rule = {literal(spec.model.id)} and l.source_no <> r.source_no
          and j.confidence < {SURE_CONFIDENCE} and sl.person <> sr.person
          and {no_guard_holds_sql()}
          and not exists (select 1 from apart a where a.person_l = sl.person and a.person_r = sr.person)""",
    )


def likely_persons_step(*, review: float) -> Step:
    """`likely_persons` (person_l, person_r), both ways round: sure persons with an open pair that is likely."""
    return scratch_step(
        "likely_persons",
        """
        select person_l, person_r from open_pairs where confidence >= $review
        union select person_r, person_l from open_pairs where confidence >= $review""",
        {"review": review},
    )


def reasons_step() -> Step:
    """`weak_pairs`: the open pairs of which families say something; what is said first counts, in the order above."""
    return scratch_step(
        WEAK,
        f"""
        with persons as (select distinct person_l, person_r from open_pairs),
        linked as (
          select distinct p.person_l, p.person_r from persons p
          join {COMPANIONS} l on l.person = p.person_l
          join {COMPANIONS} r on r.person = p.person_r and r.companion = l.companion),
        likely as (
          select distinct p.person_l, p.person_r from persons p
          join {COMPANIONS} l on l.person = p.person_l
          join likely_persons k on k.person_l = l.companion
          join {COMPANIONS} r on r.person = p.person_r and r.companion = k.person_r),
        has_companion as (select distinct person from {COMPANIONS}),
        told as (
          select o.*,
            case when f.person is not null then 'one_family'
              when list_has_any(ml.scopes, mr.scopes) and not list_has_any(ml.mothers, mr.mothers) then 'other_mother'
              when n.person_l is not null then 'sibling_linked'
              when k.person_l is not null then 'sibling_likely'
              when hl.person is not null and hr.person is not null then 'no_sibling' end as reason
          from open_pairs o
          left join {COMPANIONS} f on f.person = o.person_l and f.companion = o.person_r
          left join mothers ml on ml.person = o.person_l
          left join mothers mr on mr.person = o.person_r
          left join linked n on n.person_l = o.person_l and n.person_r = o.person_r
          left join likely k on k.person_l = o.person_l and k.person_r = o.person_r
          left join has_companion hl on hl.person = o.person_l
          left join has_companion hr on hr.person = o.person_r)
        select record_id_l, record_id_r, confidence, sibling_chance, reason
        from told where reason is not null order by record_id_l, record_id_r""",
    )
