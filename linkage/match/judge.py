"""Judging: every piece of evidence on one scale of confidence, and what rivals and guards say of it.

Writes `judged_pairs`: record_id_l, record_id_r, stage, rule, match_weight (log2 of the posterior odds, in bits),
confidence, confidence_basis, and what a decision asks for.
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.match.bare_pairs import make_bare_pairs_if_none
from linkage.match.calibration import MOST_PRECISE, RULE_PRECISION, other_evidence_sql
from linkage.match.confidence_map import join_maps_sql, make_maps_if_none, mapped_sql
from linkage.match.doubts import DOUBTED_EVIDENCE, DOUBTS
from linkage.match.family_evidence import FAMILY_BITS, join_families_sql, make_family_evidence_if_none
from linkage.match.guards import different_upn_sql, join_upns_sql, twin_pattern_sql
from linkage.match.pool import POOL, open_sides_sql
from linkage.match.priors import IS_BARE, join_priors_sql, prior_sql
from linkage.match.rivals import crowds_step, face_sql
from linkage.match.twins import few_twins_step, held_as_twins_sql
from linkage.match.two_upns import TWO_UPNS, make_two_upns_if_none
from linkage.match.unborn import RULE, SCORED_UNBORN, unborn_sql
from linkage.packs import ModelSpec, Rule
from linkage.sql import Connection, Step, has_table, literal, rows, run_steps, scratch_step, table_step
from linkage.tables import CANDIDATES, CONFLICTS_OF_PASSES, LINKS_DETERMINISTIC, SCORED

JUDGED = "judged_pairs"
WEIGHED = "weighed_pairs"
REACH_BITS = 10  # a pair whose posterior odds are under one in a thousand is no rival to any other
NEAR_TIE_ODDS = 20.0  # two candidates are near-equal when the better one's odds are less than so many times the other's
SURE_CONFIDENCE = 0.99  # from here on a link counts as there when other pairs are judged, and is not looked at again
MOST_CERTAIN_MODEL = 0.9999  # what a model of independent fields may claim: Fellegi-Sunter weights are over-confident


def no_guard_holds_sql() -> str:
    """SQL: may a judged pair be linked, however sure it is?"""
    return "(held is null and not has_different_upn and not (stage = 'probabilistic' and is_twin_pattern))"


def judge(con: Connection, rules: Sequence[Rule], spec: ModelSpec | None) -> None:
    """Make `judged_pairs` of the pairs that rules found or guards held, and of what the models scored.

    Reads `seen_twins` and `twinless_sources`, which do not change from one judgement of a run to the next.
    """
    for make_if_none in (
        make_maps_if_none,
        make_two_upns_if_none,
        make_family_evidence_if_none,
        make_bare_pairs_if_none,
    ):
        make_if_none(con)
    names = {str(rule) for (rule,) in rows(con, f"select rule from {RULE_PRECISION}")}
    used = [rule for rule in rules if rule.id in names]
    linked, held = (
        [sql(rule, spec, used[:number]) for number, rule in enumerate(used)] for sql in (deterministic_sql, held_sql)
    )
    models = [unborn_sql()] if has_table(con, SCORED_UNBORN) else []
    if spec is not None:
        models.append(probabilistic_sql(spec))
    run_steps(con, (*weighed_steps(linked, held, models), *judging_steps()))


def deterministic_sql(rule: Rule, spec: ModelSpec | None, earlier: Sequence[Rule]) -> str:
    """Links of one rule: the rule's precision, moved by the fields that neither it nor an earlier one matches on."""
    return _by_rule_sql(
        rule, spec, earlier, f"select record_id_l, record_id_r, null::varchar[] as held from {LINKS_DETERMINISTIC} "
        f"where rule = {literal(rule.id)}"
    )  # fmt: skip


