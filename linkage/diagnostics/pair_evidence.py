"""The evidence of one pair, field by field in bits: as the run scored it, or scored now by the same model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from linkage.diagnostics.finished import RecordName
from linkage.match.calibration import RULE_PRECISION, other_comparisons
from linkage.match.doubts import DOUBTS, doubted_sql
from linkage.match.family_evidence import FAMILY_EVIDENCE
from linkage.match.frequencies import frequency_columns, frequency_table
from linkage.match.households import HOUSEMATES
from linkage.match.namesakes import NAMESAKES, namesakes_step
from linkage.match.parameters import MODEL_PARAMETERS, LevelParameters, read_parameters, starting_parameters
from linkage.match.priors import PRIORS
from linkage.match.probabilistic import score_pairs
from linkage.match.remaining import join_priors_of_records_sql, prior_of_records_sql
from linkage.match.unborn import RULE as UNBORN
from linkage.match.unborn import SCORED_UNBORN, UNBORN_PRIORS
from linkage.packs import ModelSpec, Packs
from linkage.sql import Connection, columns, execute, has_table, ident, rows, run_steps, table_step
from linkage.tables import RECORDS, SCORED

NOT_KNOWN = "not known on a side"
PAIR = "pair_to_explain"
SCORED_NOW = "scored_now"
DOUBTED_NOW = "doubted_now"
NO_DOUBTS = (0.0, 0.0)  # bits that households and namesakes take off


@dataclass(frozen=True)
class Evidence:
    """What one comparison says: level, weight in bits (`rarity_bits` of it for a rare or common value), m and u.

    No level (None) where a side does not know the field: 0 bits. `is_counted` is false where the rule that linked
    the pair matched on the field, or an earlier one did, so that it does not count twice.
    """

    comparison: str
    level_no: int | None
    label: str
    bits: float
    rarity_bits: float
    m: float | None
    u: float | None
    m_basis: str | None
    u_basis: str | None
    is_counted: bool


@dataclass(frozen=True)
class PairEvidence:
    """The parts, their sum, what is taken off it as two children of one household may agree as well, and as two of one
    whole name do more often than its parts say (both at most 0; 0 for a pair that a rule decided), the prior of the two
    sources (None where they were not compared), when scored, the id of the model where it is not the project's
    (`unborn`), and what their families add or take in the second pass, and why (a code of
    `match.family_evidence.REASONS`)."""

    parts: tuple[Evidence, ...]
    evidence_bits: float
    household_bits: float
    namesake_bits: float
    prior_bits: float | None
    when: Literal["in the run", "now"]
    model: str = ""
    family_bits: float = 0.0
    family_reason: str = ""


def evidence_of(
    con: Connection, left: RecordName, right: RecordName, packs: Packs | None, *, rule: str | None
) -> PairEvidence | None:
    """The evidence of a pair; None where the run had no model, or the pair was not scored and the model is gone.

    A pair that a rule or the project's model decided has theirs; any other that the model `unborn` looked at has that.
    """
    if rule in (None, UNBORN) and packs is not None and packs.unborn is not None and has_table(con, SCORED_UNBORN):
        scores = _scores(con, SCORED_UNBORN, left, right)
        if scores is not None:
            return _of_unborn(con, left, right, packs.unborn, scores)
    if not has_table(con, MODEL_PARAMETERS):
        return None
    parameters = read_parameters(con)
    when: Literal["in the run", "now"] = "in the run"
    scores = _scores(con, SCORED, left, right) if has_table(con, SCORED) else None
    doubts = _doubts(con, DOUBTS, left, right) if rule is None or not _is_rule(packs, rule) else NO_DOUBTS
    if scores is None and packs is not None and packs.model is not None:
        when, (scores, doubts) = "now", _score_now(con, packs.model, left, right)
    if scores is None:
        return None
    matched = _matched_comparisons(con, packs, rule)
    names = tuple(dict.fromkeys(level.comparison for level in parameters))
    parts = tuple(_part(name, scores, parameters, is_counted=name not in matched) for name in names)
    said = _scores(con, FAMILY_EVIDENCE, left, right) if has_table(con, FAMILY_EVIDENCE) else None
    family = (float(str(said["family_bits"])), str(said["reason"])) if said else (0.0, "")
    return PairEvidence(
        parts, float(str(scores["evidence_bits"])), *doubts, _prior(con, left, right), when, "", *family
    )


def _of_unborn(
    con: Connection, left: RecordName, right: RecordName, spec: ModelSpec, scores: Mapping[str, object]
) -> PairEvidence:
    """The ledger of a pair of a child before birth and after: under one mother's or family's id the odds start even."""
    parameters = starting_parameters(spec)
    parts = tuple(_part(item.name, scores, parameters, is_counted=True) for item in spec.comparison)
    prior = 0.0 if scores["is_keyed"] else _prior_of_unborn(con, left, right)
    return PairEvidence(parts, float(str(scores["evidence_bits"])), *NO_DOUBTS, prior, "in the run", spec.model.id)


def _is_rule(packs: Packs | None, rule: str) -> bool:
    return packs is None or any(item.id == rule for item in packs.rules)


def _doubts(con: Connection, table: str, left: RecordName, right: RecordName) -> tuple[float, float]:
    """The household and the namesake doubt of a pair in a table of doubts; 0 where it has none."""
    found = _scores(con, table, left, right) if has_table(con, table) else None
    return (float(str(found["household_bits"])), float(str(found["namesake_bits"]))) if found else NO_DOUBTS


def _scores(con: Connection, table: str, left: RecordName, right: RecordName) -> Mapping[str, object] | None:
    found = rows(
        con,
        f"select * from {ident(table)} where record_id_l = $l and record_id_r = $r",
        {"l": left.record_id, "r": right.record_id},
    )
    return dict(zip(columns(con, table), found[0], strict=True)) if found else None


def _score_now(
    con: Connection, spec: ModelSpec, left: RecordName, right: RecordName
) -> tuple[Mapping[str, object] | None, tuple[float, float]]:
    """Score one pair in memory, with its doubts, with the parameters and frequencies of the run.

    The model sees all records of the run, not only two: how rare a value may count depends on how many there are.
    """
    parameters, has_housemates = read_parameters(con), has_table(con, HOUSEMATES)
    execute(con, "use memory")
    try:
        for table in map(frequency_table, frequency_columns(spec)):
            execute(con, f"create view {ident(table)} as select * from working.{ident(table)}")
        if has_housemates:
            execute(con, f"create view {HOUSEMATES} as select * from working.{HOUSEMATES}")
        pair = f"select {left.record_id}::bigint as record_id_l, {right.record_id}::bigint as record_id_r"
        run_steps(con, (table_step(PAIR, pair),))
        score_pairs(con, spec, parameters, pairs=PAIR, into=SCORED_NOW)
        run_steps(con, (namesakes_step(spec, PAIR),))
        run_steps(con, (table_step(DOUBTED_NOW, doubted_sql(con, spec, parameters, SCORED_NOW, NAMESAKES)),))
        return _scores(con, SCORED_NOW, left, right), _doubts(con, DOUBTED_NOW, left, right)
    finally:
        execute(con, "use working")


def _matched_comparisons(con: Connection, packs: Packs | None, rule: str | None) -> frozenset[str]:
    """The comparisons that speak for fields the pair's rule matched on, or one that the run used before it."""
    matched = next((item for item in packs.rules if item.id == rule), None) if packs else None
    if matched is None or packs is None or packs.model is None:
        return frozenset()
    names = {name for (name,) in rows(con, f"select rule from {RULE_PRECISION}")}
    used = [item for item in packs.rules if item.id in names]
    others = other_comparisons(matched, packs.model, used[: used.index(matched)])
    return frozenset(item.name for item in packs.model.comparison if item.name not in others)


