"""One pair: each piece of evidence in bits, the prior, the confidence, the decision, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linkage.diagnostics.explain_record import FieldSeen, field_text, fields_of, flags_text, listed, texts, weight_text
from linkage.diagnostics.finished import RecordName, find_record, read_manifest, working_tables
from linkage.diagnostics.never import refuse_never
from linkage.diagnostics.pair_evidence import Evidence, PairEvidence, evidence_of
from linkage.diagnostics.pair_reasons import Reason, Thresholds, reasons_of
from linkage.errors import ProjectError, UsageError
from linkage.match.calibration import RULE_PRECISION
from linkage.match.family_evidence import REASONS
from linkage.packs import Packs, load_packs
from linkage.sql import Connection, has_table, rows
from linkage.tables import LINKS, PERSONS


@dataclass(frozen=True)
class Decided:
    """The row of `links` of a pair; weight in bits, None for an override."""

    decision: str
    stage: str
    rule: str
    match_weight: float | None
    confidence: float
    confidence_basis: str
    rivals: int
    flags: tuple[str, ...]


@dataclass(frozen=True)
class RulePrecisionSeen:
    """What the links of the pair's rule are worth before other fields are looked at (0 to 1), and from what."""

    precision: float
    basis: str
    links: int


@dataclass(frozen=True)
class PairExplanation:
    """All that a run knows of a pair, left before right as in every table.

    `decided` is None where the pair is neither linked nor for review; `evidence` None where there is nothing to score
    it with. `match_weight` is in bits and `confidence` 0 to 1: those of the decision, or of evidence and prior alone.
    """

    left: str
    right: str
    in_one_person: bool
    decided: Decided | None
    rule_precision: RulePrecisionSeen | None
    evidence: PairEvidence | None
    match_weight: float | None
    confidence: float | None
    reasons: tuple[Reason, ...]
    fields_l: tuple[FieldSeen, ...]
    fields_r: tuple[FieldSeen, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Everything, for --json."""
        return asdict(self)

    def as_text(self) -> str:
        """Everything, for a person to read."""
        decision = self.decided.decision if self.decided else "no link"
        lines = [
            f"Pair {self.left} and {self.right}: {decision}",
            f"  in one person: {'yes' if self.in_one_person else 'no'}",
        ]
        lines += listed("why", (f"{reason.code}: {reason.meaning}" for reason in self.reasons))
        if self.decided:
            d = self.decided
            lines.append(
                f"  decided by: {d.stage}, {d.rule}, confidence from {d.confidence_basis}, "
                f"rivals {d.rivals}" + flags_text(d.flags)
            )
        if self.rule_precision:
            p = self.rule_precision
            lines.append(f"  precision of the rule: {p.precision:.4f} ({p.basis}, {p.links:,} links)")
        if self.evidence:
            e = self.evidence
            by_model = f" by the model {e.model}" if e.model else ""
            lines += listed(f"evidence, scored {e.when}{by_model}", (_evidence_text(item) for item in e.parts))
            lines.append(f"  evidence together: {weight_text(e.evidence_bits)}")
            if e.household_bits:
                lines.append(f"  two children of one household may agree as well: {weight_text(e.household_bits)}")
            if e.namesake_bits:
                lines.append(f"  the whole name is more common than its parts: {weight_text(e.namesake_bits)}")
            if e.family_reason:
                lines.append(
                    f"  families, in the second pass: {REASONS[e.family_reason]}, {weight_text(e.family_bits)}"
                )
            lines.append(f"  prior of the two sources: {weight_text(e.prior_bits)}")
        if self.confidence is not None:
            lines.append(f"  weight {weight_text(self.match_weight)}, confidence {self.confidence:.4f}")
        for name, fields in ((self.left, self.fields_l), (self.right, self.fields_r)):
            if fields:
                lines += listed(f"fields of {name}", (field_text(item) for item in fields))
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)  # fmt: skip


def _evidence_text(item: Evidence) -> str:
    rarity = f", of which {weight_text(item.rarity_bits)} for how rare the value is" if item.rarity_bits else ""
    aside = "" if item.is_counted else "; not counted again, the rule matched on it"
    return f"{item.comparison}: {item.label}, {weight_text(item.bits)}{rarity}{aside}"


def explain_pair(
    run: Path, left: str, right: str, *, show_values: bool = False, folder: Path | None = None
) -> PairExplanation:
    """What the run in folder `run` knows of two records, named SOURCE:KEY, in any order.

    A pair that the run never scored is scored now, with the run's parameters and frequencies. `folder` is the
    project's, for packs and models of its own. Raises UsageError where there is no such run or record, where both are
    one record, or where the run's working tables are gone; RefusedError where their persons must never meet.
    """
    manifest = read_manifest(run)
    with working_tables(run) as con:
        one, other = find_record(con, left), find_record(con, right)
        if one.record_id == other.record_id:
            raise UsageError("Both names are of one record.", expected="two records")
        if other.record_id < one.record_id:
            one, other = other, one
        refuse_never(con, one, other)
        packs, notes = _packs(manifest, folder or run.parent)
        decided = _decided(con, one, other)
        evidence = evidence_of(con, one, other, packs, rule=decided.rule if decided else None)
        in_one_person = _in_one_person(con, one, other)
        weight, confidence = _weighed(decided, evidence)
        link = manifest.get("configuration", {}).get("link", {})
        thresholds = Thresholds(float(link.get("accept", 0.95)), float(link.get("review", 0.5)))
        return PairExplanation(
            left=str(one),
            right=str(other),
            in_one_person=in_one_person,
            decided=decided,
            rule_precision=_rule_precision(con, decided),
            evidence=evidence,
            match_weight=weight,
            confidence=confidence,
            reasons=reasons_of(
                con, one, other, packs.model if packs else None, thresholds,
                decision=decided.decision if decided else None, stage=decided.stage if decided else None,
                flags=decided.flags if decided else (), confidence=confidence, in_one_person=in_one_person,
            ),
            fields_l=fields_of(con, one, show_values=show_values),
            fields_r=fields_of(con, other, show_values=show_values),
            notes=notes,
        )  # fmt: skip


def _packs(manifest: dict[str, Any], folder: Path) -> tuple[Packs | None, tuple[str, ...]]:
    """The rules and model of the run, where they are still what they were."""
    link = manifest.get("configuration", {}).get("link", {})
    try:
        packs = load_packs(link.get("rules", ()), link.get("model", "none"), folder=folder)
    except ProjectError:
        return None, ("The run's rules or model are not found: what was not scored in the run is not scored now.",)
    if packs.hashes != manifest.get("hashes", {}).get("packs", packs.hashes):
        return None, ("The rules or the model have changed since the run: what it did not score is not scored now.",)
    return packs, ()


def _decided(con: Connection, left: RecordName, right: RecordName) -> Decided | None:
    found = rows(
        con,
        f"""
        select decision, stage, rule, match_weight, confidence, confidence_basis, rivals, flags from {LINKS}
        where record_id_l = $l and record_id_r = $r""",
        {"l": left.record_id, "r": right.record_id},
    )
    if not found:
        return None
    decision, stage, rule, weight, confidence, basis, rivals, flags = found[0]
    return Decided(str(decision), str(stage), str(rule), None if weight is None else float(str(weight)),
                   float(str(confidence)), str(basis), int(str(rivals)), texts(flags))  # fmt: skip


def _rule_precision(con: Connection, decided: Decided | None) -> RulePrecisionSeen | None:
    if decided is None or decided.stage != "deterministic" or not has_table(con, RULE_PRECISION):
        return None
    found = rows(
        con, f"select precision, basis, links from {RULE_PRECISION} where rule = $rule", {"rule": decided.rule}
    )
    return RulePrecisionSeen(float(str(found[0][0])), str(found[0][1]), int(str(found[0][2]))) if found else None


def _in_one_person(con: Connection, left: RecordName, right: RecordName) -> bool:
    found = rows(
        con,
        f"select count(distinct person_no) from {PERSONS} where record_id in ($l, $r)",
        {"l": left.record_id, "r": right.record_id},
    )
    return found[0][0] == 1


def _weighed(decided: Decided | None, evidence: PairEvidence | None) -> tuple[float | None, float | None]:
    """Weight (bits) and confidence: the decision's, else what evidence and prior come to, without rivals."""
    if decided is not None:
        return decided.match_weight, decided.confidence
    if evidence is None or evidence.prior_bits is None:
        return None, None
    doubts = evidence.household_bits + evidence.namesake_bits
    weight = round(evidence.evidence_bits + doubts + evidence.family_bits + evidence.prior_bits, 3)
    odds = 2.0 ** max(-60.0, min(60.0, weight))
    return weight, round(odds / (1 + odds), 6)
