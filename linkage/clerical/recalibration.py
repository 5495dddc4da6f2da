"""A map from the run's confidence to what readers say of such pairs: offered, never applied.

log odds of the share that is one person = intercept + slope * log odds of the confidence, fitted to the sampled pairs
by their inverse chances of being drawn. Slope 1 and intercept 0 would say that confidences mean what they say; a slope
below 1 that they are too sure. Source: J. Platt (1999); weights, C. J. Skinner and others, Analysis of Complex Surveys
(1989), 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from linkage.clerical.draw import SAMPLED
from linkage.clerical.key import SampleKey
from linkage.clerical.workbook import NO, YES
from linkage.stats import calibration_summary

FEWEST_OF_A_KIND = 10
SHOWN = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)


@dataclass(frozen=True)
class Recalibration:
    """The map, standard errors of its two numbers (sandwich), the pairs it is from, and where some confidences go.

    `intercept` and `slope` are None where the readings cannot tell, and `why` says why not.
    """

    pairs: int
    intercept: float | None
    slope: float | None
    intercept_se: float | None
    slope_se: float | None
    becomes: tuple[tuple[float, float], ...]
    why: str = ""


def recalibration(key: SampleKey, answers: Mapping[int, str]) -> Recalibration:
    """The map for the run's confidences, from reader 1's decided answers to sampled pairs."""
    read = [
        (reading.pair.confidence, answers[reading.number] == YES, reading.pair.stratum)
        for reading in key.readings
        if reading.reader == 1 and reading.pair.kind == SAMPLED and answers.get(reading.number) in (YES, NO)
    ]
    kinds = [sum(is_one for _, is_one, _ in read), sum(not is_one for _, is_one, _ in read)]
    if min(kinds) < FEWEST_OF_A_KIND:
        why = f"{kinds[0]} pairs read as one person and {kinds[1]} as two; at least {FEWEST_OF_A_KIND} of each needed"
        return Recalibration(len(read), None, None, None, None, (), why)
    decided = {stratum: sum(own == stratum for *_, own in read) for stratum in {own for *_, own in read}}
    sizes = {stratum.number: stratum.pairs for stratum in key.strata}
    weight = np.array([sizes[stratum] / decided[stratum] for *_, stratum in read if stratum is not None])
    confidence = np.array([confidence for confidence, *_ in read], dtype=float)
    label = np.array([is_one for _, is_one, _ in read], dtype=float)
    if (summary := calibration_summary(confidence, label, weight=weight)) is None or summary.slope is None:
        return Recalibration(len(read), None, None, None, None, (), "confidences separate the answers without overlap")
    floor = 1 / (len(read) + 2)
    odds = _log_odds(np.clip(confidence, floor, 1 - floor))
    fitted = GLM(
        label, np.column_stack([np.ones(len(odds)), odds]), family=Binomial(), var_weights=weight / weight.mean()
    ).fit(cov_type="HC1")
    (intercept, slope), (intercept_se, slope_se) = (
        [round(float(value), 6) for value in values] for values in (fitted.params, fitted.bse)
    )
    becomes = tuple((shown, _mapped(shown, intercept, slope)) for shown in SHOWN)
    return Recalibration(len(read), intercept, slope, intercept_se, slope_se, becomes)


def _log_odds(share: np.ndarray) -> np.ndarray:
    odds: np.ndarray = np.log(share / (1 - share))
    return odds


def _mapped(confidence: float, intercept: float, slope: float) -> float:
    odds = intercept + slope * np.log(confidence / (1 - confidence))
    return round(float(1 / (1 + np.exp(-odds))), 6)
