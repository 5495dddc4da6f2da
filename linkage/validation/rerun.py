"""The rerun: every stage from the rules to the persons, on a masked copy; and what it found, in the run's own numbers.

Writes, in the run's database and for each rerun: `masked_pairs` (pairs the rerun weighed), `masked_known` (pairs of
held-out records that are one child, and how far each came) and `masked_joined` (pairs it joined in the end).
"""

from __future__ import annotations

from linkage.cluster.persons import make_persons
from linkage.cluster.registry import know_nothing
from linkage.match.best_evidence import agreeing_sql, at_usual_frequency, reaches_sql
from linkage.match.compared import PAIRS_OF_RULES
from linkage.match.confidence_map import RECORD_FOLDS, known_sql
from linkage.match.decide import decide
from linkage.match.doubts import DOUBTED_EVIDENCE, DOUBTS
from linkage.match.evidence import weighed_sql
from linkage.match.judge import JUDGED
from linkage.match.parameters import Parameters, Seen, read_parameters
from linkage.match.pool import POOL, open_sides_sql, sides_sql
from linkage.match.priors import IS_BARE, join_priors_sql, open_pairs_sql, prior_sql
from linkage.match.stages import find_by_rules, find_candidates, judge_twice, score, weigh_and_decide
from linkage.match.training import train
from linkage.packs import ModelSpec, Packs
from linkage.sql import Connection, Step, execute, run_steps, scratch_step
from linkage.tables import CANDIDATES, CONFLICTS_OF_PASSES, DECIDED, PERSONS, SCORED
from linkage.validation.masked import COPIED
from linkage.validation.persons import HIDDEN, label_sql

PAIRS = "masked_pairs"
KNOWN = "masked_known"
JOINED = "masked_joined"


def empty_results() -> tuple[Step, ...]:
    """The three tables, for the reruns to add to. `same` is what the hidden identifiers say, NULL where nothing."""
    pair = "pool_mode varchar, rerun integer, record_id_l bigint, record_id_r bigint"
    return (
        Step(PAIRS, f"""create or replace table {PAIRS} ({pair}, same boolean, evidence_bits double,
             known integer, prior_bits double, rival_bits double, modelled double, calibrated double,
             judged_prior_bits double, judged_rival_bits double, is_bare boolean)"""),
        Step(KNOWN, f"""create or replace table {KNOWN} ({pair}, comparable boolean, blocked boolean,
             scored boolean, scored_in boolean, recovered boolean)"""),
        Step(JOINED, f"create or replace table {JOINED} ({pair}, same boolean)"),
    )  # fmt: skip


def link_again(
    copy: Connection, packs: Packs, spec: ModelSpec, *, sampled: Seen, accept: float, review: float, seed: int,
    max_pairs: int,
) -> None:  # fmt: skip
    """Every stage of matching on the copy, with a model trained on the copy; confidences as the model has them."""
    know_nothing(copy)
    find_by_rules(copy, packs)
    find_candidates(copy, spec, max_pairs=max_pairs)
    train(copy, spec, packs.rules, seed=seed, sampled=sampled)
    score(copy, spec)
    weigh_and_decide(copy, packs.rules, spec, accept=accept, review=review)


def decide_by_folds(
    copy: Connection, packs: Packs, spec: ModelSpec, *, run: str, folds: str, accept: float, review: float
) -> None:
    """Decide again by the maps in `confidence_map` of the copy, each record's that of its fold (a table of the run)."""
    folded = f"""select c.record_id, f.fold from {COPIED} c
                 join {run}.{HIDDEN} h on h.record_id = c.of_run join {run}.{folds} f on f.person = h.person"""
    run_steps(copy, (scratch_step(RECORD_FOLDS, folded),))
    judge_twice(copy, packs.rules, spec)
    decide(copy, accept=accept, review=review)


