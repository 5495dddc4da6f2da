"""Two partitions of the same records compared: the truth and the persons (or families) that were made.

Reviewed together in M. Barnes, "A practioner's guide to evaluating entity resolution results" (2014) and O. Binette and
R. C. Steorts, "(Almost) all of entity resolution", Science Advances 8 (2022); each measure has its own source below.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from linkage.stats.rates import Interval, PairCounts, pairs_within, wilson


@dataclass(frozen=True)
class ClusterScores:
    """How far predicted clusters are from true ones; shares from 0 to 1, counts where the name says so.

    `pairwise` weighs a cluster by its pairs, so that large ones rule; `cluster_*` asks for the very same cluster;
    B-cubed looks from the record (preferred as a headline); the closest cluster takes the best Jaccard index.
    `over_merge_bits` is H(truth | predicted) and `over_split_bits` H(predicted | truth): together the variation of
    information. `splits` and `merges` are the fewest that turn the prediction into the truth.
    """

    records: int
    true_clusters: int
    predicted_clusters: int
    pairwise: PairCounts
    cluster_precision: Interval | None
    cluster_recall: Interval | None
    bcubed_precision: float
    bcubed_recall: float
    closest_precision: float
    closest_recall: float
    over_merge_bits: float
    over_split_bits: float
    adjusted_rand: float
    over_merged: int
    over_split: int
    splits: int
    merges: int

    @property
    def bcubed_f1(self) -> float:
        """Harmonic mean of B-cubed precision and recall."""
        return 2 * self.bcubed_precision * self.bcubed_recall / (self.bcubed_precision + self.bcubed_recall)

    @property
    def variation_of_information_bits(self) -> float:
        """`over_merge_bits` + `over_split_bits`; 0 where the partitions are the same."""
        return self.over_merge_bits + self.over_split_bits


def cluster_scores(truth: Mapping[Hashable, Hashable], predicted: Mapping[Hashable, Hashable]) -> ClusterScores | None:
    """Scores of a partition against the true one; None where there are no records.

    Both map a record to the name of its cluster, and must hold the same records (ValueError otherwise): the caller
    decides what a record without a truth, or without a person, is worth. Sources: pairwise, any text; cluster, J. Huang
    and others, PKDD 2006 ("exact match"); B-cubed, A. Bagga and B. Baldwin, LREC 1998; closest cluster, O. Benjelloun
    and others, VLDB J. 18 (2009) 255-276 (Jaccard); variation of information, M. Meila, J. Multivariate Analysis 98
    (2007) 873-895; adjusted Rand, L. Hubert and P. Arabie, J. Classification 2 (1985) 193-218; splits and merges, D.
    Menestrina and others, PVLDB 3 (2010) 208-219 (generalised merge distance, all costs 1).
    """
    if truth.keys() != predicted.keys():
        raise ValueError("truth and prediction are about different records")
    if not truth:
        return None
    shared = Counter((truth[record], predicted[record]) for record in truth)
    of_truth, of_predicted = Counter(truth.values()), Counter(predicted.values())
    records = len(truth)
    best_true: defaultdict[Hashable, float] = defaultdict(float)
    best_predicted: defaultdict[Hashable, float] = defaultdict(float)
    parts_true: Counter[Hashable] = Counter()
    parts_predicted: Counter[Hashable] = Counter()
    for (true, made), both in shared.items():
        jaccard = both / (of_truth[true] + of_predicted[made] - both)
        best_true[true] = max(best_true[true], jaccard)
        best_predicted[made] = max(best_predicted[made], jaccard)
        parts_true[true] += 1
        parts_predicted[made] += 1
    exact = sum(both == of_truth[true] == of_predicted[made] for (true, made), both in shared.items())
    pairs = _pair_counts(shared, of_truth, of_predicted)
    return ClusterScores(
        records=records,
        true_clusters=len(of_truth),
        predicted_clusters=len(of_predicted),
        pairwise=pairs,
        cluster_precision=wilson(exact, len(of_predicted)),
        cluster_recall=wilson(exact, len(of_truth)),
        bcubed_precision=math.fsum(n * n / of_predicted[made] for (_, made), n in shared.items()) / records,
        bcubed_recall=math.fsum(n * n / of_truth[true] for (true, _), n in shared.items()) / records,
        closest_precision=math.fsum(best_predicted.values()) / len(of_predicted),
        closest_recall=math.fsum(best_true.values()) / len(of_truth),
        over_merge_bits=math.fsum(n * math.log2(of_predicted[made] / n) for (_, made), n in shared.items()) / records,
        over_split_bits=math.fsum(n * math.log2(of_truth[true] / n) for (true, _), n in shared.items()) / records,
        adjusted_rand=_adjusted_rand(pairs, records),
        over_merged=sum(parts > 1 for parts in parts_predicted.values()),
        over_split=sum(parts > 1 for parts in parts_true.values()),
        splits=len(shared) - len(of_predicted),
        merges=len(shared) - len(of_truth),
    )  # fmt: skip


def _pair_counts(
    shared: Counter[tuple[Hashable, Hashable]], of_truth: Counter[Hashable], of_predicted: Counter[Hashable]
) -> PairCounts:
    together = sum(map(pairs_within, shared.values()))
    true, made = (sum(map(pairs_within, sizes.values())) for sizes in (of_truth, of_predicted))
    return PairCounts(tp=together, fp=made - together, fn=true - together)


def _adjusted_rand(pairs: PairCounts, records: int) -> float:
    """Agreement over chance; 1 where both partitions are all singletons or all one cluster."""
    true, made = pairs.tp + pairs.fn, pairs.tp + pairs.fp
    expected = true * made / pairs_within(records) if records > 1 else 0.0
    most = (true + made) / 2
    return 1.0 if most == expected else (pairs.tp - expected) / (most - expected)
