"""How many candidates there will be, and how long they take to score: from a sample, before any run.

The sums over keys (`BlockCount`) are upper bounds of each rule by itself. Records drawn by a hash, compared with all
others by all rules, tell how many pairs there are once each is counted once, and scoring them how long one takes here.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from linkage.match.candidates import BlockCount, sample_candidates
from linkage.match.frequencies import make_frequencies
from linkage.match.parameters import starting_parameters
from linkage.match.probabilistic import score_pairs
from linkage.packs import ModelSpec
from linkage.sql import Connection, run_steps, table_step
from linkage.tables import CANDIDATES

MOST_SAMPLED = 200_000  # pairs of the sample: scored in a second or two
FEW, FEW_PAIRS, SCORED_SAMPLE = 10, "few_pairs", "scored_sample"


@dataclass(frozen=True)
class PairsToCome:
    """Distinct pairs to be expected, one left record in how many was drawn, and seconds to make and score them all."""

    pairs: int
    one_in: int
    seconds_to_make: float
    seconds_to_score: float


def sample_pairs(con: Connection, spec: ModelSpec, counts: Sequence[BlockCount]) -> PairsToCome:
    """Make and score a sample of the candidates; leaves the sample as the table `candidates`.

    Scoring a few pairs takes as long as Splink takes to start: what more the sample takes is the pairs'.
    """
    started = time.perf_counter()
    pairs, one_in = sample_candidates(con, spec.block, counts, most=MOST_SAMPLED)
    made = time.perf_counter() - started
    make_frequencies(con, spec)
    few = f"select record_id_l, record_id_r from {CANDIDATES} order by record_id_l, record_id_r limit {FEW}"
    run_steps(con, (table_step(FEW_PAIRS, few),))
    start, sample = (_seconds_to_score(con, spec, table) for table in (FEW_PAIRS, CANDIDATES))
    return PairsToCome(pairs, one_in, round(made * one_in, 1), round(start + max(0.0, sample - start) * one_in, 1))


def _seconds_to_score(con: Connection, spec: ModelSpec, pairs: str) -> float:
    started = time.perf_counter()
    score_pairs(con, spec, starting_parameters(spec), pairs=pairs, into=SCORED_SAMPLE)
    return time.perf_counter() - started