def _part(
    name: str, scores: Mapping[str, object], parameters: tuple[LevelParameters, ...], *, is_counted: bool
) -> Evidence:
    level_no, bits = int(str(scores[f"level_{name}"])), float(str(scores[f"bits_{name}"]))
    level = next((item for item in parameters if (item.comparison, item.level_no) == (name, level_no)), None)
    if level is None:
        return Evidence(name, None, NOT_KNOWN, 0.0, 0.0, None, None, None, None, is_counted)
    rarity = round(bits - level.bits, 3)
    return Evidence(name, level_no, level.label, round(bits, 3), rarity, level.m, level.u, level.m_basis,
                    level.u_basis, is_counted)  # fmt: skip


def _prior(con: Connection, left: RecordName, right: RecordName) -> float | None:
    """The prior of a pair, by what the run's sure links leave open of it."""
    if not has_table(con, PRIORS):
        return None
    found = rows(
        con,
        f"""
        select {prior_of_records_sql()}
        from {RECORDS} l join {RECORDS} r on l.record_id = $l and r.record_id = $r{join_priors_of_records_sql()}""",
        {"l": left.record_id, "r": right.record_id},
    )
    return float(str(found[0][0])) if found else None


def _prior_of_unborn(con: Connection, left: RecordName, right: RecordName) -> float | None:
    if not has_table(con, UNBORN_PRIORS):
        return None
    found = rows(
        con,
        f"select prior_bits from {UNBORN_PRIORS} where source_no_l = $l and source_no_r = $r",
        {"l": left.source_no, "r": right.source_no},
    )
    return float(str(found[0][0])) if found else None
