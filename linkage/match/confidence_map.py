"""From the model's evidence to what it is worth: a map learnt from pairs whose hidden identifiers say what they are.

    log2 odds = intercept of what the pair knows + slope * evidence + prior

with the evidence and the prior of `linkage.match.decide`, in bits. What a pair knows is which of the comparisons that
show two records to be two children (the model's `apart`: birth date and forename) are known on both sides: where there
is no name, the fields that are left depend on each other in another way. The prior is the residual's own, estimated
with evidence as mapped; the one that was true of the labelled pairs is taken out when the map is learnt, so that the
map goes from the pairs it was learnt on to any residual. Where there is no map, intercept 0 and slope 1 hold, and
confidence is `modelled`.

`confidence_map` (source_no_l, source_no_r, fold, known, intercept_bits, slope, least, most, basis), one row per pair of
sources and set of known comparisons, fold `NO_FOLD`. A masked rerun has one for each fold instead, learnt from the
others, and `record_folds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from linkage.packs import ModelSpec
from linkage.sql import Connection, Step, ident, run_steps

MAPS = "confidence_map"
RECORD_FOLDS = "record_folds"
NO_FOLD = -1
# How far, in natural logs of odds, the level of the map, that of one set of known fields beside the others, and how far
# its slope may go on little evidence: standard deviations of a normal prior around no change. A weight of evidence is
# worth itself in theory, and pairs that evidence separates would drive the slope without end.
INTERCEPT_SD, KNOWN_SD, SLOPE_SD = 2.0, 1.0, 0.2
# More evidence never makes a pair less likely, and fields that depend on each other are never worth more than they say.
LEAST_SLOPE, MOST_SLOPE = 0.05, 1.0
LN2 = float(np.log(2.0))
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ConfidenceMap:
    """Intercepts (bits) by what a pair knows, a slope, and the least and most a confidence may be: never 0 or 1."""

    intercept_bits: Mapping[int, float]
    slope: float
    least: float
    most: float

    def confidence(self, evidence_bits: Floats, offset_bits: Floats, known: Floats) -> Floats:
        """What pairs are worth under an offset (prior, and rivals) in bits."""
        intercept = np.array([self.intercept_bits[int(one)] for one in known])
        return np.clip(chance_of(intercept + self.slope * evidence_bits + offset_bits), self.least, self.most)


def chance_of(odds_bits: Floats) -> Floats:
    """Probabilities of odds in bits."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -odds_bits * LN2)), dtype=np.float64)


def known_sql(spec: ModelSpec) -> str:
    """SQL: which of the model's `apart` comparisons a scored pair `s` knows, as a number of one bit each."""
    bits = (f"case when s.{ident('level_' + name)} >= 0 then {1 << n} else 0 end"
            for n, name in enumerate(spec.model.apart))  # fmt: skip
    return "(" + (" + ".join(bits) or "0") + ")"


def known_sets(spec: ModelSpec) -> range:
    """All values of `known_sql`."""
    return range(1 << len(spec.model.apart))


def join_maps_sql(spec: ModelSpec, *, unless: str = "false") -> str:
    """The joins that `mapped_sql` needs, to a scored pair `s` of the records l and r of the pool; no map `unless`."""
    return f"""
        left join {RECORD_FOLDS} f on f.record_id = s.record_id_l
        left join {MAPS} m on m.source_no_l = l.source_no and m.source_no_r = r.source_no
          and m.fold = coalesce(f.fold, {NO_FOLD}) and m.known = {known_sql(spec)} and not ({unless})"""


def mapped_sql(evidence: str) -> str:
    """SQL: evidence as the map has it, in bits; as it is where there is no map."""
    return f"coalesce(m.intercept_bits + m.slope * {evidence}, {evidence})"


def fit_map(
    evidence_bits: Floats, offset_bits: Floats, same: Floats, known: Floats, *, second_numbers: float = 0.0
) -> ConfidenceMap:
    """The map by logistic regression of `same` (1 one person, 0 two), the true prior (and rivals) as offset.

    Of the pairs of one person so large a share as `second_numbers` hold two numbers and stand among those of two: a
    pair says `same` with chance p (1 - share). Without that a few children with a second number, who agree on
    everything else, would make all evidence worth less. Platt's two parameters, and a deviation for each set of known
    fields, with normal priors; `least` is 1 / (n + 2). Rounded to six decimals, so that reruns give the same bytes.
    Source: J. Platt, Advances in Large Margin Classifiers (1999), 61-74.
    """
    evidence, offset = evidence_bits * LN2, offset_bits * LN2
    middle = float(evidence.mean())
    away = evidence - middle
    sets, place = np.unique(known, return_inverse=True)
    of_set = np.eye(len(sets))[place]
    design = np.column_stack([np.ones(len(same)), away, of_set])
    spread = np.array([INTERCEPT_SD, SLOPE_SD, *[KNOWN_SD] * len(sets)])

    def loss(moved: Floats) -> tuple[float, Floats]:
        odds = design @ moved + evidence + offset
        chance = np.exp(-np.logaddexp(0.0, -odds))
        says_same = chance * (1 - second_numbers)
        likelihood = np.where(same == 1, np.logaddexp(0.0, -odds), -np.log1p(-np.minimum(says_same, 1 - 1e-15)))
        # Of a pair that says two: the chance that it is one all the same, less than `chance` by what it says.
        slope = np.where(same == 1, chance - 1, says_same * (1 - chance) / np.maximum(1 - says_same, 1e-15))
        return float(likelihood.sum() + 0.5 * ((moved / spread) ** 2).sum()), design.T @ slope + moved / spread**2

    bounds = [(None, None), (LEAST_SLOPE - 1, MOST_SLOPE - 1), *[(None, None)] * len(sets)]
    moved = minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B", bounds=bounds,
                     options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500}).x  # fmt: skip
    slope = 1 + float(moved[1])
    level = (float(moved[0]) + middle * (1 - slope)) / LN2
    least = 1 / (len(same) + 2)
    by_set = {int(one): round(level + float(by) / LN2, 6) for one, by in zip(sets, moved[2:], strict=True)}
    return ConfidenceMap(_Others(by_set, round(level, 6)), round(slope, 6), least, 1 - least)


class _Others(dict[int, float]):
    """Intercepts by set of known fields; a set that was not among the labelled pairs has the common one."""

    def __init__(self, found: Mapping[int, float], common: float) -> None:
        super().__init__(found)
        self.common = common

    def __missing__(self, known: int) -> float:
        return self.common


def make_maps_if_none(con: Connection) -> None:
    """`confidence_map` and `record_folds`, empty, where they are not there yet."""
    run_steps(
        con,
        (
            Step(MAPS, f"""create table if not exists {MAPS} (source_no_l smallint, source_no_r smallint, fold integer,
                 known integer, intercept_bits double, slope double, least double, most double, basis varchar)"""),
            Step(RECORD_FOLDS, f"create temp table if not exists {RECORD_FOLDS} (record_id bigint, fold integer)"),
        ),
    )  # fmt: skip


def add_map(
    con: Connection, spec: ModelSpec, found: ConfidenceMap, *, sources: tuple[int, int], fold: int, basis: str
) -> None:
    """The rows of `confidence_map` for a pair of sources."""
    for known in known_sets(spec):
        values = (*sources, fold, known, found.intercept_bits[known], found.slope, found.least, found.most, basis)
        con.execute(f"insert into {MAPS} values ({', '.join('?' * len(values))})", values)