def held_sql(rule: Rule, spec: ModelSpec | None, earlier: Sequence[Rule]) -> str:
    """Pairs of one rule that a guard held, with the guards that fired."""
    prefix = rule.id + ": "
    return _by_rule_sql(
        rule, spec, earlier,
        f"select record_id_l, record_id_r, string_split(substr(detail, {len(prefix) + 1}), ', ') as held "
        f"from {CONFLICTS_OF_PASSES} where kind = 'agree_but_contradict' and starts_with(detail, {literal(prefix)})"
    )  # fmt: skip


def _by_rule_sql(rule: Rule, spec: ModelSpec | None, earlier: Sequence[Rule], pairs: str) -> str:
    evidence = other_evidence_sql(rule, spec, earlier) if spec is not None else "0.0"
    scored = (
        f"left join {SCORED} s on s.record_id_l = d.record_id_l and s.record_id_r = d.record_id_r"
        if spec is not None
        else ""
    )
    return f"""
        select d.record_id_l, d.record_id_r, 'deterministic' as stage, p.rule,
          log2(p.precision / (1 - p.precision)) + coalesce({evidence}, 0) as match_weight,
          match_weight + case when list_contains(d.held, 'different_upn')
            then coalesce((select bits from {TWO_UPNS}), 0) else 0 end as odds_bits,
          p.basis as confidence_basis, 0.0::double as least_certain,
          least({MOST_PRECISE}, greatest(p.precision, 1 - 1 / (p.links + 2.0))) as most_certain, d.held
        from ({pairs}) d
        join {RULE_PRECISION} p on p.rule = {literal(rule.id)}
        {scored}"""


def probabilistic_sql(spec: ModelSpec) -> str:
    """Candidates: the model's evidence under the prior of their pair of sources, and the odds the map makes of it.

    `match_weight` is the model's own; where a map was learnt, confidence is its (`linkage.match.confidence_map`), and
    UPNs that differ speak against a pair as far as one child's seldom do (`linkage.match.two_upns`).
    """
    weight = f"{DOUBTED_EVIDENCE} + {prior_sql()}"
    return f"""
        select s.record_id_l, s.record_id_r, 'probabilistic' as stage, {literal(spec.model.id)} as rule,
          {weight} + {FAMILY_BITS} as match_weight,
          {mapped_sql(DOUBTED_EVIDENCE)} + {prior_sql()} + {FAMILY_BITS}
            + case when {different_upn_sql()} then coalesce((select bits from {TWO_UPNS}), 0) else 0 end as odds_bits,
          coalesce(m.basis, 'modelled') as confidence_basis, coalesce(m.least, 0.0) as least_certain,
          coalesce(m.most, {MOST_CERTAIN_MODEL}) as most_certain, null::varchar[] as held
        from {SCORED} s
        join {CANDIDATES} c on c.record_id_l = s.record_id_l and c.record_id_r = s.record_id_r
        join {POOL} l on l.record_id = s.record_id_l
        join {POOL} r on r.record_id = s.record_id_r{join_priors_sql(open_sides_sql())}
        left join {DOUBTS} d on d.record_id_l = s.record_id_l and d.record_id_r = s.record_id_r
        {join_families_sql()}{join_upns_sql()}{join_maps_sql(spec, unless=IS_BARE)}
        where greatest({weight}, {mapped_sql(DOUBTED_EVIDENCE)} + {prior_sql()}) > {-REACH_BITS}"""


def no_pairs_sql() -> str:
    """An empty set of weighed pairs: no rule fired and there is no model."""
    return """
        select 0::bigint as record_id_l, 0::bigint as record_id_r, '' as stage, '' as rule, 0.0::double as match_weight,
          0.0::double as odds_bits, '' as confidence_basis, 0.0::double as least_certain, 0.0::double as most_certain,
          null::varchar[] as held
        limit 0"""