def tell_pairs(copy: Connection, spec: ModelSpec, *, run: str, pool_mode: str, rerun: int) -> None:
    """Add to `masked_pairs` the model's pairs of which a side at least is held out.

    `prior_bits` are the odds that were true of the labelled pairs of two sources and of one number of open sides: M
    pairs of one person among the candidates, of N that a held-out record makes with one whose identifiers are known. At
    least half a pair each. Bare pairs (`match.bare_pairs`) have a prior of their own, so that this one is not theirs.
    `judged_prior_bits` is the one that the rerun had for the pair, and `judged_rival_bits` its rivals, when it was
    judged last.
    """
    known = f"""
          select p.*, c.is_held from {POOL} p join {COPIED} c on c.record_id = p.record_id
          join {run}.{HIDDEN} h on h.record_id = c.of_run where h.person is not null"""
    execute(
        copy,
        f"""
        insert into {run}.{PAIRS}
        with labelled as (
          select s.*, l.source_no as source_no_l, r.source_no as source_no_r, cl.of_run as run_l, cr.of_run as run_r,
            {DOUBTED_EVIDENCE} as bits, {known_sql(spec)} as known,
            {open_sides_sql()} as open_sides, {prior_sql()} as judged_prior_bits, {_told_sql(run)} as same,
            {IS_BARE} as is_bare
          from {SCORED} s
          join {CANDIDATES} c on c.record_id_l = s.record_id_l and c.record_id_r = s.record_id_r
          anti join {PAIRS_OF_RULES} p on p.record_id_l = s.record_id_l and p.record_id_r = s.record_id_r
          left join {DOUBTS} d on d.record_id_l = s.record_id_l and d.record_id_r = s.record_id_r
          join {POOL} l on l.record_id = s.record_id_l
          join {POOL} r on r.record_id = s.record_id_r{join_priors_sql(open_sides_sql())}
          {_names_sql(run, "s")}
          where cl.is_held or cr.is_held),
        priors as ({open_pairs_sql(known, held_only=True)}),
        matches as (
          select source_no_l, source_no_r, open_sides, greatest(count(*) filter (same), 0.5) as n
          from labelled group by all)
        select '{pool_mode}', {rerun}, k.run_l, k.run_r, k.same, k.bits, k.known,
          round(log2(m.n / greatest(q.pairs - m.n, 1)), 6), j.rival_bits, j.confidence, null,
          k.judged_prior_bits, j.rival_bits, k.is_bare
        from labelled k
        join {JUDGED} j on j.record_id_l = k.record_id_l and j.record_id_r = k.record_id_r
        join matches m on m.source_no_l = k.source_no_l and m.source_no_r = k.source_no_r
          and m.open_sides = k.open_sides
        left join priors q on q.source_no_l = k.source_no_l and q.source_no_r = k.source_no_r
          and q.open_sides = k.open_sides
        where j.stage = 'probabilistic' order by k.run_l, k.run_r""",
    )


def tell_calibrated(copy: Connection, *, run: str, pool_mode: str, rerun: int) -> None:
    """Put beside the pairs of `masked_pairs` the confidence that the maps of the other folds gave them, and what else
    they were judged by."""
    execute(
        copy,
        f"""
        update {run}.{PAIRS} set calibrated = found.confidence, judged_prior_bits = found.prior_bits,
          judged_rival_bits = found.rival_bits
        from (select cl.of_run as l, cr.of_run as r, j.confidence, j.rival_bits, {prior_sql()} as prior_bits
              from {JUDGED} j
              join {POOL} l on l.record_id = j.record_id_l
              join {POOL} r on r.record_id = j.record_id_r{join_priors_sql(open_sides_sql())}
              join {COPIED} cl on cl.record_id = j.record_id_l join {COPIED} cr on cr.record_id = j.record_id_r
              where j.stage = 'probabilistic') found
        where pool_mode = '{pool_mode}' and rerun = {rerun} and record_id_l = found.l and record_id_r = found.r""",
    )


