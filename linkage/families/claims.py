"""Claims: pairs of persons with a fact in common, rule by rule, and what refuses them.

`family_claims`: rule_no, person_no_l, person_no_r, valid_from, valid_to, quality, band, refusal (a word of `unless`,
`not_` and a word of `require`, or NULL), agrees (whether both have the same mother's id, NULL where their sources
cannot be compared). `person_no_l` is the smaller one, or the parent's or carer's side of a directed rule.
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.families.facts import FACTS, PEOPLE
from linkage.families.rules import DATED, MATCHES, FamilyRule
from linkage.sql import Connection, Step, execute, literal, rows, run_steps, scratch_step
from linkage.tables import REFUSED_RELATIONS

CLAIMS = "family_claims"
# Two births of one mother are on one day or the next, or this many days apart: no shorter pregnancy ends in a birth
# that lives (the constraint of Scottish linkage of vital events, Akgün et al. 2020).
LEAST_DAYS_BETWEEN_BIRTHS = 210
MOST_DAYS_BETWEEN_BIRTHS = 7_305  # twenty years
LEAST_AGE_OF_PARENT, MOST_AGE_OF_MOTHER = 12, 55
# Share of persons who bear a surname, from which on it is common, and from which on very common.
COMMON_SURNAME, VERY_COMMON_SURNAME = 0.0002, 0.002

_DAYS = "abs(date_diff('day', l.birth, r.birth))"
# A part or a short form of the other's name will do, as where records are compared.
_SAME_FORENAME = "(list_has_any(l.forenames, r.forename_keys) or list_has_any(l.forename_keys, r.forenames))"


def _other(what: str) -> str:
    """Both are known where they can be compared, and none is the same."""
    return (f"(list_has_any(l.{what}_scopes, r.{what}_scopes) "
            f"and not list_has_any(l.{what}s, r.{what}s))")  # fmt: skip


def _age(least: int, most: int | None) -> str:
    upper = f" and r.birth < l.birth + interval {most} year" if most else ""
    return f"(l.birth + interval {least} year <= r.birth{upper})"


CONDITION_SQL = {
    "impossible_births": f"{_DAYS} between 2 and {LEAST_DAYS_BETWEEN_BIRTHS - 1}",
    "age_gap": f"{_DAYS} > {MOST_DAYS_BETWEEN_BIRTHS}",
    "same_forename": f"{_SAME_FORENAME}",
    "perhaps_same_child": f"({_DAYS} <= 1 and not coalesce(not {_SAME_FORENAME}, false) "
                          "and not coalesce(l.sex <> r.sex, false))",
    "other_mother": _other("mother"),
    "other_father": _other("father"),
    "other_house": _other("house"),
    "surname_is_a_title": "(l.has_title or r.has_title)",
    "mothers_age": _age(LEAST_AGE_OF_PARENT, MOST_AGE_OF_MOTHER),
    "parents_age": _age(LEAST_AGE_OF_PARENT, None),
    "male": "(l.sex = 'M')",
    "female": "(l.sex = 'F')",
}  # fmt: skip


def make_claims(con: Connection, rules: Sequence[FamilyRule]) -> None:
    """Make `family_claims` of all rules, and `refused_relations` of the facts that too many share."""
    run_steps(con, (_empty_claims_step(), _surname_bands_step()))
    known = {str(word) for (word,) in rows(con, f"select distinct word from {FACTS}")}
    for number, rule in enumerate(rules):
        if "sibling" not in rule.match and all(set(MATCHES[word]) <= known for word in rule.match):
            _claim(con, number, rule)


def make_claims_of_siblings(con: Connection, rules: Sequence[FamilyRule]) -> None:
    """Add the claims of rules that need siblings: `family_sibling_pairs` (person_no_l, person_no_r, confidence)."""
    for number, rule in enumerate(rules):
        if "sibling" in rule.match:
            added = Step(CLAIMS, f"insert into {CLAIMS} by name {_claims_sql(number, rule)}")
            run_steps(con, (keys_step(rule), pairs_of_siblings_step(), added))


def _claim(con: Connection, number: int, rule: FamilyRule) -> None:
    """Add the claims of one rule."""
    run_steps(con, (keys_step(rule), crowded_step(rule)))
    execute(
        con,
        f"""
        insert into {REFUSED_RELATIONS}
        select 'fact', {literal(rule.id)}, 'too_many_share_it', count(*) from family_crowded having count(*) > 0""",
    )
    run_steps(con, (pairs_step(rule), Step(CLAIMS, f"insert into {CLAIMS} by name {_claims_sql(number, rule)}")))


def _empty_claims_step() -> Step:
    return scratch_step(CLAIMS, """
        select 0 as rule_no, 0::bigint as person_no_l, 0::bigint as person_no_r, null::date as valid_from,
          null::date as valid_to, 1.0::double as quality, 0 as band, null::varchar as refusal, null::boolean as agrees
        limit 0""")  # fmt: skip


def _surname_bands_step() -> Step:
    """`family_surname_bands`: how common a surname is (0 rare, 1 common, 2 very common)."""
    return scratch_step("family_surname_bands", f"""
        select value, case when count(*) >= {VERY_COMMON_SURNAME} * (select count(*) from {PEOPLE}) then 2
                           when count(*) >= {COMMON_SURNAME} * (select count(*) from {PEOPLE}) then 1 else 0 end as band
        from {FACTS} where word = 'surname' group by value""")  # fmt: skip


def keys_step(rule: FamilyRule) -> Step:
    """`family_keys`: side, person_no, key (hash of all that must agree), period, quality, band."""
    sides = ("l", "r") if rule.is_directed else ("b",)
    return scratch_step("family_keys", "\nunion all\n".join(_side_sql(rule, side) for side in sides))


def _side_sql(rule: FamilyRule, side: str) -> str:
    words = [MATCHES[word][side == "r"] for word in rule.match if word != "sibling"]
    joins = "".join(
        f"\n        join {FACTS} f{at} on f{at}.person_no = f0.person_no and f{at}.word = {literal(word)}"
        for at, word in enumerate(words) if at
    )  # fmt: skip
    dated = next((f"f{at}" for at, word in enumerate(words) if word in DATED), "f0")
    qualities = ", ".join(f"f{at}.quality" for at in range(len(words)))
    surname = next((f"f{at}" for at, word in enumerate(words) if word == "surname"), None)
    band = "n.band" if surname else "0"
    bands = f"\n        join family_surname_bands n on n.value = {surname}.value" if surname else ""
    return f"""
        select {literal(side)} as side, f0.person_no,
          hash({", ".join(f"f{at}.value" for at in range(len(words)))}) as key,
          {dated}.valid_from, {dated}.valid_to, least({qualities}) as quality, {band} as band
        from {FACTS} f0{joins}{bands}
        where f0.word = {literal(words[0])}"""


def crowded_step(rule: FamilyRule) -> Step:
    """`family_crowded`: keys that too many persons share, on either side."""
    most = 1 if rule.unique else rule.most
    return scratch_step("family_crowded", f"""
        select key from family_keys group by key, side having count(distinct person_no) > {most}""")  # fmt: skip


def pairs_step(rule: FamilyRule) -> Step:
    """`family_pairs`: persons with a key in common whose periods overlap, one row per pair and period."""
    sides = "l.side = 'l' and r.side = 'r' and l.person_no <> r.person_no" if rule.is_directed \
        else "l.person_no < r.person_no"  # fmt: skip
    return scratch_step("family_pairs", f"""
        with open_keys as (select * from family_keys k anti join family_crowded c on c.key = k.key)
        select l.person_no as person_no_l, r.person_no as person_no_r,
          greatest(l.valid_from, r.valid_from) as valid_from, least(l.valid_to, r.valid_to) as valid_to,
          max(l.quality * r.quality) as quality, min(l.band) as band
        from open_keys l
        join open_keys r on r.key = l.key and {sides}
          and {overlap_sql()}
        group by all""")  # fmt: skip


def pairs_of_siblings_step() -> Step:
    """`family_pairs` of a rule on siblings: those of `family_sibling_pairs` with a key in common at one time."""
    return scratch_step("family_pairs", f"""
        select s.person_no_l, s.person_no_r, greatest(l.valid_from, r.valid_from) as valid_from,
          least(l.valid_to, r.valid_to) as valid_to, max(s.confidence * l.quality * r.quality) as quality, 0 as band
        from family_sibling_pairs s
        join family_keys l on l.person_no = s.person_no_l
        join family_keys r on r.person_no = s.person_no_r and r.key = l.key and {overlap_sql()}
        group by all""")  # fmt: skip


def overlap_sql(left: str = "l", right: str = "r") -> str:
    """SQL: two periods have a day in common; NULL is open. A last day counts only for what is known as at one day."""
    at_one_day = " or ".join(f"coalesce({side}.valid_from = {side}.valid_to, false)" for side in (left, right))
    return " and ".join(
        f"coalesce({a}.valid_from < {b}.valid_to or {a}.valid_from = {b}.valid_to and ({at_one_day}), true)"
        for a, b in ((left, right), (right, left))
    )


def _claims_sql(number: int, rule: FamilyRule) -> str:
    refusals = [f"when not coalesce({CONDITION_SQL[word]}, false) then 'not_{word}'" for word in rule.require]
    refusals += [f"when {CONDITION_SQL[word]} then '{word}'" for word in rule.unless]
    refusal = f"case {' '.join(refusals)} end" if refusals else "null"
    return f"""
        select {number} as rule_no, p.person_no_l, p.person_no_r, p.valid_from, p.valid_to, p.quality, p.band,
          {refusal} as refusal,
          case when list_has_any(l.mother_scopes, r.mother_scopes) then list_has_any(l.mothers, r.mothers) end as agrees
        from family_pairs p
        join {PEOPLE} l on l.person_no = p.person_no_l
        join {PEOPLE} r on r.person_no = p.person_no_r"""
