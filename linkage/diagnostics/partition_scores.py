"""The run's persons against the true ones as two partitions: every measure by person, with bootstrap intervals.

Each measure is a ratio of two sums over true persons, so that it can be had for any subgroup, any two sources, and any
resample of persons. What belongs to a person of the run (was it mixed? which true person is it closest to?) is shared
among the true persons in it by their records. Without subgroups and intervals, `stats.cluster_scores` gives the same.
Reads `judged`, `run_sources` and `true_persons` of `diagnostics.truth`, and `pairs_per_true_person` of `pair_scores`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linkage.diagnostics.pair_scores import PER_PERSON
from linkage.diagnostics.subgroups import ALL
from linkage.sql import Connection, Step, rows, run_steps, table_step
from linkage.stats import RATE_DECIMALS, WILSON, BootstrapInterval, bootstrap_ratios, clustered_wilson

PARTS = "partition_parts"
REPLICATES = 1000
SEED = 1
BOOTSTRAP = "percentile bootstrap over true persons"
ENDS = "ends of precision and of recall together"  # wider than it need be: it takes both at their worst at once
PART_DECIMALS = 9  # of what a person adds to a sum: shares of records are no decimal fractions

# Measure -> (what it is, SQL of numerator and denominator over the columns of `partition_parts`).
MEASURES: dict[str, tuple[str, str, str]] = {
    "pairwise_precision": ("pairs in one person that are true", "both_pairs", "found_pairs"),
    "pairwise_recall": ("true pairs that are in one person", "both_pairs", "true_pairs"),
    "pairwise_f1": ("harmonic mean of the two", "2 * both_pairs", "found_pairs + true_pairs"),
    "bcubed_precision": ("of a record's person, the share that is its child's (B-cubed)", "of_person", "records"),
    "bcubed_recall": ("of a record's child, the share that is in its person (B-cubed)", "of_child", "records"),
    "cluster_precision": ("persons that are one child whole", "exact_made", "made"),
    "cluster_recall": ("children who are one person whole", "exact", "1"),
    "closest_precision": ("Jaccard index of persons and their closest children", "closest_made", "made"),
    "closest_recall": ("Jaccard index of children and their closest persons", "closest", "1"),
    "over_merged": ("persons of several records that mix children", "mixed", "made_several"),
    "over_split": ("children of several records in several persons", "is_split", "is_several"),
    "over_merge_bits": ("bits that persons say too little of children", "merge_bits", "records"),
    "over_split_bits": ("bits that children say too little of persons", "split_bits", "records"),
    "variation_of_information_bits": ("the two together; 0 where all is right", "merge_bits + split_bits", "records"),
}
# The harmonic mean of two means over records is no ratio of sums: it is made of the two.
PRECISION, RECALL, F1 = "bcubed_precision", "bcubed_recall", "bcubed_f1"
MEANINGS = {measure: meaning for measure, (meaning, _, _) in MEASURES.items()} | {
    F1: "harmonic mean of the two B-cubed"
}


@dataclass(frozen=True)
class PartitionScore:
    """One measure (`MEANINGS`; 0 to 1, or bits) of the children of one subgroup in the records of two sources.

    lo and hi are the ends of the 95% interval over `persons` true persons, `n` the measure's denominator. Where a rate
    is 0 or 1 every resample would be too: the interval is Wilson's then, and of bits that are 0 the upper end is None.
    Sources are `all` for the records of every source.
    """

    measure: str
    source_l: str
    source_r: str
    subgroup_var: str
    subgroup: str
    estimate: float
    lo: float
    hi: float | None
    n: float
    persons: int
    method: str

    @property
    def ends(self) -> str:
        """The interval, for a person to read."""
        return f"{self.lo:.4f}–" + ("" if self.hi is None else f"{self.hi:.4f}")

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {**asdict(self), "replicates": REPLICATES, "seed": SEED}


def partition_scores(con: Connection, subgroups: Sequence[str]) -> tuple[PartitionScore, ...]:
    """Every measure over all records, by subgroup, and by pair of sources; those without a denominator are left out."""
    found = rows(con, "select source_no, source, is_within from run_sources order by source_no")
    sources = [(int(str(number)), str(name)) for number, name, _ in found]
    run_steps(con, (parts_step(None),))
    scores = [*_scores(con, (ALL, ALL), ALL, f"'{ALL}'")]
    for number, name in enumerate(subgroups):
        scores += _scores(con, (ALL, ALL), name, f"t.s{number}")
    for at, (left, name_l) in enumerate(sources):
        for right, name_r in sources[at + 1 :]:
            run_steps(con, (parts_step((left, right)),))
            scores += _scores(con, (name_l, name_r), ALL, f"'{ALL}'")
    return tuple(scores)


def parts_step(pair: tuple[int, int] | None) -> Step:
    """`partition_parts`, key true_person: what each adds to the sums of every measure, in the records of two sources.

    A person of the run counts with the share of its records that are the true person's: `made` adds up to the number
    of persons, `closest_made` to the sum of their Jaccard indices.
    """
    wanted = "true" if pair is None else f"source_no in ({pair[0]}, {pair[1]})"
    pairs = "true" if pair is None else f"(source_no_l, source_no_r) = ({pair[0]}, {pair[1]})"
    return table_step(
        PARTS,
        f"""
        with shared as (
          select true_person, person, count(*) as n from judged where {wanted} group by true_person, person),
        sized as (
          select *, sum(n) over (partition by true_person) as of_true,
            count(*) over (partition by true_person) as parts,
            sum(n) over (partition by person) as of_made, count(*) over (partition by person) as children
          from shared),
        near as (
          select *, n / (of_true + of_made - n) as jaccard, max(jaccard) over (partition by person) as closest_made
          from sized),
        pairs as (
          select true_person, sum(true_pairs) as true_pairs, sum(found_pairs) as found_pairs,
            sum(both_pairs) as both_pairs
          from {PER_PERSON} where {pairs} group by true_person)
        select s.true_person, sum(n)::double as records,
          {_sum("n / of_made")} as made,
          {_sum("n * n / of_made")} as of_person, {_sum("n * n / of_true")} as of_child,
          {_sum("(n = of_true and n = of_made)::int")} as exact,
          {_sum("(n = of_true and n = of_made)::int")} as exact_made,
          max(jaccard)::double as closest, {_sum("n * closest_made / of_made")} as closest_made,
          {_sum("if(of_made > 1, n / of_made, 0)")} as made_several,
          {_sum("if(of_made > 1 and children > 1, n / of_made, 0)")} as mixed,
          (any_value(of_true) > 1)::int::double as is_several, (any_value(parts) > 1)::int::double as is_split,
          {_sum("n * log2(of_made / n)")} as merge_bits, {_sum("n * log2(of_true / n)")} as split_bits,
          coalesce(any_value(p.true_pairs), 0)::double as true_pairs,
          coalesce(any_value(p.found_pairs), 0)::double as found_pairs,
          coalesce(any_value(p.both_pairs), 0)::double as both_pairs
        from near s left join pairs p on p.true_person = s.true_person
        group by s.true_person""",
    )


def _sum(part: str) -> str:
    """A sum of fractions, rounded, so that the order of threads does not change its last digit."""
    return f"round(sum(({part})::double), {PART_DECIMALS})"


def _scores(con: Connection, sources: tuple[str, str], variable: str, group: str) -> Iterator[PartitionScore]:
    """Scores of every group of a variable: persons who are alike are counted, and drawn together."""
    listed = ", ".join(f"{part}::double" for _, top, bottom in MEASURES.values() for part in (top, bottom))
    found = rows(
        con,
        f"""
        select {group} as subgroup, count(*), {listed}
        from {PARTS} c join true_persons t on t.true_person = c.true_person
        group by all order by all""",
    )
    for name in dict.fromkeys(str(row[0]) for row in found):
        kinds = np.array([row[1:] for row in found if str(row[0]) == name], dtype=float)
        ratios = bootstrap_ratios(kinds[:, 1::2], kinds[:, 2::2], kinds[:, 0], replicates=REPLICATES, seed=SEED)
        made = dict(_measured((*sources, variable, name), kinds, ratios))
        if PRECISION in made:
            made[F1] = _f1(made[PRECISION], made[RECALL])
        yield from (made[measure] for measure in MEANINGS if measure in made)


def _measured(
    place: tuple[str, str, str, str], kinds: NDArray[np.float64], ratios: Sequence[BootstrapInterval | None]
) -> Iterator[tuple[str, PartitionScore]]:
    for measure, ratio, bottoms in zip(MEASURES, ratios, kinds[:, 2::2].T, strict=True):
        if ratio is not None:
            n, at_risk = float(kinds[:, 0] @ bottoms), float(kinds[:, 0] @ (bottoms > 0))
            lo, hi, method = _interval(ratio, measure, min(n, at_risk))
            estimate = round(ratio.estimate, RATE_DECIMALS)
            yield measure, PartitionScore(measure, *place, estimate, lo, hi, round(n, 3), ratio.persons, method)


def _f1(precision: PartitionScore, recall: PartitionScore) -> PartitionScore:
    ends = (precision.lo, recall.lo), (precision.estimate, recall.estimate), (precision.hi or 1.0, recall.hi or 1.0)
    lo, estimate, hi = (round(2 * one * other / (one + other), RATE_DECIMALS) for one, other in ends)
    return replace(recall, measure=F1, estimate=estimate, lo=lo, hi=hi, method=ENDS)


def _interval(ratio: BootstrapInterval, measure: str, trials: float) -> tuple[float, float | None, str]:
    """The ends and how they were found; no more trials than persons, as clusters of one person depend on each other."""
    is_bits = measure.endswith("_bits")
    if ratio.estimate != 0 and (ratio.estimate != 1 or is_bits):
        return round(ratio.lo, RATE_DECIMALS), round(ratio.hi, RATE_DECIMALS), BOOTSTRAP
    rate = clustered_wilson([ratio.estimate * trials], [trials])
    assert rate is not None, "a ratio without a denominator was left out"
    return round(rate.lo, RATE_DECIMALS), None if is_bits else round(rate.hi, RATE_DECIMALS), WILSON