def tell_outcome(
    copy: Connection, spec: ModelSpec, *, run: str, pool_mode: str, rerun: int, accept: float, seed: int
) -> None:
    """Make the persons of the copy; add to `masked_known` and `masked_joined`.

    A pair is `comparable` if the fields that both of its records hold could reach `accept`, were they all to agree
    (prior odds of one to the records of the smaller source); one that could not is lost there, whatever looked at it.
    A link, and a pair that is one person in the end, came all the way before.
    """
    make_persons(copy, run_key=f"masked {seed}")
    known = f"""
        select l.record_id as record_id_l, r.record_id as record_id_r, cl.of_run as run_l, cr.of_run as run_r
        from {run}.{HIDDEN} hl
        join {run}.{HIDDEN} hr on hr.person = hl.person and hr.record_id <> hl.record_id
        join {COPIED} cl on cl.of_run = hl.record_id join {COPIED} cr on cr.of_run = hr.record_id
        join {POOL} l on l.record_id = cl.record_id join {POOL} r on r.record_id = cr.record_id
        where cl.is_held and {sides_sql()} and not {_is_contradicted_sql(run)}"""
    run_steps(copy, (scratch_step("known_of_copy", known),))
    run_steps(copy, (best_of_known_step(spec, read_parameters(copy)),))
    execute(
        copy,
        f"""
        insert into {run}.{KNOWN}
        with looked_at as (
          select record_id_l, record_id_r from {CANDIDATES}
          union select record_id_l, record_id_r from {PAIRS_OF_RULES}),
        came as (
          select k.*, pl.person_no = pr.person_no as recovered, coalesce(d.decision = 'link', false) as is_link,
            a.record_id_l is not null as is_looked_at, j.record_id_l is not null as is_judged,
            {reaches_sql("b.evidence_bits", "b.records", accept)} or is_link or recovered as is_comparable
          from known_of_copy k
          join known_best b on b.record_id_l = k.record_id_l and b.record_id_r = k.record_id_r
          join {PERSONS} pl on pl.record_id = k.record_id_l join {PERSONS} pr on pr.record_id = k.record_id_r
          left join {DECIDED} d on d.record_id_l = k.record_id_l and d.record_id_r = k.record_id_r
          left join looked_at a on a.record_id_l = k.record_id_l and a.record_id_r = k.record_id_r
          left join {JUDGED} j on j.record_id_l = k.record_id_l and j.record_id_r = k.record_id_r)
        select '{pool_mode}', {rerun}, run_l, run_r, is_comparable,
          is_comparable and (is_looked_at or is_judged or is_link or recovered),
          is_comparable and (is_judged or is_link or recovered), is_link or recovered, recovered
        from came order by run_l, run_r""",
    )
    execute(
        copy,
        f"""
        insert into {run}.{JOINED}
        select '{pool_mode}', {rerun}, cl.of_run, cr.of_run, {_told_sql(run)}
        from {PERSONS} pl
        join {PERSONS} pr on pr.person_no = pl.person_no and pr.record_id <> pl.record_id
        join {POOL} l on l.record_id = pl.record_id join {POOL} r on r.record_id = pr.record_id
        {_names_sql(run, "pl", "pr")}
        where (cl.is_held or cr.is_held) and {sides_sql()} order by cl.of_run, cr.of_run""",
    )


def best_of_known_step(spec: ModelSpec, parameters: Parameters) -> Step:
    """`known_best` (record_id_l, record_id_r, records, evidence_bits): the most there can be of each known pair."""
    agreeing = agreeing_sql(spec, holds="r.{} is not null", precision="r.dob_precision")
    keys = ("record_id_l", "record_id_r", "records")
    sides = f"""
        with sizes as (select source_no, count(*) as n from {POOL} group by source_no)
        select k.record_id_l, k.record_id_r, least(nl.n, nr.n) as records, {agreeing}
        from known_of_copy k
        join {POOL} l on l.record_id = k.record_id_l join {POOL} r on r.record_id = k.record_id_r
        join sizes nl on nl.source_no = l.source_no join sizes nr on nr.source_no = r.source_no"""
    return scratch_step(
        "known_best",
        f"""
        select {", ".join(keys)}, evidence_bits
        from ({weighed_sql(at_usual_frequency(spec), parameters, keys, sides)})""",
    )


def _names_sql(run: str, left: str, right: str = "") -> str:
    """Joins of the copied records and hidden persons of a pair: cl, cr, hl, hr."""
    ends = (f"{left}.record_id", f"{right}.record_id") if right else (f"{left}.record_id_l", f"{left}.record_id_r")
    return f"""join {COPIED} cl on cl.record_id = {ends[0]} join {COPIED} cr on cr.record_id = {ends[1]}
        join {run}.{HIDDEN} hl on hl.record_id = cl.of_run join {run}.{HIDDEN} hr on hr.record_id = cr.of_run"""


def _told_sql(run: str) -> str:
    """SQL: what hidden identifiers say of a pair of records cl, cr; NULL where they say one person and a guard of the
    run found that all else contradicts it: an identifier on the wrong child tells nothing."""
    return f"case when not {_is_contradicted_sql(run)} then {label_sql('hl', 'hr')} end"


def _is_contradicted_sql(run: str) -> str:
    return f"""((cl.of_run, cr.of_run) in (
          select (record_id_l, record_id_r) from {run}.{CONFLICTS_OF_PASSES} where kind = 'agree_but_contradict'))"""
