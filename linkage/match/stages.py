"""The stages of matching, one function each: what a run does, and what the masked rerun does again without identifiers.

Both call these, so that what is validated is what is done.
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.match.broken_model import refuse_broken_model
from linkage.match.calibration import estimate_rule_precision
from linkage.match.candidates import BlockCount, make_candidates
from linkage.match.compared import (
    PAIRS_OF_MODEL,
    PAIRS_OF_RULES,
    pairs_of_model_step,
    pairs_of_rules_step,
    remembered_pairs_step,
)
from linkage.match.decide import decide
from linkage.match.deterministic import PassCount, run_passes
from linkage.match.doubts import doubts_step
from linkage.match.evidence import weigh_pairs
from linkage.match.family_evidence import forget_families
from linkage.match.judge import judge
from linkage.match.namesakes import namesakes_step
from linkage.match.parameters import read_parameters
from linkage.match.pool import POOL, make_pool
from linkage.match.priors import estimate_priors
from linkage.match.probabilistic import score_pairs
from linkage.match.remaining import doubt_in_full, doubt_remaining
from linkage.match.twins import twins_steps
from linkage.match.unborn import score_unborn
from linkage.packs import ModelSpec, Packs, Rule
from linkage.sql import Connection, Step, count, run_steps, table_step
from linkage.tables import CANDIDATES, SCORED


def find_by_rules(con: Connection, packs: Packs) -> tuple[PassCount, ...]:
    """Make the pool and run the passes; a model that cannot be run on it is refused first."""
    make_pool(con)
    if packs.model is not None:
        refuse_broken_model(con, packs.model, table=POOL)
    return run_passes(con, packs.rules)


def find_candidates(con: Connection, spec: ModelSpec | None, *, max_pairs: int) -> tuple[BlockCount, ...]:
    """Make `candidates`; none where there is no model."""
    if spec is None:
        run_steps(con, (table_step(CANDIDATES, "select 0::bigint as record_id_l, 0::bigint as record_id_r limit 0"),))
        return ()
    return make_candidates(con, spec.block, max_pairs=max_pairs)


def score(con: Connection, spec: ModelSpec | None) -> dict[str, int]:
    """Make `scored_pairs` and `household_doubts`; returns how many pairs are the rules' and how many the model's."""
    run_steps(con, (pairs_of_rules_step(), pairs_of_model_step()))
    if spec is not None:
        parameters = read_parameters(con)
        weigh_pairs(con, spec, parameters, pairs=PAIRS_OF_RULES, into=SCORED)
        score_pairs(con, spec, parameters, pairs=PAIRS_OF_MODEL, into="scored_by_model")
        run_steps(con, (Step(SCORED, f"insert into {SCORED} by name from scored_by_model"), remembered_pairs_step()))
        run_steps(con, (namesakes_step(spec), doubts_step(con, spec, parameters, SCORED)))
    return {"pairs_of_rules": count(con, PAIRS_OF_RULES), "pairs_of_model": count(con, PAIRS_OF_MODEL)}


def find_unborn(con: Connection, spec: ModelSpec | None) -> dict[str, int]:
    """Make `scored_unborn`; returns how many records and pairs it looked at. The masked reruns leave it out.

    They hide identifiers, and hardly any record with a due date has one that could be hidden.
    """
    return {} if spec is None else score_unborn(con, spec)


def weigh_and_decide(
    con: Connection,
    rules: Sequence[Rule],
    spec: ModelSpec | None,
    *,
    accept: float,
    review: float,
    stay: float | None = None,
) -> dict[str, int]:
    """Estimate what rules are worth, judge and decide; rows by stage and decision.

    A first pass: what families say (`linkage.second_pass`) is not known yet.
    """
    forget_families(con)
    estimate_rule_precision(con, rules, spec, SCORED)
    judge_twice(con, rules, spec)
    return decide(con, accept=accept, stay=stay, review=review)


def judge_twice(con: Connection, rules: Sequence[Rule], spec: ModelSpec | None) -> None:
    """Judge pairs, and again with less doubt about those that the sure links leave open."""
    run_steps(con, twins_steps())
    if spec is not None:
        doubt_in_full(con)
        estimate_priors(con, spec, SCORED)
        judge(con, rules, spec)
        doubt_remaining(con, spec)
        estimate_priors(con, spec, SCORED)
    judge(con, rules, spec)
