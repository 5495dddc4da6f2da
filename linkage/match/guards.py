"""Named claims about two records, as SQL predicates: what guards and requirements of rules are made of.

`l` and `r` are aliases of `records`. Every predicate is true or false, never NULL: where a side does not
know a value, nothing disagrees.
"""

from __future__ import annotations

# Below this Jaro-Winkler similarity two names are different names. Chosen on name lists, not on any truth:
# spelling variants of one name rarely fall under it, unrelated names rarely rise above it.
DIFFERENT_NAME = 0.80
# Two names of several words each are different however long a word they share, where their keys are less alike than
# this, and where more than one letter in so many is another: MUHAMMAD HASSAN and MUHAMMAD UMAR.
DIFFERENT_KEY = 0.70
LETTERS_TO_A_SLIP = 5
# Days around a due date in which its child can be born: 23 completed weeks of 40, the earliest birth that is usually
# survived, are 17 weeks too soon; four weeks too late leave room for a date that was misjudged. A due date that is
# judged again moves by as much.
MOST_DAYS_EARLY, MOST_DAYS_LATE = 119, 28


def same_dob_sql() -> str:
    """Both birth dates are known to the day and are equal."""
    return "coalesce(l.dob = r.dob and l.dob_precision = 'day' and r.dob_precision = 'day', false)"


def dob_agrees_sql() -> str:
    """Both birth dates are known, and equal as far as both know them, or one slip of the pen apart."""
    return f"(l.dob is not null and r.dob is not null and not {dob_conflict_sql()})"


def dob_conflict_sql() -> str:
    """Both birth dates are known and differ by more than one slip of the pen.

    A slip: day and month swapped, or one of day, month and year different. What a side does not know
    (day, month) is not compared.
    """
    by_day = """not (
        cast(year(l.dob) = year(r.dob) as int) + cast(month(l.dob) = month(r.dob) as int)
          + cast(day(l.dob) = day(r.dob) as int) >= 2
        or year(l.dob) = year(r.dob) and day(l.dob) = month(r.dob) and month(l.dob) = day(r.dob))"""
    return f"""coalesce(case
        when l.dob_precision = 'year' or r.dob_precision = 'year' then year(l.dob) <> year(r.dob)
        when l.dob_precision = 'month' or r.dob_precision = 'month'
          then date_trunc('month', l.dob) <> date_trunc('month', r.dob)
        else {by_day} end, false)"""


def born_as_expected_sql() -> str:
    """A side knows only when the child is due, and the birth date, or the due date, of the other side fits that.

    A birth date that is known to the month or year fits where any of its days does.
    """
    return f"({_due_and_born_sql('l', 'r')} or {_due_and_born_sql('r', 'l')} or {_both_due_sql()})"


def _due_and_born_sql(due: str, born: str) -> str:
    return f"""coalesce({due}.dob is null
        and {born}.dob <= {due}.expected_dob + {MOST_DAYS_LATE}
        and {day_after_birth_sql(born)} > {due}.expected_dob - {MOST_DAYS_EARLY}, false)"""


def day_after_birth_sql(side: str) -> str:
    """SQL: the day after the last one on which a record can have been born, as precisely as its birth date is known."""
    return f"""case {side}.dob_precision when 'year' then {side}.dob + interval 1 year
          when 'month' then {side}.dob + interval 1 month else {side}.dob + interval 1 day end"""


def _both_due_sql() -> str:
    return f"""coalesce(l.dob is null and r.dob is null
        and abs(l.expected_dob - r.expected_dob) <= {MOST_DAYS_LATE}, false)"""


def forename_conflict_sql() -> str:
    """Both forenames are known, have no alternative, part or full name in common, sound different and are not alike."""
    return _different_names_sql("forename")


def surname_conflict_sql() -> str:
    """Both surnames are known, have no alternative, part or spelling in common, sound different and are not alike."""
    return _different_names_sql("surname")


