"""Twins: whether a pair of sources can hold enough of them to explain the pairs that look like twins.

Same birth date, same surname, another forename: twins, or one child whose forename one side has wrong. Such a pair is
held back, for the evidence cannot tell. What can is how many twins there are: a source that holds both of a pair shows
them inside itself. Where its files hold next to none, and many pairs across two sources look like twins, nearly all of
these are one child, and only those are held whose twin is seen. Inside one source they are one child where the source
is twinless (`linkage.match.twinless`), and such a source shows no twins to others.
"""

from __future__ import annotations

from linkage.match.pool import POOL
from linkage.match.twinless import MATES, MOST_TWINS, TWINLESS, UNSEEN_TWINS, twinless_steps
from linkage.sql import Step, scratch_step

SEEN_TWINS = "seen_twins"


def twins_steps() -> tuple[Step, ...]:
    """`twinless_sources`, and `seen_twins` (record_id): records beside whose birth date and surname their own source,
    one that is not twinless, has another forename."""
    of_twins = f"from {MATES} where differs and source_no not in (select source_no from {TWINLESS})"
    return (
        *twinless_steps(),
        scratch_step(SEEN_TWINS, f"select record_id_l as record_id {of_twins} union select record_id_r {of_twins}"),
    )


def few_twins_step(pairs: str) -> Step:
    """`few_twins` (source_no_l, source_no_r): pairs of sources whose twins are too few for their twin patterns.

    `pairs` has source_no_l, source_no_r, is_twin_pattern and odds. A source is one with itself where it is twinless.
    """
    return scratch_step(
        "few_twins",
        f"""
        with sizes as (
          select p.source_no, count(*) as records, count(t.record_id) as twins
          from {POOL} p left join {SEEN_TWINS} t on t.record_id = p.record_id group by p.source_no),
        looks as (
          select source_no_l, source_no_r, count(*) as pairs from {pairs}
          where is_twin_pattern and odds > 1 and source_no_l <> source_no_r group by all)
        select k.source_no_l, k.source_no_r
        from looks k
        join sizes l on l.source_no = k.source_no_l
        join sizes r on r.source_no = k.source_no_r
        where least(l.records, r.records)
          * greatest((l.twins + {UNSEEN_TWINS}) / l.records, (r.twins + {UNSEEN_TWINS}) / r.records)
          <= {MOST_TWINS} * k.pairs
        union all
        select source_no, source_no from {TWINLESS}""",
    )


def held_as_twins_sql(pair: str) -> str:
    """Is a pair that looks like twins (columns as in `few_twins_step`, and both record ids) to be held back?"""
    # One side at a time: a join on either would go through all pairs of a pair and a twin.
    return f"""({pair}.is_twin_pattern and (
          exists (select 1 from {SEEN_TWINS} t where t.record_id = {pair}.record_id_l)
          or exists (select 1 from {SEEN_TWINS} t where t.record_id = {pair}.record_id_r)
          or not exists (select 1 from few_twins f
                         where f.source_no_l = {pair}.source_no_l and f.source_no_r = {pair}.source_no_r)))"""
