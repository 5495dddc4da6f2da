"""Why a pair is linked, waits for review, or is neither: reason codes and their meaning in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.diagnostics.finished import RecordName
from linkage.match.candidates import agree_either_way_sql, most_pairs
from linkage.match.pool import POOL, still_open_sql
from linkage.match.unborn import SCORED_UNBORN
from linkage.packs import ModelSpec
from linkage.sql import Connection, has_table, ident, rows
from linkage.tables import CANDIDATES, CONFLICTS

MEANING = {
    "linked_by_rule": "a rule found them to be one child",
    "linked_by_model": "the evidence of all fields together is strong enough",
    "linked_by_hand": "an override says that they must be linked",
    "joined_through_others": "they are in one person through links with other records, not through one of their own",
    "below_accept": "the confidence is under the threshold for a link, so a person should look",
    "below_review": "the confidence is under the threshold for review",
    "near_tie": "another candidate is as likely, so neither is linked without a person looking",
    "same_source": "they are of one source whose own records are not linked among themselves",
    "already_linked": "one of them already has its link in the other's source, so they were not compared",
    "not_blocked": "no blocking rule brings them side by side, so they were not compared",
    "common_key": "the only blocking keys they share are held by too many records, so they were not compared",
    "no_model": "the run had no model, and no rule found them",
    "guard": "a rule found them, and a guard held the link",
    "shared_key": "a rule found them, but other records hold the same key, so the rule claims nothing",
    "cut": "the link was cut, as the person would have broken a rule",
    "one_key_two_children": "one source holds them under one key, but they contradict each other",
    "held": "the evidence is strong enough, but a guard held the link",
}
GUARDS = {
    "dob_conflict": "birth dates differ by more than one slip",
    "dob_conflict_without_names": "birth dates differ, and there are no names to set against that",
    "forename_and_dob_conflict": "forenames and birth dates both differ",
    "names_conflict": "forename and surname both differ",
    "name_and_sex_conflict": "forenames and sexes both differ",
    "sex_conflict": "sexes differ",
    "ethnicity_conflict": "ethnic groups differ",
    "twin_pattern": "same birth date and surname, other forename: as twins have",
    "twin_present": "the other twin is in the same source",
    "different_upn": "both hold valid UPNs, and they differ",
    "several_births": "several births or due dates under the mother's or family's id fit, as with twins",
    "two_records_of_a_unique_source": "a person has one record in that source",
    "two_valid_upns": "a person has one UPN",
    "never_link": "a never-link pair would have met",
    "both_twins": "a person would have been both twins",
    "incompatible_birth_dates": "birth dates differ by more than one slip, and no forename speaks for one child",
    "weak_bridge": "one unsure link alone holds two groups of records together",
    "stayed": "they were together before, and staying needs less than joining",
}
CODE_OF_STAGE = {
    "deterministic": "linked_by_rule", "probabilistic": "linked_by_model", "manual": "linked_by_hand",
}  # fmt: skip
CODE_OF_CONFLICT = {
    "agree_but_contradict": "guard",
    "key_not_unique": "shared_key",
    "person_breaks_a_rule": "cut",
    "one_key_two_children": "one_key_two_children",
    "likely_but_held": "held",
}


@dataclass(frozen=True)
class Reason:
    """A code and what it means for this pair."""

    code: str
    meaning: str


@dataclass(frozen=True)
class Thresholds:
    """Confidence from which a pair is a link, and from which it is for review (0 to 1)."""

    accept: float
    review: float


def reasons_of(
    con: Connection,
    left: RecordName,
    right: RecordName,
    spec: ModelSpec | None,
    thresholds: Thresholds,
    *,
    decision: str | None,
    stage: str | None,
    flags: Sequence[str],
    confidence: float | None,
    in_one_person: bool,
) -> tuple[Reason, ...]:
    """All reasons for the decision on a pair (None: neither linked nor for review), the strongest first."""
    if decision == "link":
        return (_reason(CODE_OF_STAGE[stage or "probabilistic"]),)
    found: list[Reason] = []
    found += _from_conflicts(con, left, right)
    if "near_tie" in flags:
        found.append(_reason("near_tie"))
    if decision == "review":
        if confidence is not None and confidence < thresholds.accept:
            found.append(_reason("below_accept", f"{confidence:.4f} is under {thresholds.accept}"))
        known = {code for reason in found for code in GUARDS if GUARDS[code] in reason.meaning}
        found += [Reason(flag, GUARDS[flag]) for flag in dict.fromkeys(flags) if flag in GUARDS and flag not in known]
    elif any(_is_listed(con, table, left, right) for table in (CANDIDATES, SCORED_UNBORN)):
        shown = "" if confidence is None else f"{confidence:.4f} is under {thresholds.review}"
        found.append(_reason("below_review", shown))
    else:
        found += _why_not_compared(con, left, right, spec)
    if in_one_person:
        found.append(_reason("joined_through_others"))
    return tuple(found)


def _reason(code: str, detail: str = "") -> Reason:
    return Reason(code, MEANING[code] + (f": {detail}" if detail else ""))


def _is_listed(con: Connection, table: str, left: RecordName, right: RecordName) -> bool:
    if not has_table(con, table):
        return False
    sql = f"select 1 from {ident(table)} where record_id_l = $l and record_id_r = $r"
    return bool(rows(con, sql, {"l": left.record_id, "r": right.record_id}))


def _from_conflicts(con: Connection, left: RecordName, right: RecordName) -> list[Reason]:
    """The contradictions of a pair; a detail is `RULE: guard, guard`, or the code of a broken rule."""
    found = rows(
        con,
        f"""
        select distinct kind, detail from {CONFLICTS}
        where record_id_l = $l and record_id_r = $r or record_id_l = $r and record_id_r = $l
        order by kind, detail""",
        {"l": left.record_id, "r": right.record_id},
    )
    return [_reason(CODE_OF_CONFLICT[str(kind)], _in_words(str(detail))) for kind, detail in found
            if str(kind) in CODE_OF_CONFLICT]  # fmt: skip


def _in_words(detail: str) -> str:
    rule, colon, codes = detail.rpartition(": ")
    words = "; ".join(GUARDS.get(code, code.replace("_", " ")) for code in codes.split(", "))
    return f"{rule}: {words}" if colon else words


def _why_not_compared(con: Connection, left: RecordName, right: RecordName, spec: ModelSpec | None) -> list[Reason]:
    both = {"l": left.record_id, "r": right.record_id}
    pool = f"from {POOL} l, {POOL} r where l.record_id = $l and r.record_id = $r"
    found = rows(con, f"select l.source_no = r.source_no and not l.is_within, {still_open_sql()} {pool}", both)
    is_same_source, is_open = found[0]
    if is_same_source:
        return [_reason("same_source")]
    if not is_open:
        return [_reason("already_linked")]
    if spec is None:
        return [_reason("no_model")]
    shared = [block for block in spec.block if rows(con, f"select 1 {pool} and {agree_either_way_sql(block)}", both)]
    if not shared:
        return [_reason("not_blocked")]
    return [_reason("common_key", f"more than {max(map(most_pairs, shared)):,} pairs each")]
