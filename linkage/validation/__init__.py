"""Masked-identifier validation: children whose identifiers are hidden, linked again by everything else.

    hidden_persons   who is who by identifiers alone                       (persons)
    masked copy      the records, the held-out ones without identifiers    (masked)
    rerun            rules, candidates, training, scores, decisions, persons, on the copy   (rerun)
    map              what the rerun's odds are worth, out of fold by person (learning)

`residual_pool`: two reruns, in each one half of the persons is held out, put into a pool in which everybody else keeps
the identifiers. `full_pool`: one rerun in which nobody has any. What they found is written up by
`linkage.diagnostics.masked_validation` and `linkage.diagnostics.confidences`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from linkage.match.confidence_map import make_maps_if_none
from linkage.match.parameters import read_sampled_u
from linkage.match.two_upns import read_share
from linkage.packs import Packs
from linkage.sql import Connection, run_steps
from linkage.validation.learning import FOLDED, Learnt, learn_map, write_fold_maps
from linkage.validation.masked import masked_copy, run_database
from linkage.validation.persons import find_hidden_persons
from linkage.validation.rerun import (
    decide_by_folds,
    empty_results,
    link_again,
    tell_calibrated,
    tell_outcome,
    tell_pairs,
)

__all__ = ["validate"]

# Persons known by an identifier without whom nothing is rerun: fewer could not give the pairs that a map needs.
FEWEST_PERSONS = 200
HELD = {"residual_pool": ("h.half = 0", "h.half = 1"), "full_pool": ("true",)}


def validate(
    con: Connection,
    packs: Packs,
    *,
    accept: float,
    review: float,
    seed: int,
    max_pairs: int,
    pool_modes: Sequence[str],
) -> dict[str, int]:
    """Rerun what has to be found without identifiers, in each pool mode; learn `confidence_map` from the first.

    Makes `hidden_persons`, `masked_pairs`, `masked_known` and `masked_joined`, empty where the run has no model, no
    mode or too few identifiers. Returns counts.
    """
    make_maps_if_none(con)
    run_steps(con, empty_results())
    persons = find_hidden_persons(con, seed=seed) if packs.model is not None and pool_modes else 0
    if packs.model is None or persons < FEWEST_PERSONS:
        return {"persons": persons, "matches": 0, "non_matches": 0, "calibrated_pairs_of_sources": 0}
    run, sampled = run_database(con), read_sampled_u(con)
    learnt: Learnt | None = None
    for mode in pool_modes:
        with ExitStack() as stack:
            copies = [stack.enter_context(masked_copy(con, f"masked_{n}", held=h)) for n, h in enumerate(HELD[mode])]
            for number, copy in enumerate(copies):
                link_again(copy, packs, packs.model, sampled=sampled, accept=accept, review=review, seed=seed,
                           max_pairs=max_pairs)  # fmt: skip
                tell_pairs(copy, packs.model, run=run, pool_mode=mode, rerun=number)
            if learnt is None:
                second_numbers = max(read_share(copy) for copy in copies)
                learnt = learn_map(con, packs.model, pool_mode=mode, second_numbers=second_numbers)
            for number, copy in enumerate(copies):
                if learnt.map is not None:
                    write_fold_maps(copy, packs.model, learnt.by_fold)
                    decide_by_folds(copy, packs, packs.model, run=run, folds=FOLDED, accept=accept, review=review)
                    tell_calibrated(copy, run=run, pool_mode=mode, rerun=number)
                tell_outcome(copy, packs.model, run=run, pool_mode=mode, rerun=number, accept=accept, seed=seed)
    assert learnt is not None, "there is a mode"
    return {"persons": persons, "matches": learnt.matches, "non_matches": learnt.non_matches,
            "calibrated_pairs_of_sources": learnt.source_pairs}  # fmt: skip
