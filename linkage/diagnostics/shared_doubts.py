"""Doubts that pairs share: what made a link is wrong for all its links at once, and a person is wrong in several pairs.

Makes what the interval of expected false pairs needs beside their confidences (`linkage.stats.false_count`).
"""

from __future__ import annotations

from linkage.match.calibration import RULE_PRECISION
from linkage.sql import Connection, Step, has_table, scratch_step
from linkage.tables import LINKS

CAUSES = "doubt_causes"
# How many false links a model's doubt about its links rests on. Calibrated: its floor, one false pair assumed in n
# + 2. Modelled: nobody checked, and the level of odds may be off by a standard deviation of 2 in natural logs, as
# far as a map could move it (`confidence_map.INTERCEPT_SD`): the gamma law whose logarithm has that variance
# (trigamma(0.566) = 4).
CHECKED, UNCHECKED = 1.0, 0.566


def causes_step(con: Connection) -> Step:
    """`doubt_causes` (cause, rule, basis, shape): what made links, and how many false ones its worth rests on."""
    none = "(select null as rule, null as false_weight limit 0)"
    precision = RULE_PRECISION if has_table(con, RULE_PRECISION) else none
    return scratch_step(
        CAUSES,
        f"""
        select row_number() over (order by k.rule, k.basis)::smallint as cause, k.rule, k.basis,
          coalesce(p.false_weight, case when k.basis = 'modelled' then {UNCHECKED} else {CHECKED} end) as shape
        from (select distinct rule, confidence_basis as basis from {LINKS} where decision = 'link') k
        left join {precision} p on p.rule = k.rule""",
    )


def sizes_steps() -> tuple[Step, ...]:
    """`fate_sizes` (person_no, pairs, size: how many of its pairs are false at once) of persons of several pairs, and
    `fate_sizes_here` of those between two sources.

    A person that is wrong is, at its simplest, two children. Were its k records dealt to the two in any way alike, a
    pair would be parted in 2^(k-2) of the 2^(k-1) - 1 ways: so many of its pairs are false. But something is wrong at
    least as often as its most doubtful pair is, so that no more than Σ (1-q) / max (1-q) are: the k - 1 pairs of one
    record that does not belong.
    """
    return (
        scratch_step(
            "fate_sizes",
            """
            select person_no, count(*) as pairs,
              greatest(1, case when max(1 - q) > 0 then
                least(count(*) / (2 - pow(2, 2 - any_value(person_size))), sum(1 - q)::double / max(1 - q)::double)
                end) as size
            from joined_pairs group by person_no having count(*) > 1""",
        ),
        scratch_step(
            "fate_sizes_here",
            """
            with held as (
              select person_no, source_no_l, source_no_r, count(*) as pairs from joined_pairs group by all
              having count(*) > 1)
            select h.person_no, h.source_no_l, h.source_no_r, greatest(1, f.size * h.pairs / f.pairs) as size
            from held h join fate_sizes f using (person_no)""",
        ),
    )
