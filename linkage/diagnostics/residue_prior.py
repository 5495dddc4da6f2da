"""Which masked pairs the model would not have linked, were they of children without identifiers.

A rerun hides the identifiers of half the children. So among the pairs of two sources that are left to its model far
more are one child than among those that identifiers leave to the run, and a pair has a higher prior there. Recall that
is to stand for the children who have no identifier must hold each masked pair against the threshold under *their*
prior: that of a pair of which one record has no identifier and no link, and the other its own. Evidence and rivals are
the rerun's; both odds, the pair's and its rivals', move with the prior.
"""

from __future__ import annotations

from linkage.match.priors import BOTH_OPEN, PRIORS
from linkage.sql import Connection, Step, has_table, scratch_step
from linkage.tables import LINKS_DETERMINISTIC, RECORDS
from linkage.validation.rerun import PAIRS

TOO_WEAK = "residue_too_weak"


def too_weak_step(con: Connection, accept: float) -> Step:
    """`residue_too_weak` (pool_mode, record_id, other): pairs under `accept` at the prior that `record_id` would have,
    were it without identifiers while `other` keeps its own, and with these its links.

    With odds o of the pair and R of its rivals, both times d, how much less likely a pair of the run is:
    o d / (1 + R d). Bare pairs have a prior of their own, told from themselves: d is 1. Pairs of rules have no prior of
    a model and are never too weak; without priors of the run none is.
    """
    if not has_table(con, PRIORS):
        return scratch_step(
            TOO_WEAK, f"select pool_mode, record_id_l as record_id, record_id_r as other from {PAIRS} limit 0"
        )
    return scratch_step(
        TOO_WEAK,
        f"""
        with turned as (
          select p.*, p.record_id_l as record_id, p.record_id_r as other from {PAIRS} p where p.same
          union all select p.*, p.record_id_r, p.record_id_l from {PAIRS} p where p.same),
        links as (
          select d.record_id_l as record_id, d.record_id_r as other from {LINKS_DETERMINISTIC} d
          union all select d.record_id_r, d.record_id_l from {LINKS_DETERMINISTIC} d),
        linked as (
          select distinct t.pool_mode, t.record_id, t.other
          from turned t
          join links k on k.record_id = t.other and k.other <> t.record_id
          join {RECORDS} i on i.record_id = t.record_id
          join {RECORDS} x on x.record_id = k.other and x.source_no = i.source_no),
        moved as (
          select t.pool_mode, t.record_id, t.other,
            least(greatest(coalesce(t.calibrated, t.modelled), 1e-9), 1 - 1e-9) as confidence,
            pow(2, t.judged_rival_bits) as rivals,
            if(t.is_bare, 1, pow(2, q.without_upns_bits - t.judged_prior_bits)) as moved
          from turned t
          join {RECORDS} l on l.record_id = t.record_id_l join {RECORDS} r on r.record_id = t.record_id_r
          left join linked k on k.pool_mode = t.pool_mode and k.record_id = t.record_id and k.other = t.other
          join {PRIORS} q on q.source_no_l = l.source_no and q.source_no_r = r.source_no
            and q.open_sides = {BOTH_OPEN} - if(k.other is null, 0, 1))
        select pool_mode, record_id, other
        from (select *, confidence / (1 - confidence) * rivals * moved / (1 + (rivals - 1) * moved) as odds from moved)
        where odds < {accept / (1 - accept)!r}""",
    )