def _different_names_sql(name: str) -> str:
    return f"""coalesce(l.{name} <> r.{name}
        and l.{name}_phonetic is distinct from r.{name}_phonetic
        and (jaro_winkler_similarity(l.{name}, r.{name}) < {DIFFERENT_NAME}
             or contains(l.{name}, ' ') and contains(r.{name}, ' ')
               and jaro_winkler_similarity(l.{name}_key, r.{name}_key) < {DIFFERENT_KEY}
               and {LETTERS_TO_A_SLIP} * damerau_levenshtein(l.{name}, r.{name})
                 > least(length(l.{name}), length(r.{name})))
        and not {same_name_sql("l", "r", name)}
        and not (({_is_initial_sql("l", name)} or {_is_initial_sql("r", name)})
                 and left(l.{name}, 1) = left(r.{name}, 1))
        and not ({_share_name_sql("l", "forename", "r", "surname")}
                 and {_share_name_sql("l", "surname", "r", "forename")}), false)"""


def same_name_sql(one: str, other: str, name: str) -> str:
    """May the two be called the same: an alternative both have, or a part, spelling or short form of the other's name?

    `name` is forename or surname; false where unknown.
    """
    return f"""coalesce({_share_name_sql(one, name, other, name)} or {one}.{name}_key = {other}.{name}_key
        or list_contains({one}.{name}_keys, {other}.{name}_key)
        or list_contains({other}.{name}_keys, {one}.{name}_key), false)"""


def _is_initial_sql(side: str, name: str) -> str:
    return f"length({side}.{name}) = 1 or {side}.{name}_key like '_ %'"


def _share_name_sql(one: str, name: str, other: str, other_name: str) -> str:
    return f"""coalesce(list_has_any(coalesce({one}.{name}s, [{one}.{name}]),
                                     coalesce({other}.{other_name}s, [{other}.{other_name}])), false)"""


def names_missing_sql() -> str:
    """At least one side holds no name at all, so that names can say nothing."""
    return "(l.surname is null and l.forename is null or r.surname is null and r.forename is null)"


def names_conflict_sql() -> str:
    """Forename and surname both differ."""
    return f"({forename_conflict_sql()} and {surname_conflict_sql()})"


def sex_conflict_sql() -> str:
    """Both sexes are known and differ."""
    return "coalesce(l.sex <> r.sex, false)"


def ethnicity_conflict_sql() -> str:
    """Both ethnicities are known and fall in different groups of five."""
    return "coalesce(l.ethnicity_5 <> r.ethnicity_5, false)"


def twin_pattern_sql() -> str:
    """Same birth date and the same surname or a part of it, but different forenames: as twins have."""
    return f"""({same_dob_sql()} and {same_name_sql("l", "r", "surname")}
        and {forename_conflict_sql()})"""


def different_upn_sql() -> str:
    """Both sides hold valid permanent UPNs, and no UPN, nor a former one, connects them.

    `ul` and `ur` are the rows of `record_upns` of l and r, or NULL: see `join_upns_sql`.
    """
    return "coalesce(not list_has_any(ul.upn_groups, ur.upn_groups), false)"


def join_upns_sql() -> str:
    """The joins that `different_upn` needs."""
    return """
        left join record_upns ul on ul.record_id = l.record_id
        left join record_upns ur on ur.record_id = r.record_id"""


PREDICATES: dict[str, str] = {
    "dob_agrees": dob_agrees_sql(),
    "born_as_expected": born_as_expected_sql(),
    "names_missing": names_missing_sql(),
    "dob_conflict": dob_conflict_sql(),
    "dob_conflict_without_names": f"({dob_conflict_sql()} and {names_missing_sql()})",
    "forename_and_dob_conflict": f"({forename_conflict_sql()} and {dob_conflict_sql()})",
    "names_conflict": names_conflict_sql(),
    "name_and_sex_conflict": f"({forename_conflict_sql()} and {sex_conflict_sql()})",
    "sex_conflict": sex_conflict_sql(),
    "ethnicity_conflict": ethnicity_conflict_sql(),
    "twin_pattern": twin_pattern_sql(),
    "twin_present": twin_pattern_sql(),  # narrowed in match.deterministic to pairs whose twin is there
    "different_upn": different_upn_sql(),
}