def weighed_steps(linked: Sequence[str], held: Sequence[str], models: Sequence[str]) -> tuple[Step, ...]:
    """`weighed_pairs`: every pair once with its odds; a rule's link wins over a held one, that over a model's.

    Of several rules that hold a pair the first by name counts; of two models `unborn`: it knows the due date. Pairs on
    the never-link list are gone from here on. One set after the other: most pairs are links of rules, each of one rule.
    """
    return (
        scratch_step(WEIGHED, _allowed_sql(linked or [no_pairs_sql()])),
        *(
            Step(
                WEIGHED,
                f"""
                insert into {WEIGHED}
                select w.* from ({_allowed_sql(parts)}) w
                anti join {WEIGHED} known on known.record_id_l = w.record_id_l and known.record_id_r = w.record_id_r
                qualify row_number() over (
                  partition by w.record_id_l, w.record_id_r order by w.rule <> {literal(RULE)}, w.rule) = 1""",
            )
            for parts in (held, models)
            if parts
        ),
    )


def _allowed_sql(parts: Sequence[str]) -> str:
    return f"""
        select w.* from ({" union all ".join(parts)}) w
        anti join never_link n on n.record_id_l = w.record_id_l and n.record_id_r = w.record_id_r"""


def judging_steps() -> tuple[Step, ...]:
    """`judged_pairs`: confidence after rivals, and what speaks against an automatic link.

    Candidates of one record in another source exclude each other, unless they have one face there:
    p_i = O_i / (1 + O_i + sum of the other faces' O), on the side where that is less. Two near-equal candidates end
    near one half, and neither is linked. Most pairs have no rival: only the crowded ones are looked at together.
    """
    return (
        scratch_step(
            "placed_pairs",
            f"""
            select w.*, l.source_no as source_no_l, r.source_no as source_no_r,
              {face_sql("l")} as face_l, {face_sql("r")} as face_r,
              pow(2, least(greatest(w.odds_bits, -60), 60)) as odds
            from {WEIGHED} w
            join {POOL} l on l.record_id = w.record_id_l
            join {POOL} r on r.record_id = w.record_id_r""",
        ),
        crowds_step("l", "r"),
        crowds_step("r", "l"),
        scratch_step(
            "guarded_pairs",
            f"""
            select w.record_id_l, w.record_id_r, w.source_no_l, w.source_no_r, w.odds,
              {twin_pattern_sql()} as is_twin_pattern, {different_upn_sql()} as has_different_upn
            from (select * from placed_pairs where stage = 'probabilistic') w
            join {POOL} l on l.record_id = w.record_id_l
            join {POOL} r on r.record_id = w.record_id_r{join_upns_sql()}""",
        ),
        few_twins_step("guarded_pairs"),
        table_step(
            JUDGED,
            f"""
            select w.record_id_l, w.record_id_r, w.stage, w.rule, round(w.match_weight, 3) as match_weight,
              round(greatest(w.least_certain, least(w.most_certain, case
                when w.stage = 'deterministic' or w.source_no_l = w.source_no_r then w.odds / (1 + w.odds)
                else w.odds / (1 + w.odds + greatest(coalesce(cl.rival_odds, 0), coalesce(cr.rival_odds, 0)))
                end)), 6) as confidence,
              round(log2(1 + case when w.source_no_l = w.source_no_r then 0
                else greatest(coalesce(cl.rival_odds, 0), coalesce(cr.rival_odds, 0)) end), 6) as rival_bits,
              round(least(w.most_certain, w.odds / (1 + w.odds)), 6) as confidence_alone,
              w.confidence_basis, (coalesce(cl.rivals, 0) + coalesce(cr.rivals, 0))::integer as rivals,
              w.odds * {NEAR_TIE_ODDS} >= greatest(w.odds, coalesce(cl.best_odds, 0), coalesce(cr.best_odds, 0))
                as is_near_best,
              w.held, coalesce({held_as_twins_sql("g")}, false) as is_twin_pattern,
              coalesce(g.has_different_upn, false) as has_different_upn
            from placed_pairs w
            left join crowds_l cl on cl.record_id_l = w.record_id_l and cl.record_id_r = w.record_id_r
            left join crowds_r cr on cr.record_id_l = w.record_id_l and cr.record_id_r = w.record_id_r
            left join guarded_pairs g on g.record_id_l = w.record_id_l and g.record_id_r = w.record_id_r""",
        ),
    )
