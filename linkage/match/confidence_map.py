"""From the model's odds to a confidence: a map learnt from pairs whose hidden identifiers say what they are.

    log2 odds = intercept + slope * evidence + prior

with the evidence and the prior of `linkage.match.decide`, in bits: the prior is the residual's own and is not learnt,
so the map goes from the pairs it was learnt on to any residual (odds' = odds * prior odds' / prior odds). Where there
is no map, intercept 0 and slope 1 hold, and confidence is `modelled`.

`confidence_map` (source_no_l, source_no_r, fold, intercept_bits, slope, least, most, basis), one row per pair of
sources, fold `NO_FOLD`. A masked rerun has one for each fold instead, learnt from the others, and `record_folds`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from linkage.sql import Connection, Step, run_steps

MAPS = "confidence_map"
RECORD_FOLDS = "record_folds"
NO_FOLD = -1
# How far, in natural logs of odds, the middle of the map, and how far its slope may go on little evidence: standard
# deviations of a normal prior around no change. Hundreds of pairs outweigh them; three false pairs do not. Chosen among
# ten variants, all much alike, by what they did to the residual of six synthetic Englands (seeds 1 to 4).
INTERCEPT_SD, SLOPE_SD = 4.0, 0.5
LEAST_SLOPE = 0.05  # more evidence never makes a pair less likely
LN2 = float(np.log(2.0))
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ConfidenceMap:
    """Intercept (bits) and slope, and the least and most a confidence may be: no pair is claimed 0 or 1."""

    intercept_bits: float
    slope: float
    least: float
    most: float


def fit_map(evidence_bits: Floats, offset_bits: Floats, same: Floats) -> ConfidenceMap:
    """The map by logistic regression of `same` (1 one person, 0 two), the prior (and rivals) as offset.

    Two parameters (Platt's), with a weak normal prior; `least` is 1 / (n + 2). Rounded to six decimals, so that reruns
    give the same bytes. Source: J. Platt, Advances in Large Margin Classifiers (1999), 61-74.
    """
    evidence, offset = evidence_bits * LN2, offset_bits * LN2
    middle = float(evidence.mean())
    away = evidence - middle

    def loss(moved: Floats) -> tuple[float, Floats]:
        odds = moved[0] + (1 + moved[1]) * away + middle + offset
        chance = np.exp(-np.logaddexp(0.0, -odds))
        value = float((np.logaddexp(0.0, odds) - same * odds).sum())
        value += 0.5 * float((moved[0] / INTERCEPT_SD) ** 2 + (moved[1] / SLOPE_SD) ** 2)
        slope = [(chance - same).sum() + moved[0] / INTERCEPT_SD**2,
                 ((chance - same) * away).sum() + moved[1] / SLOPE_SD**2]  # fmt: skip
        return value, np.array(slope)

    found = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(None, None), (LEAST_SLOPE - 1, None)],
                     options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500}).x  # fmt: skip
    slope = 1 + float(found[1])
    intercept_bits = (float(found[0]) + middle * (1 - slope)) / LN2
    least = 1 / (len(same) + 2)
    return ConfidenceMap(round(intercept_bits, 6), round(slope, 6), least, 1 - least)


def make_maps_if_none(con: Connection) -> None:
    """`confidence_map` and `record_folds`, empty, where they are not there yet."""
    run_steps(
        con,
        (
            Step(MAPS, f"""create table if not exists {MAPS} (source_no_l smallint, source_no_r smallint, fold integer,
                 intercept_bits double, slope double, least double, most double, basis varchar)"""),
            Step(RECORD_FOLDS, f"create temp table if not exists {RECORD_FOLDS} (record_id bigint, fold integer)"),
        ),
    )  # fmt: skip


def add_map(con: Connection, found: ConfidenceMap, *, sources: tuple[int, int], fold: int, basis: str) -> None:
    """One row of `confidence_map`."""
    values = (*sources, fold, found.intercept_bits, found.slope, found.least, found.most, basis)
    con.execute(f"insert into {MAPS} values ({', '.join('?' * len(values))})", values)
